import { SwitchyardError } from '@switchyard/contracts'
import { describe, expect, it } from 'vitest'
import { ending, never, scripted, setUp, turn } from './fixture.ts'

const boom = new SwitchyardError('HANDLER_ERROR', 'boom')
const fails = (error: Error = boom) => scripted(error).call
const answers = (value: unknown) => scripted(value).call

describe('fallback', () => {
  it('asks the alternatives in order and says which one answered, and why', async () => {
    const { guard } = setUp()
    const answer = await guard.runDetailed<unknown>(fails(), {
      alternatives: [
        { name: 'second', call: fails() },
        { name: 'third', call: answers('from the third') },
        { name: 'fourth', call: answers('from the fourth') },
      ],
      defaultValue: 'default',
    })
    expect(answer).toEqual({
      value: 'from the third',
      source: 'fallback',
      attempts: 1,
      degraded: true,
      message: '"subject" failed with HANDLER_ERROR; answered by "third"',
      error: boom,
    })
  })

  it('goes to the alternative at once while the breaker is open', async () => {
    const { guard } = setUp()
    guard.breaker.forceOpen()
    const answer = await guard.runDetailed(fails(), { alternatives: [{ name: 'second', call: answers('second') }] })
    expect(answer).toMatchObject({ source: 'fallback', attempts: 0, error: { code: 'CIRCUIT_OPEN' } })
  })

  it('refuses with the code of the failure, which stays the cause, when nothing answered', async () => {
    const { guard } = setUp()
    const other = new SwitchyardError('NO_RESPONDER', 'nobody')
    const error = await guard.run(fails(), { alternatives: [{ name: 'second', call: fails(other) }] }).catch((thrown: unknown) => thrown)
    expect(error).toMatchObject({
      code: 'HANDLER_ERROR',
      message: 'Cannot answer for "subject" as it failed, and so did "second": boom',
      cause: boom,
      data: { alternatives: [{ name: 'second', code: 'NO_RESPONDER', message: 'nobody' }] },
    })
  })

  it('fails with the failure itself when there is nothing to fall back to', async () => {
    const { guard } = setUp()
    await expect(guard.run(fails())).rejects.toBe(boom)
  })

  it.each(['VALIDATION', 'CANCELLED', 'FORBIDDEN_ROUTE', 'UNKNOWN_METHOD', 'BUDGET_EXCEEDED'])('never hides %s', async (code) => {
    const { guard } = setUp({ cache: {} })
    const request = { effect: 'read' as const, cacheKey: 1, defaultValue: 'd', alternatives: [{ name: 'second', call: answers('second') }] }
    await guard.run(answers('good'), request)
    expect(await ending(guard.run(fails(new SwitchyardError(code, code)), request))).toBe(code)
  })

  it('gives an alternative its own time limit within the deadline, and asks none after it', async () => {
    const { guard, pass } = setUp({ timeoutMs: 1_000, deadlineMs: 1_500 })
    let thirdAsked = false
    const answer = guard.runDetailed<unknown>(never, {
      alternatives: [
        { name: 'second', call: never },
        {
          name: 'third',
          call: () => {
            thirdAsked = true
          },
        },
      ],
      defaultValue: 'default',
    })
    await pass(1_000)
    await pass(500)
    expect(await answer).toMatchObject({ value: 'default', source: 'default', error: { code: 'TIMEOUT' } })
    expect(thirdAsked).toBe(false)
  })

  it('can be cancelled while an alternative runs', async () => {
    const { guard } = setUp()
    let inner: AbortSignal | undefined
    let ended = ''
    const run = guard.start<unknown>(
      fails(),
      {
        defaultValue: 'default',
        alternatives: [
          {
            name: 'second',
            call: ({ signal }) => {
              inner = signal
              return never()
            },
          },
        ],
      },
      () => {},
      ({ code }) => {
        ended = code
      },
    )
    await turn()
    run.cancel()
    expect(ended).toBe('CANCELLED')
    expect(inner?.aborted).toBe(true)
    await turn()
    expect(run.source).toBe('live')
  })

  it('answers undefined by default when that is the default', async () => {
    const { guard } = setUp()
    expect(await guard.runDetailed<unknown>(fails(), { defaultValue: undefined })).toMatchObject({ value: undefined, source: 'default' })
  })
})

