import { isSwitchyardError, type SwitchyardError } from '@switchyard/contracts'
import pRetry from 'p-retry'
import { AMBIGUOUS_CODES } from './errors.ts'
import type { RetryOptions } from './options.ts'
import type { RetryBudget } from './retry-budget.ts'

export interface RetryPlan<value> {
  options: Required<RetryOptions>
  budget: RetryBudget
  random: () => number
  idempotent: boolean
  /** What is left of the deadline. */
  remainingMs(): number
  /** Whether the next attempt would be refused without being made. */
  isPointless(): boolean
  wait(ms: number): Promise<void>
  attempt(number: number): Promise<value>
}

/**
 * Goes on after a first attempt that failed, so that one that went well pays nothing for p-retry, which owns the loop. Its
 * own delays are zero: it knows no clock but the machine's, so the wait happens in its `shouldRetry`.
 */
export function retryAfter<value>(failure: SwitchyardError, plan: RetryPlan<value>): Promise<value> {
  return pRetry((number) => (number === 1 ? Promise.reject(failure) : plan.attempt(number)), {
    retries: plan.options.maxRetries,
    minTimeout: 0,
    async shouldRetry({ error, attemptNumber }) {
      const delayMs = isSwitchyardError(error) ? retryDelayMs(error, attemptNumber, plan) : undefined
      if (delayMs === undefined || !plan.budget.take()) return false
      await plan.wait(delayMs)
      return true
    },
  })
}

/** How long to wait before retrying after `error`; undefined if that would be wrong, pointless or too late. */
function retryDelayMs(error: SwitchyardError, attemptNumber: number, plan: RetryPlan<unknown>): number | undefined {
  if (!error.retryable || error.code === 'CIRCUIT_OPEN') return undefined
  if (AMBIGUOUS_CODES.has(error.code) && !plan.idempotent) return undefined
  if (plan.isPointless()) return undefined
  const { delayMs, maxDelayMs } = plan.options
  const remainingMs = plan.remainingMs()
  const ceilingMs = Math.min(maxDelayMs, delayMs * 2 ** (attemptNumber - 1), remainingMs)
  const asked = error.data.retryAfterMs
  const askedMs = typeof asked === 'number' && asked > 0 ? asked : 0
  const waitMs = Math.max(askedMs, plan.random() * ceilingMs)
  return waitMs < remainingMs ? waitMs : undefined
}
