/** Hybrid logical time in one integer: milliseconds times this, plus a count. Exact until the year 2248. */
const PER_MS = 1_024

/** The largest stamp that is taken from others, so that the next one can still be counted. */
const MAX_STAMP = Number.MAX_SAFE_INTEGER - 2 ** 40

export interface StampClock {
  /** Larger than everything given out and everything seen. */
  next(): number
  /** Takes note of a stamp of somebody else's. */
  see(stamp: number): void
}

/** Stamps by a wall clock that may jump in both directions. */
export function createStampClock(nowMs: () => number): StampClock {
  let last = 0
  return {
    next() {
      last = Math.max(last + 1, nowMs() * PER_MS)
      return last
    },
    see(stamp) {
      if (stamp > last) last = stamp
    },
  }
}

export function isStamp(value: unknown): value is number {
  return Number.isSafeInteger(value) && (value as number) > 0 && (value as number) < MAX_STAMP
}

/** When it was given out, by the clock of its giver or of whoever that one had heard from. */
export function stampMs(stamp: number): number {
  return Math.floor(stamp / PER_MS)
}
