import type { PluginStore, SqlValue } from '@switchyard/plugin-kit'
import { z } from 'zod'
import { CATEGORIES, type Category, ISSUE_STATUSES, type IssueStatus, PRIORITIES, type Priority } from '../records/rows.ts'

const counts = <const keys extends readonly string[]>(keys: keys) =>
  z.object(Object.fromEntries(keys.map((key) => [key, z.int()])) as Record<keys[number], z.ZodInt>)

export const statsSchema = z.object({
  total: z.int(),
  byStatus: counts(ISSUE_STATUSES),
  byPriority: counts(PRIORITIES),
  byCategory: counts(CATEGORIES),
  byProject: z.array(z.object({ project: z.string(), open: z.int(), closed: z.int() })),
  open: z.object({ oldestDays: z.number(), medianDays: z.number() }).optional().describe('Ages of what is not closed'),
  meanDaysToFix: z.number().optional().describe('From filing to closing, of what was fixed'),
  text: z.string(),
})
export type Stats = z.output<typeof statsSchema>

interface Scope {
  readonly projectId: number | undefined
  /** Filed in this span. */
  readonly sinceMs: number
  readonly untilMs: number
  readonly nowMs: number
}

const DAY_MS = 86_400_000
const days = (ms: number): number => Math.round((10 * ms) / DAY_MS) / 10

export function statsOf(store: PluginStore, { projectId, sinceMs, untilMs, nowMs }: Scope): Stats {
  const where = `${projectId === undefined ? '' : 'project_id = ? AND '}created_ms >= ? AND created_ms < ?`
  const values: SqlValue[] = [...(projectId === undefined ? [] : [projectId]), sinceMs, untilMs]
  const groups = store
    .prepare(`SELECT status, priority, category, count(*) AS n FROM ops_issue WHERE ${where} GROUP BY status, priority, category`)
    .all<{ status: IssueStatus; priority: Priority; category: Category; n: number }>(...values)
  const sum = (of: (group: (typeof groups)[number]) => boolean): number =>
    groups.reduce((total, group) => total + (of(group) ? group.n : 0), 0)
  const by = <key extends string>(keys: readonly key[], field: 'status' | 'priority' | 'category'): Record<key, number> =>
    Object.fromEntries(keys.map((key) => [key, sum((group) => group[field] === key)])) as Record<key, number>

  const projects = store
    .prepare(
      `SELECT p.name AS project, sum(i.status <> 'closed') AS open, sum(i.status = 'closed') AS closed FROM ops_issue i
       JOIN ops_project p ON p.id = i.project_id WHERE ${where.replaceAll(/(project_id|created_ms)/g, 'i.$1')} GROUP BY p.id ORDER BY open DESC, p.name`,
    )
    .all<{ project: string; open: number; closed: number }>(...values)
  const open = sum(({ status }) => status !== 'closed')
  const age = (offset: number): number =>
    nowMs -
    (store
      .prepare(`SELECT created_ms FROM ops_issue WHERE status <> 'closed' AND ${where} ORDER BY created_ms LIMIT 1 OFFSET ?`)
      .get<{ created_ms: number }>(...values, offset)?.created_ms ?? nowMs)
  const { mean } = store
    .prepare(`SELECT avg(closed_ms - created_ms) AS mean FROM ops_issue WHERE closed_as = 'fixed' AND ${where}`)
    .get<{ mean: number | null }>(...values) ?? { mean: null }

  const stats = {
    total: sum(() => true),
    byStatus: by(ISSUE_STATUSES, 'status'),
    byPriority: by(PRIORITIES, 'priority'),
    byCategory: by(CATEGORIES, 'category'),
    byProject: projects,
    ...(open > 0 && { open: { oldestDays: days(age(0)), medianDays: days(age(Math.floor(open / 2))) } }),
    ...(mean !== null && { meanDaysToFix: days(mean) }),
  }
  return { ...stats, text: statsText(stats) }
}

function statsText({ total, byStatus, byPriority, byCategory, byProject, open, meanDaysToFix }: Omit<Stats, 'text'>): string {
  const line = (label: string, of: Readonly<Record<string, number>>): string =>
    `${label.padEnd(9)} ${Object.entries(of)
      .filter(([, n]) => n > 0)
      .map(([key, n]) => `${key} ${n}`)
      .join(', ')}`.trimEnd()
  return [
    `${total} issue${total === 1 ? '' : 's'}`,
    ...(total === 0 ? [] : [line('state', byStatus), line('priority', byPriority), line('category', byCategory)]),
    ...(open === undefined ? [] : [`open      oldest ${open.oldestDays} days, median ${open.medianDays} days`]),
    ...(meanDaysToFix === undefined ? [] : [`to fix    ${meanDaysToFix} days on average`]),
    ...(byProject.length > 1 ? byProject.map((one) => `  ${one.project}: ${one.open} open, ${one.closed} closed`) : []),
  ].join('\n')
}
