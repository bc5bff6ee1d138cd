import type { Span } from './span.ts'
import type { TraceStore } from './trace-store.ts'

/** The spans of traces that are not recorded, for as long as one of them may still fail. */
export interface Tail {
  take<record>(trace: number | string, record: record, write: (record: record) => Span, isFailure: boolean): void
}

interface Held {
  isKept: boolean
  readonly records: unknown[]
  readonly writes: ((record: never) => Span)[]
}

/** Traces that are remembered; the oldest goes for a new one. */
const MAX_TRACES = 1_000
/** Spans of each. */
const MAX_SPANS = 200

/**
 * With the first failure of a trace all that is still held of it is kept, and everything that comes after: the failure with what led
 * to it and what was done about it. A trace without a failure is forgotten. While more comes than can be kept nothing is held.
 */
export function createTail(store: Pick<TraceStore, 'addLater' | 'isPressed'>): Tail {
  const traces = new Map<number | string, Held>()

  function heldOf(trace: number | string): Held {
    const known = traces.get(trace)
    if (known !== undefined) return known
    const held: Held = { isKept: false, records: [], writes: [] }
    if (traces.size >= MAX_TRACES) traces.delete(traces.keys().next().value!)
    traces.set(trace, held)
    return held
  }

  return {
    take(trace, record, write, isFailure) {
      if (!isFailure && store.isPressed && traces.get(trace)?.isKept !== true) return
      const held = heldOf(trace)
      if (isFailure && !held.isKept) {
        held.isKept = true
        for (const [index, one] of held.records.entries()) store.addLater(one, held.writes[index] as (record: unknown) => Span, false)
        held.records.length = 0
        held.writes.length = 0
      }
      if (held.isKept) store.addLater(record, write, isFailure)
      else if (held.records.length < MAX_SPANS) {
        held.records.push(record)
        held.writes.push(write as (record: never) => Span)
      }
    },
  }
}
