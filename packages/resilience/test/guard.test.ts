import { getEventListeners } from 'node:events'
import { isSwitchyardError, SwitchyardError, systemClock } from '@switchyard/contracts'
import { describe, expect, it } from 'vitest'
import { type Attempt, createGuard } from '../src/index.ts'
import { ending, never, setUp, turn } from './fixture.ts'

describe('guard.run()', () => {
  it('answers what the call returns, awaited or not, undefined included', async () => {
    const { guard } = setUp()
    expect(await guard.run(async () => 'later')).toBe('later')
    expect(await guard.run(() => 'now')).toBe('now')
    expect(await guard.run(() => undefined)).toBeUndefined()
    expect(await guard.run(async () => undefined)).toBeUndefined()
  })

  it('takes the first word of a foreign promise that calls back at once, and twice', async () => {
    const { guard, clock } = setUp()
    const foreign = {
      // biome-ignore lint/suspicious/noThenProperty: a foreign promise.
      then(onValue: (value: string) => void) {
        onValue('first')
        onValue('second')
      },
    }
    expect(await guard.run(() => foreign as PromiseLike<string>)).toBe('first')
    expect(guard.load.running).toBe(0)
    clock.advance(100)
    expect(clock.pending).toBe(0)
  })

  it.each([
    ['throws', () => Promise.reject(new Error('boom'))],
    [
      'throws at once',
      () => {
        throw new Error('boom')
      },
    ],
  ])('makes a HANDLER_ERROR with its cause of a call that %s', async (_name, call) => {
    const { guard } = setUp()
    const error = await guard.run<unknown>(call).catch((thrown: unknown) => thrown)
    expect(isSwitchyardError(error, 'HANDLER_ERROR')).toBe(true)
    expect((error as SwitchyardError).cause).toMatchObject({ message: 'boom' })
  })

  it('makes a HANDLER_ERROR of anything thrown that is no error', async () => {
    const { guard } = setUp({ breaker: { failures: 100 } })
    const { proxy, revoke } = Proxy.revocable({}, {})
    revoke()
    for (const thrown of [
      'text',
      undefined,
      null,
      42,
      proxy,
      { name: 'SwitchyardError', code: 'HANDLER_ERROR', message: 'plain', data: {} },
    ])
      expect(await ending(guard.run(() => Promise.reject(thrown)))).toBe('HANDLER_ERROR')
  })

  it("passes the call's own SwitchyardError through as it is", async () => {
    const { guard } = setUp()
    const error = new SwitchyardError('VALIDATION', 'no such service')
    await expect(guard.run(() => Promise.reject(error))).rejects.toBe(error)
  })
})

