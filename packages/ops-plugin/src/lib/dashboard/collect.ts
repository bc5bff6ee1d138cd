import { type Context, isSwitchyardError, type PluginStore } from '@switchyard/plugin-kit'
import { compareChecks, latestChecks, worstChecks } from '../records/health-check.ts'
import { isoOf } from '../records/list.ts'
import { PRIORITIES, type Priority, type ProjectRow, type RunRow } from '../records/rows.ts'
import type { ProjectStatus, Status } from './status.ts'

const TREND = 20
const SHOWN = 5

/** Everything that is on record of these projects, and of what runs in the workspace. Nothing is scanned or asked for now. */
export async function collect(ctx: Context, rows: readonly ProjectRow[], more: number): Promise<Status> {
  const { store } = ctx
  const releases = await releasesOf(ctx, rows)
  return {
    at: isoOf(ctx.clock.now()),
    projects: rows.map((row) => {
      const found = healthOf(store, row.id)
      const release = releases.get(row.id)
      return {
        name: row.name,
        kind: row.type === 'other' ? (JSON.parse(row.kinds) as string[]).join(', ') || 'other' : row.type,
        ...(row.path !== null && { path: row.path }),
        ...(row.version !== null && { version: row.version }),
        ...(found !== undefined && { health: found }),
        issues: issuesOf(store, row.id),
        ...(release !== undefined && { release }),
        runbooks: runbooksOf(store, row.id),
      }
    }),
    more,
    services: hasTable(store, 'ops_service') ? servicesOf(store) : [],
    incidents: hasTable(store, 'ops_incident') ? incidentsOf(store) : [],
  }
}

function healthOf(store: PluginStore, projectId: number): ProjectStatus['health'] {
  const rows = latestChecks(store, projectId, TREND)
  const [latest, before] = rows
  if (latest === undefined) return undefined
  const { delta } = before === undefined ? {} : compareChecks(before, latest)
  return {
    score: latest.score,
    status: latest.status,
    checkedAt: isoOf(latest.created_ms),
    ...(delta !== undefined && { delta }),
    trend: rows.map(({ score }) => score).reverse(),
    worst: worstChecks(latest, SHOWN),
  }
}

function issuesOf(store: PluginStore, projectId: number): ProjectStatus['issues'] {
  const counts = { critical: 0, high: 0, medium: 0, low: 0 }
  const groups = store
    .prepare(`SELECT priority, count(*) AS n FROM ops_issue WHERE project_id = ? AND status IN ('open', 'in_progress') GROUP BY priority`)
    .all<{ priority: Priority; n: number }>(projectId)
  for (const { priority, n } of groups) counts[priority] = n
  const byPriority = store.prepare(
    `SELECT id, priority, title FROM ops_issue WHERE project_id = ? AND status IN ('open', 'in_progress') AND priority = ?
     ORDER BY created_ms DESC, id DESC LIMIT ?`,
  )
  const first: ProjectStatus['issues']['first'] = []
  for (const priority of PRIORITIES) first.push(...byPriority.all<(typeof first)[number]>(projectId, priority, SHOWN - first.length))
  return { total: groups.reduce((sum, { n }) => sum + n, 0), ...counts, first: first.map((one) => ({ ...one })) }
}

const RECENT = 20

/** What still runs, and what failed and was not run again since. */
function runbooksOf(store: PluginStore, projectId: number): ProjectStatus['runbooks'] {
  const rows = store.prepare('SELECT * FROM ops_runbook_run WHERE project_id = ? ORDER BY id DESC LIMIT ?').all<RunRow>(projectId, RECENT)
  const seen = new Set<string>()
  return rows.flatMap(({ id, runbook, status, started_ms }) => {
    const isLatest = !seen.has(runbook)
    seen.add(runbook)
    if (status === 'completed' || (status === 'failed' && !isLatest)) return []
    return [{ run: id, runbook, status, startedAt: isoOf(started_ms) }]
  })
}

/** The last release of each project, where the release plugin is there and knows one. */
async function releasesOf(ctx: Context, rows: readonly ProjectRow[]): Promise<ReadonlyMap<number, { version: string; at: string }>> {
  const found = new Map<number, { version: string; at: string }>()
  for (const { id, path } of rows) {
    if (path === null) continue
    try {
      const { version, createdAt } = (await ctx.call('release.latest', { project: path })) as { version: string; createdAt: string }
      found.set(id, { version, at: createdAt })
    } catch (error) {
      if (isSwitchyardError(error, 'CANCELLED')) throw error
      if (isSwitchyardError(error, 'UNKNOWN_METHOD') || isSwitchyardError(error, 'NO_RESPONDER')) return found
    }
  }
  return found
}

function servicesOf(store: PluginStore): Status['services'] {
  return store
    .prepare('SELECT name, status, since_ms FROM ops_service ORDER BY name')
    .all<{ name: string; status: Status['services'][number]['status']; since_ms: number }>()
    .map(({ name, status, since_ms }) => ({ name, status, since: isoOf(since_ms) }))
}

function incidentsOf(store: PluginStore): Status['incidents'] {
  return store
    .prepare(`SELECT id, title, severity, opened_ms FROM ops_incident WHERE status = 'open' ORDER BY id DESC LIMIT ?`)
    .all<{ id: number; title: string; severity: Priority; opened_ms: number }>(RECENT)
    .map(({ id, title, severity, opened_ms }) => ({ id, title, severity, openedAt: isoOf(opened_ms) }))
}

function hasTable(store: PluginStore, name: string): boolean {
  return store.prepare(`SELECT 1 FROM sqlite_master WHERE type = 'table' AND name = ?`).get(name) !== undefined
}
