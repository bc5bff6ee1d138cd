import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { isSwitchyardError } from '@switchyard/plugin-kit'
import { expect, it } from 'vitest'
import { makeRepository, planOf } from '../../../test/repository.ts'
import { type Cut, createJournal } from './journal.ts'

it('[W5] createJournal() lets one begin at a time, and the next once that is done', () => {
  const repository = makeRepository()
  const dataDir = mkdtempSync(join(tmpdir(), 'release-journal-'))
  try {
    const journal = createJournal(dataDir)
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
    expect(codeOf(() => journal.begin(cut('cut-b')))).toBe('done')
    expect(codeOf(() => journal.begin(cut('cut-a')))).toBe('CUT_UNDER_WAY')
    expect(journal.list(repository.root).map(({ id }) => id)).toEqual(['cut-b'])
    journal.note('cut-b', { state: 'done' })
    expect(codeOf(() => journal.begin(cut('cut-a')))).toBe('done')
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
