import type { WireError } from '@switchyard/contracts'
import type { Undo } from '@switchyard/plugin-kit'
import type { Store } from '@switchyard/store'
import type { ChainState, StepState, UndoState } from './chain.ts'
import { expectedNumberOf } from './chain-id.ts'
import { json } from './json.ts'
import { MIGRATIONS, ROWS_A_CHAIN } from './tables.ts'

/** So many chains may begin at once for one to be found without a look at all. */
const AROUND = 1_000

/** A call of `prune` forgets no more. */
const MAX_FORGOTTEN = 1_000

/** The row of a chain itself, and those of its leaves; each binds its number, the second twice. */
const CHAIN = `number = ? * ${ROWS_A_CHAIN}`
const LEAVES = `number BETWEEN ? * ${ROWS_A_CHAIN} + 1 AND ? * ${ROWS_A_CHAIN} + ${ROWS_A_CHAIN - 1}`

const RUN_COLUMNS = `number / ${ROWS_A_CHAIN} AS number, id, name, definition, input, trace, state, output, error, started_ms, ended_ms, owner, fence,
  due_ms, wanted, woken, plugin, limits`
const STEP_COLUMNS = `number % ${ROWS_A_CHAIN} AS place, path, state, seq, attempts, input, output, error, may_have_run, undo, undo_state, undo_seq,
  undo_error, started_ms, ended_ms, due_ms, topic, answer`

/** A chain that belongs to nobody and goes on when its time comes. */
const RESTING = 'path IS NULL AND owner IS NULL AND ended_ms IS NULL'

/** Every chain, newest first, from row to row past the leaves between them. */
const NEWEST_FIRST = `WITH RECURSIVE chain (at) AS (
    SELECT max(number) / ${ROWS_A_CHAIN} * ${ROWS_A_CHAIN} FROM chain_journal
    UNION ALL
    SELECT (SELECT max(number) FROM chain_journal WHERE number < at) / ${ROWS_A_CHAIN} * ${ROWS_A_CHAIN} FROM chain WHERE at IS NOT NULL)
  SELECT ${RUN_COLUMNS} FROM chain CROSS JOIN chain_journal ON number = at`

/** So many chains from the oldest on, as clocks may have been wrong, and more up to the first that began at a moment or later. */
const OLDEST_FIRST = `WITH RECURSIVE chain (at, looked) AS (
    SELECT min(number), 1 FROM chain_journal
    UNION ALL
    SELECT (SELECT min(number) FROM chain_journal WHERE number >= at + ${ROWS_A_CHAIN}), looked + 1 FROM chain
      WHERE at IS NOT NULL AND (looked < ? OR (SELECT started_ms FROM chain_journal WHERE number = at) < ?))
  SELECT ${RUN_COLUMNS} FROM chain CROSS JOIN chain_journal ON number = at`

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
  /** JSON. */
  readonly limits: string | null
}

