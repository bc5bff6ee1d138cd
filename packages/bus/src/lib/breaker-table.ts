import type { BreakerChange, BreakerSnapshot } from '@switchyard/resilience'
import type { Store } from '@switchyard/store'

const MIGRATIONS = [
  'CREATE TABLE bus_breaker (name TEXT PRIMARY KEY, snapshot TEXT NOT NULL, changed_at_ms INTEGER NOT NULL) WITHOUT ROWID',
  'CREATE TABLE bus_breaker_change (id INTEGER PRIMARY KEY, name TEXT NOT NULL, change TEXT NOT NULL)',
]
/** Of all breakers together; enough for a look back, and nothing beside the messages. */
const KEPT_CHANGES = 1_000

/** A breaker as all processes of the workspace have left it. */
export interface BreakerRecord {
  readonly name: string
  readonly snapshot: BreakerSnapshot
  /** The last ones, oldest first. */
  readonly changes: readonly BreakerChange[]
}

/** Where breakers keep their state over a restart. */
export interface BreakerTable {
  /** As it was written; whoever takes it up checks it. */
  read(name: string): unknown
  /** Returns at once; a write that fails is reported and costs only the memory of a restart. */
  write(name: string, snapshot: BreakerSnapshot, change: BreakerChange): void
  /** By name. */
  list(): readonly BreakerRecord[]
  /** Resolves when all writes so far have ended. */
  settled(): Promise<void>
}

/** As processes have left them in a store, with no bus on it. */
export function readBreakers(store: Store): readonly BreakerRecord[] {
  return createBreakerTable(store, () => {}).list()
}

export function createBreakerTable(store: Store, fault: (doing: string, error: unknown) => void): BreakerTable {
  store.migrate('bus', MIGRATIONS)
  const select = store.prepare('SELECT snapshot FROM bus_breaker WHERE name = ?')
  const upsert = store.prepare(
    'INSERT INTO bus_breaker (name, snapshot, changed_at_ms) VALUES (?, ?, ?) ON CONFLICT (name) DO UPDATE SET snapshot = excluded.snapshot, changed_at_ms = excluded.changed_at_ms',
  )
  const addChange = store.prepare('INSERT INTO bus_breaker_change (name, change) VALUES (?, ?)')
  const prune = store.prepare('DELETE FROM bus_breaker_change WHERE id <= (SELECT max(id) FROM bus_breaker_change) - ?')
  let last: Promise<unknown> = Promise.resolve()
  return {
    read(name) {
      const row = select.get<{ snapshot: string }>(name)
      return row === undefined ? undefined : JSON.parse(row.snapshot)
    },
    write(name, snapshot, change) {
      const written = store.commit(() => {
        upsert.run(name, JSON.stringify(snapshot), snapshot.at)
        addChange.run(name, JSON.stringify(change))
        prune.run(KEPT_CHANGES)
      })
      last = Promise.allSettled([last, written])
      written.catch((error: unknown) => fault(`store the state of breaker "${name}"`, error))
    },
    list() {
      const changes = store.prepare('SELECT name, change FROM bus_breaker_change ORDER BY id').all<{ name: string; change: string }>()
      const byName = Map.groupBy(changes, ({ name }) => name)
      return store
        .prepare('SELECT name, snapshot FROM bus_breaker ORDER BY name')
        .all<{ name: string; snapshot: string }>()
        .map(({ name, snapshot }) => ({
          name,
          snapshot: JSON.parse(snapshot) as BreakerSnapshot,
          changes: (byName.get(name) ?? []).map(({ change }) => JSON.parse(change) as BreakerChange),
        }))
    },
    settled: async () => void (await last),
  }
}
