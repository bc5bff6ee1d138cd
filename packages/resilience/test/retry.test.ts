import { SwitchyardError } from '@switchyard/contracts'
import { describe, expect, it } from 'vitest'
import type { Attempt } from '../src/index.ts'
import { ending, never, scripted, setUp } from './fixture.ts'

const down = new SwitchyardError('PLUGIN_DOWN', 'down')

describe('retry', () => {
  it('tries four times, waiting a random part of a doubling time', async () => {
    const { guard, clock, pass } = setUp({ breaker: { failures: 100 } })
    const at: number[] = []
    const numbers: number[] = []
    const end = ending(
      guard.run(({ number }: Attempt) => {
        at.push(clock.monotonicMs())
        numbers.push(number)
        throw down
      }),
    )
    for (let i = 0; i < 100; i++) await pass(100)
    expect(await end).toBe('PLUGIN_DOWN')
    expect(at).toEqual([0, 500, 1_500, 3_500])
    expect(numbers).toEqual([1, 2, 3, 4])
  })

  it('answers from the attempt that went well', async () => {
    const { guard, pass } = setUp()
    const { call } = scripted(down, down, 'third time lucky')
    const answer = guard.runDetailed(call)
    for (let i = 0; i < 20; i++) await pass(100)
    expect(await answer).toEqual({ value: 'third time lucky', source: 'live', attempts: 3, degraded: false })
  })

  it.each(['VALIDATION', 'CANCELLED', 'HANDLER_ERROR', 'UNKNOWN_METHOD', 'EXPIRED', 'CIRCUIT_OPEN'])('does not retry %s', async (code) => {
    const { guard } = setUp()
    const { call, calls } = scripted(new SwitchyardError(code, code))
    expect(await ending(guard.run(call))).toBe(code)
    expect(calls()).toBe(1)
  })

  it('goes by what the error says of itself', async () => {
    const { guard, pass } = setUp()
    const { call } = scripted(new SwitchyardError('HANDLER_ERROR', 'a hiccup', { retryable: true }), 'fine')
    const end = ending(guard.run(call))
    await pass(500)
    expect(await end).toBe('fine')
  })

  it('knows an error of another realm by its name and code', async () => {
    const { guard, pass } = setUp()
    let calls = 0
    const end = ending(
      guard.run(() => {
        calls++
        return calls > 1
          ? 'fine'
          : Promise.reject({ name: 'SwitchyardError', code: 'PLUGIN_DOWN', message: 'down', data: {}, retryable: true })
      }),
    )
    await pass(500)
    expect(await end).toBe('fine')
  })

  it.each([
    [{}, 1],
    [{ effect: 'read' as const }, 2],
    [{ effect: 'destroy' as const, idempotent: true }, 2],
    [{ effect: 'read' as const, idempotent: false }, 1],
  ])('repeats a call that timed out only if it may run twice: %j', async (request, expected) => {
    const { guard, pass } = setUp({ timeoutMs: 1_000, retry: { maxRetries: 1 } })
    const signals: AbortSignal[] = []
    const end = ending(
      guard.run(({ signal }) => {
        signals.push(signal)
        return never()
      }, request),
    )
    for (let i = 0; i < 6; i++) await pass(500)
    expect(await end).toBe('TIMEOUT')
    expect(signals.map(({ aborted }) => aborted)).toEqual(Array(expected).fill(true))
  })

  it('waits at least as long as it was asked to', async () => {
    const { guard, pass } = setUp()
    const { call, calls } = scripted(new SwitchyardError('RATE_LIMITED', 'slow down', { data: { retryAfterMs: 7_000 } }), 'fine')
    const end = ending(guard.run(call))
    await pass(6_999)
    expect(calls()).toBe(1)
    await pass(1)
    expect(await end).toBe('fine')
  })

  it('gives up at once when it was asked to wait beyond the deadline', async () => {
    const { guard, clock } = setUp({ deadlineMs: 5_000 })
    const { call } = scripted(new SwitchyardError('RATE_LIMITED', 'slow down', { data: { retryAfterMs: 7_000 } }))
    expect(await ending(guard.run(call))).toBe('RATE_LIMITED')
    clock.advance(100)
    expect(clock.pending).toBe(0)
  })

  it('fits its waits and its attempts into the deadline', async () => {
    const { guard, clock, pass } = setUp({ deadlineMs: 600, timeoutMs: 400, breaker: { failures: 100 } })
    const at: number[] = []
    const end = ending(
      guard.run(({ deadlineAtMs }) => {
        at.push(clock.monotonicMs(), deadlineAtMs)
        return Promise.reject(down)
      }),
    )
    for (let i = 0; i < 700; i++) await pass(1)
    expect(await end).toBe('PLUGIN_DOWN')
    expect(at.slice(0, 4)).toEqual([0, 400, 300, 600])
    for (const ms of at) expect(ms).toBeLessThanOrEqual(600)
  })

  it('does not go on against a breaker that opened meanwhile, and tells the failure behind it', async () => {
    const { guard, pass } = setUp({ breaker: { failures: 2 } })
    const { call, calls } = scripted(down)
    const end = ending(guard.run(call))
    await pass(500)
    expect(await end).toBe('PLUGIN_DOWN')
    expect(calls()).toBe(2)
  })

  it('tells the failure, too, when others opened the breaker while it waited', async () => {
    const { guard, pass } = setUp({ breaker: { failures: 3 } })
    const { call, calls } = scripted(down)
    const end = ending(guard.run(call))
    await pass(100)
    for (let i = 0; i < 2; i++) await ending(guard.run(() => Promise.reject(new Error('boom'))))
    expect(guard.breaker.state).toBe('open')
    await pass(400)
    expect(await end).toBe('PLUGIN_DOWN')
    expect(calls()).toBe(1)
  })

  it('keeps the failure as the cause when the deadline passes in a later attempt', async () => {
    const { guard, pass } = setUp({ deadlineMs: 800 })
    let calls = 0
    const end = guard.run(() => (++calls === 1 ? Promise.reject(down) : never())).catch((thrown: unknown) => thrown)
    await pass(400)
    await pass(400)
    expect(await end).toMatchObject({ code: 'DEADLINE_EXCEEDED', cause: down })
  })

  it('does not call again when it is cancelled just as its wait is over', async () => {
    const { guard, pass, clock } = setUp()
    const { call, calls } = scripted(down)
    const ends: string[] = []
    const run = guard.start(
      call,
      { defaultValue: 'default' },
      () => void ends.push('answered'),
      ({ code }) => void ends.push(code),
    )
    await pass(0)
    clock.advance(500)
    run.cancel()
    await pass(10_000)
    expect(ends).toEqual(['CANCELLED'])
    expect([run.source, calls()]).toEqual(['live', 1])
  })

  it('adds a tenth to the load, once the floor is spent', async () => {
    const { guard, clock } = setUp({
      breaker: { failures: 10_000, minCalls: 1_000_000 },
      retry: { maxRetries: 1, delayMs: 1, maxDelayMs: 1 },
    })
    const { call, calls } = scripted(down)
    const ends = Array.from({ length: 1_000 }, () => ending(guard.run(call)))
    for (let i = 0; i < 20; i++) {
      await new Promise((resolve) => setImmediate(resolve))
      clock.advance(1)
    }
    await Promise.all(ends)
    // A burst spends what a burst may save: ten, and the floor of three.
    expect(calls()).toBe(1_013)
    for (let i = 0; i < 1_000; i++) {
      const end = ending(guard.run(call))
      await new Promise((resolve) => setImmediate(resolve))
      clock.advance(1)
      await end
    }
    expect(calls()).toBeGreaterThanOrEqual(2_013 + 99)
    expect(calls()).toBeLessThanOrEqual(2_013 + 103)
  })

  it('can retry three times a minute when there is hardly any load', async () => {
    const { guard, pass } = setUp({ breaker: { failures: 1_000, minCalls: 1_000 }, retry: { maxRetries: 10 } })
    for (let minute = 0; minute < 3; minute++) {
      const { call, calls } = scripted(down)
      void ending(guard.run(call))
      for (let i = 0; i < 61; i++) await pass(1_000)
      expect(calls()).toBe(4)
    }
  })

  it('can be switched off', async () => {
    const { guard } = setUp({ retry: { maxRetries: 0 } })
    const { call, calls } = scripted(down)
    expect(await ending(guard.run(call))).toBe('PLUGIN_DOWN')
    expect(calls()).toBe(1)
  })
})
