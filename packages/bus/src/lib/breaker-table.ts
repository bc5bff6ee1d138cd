import type { BreakerSnapshot } from '@switchyard/resilience'
import type { Store } from '@switchyard/store'

const MIGRATIONS = [
  'CREATE TABLE bus_breaker (name TEXT PRIMARY KEY, snapshot TEXT NOT NULL, changed_at_ms INTEGER NOT NULL) WITHOUT ROWID',
]

/** Where breakers keep their state over a restart. */
export interface BreakerTable {
  /** As it was written; whoever takes it up checks it. */
  read(name: string): unknown
  /** Returns at once; a write that fails is reported and costs only the memory of a restart. */
  write(name: string, snapshot: BreakerSnapshot): void
  /** Resolves when all writes so far have ended. */
  settled(): Promise<void>
}

export function createBreakerTable(store: Store, fault: (doing: string, error: unknown) => void): BreakerTable {
  store.migrate('bus', MIGRATIONS)
  const select = store.prepare('SELECT snapshot FROM bus_breaker WHERE name = ?')
  const upsert = store.prepare(
    'INSERT INTO bus_breaker (name, snapshot, changed_at_ms) VALUES (?, ?, ?) ON CONFLICT (name) DO UPDATE SET snapshot = excluded.snapshot, changed_at_ms = excluded.changed_at_ms',
  )
  let last: Promise<unknown> = Promise.resolve()
  return {
    read(name) {
      const row = select.get<{ snapshot: string }>(name)
      return row === undefined ? undefined : JSON.parse(row.snapshot)
    },
    write(name, snapshot) {
      const written = store.commit(() => upsert.run(name, JSON.stringify(snapshot), snapshot.at))
      last = Promise.allSettled([last, written])
      written.catch((error: unknown) => fault(`store the state of breaker "${name}"`, error))
    },
    settled: async () => void (await last),
  }
}
