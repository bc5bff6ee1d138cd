import type { Clock, PluginStore, SqlValue } from '@switchyard/plugin-kit'
import {
  type Deployment,
  type DeploymentKind,
  type DeploymentStart,
  type DeploymentState,
  type KeptRelease,
  type Place,
  type Step,
  type StepNote,
  whoAmI,
} from './deployment.ts'
import { cursorInvalid, deploymentEnded, deploymentTaken, deploymentUnfinished, deploymentUnknown } from './errors.ts'
import { deploymentOf, keptReleaseOf, type NoteRow, type ReleaseRow, type Row, recordedError, stepsOf } from './rows.ts'
import { type Runner, runnerHere, runner as runnerShape, runnerState } from './runner.ts'

/** What a list is narrowed to; what is undefined does not count. */
interface DeploymentFilter {
  readonly stack?: string | undefined
  readonly env?: string | undefined
  readonly service?: string | undefined
  readonly run?: number | undefined
  readonly kind?: DeploymentKind | undefined
  readonly state?: DeploymentState | undefined
  readonly sinceMs?: number | undefined
  readonly untilMs?: number | undefined
}

interface DeploymentPage {
  readonly deployments: readonly Deployment[]
  readonly nextCursor?: string
}

/**
 * The journal of deployments. Whatever changes a deployment is on disk when the call returns, so that a process that is killed
 * leaves behind how far it came.
 */
export interface Deployments {
  /**
   * Begins one and makes this process its runner; with a `key` that was given before for this environment and service it is
   * that deployment again, in whatever state. One that was planned for the same version goes over into it.
   * @throws DEPLOYMENT_UNFINISHED while another of this environment and service has not ended
   */
  begin(start: DeploymentStart): Deployment
  /** Keeps one that waits for the approval of the yard's plan. Earlier ones that wait for the same place are forgotten. */
  prepare(start: DeploymentStart & { readonly plan: string }): Deployment
  /** Makes this process the runner of one whose own process is gone. @throws DEPLOYMENT_UNKNOWN, DEPLOYMENT_ENDED, DEPLOYMENT_TAKEN */
  take(id: number): Deployment
  /** Takes unfinished ones from processes that only another machine could see, on a person's word that it is gone; answers their ids. */
  disown(filter: Pick<DeploymentFilter, 'stack' | 'env'>): readonly number[]
  /** What the release turned out to be, once it is pulled or built. */
  setRelease(id: number, toRelease: string): void
  note(id: number, note: StepNote): void
  /** In the order in which they began. */
  steps(id: number): readonly Step[]
  /** Ends it. A rollback that is done marks what it took back as `rolled-back`. @throws DEPLOYMENT_ENDED */
  finish(id: number, outcome: Outcome): Deployment
  /** @throws DEPLOYMENT_UNKNOWN */
  get(id: number): Deployment
  find(id: number): Deployment | undefined
  /** Newest first. @throws CURSOR_INVALID */
  list(filter?: DeploymentFilter & { readonly limit?: number | undefined; readonly cursor?: string | undefined }): DeploymentPage
  /** Those that run, or did when their process ended; oldest first. Of a rehearsal nobody needs to know who deploys. */
  unfinished(filter?: Pick<DeploymentFilter, 'stack' | 'env' | 'service'>): readonly Deployment[]
  /** Whether the process that runs it lives; that of another host is taken to. */
  isRunning(id: number): boolean
  /** For every service the deployment that brought what should run now; none for one that was destroyed or never deployed. */
  current(filter: {
    readonly stack: string
    readonly env?: string | undefined
    readonly service?: string | undefined
  }): readonly Deployment[]
  /** Newest first, those that brought this release, version or tag anywhere in the stack. */
  findByRelease(stack: string, release: string): readonly Deployment[]
  /** Keeps a release for a later return, or renews it. */
  keep(deployment: number, release: Pick<KeptRelease, 'release' | 'settings' | 'data'>): void
  /** Newest first; what runs now is among them. */
  keptReleases(place: Place): readonly KeptRelease[]
  /** Says that a release is gone from its host and cannot be returned to. */
  forget(place: Place, release: Pick<KeptRelease, 'release' | 'settings'>): void
}

