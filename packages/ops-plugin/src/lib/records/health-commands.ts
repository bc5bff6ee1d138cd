import { readFileSync } from 'node:fs'
import { relative } from 'node:path'
import { type Context, command } from '@switchyard/plugin-kit'
import { z } from 'zod'
import { type ScanReport, scanInput } from '../health/schema.ts'
import { change } from './changes.ts'
import { columns, withMore } from './columns.ts'
import { fileExists, noFolder, noHealthCheck, recordUnknown } from './errors.ts'
import { RECORD_EXAMPLES } from './examples.ts'
import {
  compareChecks,
  healthById,
  healthLine,
  healthLineOf,
  healthRecord,
  healthRecordOf,
  keptCheck,
  latestChecks,
  SELECT_HEALTH,
  scoreOfChecks,
  sparkline,
  statusOfScore,
} from './health-check.ts'
import { healthReport } from './health-report.ts'
import { insideOf } from './inside.ts'
import { isoOf, nextCursor, pageById, pageInput, sinceUntil, spanMs } from './list.ts'
import { ensureProject, nameOf, needProject, projectById, projectRef, wantProject } from './project.ts'
import type { HealthRow } from './rows.ts'
import { changeNumber, recordUndo } from './undo.ts'

const healthId = z.int().min(1).optional().describe('Id of a recorded health check')

const record = command({
  summary: 'Scan a project and keep the result in its health history',
  description: 'Results of another scanner can be given instead. Health checks are append-only: there is no way back.',
  examples: RECORD_EXAMPLES['health.record'],
  effect: 'write',
  idempotent: 'key',
  input: z.object({
    project: projectRef.default('.'),
    strict: scanInput.shape.strict,
    checks: z.array(keptCheck).max(1_000).optional().describe('Results to keep instead of scanning'),
    summary: z.string().max(10_000).optional(),
  }),
  output: healthRecord,
  timeoutMs: 120_000,
  plan: ({ project }) => ({
    summary: `Add a health check of ${project} to its history`,
    steps: [{ does: 'create', target: `health check of ${project}` }],
    warnings: ['health checks are never changed: this cannot be taken back'],
  }),
  async run({ project, strict, checks, summary }, ctx) {
    const wanted = await wantProject(ctx, project)
    const path = wanted.row === undefined ? wanted.detected.path : wanted.row.path
    if (checks === undefined && path === null) throw noFolder(nameOf(wanted), 'scan the folder')
    const result =
      checks === undefined ? fromScan((await ctx.call('ops.health.scan', { project: path, strict })) as ScanReport) : fromGiven(checks)
    const { id } = await change(ctx, `record the health of "${nameOf(wanted)}"`, (writes) => {
      const nowMs = ctx.clock.now()
      const projectId = ensureProject(ctx.store, writes, wanted, nowMs)
      const row = { ...result, summary: summary ?? result.summary, created_ms: nowMs, published_ms: null, file_path: null }
      return { id: writes.insert('ops_health_check', { project_id: projectId, ...row }) }
    })
    const row = healthById(ctx.store, id)
    if (row === undefined) throw recordUnknown('health check', id)
    return healthRecordOf(row)
  },
})

type Kept = Pick<HealthRow, 'status' | 'score' | 'rubric' | 'confidence' | 'checks' | 'summary'>

function fromScan({ score, status, rubric, confidence, checks, nextBestFix }: ScanReport): Kept {
  const kept = checks.map(({ id, status: state, weight, title, findings, total }) => {
    const [first] = findings
    const more = total > 1 ? ` (and ${total - 1} more)` : ''
    return { id, status: state, weight, message: first === undefined ? title : `${first.note}${more}` }
  })
  const count = (state: string): number => checks.filter((check) => check.status === state).length
  const next = nextBestFix === undefined ? '' : `; next best fix: ${nextBestFix.check} (+${nextBestFix.gain})`
  const summary = `${score} of 100: ${count('fail')} failed, ${count('warn')} warned, ${count('unknown')} unknown, ${count('pass')} passed${next}`
  return { status, score, rubric, confidence, checks: JSON.stringify(kept), summary }
}

function fromGiven(checks: readonly z.output<typeof keptCheck>[]): Kept {
  const score = scoreOfChecks(checks)
  const judged = checks.filter(({ status }) => status !== 'unknown').length
  const confidence = checks.length === 0 ? 100 : Math.floor((100 * judged) / checks.length)
  const summary = `${score} of 100 over ${checks.length} checks`
  return { status: statusOfScore(score), score, rubric: null, confidence, checks: JSON.stringify(checks), summary }
}

