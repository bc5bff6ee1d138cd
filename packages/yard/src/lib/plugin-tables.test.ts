import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createFakeClock } from '@switchyard/contracts/testing'
import { command, definePlugin } from '@switchyard/plugin-kit'
import { describe, expect, it, onTestFinished } from 'vitest'
import { z } from 'zod'
import { openYard } from './open-yard.ts'

const note = command({
  summary: 'Keep a note',
  examples: ['note this'],
  effect: 'write',
  input: z.object({ text: z.string() }),
  output: z.object({ notes: z.int(), at: z.int() }),
  plan: () => ({ summary: 'Keeps a note', steps: [] }),
  run({ text }, { store, clock }) {
    const at = clock.now()
    store.transact(() => store.prepare('INSERT INTO team_notes_note (text, at) VALUES (?, ?)').run(text, at))
    return { notes: store.prepare('SELECT count(*) AS notes FROM team_notes_note').get<{ notes: number }>()!.notes, at }
  },
})

const FIRST = 'CREATE TABLE team_notes_note (id INTEGER PRIMARY KEY, text TEXT NOT NULL UNIQUE)'
const SECOND = 'ALTER TABLE team_notes_note ADD COLUMN at INTEGER'
const notes = (tables: string[]) =>
  definePlugin({ name: 'team-notes', version: '1.0.0', summary: 'Keeps notes', tables, commands: { note } })

describe('the tables of a plugin', () => {
  it('are kept in the workspace, and grow with the plugin', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'tables-'))
    onTestFinished(() => rmSync(folder, { recursive: true }))
    const old = command({
      ...note,
      run(_, { store }) {
        store.prepare("INSERT INTO team_notes_note (text) VALUES ('old')").run()
        return { notes: 1, at: 0 }
      },
    })
    {
      const plugin = definePlugin({
        name: 'team-notes',
        version: '0.9.0',
        summary: 'Keeps notes',
        tables: [FIRST],
        commands: { note: old },
      })
      await using yard = await openYard(folder, { plugins: [plugin] })
      await yard.call('team-notes.note', { text: 'any' })
    }
    const clock = createFakeClock(5_000)
    await using yard = await openYard(folder, { plugins: [notes([FIRST, SECOND])], clock })
    expect(await yard.call('team-notes.note', { text: 'new' })).toEqual({ notes: 2, at: 5_000 })
  })

  it('take back a transaction that throws', async () => {
    await using yard = await openYard(tmpdir(), { plugins: [notes([FIRST, SECOND])], memory: true })
    await yard.call('team-notes.note', { text: 'one' })
    await expect(yard.call('team-notes.note', { text: 'one' })).rejects.toThrow(/UNIQUE/)
    expect(await yard.call('team-notes.note', { text: 'two' })).toMatchObject({ notes: 2 })
  })

  it('are named after it, or it does not load', () => {
    expect(() => notes(['create unique index if not exists "chain_x" on team_notes_note (text)'])).toThrow(/tables\[0\]: creates "chain_x"/)
  })

  it("make the names of rooms nobody's", async () => {
    const plugin = definePlugin({ name: 'chain', version: '1.0.0', summary: 'Takes a name', commands: { note } })
    await expect(openYard(tmpdir(), { plugins: [plugin], memory: true })).rejects.toMatchObject({ code: 'MANIFEST_INVALID' })
  })
})
