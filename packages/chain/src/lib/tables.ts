/** A row's number is that of its chain times this, and its place in the chain: the chain itself is at 0, then come its leaves as they began. */
export const ROWS_A_CHAIN = 2 ** 22

/** Each but the first leads from the one before; what was released is never edited, only appended to. */
export const MIGRATIONS = [
  `CREATE TABLE chain_definition (hash TEXT PRIMARY KEY, body TEXT NOT NULL) STRICT, WITHOUT ROWID;
  CREATE TABLE chain_runner (id TEXT PRIMARY KEY, host TEXT NOT NULL, pid INTEGER NOT NULL, beat INTEGER NOT NULL DEFAULT 0) STRICT;
  CREATE TABLE chain_run (
    number INTEGER PRIMARY KEY,
    id TEXT NOT NULL UNIQUE,
    name TEXT NOT NULL,
    definition TEXT NOT NULL,
    input TEXT NOT NULL,
    trace TEXT NOT NULL,
    state TEXT NOT NULL,
    output TEXT,
    error TEXT,
    started_ms INTEGER NOT NULL,
    ended_ms INTEGER,
    owner TEXT,
    fence INTEGER NOT NULL DEFAULT 1,
    due_ms INTEGER,
    wanted TEXT,
    woken INTEGER NOT NULL DEFAULT 0
  ) STRICT;
  CREATE INDEX chain_run_resting ON chain_run (due_ms) WHERE owner IS NULL AND ended_ms IS NULL;
  CREATE INDEX chain_run_woken ON chain_run (owner) WHERE woken = 1;
  CREATE INDEX chain_run_failed ON chain_run (number) WHERE state = 'compensation_failed';
  CREATE TABLE chain_step (
    run INTEGER NOT NULL,
    path TEXT NOT NULL,
    state TEXT NOT NULL,
    seq INTEGER,
    attempts INTEGER NOT NULL,
    input TEXT,
    output TEXT,
    error TEXT,
    may_have_run INTEGER NOT NULL,
    undo TEXT,
    undo_state TEXT,
    undo_seq INTEGER,
    undo_error TEXT,
    started_ms INTEGER NOT NULL,
    ended_ms INTEGER,
    due_ms INTEGER,
    topic TEXT,
    answer TEXT,
    PRIMARY KEY (run, path)
  ) STRICT, WITHOUT ROWID;
  CREATE INDEX chain_step_topic ON chain_step (topic) WHERE topic IS NOT NULL AND state = 'waiting'`,
  `ALTER TABLE chain_run ADD COLUMN plugin TEXT;
  ALTER TABLE chain_run ADD COLUMN key TEXT;
  CREATE UNIQUE INDEX chain_run_key ON chain_run (key, ifnull(plugin, '')) WHERE key IS NOT NULL;
  CREATE INDEX chain_run_plugin ON chain_run (plugin) WHERE plugin IS NOT NULL`,
  // By a number that grows, so that a new leaf goes to the end of the table and splits no page.
  `CREATE TABLE chain_leaf (
    number INTEGER PRIMARY KEY,
    path TEXT NOT NULL,
    state TEXT NOT NULL,
    seq INTEGER,
    attempts INTEGER NOT NULL,
    input TEXT,
    output TEXT,
    error TEXT,
    may_have_run INTEGER NOT NULL,
    undo TEXT,
    undo_state TEXT,
    undo_seq INTEGER,
    undo_error TEXT,
    started_ms INTEGER NOT NULL,
    ended_ms INTEGER,
    due_ms INTEGER,
    topic TEXT,
    answer TEXT
  ) STRICT;
  INSERT INTO chain_leaf
    SELECT run * ${ROWS_A_CHAIN} + row_number() OVER (PARTITION BY run ORDER BY started_ms, path) - 1, path, state, seq, attempts, input,
      output, error, may_have_run, undo, undo_state, undo_seq, undo_error, started_ms, ended_ms, due_ms, topic, answer FROM chain_step;
  DROP TABLE chain_step;
  CREATE INDEX chain_leaf_topic ON chain_leaf (topic) WHERE topic IS NOT NULL AND state = 'waiting'`,
  // Without an index of ids, as they say where their chains are.
  `CREATE TABLE chain_run_now (
    number INTEGER PRIMARY KEY,
    id TEXT NOT NULL,
    name TEXT NOT NULL,
    definition TEXT NOT NULL,
    input TEXT NOT NULL,
    trace TEXT NOT NULL,
    state TEXT NOT NULL,
    output TEXT,
    error TEXT,
    started_ms INTEGER NOT NULL,
    ended_ms INTEGER,
    owner TEXT,
    fence INTEGER NOT NULL DEFAULT 1,
    due_ms INTEGER,
    wanted TEXT,
    woken INTEGER NOT NULL DEFAULT 0,
    plugin TEXT,
    key TEXT
  ) STRICT;
  INSERT INTO chain_run_now SELECT number, id, name, definition, input, trace, state, output, error, started_ms, ended_ms, owner, fence,
    due_ms, wanted, woken, plugin, key FROM chain_run;
  DROP TABLE chain_run;
  ALTER TABLE chain_run_now RENAME TO chain_run;
  CREATE INDEX chain_run_resting ON chain_run (due_ms) WHERE owner IS NULL AND ended_ms IS NULL;
  CREATE INDEX chain_run_woken ON chain_run (owner) WHERE woken = 1;
  CREATE INDEX chain_run_failed ON chain_run (number) WHERE state = 'compensation_failed';
  CREATE UNIQUE INDEX chain_run_key ON chain_run (key, ifnull(plugin, '')) WHERE key IS NOT NULL;
  CREATE INDEX chain_run_plugin ON chain_run (plugin) WHERE plugin IS NOT NULL`,
  // Chains and leaves in one table, at whose end all of a chain lies together: a commit mostly writes the one page that is last, where it wrote
  // one of each table. A chain at work is in no index, as each is one more page to write at its start and its end.
  `CREATE TABLE chain_journal (
    number INTEGER PRIMARY KEY,
    path TEXT,
    state TEXT NOT NULL,
    input TEXT,
    output TEXT,
    error TEXT,
    started_ms INTEGER NOT NULL,
    ended_ms INTEGER,
    due_ms INTEGER,
    seq INTEGER,
    attempts INTEGER,
    may_have_run INTEGER,
    undo TEXT,
    undo_state TEXT,
    undo_seq INTEGER,
    undo_error TEXT,
    topic TEXT,
    answer TEXT,
    id TEXT,
    name TEXT,
    definition TEXT,
    trace TEXT,
    owner TEXT,
    fence INTEGER,
    wanted TEXT,
    woken INTEGER,
    plugin TEXT,
    key TEXT
  ) STRICT;
  INSERT INTO chain_journal (number, state, input, output, error, started_ms, ended_ms, due_ms, id, name, definition, trace, owner, fence,
      wanted, woken, plugin, key)
    SELECT number * ${ROWS_A_CHAIN}, state, input, output, error, started_ms, ended_ms, due_ms, id, name, definition, trace, owner, fence,
      wanted, woken, plugin, key FROM chain_run;
  INSERT INTO chain_journal (number, path, state, input, output, error, started_ms, ended_ms, due_ms, seq, attempts, may_have_run, undo,
      undo_state, undo_seq, undo_error, topic, answer)
    SELECT number + 1, path, state, input, output, error, started_ms, ended_ms, due_ms, seq, attempts, may_have_run, undo, undo_state,
      undo_seq, undo_error, topic, answer FROM chain_leaf;
  DROP TABLE chain_run;
  DROP TABLE chain_leaf;
  CREATE INDEX chain_resting ON chain_journal (due_ms) WHERE path IS NULL AND owner IS NULL AND ended_ms IS NULL;
  CREATE INDEX chain_woken ON chain_journal (owner) WHERE woken = 1;
  CREATE INDEX chain_failed ON chain_journal (number) WHERE state = 'compensation_failed';
  CREATE UNIQUE INDEX chain_key ON chain_journal (key, ifnull(plugin, '')) WHERE key IS NOT NULL;
  CREATE INDEX chain_plugin ON chain_journal (plugin) WHERE plugin IS NOT NULL;
  CREATE INDEX chain_topic ON chain_journal (topic) WHERE topic IS NOT NULL AND state = 'waiting';
  ALTER TABLE chain_runner ADD COLUMN oldest INTEGER NOT NULL DEFAULT 0`,
  'ALTER TABLE chain_journal ADD COLUMN limits TEXT',
]
