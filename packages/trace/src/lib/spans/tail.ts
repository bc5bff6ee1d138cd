import type { Span } from './span.ts'
import type { TraceStore } from './trace-store.ts'

/** The spans of traces that are not recorded, for as long as one of them may still fail. */
export interface Tail {
  take<record>(trace: number | string, record: record, write: (record: record) => Span, isFailure: boolean): void
}

interface Held {
  isKept: boolean
  /** Each a record, and behind it what writes it. */
  readonly records: unknown[]
}

/** Traces that are remembered at least; twice as many at most. */
const MAX_TRACES = 1_000
/** Spans of each. */
const MAX_SPANS = 200

/**
 * With the first failure of a trace all that is still held of it is kept, and everything that comes after: the failure with what led
 * to it and what was done about it. A trace without a failure is forgotten. While more comes than can be kept nothing is held.
 */
export function createTail(store: Pick<TraceStore, 'addLater' | 'isPressed'>): Tail {
  let traces = new Map<number | string, Held>()
  /** Those of before, which are forgotten where nothing comes of them any more. */
  let older = new Map<number | string, Held>()

  const known = (trace: number | string): Held | undefined => traces.get(trace) ?? older.get(trace)

  function heldOf(trace: number | string): Held {
    const held = known(trace) ?? { isKept: false, records: [] }
    if (traces.size >= MAX_TRACES) {
      older = traces
      traces = new Map()
    }
    traces.set(trace, held)
    return held
  }

  return {
    take(trace, record, write, isFailure) {
      if (!isFailure && store.isPressed && known(trace)?.isKept !== true) return
      const held = heldOf(trace)
      if (isFailure && !held.isKept) {
        held.isKept = true
        const { records } = held
        for (let at = 0; at < records.length; at += 2) store.addLater(records[at], records[at + 1] as (record: unknown) => Span, false)
        records.length = 0
      }
      if (held.isKept) store.addLater(record, write, isFailure)
      else if (held.records.length < 2 * MAX_SPANS) held.records.push(record, write)
    },
  }
}