interface Outcome {
  readonly state: Exclude<DeploymentState, 'planned' | 'running' | 'rolled-back'>
  readonly evidence?: Readonly<Record<string, unknown>>
  readonly error?: unknown
}

const DURABLE = { durable: true } as const

/** Deployments in the plugin's tables; `ctx.store` and `ctx.clock` are what they need. */
export function createDeployments({ store, clock }: { readonly store: PluginStore; readonly clock: Clock }): Deployments {
  const byId = (id: number): Row => {
    const row = store.prepare('SELECT * FROM deploy_deployment WHERE id = ?').get<Row>(id)
    if (row === undefined) throw deploymentUnknown(id)
    return row
  }

  function insert(start: DeploymentStart, state: 'planned' | 'running', plan: string | null): Row {
    const nowMs = clock.now()
    const { lastInsertRowid: id } = store
      .prepare(
        `INSERT INTO deploy_deployment (run, kind, stack, env, target, service, handler, from_release, to_release, version, tag,
           who, why, state, plan, key, runner, created_ms, started_ms)
         VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
      )
      .run(
        start.run ?? 0,
        start.kind,
        start.stack,
        start.env,
        start.target,
        start.service,
        start.handler,
        start.fromRelease ?? null,
        start.toRelease ?? null,
        start.version ?? null,
        start.tag ?? null,
        start.who ?? whoAmI(),
        start.why,
        state,
        plan,
        start.key ?? null,
        state === 'running' ? JSON.stringify(runnerHere()) : null,
        nowMs,
        state === 'running' ? nowMs : null,
      )
    if (start.run === undefined) store.prepare('UPDATE deploy_deployment SET run = id WHERE id = ?').run(id)
    return byId(id)
  }

  /** What was prepared for this place is carried out, or something newer is: it waits no more. */
  function endPlanned({ stack, env, service }: Place, version: string | undefined): string | null {
    const planned = store
      .prepare(`SELECT * FROM deploy_deployment WHERE stack = ? AND env = ? AND service = ? AND state = 'planned' ORDER BY id DESC`)
      .all<Row>(stack, env, service)
    const carriedOut = planned.find((row) => version !== undefined && row.version === version)
    if (carriedOut !== undefined) store.prepare('DELETE FROM deploy_deployment WHERE id = ?').run(carriedOut.id)
    return carriedOut?.plan ?? null
  }

  function unfinishedOf({ stack, env, service, kind }: Pick<DeploymentFilter, 'stack' | 'env' | 'service' | 'kind'>): readonly Row[] {
    const { where, values } = conditions({ stack, env, service, state: 'running' })
    const alike = kind === 'rehearsal' ? '=' : '<>'
    return store.prepare(`SELECT * FROM deploy_deployment${where} AND kind ${alike} 'rehearsal' ORDER BY id`).all<Row>(...values)
  }

  function needRunning(id: number): Row {
    const row = byId(id)
    if (row.state !== 'running') throw deploymentEnded(id, row.state)
    return row
  }

  return {
    begin: (start) =>
      store.transact(() => {
        if (start.key !== undefined) {
          const again = store
            .prepare('SELECT * FROM deploy_deployment WHERE key = ? AND env = ? AND service = ?')
            .get<Row>(start.key, start.env, start.service)
          if (again !== undefined) return deploymentOf(again)
        }
        const [holder] = unfinishedOf(start)
        if (holder !== undefined) {
          const since = new Date(holder.started_ms ?? holder.created_ms).toISOString()
          throw deploymentUnfinished(start, { id: holder.id, kind: holder.kind, who: holder.who, since, runs: runs(holder) })
        }
        return deploymentOf(insert(start, 'running', start.kind === 'rehearsal' ? null : endPlanned(start, start.version)))
      }, DURABLE),
    prepare: (start) =>
      store.transact(() => {
        store
          .prepare(`DELETE FROM deploy_deployment WHERE stack = ? AND env = ? AND service = ? AND state = 'planned'`)
          .run(start.stack, start.env, start.service)
        return deploymentOf(insert(start, 'planned', start.plan))
      }, DURABLE),
    take: (id) =>
      store.transact(() => {
        const row = needRunning(id)
        const here = JSON.stringify(runnerHere())
        const before = runnerOf(row)
        if (before !== undefined && row.runner !== here && runnerState(before) !== 'dead')
          throw deploymentTaken(row, before.pid, runnerState(before) === 'elsewhere')
        store.prepare('UPDATE deploy_deployment SET runner = ? WHERE id = ?').run(here, id)
        return deploymentOf(byId(id))
      }, DURABLE),
    disown: (filter) =>
      store.transact(() => {
        const lost = unfinishedOf(filter).filter((row) => {
          const found = runnerOf(row)
          return found !== undefined && runnerState(found) === 'elsewhere'
        })
        for (const { id } of lost) store.prepare('UPDATE deploy_deployment SET runner = NULL WHERE id = ?').run(id)
        return lost.map(({ id }) => id)
      }, DURABLE),
    setRelease(id, toRelease) {
      store.transact(() => {
        needRunning(id)
        store.prepare('UPDATE deploy_deployment SET to_release = ? WHERE id = ?').run(toRelease, id)
      }, DURABLE)
    },
    note(id, { step, state, data = {} }) {
      store.transact(() => {
        byId(id)
        store
          .prepare('INSERT INTO deploy_note (deployment_id, step, state, at_ms, data) VALUES (?, ?, ?, ?, ?)')
          .run(id, step, state, clock.now(), JSON.stringify(data))
      }, DURABLE)
    },
    steps(id) {
      byId(id)
      const notes = store.prepare('SELECT step, state, at_ms, data FROM deploy_note WHERE deployment_id = ? ORDER BY id').all<NoteRow>(id)
      return stepsOf(notes)
    },
    finish: (id, { state, evidence = {}, error }) =>
      store.transact(() => {
        const row = needRunning(id)
        store
          .prepare('UPDATE deploy_deployment SET state = ?, evidence = ?, error = ?, runner = NULL, finished_ms = ? WHERE id = ?')
          .run(state, JSON.stringify(evidence), error === undefined ? null : JSON.stringify(recordedError(error)), clock.now(), id)
        if (row.kind === 'rollback' && state === 'done' && row.from_release !== null) {
          store
            .prepare(
              `UPDATE deploy_deployment SET state = 'rolled-back' WHERE id = (
                 SELECT id FROM deploy_deployment
                 WHERE stack = ? AND env = ? AND service = ? AND to_release = ? AND state = 'done' AND kind IN ('apply', 'rollback')
                   AND id < ? ORDER BY id DESC LIMIT 1)`,
            )
            .run(row.stack, row.env, row.service, row.from_release, id)
        }
        return deploymentOf(byId(id))
      }, DURABLE),
    get: (id) => deploymentOf(byId(id)),
    find(id) {
      const row = store.prepare('SELECT * FROM deploy_deployment WHERE id = ?').get<Row>(id)
      return row && deploymentOf(row)
    },
    list({ limit = 20, cursor, ...filter } = {}) {
      const { where, values } = conditions(filter, cursor === undefined ? undefined : idOf(cursor))
      const rows = store.prepare(`SELECT * FROM deploy_deployment${where} ORDER BY id DESC LIMIT ?`).all<Row>(...values, limit + 1)
      const deployments = rows.slice(0, limit).map(deploymentOf)
      return rows.length > limit ? { deployments, nextCursor: `d${deployments.at(-1)?.id}` } : { deployments }
    },
    unfinished: (filter = {}) => unfinishedOf(filter).map(deploymentOf),
    isRunning(id) {
      const row = byId(id)
      return row.state === 'running' && runs(row)
    },
    current({ stack, env, service }) {
      const { where, values } = conditions({ stack, env, service, state: 'done' })
      return store
        .prepare(
          `SELECT * FROM deploy_deployment WHERE id IN (
             SELECT max(id) FROM deploy_deployment${where} AND kind <> 'rehearsal' GROUP BY env, service)
             AND kind <> 'destroy' ORDER BY env, service`,
        )
        .all<Row>(...values)
        .map(deploymentOf)
    },
    findByRelease: (stack, release) =>
      store
        .prepare('SELECT * FROM deploy_deployment WHERE stack = ? AND ? IN (to_release, version, tag) ORDER BY id DESC LIMIT 200')
        .all<Row>(stack, release)
        .map(deploymentOf),
    keep(deployment, { release, settings, data }) {
      store.transact(() => {
        const { stack, env, service, version, tag } = byId(deployment)
        store
          .prepare(
            `INSERT INTO deploy_release (stack, env, service, release, settings, version, tag, deployment_id, data, kept_ms)
             VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
             ON CONFLICT DO UPDATE SET version = coalesce(excluded.version, version), tag = coalesce(excluded.tag, tag),
               deployment_id = excluded.deployment_id, data = excluded.data, kept_ms = excluded.kept_ms, gone_ms = NULL`,
          )
          .run(stack, env, service, release, settings, version, tag, deployment, JSON.stringify(data), clock.now())
      }, DURABLE)
    },
    keptReleases: ({ stack, env, service }) =>
      store
        .prepare(
          `SELECT * FROM deploy_release WHERE stack = ? AND env = ? AND service = ? AND gone_ms IS NULL
             ORDER BY kept_ms DESC, deployment_id DESC`,
        )
        .all<ReleaseRow>(stack, env, service)
        .map(keptReleaseOf),
    forget({ stack, env, service }, { release, settings }) {
      store.transact(
        () =>
          store
            .prepare('UPDATE deploy_release SET gone_ms = ? WHERE stack = ? AND env = ? AND service = ? AND release = ? AND settings = ?')
            .run(clock.now(), stack, env, service, release, settings),
        DURABLE,
      )
    },
  }
}

function conditions(filter: DeploymentFilter, beforeId?: number): { where: string; values: readonly SqlValue[] } {
  const all: readonly (readonly [condition: string, value: SqlValue | undefined])[] = [
    ['stack = ?', filter.stack],
    ['env = ?', filter.env],
    ['service = ?', filter.service],
    ['run = ?', filter.run],
    ['kind = ?', filter.kind],
    ['state = ?', filter.state],
    ['created_ms >= ?', filter.sinceMs],
    ['created_ms < ?', filter.untilMs],
    ['id < ?', beforeId],
  ]
  const given = all.filter(([, value]) => value !== undefined)
  return {
    where: given.length === 0 ? '' : ` WHERE ${given.map(([condition]) => condition).join(' AND ')}`,
    values: given.map(([, value]) => value as SqlValue),
  }
}

function idOf(cursor: string): number {
  if (!/^d\d{1,15}$/.test(cursor)) throw cursorInvalid(cursor)
  return Number(cursor.slice(1))
}

/** Undefined where nobody that can be known runs it. */
function runnerOf({ runner }: Row): Runner | undefined {
  if (runner === null) return undefined
  try {
    return runnerShape.parse(JSON.parse(runner))
  } catch {
    return undefined
  }
}

/** Whether its process lives; one that cannot be seen from here is taken to. */
function runs(row: Row): boolean {
  const found = runnerOf(row)
  return found !== undefined && runnerState(found) !== 'dead'
}
