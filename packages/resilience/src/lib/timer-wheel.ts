/** Something that happens at a time: subclass or fill in `onDue`, then hand it to a wheel. One entry sits in one wheel at a time. */
export interface TimerWheel {
  /** Calls `entry.onDue` once, at or up to one granularity after `dueAtMs` on the clock's `monotonicMs`, never before. Moves an entry already in. */
  add(entry: WheelEntry, dueAtMs: number): void
  /** Takes it out; nothing happens if it is not in. */
  cancel(entry: WheelEntry): void
  /** Entries waiting. */
  readonly size: number
  /** Drops all entries and the timer. It works again at the next `add`. */
  stop(): void
}

/** Make one with `createWheelEntry`, or extend `WheelEntryBase` to have the entry be your own object. */
export interface WheelEntry {
  onDue(nowMs: number): void
}
