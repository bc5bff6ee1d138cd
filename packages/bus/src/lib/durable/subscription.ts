import type { DurableSubscribeOptions, DurableSubscription } from '../durable.ts'
import { subscriptionClosed } from './errors.ts'
import type { Presence } from './presence.ts'
import { createSubscriptionTable } from './subscription-table.ts'
import { createTenure, type Tenure, type TenureContext } from './tenure.ts'

/** What all subscriptions of a log share. */
export interface SubscriptionContext extends TenureContext {
  readonly presence: Presence
}

/** A subscription with what the log tells it. */
export interface RunningSubscription extends DurableSubscription {
  /** There may be new messages. */
  nudge(): void
  /** Time to take the lease, to see whether it was taken from us, and to look for what nobody told us of. */
  poll(): void
}

/** Stands by until the named subscription is free, owns it for a tenure, and stands by again when it was taken away. */
export function createSubscription(context: SubscriptionContext, options: DurableSubscribeOptions): RunningSubscription {
  const { store, presence, emit } = context
  const { name, pattern, from = 'new' } = options
  const table = createSubscriptionTable(store, presence)
  let tenure: Tenure | undefined
  let acquiring: Promise<void> | undefined
  let closing: Promise<boolean> | undefined
  let owned = createReadiness()

  async function acquire(): Promise<void> {
    try {
      if (!table.isFree(name)) return
      const ownership = await store.commit(() => table.take(name, pattern, from))
      if (ownership === undefined) return
      if (closing !== undefined) {
        await store.commit(() => table.release(ownership))
        return
      }
      tenure = createTenure(context, options, table, ownership, lose)
      emit({ type: 'subscription-owned', name, fence: ownership.fence })
      owned.resolve()
      tenure.wake()
    } catch (error) {
      emit({ type: 'store-failed', error })
    }
  }

  function lose(): void {
    const { fence } = tenure!.ownership
    tenure = undefined
    owned = createReadiness()
    emit({ type: 'subscription-lost', name, fence })
  }

  async function close(drainMs: number): Promise<boolean> {
    await acquiring
    if (drainMs > 0) await tenure?.drain(drainMs)
    owned.reject(subscriptionClosed(name))
    const last = tenure
    tenure = undefined
    return last === undefined || last.release()
  }

  return {
    name,
    get owner() {
      return tenure !== undefined
    },
    ready: () => owned.promise,
    close(drainMs = 5_000) {
      closing ??= Promise.resolve().then(() => close(drainMs))
      return closing
    },
    nudge: () => tenure?.wake(),
    poll() {
      if (tenure === undefined) {
        if (closing === undefined) acquiring ??= acquire().finally(() => (acquiring = undefined))
        return
      }
      if (!table.isHeld(tenure.ownership)) {
        tenure.end()
        lose()
        return
      }
      tenure.tryAgain()
      tenure.wake()
    },
  }
}

/** A promise that nobody has to look at. */
function createReadiness(): PromiseWithResolvers<void> {
  const readiness = Promise.withResolvers<void>()
  readiness.promise.catch(() => {})
  return readiness
}
