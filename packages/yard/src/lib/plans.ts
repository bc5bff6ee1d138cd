import { hostname } from 'node:os'
import { createShortId, toWireError, type WireError } from '@switchyard/contracts'
import type { Effect } from '@switchyard/contracts/manifest'
import type { Plan, Undo } from '@switchyard/plugin-kit'
import type { Limits } from '@switchyard/router'
import { processExists, type Store } from '@switchyard/store'
import type { TraceHeaders } from '@switchyard/trace'
import { notDiscardable, notUndoable, planUnknown, planUsed } from './errors.ts'
import type { PlannedRun } from './yard.ts'

const MIGRATIONS = [
  `CREATE TABLE yard_plan (
    id TEXT PRIMARY KEY,
    command TEXT NOT NULL,
    input TEXT NOT NULL,
    effect TEXT NOT NULL,
    plan TEXT NOT NULL,
    created_ms INTEGER NOT NULL,
    state TEXT NOT NULL,
    undo TEXT,
    error TEXT
  ) STRICT`,
  'ALTER TABLE yard_plan ADD COLUMN runner TEXT',
  'ALTER TABLE yard_plan ADD COLUMN trace TEXT',
  'ALTER TABLE yard_plan ADD COLUMN limits TEXT',
]

interface Row {
  id: string
  command: string
  input: string
  effect: Effect
  plan: string
  created_ms: number
  state: Exclude<PlannedRun['state'], 'interrupted'> | 'undoing'
  undo: string | null
  error: string | null
  /** The process that runs or undoes it, as host and process id. */
  runner: string | null
  trace: string | null
  limits: string | null
}

/** The trace that a plan belongs to, in which it is approved, run and undone, whenever and wherever that is. */
export interface PlanTrace {
  readonly headers: TraceHeaders
  /** The span of its approval, which began with the plan. */
  readonly approvalSpanId: string
}

/** Plans waiting for approval and what became of them; every change of state is on disk before it is acted on. */
export interface Plans {
  add(planned: {
    command: string
    input: unknown
    effect: Effect
    plan: Plan
    createdMs: number
    limits?: Limits | undefined
    trace?: PlanTrace | undefined
  }): PlannedRun
  /** Undefined for one of before there were traces. */
  traceOf(id: string): PlanTrace | undefined
  /** @throws PLAN_UNKNOWN */
  get(id: string): PlannedRun
  list(): readonly PlannedRun[]
  /** Takes a waiting plan for running, in whichever process is first. @throws PLAN_UNKNOWN, PLAN_USED */
  start(id: string): PlannedRun
  /** Takes a waiting plan away for good. @throws PLAN_UNKNOWN, PLAN_USED */
  discard(id: string): void
  done(id: string, undo: Undo | undefined): void
  failed(id: string, error: unknown): void
  /** Takes a done plan for undoing, or one whose undoing was interrupted. @throws PLAN_UNKNOWN, NOT_UNDOABLE */
  startUndo(id: string): Undo
  undone(id: string): void
  /** Puts back what `startUndo` took, as the undo failed. */
  undoFailed(id: string): void
  /** Forgets plans that nobody has approved for a week, and what became of others for a season: their inputs are kept with them. */
  prune(nowMs: number): void
}

const WAITING_KEPT_MS = 7 * 86_400_000
const ENDED_KEPT_MS = 90 * 86_400_000
/** A process may be at work on the others. */
const OLD = `(state = 'waiting' AND created_ms < ?) OR (state NOT IN ('waiting', 'running', 'undoing') AND created_ms < ?)`

