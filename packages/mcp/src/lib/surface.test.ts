import { SwitchyardError } from '@switchyard/contracts'
import { createFakeClock } from '@switchyard/contracts/testing'
import { describe, expect, it } from 'vitest'
import { z } from 'zod'
import { createSurface, type Mount } from './surface.ts'
import type { Actions } from './tool-source.ts'

const read = { summary: 'Look', effect: 'read', input: z.object({}), output: z.object({}) } as const
const nothing = (): never => {
  throw new Error('not to be called here')
}

/** A source whose one command does this. */
function mountOf(call: Actions['call'], commands = { look: read }): Mount {
  const actions: Actions = { call, plan: nothing, approve: nothing, discard: nothing, undo: nothing, plans: () => [] }
  return { source: { name: 'demo', version: '1.0.0', summary: 'Shows', commands }, actions: async () => actions }
}

const request = (heard: unknown[] = []) => ({
  name: 'demo_look',
  input: {},
  canAsk: true,
  signal: new AbortController().signal,
  progress: (progress: unknown) => void heard.push(progress),
})

describe('createSurface()', () => {
  it('gives a sign of life while a command has nothing to say, and none afterwards', async () => {
    const clock = createFakeClock()
    const { promise, resolve } = Promise.withResolvers<unknown>()
    const surface = createSurface({ mounts: [mountOf(() => promise)], clock })
    const heard: unknown[] = []
    const turn = surface.callTool(request(heard))
    clock.advance(25_000)
    expect(heard).toEqual([{ message: 'running for 10 s' }, { message: 'running for 20 s' }])
    resolve({})
    await turn
    expect(clock.pending).toBe(0)
  })

  it('[A2] puts a question to the client whose call it belongs to, and to nobody where there is none', async () => {
    const traceparent = '00-0123456789abcdef0123456789abcdef-0123456789abcdef-01'
    const surface = createSurface({
      mounts: [
        mountOf(async (_, input, options) => {
          const { paper } = input as { paper: string }
          return { [paper]: await surface.answer({ text: `Which ${paper}?`, choices: ['red', 'blue'] }, options?.headers?.sessionId) }
        }),
      ],
    })
    await expect(surface.answer({ text: 'Which paper?' }, undefined)).rejects.toMatchObject({ code: 'NEEDS_ANSWER' })

    // A client may well make several calls at once in one trace.
    const [inner, outer, other] = await Promise.all([
      surface.callTool({ ...request(), traceparent, input: { paper: 'inner' } }),
      surface.callTool({ ...request(), traceparent, input: { paper: 'outer' } }),
      surface.callTool({ ...request(), traceparent, input: { paper: 'other' }, canAsk: false }),
    ])
    expect(other).toMatchObject({ kind: 'done', result: { structuredContent: { error: { code: 'NEEDS_ANSWER' } } } })
    for (const [turn, paper, answer] of [
      [outer, 'outer', 'blue'],
      [inner, 'inner', 'red'],
    ] as const) {
      if (turn.kind !== 'asks') throw new Error('expected a form')
      expect(turn.form).toMatchObject({ message: `Which ${paper}?`, schema: { properties: { answer: { enum: ['red', 'blue'] } } } })
      const reply = { ticket: turn.ticket, reply: { action: 'accept', content: { answer } } } as const
      expect(await surface.callTool({ ...request(), reply })).toMatchObject({
        kind: 'done',
        result: { structuredContent: { [paper]: answer } },
      })
    }
  })

  it('[M7] keeps stacks, causes and secrets to itself', async () => {
    const surface = createSurface({
      mounts: [mountOf(() => Promise.reject(Object.assign(new Error('it broke'), { cause: new Error('the token is hunter2') })))],
    })
    const turn = await surface.callTool(request())
    expect(turn).toMatchObject({
      kind: 'done',
      result: { isError: true, structuredContent: { error: { code: 'HANDLER_ERROR', message: 'it broke' } } },
    })
    expect(JSON.stringify(turn)).not.toMatch(/hunter2|surface\.test/)
  })

  it('[M8] writes out what would steer a terminal, in results, questions and errors', async () => {
    const surface = createSurface({
      mounts: [
        mountOf(async (_, __, options) => {
          const answer = await surface.answer({ text: 'Drop \u001b[8mtable?' }, options?.headers?.sessionId)
          if (answer === 'no') throw new Error('\u009b2Jno')
          return { answer }
        }),
      ],
    })
    for (const [answer, shown] of [
      ['\u202eyes', '{"answer":"\\u202eyes"}'],
      ['no', '\\u009b2Jno [HANDLER_ERROR]'],
    ]) {
      const turn = await surface.callTool(request())
      if (turn.kind !== 'asks') throw new Error('expected a form')
      expect(turn.form.message).toBe('Drop \\u001b[8mtable?')
      const reply = { ticket: turn.ticket, reply: { action: 'accept', content: { answer } } } as const
      expect(await surface.callTool({ ...request(), reply })).toMatchObject({
        result: { content: [{ text: expect.stringContaining(shown!) }] },
      })
    }
  })

  it('[M6] tells of a workspace that cannot be opened as of any other error, and lists all the same', async () => {
    const broken = new SwitchyardError('STORE_NEWER', 'Cannot open the store as it is newer', { next: 'update switchyard' })
    const surface = createSurface({ mounts: [{ ...mountOf(nothing), actions: () => Promise.reject(broken) }] })
    expect(surface.listTools().entries).toHaveLength(1)
    expect(await surface.callTool(request())).toMatchObject({
      kind: 'done',
      result: { isError: true, structuredContent: { error: { code: 'STORE_NEWER', next: 'update switchyard' } } },
    })
  })

  it('lists long lists page by page', () => {
    const commands = Object.fromEntries(Array.from({ length: 250 }, (_, index) => [`n${index}.look`, read])) as unknown as {
      look: typeof read
    }
    const surface = createSurface({ mounts: [mountOf(nothing, commands)], full: true })
    const names = new Set<string>()
    for (let cursor: string | undefined; ; ) {
      const { entries, nextCursor } = surface.listTools(cursor)
      for (const { name } of entries) names.add(name)
      cursor = nextCursor
      if (cursor === undefined) break
    }
    expect(names.size).toBe(250)
  })
})
