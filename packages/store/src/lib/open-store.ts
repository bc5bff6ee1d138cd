import { statSync } from 'node:fs'
import { resolve } from 'node:path'
import { type Clock, isSwitchyardError, systemClock } from '@switchyard/contracts'
import { listBackups, pruneBackups, writeBackup } from './backup.ts'
import { createConnection } from './connection.ts'
import { mendOfDamage, storeClosed, storeMigration, storeNewer } from './errors.ts'
import { explain } from './explain.ts'
import { createGroupCommit } from './group-commit.ts'
import { openFile, openMemory } from './open-file.ts'
import type { Store } from './store.ts'

export interface OpenStoreOptions {
  /** The file, created with mode 0600 in a folder created with mode 0700; or `:memory:`. */
  path: string
  /** Names the backups. @default systemClock */
  clock?: Clock
  /** How long a call waits for other processes before it throws STORE_BUSY. @default 10_000 */
  busyTimeoutMs?: number
}

const ROOM_NAME = /^[a-z][a-z0-9-]*$/
const MAX_PROBLEMS = 20

/**
 * Opens the store; call it once a process and path and pass the store on.
 * @throws STORE_DAMAGED, STORE_NEWER, STORE_FULL, STORE_READONLY, STORE_UNREACHABLE or STORE_BUSY; the file is left as it was
 */
export function openStore({ path: givenPath, clock = systemClock, busyTimeoutMs = 10_000 }: OpenStoreOptions): Store {
  if (!(busyTimeoutMs >= 0)) throw new RangeError(`Cannot open the store as busyTimeoutMs must be a number >= 0: it is ${busyTimeoutMs}`)
  const inMemory = givenPath === ':memory:'
  const path = inMemory ? givenPath : resolve(givenPath)
  const db = explaining(() => (inMemory ? openMemory() : openFile(path, busyTimeoutMs)))
  const connection = createConnection(db, path, busyTimeoutMs)
  const group = createGroupCommit(connection, path, busyTimeoutMs)

  /** For what touches files beside SQLite; never around the caller's work, whose errors are not ours to explain. */
  function explaining<result>(work: () => result): result {
    try {
      return work()
    } catch (error) {
      throw explain(error, path, busyTimeoutMs)
    }
  }

  /** @throws STORE_NEWER when it is above `known` */
  function versionOf(room: string, known: number): number {
    const row = connection.prepare('SELECT version FROM store_room WHERE room = ?').get<{ version: number }>(room)
    const found = row?.version ?? 0
    if (found > known) throw storeNewer(path, { room, known, found }, listBackups(path)[0])
    return found
  }

  const store: Store = {
    path: givenPath,
    migrate(room, migrations) {
      if (!ROOM_NAME.test(room))
        throw new RangeError(`Cannot migrate as a room's name must match ${ROOM_NAME}: it is ${JSON.stringify(room)}`)
      if (connection.isInside) throw new TypeError('Cannot migrate as no transaction may be open: this is called inside of one')
      if (versionOf(room, migrations.length) === migrations.length) return
      group.flush()
      // Rebuilding a table drops one that others point to. This cannot be switched inside the transaction.
      connection.exec('PRAGMA foreign_keys = OFF')
      try {
        store.transact(
          () => {
            // Another process may have been faster, so what counts is the version under the lock.
            const version = versionOf(room, migrations.length)
            if (version === migrations.length) return
            if (version > 0 && !inMemory) {
              const label = `${room}-v${version}`
              explaining(() => pruneBackups(path, label, writeBackup(path, { label, clock, busyTimeoutMs })))
            }
            for (let step = version; step < migrations.length; step++) applyStep(room, step + 1, migrations[step] ?? '')
            const [broken] = brokenReferences()
            if (broken !== undefined) throw storeMigration(path, room, migrations.length, broken)
            connection.prepare('INSERT OR REPLACE INTO store_room (room, version) VALUES (?, ?)').run(room, migrations.length)
          },
          { durable: true },
        )
      } finally {
        connection.exec('PRAGMA foreign_keys = ON')
      }
    },
    prepare: connection.prepare,
    transact(work, { durable = false } = {}) {
      if (connection.isInside) return connection.nest(work, durable)
      if (!connection.isOpen) throw storeClosed(path)
      group.flush()
      connection.beginPatiently(durable)
      return connection.finish(work)
    },
    commit: (work, { durable = false } = {}) => group.add(work, durable),
    check() {
      if (!connection.isOpen) throw storeClosed(path)
      const problems = [...collect(damages), ...collect(brokenReferences)].slice(0, MAX_PROBLEMS)
      let rooms: [string, number][] = []
      try {
        rooms = connection
          .prepare('SELECT room, version FROM store_room')
          .all<{ room: string; version: number }>()
          .map(({ room, version }) => [room, version])
      } catch (error) {
        problems.push(describe(error))
      }
      const backups = listBackups(path)
      return {
        path: givenPath,
        problems,
        mend: problems.length === 0 ? undefined : mendOfDamage(path, backups[0]),
        rooms: Object.fromEntries(rooms),
        sizeBytes: sizeOf(path) + sizeOf(`${path}-wal`),
        backups,
      }
    },
    backup() {
      if (!connection.isOpen) throw storeClosed(path)
      if (inMemory) throw new TypeError('Cannot back up the store as it must be a file: it is in memory')
      if (!connection.isInside) group.flush()
      return explaining(() => writeBackup(path, { label: 'manual', clock, busyTimeoutMs }))
    },
    close() {
      if (!connection.isOpen) return
      if (connection.isInside) throw new TypeError('Cannot close the store as no transaction may be open: this is called inside of one')
      group.flush()
      connection.close()
    },
    [Symbol.dispose]: () => store.close(),
  }
  return store

  function applyStep(room: string, version: number, sql: string): void {
    try {
      connection.exec(sql)
    } catch (error) {
      throw isSwitchyardError(error) ? error : storeMigration(path, room, version, describe(error), error)
    }
  }

  function damages(): string[] {
    const rows = connection.prepare(`PRAGMA integrity_check(${MAX_PROBLEMS})`).all<{ integrity_check: string }>()
    return rows.map((row) => row.integrity_check).filter((line) => line !== 'ok')
  }

  function brokenReferences(): string[] {
    const rows = connection.prepare('PRAGMA foreign_key_check').all<{ table: string; rowid: number | null; parent: string }>()
    return rows.map(
      ({ table, rowid, parent }) => `row ${rowid ?? '?'} of table "${table}" points to a row of "${parent}" that is not there`,
    )
  }
}

function collect(find: () => string[]): string[] {
  try {
    return find()
  } catch (error) {
    return [describe(error)]
  }
}

function describe(error: unknown): string {
  return error instanceof Error ? error.message : String(error)
}

function sizeOf(path: string): number {
  return statSync(path, { throwIfNoEntry: false })?.size ?? 0
}
