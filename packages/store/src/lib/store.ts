import type { CommitOptions, Statement } from '@switchyard/contracts'

export type { CommitOptions, SqlParameters, SqlValue, Statement } from '@switchyard/contracts'

/** What `check` found; the store is sound when `problems` is empty. */
export interface StoreReport {
  readonly path: string
  /** Each a line for people: damage first, then broken foreign keys. At most 20. */
  readonly problems: readonly string[]
  /** What to do about them; undefined when there are none. */
  readonly mend: string | undefined
  /** Version of each room's tables, by room name. */
  readonly rooms: Readonly<Record<string, number>>
  /** Of the file and its write-ahead log; 0 in memory. */
  readonly sizeBytes: number
  /** Paths, newest first. */
  readonly backups: readonly string[]
}

/**
 * One SQLite file, opened once a process and path and handed to the rooms that keep tables in it.
 * Every call throws `STORE_CLOSED` after `close`, and one of the other STORE_ codes when the file or the disk fails;
 * other SQLite errors (a constraint, a syntax error) pass through as node:sqlite throws them.
 */
export interface Store {
  /** As given to `openStore`. */
  readonly path: string
  /**
   * Brings one room's tables to its newest version in one durable transaction; `migrations[n]` leads to version n + 1.
   * Never edit a migration that was released: append. Foreign keys are off while it runs and checked before it commits.
   * When an existing room has to be migrated, a backup of the whole file is made first.
   * @throws STORE_NEWER when the file holds a later version of the room; STORE_MIGRATION when the SQL fails, with everything as it was
   */
  migrate(room: string, migrations: readonly string[]): void
  /** The same text gives the same statement: keep values out of it. Preparing before `migrate` fails, as the tables are not there. */
  prepare(sql: string): Statement
  /**
   * One transaction (BEGIN IMMEDIATE: what it reads cannot change before it writes); rolled back when `work` throws.
   * `work` must not be async. Nested calls join as savepoints, and a durable one makes the outermost durable.
   * Waits for other processes' writes, blocking this one, and throws STORE_BUSY after `busyTimeoutMs`.
   */
  transact<result>(work: () => result, options?: CommitOptions): result
  /**
   * Like `transact`, but everything queued in one turn of the event loop shares one transaction and one fsync.
   * Works run in the order in which they were handed over, also relative to `transact`; one that throws rejects alone.
   * Resolves after the commit. Waits for other processes without blocking this one.
   */
  commit<result>(work: () => result, options?: CommitOptions): Promise<result>
  /** Reads the whole file (seconds on a large one). Damage is reported, not thrown. */
  check(): StoreReport
  /** Copies the file as it is now to `backups/` beside it, mode 0600, and returns the path; these copies are never removed by us. */
  backup(): string
  /** Commits what is queued, then closes. Closing twice is fine, closing inside `transact` is a TypeError. */
  close(): void
  [Symbol.dispose](): void
}