const get = command({
  summary: 'Show one recorded health check, or the latest of a project',
  examples: RECORD_EXAMPLES['health.get'],
  effect: 'read',
  input: z.object({ project: projectRef.default('.'), id: healthId }),
  output: healthRecord,
  resource: { uri: 'ops://health/{project}' },
  run: ({ project, id }, ctx) => healthRecordOf(wantedCheck(ctx, project, id)),
})

/** @throws RECORD_UNKNOWN, PROJECT_UNKNOWN */
function wantedCheck(ctx: Pick<Context, 'store' | 'workspace'>, project: string, id: number | undefined): HealthRow & { project: string } {
  if (id === undefined) {
    const row = needProject(ctx, project)
    const [latest] = latestChecks(ctx.store, row.id, 1)
    if (latest === undefined) throw noHealthCheck(row.name)
    return latest
  }
  const found = healthById(ctx.store, id)
  if (found === undefined) throw recordUnknown('health check', id)
  return found
}

const history = command({
  summary: 'List the recorded health checks of one project or of all',
  examples: RECORD_EXAMPLES['health.history'],
  effect: 'read',
  input: z.object({
    project: projectRef.optional(),
    status: z.enum(['pass', 'warn', 'fail']).optional(),
    latest: z.boolean().default(false).describe('Only the newest of each project'),
    sort: z.enum(['newest', 'oldest']).default('newest'),
    ...sinceUntil,
    ...pageInput,
  }),
  output: z.object({ checks: z.array(healthLine), nextCursor, text: z.string() }),
  run({ project, status, latest, sort, since, until, limit, cursor }, ctx) {
    const { store, clock } = ctx
    const { sinceMs, untilMs } = spanMs({ since, until }, clock.now())
    const { rows, ...rest } = pageById<HealthRow & { project: string }>(store, {
      mark: 'health',
      select: SELECT_HEALTH,
      where: [
        ['h.project_id = ?', project === undefined ? undefined : needProject(ctx, project).id],
        ['h.status = ?', status],
        ['h.created_ms >= ?', sinceMs],
        ['h.created_ms < ?', untilMs],
        ['h.id = (SELECT max(n.id) FROM ops_health_check n WHERE n.project_id = h.project_id) AND 1 = ?', latest ? 1 : undefined],
      ],
      key: 'h.id',
      sort,
      limit,
      cursor,
    })
    const checks = rows.map(healthLineOf)
    return { checks, ...rest, text: withMore(healthLines(checks), rest.nextCursor) }
  },
})

const healthLines = (checks: readonly z.output<typeof healthLine>[]): string =>
  columns(
    checks.map(({ id, createdAt, score, status, project }) => [
      `#${id}`,
      createdAt.slice(0, 16).replace('T', ' '),
      String(score),
      status,
      project,
    ]),
    'No health check is on record: switchyard ops health record',
  )

const latestOfEach = command({
  summary: 'Show the newest recorded health of every project',
  examples: RECORD_EXAMPLES['health.overview'],
  effect: 'read',
  rare: true,
  input: z.object({}),
  output: z.object({ checks: z.array(healthLine), text: z.string() }),
  resource: { uri: 'ops://health' },
  run(_, { store }) {
    const checks = store
      .prepare(`${SELECT_HEALTH} WHERE h.id IN (SELECT max(id) FROM ops_health_check GROUP BY project_id) ORDER BY h.score, h.id`)
      .all<HealthRow & { project: string }>()
      .map(healthLineOf)
    return { checks, text: healthLines(checks) }
  },
})

