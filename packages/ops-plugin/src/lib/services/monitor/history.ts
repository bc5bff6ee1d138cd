import type { PluginStore } from '@switchyard/plugin-kit'
import type { Settled } from './settle.ts'
import type { Observation, Status } from './verdict.ts'

const KEPT_MS = 30 * 86_400_000

/** One look at a service, as it is kept. */
export interface Sample {
  readonly atMs: number
  readonly status: Status
  readonly checks: Observation['checks']
}

interface SampleRow {
  at_ms: number
  status: Status
  checks: string
}

interface ServiceRow {
  status: Status
  since_ms: number
  pending: string | null
}

export function settledOf(store: PluginStore, service: string): Settled | undefined {
  const row = store.prepare('SELECT status, since_ms, pending FROM ops_service WHERE name = ?').get<ServiceRow>(service)
  if (row === undefined) return undefined
  const pending = row.pending === null ? {} : { pending: JSON.parse(row.pending) as NonNullable<Settled['pending']> }
  return { status: row.status, sinceMs: row.since_ms, ...pending }
}

/** Keeps a look and what the service counts as after it, both or neither. `decide` is given what it counted as before. */
export function record(
  store: PluginStore,
  observation: Observation,
  atMs: number,
  decide: (before: Settled | undefined) => Settled,
): { readonly before: Settled | undefined; readonly after: Settled } {
  return store.transact(() => {
    const before = settledOf(store, observation.service)
    const after = decide(before)
    store
      .prepare('INSERT INTO ops_sample (service, at_ms, status, checks) VALUES (?, ?, ?, ?)')
      .run(observation.service, atMs, observation.status, JSON.stringify(observation.checks))
    store
      .prepare(
        `INSERT INTO ops_service VALUES (?, ?, ?, ?)
         ON CONFLICT (name) DO UPDATE SET status = excluded.status, since_ms = excluded.since_ms, pending = excluded.pending`,
      )
      .run(observation.service, after.status, after.sinceMs, after.pending === undefined ? null : JSON.stringify(after.pending))
    return { before, after }
  })
}

/** Samples of a service, oldest first; of more than `limit` the newest. */
export function samplesOf(store: PluginStore, service: string, sinceMs: number, untilMs: number, limit = 50_000): readonly Sample[] {
  return store
    .prepare(
      'SELECT at_ms, status, checks FROM ops_sample WHERE service = ? AND at_ms BETWEEN ? AND ? ORDER BY at_ms DESC, id DESC LIMIT ?',
    )
    .all<SampleRow>(service, sinceMs, untilMs, limit)
    .reverse()
    .map(({ at_ms, status, checks }) => ({ atMs: at_ms, status, checks: JSON.parse(checks) as Observation['checks'] }))
}

/** Lets go of samples and events that are older than 30 days. */
export function forgetOld(store: PluginStore, nowMs: number): void {
  store.prepare('DELETE FROM ops_sample WHERE at_ms < ?').run(nowMs - KEPT_MS)
  store.prepare('DELETE FROM ops_event WHERE at_ms < ?').run(nowMs - KEPT_MS)
}
