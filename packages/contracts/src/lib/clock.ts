/** Time as a dependency: everything that waits or stamps takes one, so that tests need no sleep. */
export interface Clock {
  /** Wall time in milliseconds since 1970; may jump in both directions. */
  now(): number
  /** Milliseconds that only ever grow; for durations and deadlines. */
  monotonicMs(): number
  /** Runs `callback` once after `delayMs`; the returned function cancels it. The timer never keeps the process alive. */
  after(delayMs: number, callback: () => void): () => void
}

/** The machine's own time. */
export const systemClock: Clock = {
  now: () => Date.now(),
  monotonicMs: () => performance.now(),
  after(delayMs, callback) {
    const timer = setTimeout(callback, delayMs)
    timer.unref()
    return () => clearTimeout(timer)
  },
}
