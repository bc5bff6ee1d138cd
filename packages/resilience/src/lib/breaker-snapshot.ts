import type { BreakerState } from './breaker.ts'

/** A breaker's state as plain JSON, in wall time so that another process can take it up. Counts for the failure rate begin anew. */
export interface BreakerSnapshot {
  state: BreakerState
  /** Opened by hand: stays open until reset. */
  forced: boolean
  /** When it was taken. */
  at: number
  /** When it becomes half-open, if open and not forced. */
  openUntil?: number
  /** How often it opened in a row. */
  trips: number
  /** When the failures happened that are still remembered, oldest first. */
  failures: number[]
}

/** Whether a stored value can be taken up. */
export function isBreakerSnapshot(value: unknown): value is BreakerSnapshot {
  if (typeof value !== 'object' || value === null) return false
  const { state, forced, at, openUntil, trips, failures }: { [key in keyof BreakerSnapshot]?: unknown } = value
  return (
    (state === 'closed' || state === 'open' || state === 'half-open') &&
    typeof forced === 'boolean' &&
    Number.isFinite(at) &&
    (openUntil === undefined || Number.isFinite(openUntil)) &&
    Number.isSafeInteger(trips) &&
    Array.isArray(failures) &&
    failures.every(Number.isFinite)
  )
}
