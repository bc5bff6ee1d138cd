/** Keeps retries from multiplying the load on something that is failing already. */
export interface RetryBudget {
  /** Every first attempt earns a part of a retry. */
  earn(): void
  /** True if one more retry may be made. */
  take(): boolean
}

/** What quiet minutes may save up, as a multiple of the floor or in retries earned by calls. */
const MAX_EARNED = 10

/** Earns `percent` of a retry a call, and `floor` retries a minute; starts with `floor`. */
export function createRetryBudget(percent: number, floor: number, monotonicMs: () => number): RetryBudget {
  const share = percent / 100
  let earned = 0
  let granted = floor
  let grantedAtMs = monotonicMs()
  return {
    earn() {
      earned = Math.min(MAX_EARNED, earned + share)
    },
    take() {
      const nowMs = monotonicMs()
      granted = Math.min(floor, granted + ((nowMs - grantedAtMs) / 60_000) * floor)
      grantedAtMs = nowMs
      if (earned >= 1) earned--
      else if (granted >= 1) granted--
      else return false
      return true
    },
  }
}
