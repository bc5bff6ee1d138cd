import type { Clock } from '@switchyard/contracts'
import { append, createRing, detach, isEmptyRing, type ListNode } from './list.ts'

/**
 * Something that waits in a wheel. An object of yours that has these fields is its own entry, so that waiting allocates nothing;
 * `createWheelEntry` makes one where that does not matter.
 */
export interface WheelEntry extends ListNode {
  /** The wheel's own note of when it is due; begin with 0. */
  tick: number
  /** Called once, by the wheel, when it is due. */
  onDue(nowMs: number): void
}

export const createWheelEntry = (onDue: (nowMs: number) => void): WheelEntry => ({ next: undefined, previous: undefined, tick: 0, onDue })

/** One timer for any number of waits, each added and cancelled in constant time. */
export interface TimerWheel {
  readonly granularityMs: number
  /** Makes `entry` due at `dueAtMs` on the clock's `monotonicMs`: never early, late by at most a granularity. Moves an entry already in. */
  add(entry: WheelEntry, dueAtMs: number): void
  /** Takes it out; nothing happens if it is not in. */
  cancel(entry: WheelEntry): void
  /** Entries waiting. */
  readonly size: number
  /** Drops all entries and the timer. It works again at the next `add`. */
  stop(): void
}

export interface TimerWheelOptions {
  /** @default 4 */
  granularityMs?: number
}

const SLOTS = 1024
/**
 * The longest sleep while something waits. An empty wheel keeps its timer for so long, unreferenced, because setting and
 * clearing one for each call of a sequence would cost more than the calls.
 */
const MAX_SLEEP_MS = 100

/** A wheel of 1,024 slots; waits longer than one turn stay in their slot and are looked at once a turn. */
export function createTimerWheel(clock: Clock, { granularityMs = 4 }: TimerWheelOptions = {}): TimerWheel {
  if (!(granularityMs > 0)) throw new RangeError(`Cannot create a timer wheel as granularityMs must be above 0: ${granularityMs}`)
  const slots = Array.from({ length: SLOTS }, createRing)
  const maxSleepTicks = Math.max(1, Math.floor(MAX_SLEEP_MS / granularityMs))
  const due = createRing()
  let size = 0
  let doneTick = 0
  let armedTick = Number.POSITIVE_INFINITY
  let disarm: (() => void) | undefined

  function arm(tick: number): void {
    disarm?.()
    armedTick = tick
    disarm = clock.after(Math.max(0, tick * granularityMs - clock.monotonicMs()), wake)
  }

  function nextBusyTick(): number {
    const limit = doneTick + maxSleepTicks
    for (let tick = doneTick + 1; tick < limit; tick++) if (!isEmptyRing(slots[tick % SLOTS]!)) return tick
    return limit
  }

  function collectDue(nowTick: number): void {
    const turns = Math.min(nowTick - doneTick, SLOTS)
    for (let turn = 1; turn <= turns; turn++) {
      const head = slots[(doneTick + turn) % SLOTS]!
      for (let entry = head.next as WheelEntry; entry !== head; ) {
        const next = entry.next as WheelEntry
        if (entry.tick <= nowTick) {
          detach(entry)
          append(due, entry)
        }
        entry = next
      }
    }
    doneTick = Math.max(doneTick, nowTick)
  }

  function wake(): void {
    disarm = undefined
    armedTick = Number.POSITIVE_INFINITY
    const nowMs = clock.monotonicMs()
    collectDue(Math.floor(nowMs / granularityMs))
    try {
      // Popped one by one, so that an entry may cancel those behind it.
      while (!isEmptyRing(due)) {
        const entry = due.next as WheelEntry
        detach(entry)
        size--
        entry.onDue(nowMs)
      }
    } finally {
      // An entry that threw left others behind: a moved slot would be looked at too late, so they go first in the next tick.
      while (!isEmptyRing(due)) {
        const entry = due.next as WheelEntry
        detach(entry)
        append(slots[(doneTick + 1) % SLOTS]!, entry)
      }
      if (size > 0) arm(nextBusyTick())
    }
  }

  return {
    granularityMs,
    add(entry, dueAtMs) {
      if (entry.next === undefined) size++
      else detach(entry)
      // An empty wheel slept through its turns. One with entries must not skip theirs.
      if (size === 1 && disarm === undefined) doneTick = Math.floor(clock.monotonicMs() / granularityMs)
      const tick = Math.max(Math.ceil(dueAtMs / granularityMs), doneTick + 1)
      entry.tick = tick
      append(slots[tick % SLOTS]!, entry)
      if (tick < armedTick) arm(disarm === undefined ? Math.min(tick, doneTick + maxSleepTicks) : tick)
    },
    cancel(entry) {
      if (entry.next === undefined) return
      detach(entry)
      size--
    },
    get size() {
      return size
    },
    stop() {
      for (const head of [due, ...slots]) while (!isEmptyRing(head)) detach(head.next!)
      size = 0
      disarm?.()
      disarm = undefined
      armedTick = Number.POSITIVE_INFINITY
    },
  }
}
