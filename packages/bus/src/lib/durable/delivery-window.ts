import type { DeliveryAttempt } from '../durable.ts'

/** A message that a subscription has seen in the log and not settled. */
export interface Held {
  readonly position: number
  readonly stream: number
  attempts: number
  failures: readonly DeliveryAttempt[]
  /** On the monotonic clock; 0 when it need not wait. */
  restUntilMs: number
  isSettled: boolean
}

/**
 * Which message of a subscription may be delivered next. Pure: it knows no clock and no store.
 * One message of a stream is out at a time and holds back those behind it; among the rest the lowest position is next.
 */
export interface DeliveryWindow {
  /** Positions must grow. */
  hold(held: Held): void
  /** The next message, which is then out until it is settled or handed back. */
  take(): Held | undefined
  /** It may be taken again; only for one that is out. */
  handBack(held: Held): void
  /** It is done with, and the one behind it in its stream may be taken; only for one that is out. */
  settle(held: Held): void
  /** The last position with nothing unsettled at or before it, when everything up to `seen` was held. */
  lowWater(seen: number): number
  /** Messages that are not settled. */
  readonly size: number
}

export function createDeliveryWindow(): DeliveryWindow {
  /** In order of position; settled ones stay until they are dropped. */
  let held: Held[] = []
  let front = 0
  let size = 0
  /** Those behind the head of each stream that has one; the head itself is in `ready` or out. */
  const behind = new Map<number, Held[]>()
  /** Heads that may be taken, in order of position. */
  const ready: Held[] = []

  function makeReady(entry: Held): void {
    const last = ready.at(-1)
    if (last === undefined || last.position < entry.position) ready.push(entry)
    else
      ready.splice(
        ready.findIndex((other) => other.position > entry.position),
        0,
        entry,
      )
  }

  /** Also those behind one that takes long; now and then, as it looks at all of them. */
  function dropSettled(): void {
    while (front < held.length && held[front]!.isSettled) front++
    if (held.length < 1_024 || held.length < size * 2) return
    held = held.filter(({ isSettled }) => !isSettled)
    front = 0
  }

  return {
    hold(entry) {
      held.push(entry)
      size++
      const waiting = behind.get(entry.stream)
      if (waiting !== undefined) waiting.push(entry)
      else {
        behind.set(entry.stream, [])
        makeReady(entry)
      }
    },
    take: () => ready.shift(),
    handBack: makeReady,
    settle(entry) {
      entry.isSettled = true
      size--
      dropSettled()
      const waiting = behind.get(entry.stream)!
      const next = waiting.shift()
      if (next === undefined) behind.delete(entry.stream)
      else makeReady(next)
    },
    lowWater: (seen) => (front < held.length ? held[front]!.position - 1 : seen),
    get size() {
      return size
    },
  }
}
