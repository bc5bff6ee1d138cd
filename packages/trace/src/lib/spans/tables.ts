import type { Store } from '@switchyard/store'

/** The tables of traces, in a file of their own: what is worth no failure shares no lock, backup or check with what is. */
const MIGRATIONS = [
  `CREATE TABLE trace_run (
    id INTEGER PRIMARY KEY,
    trace TEXT NOT NULL UNIQUE,
    started_ms REAL NOT NULL,
    ended_ms REAL NOT NULL,
    written_ms REAL NOT NULL,
    state TEXT NOT NULL,
    origin TEXT NOT NULL,
    bytes INTEGER NOT NULL,
    search TEXT NOT NULL,
    summary TEXT NOT NULL
  ) STRICT;
  CREATE INDEX trace_run_started ON trace_run (started_ms, id);
  CREATE TABLE trace_chunk (
    id INTEGER PRIMARY KEY,
    run INTEGER NOT NULL,
    parent TEXT,
    spans TEXT NOT NULL
  ) STRICT;
  CREATE INDEX trace_chunk_run ON trace_chunk (run);
  CREATE TABLE trace_alias (
    trace TEXT PRIMARY KEY,
    run INTEGER NOT NULL,
    parent TEXT NOT NULL
  ) STRICT, WITHOUT ROWID;
  CREATE INDEX trace_alias_run ON trace_alias (run);
  CREATE TABLE trace_tool_use (
    id TEXT PRIMARY KEY,
    call_trace TEXT,
    call_span TEXT,
    request_trace TEXT,
    seen_ms REAL NOT NULL
  ) STRICT, WITHOUT ROWID`,
]

/** Makes the tables, or those of an earlier Switchyard what they are now. What is in them stays. */
export function makeTables(store: Store): void {
  store.migrate('trace', MIGRATIONS)
  const columnsOf = (table: string): ReadonlySet<string> =>
    new Set(
      store
        .prepare('SELECT name FROM pragma_table_info(?)')
        .all<{ name: string }>(table)
        .map(({ name }) => name),
    )
  if (!columnsOf('trace_run').has('position')) return
  store.transact(() => {
    // Another process may have been faster.
    const columns = columnsOf('trace_run')
    if (!columns.has('position')) return
    if (!columns.has('written_ms'))
      for (const sql of ['ALTER TABLE trace_run ADD written_ms REAL NOT NULL DEFAULT 0', 'UPDATE trace_run SET written_ms = ended_ms'])
        store.prepare(sql).run()
    for (const sql of WITHOUT_POSITIONS) store.prepare(sql).run()
  })
}

/** The first layouts numbered what was written themselves, and were never given a version of their own. */
const WITHOUT_POSITIONS = [
  'DROP INDEX trace_run_position',
  'ALTER TABLE trace_run DROP position',
  'DROP INDEX trace_chunk_run',
  'ALTER TABLE trace_chunk DROP position',
  'CREATE INDEX trace_chunk_run ON trace_chunk (run)',
  'DROP TABLE trace_deleted',
]

export interface RunRow {
  readonly id: number
  readonly trace: string
  readonly started_ms: number
  readonly ended_ms: number
  /** When something of it came last; what was imported may have happened long ago. */
  readonly written_ms: number
  readonly state: string
  readonly origin: string
  readonly bytes: number
  readonly search: string
  readonly summary: string
}

/** Some spans of one run; one of run 0 is what is left of a run that was removed, with its trace id for spans. */
export interface ChunkRow {
  /** Grows with each, and so says what is new. */
  readonly id: number
  readonly run: number
  /** Whose child the spans are that have no parent, where their trace was joined with another. */
  readonly parent: string | null
  readonly spans: string
}
