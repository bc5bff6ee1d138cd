import type { SwitchyardError } from '@switchyard/contracts'
import { createFakeClock, type FakeClock } from '@switchyard/contracts/testing'
import { type BreakerChange, createGuard, createTimerWheel, type Guard, type GuardOptions } from '../src/index.ts'

export interface Bench {
  clock: FakeClock
  guard: Guard
  changes: BreakerChange[]
  /** Lets every promise that can go on do so, then moves the clock, then once more. */
  pass(ms: number): Promise<void>
}

/** A guard on a clock that stands still, exact to the millisecond; `random` is 0.5. */
export function setUp(options: GuardOptions = {}): Bench {
  const clock = createFakeClock()
  const changes: BreakerChange[] = []
  const guard = createGuard({
    name: 'subject',
    clock,
    wheel: createTimerWheel(clock, { granularityMs: 1 }),
    random: () => 0.5,
    onChange: (change) => void changes.push(change),
    options,
  })
  return {
    clock,
    guard,
    changes,
    async pass(ms) {
      await turn()
      clock.advance(ms)
      await turn()
    },
  }
}

/** A turn of the event loop: every microtask that is due has run. */
export const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve))

export const never = (): Promise<never> => new Promise(() => {})

/** How a promise ended: its error's code, or its value. */
export const ending = (promise: Promise<unknown>): Promise<unknown> =>
  promise.then(
    (value) => value,
    (error: SwitchyardError) => error.code,
  )

/** A call that answers from a list: errors are thrown, all else is returned; the last one repeats. */
export function scripted(...answers: unknown[]): { call: () => Promise<unknown>; calls: () => number } {
  let count = 0
  return {
    async call() {
      const answer = answers[Math.min(count++, answers.length - 1)]
      if (answer instanceof Error) throw answer
      return answer
    },
    calls: () => count,
  }
}
