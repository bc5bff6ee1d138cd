import type { WireError } from '@switchyard/contracts'
import { durationMs, type RetryRule } from './definition.ts'

/** Whether a rule has a try left after so many, for this error. */
export function hasTryLeft(rule: RetryRule, tries: number, error: WireError): boolean {
  return tries < rule.attempts && (rule.on?.includes(error.code) ?? error.retryable === true)
}

/** The longest wait after so many tries; what is waited is between half of it and all. */
export function longestDelayMs({ delay = '1s', factor = 2, maxDelay = '1m' }: RetryRule, tries: number): number {
  return Math.min(durationMs(delay) * factor ** (tries - 1), durationMs(maxDelay))
}

/** Whole milliseconds, as the journal keeps moments. */
export function delayMs(rule: RetryRule, tries: number, random: () => number): number {
  return Math.ceil(longestDelayMs(rule, tries) * (0.5 + random() / 2))
}
