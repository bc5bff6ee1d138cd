import { append, createRing, detach, isEmptyRing, type ListNode } from './list.ts'

/** A place in the queue. */
export interface Waiter extends ListNode {
  /** The place is yours: a `leave` is owed. */
  onAdmitted(): void
}

/** Bounds how many calls run at once, and how many wait for that, first come first served. */
export interface Bulkhead {
  /** True if there is a place now; a `leave` is owed for it. Nobody overtakes those who wait. */
  tryEnter(): boolean
  /** False if the queue is full. */
  queue(waiter: Waiter): boolean
  /** A waiter that no longer wants its place. */
  remove(waiter: Waiter): void
  leave(): void
  readonly running: number
  readonly waiting: number
}

export function createBulkhead(maxConcurrent: number, maxQueue: number): Bulkhead {
  const line = createRing()
  let running = 0
  let waiting = 0
  let admitting = false

  function admit(): void {
    // A call that finishes at once leaves from within its own admission: a loop instead of a recursion as deep as the queue.
    if (admitting) return
    admitting = true
    try {
      while (running < maxConcurrent && !isEmptyRing(line)) {
        const waiter = line.next as Waiter
        detach(waiter)
        waiting--
        running++
        waiter.onAdmitted()
      }
    } finally {
      admitting = false
    }
  }

  return {
    tryEnter() {
      if (running >= maxConcurrent || waiting > 0) return false
      running++
      return true
    },
    queue(waiter) {
      if (waiting >= maxQueue) return false
      append(line, waiter)
      waiting++
      return true
    },
    remove(waiter) {
      if (waiter.next === undefined) return
      detach(waiter)
      waiting--
    },
    leave() {
      running--
      if (waiting > 0) admit()
    },
    get running() {
      return running
    },
    get waiting() {
      return waiting
    },
  }
}
