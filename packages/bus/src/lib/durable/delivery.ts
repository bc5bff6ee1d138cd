import type { Clock, Message } from '@switchyard/contracts'
import type { Delivery, DurableSubscribeOptions } from '../durable.ts'
import { deliveryRefused, deliveryTimedOut } from './errors.ts'

export type Outcome =
  | { readonly type: 'done' }
  | { readonly type: 'failed'; readonly error: unknown; readonly delayMs?: number | undefined }

/** A delivery under way, seen from the subscription. */
export interface RunningDelivery {
  /** Takes it from the handler without an outcome. */
  giveUp(reason: unknown): void
}

export interface DeliveryOptions {
  readonly clock: Clock
  readonly name: string
  readonly position: number
  readonly attempt: number
  readonly message: Message
  readonly visibilityMs: number
  readonly ack: 'auto' | 'manual' | 'none'
  readonly filter: DurableSubscribeOptions['filter']
  readonly handler: DurableSubscribeOptions['handler']
  /** Called once, unless it is given up. */
  readonly conclude: (outcome: Outcome) => void
}

/** Hands a message to a handler; whatever comes first counts: the handler's word, its end, or the time. */
export function beginDelivery(options: DeliveryOptions): RunningDelivery {
  const { clock, name, position, attempt, message, ack, filter, handler } = options
  let isOpen = true
  let abortedFor: unknown
  let controller: AbortController | undefined
  let cancelTimer = startTimer(options.visibilityMs)

  function startTimer(ms: number): () => void {
    return clock.after(ms, () => {
      const error = deliveryTimedOut(name, position, ms)
      abort(error)
      conclude({ type: 'failed', error })
    })
  }

  /** The controller is made only when somebody looks at the signal, which may be after this. */
  function abort(reason: unknown): void {
    abortedFor = reason
    controller?.abort(reason)
  }

  function conclude(outcome: Outcome): boolean {
    if (!isOpen) return false
    isOpen = false
    cancelTimer()
    options.conclude(outcome)
    return true
  }

  const delivery: Delivery = {
    position,
    attempt,
    get signal() {
      if (controller === undefined) {
        controller = new AbortController()
        if (abortedFor !== undefined) controller.abort(abortedFor)
      }
      return controller.signal
    },
    ack: () => conclude({ type: 'done' }),
    nack: ({ delayMs, reason = 'the handler asked for another delivery' } = {}) =>
      conclude({ type: 'failed', error: deliveryRefused(reason), delayMs }),
    reject: (reason) => conclude({ type: 'failed', error: deliveryRefused(reason, 'HANDLER_REJECTED') }),
    extend(ms) {
      if (!isOpen) return false
      cancelTimer()
      cancelTimer = startTimer(ms)
      return true
    },
  }

  async function run(): Promise<void> {
    try {
      const isWanted = filter === undefined || filter(message)
      if (isWanted) await handler(message, delivery)
      if (!isWanted || ack !== 'manual') conclude({ type: 'done' })
    } catch (error) {
      conclude({ type: 'failed', error })
    }
  }

  void run()
  return {
    giveUp(reason) {
      if (!isOpen) return
      isOpen = false
      cancelTimer()
      abort(reason)
    },
  }
}
