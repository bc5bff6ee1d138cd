import { type PluginStore, printable } from '@switchyard/plugin-kit'
import { z } from 'zod'
import { columns } from './columns.ts'
import { isoOf } from './list.ts'
import type { HealthRow } from './rows.ts'

/** A check as it is kept: what it was about and how it ended, without every finding. */
export const keptCheck = z.object({
  id: z.string().min(1),
  status: z.enum(['pass', 'warn', 'fail', 'unknown']),
  message: z.string(),
  weight: z.number().optional(),
})
export type KeptCheck = z.output<typeof keptCheck>

const checkFields = {
  id: z.int(),
  project: z.string(),
  status: z.enum(['pass', 'warn', 'fail']),
  score: z.int(),
  rubric: z.int().optional().describe('Version of the set of checks; scores compare only within one'),
  confidence: z.int(),
  summary: z.string(),
  createdAt: z.string(),
  publishedAt: z.string().optional().describe('When its report was written'),
  file: z.string().optional().describe('Where its report was written'),
}
export const healthLine = z.object(checkFields)
export const healthRecord = z.object({ ...checkFields, checks: z.array(keptCheck), text: z.string() })

type Named = HealthRow & { readonly project: string }

export const SELECT_HEALTH = 'SELECT h.*, p.name AS project FROM ops_health_check h JOIN ops_project p ON p.id = h.project_id'

export function healthLineOf(row: Named): z.output<typeof healthLine> {
  return {
    id: row.id,
    project: row.project,
    status: row.status,
    score: row.score,
    ...(row.rubric !== null && { rubric: row.rubric }),
    confidence: row.confidence,
    summary: row.summary,
    createdAt: isoOf(row.created_ms),
    ...(row.published_ms !== null && { publishedAt: isoOf(row.published_ms) }),
    ...(row.file_path !== null && { file: row.file_path }),
  }
}

export function healthRecordOf(row: Named): z.output<typeof healthRecord> {
  const checks = checksOf(row)
  return { ...healthLineOf(row), checks, text: healthText(row, checks) }
}

/** The checks that did not pass come first; those that did are a number. */
function healthText({ id, project, score, status, created_ms: createdMs, summary }: Named, checks: readonly KeptCheck[]): string {
  const order: readonly KeptCheck['status'][] = ['fail', 'warn', 'unknown']
  const open = checks
    .filter((check) => check.status !== 'pass')
    .sort((one, other) => order.indexOf(one.status) - order.indexOf(other.status))
  const passed = checks.length - open.length
  return [
    `${printable(project)}: ${score} of 100, ${status}  (#${id}, ${isoOf(createdMs).slice(0, 16).replace('T', ' ')})`,
    ...(summary === '' ? [] : [printable(summary)]),
    '',
    ...(open.length === 0
      ? []
      : [
          columns(
            open.map((check) => [`  ${check.status}`, check.id, check.message]),
            '',
          ),
        ]),
    ...(passed === 0 ? [] : [`  pass     ${passed} of ${checks.length}`]),
  ].join('\n')
}

export const checksOf = ({ checks }: Pick<HealthRow, 'checks'>): KeptCheck[] => JSON.parse(checks) as KeptCheck[]

/** Newest first. */
export function latestChecks(store: PluginStore, projectId: number, limit: number): Named[] {
  return store.prepare(`${SELECT_HEALTH} WHERE h.project_id = ? ORDER BY h.id DESC LIMIT ?`).all<Named>(projectId, limit)
}

export function healthById(store: PluginStore, id: number): Named | undefined {
  return store.prepare(`${SELECT_HEALTH} WHERE h.id = ?`).get<Named>(id)
}

const PASS_FROM = 80
const WARN_FROM = 50

/** The status is the score's, whatever a caller says. */
export const statusOfScore = (score: number): HealthRow['status'] => (score >= PASS_FROM ? 'pass' : score >= WARN_FROM ? 'warn' : 'fail')

/** Earned over possible, in whole percent rounded down, a warning earning half; what has no weight counts 1. */
export function scoreOfChecks(checks: readonly KeptCheck[]): number {
  let [earned, possible] = [0, 0]
  for (const { status, weight = 1 } of checks) {
    if (status === 'unknown') continue
    possible += weight
    earned += status === 'pass' ? weight : status === 'warn' ? weight / 2 : 0
  }
  return possible === 0 ? 100 : Math.floor((100 * earned) / possible)
}

export interface Comparison {
  readonly improved: readonly string[]
  readonly regressed: readonly string[]
  /** Of the score; absent where the two were judged by different sets of checks. */
  readonly delta?: number
}

const RANK = { pass: 0, unknown: 1, warn: 2, fail: 3 } as const

/** What got better and worse between two checks; what only one of them knows is left out. */
export function compareChecks(before: HealthRow, after: HealthRow): Comparison {
  const earlier = new Map(checksOf(before).map(({ id, status }) => [id, RANK[status]]))
  const changed = checksOf(after).flatMap(({ id, status }) => {
    const was = earlier.get(id)
    return was === undefined || was === RANK[status] ? [] : [{ id, isBetter: RANK[status] < was }]
  })
  return {
    improved: changed.filter(({ isBetter }) => isBetter).map(({ id }) => id),
    regressed: changed.filter(({ isBetter }) => !isBetter).map(({ id }) => id),
    ...(before.rubric === after.rubric && { delta: after.score - before.score }),
  }
}

/** What failed, then what warned, the heaviest first. */
export function worstChecks(row: HealthRow, limit: number): { check: string; status: 'warn' | 'fail'; message: string }[] {
  const heaviest = (a: KeptCheck, b: KeptCheck): number => (b.weight ?? 1) - (a.weight ?? 1)
  const checks = checksOf(row)
  return (['fail', 'warn'] as const)
    .flatMap((status) =>
      checks
        .filter((check) => check.status === status)
        .sort(heaviest)
        .map(({ id, message }) => ({ check: id, status, message })),
    )
    .slice(0, limit)
}

const BARS = '▁▂▃▄▅▆▇█'

/** One character a score, oldest first. */
export function sparkline(scores: readonly number[]): string {
  return scores.map((score) => BARS[Math.min(BARS.length - 1, Math.floor((score * BARS.length) / 100))]).join('')
}
