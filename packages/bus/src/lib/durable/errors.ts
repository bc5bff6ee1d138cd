import { isTopicPattern, SwitchyardError } from '@switchyard/contracts'
import type { DurableSubscribeOptions } from '../durable.ts'

export const logClosed = (action: string): SwitchyardError =>
  new SwitchyardError('BUS_CLOSED', `Cannot ${action} as the durable log is closed`)

export const messageExpired = (topic: string, expiresAtMs: number): SwitchyardError =>
  new SwitchyardError('EXPIRED', `Cannot publish to "${topic}" as the message expired: ${new Date(expiresAtMs).toISOString()}`, {
    data: { topic, expiresAtMs },
  })

export const duplicateSubscription = (name: string): SwitchyardError =>
  new SwitchyardError('DUPLICATE_SUBSCRIPTION', `Cannot subscribe as "${name}" as this process has a durable subscription of that name`, {
    data: { name },
    next: 'Close the first subscription, or give the second another name',
  })

export const deliveryTimedOut = (name: string, position: number, visibilityMs: number): SwitchyardError =>
  new SwitchyardError('TIMEOUT', `Cannot wait for "${name}" to settle message ${position} any longer: ${visibilityMs} ms have passed`, {
    data: { name, position, visibilityMs },
  })

export const deliveryCutShort = (name: string, position: number): SwitchyardError =>
  new SwitchyardError('OWNER_LOST', `Cannot tell how "${name}" fared with message ${position}: the process that handled it is gone`, {
    data: { name, position },
  })

export const deliveryRefused = (reason: string, code = 'HANDLER_ERROR'): SwitchyardError => new SwitchyardError(code, reason)

export const subscriptionClosed = (name: string): SwitchyardError =>
  new SwitchyardError('CANCELLED', `Cannot go on with a delivery to "${name}" as this process has given the subscription up`, {
    data: { name },
  })

export const deadLetterNotFound = (id: number): SwitchyardError =>
  new SwitchyardError('NOT_FOUND', `Cannot replay dead letter ${id} as there is none of that id`, { data: { id } })

export const invalidRule = (topics: unknown): RangeError =>
  new RangeError(`Cannot open the durable log as each rule must name its topics by a pattern: one has "${String(topics)}"`)

/** @throws RangeError */
export function checkSubscription({ name, pattern, concurrency = 1, maxDeliveries = 1, visibilityMs = 1 }: DurableSubscribeOptions): void {
  const refuse = (rule: string, found: unknown): RangeError =>
    new RangeError(`Cannot subscribe as "${name}" as ${rule}: it is ${JSON.stringify(found)}`)
  if (typeof name !== 'string' || name === '') throw refuse('the name must be a text that is not empty', name)
  if (!isTopicPattern(pattern)) throw refuse('the pattern must be segments between slashes, each literal, "*" or "**"', pattern)
  if (!Number.isInteger(concurrency) || concurrency < 1) throw refuse('concurrency must be an integer from 1', concurrency)
  if (!Number.isInteger(maxDeliveries) || maxDeliveries < 1) throw refuse('maxDeliveries must be an integer from 1', maxDeliveries)
  if (!(visibilityMs > 0)) throw refuse('visibilityMs must be above 0', visibilityMs)
}
