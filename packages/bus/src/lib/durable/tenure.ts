import type { Clock, Message } from '@switchyard/contracts'
import type { Store } from '@switchyard/store'
import type { DeadLetter, DeadLetterReason, DeliveryError, DurableEvent, DurableSubscribeOptions } from '../durable.ts'
import { backoffMs } from './backoff.ts'
import type { DeadLetterBox, LetterDraft } from './dead-letter-box.ts'
import { beginDelivery, type Outcome, type RunningDelivery } from './delivery.ts'
import { describeFailure, reasonOf } from './delivery-error.ts'
import { createDeliveryWindow, type Held } from './delivery-window.ts'
import { decodeMessage, type MessageRow } from './envelope.ts'
import { deliveryCutShort, messageExpired, subscriptionClosed } from './errors.ts'
import { createLogReader } from './log-reader.ts'
import type { Streams } from './streams.ts'
import type { Ownership, SubscriptionTable } from './subscription-table.ts'

/** What all tenures of a log share. */
export interface TenureContext {
  readonly store: Store
  readonly clock: Clock
  readonly random: () => number
  readonly streams: Streams
  readonly deadLetters: DeadLetterBox
  readonly emit: (event: DurableEvent) => void
}

/** The time in which this process owns a named subscription: reads the log, delivers, and writes down what came of it. */
export interface Tenure {
  readonly ownership: Ownership
  /** There may be new messages. */
  wake(): void
  /** The store may work again. */
  tryAgain(): void
  /** Takes nothing new; resolves when nothing is under way any more, or the time is over. */
  drain(limitMs: number): Promise<void>
  /** Gives up what is under way, and writes nothing more. */
  end(): void
  /** Ends it, writes what is not written yet and gives the lease back; false when handlers were cut short. */
  release(): Promise<boolean>
}

/** Messages and pages looked at before others get their turn. */
const MAX_LOOKS_A_TURN = 512
const MAX_PAGES_A_TURN = 16
/** Messages in memory that are not settled; beyond it reading pauses. */
const MAX_HELD = 65_536
/** A low-water mark that only passed messages of no concern is written this rarely. */
const MAX_UNWRITTEN = 1_000
const MAX_FAILURES_KEPT = 20

/** What the next transaction must write. */
interface Changes {
  readonly started: { readonly entry: Held; readonly message: Message }[]
  readonly failed: { readonly entry: Held; readonly delayMs: number }[]
  readonly settled: Held[]
  readonly letters: LetterDraft[]
}

