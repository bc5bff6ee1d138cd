import { type PluginStore, printable } from '@switchyard/plugin-kit'
import { z } from 'zod'
import { place } from '../health/report.ts'
import type { Writes } from '../records/changes.ts'
import { isoOf } from '../records/list.ts'
import {
  CATEGORIES,
  CLOSED_AS,
  type ClosedAs,
  type EventRow,
  ISSUE_STATUSES,
  type IssueRow,
  type LinkRow,
  PRIORITIES,
  SOURCES,
} from '../records/rows.ts'
import { issueState, resolutionMissing } from './errors.ts'

const evidenceSchema = z.object({
  fingerprint: z.string(),
  note: z.string(),
  file: z.string().optional(),
  line: z.int().optional(),
})
export type Evidence = z.output<typeof evidenceSchema>

/** A check as a scan reports it, as far as issues need it. */
export const seenCheck = z.object({
  id: z.string().min(1).max(100),
  domain: z.string(),
  title: z.string().describe('What is true where it passes'),
  status: z.enum(['pass', 'warn', 'fail', 'unknown']),
  weight: z.number(),
  mend: z.string().optional(),
  findings: z.array(
    z.object({ note: z.string(), file: z.string().optional(), line: z.int().optional(), fingerprint: z.string().optional() }),
  ),
  total: z.int(),
})
export type SeenCheck = z.output<typeof seenCheck>

const lineFields = {
  id: z.int(),
  project: z.string(),
  title: z.string(),
  status: z.enum(ISSUE_STATUSES),
  priority: z.enum(PRIORITIES),
  category: z.enum(CATEGORIES),
  source: z.enum(SOURCES),
  check: z.string().optional().describe('The check that found it'),
  labels: z.array(z.string()),
  ageDays: z.number().describe('Until now, or until it was closed'),
  createdAt: z.string(),
  updatedAt: z.string(),
}
export const issueLine = z.object(lineFields)
export const issueRecord = z.object({
  ...lineFields,
  description: z.string(),
  resolution: z.string().optional(),
  closedAs: z.enum(CLOSED_AS).optional(),
  closedAt: z.string().optional(),
  reopened: z.int().describe('How often'),
  healthCheck: z.int().optional().describe('The health check that found it'),
  evidence: z.array(evidenceSchema),
  links: z.array(z.object({ tracker: z.string(), number: z.int(), url: z.string() })),
  history: z.array(z.object({ at: z.string(), what: z.string(), note: z.string() })).describe('Oldest first'),
})
export type IssueRecord = z.output<typeof issueRecord>

export type NamedIssue = IssueRow & { readonly project: string }

const DAY_MS = 86_400_000

export function issueLineOf(row: NamedIssue, nowMs: number): z.output<typeof issueLine> {
  return {
    id: row.id,
    project: row.project,
    title: row.title,
    status: row.status,
    priority: row.priority,
    category: row.category,
    source: row.source,
    ...(row.check_id !== null && { check: row.check_id }),
    labels: labelsOf(row),
    ageDays: Math.round((10 * Math.max(0, (row.closed_ms ?? nowMs) - row.created_ms)) / DAY_MS) / 10,
    createdAt: isoOf(row.created_ms),
    updatedAt: isoOf(row.updated_ms),
  }
}

export function issueRecordOf(store: PluginStore, row: NamedIssue, nowMs: number): IssueRecord {
  const events = store.prepare('SELECT * FROM ops_issue_event WHERE issue_id = ? ORDER BY id').all<EventRow>(row.id)
  const links = store.prepare('SELECT * FROM ops_issue_link WHERE issue_id = ? ORDER BY id').all<LinkRow>(row.id)
  return {
    ...issueLineOf(row, nowMs),
    description: row.description,
    ...(row.resolution !== null && { resolution: row.resolution }),
    ...(row.closed_as !== null && { closedAs: row.closed_as }),
    ...(row.closed_ms !== null && { closedAt: isoOf(row.closed_ms) }),
    reopened: row.reopened,
    ...(row.health_check_id !== null && { healthCheck: row.health_check_id }),
    evidence: evidenceOf(row),
    links: links.map(({ tracker, number, url }) => ({ tracker, number, url })),
    history: events.map(({ at_ms, kind, note }) => ({ at: isoOf(at_ms), what: kind, note })),
  }
}

export const labelsOf = ({ labels }: Pick<IssueRow, 'labels'>): string[] => JSON.parse(labels) as string[]

const MAX_LABELS = 30
/** GitHub and Gitea take no longer name. */
const MAX_LABEL_LENGTH = 50

