import type { Store } from '@switchyard/store'
import type { DurableStart } from '../durable.ts'
import type { Held } from './delivery-window.ts'
import type { Presence } from './presence.ts'

/** A lease on a named subscription. The fence grows with each owner, so that a former one can write nothing. */
export interface Ownership {
  readonly id: number
  readonly fence: number
  readonly lowWater: number
  /** Up to here former owners have noted deliveries. */
  readonly pastEnd: number
}

export interface PastDelivery {
  readonly position: number
  readonly attempts: number
  readonly settled: number
  readonly due_at_ms: number
  readonly delay_ms: number
  readonly failures: string
}

interface DeliveryNote {
  readonly isSettled: boolean
  readonly dueAtMs: number
  readonly delayMs: number
}

/** The rows of named subscriptions; all that writes is for the inside of a transaction. */
export interface SubscriptionTable {
  /** True when there is none of the name, or nobody alive owns it. */
  isFree(name: string): boolean
  /** Makes it when it is new; undefined when somebody alive owns it. */
  take(name: string, pattern: string, from: DurableStart): Ownership | undefined
  isHeld(held: Ownership): boolean
  /** What former owners noted of messages after one position and up to another. */
  past(held: Ownership, after: number, upTo: number): Map<number, PastDelivery>
  /** Everything up to the mark is settled; false when the lease is not held any more. */
  advance(held: Ownership, lowWater: number): boolean
  note(held: Ownership, entry: Held, note: DeliveryNote): void
  release(held: Ownership): void
}

interface SubscriptionRow {
  readonly id: number
  readonly low_water: number
  readonly fence: number
  readonly owner: string | null
}

const NOTHING: Map<number, PastDelivery> = new Map()

export function createSubscriptionTable(store: Store, presence: Presence): SubscriptionTable {
  const read = store.prepare('SELECT id, low_water, fence, owner FROM bus_subscription WHERE name = ?')
  const insert = store.prepare(
    'INSERT INTO bus_subscription (name, pattern, low_water) VALUES (?, ?, ?) RETURNING id, low_water, fence, owner',
  )
  const lease = store.prepare('UPDATE bus_subscription SET owner = ?, fence = ?, pattern = ? WHERE id = ?')
  const readPast = store.prepare('SELECT * FROM bus_delivery WHERE subscription = ? AND position > ? AND position <= ?')
  const readPastEnd = store.prepare('SELECT coalesce(max(position), 0) AS position FROM bus_delivery WHERE subscription = ?')
  const readLease = store.prepare('SELECT 1 FROM bus_subscription WHERE id = ? AND owner = ? AND fence = ?')
  const advance = store.prepare('UPDATE bus_subscription SET low_water = max(low_water, ?) WHERE id = ? AND owner = ? AND fence = ?')
  const clear = store.prepare('DELETE FROM bus_delivery WHERE subscription = ? AND position <= ?')
  const note = store.prepare('INSERT OR REPLACE INTO bus_delivery VALUES (?, ?, ?, ?, ?, ?, ?)')
  const release = store.prepare('UPDATE bus_subscription SET owner = NULL WHERE id = ? AND owner = ? AND fence = ?')
  const readEnd = store.prepare('SELECT last_position FROM bus_log')
  const readFirstSince = store.prepare('SELECT min(position) AS position FROM bus_message WHERE sent_at_ms >= ?')

  function startOf(from: DurableStart): number {
    const end = readEnd.get<{ last_position: number }>()!.last_position
    if (from === 'new') return end
    if (from === 'start') return 0
    if ('afterPosition' in from) return Math.min(from.afterPosition, end)
    const first = readFirstSince.get<{ position: number | null }>(from.sinceMs)!.position
    return first === null ? end : first - 1
  }

  return {
    isFree(name) {
      const row = read.get<SubscriptionRow>(name)
      return row === undefined || row.owner === null || presence.isGone(row.owner)
    },
    take(name, pattern, from) {
      const row = read.get<SubscriptionRow>(name) ?? insert.get<SubscriptionRow>(name, pattern, startOf(from))!
      if (row.owner !== null && !presence.isGone(row.owner)) return undefined
      presence.appear()
      const fence = row.fence + 1
      lease.run(presence.id, fence, pattern, row.id)
      const pastEnd = readPastEnd.get<{ position: number }>(row.id)!.position
      return { id: row.id, fence, lowWater: row.low_water, pastEnd }
    },
    isHeld: ({ id, fence }) => readLease.get(id, presence.id, fence) !== undefined,
    past({ id, pastEnd }, after, upTo) {
      if (after >= pastEnd) return NOTHING
      return new Map(readPast.all<PastDelivery>(id, after, upTo).map((delivery) => [delivery.position, delivery]))
    },
    advance({ id, fence }, lowWater) {
      if (advance.run(lowWater, id, presence.id, fence).changes === 0) return false
      clear.run(id, lowWater)
      return true
    },
    note({ id }, { position, attempts, failures }, { isSettled, dueAtMs, delayMs }) {
      note.run(id, position, attempts, isSettled ? 1 : 0, dueAtMs, delayMs, JSON.stringify(failures))
    },
    release: ({ id, fence }) => void release.run(id, presence.id, fence),
  }
}
