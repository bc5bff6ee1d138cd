import type { PluginStore } from '@switchyard/plugin-kit'
import type { DeployConfig } from '../config/config.ts'
import type { GateEvidence } from '../gate/gate.ts'
import type { Ports, Slot } from '../handlers/slots.ts'
import { runUnknown } from './errors.ts'
import type { DeployPlan } from './plan.ts'

/** Runs that were begun. A list that only grows: each text is one step of a migration. */
export const runTables: readonly string[] = [
  `CREATE TABLE deploy_run (
     run INTEGER PRIMARY KEY,
     stack TEXT NOT NULL,
     env TEXT NOT NULL,
     state TEXT NOT NULL CHECK (state IN ('open', 'done', 'returned')),
     data TEXT NOT NULL CHECK (json_valid(data))
   ) STRICT;
   CREATE INDEX deploy_run_of_env ON deploy_run (stack, env, run)`,
]

/** One deployment of a stack, or of some of its services: what was approved, and how far it is. No variable's value is ever in it. */
export interface Run {
  /** That of the first of its deployments, by which people name it. */
  readonly run: number
  readonly plan: DeployPlan
  readonly config: DeployConfig
  readonly project: string
  readonly who: string
  readonly startedMs: number
  /** `open` until everything is done, or everything is taken back. */
  readonly state: 'open' | 'done' | 'returned'
  /** How often a chain was begun for it. */
  readonly attempt: number
  readonly chain?: string
  /** By service: its record in the history. */
  readonly deployments: Readonly<Record<string, number>>
  readonly facts: Readonly<Record<string, ServiceFacts>>
  /** Whether this run entered the environment into the host's mark. */
  readonly marked?: boolean
  /** The page that says why it failed. */
  readonly page?: string
  readonly failedStep?: string
  /** What failed first, without any variable's value. */
  readonly failure?: { readonly code: string; readonly message: string; readonly next?: string }
}

/** What came to be known of a service on the way. */
interface ServiceFacts {
  /** Set once it is on the host. */
  readonly release?: string
  /** Whether this run brought it there. */
  readonly fetched?: boolean
  /** Of both sides from the first deployment on, so that the proxy need not be told of a new one. */
  readonly ports?: Ports
  /** Whether it was started: what serves is not started anew by a run that goes over its steps again. */
  readonly started?: boolean
  readonly gate?: GateEvidence
  /** Whose evidence that is, of several replicas. */
  readonly gateOf?: Slot
  /** Fingerprints of the variables, by the host's key. */
  readonly variables?: Readonly<Record<string, string>>
  readonly settings?: string
  /** By volume: where its backup is on the host. */
  readonly backups?: Readonly<Record<string, string>>
  readonly migrated?: 'up' | 'down'
  /** Volumes that a rehearsal has filled. */
  readonly copied?: readonly string[]
  /** Requests that were cut off when their time was over. */
  readonly cut?: number
  readonly servesSince?: number
}

const DURABLE = { durable: true } as const

/** The runs of a workspace, in its store. */
export interface Runs {
  add(run: Run): void
  /** @throws DEPLOY_RUN_UNKNOWN */
  read(run: number): Run
  find(run: number): Run | undefined
  note(run: number, facts: Partial<Omit<Run, 'run' | 'plan' | 'config' | 'facts' | 'deployments'>>): Run
  noteService(run: number, service: string, facts: ServiceFacts): Run
  /** Newest first. */
  list(filter: { stack: string; env?: string | undefined; state?: Run['state']; limit?: number }): Run[]
}

export function createRuns({ store }: { readonly store: PluginStore }): Runs {
  const find = (run: number): Run | undefined => {
    const row = store.prepare('SELECT data FROM deploy_run WHERE run = ?').get<{ data: string }>(run)
    return row && (JSON.parse(row.data) as Run)
  }
  const read = (run: number): Run => {
    const found = find(run)
    if (found === undefined) throw runUnknown(run, undefined)
    return found
  }
  const change = (run: number, how: (before: Run) => Run): Run =>
    store.transact(() => {
      const after = how(read(run))
      store.prepare('UPDATE deploy_run SET state = ?, data = ? WHERE run = ?').run(after.state, JSON.stringify(after), run)
      return after
    }, DURABLE)

  return {
    add(run) {
      store.transact(
        () =>
          store
            .prepare('INSERT INTO deploy_run (run, stack, env, state, data) VALUES (?, ?, ?, ?, ?)')
            .run(run.run, run.plan.stack, run.plan.env, run.state, JSON.stringify(run)),
        DURABLE,
      )
    },
    read,
    find,
    note: (run, facts) => change(run, (before) => ({ ...before, ...facts })),
    noteService: (run, service, facts) =>
      change(run, (before) => ({ ...before, facts: { ...before.facts, [service]: { ...before.facts[service], ...facts } } })),
    list({ stack, env, state, limit = 100 }) {
      const rows = store
        .prepare(
          'SELECT data FROM deploy_run WHERE stack = ? AND (? IS NULL OR env = ?) AND (? IS NULL OR state = ?) ORDER BY run DESC LIMIT ?',
        )
        .all<{ data: string }>(stack, env ?? null, env ?? null, state ?? null, state ?? null, limit)
      return rows.map(({ data }) => JSON.parse(data) as Run)
    },
  }
}
