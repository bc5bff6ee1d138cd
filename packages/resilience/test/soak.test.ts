import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { SwitchyardError, systemClock } from '@switchyard/contracts'
import fc from 'fast-check'
import { expect, it } from 'vitest'
import { type Attempt, createGuard, createTimerWheel } from '../src/index.ts'
import { never, setUp, turn } from './fixture.ts'

const down = new SwitchyardError('PLUGIN_DOWN', 'down')
const behaviours: Record<string, (attempt: Attempt) => unknown> = {
  value: () => 1,
  promise: async () => undefined,
  throws: () => {
    throw new Error('boom')
  },
  rejects: () => Promise.reject(down),
  never,
  obeys: ({ signal }) => new Promise((_resolve, reject) => signal.addEventListener('abort', () => reject(signal.reason))),
  recovers: ({ number }) => (number > 1 ? 1 : Promise.reject(down)),
}

const behaviour = fc.constantFrom(...Object.keys(behaviours))
const step = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.record({
      do: fc.constant('call' as const),
      behaviour,
      alternative: fc.option(behaviour),
      effect: fc.constantFrom('read' as const, 'write' as const),
      inMs: fc.option(fc.nat(3_000)),
      cacheKey: fc.nat(2),
      cancelled: fc.boolean(),
    }),
  },
  { weight: 3, arbitrary: fc.record({ do: fc.constant('advance' as const), ms: fc.oneof(fc.nat(500), fc.nat(70_000)) }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constantFrom('forceOpen' as const, 'reset' as const) }) },
)

it('every call ends exactly once and leaves no place taken and no timer, whatever happens', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(step, { maxLength: 40 }), fc.boolean(), async (steps, isClosed) => {
      const { guard, clock, pass } = setUp({
        timeoutMs: 1_000,
        deadlineMs: 8_000,
        bulkhead: { maxConcurrent: 2, maxQueue: 3 },
        cache: { freshMs: 300, revalidateMs: 500 },
      })
      const endings: number[] = []
      for (const action of steps) {
        if (action.do === 'advance') await pass(action.ms)
        else if (action.do !== 'call') guard.breaker[action.do]()
        else {
          const id = endings.push(0) - 1
          const count = (): void => void endings[id]!++
          const { alternative, effect, inMs, cacheKey } = action
          const run = guard.start(
            behaviours[action.behaviour]!,
            {
              effect,
              cacheKey,
              ...(inMs !== null && { deadlineAtMs: clock.monotonicMs() + inMs }),
              ...(alternative !== null && { alternatives: [{ name: 'other', call: behaviours[alternative]! }] }),
            },
            count,
            count,
          )
          if (action.cancelled) {
            await turn()
            run.cancel()
          }
        }
      }
      if (isClosed) guard.close()
      // Beyond the deadline of the last call that was queued, and of the refresh that one may have begun.
      for (let i = 0; i < 20; i++) await pass(1_000)
      expect(endings).toEqual(endings.map(() => 1))
      expect(guard.load).toEqual({ running: 0, waiting: 0 })
      guard.close()
      await pass(100)
      expect(clock.pending).toBe(0)
    }),
    { numRuns: 150 },
  )
})

it('a million calls leave the heap as it was', async () => {
  setFlagsFromString('--expose-gc')
  const collect = runInNewContext('gc') as () => void
  const heapUsed = (): number => {
    collect()
    return process.memoryUsage().heapUsed
  }
  const wheel = createTimerWheel(systemClock)
  // So short a window that the breaker stays closed.
  const options = { breaker: { failures: 10_000, minCalls: 1_000_000, windowMs: 1 }, cache: { maxEntries: 100 } }
  const guard = createGuard({ name: 'subject', clock: systemClock, wheel, options })
  const refusing = createGuard({ name: 'refusing', clock: systemClock, wheel })
  refusing.breaker.forceOpen()
  const boom = new Error('boom')
  const dropped = (): void => {}

  async function load(calls: number): Promise<void> {
    for (let i = 0; i < calls; i++) {
      if (i % 10 === 1) await guard.run(() => Promise.reject(boom)).catch(dropped)
      else if (i % 10 === 2) await refusing.run(never).catch(dropped)
      else if (i % 10 === 3) await guard.run(async () => i, { effect: 'read', cacheKey: i })
      else if (i % 100 === 4) guard.start(never, undefined, dropped, dropped).cancel()
      else await guard.run(async () => i)
    }
  }

  await load(50_000)
  const before = heapUsed()
  await load(1_000_000)
  const after = heapUsed()
  expect(wheel.size).toBe(0)
  wheel.stop()
  expect(after / before).toBeLessThan(1.05)
})
