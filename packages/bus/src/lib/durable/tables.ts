import type { Store } from '@switchyard/store'

/** Opens the tables of durable topics; the room's name in the store is `bus-durable`. */
export function openTables(store: Store): void {
  store.migrate('bus-durable', MIGRATIONS)
}

const MIGRATIONS: readonly string[] = [
  // Positions come from bus_log and not from a rowid: a rowid is given again once the newest rows are pruned.
  // A stream is one source on one topic; it stays when its messages go, as its sequence must not begin again.
  `
  CREATE TABLE bus_log (id INTEGER PRIMARY KEY CHECK (id = 1), last_position INTEGER NOT NULL) STRICT;
  INSERT INTO bus_log VALUES (1, 0);

  CREATE TABLE bus_stream (
    id INTEGER PRIMARY KEY,
    topic TEXT NOT NULL,
    source TEXT NOT NULL,
    last_sequence INTEGER NOT NULL DEFAULT 0,
    messages INTEGER NOT NULL DEFAULT 0,
    bytes INTEGER NOT NULL DEFAULT 0,
    UNIQUE (topic, source)
  ) STRICT;

  CREATE TABLE bus_message (
    position INTEGER PRIMARY KEY,
    stream INTEGER NOT NULL,
    sequence INTEGER NOT NULL,
    sent_at_ms INTEGER NOT NULL,
    expires_at_ms INTEGER,
    only_for TEXT,
    bytes INTEGER NOT NULL,
    envelope TEXT NOT NULL
  ) STRICT;

  CREATE TABLE bus_owner (
    id TEXT PRIMARY KEY,
    host TEXT NOT NULL,
    pid INTEGER NOT NULL,
    beat INTEGER NOT NULL DEFAULT 0
  ) STRICT, WITHOUT ROWID;

  CREATE TABLE bus_subscription (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    name TEXT NOT NULL UNIQUE,
    pattern TEXT NOT NULL,
    low_water INTEGER NOT NULL,
    fence INTEGER NOT NULL DEFAULT 0,
    owner TEXT
  ) STRICT;

  CREATE TABLE bus_delivery (
    subscription INTEGER NOT NULL,
    position INTEGER NOT NULL,
    attempts INTEGER NOT NULL,
    settled INTEGER NOT NULL,
    due_at_ms INTEGER NOT NULL,
    delay_ms INTEGER NOT NULL,
    failures TEXT NOT NULL,
    PRIMARY KEY (subscription, position)
  ) STRICT, WITHOUT ROWID;

  CREATE TABLE bus_dead_letter (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    reason TEXT NOT NULL,
    subscription TEXT NOT NULL,
    pattern TEXT NOT NULL,
    position INTEGER NOT NULL,
    topic TEXT NOT NULL,
    source TEXT NOT NULL,
    sequence INTEGER NOT NULL,
    sent_at_ms INTEGER NOT NULL,
    expires_at_ms INTEGER,
    first_failed_at_ms INTEGER NOT NULL,
    last_failed_at_ms INTEGER NOT NULL,
    bytes INTEGER NOT NULL,
    error TEXT NOT NULL,
    attempts TEXT NOT NULL,
    envelope TEXT NOT NULL
  ) STRICT;

  CREATE TABLE bus_result (
    scope TEXT NOT NULL,
    key TEXT NOT NULL,
    owner TEXT NOT NULL,
    at_ms INTEGER NOT NULL,
    result TEXT,
    PRIMARY KEY (scope, key)
  ) STRICT, WITHOUT ROWID;
  `,
]
