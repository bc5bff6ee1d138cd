import { statSync } from 'node:fs'
import { join } from 'node:path'
import type { Plugin } from '@switchyard/plugin-kit'
import type { Store } from '@switchyard/store'
import { DATA_FOLDER } from './data-folder.ts'

/** One line of `switchyard doctor`: what was checked, what was found, how to mend it. */
export interface Finding {
  readonly check: string
  readonly state: 'ok' | 'warning' | 'failed'
  readonly found: string
  readonly mend?: string
}

interface Patient {
  readonly workspace: string
  readonly plugins: readonly Plugin[]
  readonly store: Store
}

/** Looks at everything that a workspace stands on. */
export function diagnose({ workspace, plugins, store }: Patient): readonly Finding[] {
  return [checkNode(), checkFolder(workspace), checkStore(store), checkPlugins(plugins)]
}

function checkNode(): Finding {
  return { check: 'Node', state: 'ok', found: `${process.versions.node}, SQLite ${process.versions.sqlite}` }
}

function checkFolder(workspace: string): Finding {
  const folder = join(workspace, DATA_FOLDER)
  const check = 'data folder'
  let mode: number
  try {
    mode = statSync(folder).mode & 0o777
  } catch {
    return { check, state: 'ok', found: `${folder} is not there: nothing was kept yet` }
  }
  if ((mode & 0o077) === 0) return { check, state: 'ok', found: `${folder}, for you alone` }
  return {
    check,
    state: 'warning',
    found: `${folder} can be read by others (mode ${mode.toString(8)})`,
    mend: `chmod 700 '${folder.replaceAll("'", "'\\''")}'`,
  }
}

function checkStore(store: Store): Finding {
  const { problems, mend, sizeBytes, backups } = store.check()
  const check = 'store'
  if (mend === undefined) return { check, state: 'ok', found: `sound, ${Math.ceil(sizeBytes / 1024)} kB, ${backups.length} backups` }
  return { check, state: 'failed', found: problems.join('; '), mend }
}

function checkPlugins(plugins: readonly Plugin[]): Finding {
  const commands = plugins.reduce((sum, plugin) => sum + Object.keys(plugin.commands).length, 0)
  return { check: 'plugins', state: 'ok', found: `plugins: ${plugins.length}, commands: ${commands}` }
}
