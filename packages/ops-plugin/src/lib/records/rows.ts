import type { SqlValue } from '@switchyard/plugin-kit'

export const PROJECT_TYPES = ['skill-only', 'mcp', 'full', 'other'] as const
export const ISSUE_STATUSES = ['open', 'in_progress', 'closed'] as const
/** Most urgent first: lists go by this order. */
export const PRIORITIES = ['critical', 'high', 'medium', 'low'] as const
export const CATEGORIES = ['bug', 'dependency', 'quality', 'structure', 'feature', 'tech-debt'] as const
export const SOURCES = ['manual', 'health-scan', 'import'] as const
export const CLOSED_AS = ['fixed', 'accepted', 'duplicate'] as const

export type IssueStatus = (typeof ISSUE_STATUSES)[number]
export type Priority = (typeof PRIORITIES)[number]
export type Category = (typeof CATEGORIES)[number]
export type ClosedAs = (typeof CLOSED_AS)[number]

export interface ProjectRow {
  readonly id: number
  readonly name: string
  readonly type: (typeof PROJECT_TYPES)[number]
  readonly path: string | null
  readonly version: string | null
  readonly description: string
  readonly kinds: string
  readonly has_skills: number
  readonly has_mcp: number
  readonly has_hooks: number
  readonly has_agents: number
  readonly metadata: string
  readonly created_ms: number
  readonly updated_ms: number
}

export interface HealthRow {
  readonly id: number
  readonly project_id: number
  readonly status: 'pass' | 'warn' | 'fail'
  readonly score: number
  readonly rubric: number | null
  readonly confidence: number
  readonly checks: string
  readonly summary: string
  readonly created_ms: number
  readonly published_ms: number | null
  readonly file_path: string | null
}

export interface IssueRow {
  readonly id: number
  readonly uid: string
  readonly project_id: number
  readonly health_check_id: number | null
  readonly title: string
  readonly description: string
  readonly status: IssueStatus
  readonly priority: Priority
  readonly category: Category
  readonly source: (typeof SOURCES)[number]
  readonly resolution: string | null
  readonly closed_as: ClosedAs | null
  readonly check_id: string | null
  readonly fingerprint: string | null
  readonly evidence: string
  /** JSON, an array of names. */
  readonly labels: string
  readonly reopened: number
  readonly created_ms: number
  readonly updated_ms: number
  readonly closed_ms: number | null
}

export interface EventRow {
  readonly id: number
  readonly issue_id: number
  readonly at_ms: number
  readonly kind: 'created' | 'changed' | 'closed' | 'reopened' | 'refreshed' | 'exported' | 'imported'
  readonly note: string
  readonly data: string
}

export interface LinkRow {
  readonly id: number
  readonly issue_id: number
  readonly tracker: string
  readonly number: number
  readonly url: string
  readonly sent_hash: string
}

export interface RunRow {
  readonly id: number
  readonly project_id: number
  readonly runbook: string
  readonly kind: 'chain' | 'markdown' | 'manual'
  readonly status: 'running' | 'completed' | 'failed'
  readonly steps_completed: number
  readonly total_steps: number
  readonly log: string
  readonly definition: string | null
  readonly chain_id: string | null
  readonly error: string | null
  readonly started_ms: number
  readonly completed_ms: number | null
}

/** The tables whose rows a change may touch, with their rows. */
export interface Tables {
  ops_project: ProjectRow
  ops_health_check: HealthRow
  ops_issue: IssueRow
  ops_issue_event: EventRow
  ops_issue_link: LinkRow
  ops_runbook_run: RunRow
}
export type TableName = keyof Tables

/** What goes with a row when it goes, children before parents. */
export const DEPENDENTS: Readonly<Record<TableName, readonly (readonly [table: TableName, column: string])[]>> = {
  ops_project: [
    ['ops_issue', 'project_id'],
    ['ops_health_check', 'project_id'],
    ['ops_runbook_run', 'project_id'],
  ],
  ops_health_check: [],
  ops_issue: [
    ['ops_issue_event', 'issue_id'],
    ['ops_issue_link', 'issue_id'],
  ],
  ops_issue_event: [],
  ops_issue_link: [],
  ops_runbook_run: [],
}

export const TABLE_NAMES = Object.keys(DEPENDENTS) as readonly TableName[]
export type Values = Readonly<Record<string, SqlValue>>
