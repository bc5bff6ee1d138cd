import type { BusHooks, CallSpan, DeliverySpan } from './hooks.ts'

export interface Recorder {
  /** Give these to `createBus`. */
  readonly hooks: BusHooks
  /** The last spans, oldest first. */
  spans(): (CallSpan | DeliverySpan)[]
  /** Counted since the start, by what was called or heard and how it ended. */
  counts(): {
    readonly subject: string
    readonly code: string | undefined
    readonly count: number
    readonly totalMs: number
    readonly maxMs: number
  }[]
}

interface Tally {
  count: number
  totalMs: number
  maxMs: number
}

/** Keeps the last spans and counts all of them; nothing is written down before somebody asks. Subjects beyond `maxSubjects` are counted as `*`. A large `capacity` costs time too: what is kept has to be moved by the garbage collector. */
export function createRecorder({ capacity = 1_024, maxSubjects = 1_000 }: { capacity?: number; maxSubjects?: number } = {}): Recorder {
  const ring: (CallSpan | DeliverySpan | undefined)[] = new Array(capacity).fill(undefined)
  let next = 0
  const tallies = new Map<string, Map<string | undefined, Tally>>()

  function record(subject: string, span: CallSpan | DeliverySpan): void {
    ring[next % capacity] = span
    next++
    let byCode = tallies.get(subject)
    if (byCode === undefined) {
      const name = tallies.size < maxSubjects ? subject : '*'
      byCode = tallies.get(name) ?? new Map()
      tallies.set(name, byCode)
    }
    let tally = byCode.get(span.code)
    if (tally === undefined) {
      tally = { count: 0, totalMs: 0, maxMs: 0 }
      byCode.set(span.code, tally)
    }
    tally.count++
    tally.totalMs += span.durationMs
    if (span.durationMs > tally.maxMs) tally.maxMs = span.durationMs
  }

  return {
    hooks: {
      called: (span) => record(span.subject, span),
      served: (span) => {
        ring[next % capacity] = span
        next++
      },
      delivered: (span) => record(span.pattern, span),
    },
    spans() {
      const start = Math.max(0, next - capacity)
      return Array.from({ length: next - start }, (_, index) => ring[(start + index) % capacity]!)
    },
    counts: () =>
      [...tallies].flatMap(([subject, byCode]) =>
        [...byCode].map(([code, { count, totalMs, maxMs }]) => ({ subject, code, count, totalMs, maxMs })),
      ),
  }
}
