import { createFakeClock } from '@switchyard/contracts/testing'
import { describe, expect, it } from 'vitest'
import { createConversations, type Leg } from './conversation.ts'

const form = { message: 'Really?', schema: { type: 'object' } }
const accept = { action: 'accept', content: { yes: true } } as const
const leg = (signal = new AbortController().signal, said: unknown[] = []): Leg => ({
  signal,
  progress: (progress) => void said.push(progress),
})

describe('createConversations()', () => {
  it('lets a work go on where it stopped to ask, as often as it asks', async () => {
    const talks = createConversations<string>()
    const first = await talks.start(leg(), async (talk) => `${(await talk.ask(form)).action} ${(await talk.ask(form)).action}`)
    if (first.kind !== 'asks') throw new Error('expected a form')
    const second = await talks.resume(first.ticket, accept, leg())
    if (second?.kind !== 'asks') throw new Error('expected a second form')
    expect(second.ticket).not.toBe(first.ticket)
    expect(await talks.resume(second.ticket, { action: 'decline' }, leg())).toEqual({ kind: 'done', result: 'accept decline' })
  })

  it('[A1] takes one reply for a ticket, and none for one that it never gave', async () => {
    const talks = createConversations<string>()
    const turn = await talks.start(leg(), async (talk) => (await talk.ask(form)).action)
    if (turn.kind !== 'asks') throw new Error('expected a form')
    expect(talks.knows(turn.ticket)).toBe(true)
    await talks.resume(turn.ticket, accept, leg())
    expect(talks.knows(turn.ticket)).toBe(false)
    expect(talks.resume(turn.ticket, accept, leg())).toBeUndefined()
    expect(talks.resume('made up', accept, leg())).toBeUndefined()
  })

  it('[P2] counts who does not answer in time as cancelled', async () => {
    const clock = createFakeClock()
    const talks = createConversations<string>({ clock, patienceMs: 1_000 })
    const heard: string[] = []
    const turn = await talks.start(leg(), async (talk) => {
      heard.push((await talk.ask(form)).action)
      return ''
    })
    await clock.advance(999)
    expect(heard).toEqual([])
    await clock.advance(1)
    expect(heard).toEqual(['cancel'])
    expect(turn.kind === 'asks' && talks.knows(turn.ticket)).toBe(false)
  })

  it('cancels the oldest form when too many wait, and all of them when it closes', async () => {
    const talks = createConversations<string>({ maxWaiting: 2 })
    const heard: string[] = []
    for (const name of ['a', 'b', 'c']) {
      await talks.start(leg(), async (talk) => {
        heard.push(`${name} ${(await talk.ask(form)).action}`)
        return ''
      })
    }
    await expect.poll(() => heard).toEqual(['a cancel'])
    talks.close()
    await expect.poll(() => heard).toEqual(['a cancel', 'b cancel', 'c cancel'])
  })

  it('[A3] ends the work with the leg that is under way, and not with one that was answered', async () => {
    const talks = createConversations<string>()
    const first = new AbortController()
    const second = new AbortController()
    let signal: AbortSignal | undefined
    const turn = await talks.start(leg(first.signal), async (talk) => {
      signal = talk.signal
      await talk.ask(form)
      await new Promise((resolve) => talk.signal.addEventListener('abort', resolve, { once: true }))
      throw new Error('stopped')
    })
    if (turn.kind !== 'asks') throw new Error('expected a form')
    first.abort()
    expect(signal?.aborted).toBe(false)
    const resumed = talks.resume(turn.ticket, accept, leg(second.signal))
    // The work listens once it has heard the reply.
    await new Promise((resolve) => setImmediate(resolve))
    second.abort()
    await expect(resumed).rejects.toThrow('stopped')
  })

  it('sends progress to the leg that is under way', async () => {
    const talks = createConversations<string>()
    const [one, two]: [unknown[], unknown[]] = [[], []]
    const turn = await talks.start(leg(undefined, one), async (talk) => {
      talk.progress({ message: 'before' })
      await talk.ask(form)
      talk.progress({ message: 'after' })
      return ''
    })
    if (turn.kind !== 'asks') throw new Error('expected a form')
    await talks.resume(turn.ticket, accept, leg(undefined, two))
    expect([one, two]).toEqual([[{ message: 'before' }], [{ message: 'after' }]])
  })
})
