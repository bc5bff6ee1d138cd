export type BreakerState = 'closed' | 'open' | 'half-open'

/** Why a breaker changed. */
export type BreakerReason = 'failures' | 'rate' | 'probe-failed' | 'cooled-down' | 'recovered' | 'forced' | 'reset'

/** A change that has happened. Forcing and resetting are changes even when the state stays. */
export interface BreakerChange {
  name: string
  from: BreakerState
  to: BreakerState
  reason: BreakerReason
  /** Wall time in milliseconds. */
  at: number
  /** How long it stays open; absent when it does not open, or opened by force. */
  openMs?: number
  /** The code of the failure that opened it. */
  errorCode?: string
}

/** A breaker's state as plain JSON, in wall time so that another process can take it up. */
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

/** What people may see and do to a guard's breaker. */
export interface Breaker {
  readonly state: BreakerState
  /** Opens it until `reset`. */
  forceOpen(): void
  /** Closes it and forgets failures and trips. */
  reset(): void
  /** Store it after each change and give it to the next `createGuard`. */
  snapshot(): BreakerSnapshot
}
