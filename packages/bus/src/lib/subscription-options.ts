import type { SubscribeOptions } from './api.ts'
import { invalid } from './errors.ts'

const OVERFLOWS: readonly unknown[] = ['block', 'drop-oldest', 'reject']

/** What a subscription could not work with is refused at once, not when the first message comes. @throws VALIDATION */
export function checkSubscription(pattern: string, options: SubscribeOptions): void {
  const { filter, concurrency = 1, timeoutMs = 1, priorityAgeingMs = 1, queue = {} } = options
  const { maxCount = 1, maxBytes = 1, overflow = 'block' } = queue
  const refuse = (rule: string, found: unknown): Error => invalid(`subscribe to "${pattern}"`, `${rule}: ${String(found)}`)
  if (filter !== undefined && typeof filter !== 'function') throw refuse('filter must be a function', filter)
  if (!isCount(concurrency)) throw refuse('concurrency must be an integer from 1, or Infinity', concurrency)
  if (!(timeoutMs > 0)) throw refuse('timeoutMs must be above 0', timeoutMs)
  if (!(priorityAgeingMs > 0)) throw refuse('priorityAgeingMs must be above 0', priorityAgeingMs)
  if (!isCount(maxCount)) throw refuse('queue.maxCount must be an integer from 1, or Infinity', maxCount)
  if (!(maxBytes > 0)) throw refuse('queue.maxBytes must be above 0', maxBytes)
  if (!OVERFLOWS.includes(overflow)) throw refuse('queue.overflow must be "block", "drop-oldest" or "reject"', overflow)
}

const isCount = (value: number): boolean => value === Number.POSITIVE_INFINITY || (Number.isInteger(value) && value >= 1)
