import type { Clock, Message } from '@switchyard/contracts'
import type { Store } from '@switchyard/store'
import type { DeadLetter, DeadLetterReason, DeliveryError, DurableEvent, DurableSubscribeOptions, DurableSubscription } from '../durable.ts'
import { backoffMs } from './backoff.ts'
import type { DeadLetterBox, LetterDraft } from './dead-letter-box.ts'
import { beginDelivery, type Outcome, type RunningDelivery } from './delivery.ts'
import { describeFailure, reasonOf } from './delivery-error.ts'
import { createDeliveryWindow, type Held } from './delivery-window.ts'
import { decodeMessage, type MessageRow } from './envelope.ts'
import { deliveryCutShort, messageExpired, subscriptionClosed } from './errors.ts'
import { createLogReader } from './log-reader.ts'
import type { Presence } from './presence.ts'
import type { Streams } from './streams.ts'
import { createSubscriptionTable, type Ownership } from './subscription-table.ts'

/** What all subscriptions of a log share. */
export interface SubscriptionContext {
  readonly store: Store
  readonly clock: Clock
  readonly random: () => number
  readonly streams: Streams
  readonly presence: Presence
  readonly deadLetters: DeadLetterBox
  readonly emit: (event: DurableEvent) => void
}

/** A subscription with what the log tells it. */
export interface RunningSubscription extends DurableSubscription {
  /** There may be new messages. */
  nudge(): void
  /** Time to take the lease, to see whether it was taken from us, and to look for what nobody told us of. */
  poll(): void
}

/** Messages and pages looked at before others get their turn. */
const MAX_LOOKS_A_TURN = 512
const MAX_PAGES_A_TURN = 16
/** Positions in memory; beyond it reading pauses until some are settled. */
const MAX_HELD = 65_536
/** A low-water mark that only passed messages of no concern is written this rarely. */
const MAX_UNWRITTEN = 1_000
const MAX_FAILURES_KEPT = 20

/** What the next transaction of this subscription must write. */
interface Changes {
  readonly started: { readonly entry: Held; readonly message: Message }[]
  readonly failed: { readonly entry: Held; readonly delayMs: number }[]
  readonly settled: Held[]
  readonly letters: LetterDraft[]
}

/** All that lives as long as this process owns the subscription; a later ownership begins with a new one. */
interface Tenure {
  readonly ownership: Ownership
  readonly window: ReturnType<typeof createDeliveryWindow>
  readonly reader: ReturnType<typeof createLogReader>
  readonly running: Set<RunningDelivery>
  readonly timers: Set<() => void>
  changes: Changes
  /** Taken from the window for delivery and not concluded. */
  out: number
  lowWaterWritten: number
  isFlushing: boolean
  /** The store refused; nothing is tried before the next poll. */
  isStalled: boolean
}

