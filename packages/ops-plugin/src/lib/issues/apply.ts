import { randomUUID } from 'node:crypto'
import type { Writes } from '../records/changes.ts'
import type { IssueRow } from '../records/rows.ts'
import type { Decision, Found } from './decide.ts'
import { addEvent, closeIssue, createIssue, reopenIssue } from './issue.ts'

export interface Applied {
  readonly created: readonly number[]
  readonly refreshed: readonly number[]
  readonly closed: readonly number[]
  readonly reopened: readonly number[]
  /** Open before and after. */
  readonly still: readonly number[]
}

/** Carries a decision out; each issue's history says what the scan saw. */
export function apply(
  writes: Writes,
  decision: Decision,
  { projectId, healthCheckId, nowMs }: { projectId: number; healthCheckId: number | null; nowMs: number },
): Applied {
  const created = decision.create.map((found) =>
    createIssue(
      writes,
      {
        uid: randomUUID(),
        project_id: projectId,
        health_check_id: healthCheckId,
        title: found.title,
        description: found.description,
        priority: found.priority,
        category: found.category,
        source: 'health-scan',
        check_id: found.check.id,
        fingerprint: found.fingerprint,
        evidence: found.evidence,
        labels: [],
        created_ms: nowMs,
      },
      nowMs,
      `a scan found it: ${found.check.id}`,
    ),
  )
  for (const { issue, found, gone, added } of decision.refresh) {
    writes.update('ops_issue', issue.id, {
      ...seen(issue, found),
      health_check_id: healthCheckId ?? issue.health_check_id,
      updated_ms: nowMs,
    })
    const parts = [...(added > 0 ? [`${added} more`] : []), ...(gone > 0 ? [`${gone} mended`] : [])]
    addEvent(writes, issue.id, nowMs, 'refreshed', parts.join(', '), { added, gone })
  }
  for (const { issue, found } of decision.moved) writes.update('ops_issue', issue.id, { evidence: JSON.stringify(found.evidence) })
  for (const { issue, why } of decision.close) closeIssue(writes, issue, nowMs, why, 'fixed')
  for (const { issue, found, why } of decision.reopen) {
    reopenIssue(writes, issue, nowMs, why)
    writes.update('ops_issue', issue.id, { ...seen(issue, found), health_check_id: healthCheckId ?? issue.health_check_id })
  }
  return {
    created,
    refreshed: decision.refresh.map(({ issue }) => issue.id),
    closed: decision.close.map(({ issue }) => issue.id),
    reopened: decision.reopen.map(({ issue }) => issue.id),
    still: decision.still.map(({ id }) => id),
  }
}

/** What a scan has to say of a known issue; a title and a priority that a person gave stay. */
function seen(issue: IssueRow, found: Found): Partial<IssueRow> {
  const isOurs = issue.title.startsWith(`${found.check.id}: `)
  return { evidence: JSON.stringify(found.evidence), ...(isOurs && { title: found.title }) }
}