describe('cache', () => {
  const read = { effect: 'read' as const, cacheKey: { b: 1, a: { d: [2], c: 3 } } }

  it('answers with what it last knew when the call fails, whatever the order of the properties', async () => {
    const { guard, clock } = setUp({ cache: {} })
    await guard.run(answers({ temperature: 20 }), read)
    clock.advance(10_000)
    expect(await guard.runDetailed<unknown>(fails(), { effect: 'read', cacheKey: { a: { c: 3, d: [2] }, b: 1 } })).toMatchObject({
      value: { temperature: 20 },
      source: 'stale',
      degraded: true,
      cacheAgeMs: 10_000,
      error: boom,
    })
    expect(await ending(guard.run(fails(), { ...read, cacheKey: { a: { c: 3, d: [2] }, b: 2 } }))).toBe('HANDLER_ERROR')
  })

  it('does so at the deadline, too, and no longer than staleMs', async () => {
    const { guard, clock, pass } = setUp({ cache: { staleMs: 60_000 }, deadlineMs: 500 })
    await guard.run(answers('known'), read)
    const late = guard.runDetailed<unknown>(never, read)
    await pass(500)
    expect(await late).toMatchObject({ source: 'stale', error: { code: 'DEADLINE_EXCEEDED' } })
    clock.advance(59_500)
    expect(await ending(guard.run(fails(), read))).toBe('HANDLER_ERROR')
  })

  it('serves what is fresh however short staleMs is', async () => {
    const { guard, clock } = setUp({ cache: { freshMs: 1_000, staleMs: 0 } })
    await guard.run(answers('known'), read)
    clock.advance(999)
    expect(await guard.run(fails(), read)).toBe('known')
    clock.advance(1)
    expect(await ending(guard.run(fails(), read))).toBe('HANDLER_ERROR')
  })

  it('hands out copies', async () => {
    const { guard } = setUp({ cache: { freshMs: 1_000 } })
    const first = (await guard.run(answers({ list: [1] }), read)) as { list: number[] }
    first.list.push(2)
    const second = (await guard.run(fails(), read)) as { list: number[] }
    expect(second).toEqual({ list: [1] })
    second.list.push(3)
    expect(await guard.run(fails(), read)).toEqual({ list: [1] })
  })

  it('keeps neither failures nor what was not a read, nor answers that were not live', async () => {
    const { guard } = setUp({ cache: {}, breaker: { failures: 100 } })
    await guard.run<unknown>(fails(), { ...read, defaultValue: 'default' })
    for (const effect of ['write', 'destroy', undefined] as const) {
      const { effect: _, ...rest } = read
      await guard.run(answers('written'), effect === undefined ? rest : { ...rest, effect, idempotent: true })
    }
    expect(await ending(guard.run(fails(), read))).toBe('HANDLER_ERROR')
  })

  it('serves fresh answers without a call, and stale ones while a single call refreshes them', async () => {
    const { guard, clock } = setUp({ cache: { freshMs: 1_000, revalidateMs: 5_000 } })
    const { call, calls } = scripted('old', 'new')
    await guard.run(call, read)
    expect(await guard.runDetailed(call, read)).toEqual({ value: 'old', source: 'cache', attempts: 0, degraded: false, cacheAgeMs: 0 })
    clock.advance(2_000)
    const stale = await Promise.all(Array.from({ length: 50 }, () => guard.runDetailed(call, read)))
    for (const answer of stale) expect(answer).toMatchObject({ value: 'old', source: 'stale', degraded: false, cacheAgeMs: 2_000 })
    expect(calls()).toBe(2)
    await turn()
    expect(await guard.run(call, read)).toBe('new')
    expect(calls()).toBe(2)
  })

  it('refreshes again after a refresh that failed, which nobody but the breaker hears of', async () => {
    const { guard, clock } = setUp({ cache: { freshMs: 1_000, revalidateMs: 50_000 } })
    const { call, calls } = scripted('old', boom, 'new')
    await guard.run(call, read)
    clock.advance(2_000)
    expect(await guard.run(call, read)).toBe('old')
    await turn()
    expect(guard.breaker.snapshot().failures).toHaveLength(1)
    expect(await guard.run(call, read)).toBe('old')
    await turn()
    expect(await guard.run(call, read)).toBe('new')
    expect(calls()).toBe(3)
  })

  it('drops the least recently used', async () => {
    const { guard } = setUp({ cache: { maxEntries: 3, freshMs: 1_000 } })
    const key = (cacheKey: number) => ({ effect: 'read' as const, cacheKey })
    for (const i of [1, 2, 3]) await guard.run(answers(i), key(i))
    await guard.run(fails(), key(1))
    await guard.run(answers(4), key(4))
    expect(await Promise.all([1, 2, 3, 4].map((i) => ending(guard.run<unknown>(fails(), key(i)))))).toEqual([1, 'HANDLER_ERROR', 3, 4])
  })

  it('keeps nothing that cannot be copied, and answers all the same', async () => {
    const { guard } = setUp({ cache: { freshMs: 1_000 } })
    const live = () => 'a function'
    expect(await guard.run(answers(live), read)).toBe(live)
    expect(await ending(guard.run(fails(), read))).toBe('HANDLER_ERROR')
  })
})
