import { accessSync, closeSync, constants, existsSync, mkdirSync, openSync, statSync } from 'node:fs'
import { dirname } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { listBackups } from './backup.ts'
import { blockFor, isReadonly, retryWhileBusy } from './busy.ts'
import { storeDamaged, storeNewer, storeUnreachable } from './errors.ts'

/** The version of what the store itself keeps in a file, in SQLite's `user_version`. */
const LAYOUT = 1

const CREATE_LAYOUT = `
  CREATE TABLE IF NOT EXISTS store_room (room TEXT PRIMARY KEY, version INTEGER NOT NULL) STRICT, WITHOUT ROWID;
  PRAGMA user_version = ${LAYOUT};`

/** After a burst of writes the log is cut to this. */
const SETTINGS = 'PRAGMA synchronous = NORMAL; PRAGMA journal_size_limit = 67108864;'

/** How long another process may take between making the file and writing its first page. */
const CREATION_MS = 1000

export function openMemory(): DatabaseSync {
  const db = new DatabaseSync(':memory:')
  db.exec(CREATE_LAYOUT)
  return db
}

/** A connection to the file, made if need be, with foreign keys on, in WAL mode and with synchronous NORMAL. */
export function openFile(path: string, busyTimeoutMs: number): DatabaseSync {
  makeFile(path)
  probe(path, busyTimeoutMs)
  const db = new DatabaseSync(path)
  try {
    const { journal_mode: mode } = retryWhileBusy(() => db.prepare('PRAGMA journal_mode = WAL').get(), busyTimeoutMs) ?? {}
    if (mode !== 'wal') throw storeUnreachable(path, `its file system allows no write-ahead log, only "${mode}"`)
    db.exec(SETTINGS)
    if (retryWhileBusy(() => layoutOf(db), busyTimeoutMs) < LAYOUT) createLayout(db, busyTimeoutMs)
    return db
  } catch (error) {
    db.close()
    throw error
  }
}

/**
 * Never opens a file that exists: closing any descriptor of it would drop the locks that another connection of this
 * process has on it (POSIX), and the next to close the store elsewhere would delete the log under it.
 */
function makeFile(path: string): void {
  const folder = dirname(path)
  // What the user has to mend is the folder that exists, not the one that could not be made in it.
  const parent = nearestExisting(folder)
  if (!statSync(parent).isDirectory()) throw storeUnreachable(path, `${JSON.stringify(parent)} is no folder`)
  accessSync(parent, constants.W_OK | constants.X_OK)
  mkdirSync(folder, { recursive: true, mode: 0o700 })
  let isNew = true
  try {
    closeSync(openSync(path, 'wx', 0o600))
  } catch (error) {
    if (!(error instanceof Error && 'code' in error && error.code === 'EEXIST')) throw error
    isNew = false
  }
  accessSync(path, constants.R_OK | constants.W_OK)
  if (!statSync(path).isFile()) throw storeUnreachable(path, 'it is no file')
  if (!isNew) refuseEmptied(path)
}

function nearestExisting(path: string): string {
  let at = path
  while (!existsSync(at) && dirname(at) !== at) at = dirname(at)
  return at
}

/** A file cut to nothing looks like a new one to SQLite, which would then delete its log. */
function refuseEmptied(path: string): void {
  // The log is looked at first: whoever has written one has written the file before.
  const wasUsed = (statSync(`${path}-wal`, { throwIfNoEntry: false })?.size ?? 0) > 0 || listBackups(path).length > 0
  if (!wasUsed) return
  const deadlineMs = performance.now() + CREATION_MS
  while (statSync(path).size === 0) {
    if (performance.now() > deadlineMs) throw storeDamaged(path, 'it is empty', listBackups(path)[0])
    blockFor(5)
  }
}

/**
 * Looks before anything can be written: closing a writable connection writes its log to the file, however damaged
 * that is, and a read-only one does not.
 */
function probe(path: string, busyTimeoutMs: number): void {
  const db = new DatabaseSync(path, { readOnly: true })
  try {
    const found = retryWhileBusy(() => layoutOf(db), busyTimeoutMs)
    if (found > LAYOUT) throw storeNewer(path, { known: LAYOUT, found }, listBackups(path)[0])
    retryWhileBusy(() => db.prepare('SELECT count(*) FROM sqlite_schema').get(), busyTimeoutMs)
  } catch (error) {
    // Whoever was killed while making the file left a journal, that only a writable connection can roll back.
    if (!isReadonly(error)) throw error
  } finally {
    db.close()
  }
}

function layoutOf(db: DatabaseSync): number {
  return Number(db.prepare('PRAGMA user_version').get()?.user_version)
}

function createLayout(db: DatabaseSync, busyTimeoutMs: number): void {
  retryWhileBusy(() => db.exec('BEGIN IMMEDIATE'), busyTimeoutMs)
  db.exec(`${CREATE_LAYOUT} COMMIT;`)
}