/** The plans of one workspace, kept in its store. */
export function createPlans(store: Store, random: () => number): Plans {
  store.migrate('yard', MIGRATIONS)
  const byId = store.prepare('SELECT * FROM yard_plan WHERE id = ?')
  const setState = store.prepare('UPDATE yard_plan SET state = ?, undo = ?, error = ?, runner = ? WHERE id = ?')

  const runner = `${hostname()} ${process.pid}`

  function row(id: string): Row {
    const found = byId.get<Row>(id)
    if (found === undefined) throw planUnknown(id)
    return found
  }

  function change(id: string, state: Row['state'], undo: string | null, error: string | null = null): void {
    store.transact(() => setState.run(state, undo, error, null, id), { durable: true })
  }

  return {
    add({ command, input, effect, plan, createdMs, limits, trace }) {
      const insert = store.prepare(
        `INSERT INTO yard_plan (id, command, input, effect, plan, created_ms, limits, trace, state) VALUES (?, ?, ?, ?, ?, ?, ?, ?, 'waiting')`,
      )
      const id = store.transact(
        () => {
          let free = createShortId('p', random)
          while (byId.get(free) !== undefined) free = createShortId('p', Math.random)
          const kept = (value: unknown): string | null => (value === undefined ? null : JSON.stringify(value))
          insert.run(free, command, JSON.stringify(input ?? null), effect, JSON.stringify(plan), createdMs, kept(limits), kept(trace))
          return free
        },
        { durable: true },
      )
      return plannedRun(row(id))
    },
    traceOf(id) {
      const { trace } = row(id)
      return trace === null ? undefined : (JSON.parse(trace) as PlanTrace)
    },
    get: (id) => plannedRun(row(id)),
    list: () => store.prepare('SELECT * FROM yard_plan ORDER BY created_ms DESC, id LIMIT 200').all<Row>().map(plannedRun),
    start: (id) =>
      store.transact(
        () => {
          const found = row(id)
          if (found.state !== 'waiting') throw planUsed(id, plannedRun(found).state)
          setState.run('running', null, null, runner, id)
          return plannedRun(found)
        },
        { durable: true },
      ),
    discard: (id) =>
      store.transact(
        () => {
          const found = plannedRun(row(id))
          if (found.state !== 'waiting') throw notDiscardable(id, found.state)
          setState.run('discarded', null, null, null, id)
        },
        { durable: true },
      ),
    done: (id, undo) => change(id, 'done', undo === undefined ? null : JSON.stringify(undo)),
    failed: (id, error) => change(id, 'failed', null, JSON.stringify(toWireError(error))),
    startUndo: (id) =>
      store.transact(
        () => {
          const found = row(id)
          if (!isDone(found)) throw notUndoable(id, `it must have been done: it is ${found.state}`)
          if (found.undo === null) throw notUndoable(id, `"${found.command}" must say how to take it back: it did not`)
          setState.run('undoing', found.undo, null, runner, id)
          return JSON.parse(found.undo) as Undo
        },
        { durable: true },
      ),
    undone: (id) => change(id, 'undone', null),
    undoFailed: (id) => change(id, 'done', row(id).undo),
    prune(nowMs) {
      const limits = [nowMs - WAITING_KEPT_MS, nowMs - ENDED_KEPT_MS] as const
      // Looked for outside: where there is none nothing is written, as on a disk that is full.
      if (store.prepare(`SELECT 1 FROM yard_plan WHERE ${OLD}`).get(...limits) === undefined) return
      const forget = store.prepare(`DELETE FROM yard_plan WHERE ${OLD}`)
      store.transact(() => forget.run(...limits))
    },
  }
}

function plannedRun(row: Row): PlannedRun {
  return {
    id: row.id,
    command: row.command,
    input: JSON.parse(row.input),
    effect: row.effect,
    plan: JSON.parse(row.plan) as Plan,
    createdAt: new Date(row.created_ms).toISOString(),
    state: shownState(row),
    undoable: row.undo !== null && isDone(row),
    ...(row.limits !== null && { limits: JSON.parse(row.limits) as Limits }),
    ...(row.error !== null && { error: JSON.parse(row.error) as WireError }),
  }
}

function shownState(row: Row): PlannedRun['state'] {
  if (isDone(row)) return 'done'
  return row.state === 'running' && isGone(row.runner) ? 'interrupted' : row.state
}

/** An undo whose process ended stands where one that failed does: it can be tried again. */
function isDone({ state, runner }: Row): boolean {
  return state === 'done' || (state === 'undoing' && isGone(runner))
}

/** Whether the process has ended; one of another host cannot be seen from here and is taken to live. */
function isGone(runner: string | null): boolean {
  const [host, pid] = runner?.split(' ') ?? []
  return host === hostname() && !processExists(Number(pid))
}
