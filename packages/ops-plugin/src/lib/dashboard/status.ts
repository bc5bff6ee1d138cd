import { z } from 'zod'
import { PRIORITIES } from '../records/rows.ts'

const health = z.object({
  score: z.int(),
  status: z.enum(['pass', 'warn', 'fail']),
  checkedAt: z.string(),
  delta: z.int().optional().describe('To the check before; absent where another set of checks judged that'),
  trend: z.array(z.int()).describe('Scores, oldest first'),
  worst: z.array(z.object({ check: z.string(), status: z.enum(['warn', 'fail']), message: z.string() })),
})
const openIssues = z.object({
  total: z.int(),
  critical: z.int(),
  high: z.int(),
  medium: z.int(),
  low: z.int(),
  first: z.array(z.object({ id: z.int(), priority: z.enum(PRIORITIES), title: z.string() })).describe('Most urgent first'),
})
const project = z.object({
  name: z.string(),
  kind: z.string().describe('Its type as a Claude Code plugin, or what it is made of'),
  path: z.string().optional(),
  version: z.string().optional(),
  health: health.optional().describe('Absent until ops.health.record has run once'),
  issues: openIssues,
  release: z.object({ version: z.string(), at: z.string() }).optional().describe('The last one that is recorded'),
  runbooks: z
    .array(z.object({ run: z.int(), runbook: z.string(), status: z.enum(['running', 'failed']), startedAt: z.string() }))
    .describe('Executions that want attention'),
})
const service = z.object({ name: z.string(), status: z.enum(['HEALTHY', 'DEGRADED', 'UNHEALTHY', 'UNKNOWN']), since: z.string() })

export const statusSchema = z.object({
  at: z.string(),
  projects: z.array(project),
  more: z.int().describe('Projects that are not shown'),
  services: z.array(service),
  incidents: z
    .array(z.object({ id: z.int(), title: z.string(), severity: z.enum(PRIORITIES), openedAt: z.string() }))
    .describe('Open ones'),
})
export type Status = z.output<typeof statusSchema>
export type ProjectStatus = Status['projects'][number]