/** `onLost` is called when the lease turns out to be another's; the tenure has ended then. */
export function createTenure(
  { store, clock, random, streams, deadLetters, emit }: TenureContext,
  options: DurableSubscribeOptions,
  table: SubscriptionTable,
  ownership: Ownership,
  onLost: () => void,
): Tenure {
  const { name, pattern, ack = 'auto', visibilityMs = 30_000, maxDeliveries = 4, concurrency = 1, backoff = {} } = options
  const read = store.prepare('SELECT * FROM bus_message WHERE position = ?')
  const window = createDeliveryWindow()
  const reader = createLogReader({ store, clock, streams, name, pattern, table, ownership })
  const running = new Set<RunningDelivery>()
  const timers = new Set<() => void>()
  let changes = noChanges()
  /** Taken from the window for delivery and not concluded. */
  let out = 0
  let lowWaterWritten = ownership.lowWater
  let isFlushing = false
  /** The store refused; nothing is tried before it is told to. */
  let isStalled = false
  let isDraining = false
  let isOver = false
  let whenIdle: (() => void) | undefined

  // From the log into the window, and from there to the handler.

  function pump(): void {
    if (isOver) return
    if (!isDraining && !isStalled) {
      try {
        fill()
      } catch (error) {
        stall(error)
      }
    }
    flush()
  }

  function stall(error: unknown): void {
    isStalled = true
    emit({ type: 'store-failed', error })
  }

  function fill(): void {
    let looks = 0
    let pages = 0
    while (out < concurrency && looks < MAX_LOOKS_A_TURN) {
      const entry = window.take()
      if (entry !== undefined) {
        looks++
        try {
          prepare(entry)
        } catch (error) {
          window.handBack(entry)
          throw error
        }
      } else if (reader.isAtEnd || window.size >= MAX_HELD) return
      else if (pages++ < MAX_PAGES_A_TURN) for (const held of reader.readPage()) window.hold(held)
      else {
        setImmediate(pump)
        return
      }
    }
  }

  function prepare(entry: Held): void {
    const restMs = entry.restUntilMs - clock.monotonicMs()
    if (restMs > 0) {
      deliverAgain(entry, restMs)
      return
    }
    const row = read.get<MessageRow>(entry.position)
    if (row === undefined) {
      settle(entry)
      return
    }
    const stream = streams.byId(entry.stream)
    const refused = refuse(entry, row, stream.topic)
    if (refused !== undefined) {
      bury(entry, refused.reason, describeFailure(refused.error))
      return
    }
    const message = decodeMessage(row, stream, entry.attempts + 1)
    if (options.receiver !== undefined && message.destination !== '*' && message.destination !== options.receiver) {
      settle(entry)
      return
    }
    out++
    entry.attempts++
    changes.started.push({ entry, message })
  }

  function refuse(entry: Held, row: MessageRow, topic: string): { reason: DeadLetterReason; error: Error } | undefined {
    if (row.expires_at_ms !== null && row.expires_at_ms <= clock.now())
      return { reason: 'EXPIRED', error: messageExpired(topic, row.expires_at_ms) }
    if (entry.attempts >= maxDeliveries) return { reason: 'MAX_DELIVERIES', error: deliveryCutShort(name, entry.position) }
    return undefined
  }

  function settle(entry: Held): void {
    window.settle(entry)
    changes.settled.push(entry)
  }

  function bury(entry: Held, reason: DeadLetterReason, error: DeliveryError): void {
    changes.letters.push({ reason, subscription: name, pattern, position: entry.position, error, attempts: entry.failures })
    settle(entry)
  }

  function deliverAgain(entry: Held, delayMs: number): void {
    const cancel = clock.after(delayMs, () => {
      timers.delete(cancel)
      entry.restUntilMs = 0
      window.handBack(entry)
      pump()
    })
    timers.add(cancel)
  }

  // What a handler is given has been written down as an attempt before, under a lease that was held at that moment.

  function flush(): void {
    if (isFlushing || isStalled || !needsWriting()) {
      whenIdle?.()
      return
    }
    isFlushing = true
    void write()
  }

  function needsWriting(): boolean {
    if (changes.started.length + changes.failed.length + changes.settled.length > 0) return true
    return reader.seen - lowWaterWritten > MAX_UNWRITTEN && window.lowWater(reader.seen) - lowWaterWritten > MAX_UNWRITTEN
  }

  async function write(): Promise<void> {
    let batch: Changes | undefined
    let lowWater = 0
    try {
      const letters = await store.commit(() => {
        if (batch === undefined) {
          batch = changes
          changes = noChanges()
          lowWater = window.lowWater(reader.seen)
        }
        return writeChanges(batch, lowWater)
      })
      isFlushing = false
      deadLetters.announce(letters ?? [])
      if (isOver) return
      if (letters === undefined) {
        end()
        onLost()
        return
      }
      lowWaterWritten = lowWater
      for (const { entry, message } of batch?.started ?? []) deliver(entry, message)
    } catch (error) {
      isFlushing = false
      if (batch !== undefined) changes = merge(batch, changes)
      stall(error)
    }
    pump()
  }

  /** Undefined when the lease is not ours any more; nothing is written then. */
  function writeChanges(batch: Changes, lowWater: number): DeadLetter[] | undefined {
    if (!table.advance(ownership, lowWater)) return undefined
    for (const { entry } of batch.started) table.note(ownership, entry, { isSettled: ack === 'none', dueAtMs: 0, delayMs: 0 })
    for (const { entry, delayMs } of batch.failed)
      table.note(ownership, entry, { isSettled: false, dueAtMs: clock.now() + delayMs, delayMs })
    for (const entry of batch.settled)
      if (entry.position > lowWater) table.note(ownership, entry, { isSettled: true, dueAtMs: 0, delayMs: 0 })
    return batch.letters.map((draft) => deadLetters.add(draft)).filter((letter) => letter !== undefined)
  }

  function deliver(entry: Held, message: Message): void {
    if (isDraining) {
      out--
      entry.attempts--
      changes.failed.push({ entry, delayMs: 0 })
      return
    }
    const startedAtMs = clock.now()
    const { handler, filter } = options
    const { position, attempts: attempt } = entry
    // A handler may conclude before beginDelivery returns.
    let isConcluded = false
    let delivery: RunningDelivery | undefined
    delivery = beginDelivery({
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
        isConcluded = true
        if (delivery !== undefined) running.delete(delivery)
        out--
        if (outcome.type === 'done') settle(entry)
        else fail(entry, outcome, startedAtMs)
        pump()
      },
    })
    if (!isConcluded) running.add(delivery)
  }

  function fail(entry: Held, { error, delayMs }: Outcome & { type: 'failed' }, startedAtMs: number): void {
    emit({ type: 'delivery-failed', name, position: entry.position, attempt: entry.attempts, error })
    const described = describeFailure(error)
    const failure = { attempt: entry.attempts, startedAtMs, endedAtMs: clock.now(), error: described }
    entry.failures = [...entry.failures, failure].slice(-MAX_FAILURES_KEPT)
    const reason = reasonOf(described) ?? (entry.attempts >= maxDeliveries ? 'MAX_DELIVERIES' : undefined)
    if (ack === 'none') settle(entry)
    else if (reason !== undefined) bury(entry, reason, described)
    else {
      const waitMs = delayMs ?? backoffMs(backoff, entry.attempts, random)
      changes.failed.push({ entry, delayMs: waitMs })
      deliverAgain(entry, waitMs)
    }
  }

  // The end.

  function end(): void {
    isOver = true
    for (const cancel of timers) cancel()
    for (const delivery of running) delivery.giveUp(subscriptionClosed(name))
    whenIdle?.()
  }

  function drain(limitMs: number): Promise<void> {
    isDraining = true
    pump()
    return new Promise((resolve) => {
      const cancel = clock.after(limitMs, finish)
      function finish(): void {
        whenIdle = undefined
        cancel()
        resolve()
      }
      whenIdle = () => {
        if (isOver || (out === 0 && !isFlushing)) finish()
      }
      whenIdle()
    })
  }

  async function release(): Promise<boolean> {
    const hasFinished = running.size === 0
    end()
    // Deliveries that did not begin do not count as attempts.
    const { started, failed, settled, letters } = changes
    for (const { entry } of started) entry.attempts--
    const batch = { settled, letters, started: [], failed: [...failed, ...started.map(({ entry }) => ({ entry, delayMs: 0 }))] }
    try {
      const written = await store.commit(() => {
        const made = writeChanges(batch, window.lowWater(reader.seen))
        table.release(ownership)
        return made
      })
      deadLetters.announce(written ?? [])
    } catch (error) {
      emit({ type: 'store-failed', error })
    }
    return hasFinished
  }

  return {
    ownership,
    wake() {
      reader.lookAgain()
      pump()
    },
    tryAgain() {
      isStalled = false
    },
    drain,
    end,
    release,
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
