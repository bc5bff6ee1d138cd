import { dirname } from 'node:path'
import type { DatabaseSync, StatementSync } from 'node:sqlite'
import { retryWhileBusy } from './busy.ts'
import { storeClosed } from './errors.ts'
import { explain } from './explain.ts'
import type { SqlParameters, Statement } from './store.ts'
import { syncToDisk } from './sync-to-disk.ts'

/** Statements are kept by their text; past this many the oldest is dropped, for callers that put values into the text. */
const MAX_STATEMENTS = 1000

/** One connection: its statements, and its one transaction with what is nested in it. Its errors are explained, but for `begin`. */
export interface Connection {
  readonly isOpen: boolean
  /** True while a transaction's work runs. */
  readonly isInside: boolean
  prepare(sql: string): Statement
  exec(sql: string): void
  /** One try at the write lock, with an error as SQLite throws it. */
  begin(durable: boolean): void
  /** Waits for the write lock, blocking. */
  beginPatiently(durable: boolean): void
  /** Runs work in the transaction begun and commits it, or rolls it back and throws. */
  finish<result>(work: () => result): result
  /** Runs work as a part of the transaction that can be rolled back alone. */
  nest<result>(work: () => result, durable: boolean): result
  close(): void
}

export function createConnection(db: DatabaseSync, path: string, busyTimeoutMs: number): Connection {
  const statements = new Map<string, Statement>()
  const begin = db.prepare('BEGIN IMMEDIATE')
  const commit = db.prepare('COMMIT')
  const inMemory = path === ':memory:'
  let depth = 0
  let isSynchronousFull = false
  let mustBeDurable = false
  /** Why SQLite gave up the whole transaction by itself, as it may on a full disk. */
  let lost: unknown

  /** Once SQLite has rolled back on its own, every further statement would be a transaction by itself. */
  function refuseLost(): void {
    if (!db.isTransaction)
      throw lost ?? new TypeError('Cannot go on as the work must not end its own transaction: it ran COMMIT or ROLLBACK')
  }

  function call<result>(work: () => result): result {
    if (!db.isOpen) throw storeClosed(path)
    if (depth > 0) refuseLost()
    try {
      return depth > 0 ? work() : retryWhileBusy(work, busyTimeoutMs)
    } catch (error) {
      const reason = explain(error, path, busyTimeoutMs)
      if (depth > 0 && !db.isTransaction) lost ??= reason
      throw reason
    }
  }

  function createStatement(raw: StatementSync): Statement {
    const bind = (parameters: SqlParameters) => parameters as Parameters<StatementSync['all']>
    return {
      get: <row>(...parameters: SqlParameters) => call(() => raw.get(...bind(parameters))) as row | undefined,
      all: <row>(...parameters: SqlParameters) => call(() => raw.all(...bind(parameters))) as row[],
      run: (...parameters) => call(() => raw.run(...bind(parameters))) as { changes: number; lastInsertRowid: number },
    }
  }

  function prepare(sql: string): Statement {
    const known = statements.get(sql)
    if (known !== undefined && db.isOpen) return known
    const statement = createStatement(call(() => db.prepare(sql)))
    if (statements.size >= MAX_STATEMENTS) statements.delete(statements.keys().next().value ?? '')
    statements.set(sql, statement)
    return statement
  }

  function tryBegin(durable: boolean): void {
    // Only between transactions, and for this connection alone; so it is switched when the need changes and not back after.
    if (durable !== isSynchronousFull) db.exec(`PRAGMA synchronous = ${durable ? 'FULL' : 'NORMAL'}`)
    isSynchronousFull = durable
    begin.run()
    mustBeDurable = durable
    lost = undefined
  }

  /** What SQLite itself does for synchronous FULL, for a need that came up too late to switch. */
  function syncLog(): void {
    try {
      syncToDisk(`${path}-wal`)
      syncToDisk(dirname(path))
    } catch (error) {
      throw explain(error, path, busyTimeoutMs)
    }
  }

  return {
    get isOpen() {
      return db.isOpen
    },
    get isInside() {
      return depth > 0
    },
    prepare,
    exec: (sql) => call(() => db.exec(sql)),
    begin: tryBegin,
    beginPatiently: (durable) => call(() => tryBegin(durable)),
    finish(work) {
      depth = 1
      try {
        const result = work()
        refusePromise(result)
        call(() => commit.run())
        if (mustBeDurable && !isSynchronousFull && !inMemory) syncLog()
        return result
      } catch (error) {
        if (db.isTransaction) db.exec('ROLLBACK')
        throw error
      } finally {
        depth = 0
      }
    },
    nest(work, durable) {
      const savepoint = `nested_${depth}`
      prepare(`SAVEPOINT ${savepoint}`).run()
      depth++
      try {
        const result = work()
        refusePromise(result)
        prepare(`RELEASE ${savepoint}`).run()
        mustBeDurable ||= durable
        return result
      } catch (error) {
        if (db.isTransaction) db.exec(`ROLLBACK TO ${savepoint}; RELEASE ${savepoint}`)
        throw error
      } finally {
        depth--
      }
    },
    close() {
      statements.clear()
      db.close()
    },
  }
}

function refusePromise(result: unknown): void {
  if (typeof result === 'object' && result !== null && 'then' in result && typeof result.then === 'function')
    throw new TypeError('Cannot commit as the work must be synchronous: it returned a promise')
}