/** Each once whatever its case, on one line, and no more than trackers take. */
export function tidyLabels(labels: readonly string[]): string[] {
  const named = new Map<string, string>()
  for (const label of labels) {
    const name = label.replace(/\s+/g, ' ').trim().slice(0, MAX_LABEL_LENGTH)
    if (name !== '' && !named.has(name.toLowerCase())) named.set(name.toLowerCase(), name)
  }
  return [...named.values()].slice(0, MAX_LABELS)
}

export const labelsField = z
  .array(z.string().trim().min(1).max(MAX_LABEL_LENGTH))
  .max(MAX_LABELS)
  .describe('Names by which trackers and people sort issues, such as "Component/Deploy"')

export const evidenceOf = ({ evidence }: Pick<IssueRow, 'evidence'>): Evidence[] => JSON.parse(evidence) as Evidence[]

export const SELECT_ISSUE = 'SELECT i.*, p.name AS project FROM ops_issue i JOIN ops_project p ON p.id = i.project_id'

export function issueById(store: PluginStore, id: number): NamedIssue | undefined {
  return store.prepare(`${SELECT_ISSUE} WHERE i.id = ?`).get<NamedIssue>(id)
}

export interface Draft {
  readonly uid: string
  readonly project_id: number
  readonly health_check_id: number | null
  readonly title: string
  readonly description: string
  readonly priority: IssueRow['priority']
  readonly category: IssueRow['category']
  readonly source: IssueRow['source']
  readonly check_id: string | null
  readonly fingerprint: string | null
  readonly evidence: readonly Evidence[]
  readonly labels: readonly string[]
  readonly created_ms: number
}

export function createIssue(writes: Writes, draft: Draft, nowMs: number, note: string): number {
  const id = writes.insert('ops_issue', {
    ...draft,
    evidence: JSON.stringify(draft.evidence),
    labels: JSON.stringify(tidyLabels(draft.labels)),
    status: 'open',
    resolution: null,
    closed_as: null,
    updated_ms: nowMs,
    closed_ms: null,
  })
  addEvent(writes, id, nowMs, draft.source === 'import' ? 'imported' : 'created', note)
  return id
}

export function addEvent(
  writes: Writes,
  issueId: number,
  atMs: number,
  kind: EventRow['kind'],
  note: string,
  data: Readonly<Record<string, unknown>> = {},
): void {
  writes.insert('ops_issue_event', { issue_id: issueId, at_ms: atMs, kind, note, data: JSON.stringify(data) })
}

/** @throws ISSUE_STATE where it is closed, ISSUE_RESOLUTION */
export function closeIssue(writes: Writes, row: IssueRow, nowMs: number, resolution: string, as: ClosedAs): void {
  if (row.status === 'closed') throw issueState(row.id, 'close', 'closed already')
  if (resolution.trim() === '') throw resolutionMissing(row.id)
  writes.update('ops_issue', row.id, { status: 'closed', resolution, closed_as: as, closed_ms: nowMs, updated_ms: nowMs })
  addEvent(writes, row.id, nowMs, 'closed', resolution, { as, from: row.status })
}

/** What resolved it stays in the history. @throws ISSUE_STATE where it is not closed */
export function reopenIssue(writes: Writes, row: IssueRow, nowMs: number, reason: string, to: 'open' | 'in_progress' = 'open'): void {
  if (row.status !== 'closed') throw issueState(row.id, 'reopen', row.status)
  writes.update('ops_issue', row.id, {
    status: to,
    resolution: null,
    closed_as: null,
    closed_ms: null,
    reopened: row.reopened + 1,
    updated_ms: nowMs,
  })
  addEvent(writes, row.id, nowMs, 'reopened', reason, { resolution: row.resolution, as: row.closed_as })
}

/** One issue for people, 80 columns wide. */
export function issueText(issue: IssueRecord): string {
  const { id, title, project, status, priority, category, labels, ageDays, description, resolution, evidence, links, history } = issue
  return [
    `#${id} ${title}`,
    `${project} · ${status} · ${priority} · ${category} · ${ageDays} days`,
    ...(labels.length === 0 ? [] : [`Labels: ${labels.join(', ')}`]),
    ...(description === '' ? [] : ['', ...description.split('\n')]),
    ...(evidence.length === 0
      ? []
      : ['', ...evidence.map(({ note, file, line }) => `- ${file === undefined ? '' : `${place({ file, line })}`}${note}`)]),
    ...(resolution === undefined ? [] : ['', `Closed: ${resolution}`]),
    ...links.map(({ url }) => `At ${url}`),
    '',
    ...history.map(({ at, what, note }) => `${at.slice(0, 16).replace('T', ' ')}  ${what}${note === '' ? '' : `: ${note}`}`),
  ]
    .map(printable)
    .join('\n')
}
