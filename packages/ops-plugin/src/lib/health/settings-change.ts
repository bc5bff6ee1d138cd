import { settingsInvalid } from '../errors.ts'
import type { Edit } from './fix.ts'
import { readSettings, SETTINGS_FILE, type Settings, settingsText } from './settings.ts'
import type { Snapshot } from './snapshot.ts'

/** The settings file as it would be with the change. @throws SETTINGS_INVALID rather than lose what it cannot read */
export function changedSettings(snapshot: Snapshot, change: Partial<Pick<Settings, 'suppress' | 'baseline'>>): Edit {
  const now = readSettings(snapshot) ?? { suppress: [], mistakes: [] }
  if (now.mistakes.length > 0)
    throw settingsInvalid(
      SETTINGS_FILE,
      now.mistakes.map(({ note, line }) => `line ${line}: ${note}`),
    )
  return { path: SETTINGS_FILE, text: settingsText({ ...now, ...change }) }
}