/** One leaf of a chain as it is kept; texts are JSON. */
export interface StepRecord {
  readonly path: string
  /** Counts the leaves of its chain from 1; undefined until it is first saved. */
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
  readonly place: number
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
    `INSERT INTO chain_journal (number, id, name, definition, input, trace, state, started_ms, owner, fence, woken, plugin, limits, key)
     VALUES ((SELECT ifnull(max(number) / ${ROWS_A_CHAIN}, 0) + 1 FROM chain_journal) * ${ROWS_A_CHAIN}, ?, ?, ?, ?, ?, 'running', ?, ?, 1, 0, ?, ?, ?)`,
  )
  const byKey = store.prepare(`SELECT id FROM chain_journal WHERE key = ? AND ifnull(plugin, '') = ?`)
  const lastNumber = store.prepare(`SELECT max(number) / ${ROWS_A_CHAIN} AS last FROM chain_journal`)
  const exactly = store.prepare(`SELECT ${RUN_COLUMNS} FROM chain_journal WHERE ${CHAIN} AND id = ?`)
  const around = store.prepare(
    `WITH RECURSIVE chain (expected) AS (SELECT ? UNION ALL SELECT expected + 1 FROM chain WHERE expected < ?)
     SELECT ${RUN_COLUMNS} FROM chain CROSS JOIN chain_journal ON number = expected * ${ROWS_A_CHAIN} WHERE id = ?`,
  )
  const anywhere = store.prepare(`${NEWEST_FIRST} WHERE id = ?`)
  const newest = store.prepare(`${NEWEST_FIRST} LIMIT ?`)
  // Whose chain is at work has begun with none that is older than its runner says.
  const notEnded = store.prepare(
    `SELECT ${RUN_COLUMNS} FROM chain_journal WHERE number IN (
       SELECT number FROM chain_journal WHERE ${RESTING} UNION ALL
       SELECT number FROM chain_journal
         WHERE number >= (SELECT min(oldest) FROM chain_runner) * ${ROWS_A_CHAIN} AND owner IS NOT NULL AND ended_ms IS NULL)
     ORDER BY chain_journal.number DESC LIMIT ?`,
  )
  const ofPlugin = store.prepare(
    `SELECT ${RUN_COLUMNS} FROM chain_journal WHERE plugin = ? AND (ended_ms IS NULL OR NOT ?) ORDER BY chain_journal.number DESC LIMIT ?`,
  )
  const held = store.prepare(`SELECT 1 FROM chain_journal WHERE ${CHAIN} AND fence = ? AND owner = ?`)
  const setState = store.prepare(`UPDATE chain_journal SET state = ?, error = ? WHERE ${CHAIN}`)
  const rest = store.prepare(
    `UPDATE chain_journal SET state = ?, error = ?, owner = NULL, due_ms = CASE WHEN woken = 1 THEN 0 ELSE ? END WHERE ${CHAIN} RETURNING woken`,
  )
  const end = store.prepare(
    `UPDATE chain_journal SET state = ?, error = ?, output = ?, ended_ms = ?, owner = NULL, due_ms = NULL, woken = 0 WHERE ${CHAIN}`,
  )
  const claim = store.prepare(
    `UPDATE chain_journal SET owner = ?, fence = fence + 1, woken = 0, due_ms = NULL WHERE number IN
      (SELECT number FROM chain_journal WHERE ${RESTING} AND due_ms <= ? ${mine} ORDER BY due_ms LIMIT ?) RETURNING ${RUN_COLUMNS}`,
  )
  const claimOne = store.prepare(
    `UPDATE chain_journal SET owner = ?, fence = fence + 1, woken = 0, due_ms = NULL
     WHERE ${CHAIN} AND ${RESTING} ${mine} RETURNING ${RUN_COLUMNS}`,
  )
  const release = store.prepare(
    `UPDATE chain_journal SET owner = NULL, due_ms = 0, fence = fence + 1
     WHERE number >= (SELECT oldest FROM chain_runner WHERE id = ?) * ${ROWS_A_CHAIN} AND owner = ? AND ended_ms IS NULL`,
  )
  const nextDue = store.prepare(`SELECT min(due_ms) AS due FROM chain_journal WHERE ${RESTING} ${mine}`)
  const woken = store.prepare(`SELECT number / ${ROWS_A_CHAIN} AS number, id, wanted FROM chain_journal WHERE owner = ? AND woken = 1`)
  const clearWoken = store.prepare(`UPDATE chain_journal SET woken = 0 WHERE ${CHAIN}`)
  const wake = store.prepare(`UPDATE chain_journal SET woken = 1, due_ms = CASE WHEN owner IS NULL THEN 0 ELSE due_ms END WHERE ${CHAIN}`)
  const want = store.prepare(`UPDATE chain_journal SET wanted = ? WHERE ${CHAIN}`)
  const putStep = store.prepare(
    `INSERT INTO chain_journal (number, path, state, seq, attempts, input, output, error, may_have_run, undo, undo_state, undo_seq, undo_error,
       started_ms, ended_ms, due_ms, topic, answer)
     VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
     ON CONFLICT DO UPDATE SET state = excluded.state, seq = excluded.seq, attempts = excluded.attempts, input = excluded.input,
       output = excluded.output, error = excluded.error, may_have_run = excluded.may_have_run, undo = excluded.undo,
       undo_state = excluded.undo_state, undo_seq = excluded.undo_seq, undo_error = excluded.undo_error, started_ms = excluded.started_ms,
       ended_ms = excluded.ended_ms, due_ms = excluded.due_ms, topic = excluded.topic,
       answer = CASE excluded.state WHEN 'started' THEN NULL ELSE answer END`,
  )
  const steps = store.prepare(`SELECT ${STEP_COLUMNS} FROM chain_journal WHERE ${LEAVES}`)
  const removeStep = store.prepare(`DELETE FROM chain_journal WHERE ${LEAVES} AND path = ?`)
  const setAnswer = store.prepare(`UPDATE chain_journal SET answer = ? WHERE ${LEAVES} AND path = ? AND state IN (?, ?) AND answer IS NULL`)
  const setUncertain = store.prepare(
    `UPDATE chain_journal SET state = 'uncertain', error = ?, answer = NULL, ended_ms = NULL WHERE ${LEAVES} AND path = ?`,
  )
  const waitingFor = store.prepare(
    `SELECT chain.number / ${ROWS_A_CHAIN} AS run, chain.id, leaf.path, leaf.input, leaf.started_ms FROM chain_journal AS leaf
     CROSS JOIN chain_journal AS chain ON chain.number = leaf.number / ${ROWS_A_CHAIN} * ${ROWS_A_CHAIN}
     WHERE leaf.topic = ? AND leaf.state = 'waiting' AND leaf.answer IS NULL`,
  )
  const clearUndoFailures = store.prepare(`UPDATE chain_journal SET undo_state = NULL WHERE ${LEAVES} AND undo_state = 'failed'`)
  const ended = store.prepare(`${OLDEST_FIRST} WHERE ended_ms < ? LIMIT ?`)
  const removeRun = store.prepare(`DELETE FROM chain_journal WHERE ${CHAIN} AND ended_ms < ?`)
  const removeSteps = store.prepare(`DELETE FROM chain_journal WHERE ${LEAVES}`)
  const waitingSince = store.prepare(`SELECT min(started_ms) AS since FROM chain_journal WHERE topic = ? AND state = 'waiting'`)
  const topics = store.prepare(`SELECT DISTINCT topic FROM chain_journal WHERE topic IS NOT NULL AND state = 'waiting'`)

  /** First where it should be, then around that, then everywhere: ids of before say nothing of where their chains are. */
  function run(id: string): RunRow | undefined {
    const expected = expectedNumberOf(id)
    if (expected === undefined) return anywhere.get<RunRow>(id)
    return exactly.get<RunRow>(expected, id) ?? around.get<RunRow>(expected - AROUND, expected + AROUND, id) ?? anywhere.get<RunRow>(id)
  }

  return {
    addDefinition: (hash: string, body: string) => void addDefinition.run(hash, body),
    hasDefinition: (hash: string) => hasDefinition.get(hash) !== undefined,
    definition: (hash: string) => readDefinition.get<{ body: string }>(hash)?.body,
    /** A chain that begins; the number it was given. */
    addRun: ({ id, name, definition, input, trace, started_ms, owner, plugin, limits }: RunRow, key: string | undefined) =>
      Number(addRun.run(id, name, definition, input, trace, started_ms, owner, plugin, limits, key ?? null).lastInsertRowid) / ROWS_A_CHAIN,
    withKey: (key: string, plugin: string | undefined) => byKey.get<{ id: string }>(key, plugin ?? '')?.id,
    /** Of the next chain, unless others begin at the same time. */
    nextNumber: () => (lastNumber.get<{ last: number | null }>()?.last ?? 0) + 1,
    run,
    /** Whether a chain still belongs to who holds it under this fencing number. */
    isHeld: (number: number, fence: number, owner: string) => held.get(number, fence, owner) !== undefined,
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
    release: (owner: string) => release.run(owner, owner).changes,
    nextDue: () => nextDue.get<{ due: number | null }>(...(plugins ?? []))?.due ?? undefined,
    woken: (owner: string) => woken.all<{ number: number; id: string; wanted: Wanted | null }>(owner),
    clearWoken: (number: number) => void clearWoken.run(number),
    wake: (number: number) => void wake.run(number),
    want: (number: number, wanted: Wanted | null) => void want.run(wanted, number),
    putStep(run: number, one: StepRecord) {
      putStep.run(
        run * ROWS_A_CHAIN + one.place!,
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
      `UPDATE chain_journal SET state = ?, error = ?, output = NULL, ended_ms = NULL, owner = NULL, due_ms = 0, wanted = NULL, fence = fence + 1
       WHERE ${CHAIN}`,
    ),
    clearUndoFailures: (run: number) => void clearUndoFailures.run(run, run),
    list({ unfinished, plugin, limit }: { unfinished: boolean; plugin: string | undefined; limit: number }) {
      if (plugin !== undefined) return ofPlugin.all<RunRow>(plugin, unfinished ? 1 : 0, limit)
      return (unfinished ? notEnded : newest).all<RunRow>(limit)
    },
    deadLetters: store.prepare(
      `SELECT chain.id, chain.name, leaf.path, leaf.undo, leaf.undo_error FROM chain_journal AS chain
       CROSS JOIN chain_journal AS leaf ON leaf.number BETWEEN chain.number + 1 AND chain.number + ${ROWS_A_CHAIN - 1}
       WHERE chain.state = 'compensation_failed' AND +leaf.undo_state = 'failed' ORDER BY chain.number DESC`,
    ),
    /** Numbers of chains that ended before a moment. */
    ended: (beforeMs: number) =>
      ended.all<{ number: number }>(MAX_FORGOTTEN, beforeMs, beforeMs, MAX_FORGOTTEN).map(({ number }) => number),
    /** Unless it was begun anew. */
    remove(run: number, endedBeforeMs: number) {
      if (removeRun.run(run, endedBeforeMs).changes === 0) return false
      removeSteps.run(run, run)
      return true
    },
    removeDefinitions: store.prepare(
      'DELETE FROM chain_definition WHERE hash NOT IN (SELECT definition FROM chain_journal WHERE definition IS NOT NULL)',
    ),
  }
}

function recordOfRow(row: StepRow): StepRecord {
  return {
    path: row.path,
    place: row.place,
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

function parsed<value>(text: string | null): value | null {
  return text === null ? null : (JSON.parse(text) as value)
}
