import type { Clock } from './clock.ts'

/** A clock that stands still until told otherwise. */
export interface FakeClock extends Clock {
  /** Moves both clocks on and runs what is due, in order of due time, each at its own time. */
  advance(ms: number): void
  /** Sets the wall clock alone, as a clock step by the operating system does; timers do not notice. */
  jump(ms: number): void
  /** How many timers wait. */
  readonly pending: number
}

interface Timer {
  dueMs: number
  order: number
  callback: () => void
}

/** A FakeClock that starts at the given wall time, with its monotonic time at 0. */
export function createFakeClock(startMs = Date.UTC(2026, 0, 1)): FakeClock {
  let monotonicMs = 0
  let wallOffsetMs = startMs
  let order = 0
  const timers = new Set<Timer>()

  function nextDue(limitMs: number): Timer | undefined {
    let first: Timer | undefined
    for (const timer of timers) {
      if (timer.dueMs > limitMs) continue
      if (first === undefined || timer.dueMs < first.dueMs || (timer.dueMs === first.dueMs && timer.order < first.order)) first = timer
    }
    return first
  }

  return {
    now: () => wallOffsetMs + monotonicMs,
    monotonicMs: () => monotonicMs,
    after(delayMs, callback) {
      const timer = { dueMs: monotonicMs + Math.max(0, delayMs), order: order++, callback }
      timers.add(timer)
      return () => void timers.delete(timer)
    },
    advance(ms) {
      const targetMs = monotonicMs + ms
      for (let timer = nextDue(targetMs); timer !== undefined; timer = nextDue(targetMs)) {
        timers.delete(timer)
        monotonicMs = Math.max(monotonicMs, timer.dueMs)
        timer.callback()
      }
      monotonicMs = targetMs
    },
    jump(ms) {
      wallOffsetMs += ms
    },
    get pending() {
      return timers.size
    },
  }
}
