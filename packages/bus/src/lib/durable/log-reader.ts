import type { Clock } from '@switchyard/contracts'
import type { Store } from '@switchyard/store'
import type { Held } from './delivery-window.ts'
import type { Streams } from './streams.ts'
import type { Ownership, PastDelivery, SubscriptionTable } from './subscription-table.ts'
import { createTopicMatcher } from './topic-pattern.ts'

/** Finds the messages of one subscription in the log, in order, without their contents. */
export interface LogReader {
  /** The position up to which everything was looked at. */
  readonly seen: number
  /** Whether the last look reached the end; `lookAgain` says that there may be more. */
  readonly isAtEnd: boolean
  lookAgain(): void
  readPage(): Held[]
}

export interface LogReaderOptions {
  readonly store: Store
  readonly clock: Clock
  readonly streams: Streams
  readonly name: string
  readonly pattern: string
  readonly table: SubscriptionTable
  readonly ownership: Ownership
}

const PAGE = 512

export function createLogReader({ store, clock, streams, name, pattern, table, ownership }: LogReaderOptions): LogReader {
  const scan = store.prepare(`SELECT position, stream, only_for FROM bus_message WHERE position > ? ORDER BY position LIMIT ${PAGE}`)
  const isMeant = createTopicMatcher(pattern)
  const meant = new Map<number, boolean>()
  let seen = ownership.lowWater
  let isAtEnd = false

  function isForUs(stream: number): boolean {
    let known = meant.get(stream)
    if (known === undefined) {
      known = isMeant(streams.byId(stream).topic)
      meant.set(stream, known)
    }
    return known
  }

  /** Undefined when an earlier owner settled it. */
  function hold(position: number, stream: number, before: PastDelivery | undefined): Held | undefined {
    if (before === undefined) return { position, stream, attempts: 0, failures: [], restUntilMs: 0, isSettled: false }
    if (before.settled === 1) return undefined
    // A wall clock that was set back must not make it wait longer than was asked for.
    const waitMs = Math.min(before.due_at_ms - clock.now(), before.delay_ms)
    const restUntilMs = clock.monotonicMs() + waitMs
    return { position, stream, attempts: before.attempts, failures: JSON.parse(before.failures), restUntilMs, isSettled: false }
  }

  return {
    get seen() {
      return seen
    },
    get isAtEnd() {
      return isAtEnd
    },
    lookAgain() {
      isAtEnd = false
    },
    readPage() {
      const found: Held[] = []
      const rows = scan.all<{ position: number; stream: number; only_for: string | null }>(seen)
      const past = table.past(ownership, seen, rows.at(-1)?.position ?? seen)
      for (const { position, stream, only_for: onlyFor } of rows) {
        seen = position
        if (!isForUs(stream) || (onlyFor !== null && onlyFor !== name)) continue
        const held = hold(position, stream, past.get(position))
        if (held !== undefined) found.push(held)
      }
      isAtEnd = rows.length < PAGE
      return found
    },
  }
}
