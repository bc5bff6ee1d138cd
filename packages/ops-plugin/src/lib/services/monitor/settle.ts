import { isWorse, type Status } from './verdict.ts'

/** What a service counts as, and what it is on the way to. */
export interface Settled {
  readonly status: Status
  /** Since when, in milliseconds since 1970. */
  readonly sinceMs: number
  readonly pending?: { readonly status: Status; readonly times: number; readonly sinceMs: number }
}

export interface SettleRule {
  readonly failAfter: number
  readonly recoverAfter: number
  readonly forMs: number
}

/**
 * One more look at a service: it counts as worse or better only once that was seen often and long enough.
 * Looks that are worse in different degrees count together, so that one swinging between DEGRADED and UNHEALTHY is no longer HEALTHY.
 */
export function settle(before: Settled | undefined, seen: Status, nowMs: number, rule: SettleRule): Settled {
  if (before === undefined) return { status: seen, sinceMs: nowMs }
  const { status, sinceMs, pending } = before
  if (seen === status) return { status, sinceMs }
  const falls = isWorse(seen, status)
  const goesOn = pending !== undefined && isWorse(pending.status, status) === falls
  const next = goesOn ? { status: seen, times: pending.times + 1, sinceMs: pending.sinceMs } : { status: seen, times: 1, sinceMs: nowMs }
  const isOften = next.times >= (falls ? rule.failAfter : rule.recoverAfter)
  const isLong = !falls || nowMs - next.sinceMs >= rule.forMs
  return isOften && isLong ? { status: seen, sinceMs: nowMs } : { status, sinceMs, pending: next }
}
