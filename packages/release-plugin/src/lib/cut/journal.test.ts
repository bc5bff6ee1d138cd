import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { isSwitchyardError } from '@switchyard/plugin-kit'
import { expect, it } from 'vitest'
import { makeRepository, planOf } from '../../../test/repository.ts'
import { type Cut, createJournal } from './journal.ts'

it('[W5] createJournal() lets one of two begin that looked before the other was there', () => {
  const repository = makeRepository()
  const dataDir = mkdtempSync(join(tmpdir(), 'release-journal-'))
  try {
    const [one, other] = [createJournal(dataDir), createJournal(dataDir)]
    const cut = (id: string): Cut => ({
      id,
      plan: planOf(repository),
      startedMs: 0,
      push: false,
      hooks: true,
      state: 'open',
      attempt: 0,
      tags: {},
      pushed: 'no',
      published: {},
    })
    const later = cut('cut-b')
    // The other begins between the first one's look and its writing.
    const toJSON = (): Cut => {
      other.begin(later)
      return cut('cut-a')
    }
    const first = { ...cut('cut-a'), toJSON }
    expect(codeOf(() => one.begin(first))).toBe('CUT_UNDER_WAY')
    expect(one.list(repository.root).map(({ id }) => id)).toEqual(['cut-b'])
    other.note('cut-b', { state: 'done' })
    expect(codeOf(() => one.begin(cut('cut-a')))).toBe('done')
  } finally {
    rmSync(dataDir, { recursive: true })
    repository.remove()
  }
})

function codeOf(action: () => void): string {
  try {
    action()
    return 'done'
  } catch (error) {
    return isSwitchyardError(error) ? error.code : String(error)
  }
}
