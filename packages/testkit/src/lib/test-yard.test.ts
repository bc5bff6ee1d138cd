import { existsSync } from 'node:fs'
import { command, definePlugin, defineTopic, on } from '@switchyard/plugin-kit'
import { describe, expect, it } from 'vitest'
import { z } from 'zod'
import { notes, written } from '../../test/notes.ts'
import { assertFails, assertFiles, assertHeard } from './assertions.ts'
import { createTestYard } from './test-yard.ts'

const asker = definePlugin({
  name: 'asker',
  version: '1.0.0',
  summary: 'Asks before it goes on',
  listens: [on(written, () => {})],
  commands: {
    ask: command({
      summary: 'Asks a question',
      examples: ['ask me something'],
      effect: 'read',
      input: z.object({ text: z.string() }),
      output: z.object({ answer: z.string() }),
      run: async ({ text }, ctx) => ({ answer: await ctx.ask({ text }) }),
    }),
    wait: command({
      summary: 'Waits for nothing until its caller gives up',
      examples: ['wait forever and a day'],
      effect: 'read',
      input: z.object({}),
      output: z.object({}),
      timeoutMs: 5_000,
      run: (_input, { signal }) => new Promise((_resolve, reject) => signal.addEventListener('abort', () => reject(signal.reason))),
    }),
  },
})

describe('createTestYard()', () => {
  it('plans, runs and takes back over files of its own', async () => {
    await using kit = await createTestYard({ plugins: [notes], files: { 'notes/tea.txt': 'green', 'empty/': '' } })
    const before = kit.disk()
    const { id, plan } = await kit.plan('notes.write', { name: 'milk' })
    expect(plan.summary).toBe('Write the note milk')
    expect(kit.disk()).toEqual(before)
    await kit.approve(id)
    assertFiles(kit, { 'notes/milk.txt': 'buy some', 'notes/tea.txt': 'green' })
    await kit.undo(id)
    expect(kit.disk()).toEqual(before)
  })

  it('records what was published and how far runs are', async () => {
    await using kit = await createTestYard({ plugins: [notes] })
    await kit.call('notes.announce')
    assertHeard(kit, [['notes/written', { name: 'milk' }]])
    expect(kit.messages[0]?.source).toBe('notes')
    expect(kit.progress).toEqual([{ message: 'telling' }])
  })

  it('has heard what a run published without waiting for it, and what others published upon that', async () => {
    const hasty = definePlugin({
      name: 'hasty',
      version: '1.0.0',
      summary: 'Tells and is gone',
      publishes: [written],
      commands: {
        tell: command({
          summary: 'Tell everybody',
          examples: ['tell everybody'],
          effect: 'read',
          input: z.object({}),
          output: z.object({}),
          run(_input, ctx) {
            void ctx.publish(written, { name: 'milk' })
            return {}
          },
        }),
      },
    })
    const echoed = defineTopic('echo/heard', z.object({ name: z.string() }))
    const echo = definePlugin({
      name: 'echo',
      version: '1.0.0',
      summary: 'Says it again',
      publishes: [echoed],
      listens: [on(written, (payload, ctx) => ctx.publish(echoed, payload))],
      commands: {},
    })
    await using kit = await createTestYard({ plugins: [hasty, echo] })
    await kit.call('hasty.tell')
    assertHeard(kit, [
      ['notes/written', { name: 'milk' }],
      ['echo/heard', { name: 'milk' }],
    ])
  })

  it('waits for a message that is still to come, and says what it heard instead', async () => {
    await using kit = await createTestYard({ plugins: [notes] })
    const message = kit.message('notes/written')
    await kit.call('notes.announce')
    expect(await message).toEqual({ topic: 'notes/written', source: 'notes', payload: { name: 'milk' } })
    const error = await assertFails(kit.message('notes/burnt', { withinMs: 1 }), 'NOT_HEARD')
    expect(error.message).toContain('heard notes/written')
  })

  it('answers questions by the newest answer that has one', async () => {
    await using kit = await createTestYard({ plugins: [asker] })
    await assertFails(kit.call('asker.ask', { text: 'Sure?' }), 'NEEDS_ANSWER')
    kit.answer(() => 'yes')
    kit.answer(({ text }) => (text === 'Really?' ? 'no' : undefined))
    expect(await kit.call('asker.ask', { text: 'Sure?' })).toEqual({ answer: 'yes' })
    expect(await kit.call('asker.ask', { text: 'Really?' })).toEqual({ answer: 'no' })
    expect(kit.questions.map(({ text }) => text)).toEqual(['Sure?', 'Sure?', 'Really?'])
  })

  it('lets time pass only when told to', async () => {
    await using kit = await createTestYard({ plugins: [asker] })
    const failure = assertFails(kit.call('asker.wait'), 'TIMEOUT')
    kit.clock.advance(5_001)
    await failure
  })

  it('runs what a request means, reads at once and all else by an approved plan', async () => {
    await using kit = await createTestYard({ plugins: [notes], files: { 'notes/milk.txt': 'buy some' } })
    const read = await kit.request('what does the note say')
    expect(read).toMatchObject({ results: [{ text: 'buy some' }], runs: [] })
    const { runs } = await kit.request('note something down')
    expect(runs).toMatchObject([{ command: 'notes.write' }])
    await assertFails(kit.request('delete my note'), 'NOT_ROUTED')
  })

  it('has the same chances for the same seed', async () => {
    const ids: string[] = []
    for (const seed of [7, 7, 8]) {
      await using kit = await createTestYard({ plugins: [notes], seed })
      ids.push((await kit.plan('notes.write')).id)
    }
    expect(ids[0]).toBe(ids[1])
    expect(ids[0]).not.toBe(ids[2])
  })

  it('leaves nothing behind, even while something still runs', async () => {
    let dir: string
    {
      await using kit = await createTestYard({ plugins: [asker], files: { 'a.txt': 'a' } })
      dir = kit.dir
      void kit.call('asker.wait').catch(() => {})
    }
    expect(existsSync(dir)).toBe(false)
  })
})
