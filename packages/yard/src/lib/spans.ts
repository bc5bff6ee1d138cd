import type { SpanTrace } from '@switchyard/bus'
import { type Clock, toWireError } from '@switchyard/contracts'
import type { Log } from '@switchyard/plugin-kit'
import type { Store } from '@switchyard/store'

/** Something that ran in a trace; the bus's own spans have the same trace, times and code. */
export interface Span {
  readonly trace: Omit<SpanTrace, 'recorded' | 'key'>
  readonly name: string
  /** Wall time. */
  readonly startedAtMs: number
  readonly durationMs: number
  /** The error's code; undefined when it went well. */
  readonly code: string | undefined
  /** No inputs or outputs: what is kept here may be shown to anybody. */
  readonly attributes: Readonly<Record<string, string | number>>
}

/** The spans of one workspace. */
export interface Spans {
  /** Kept soon, with others; lost when the process dies before. */
  add(span: Span): void
  /** By when they began, those not yet on disk included. */
  of(traceId: string): readonly Span[]
  /** Keeps what is left. */
  close(): void
}

const MIGRATIONS = [
  `CREATE TABLE trace_span (
    trace TEXT NOT NULL,
    id TEXT NOT NULL,
    parent TEXT,
    name TEXT NOT NULL,
    started_ms REAL NOT NULL,
    duration_ms REAL NOT NULL,
    code TEXT,
    attributes TEXT NOT NULL,
    PRIMARY KEY (trace, id)
  ) STRICT, WITHOUT ROWID;
  CREATE INDEX trace_span_started ON trace_span (started_ms)`,
]
const KEPT_MS = 14 * 86_400_000
const MAX_KEPT = 200_000
const BATCH = 1_000
const DELAY_MS = 500

interface Row {
  readonly trace: string
  readonly id: string
  readonly parent: string | null
  readonly name: string
  readonly started_ms: number
  readonly duration_ms: number
  readonly code: string | null
  readonly attributes: string
}

export function createSpans({ store, clock, log }: { store: Store; clock: Clock; log: Log }): Spans {
  let waiting: Span[] = []
  let cancel: (() => void) | undefined
  let isMigrated = false

  return {
    add(span) {
      waiting.push(span)
      if (waiting.length >= BATCH) flush()
      else cancel ??= clock.after(DELAY_MS, flush)
    },
    of(traceId) {
      flush()
      migrate()
      return store.prepare('SELECT * FROM trace_span WHERE trace = ? ORDER BY started_ms, id').all<Row>(traceId).map(spanOf)
    },
    close: flush,
  }

  /** A span is worth no failure of what it tells of. */
  function flush(): void {
    cancel?.()
    cancel = undefined
    if (waiting.length === 0) return
    const batch = waiting
    waiting = []
    try {
      migrate()
      const put = store.prepare('INSERT INTO trace_span VALUES (?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT DO NOTHING')
      store.transact(() => {
        for (const { trace, name, startedAtMs, durationMs, code, attributes } of batch) {
          const { traceId, spanId, parentSpanId = null } = trace
          put.run(traceId, spanId, parentSpanId, name, startedAtMs, durationMs, code ?? null, JSON.stringify(attributes))
        }
      })
    } catch (error) {
      log.warn(`lost ${batch.length} spans`, { error: toWireError(error) })
    }
  }

  /** Not before there is a span, and then what is too old or too much goes too. */
  function migrate(): void {
    if (isMigrated) return
    store.migrate('trace', MIGRATIONS)
    isMigrated = true
    store.transact(() => {
      store.prepare('DELETE FROM trace_span WHERE started_ms < ?').run(clock.now() - KEPT_MS)
      store
        .prepare('DELETE FROM trace_span WHERE started_ms < (SELECT started_ms FROM trace_span ORDER BY started_ms DESC LIMIT 1 OFFSET ?)')
        .run(MAX_KEPT)
    })
  }
}

function spanOf({ trace, id, parent, name, started_ms, duration_ms, code, attributes }: Row): Span {
  return {
    trace: { traceId: trace, spanId: id, parentSpanId: parent ?? undefined },
    name,
    startedAtMs: started_ms,
    durationMs: duration_ms,
    code: code ?? undefined,
    attributes: JSON.parse(attributes) as Span['attributes'],
  }
}