const trend = command({
  summary: 'Show how the health of a project went, and what got better or worse since the check before',
  examples: RECORD_EXAMPLES['health.trend'],
  effect: 'read',
  input: z.object({
    project: projectRef.default('.'),
    limit: z.int().min(2).max(100).default(20).describe('How many checks to look back'),
  }),
  output: z.object({
    project: z.string(),
    points: z.array(z.object({ at: z.string(), score: z.int(), status: z.enum(['pass', 'warn', 'fail']), rubric: z.int().optional() })),
    delta: z.int().optional().describe('To the check before; absent where another set of checks judged that'),
    improved: z.array(z.string()),
    regressed: z.array(z.string()),
    text: z.string(),
  }),
  run({ project, limit }, ctx) {
    const { id, name } = needProject(ctx, project)
    const rows = latestChecks(ctx.store, id, limit)
    const [latest, before] = rows
    if (latest === undefined) throw noHealthCheck(name)
    const compared = before === undefined ? { improved: [], regressed: [] } : compareChecks(before, latest)
    const oldestFirst = rows.toReversed()
    const points = oldestFirst.map(({ created_ms, score, status, rubric }) => ({
      at: isoOf(created_ms),
      score,
      status,
      ...(rubric !== null && { rubric }),
    }))
    const { delta } = compared as { delta?: number }
    const lines = [
      `${name}  ${sparkline(oldestFirst.map(({ score }) => score))}  ${latest.score} of 100${delta === undefined ? '' : ` (${delta < 0 ? '' : '+'}${delta})`}`,
      ...compared.improved.map((check) => `better  ${check}`),
      ...compared.regressed.map((check) => `worse   ${check}`),
    ]
    return {
      project: name,
      points,
      ...compared,
      improved: [...compared.improved],
      regressed: [...compared.regressed],
      text: lines.join('\n'),
    }
  },
})

const exportInput = z.object({
  project: projectRef.default('.'),
  id: healthId,
  target: z.string().trim().min(1).max(1_000).optional().describe('File inside the project; default reports/health-DATE-ID.md'),
  overwrite: z.boolean().default(false),
})

const exportReport = command({
  summary: 'Write a recorded health check as a Markdown report into its project',
  examples: RECORD_EXAMPLES['health.export'],
  effect: 'write',
  idempotent: 'key',
  input: exportInput,
  output: z.object({ id: z.int(), file: z.string().describe('Relative to the project'), change: changeNumber }),
  plan(input, ctx) {
    const { path, row } = exportPlace(input, ctx)
    return {
      summary: `Write health check ${row.id} of "${row.project}" to ${shown(ctx.workspace, path)}`,
      steps: [{ does: 'create', target: shown(ctx.workspace, path) }],
    }
  },
  undo: recordUndo,
  run(input, ctx) {
    return change(ctx, 'write a health report', (writes) => {
      const { root, path, row } = exportPlace(input, ctx)
      if (!input.overwrite && contentOf(path) !== undefined) throw fileExists(shown(ctx.workspace, path))
      const file = relative(root, path)
      writes.file(path, reportOf(row))
      writes.update('ops_health_check', row.id, { published_ms: ctx.clock.now(), file_path: file })
      return { id: row.id, file }
    })
  },
})

const reportOf = (row: HealthRow & { project: string }): string => healthReport(row, row.project)

const shown = (workspace: string, path: string): string => {
  const inside = relative(workspace, path)
  return inside.startsWith('..') ? path : inside
}

function exportPlace({ project, id, target }: z.output<typeof exportInput>, ctx: Pick<Context, 'store' | 'workspace'>) {
  const row = wantedCheck(ctx, project, id)
  const root = rootOf(ctx, row.project_id)
  return { row, root, path: insideOf(root, target ?? `reports/health-${isoOf(row.created_ms).slice(0, 10)}-${row.id}.md`) }
}

function rootOf(ctx: Pick<Context, 'store'>, projectId: number): string {
  const project = projectById(ctx.store, projectId)
  if (project === undefined || project.path === null) throw noFolder(project?.name ?? String(projectId), 'write the health report')
  return project.path
}

const diff = command({
  summary: 'Say whether the written report of a health check is still as it was written',
  examples: RECORD_EXAMPLES['health.diff'],
  effect: 'read',
  rare: true,
  input: z.object({ project: projectRef.default('.'), id: healthId }),
  output: z.object({
    id: z.int(),
    status: z.enum(['not_exported', 'in_sync', 'file_modified', 'file_missing']),
    file: z.string().optional(),
  }),
  run({ project, id }, ctx) {
    const row = wantedCheck(ctx, project, id)
    if (row.file_path === null) return { id: row.id, status: 'not_exported' as const }
    const content = contentOf(insideOf(rootOf(ctx, row.project_id), row.file_path))
    const status =
      content === undefined ? ('file_missing' as const) : content === reportOf(row) ? ('in_sync' as const) : ('file_modified' as const)
    return { id: row.id, status, file: row.file_path }
  },
})

function contentOf(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8')
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined
    throw error
  }
}

export const healthRecordCommands = {
  'health.record': record,
  'health.get': get,
  'health.history': history,
  'health.overview': latestOfEach,
  'health.trend': trend,
  'health.export': exportReport,
  'health.diff': diff,
}
