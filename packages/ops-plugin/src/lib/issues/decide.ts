import { createHash } from 'node:crypto'
import { fingerprints } from '../health/fingerprint.ts'
import type { Category, IssueRow, Priority } from '../records/rows.ts'
import { type Evidence, evidenceOf, type SeenCheck } from './issue.ts'

export interface Found {
  readonly check: SeenCheck
  readonly fingerprint: string
  readonly title: string
  readonly description: string
  readonly priority: Priority
  readonly category: Category
  readonly evidence: readonly Evidence[]
}

/** What a scan means for the issues of its project. */
export interface Decision {
  readonly create: readonly Found[]
  readonly refresh: readonly { readonly issue: IssueRow; readonly found: Found; readonly gone: number; readonly added: number }[]
  /** Only places moved: noted, but nobody is told. */
  readonly moved: readonly { readonly issue: IssueRow; readonly found: Found }[]
  readonly close: readonly { readonly issue: IssueRow; readonly why: string }[]
  readonly reopen: readonly { readonly issue: IssueRow; readonly found: Found; readonly why: string }[]
  /** Open before and after. */
  readonly still: readonly IssueRow[]
}

/**
 * Compares a scan with the issues that scans made before. An issue stands for one check of one project, and its evidence for
 * the findings, so that neither a moved line nor a file that came, went or was renamed elsewhere changes anything. What a check
 * could not find out changes nothing either.
 */
export function decide(
  checks: readonly SeenCheck[],
  known: readonly IssueRow[],
  { level, notApplicable = [] }: { level: 'fail' | 'warn'; notApplicable?: readonly string[] },
): Decision {
  const byFingerprint = new Map(known.map((issue) => [issue.fingerprint, issue]))
  const decision = {
    create: [] as Found[],
    refresh: [] as Decision['refresh'][number][],
    moved: [] as Decision['moved'][number][],
    close: [] as Decision['close'][number][],
    reopen: [] as Decision['reopen'][number][],
    still: [] as IssueRow[],
  }
  for (const check of checks) {
    const issue = byFingerprint.get(fingerprintOf(check.id))
    if (check.status === 'unknown') {
      if (issue !== undefined && issue.status !== 'closed') decision.still.push(issue)
      continue
    }
    const isWrong =
      check.status === 'fail' || (check.status === 'warn' && (level === 'warn' || (issue !== undefined && issue.status !== 'closed')))
    if (!isWrong) {
      if (issue !== undefined && issue.status !== 'closed') decision.close.push({ issue, why: `${check.id} passes: ${check.title}` })
      continue
    }
    const found = foundBy(check)
    if (issue === undefined) decision.create.push(found)
    else if (issue.status === 'closed') {
      const why = whyReopen(issue, found)
      if (why !== undefined) decision.reopen.push({ issue, found, why })
    } else {
      decision.still.push(issue)
      const changes = compare(evidenceOf(issue), found.evidence)
      if (changes.gone + changes.added > 0) decision.refresh.push({ issue, found, ...changes })
      else if (JSON.stringify(evidenceOf(issue)) !== JSON.stringify(found.evidence)) decision.moved.push({ issue, found })
    }
  }
  const gone = new Set(notApplicable.map(fingerprintOf))
  for (const issue of known) {
    if (issue.status === 'closed' || issue.fingerprint === null || !gone.has(issue.fingerprint)) continue
    decision.close.push({ issue, why: `${issue.check_id} says nothing about this project any more` })
  }
  return decision
}

/** Of the one issue that a check has in each project. */
const fingerprintOf = (checkId: string): string => createHash('sha256').update(`check\0${checkId}`).digest('hex').slice(0, 16)

/** What was accepted stays so until more of it is found; a fix that did not hold is an open issue again. */
function whyReopen({ closed_as, evidence }: IssueRow, { check, evidence: now }: Found): string | undefined {
  if (closed_as === 'fixed') return `${check.id} does not pass: ${check.findings[0]?.note ?? check.title}`
  const { added } = compare(JSON.parse(evidence) as Evidence[], now)
  return added === 0 ? undefined : `${added} more than was accepted: ${check.findings[0]?.note ?? check.title}`
}

function compare(before: readonly Evidence[], now: readonly Evidence[]): { gone: number; added: number } {
  const had = new Set(before.map(({ fingerprint }) => fingerprint))
  const has = new Set(now.map(({ fingerprint }) => fingerprint))
  return { gone: [...had].filter((one) => !has.has(one)).length, added: [...has].filter((one) => !had.has(one)).length }
}

const MAX_TITLE = 140

function foundBy(check: SeenCheck): Found {
  const { id, title, findings, total, mend } = check
  const names = fingerprints(
    id,
    findings.map(({ note, file }) => ({ status: 'fail', note, file })),
  )
  const evidence = findings.map(({ note, file, line, fingerprint }, index) => ({
    fingerprint: fingerprint ?? names[index] ?? '',
    note,
    ...(file !== undefined && { file }),
    ...(line !== undefined && { line }),
  }))
  return {
    check,
    fingerprint: fingerprintOf(id),
    title: issueTitle(id, evidence[0]?.note ?? title, total),
    description: `What should be: ${title}${mend === undefined ? '' : `\nWhat to do: ${mend}`}`,
    priority: priorityOf(check),
    category: categoryOf(check),
    evidence,
  }
}

function issueTitle(checkId: string, firstNote: string, total: number): string {
  const more = total > 1 ? ` (and ${total - 1} more)` : ''
  const text = `${checkId}: ${firstNote.replace(/\s+/g, ' ')}`
  return `${text.length + more.length > MAX_TITLE ? `${text.slice(0, MAX_TITLE - more.length - 1)}…` : text}${more}`
}

const HEAVY = 8

/** Security first, then what a project is broken without. */
function priorityOf({ domain, status, weight }: SeenCheck): Priority {
  if (status !== 'fail') return 'low'
  if (domain === 'security') return 'critical'
  return weight >= HEAVY ? 'high' : 'medium'
}

function categoryOf({ domain }: SeenCheck): Category {
  switch (domain) {
    case 'dependencies':
      return 'dependency'
    case 'structure':
      return 'structure'
    case 'docs':
    case 'quality':
    case 'files':
      return 'quality'
    default:
      return 'bug'
  }
}