export function createSubscription(context: SubscriptionContext, options: DurableSubscribeOptions): RunningSubscription {
  const { store, clock, random, streams, presence, deadLetters, emit } = context
  const { name, pattern, from = 'new', ack = 'auto', visibilityMs = 30_000, maxDeliveries = 4, concurrency = 1, backoff = {} } = options
  const table = createSubscriptionTable(store, presence)
  const read = store.prepare('SELECT * FROM bus_message WHERE position = ?')
  let tenure: Tenure | undefined
  let acquiring: Promise<void> | undefined
  let owned = createReadiness()
  let closing: Promise<boolean> | undefined
  let whenIdle: (() => void) | undefined

  // The lease.

  async function acquire(): Promise<void> {
    try {
      if (!table.isFree(name)) return
      const ownership = await store.commit(() => table.take(name, pattern, from))
      if (ownership === undefined) return
      if (closing !== undefined) await store.commit(() => table.release(ownership))
      else begin(ownership)
    } catch (error) {
      emit({ type: 'store-failed', error })
    }
  }

  function begin(ownership: Ownership): void {
    tenure = {
      ownership,
      window: createDeliveryWindow(),
      reader: createLogReader({ store, clock, streams, name, pattern, table, ownership }),
      running: new Set(),
      timers: new Set(),
      changes: noChanges(),
      out: 0,
      lowWaterWritten: ownership.lowWater,
      isFlushing: false,
      isStalled: false,
    }
    emit({ type: 'subscription-owned', name, fence: ownership.fence })
    owned.resolve()
    pump(tenure)
  }

  function lose(lost: Tenure): void {
    end(lost)
    owned = createReadiness()
    emit({ type: 'subscription-lost', name, fence: lost.ownership.fence })
  }

  function end(ended: Tenure): void {
    tenure = undefined
    for (const cancel of ended.timers) cancel()
    for (const delivery of ended.running) delivery.giveUp(subscriptionClosed(name))
    whenIdle?.()
  }

  // From the log into the window, and from there to the handler.

  function pump(now: Tenure): void {
    if (tenure !== now) return
    if (closing === undefined && !now.isStalled) {
      try {
        fill(now)
      } catch (error) {
        stall(now, error)
      }
    }
    flush(now)
  }

  function stall(now: Tenure, error: unknown): void {
    now.isStalled = true
    emit({ type: 'store-failed', error })
  }

  function fill(now: Tenure): void {
    const { window, reader } = now
    let looks = 0
    let pages = 0
    while (now.out < concurrency && looks < MAX_LOOKS_A_TURN) {
      const entry = window.take()
      if (entry !== undefined) {
        looks++
        try {
          prepare(now, entry)
        } catch (error) {
          window.handBack(entry)
          throw error
        }
      } else if (reader.isAtEnd || window.size >= MAX_HELD) return
      else if (pages++ < MAX_PAGES_A_TURN) for (const held of reader.readPage()) window.hold(held)
      else {
        setImmediate(pump, now)
        return
      }
    }
  }

  function prepare(now: Tenure, entry: Held): void {
    const restMs = entry.restUntilMs - clock.monotonicMs()
    if (restMs > 0) {
      deliverAgain(now, entry, restMs)
      return
    }
    const row = read.get<MessageRow>(entry.position)
    if (row === undefined) {
      settle(now, entry)
      return
    }
    const stream = streams.byId(entry.stream)
    const refused = refuse(entry, row, stream.topic)
    if (refused !== undefined) {
      bury(now, entry, refused.reason, describeFailure(refused.error))
      return
    }
    const message = decodeMessage(row, stream, entry.attempts + 1)
    if (options.receiver !== undefined && message.destination !== '*' && message.destination !== options.receiver) {
      settle(now, entry)
      return
    }
    now.out++
    entry.attempts++
    now.changes.started.push({ entry, message })
  }

  function refuse(entry: Held, row: MessageRow, topic: string): { reason: DeadLetterReason; error: Error } | undefined {
    if (row.expires_at_ms !== null && row.expires_at_ms <= clock.now())
      return { reason: 'EXPIRED', error: messageExpired(topic, row.expires_at_ms) }
    if (entry.attempts >= maxDeliveries) return { reason: 'MAX_DELIVERIES', error: deliveryCutShort(name, entry.position) }
    return undefined
  }

  function settle(now: Tenure, entry: Held): void {
    now.window.settle(entry)
    now.changes.settled.push(entry)
  }

  function bury(now: Tenure, entry: Held, reason: DeadLetterReason, error: DeliveryError): void {
    now.changes.letters.push({ reason, subscription: name, pattern, position: entry.position, error, attempts: entry.failures })
    settle(now, entry)
  }

  function deliverAgain(now: Tenure, entry: Held, delayMs: number): void {
    const cancel = clock.after(delayMs, () => {
      now.timers.delete(cancel)
      entry.restUntilMs = 0
      now.window.handBack(entry)
      pump(now)
    })
    now.timers.add(cancel)
  }

  // What a handler is given has been written down as an attempt before, under a lease that was held at that moment.

  function flush(now: Tenure): void {
    if (now.isFlushing || now.isStalled || !needsWriting(now)) {
      whenIdle?.()
      return
    }
    now.isFlushing = true
    void write(now)
  }

  function needsWriting({ changes, window, reader, lowWaterWritten }: Tenure): boolean {
    if (changes.started.length + changes.failed.length + changes.settled.length > 0) return true
    return reader.seen - lowWaterWritten > MAX_UNWRITTEN && window.lowWater(reader.seen) - lowWaterWritten > MAX_UNWRITTEN
  }

  async function write(now: Tenure): Promise<void> {
    let batch: Changes | undefined
    let lowWater = 0
    try {
      const letters = await store.commit(() => {
        if (batch === undefined) {
          batch = now.changes
          now.changes = noChanges()
          lowWater = now.window.lowWater(now.reader.seen)
        }
        return writeChanges(now.ownership, batch, lowWater)
      })
      now.isFlushing = false
      deadLetters.announce(letters ?? [])
      if (tenure !== now) return
      if (letters === undefined) {
        lose(now)
        return
      }
      now.lowWaterWritten = lowWater
      for (const { entry, message } of batch?.started ?? []) deliver(now, entry, message)
    } catch (error) {
      now.isFlushing = false
      if (batch !== undefined) now.changes = merge(batch, now.changes)
      stall(now, error)
    }
    pump(now)
  }

  /** Undefined when the lease is not ours any more; nothing is written then. */
  function writeChanges(ownership: Ownership, batch: Changes, lowWater: number): DeadLetter[] | undefined {
    if (!table.advance(ownership, lowWater)) return undefined
    for (const { entry } of batch.started) table.note(ownership, entry, { isSettled: ack === 'none', dueAtMs: 0, delayMs: 0 })
    for (const { entry, delayMs } of batch.failed)
      table.note(ownership, entry, { isSettled: false, dueAtMs: clock.now() + delayMs, delayMs })
    for (const entry of batch.settled)
      if (entry.position > lowWater) table.note(ownership, entry, { isSettled: true, dueAtMs: 0, delayMs: 0 })
    return batch.letters.map((draft) => deadLetters.add(draft)).filter((letter) => letter !== undefined)
  }

  function deliver(now: Tenure, entry: Held, message: Message): void {
    if (closing !== undefined) {
      now.out--
      entry.attempts--
      now.changes.failed.push({ entry, delayMs: 0 })
      return
    }
    const startedAtMs = clock.now()
    const { handler, filter } = options
    const { position, attempts: attempt } = entry
    // A handler may conclude before beginDelivery returns.
    let isOver = false
    let running: RunningDelivery | undefined
    running = beginDelivery({
      clock,
      name,
      position,
      attempt,
      message,
      visibilityMs,
      ack,
      filter,
      handler,
      conclude(outcome) {
        isOver = true
        if (running !== undefined) now.running.delete(running)
        now.out--
        if (outcome.type === 'done') settle(now, entry)
        else fail(now, entry, outcome, startedAtMs)
        pump(now)
      },
    })
    if (!isOver) now.running.add(running)
  }

  function fail(now: Tenure, entry: Held, { error, delayMs }: Outcome & { type: 'failed' }, startedAtMs: number): void {
    emit({ type: 'delivery-failed', name, position: entry.position, attempt: entry.attempts, error })
    const described = describeFailure(error)
    const failure = { attempt: entry.attempts, startedAtMs, endedAtMs: clock.now(), error: described }
    entry.failures = [...entry.failures, failure].slice(-MAX_FAILURES_KEPT)
    const reason = reasonOf(described) ?? (entry.attempts >= maxDeliveries ? 'MAX_DELIVERIES' : undefined)
    if (ack === 'none') settle(now, entry)
    else if (reason !== undefined) bury(now, entry, reason, described)
    else {
      const waitMs = delayMs ?? backoffMs(backoff, entry.attempts, random)
      now.changes.failed.push({ entry, delayMs: waitMs })
      deliverAgain(now, entry, waitMs)
    }
  }

  // The end.

  async function close(drainMs: number): Promise<boolean> {
    await acquiring
    if (tenure !== undefined) {
      pump(tenure)
      if (drainMs > 0) await idle(drainMs)
    }
    const last = tenure
    owned.reject(subscriptionClosed(name))
    if (last === undefined) return true
    const hasFinished = last.running.size === 0
    end(last)
    await release(last)
    return hasFinished
  }

  /** Resolves when nothing is under way, or the time is over. */
  function idle(limitMs: number): Promise<void> {
    return new Promise((resolve) => {
      const cancel = clock.after(limitMs, finish)
      function finish(): void {
        whenIdle = undefined
        cancel()
        resolve()
      }
      whenIdle = () => {
        if (tenure === undefined || (tenure.out === 0 && !tenure.isFlushing)) finish()
      }
      whenIdle()
    })
  }

  /** Writes what is not written yet; deliveries that did not begin do not count as attempts. */
  async function release({ ownership, changes, window, reader }: Tenure): Promise<void> {
    const { started, ...rest } = changes
    for (const { entry } of started) entry.attempts--
    const batch = { ...rest, started: [], failed: [...rest.failed, ...started.map(({ entry }) => ({ entry, delayMs: 0 }))] }
    try {
      const letters = await store.commit(() => {
        const written = writeChanges(ownership, batch, window.lowWater(reader.seen))
        table.release(ownership)
        return written
      })
      deadLetters.announce(letters ?? [])
    } catch (error) {
      emit({ type: 'store-failed', error })
    }
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
    nudge() {
      if (tenure === undefined) return
      tenure.reader.lookAgain()
      pump(tenure)
    },
    poll() {
      if (tenure === undefined) {
        if (closing === undefined) acquiring ??= acquire().finally(() => (acquiring = undefined))
        return
      }
      if (!table.isHeld(tenure.ownership)) {
        lose(tenure)
        return
      }
      tenure.isStalled = false
      tenure.reader.lookAgain()
      pump(tenure)
    },
  }
}

function noChanges(): Changes {
  return { started: [], failed: [], settled: [], letters: [] }
}

function merge(older: Changes, newer: Changes): Changes {
  return {
    started: [...older.started, ...newer.started],
    failed: [...older.failed, ...newer.failed],
    settled: [...older.settled, ...newer.settled],
    letters: [...older.letters, ...newer.letters],
  }
}

/** A promise that nobody has to look at. */
function createReadiness(): PromiseWithResolvers<void> {
  const readiness = Promise.withResolvers<void>()
  readiness.promise.catch(() => {})
  return readiness
}
