import type { Span } from './span.ts'
import type { TraceStore } from './trace-store.ts'

/** The last spans of traces that are not recorded, as one of these may still fail. */
export interface Tail {
  /** Whether everything of a trace is kept from now on, as something in it failed. */
  hasFailed(trace: number | string): boolean
  /** `isKept`: a failure, or what else is kept in any case and its trace with it. */
  take<record>(trace: number | string, record: record, write: (record: record) => Span, isKept: boolean): void
}

type Write = (record: unknown) => Span

/** Held of all traces together. What is held outlives collections of young garbage, of which each call pays its part. */
const MAX_SPANS = 512
/** Failed traces that are remembered at least; twice as many at most. */
const MAX_FAILED = 1_000

/**
 * With the first failure of a trace all that is still held of it is kept, and everything that comes after: the failure with what led
 * to it and what was done about it. What is held is one ring: a span that goes well costs three entries in it, and what it overwrites
 * is forgotten. While more comes than can be kept nothing is held.
 */
export function createTail(store: Pick<TraceStore, 'addLater' | 'isPressed'>): Tail {
  const traces = new Array<number | string | undefined>(MAX_SPANS).fill(undefined)
  const records = new Array<unknown>(MAX_SPANS).fill(undefined)
  const writes = new Array<Write | undefined>(MAX_SPANS).fill(undefined)
  let next = 0
  let failed = new Set<number | string>()
  /** Those of before, which are forgotten where nothing comes of them any more. */
  let failedBefore = new Set<number | string>()

  function hasFailed(trace: number | string): boolean {
    if (failed.size === 0) return false
    if (failed.has(trace)) return true
    if (!failedBefore.has(trace)) return false
    remember(trace)
    return true
  }

  function remember(trace: number | string): void {
    if (failed.size >= MAX_FAILED) {
      failedBefore = failed
      failed = new Set()
    }
    failed.add(trace)
  }

  /** The oldest first. */
  function keepHeld(trace: number | string): void {
    for (let step = 0; step < MAX_SPANS; step++) {
      const at = (next + step) % MAX_SPANS
      if (traces[at] !== trace) continue
      store.addLater(records[at], writes[at]!, false)
      traces[at] = undefined
      records[at] = undefined
    }
  }

  return {
    hasFailed,
    take(trace, record, write, isKept) {
      if (hasFailed(trace)) return store.addLater(record, write, isKept)
      if (isKept) {
        remember(trace)
        keepHeld(trace)
        return store.addLater(record, write, true)
      }
      if (store.isPressed) return
      traces[next] = trace
      records[next] = record
      writes[next] = write as Write
      next = (next + 1) % MAX_SPANS
    },
  }
}