describe('timeout and deadline', () => {
  it('ends a call that never settles with TIMEOUT, and aborts its signal', async () => {
    const { guard, pass } = setUp({ timeoutMs: 1_000 })
    let signal: AbortSignal | undefined
    const end = ending(
      guard.run((attempt) => {
        signal = attempt.signal
        return never()
      }),
    )
    await pass(999)
    expect(signal?.aborted).toBe(false)
    await pass(1)
    expect(await end).toBe('TIMEOUT')
    expect(signal?.reason).toMatchObject({ code: 'TIMEOUT' })
  })

  it('ignores what comes after the timeout, and shows an aborted signal to who looks only then', async () => {
    const { guard, clock, pass } = setUp({ timeoutMs: 1_000 })
    const late = Promise.withResolvers<string>()
    let seen: Attempt | undefined
    const end = ending(
      guard.run((attempt) => {
        seen = attempt
        return late.promise
      }),
    )
    await pass(1_000)
    late.reject(new Error('late'))
    await pass(200)
    expect(await end).toBe('TIMEOUT')
    expect(seen?.signal.aborted).toBe(true)
    expect(guard.load).toEqual({ running: 0, waiting: 0 })
    expect(clock.pending).toBe(0)
  })

  it('counts a call that had its full time as TIMEOUT, also when its caller waits no longer than that', async () => {
    const { guard, clock, pass } = setUp({ timeoutMs: 1_000, breaker: { failures: 1 } })
    const end = ending(guard.run(never, { deadlineAtMs: clock.monotonicMs() + 999.5 }))
    await pass(1_001)
    expect(await end).toBe('TIMEOUT')
    expect(guard.breaker.state).toBe('open')
  })

  it('ends at the earlier of the two deadlines with DEADLINE_EXCEEDED, which the breaker does not count', async () => {
    const { guard, clock, pass } = setUp({ timeoutMs: 1_000, deadlineMs: 500, breaker: { failures: 1 } })
    let deadlineAtMs = 0
    const call = (attempt: Attempt): Promise<never> => {
      deadlineAtMs = attempt.deadlineAtMs
      return never()
    }
    const own = ending(guard.run(call))
    expect(deadlineAtMs).toBe(500)
    await pass(500)
    expect(await own).toBe('DEADLINE_EXCEEDED')
    const callers = ending(guard.run(call, { deadlineAtMs: clock.monotonicMs() + 200 }))
    await pass(200)
    expect(await callers).toBe('DEADLINE_EXCEEDED')
    expect(guard.breaker.state).toBe('closed')
  })

  it('counts from the time that the caller has read', async () => {
    const { guard, clock } = setUp({ timeoutMs: 1_000 })
    clock.advance(500)
    expect(await guard.run(({ deadlineAtMs }) => deadlineAtMs, { nowMs: 400 })).toBe(1_400)
    expect(await guard.run(({ deadlineAtMs }) => deadlineAtMs)).toBe(1_500)
  })

  it('does not begin what is too late already', async () => {
    const { guard, clock } = setUp()
    clock.advance(100)
    let called = false
    const end = ending(
      guard.run(
        () => {
          called = true
        },
        { deadlineAtMs: 100 },
      ),
    )
    expect(await end).toBe('DEADLINE_EXCEEDED')
    expect(called).toBe(false)
  })

  it('takes the answer of a call that blocked the process beyond its time', async () => {
    const { guard, clock, pass } = setUp({ timeoutMs: 1_000 })
    const end = ending(
      guard.run(async () => {
        clock.advance(1_500)
        return 'blocked, then answered'
      }),
    )
    await pass(0)
    expect(await end).toBe('blocked, then answered')
  })
})

describe('cancellation', () => {
  it('ends with CANCELLED at once, aborts the signal and frees the place', async () => {
    const { guard } = setUp()
    const controller = new AbortController()
    let inner: AbortSignal | undefined
    const end = guard.run(
      (attempt) => {
        inner = attempt.signal
        return never()
      },
      { signal: controller.signal },
    )
    controller.abort('enough')
    await expect(end).rejects.toMatchObject({ code: 'CANCELLED', cause: 'enough' })
    expect(inner?.aborted).toBe(true)
    expect(guard.load.running).toBe(0)
  })

  it('does not begin when the signal is aborted already, and leaves no listener on any signal', async () => {
    const { guard } = setUp()
    expect(await ending(guard.run(() => 'begun', { signal: AbortSignal.abort() }))).toBe('CANCELLED')
    const { signal } = new AbortController()
    for (let i = 0; i < 50; i++) await guard.run(async () => i, { signal })
    expect(getEventListeners(signal, 'abort')).toEqual([])
  })

  it('works without a signal through the run, while it waits for a retry too', async () => {
    const { guard, clock, pass } = setUp()
    const ends: string[] = []
    const run = guard.start(
      () => Promise.reject(new SwitchyardError('PLUGIN_DOWN', 'down')),
      undefined,
      () => void ends.push('answered'),
      (error) => void ends.push(error.code),
    )
    await pass(0)
    expect(ends).toEqual([])
    run.cancel()
    run.cancel()
    expect(ends).toEqual(['CANCELLED'])
    await pass(60_000)
    expect(ends).toEqual(['CANCELLED'])
    expect(run.attempts).toBe(1)
    expect(clock.pending).toBe(0)
  })

  it('frees the place before anybody hears of it', () => {
    const { guard } = setUp()
    const heard: unknown[] = []
    const run = guard.start(
      never,
      undefined,
      () => {},
      (_error, { attempts }) => void heard.push(attempts, guard.load.running),
    )
    run.cancel()
    expect(heard).toEqual([1, 0])
  })

  it('may come from within the call', async () => {
    const { guard, clock } = setUp()
    const controller = new AbortController()
    const call = (): Promise<never> => {
      controller.abort()
      return never()
    }
    expect(await ending(guard.run(call, { signal: controller.signal }))).toBe('CANCELLED')
    expect(guard.load.running).toBe(0)
    clock.advance(100)
    expect(clock.pending).toBe(0)
  })

  it('does not count for or against the breaker', async () => {
    const { guard } = setUp({ breaker: { failures: 1, minCalls: 1 } })
    guard
      .start(
        never,
        undefined,
        () => {},
        () => {},
      )
      .cancel()
    expect(guard.breaker.state).toBe('closed')
  })
})

