import { toWireError, type WireError } from '@switchyard/contracts'
import type { Effect } from '@switchyard/contracts/manifest'
import type { Plan, Undo } from '@switchyard/plugin-kit'
import type { Store } from '@switchyard/store'
import { notUndoable, planUnknown, planUsed } from './errors.ts'
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
]

interface Row {
  id: string
  command: string
  input: string
  effect: Effect
  plan: string
  created_ms: number
  state: PlannedRun['state']
  undo: string | null
  error: string | null
}

/** Plans waiting for approval and what became of them; every change of state is on disk before it is acted on. */
export interface Plans {
  add(planned: { id: string; command: string; input: unknown; effect: Effect; plan: Plan; createdMs: number }): PlannedRun
  /** @throws PLAN_UNKNOWN */
  get(id: string): PlannedRun
  list(): readonly PlannedRun[]
  /** Takes a waiting plan for running, in whichever process is first. @throws PLAN_UNKNOWN, PLAN_USED */
  start(id: string): PlannedRun
  done(id: string, undo: Undo | undefined): void
  failed(id: string, error: unknown): void
  /** Takes a done plan for undoing. @throws PLAN_UNKNOWN, NOT_UNDOABLE */
  startUndo(id: string): Undo
  /** Puts back what `startUndo` took, as the undo failed. */
  undoFailed(id: string): void
}

/** The plans of one workspace, kept in its store. */
export function createPlans(store: Store): Plans {
  store.migrate('yard', MIGRATIONS)
  const byId = store.prepare('SELECT * FROM yard_plan WHERE id = ?')
  const setState = store.prepare('UPDATE yard_plan SET state = ?, undo = ?, error = ? WHERE id = ?')

  function row(id: string): Row {
    const found = byId.get<Row>(id)
    if (found === undefined) throw planUnknown(id)
    return found
  }

  return {
    add({ id, command, input, effect, plan, createdMs }) {
      const insert = store.prepare('INSERT INTO yard_plan VALUES (?, ?, ?, ?, ?, ?, ?, NULL, NULL)')
      store.transact(() => insert.run(id, command, JSON.stringify(input), effect, JSON.stringify(plan), createdMs, 'waiting'), {
        durable: true,
      })
      return plannedRun(row(id))
    },
    get: (id) => plannedRun(row(id)),
    list: () => store.prepare('SELECT * FROM yard_plan ORDER BY created_ms DESC, id LIMIT 200').all<Row>().map(plannedRun),
    start: (id) =>
      store.transact(
        () => {
          const found = row(id)
          if (found.state !== 'waiting') throw planUsed(id, found.state)
          setState.run('running', null, null, id)
          return plannedRun(found)
        },
        { durable: true },
      ),
    done: (id, undo) =>
      void store.transact(() => setState.run('done', undo === undefined ? null : JSON.stringify(undo), null, id), { durable: true }),
    failed: (id, error) =>
      void store.transact(() => setState.run('failed', null, JSON.stringify(toWireError(error)), id), { durable: true }),
    startUndo: (id) =>
      store.transact(
        () => {
          const found = row(id)
          if (found.state !== 'done') throw notUndoable(id, `it must have been done: it is ${found.state}`)
          if (found.undo === null) throw notUndoable(id, `"${found.command}" must say how to take it back: it did not`)
          setState.run('undone', found.undo, null, id)
          return JSON.parse(found.undo) as Undo
        },
        { durable: true },
      ),
    undoFailed: (id) => void store.transact(() => setState.run('done', row(id).undo, null, id), { durable: true }),
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
    state: row.state,
    undoable: row.undo !== null && row.state === 'done',
    ...(row.error !== null && { error: JSON.parse(row.error) as WireError }),
  }
}
