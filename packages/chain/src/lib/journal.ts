import type { WireError } from '@switchyard/contracts'
import type { Undo } from '@switchyard/plugin-kit'
import type { Store } from '@switchyard/store'
import type { ChainState, StepState, UndoState } from './chain.ts'
import { expectedNumberOf } from './chain-id.ts'

/** A leaf's number is that of its chain, and within it the order in which its leaves began. */
export const LEAVES_A_CHAIN = 2 ** 22

/** A chain at work is in no index: each is one more page to write at its start and its end. */
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
    SELECT run * ${LEAVES_A_CHAIN} + row_number() OVER (PARTITION BY run ORDER BY started_ms, path) - 1, path, state, seq, attempts, input,
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
]

/** So many chains may begin at once for one to be found without a look at all. */
const AROUND = 1_000

/** The leaves of one chain; binds its number twice. */
const OF_CHAIN = `number BETWEEN ? * ${LEAVES_A_CHAIN} AND ? * ${LEAVES_A_CHAIN} + ${LEAVES_A_CHAIN - 1}`

/** What a person asked of a chain. */
export type Wanted = 'undo' | 'stop'

export interface RunRow {
  readonly number: number
  readonly id: string
  readonly name: string
  readonly definition: string
  readonly input: string
  readonly trace: string
  readonly state: ChainState
  readonly output: string | null
  readonly error: string | null
  readonly started_ms: number
  readonly ended_ms: number | null
  readonly owner: string | null
  readonly fence: number
  readonly due_ms: number | null
  readonly wanted: Wanted | null
  readonly woken: number
  readonly plugin: string | null
}

/** One leaf of a chain as it is kept; texts are JSON. */
export interface StepRecord {
  readonly path: string
  /** Counts the leaves of its chain; undefined until it is first saved. */
  place: number | undefined
  state: StepState
  /** Counts completions over the whole chain. */
  seq: number | null
  attempts: number
  input: string | null
  output: string | null
  error: WireError | null
  mayHaveRun: boolean
  /** How to take it back; `none` where there is nothing to take back, null where nobody knows how. */
  undo: Undo | 'none' | null
  undoState: UndoState | null
  undoSeq: number | null
  undoError: WireError | null
  startedMs: number
  endedMs: number | null
  dueMs: number | null
  topic: string | null
  /** What a person or an event said, as JSON. */
  answer: string | null
}

export function newRecord(path: string, state: StepState, nowMs: number): StepRecord {
  return {
    path,
    place: undefined,
    state,
    seq: null,
    attempts: 0,
    input: null,
    output: null,
    error: null,
    mayHaveRun: false,
    undo: null,
    undoState: null,
    undoSeq: null,
    undoError: null,
    startedMs: nowMs,
    endedMs: null,
    dueMs: null,
    topic: null,
    answer: null,
  }
}

/** How often a leaf was taken back before it was tried again; kept as a record of its own while the leaf's is forgotten. */
export const undoneOf = (path: string): string => `${path}~undone`

export const timesUndone = ({ records }: { readonly records: ReadonlyMap<string, StepRecord> }, path: string): number =>
  records.get(undoneOf(path))?.attempts ?? 0

interface StepRow {
  readonly number: number
  readonly path: string
  readonly state: StepState
  readonly seq: number | null
  readonly attempts: number
  readonly input: string | null
  readonly output: string | null
  readonly error: string | null
  readonly may_have_run: number
  readonly undo: string | null
  readonly undo_state: UndoState | null
  readonly undo_seq: number | null
  readonly undo_error: string | null
  readonly started_ms: number
  readonly ended_ms: number | null
  readonly due_ms: number | null
  readonly topic: string | null
  readonly answer: string | null
}

/** A new chain, as its first commit writes it. */
export interface NewRun {
  readonly id: string
  readonly name: string
  readonly definition: string
  readonly input: string
  readonly trace: string
  readonly startedMs: number
  readonly owner: string
  readonly plugin: string | undefined
  readonly key: string | undefined
}

/** The rows of chains and their leaves. Every method is a statement or two; transactions are the caller's. */
export type Journal = ReturnType<typeof createJournal>