describe('guard and breaker', () => {
  it('opens at the fifth failure, then refuses without calling, without a stack, saying when to come back', async () => {
    const { guard, clock, changes } = setUp()
    let calls = 0
    const call = (): never => {
      calls++
      throw new Error('boom')
    }
    for (let i = 0; i < 5; i++) await ending(guard.run(call))
    clock.advance(10_000)
    const error = await guard.run(call).catch((thrown: SwitchyardError) => thrown)
    expect(error).toMatchObject({ code: 'CIRCUIT_OPEN', data: { name: 'subject', retryAfterMs: 50_000 }, retryable: true })
    expect((error as SwitchyardError).stack).not.toContain('\n')
    expect(calls).toBe(5)
    expect(changes).toMatchObject([{ name: 'subject', to: 'open', reason: 'failures' }])
  })

  it('lets a probe that never settles go after its timeout, so that half-open never sticks', async () => {
    const { guard, pass } = setUp({ timeoutMs: 1_000 })
    for (let i = 0; i < 5; i++) await ending(guard.run(() => Promise.reject(new Error('boom'))))
    await pass(60_000)
    const probes = Array.from({ length: 4 }, () => ending(guard.run(never)))
    expect(await probes[3]).toBe('CIRCUIT_OPEN')
    await pass(1_000)
    expect(await Promise.all(probes.slice(0, 3))).toEqual(['TIMEOUT', 'TIMEOUT', 'TIMEOUT'])
    await pass(60_000)
    for (let i = 0; i < 3; i++) await guard.run(async () => 'well again')
    expect(guard.breaker.state).toBe('closed')
  })

  it('takes up the snapshot of an earlier guard', async () => {
    const { guard, clock } = setUp()
    guard.breaker.forceOpen()
    const next = createGuard({ name: 'subject', clock, snapshot: JSON.parse(JSON.stringify(guard.breaker.snapshot())) })
    expect(await ending(next.run(() => 'called'))).toBe('CIRCUIT_OPEN')
    next.breaker.reset()
    expect(await next.run(() => 'called')).toBe('called')
  })
})

describe('guard.close()', () => {
  it('cancels what runs, waits in the queue or for a retry, refuses what comes, and leaves no timer', async () => {
    const { guard, clock } = setUp({ bulkhead: { maxConcurrent: 1 } })
    const retrying = ending(guard.run(() => Promise.reject(new SwitchyardError('PLUGIN_DOWN', 'down'))))
    await turn()
    const running = ending(guard.run(never))
    const waiting = ending(guard.run(never))
    expect(guard.load).toEqual({ running: 1, waiting: 1 })
    guard.close()
    expect(await Promise.all([retrying, running, waiting, ending(guard.run(() => 'late'))])).toEqual(Array(4).fill('CANCELLED'))
    expect(guard.load).toEqual({ running: 0, waiting: 0 })
    // The shared wheel stops by itself.
    clock.advance(100)
    expect(clock.pending).toBe(0)
  })

  it('stops a wheel and a breaker of its own at once', async () => {
    const before = process.getActiveResourcesInfo()
    const guard = createGuard({ name: 'own', clock: systemClock, options: { breaker: { failures: 1 } } })
    await ending(guard.run(() => Promise.reject(new Error('boom'))))
    guard.close()
    expect(process.getActiveResourcesInfo()).toEqual(before)
  })
})