/** `plugins` are those whose chains may be claimed; undefined: all. */
export function createJournal(store: Store, plugins?: readonly string[]) {
  const mine = plugins === undefined ? '' : `AND (plugin IS NULL OR plugin IN (${plugins.map(() => '?').join(', ')}))`
  store.migrate('chain', MIGRATIONS)
  const addDefinition = store.prepare('INSERT INTO chain_definition VALUES (?, ?) ON CONFLICT DO NOTHING')
  const readDefinition = store.prepare('SELECT body FROM chain_definition WHERE hash = ?')
  const hasDefinition = store.prepare('SELECT 1 FROM chain_definition WHERE hash = ?')
  const addRun = store.prepare(
    `INSERT INTO chain_run (id, name, definition, input, trace, state, started_ms, owner, plugin, key) VALUES (?, ?, ?, ?, ?, 'running', ?, ?, ?, ?)`,
  )
  const byKey = store.prepare(`SELECT id FROM chain_run WHERE key = ? AND ifnull(plugin, '') = ?`)
  const lastNumber = store.prepare('SELECT max(number) AS last FROM chain_run')
  const near = store.prepare('SELECT * FROM chain_run WHERE number BETWEEN ? AND ? AND id = ?')
  const anywhere = store.prepare('SELECT * FROM chain_run WHERE id = ?')
  const readFence = store.prepare('SELECT fence, owner FROM chain_run WHERE number = ?')
  const setState = store.prepare('UPDATE chain_run SET state = ?, error = ? WHERE number = ?')
  const rest = store.prepare(
    'UPDATE chain_run SET state = ?, error = ?, owner = NULL, due_ms = CASE WHEN woken = 1 THEN 0 ELSE ? END WHERE number = ? RETURNING woken, due_ms',
  )
  const end = store.prepare(
    'UPDATE chain_run SET state = ?, error = ?, output = ?, ended_ms = ?, owner = NULL, due_ms = NULL, woken = 0 WHERE number = ?',
  )
  const claim = store.prepare(
    `UPDATE chain_run SET owner = ?, fence = fence + 1, woken = 0, due_ms = NULL WHERE number IN
      (SELECT number FROM chain_run WHERE owner IS NULL AND due_ms <= ? AND ended_ms IS NULL ${mine} ORDER BY due_ms LIMIT ?) RETURNING *`,
  )
  const claimOne = store.prepare(
    `UPDATE chain_run SET owner = ?, fence = fence + 1, woken = 0, due_ms = NULL
     WHERE number = ? AND owner IS NULL AND ended_ms IS NULL ${mine} RETURNING *`,
  )
  const release = store.prepare('UPDATE chain_run SET owner = NULL, due_ms = 0, fence = fence + 1 WHERE owner = ? AND ended_ms IS NULL')
  const nextDue = store.prepare(`SELECT min(due_ms) AS due FROM chain_run WHERE owner IS NULL AND ended_ms IS NULL ${mine}`)
  const woken = store.prepare('SELECT number, id, wanted FROM chain_run WHERE owner = ? AND woken = 1')
  const clearWoken = store.prepare('UPDATE chain_run SET woken = 0 WHERE number = ?')
  const wake = store.prepare('UPDATE chain_run SET woken = 1, due_ms = CASE WHEN owner IS NULL THEN 0 ELSE due_ms END WHERE number = ?')
  const want = store.prepare('UPDATE chain_run SET wanted = ? WHERE number = ?')
  const putStep = store.prepare(
    `INSERT INTO chain_leaf VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
     ON CONFLICT DO UPDATE SET state = excluded.state, seq = excluded.seq, attempts = excluded.attempts, input = excluded.input,
       output = excluded.output, error = excluded.error, may_have_run = excluded.may_have_run, undo = excluded.undo,
       undo_state = excluded.undo_state, undo_seq = excluded.undo_seq, undo_error = excluded.undo_error,
       ended_ms = excluded.ended_ms, due_ms = excluded.due_ms, topic = excluded.topic,
       answer = CASE excluded.state WHEN 'started' THEN NULL ELSE answer END`,
  )
  const steps = store.prepare(`SELECT * FROM chain_leaf WHERE ${OF_CHAIN} ORDER BY path`)
  const removeStep = store.prepare(`DELETE FROM chain_leaf WHERE ${OF_CHAIN} AND path = ?`)
  const setAnswer = store.prepare(`UPDATE chain_leaf SET answer = ? WHERE ${OF_CHAIN} AND path = ? AND state IN (?, ?) AND answer IS NULL`)
  const setUncertain = store.prepare(
    `UPDATE chain_leaf SET state = 'uncertain', error = ?, answer = NULL, ended_ms = NULL WHERE ${OF_CHAIN} AND path = ?`,
  )
  const waitingFor = store.prepare(
    `SELECT chain_run.number AS run, id, path, chain_leaf.input, chain_leaf.started_ms FROM chain_leaf
     JOIN chain_run ON chain_run.number = chain_leaf.number / ${LEAVES_A_CHAIN}
     WHERE topic = ? AND chain_leaf.state = 'waiting' AND answer IS NULL`,
  )
  const clearUndoFailures = store.prepare(`UPDATE chain_leaf SET undo_state = NULL WHERE ${OF_CHAIN} AND undo_state = 'failed'`)
  const removeSteps = store.prepare(`DELETE FROM chain_leaf WHERE ${OF_CHAIN}`)
  const waitingSince = store.prepare(`SELECT min(started_ms) AS since FROM chain_leaf WHERE topic = ? AND state = 'waiting'`)
  const topics = store.prepare(`SELECT DISTINCT topic FROM chain_leaf WHERE topic IS NOT NULL AND state = 'waiting'`)

  /** First where it should be, then around that, then everywhere: ids of before say nothing of where their chains are. */
  function run(id: string): RunRow | undefined {
    const expected = expectedNumberOf(id)
    if (expected === undefined) return anywhere.get<RunRow>(id)
    const around = (rows: number): RunRow | undefined => near.get<RunRow>(expected - rows, expected + rows, id)
    return around(0) ?? around(AROUND) ?? anywhere.get<RunRow>(id)
  }

  return {
    addDefinition: (hash: string, body: string) => void addDefinition.run(hash, body),
    hasDefinition: (hash: string) => hasDefinition.get(hash) !== undefined,
    definition: (hash: string) => readDefinition.get<{ body: string }>(hash)?.body,
    addRun: (run: NewRun) =>
      Number(
        addRun.run(run.id, run.name, run.definition, run.input, run.trace, run.startedMs, run.owner, run.plugin ?? null, run.key ?? null)
          .lastInsertRowid,
      ),
    withKey: (key: string, plugin: string | undefined) => byKey.get<{ id: string }>(key, plugin ?? '')?.id,
    /** Of the next chain, unless others begin at the same time. */
    nextNumber: () => (lastNumber.get<{ last: number | null }>()?.last ?? 0) + 1,
    run,
    /** Whether a chain still belongs to who holds it under this fencing number. */
    isHeld(number: number, fence: number, owner: string) {
      const row = readFence.get<{ fence: number; owner: string | null }>(number)
      return row?.fence === fence && row.owner === owner
    },
    setState: (number: number, state: ChainState, error: WireError | undefined) => void setState.run(state, json(error), number),
    /** Puts a chain to rest, owned by nobody; true when a word for it came in meanwhile. */
    rest: (number: number, state: ChainState, error: WireError | undefined, dueMs: number | null) =>
      rest.get<{ woken: number }>(state, json(error), dueMs, number)?.woken === 1,
    end: (number: number, state: ChainState, error: WireError | undefined, output: string | null, nowMs: number) =>
      void end.run(state, json(error), output, nowMs, number),
    claim: (owner: string, nowMs: number, limit: number) => claim.all<RunRow>(owner, nowMs, ...(plugins ?? []), limit),
    claimOne(owner: string, id: string) {
      const { number } = run(id) ?? {}
      return number === undefined ? [] : claimOne.all<RunRow>(owner, number, ...(plugins ?? []))
    },
    release: (owner: string) => release.run(owner).changes,
    nextDue: () => nextDue.get<{ due: number | null }>(...(plugins ?? []))?.due ?? undefined,
    woken: (owner: string) => woken.all<{ number: number; id: string; wanted: Wanted | null }>(owner),
    clearWoken: (number: number) => void clearWoken.run(number),
    wake: (number: number) => void wake.run(number),
    want: (number: number, wanted: Wanted | null) => void want.run(wanted, number),
    putStep(run: number, one: StepRecord) {
      putStep.run(
        run * LEAVES_A_CHAIN + one.place!,
        one.path,
        one.state,
        one.seq,
        one.attempts,
        one.input,
        one.output,
        json(one.error),
        one.mayHaveRun ? 1 : 0,
        json(one.undo),
        one.undoState,
        one.undoSeq,
        json(one.undoError),
        one.startedMs,
        one.endedMs,
        one.dueMs,
        one.topic,
        one.answer,
      )
    },
    steps: (run: number) => steps.all<StepRow>(run, run).map(recordOfRow),
    /** True unless it was answered already or does not wait. */
    setAnswer: (run: number, path: string, state: StepState, answer: string) =>
      setAnswer.run(answer, run, run, path, state, state).changes === 1,
    setUncertain: (run: number, path: string, error: WireError) => void setUncertain.run(json(error), run, run, path),
    waitingFor: (topic: string) =>
      waitingFor.all<{ run: number; id: string; path: string; input: string | null; started_ms: number }>(topic),
    /** Since when the first one of them does. */
    waitingSince: (topic: string) => waitingSince.get<{ since: number | null }>(topic)?.since ?? undefined,
    topics: () => topics.all<{ topic: string }>().map(({ topic }) => topic),
    removeStep: (run: number, path: string) => void removeStep.run(run, run, path),
    reopen: store.prepare(
      'UPDATE chain_run SET state = ?, error = ?, output = NULL, ended_ms = NULL, owner = NULL, due_ms = 0, wanted = NULL, fence = fence + 1 WHERE number = ?',
    ),
    clearUndoFailures: (run: number) => void clearUndoFailures.run(run, run),
    list: ({ unfinished, plugin, limit }: { unfinished: boolean; plugin: string | undefined; limit: number }) =>
      store
        .prepare(
          `SELECT * FROM chain_run WHERE ${unfinished ? 'ended_ms IS NULL' : 'true'} ${plugin === undefined ? '' : 'AND plugin = ?'}
           ORDER BY number DESC LIMIT ?`,
        )
        .all<RunRow>(...(plugin === undefined ? [] : [plugin]), limit),
    deadLetters: store.prepare(
      `SELECT chain_run.id, chain_run.name, path, undo, undo_error FROM chain_run
       JOIN chain_leaf ON chain_leaf.number BETWEEN chain_run.number * ${LEAVES_A_CHAIN} AND chain_run.number * ${LEAVES_A_CHAIN} + ${LEAVES_A_CHAIN - 1}
       WHERE chain_run.state = 'compensation_failed' AND undo_state = 'failed' ORDER BY chain_run.number DESC`,
    ),
    ended: store.prepare('SELECT number FROM chain_run WHERE ended_ms < ? ORDER BY number LIMIT 1000'),
    removeRun: store.prepare('DELETE FROM chain_run WHERE number = ? AND ended_ms < ?'),
    removeDefinitions: store.prepare('DELETE FROM chain_definition WHERE hash NOT IN (SELECT definition FROM chain_run)'),
    removeSteps: (run: number) => void removeSteps.run(run, run),
  }
}

function recordOfRow(row: StepRow): StepRecord {
  return {
    path: row.path,
    place: row.number % LEAVES_A_CHAIN,
    state: row.state,
    seq: row.seq,
    attempts: row.attempts,
    input: row.input,
    output: row.output,
    error: parsed(row.error),
    mayHaveRun: row.may_have_run === 1,
    undo: parsed(row.undo),
    undoState: row.undo_state,
    undoSeq: row.undo_seq,
    undoError: parsed(row.undo_error),
    startedMs: row.started_ms,
    endedMs: row.ended_ms,
    dueMs: row.due_ms,
    topic: row.topic,
    answer: row.answer,
  }
}

function json(value: unknown): string | null {
  return value === null || value === undefined ? null : JSON.stringify(value)
}

function parsed<value>(text: string | null): value | null {
  return text === null ? null : (JSON.parse(text) as value)
}
