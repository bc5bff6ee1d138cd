import { createHash, randomUUID } from 'node:crypto'
import { type ChangeContext, change, type Writes } from '../records/changes.ts'
import type { Category, IssueRow, LinkRow, Priority } from '../records/rows.ts'
import { addEvent, closeIssue, createIssue, evidenceOf, labelsOf, reopenIssue, tidyLabels } from './issue.ts'
import { markerOf, type RemoteIssue, type Tracker, uidIn } from './tracker.ts'

interface Sent {
  readonly id: number
  readonly number: number
  readonly url: string
}

export interface Exported {
  readonly created: readonly Sent[]
  readonly updated: readonly Sent[]
  /** Were there already, by their marker. */
  readonly adopted: readonly Sent[]
  readonly unchanged: number
}

/**
 * Sends issues to a tracker. Each link is kept as soon as it is known, and an issue whose creation was not acknowledged is found
 * by its marker, so that a second run after any failure sends nothing twice.
 */
export async function exportIssues({ store, clock }: ChangeContext, tracker: Tracker, issues: readonly IssueRow[]): Promise<Exported> {
  // Many changes under one call's key: each has its own way to be done once.
  const ctx = { store, clock }
  const result = { created: [] as Sent[], updated: [] as Sent[], adopted: [] as Sent[], unchanged: 0 }
  const linked = new Map(
    ctx.store
      .prepare('SELECT * FROM ops_issue_link WHERE tracker = ?')
      .all<LinkRow>(tracker.name)
      .map((link) => [link.issue_id, link]),
  )
  let byUid: Map<string, RemoteIssue> | undefined
  for (const issue of issues) {
    const draft = { title: issue.title, body: bodyOf(issue), labels: labelsOf(issue) }
    const isClosed = issue.status === 'closed'
    const hash = hashOf(draft, isClosed)
    let link = linked.get(issue.id)
    if (link === undefined) {
      if (isClosed) continue
      byUid ??= await issuesByUid(tracker)
      const there = byUid.get(issue.uid)
      const remote = there ?? (await tracker.create(draft))
      const sent = { id: issue.id, number: remote.number, url: remote.url }
      result[there === undefined ? 'created' : 'adopted'].push(sent)
      link = await keepLink(ctx, tracker, sent, there === undefined ? hash : hashOf(there, there.isClosed))
    }
    if (link.sent_hash === hash) {
      result.unchanged += Number(linked.has(issue.id))
      continue
    }
    await tracker.update(link.number, { ...draft, isClosed })
    const { id } = link
    await change(ctx, `note what ${tracker.name} was sent`, (writes) => {
      writes.update('ops_issue_link', id, { sent_hash: hash })
      return {}
    })
    if (linked.has(issue.id)) result.updated.push({ id: issue.id, number: link.number, url: link.url })
  }
  return result
}

async function issuesByUid(tracker: Tracker): Promise<Map<string, RemoteIssue>> {
  const found = new Map<string, RemoteIssue>()
  for await (const remote of tracker.list({ closed: true })) {
    const uid = uidIn(remote.body)
    // Anybody may copy a marker; the first that has it is ours.
    if (uid !== undefined && (found.get(uid)?.number ?? Number.POSITIVE_INFINITY) > remote.number) found.set(uid, remote)
  }
  return found
}

async function keepLink(ctx: ChangeContext, tracker: Tracker, { id, number, url }: Sent, hash: string): Promise<LinkRow> {
  const row = { issue_id: id, tracker: tracker.name, number, url, sent_hash: hash }
  const { link } = await change(ctx, `note that issue ${id} is at ${url}`, (writes) => {
    const link = writes.insert('ops_issue_link', row)
    addEvent(writes, id, ctx.clock.now(), 'exported', url)
    return { link }
  })
  return { id: link, ...row }
}

const MAX_SHOWN = 20

function bodyOf(issue: IssueRow): string {
  const evidence = evidenceOf(issue).slice(0, MAX_SHOWN)
  return [
    issue.description,
    ...(evidence.length === 0
      ? []
      : [
          '',
          ...evidence.map(
            ({ note, file, line }) => `- ${file === undefined ? '' : `\`${file}${line === undefined ? '' : `:${line}`}\` `}${note}`,
          ),
        ]),
    ...(issue.resolution === null ? [] : ['', `Closed: ${issue.resolution}`]),
    '',
    markerOf(issue.uid),
  ].join('\n')
}

/** What was sent before there were labels keeps its hash. */
const hashOf = ({ title, body, labels }: { title: string; body: string; labels: readonly string[] }, isClosed: boolean): string =>
  createHash('sha256')
    .update(JSON.stringify([title, body, isClosed, ...labels.toSorted()]))
    .digest('hex')
    .slice(0, 16)

export interface Imported {
  readonly created: readonly number[]
  readonly closed: readonly number[]
  readonly reopened: readonly number[]
  readonly changed: readonly number[]
  readonly unchanged: number
}

/** Takes a tracker's issues in, within a change: new ones are created, those known follow title, text, labels and state. */
export function importIssues(
  { store, clock }: ChangeContext,
  writes: Writes,
  tracker: string,
  projectId: number,
  remotes: readonly RemoteIssue[],
): Imported {
  const nowMs = clock.now()
  const result = { created: [] as number[], closed: [] as number[], reopened: [] as number[], changed: [] as number[], unchanged: 0 }
  const byLink = store.prepare(
    'SELECT i.* FROM ops_issue_link l JOIN ops_issue i ON i.id = l.issue_id WHERE l.tracker = ? AND l.number = ?',
  )
  // Anybody may copy a marker: it counts only while nothing else is known to be the issue.
  const byUid = store.prepare(
    `SELECT * FROM ops_issue WHERE uid = ? AND project_id = ?
     AND NOT EXISTS (SELECT 1 FROM ops_issue_link l WHERE l.issue_id = ops_issue.id AND l.tracker = ?)`,
  )
  for (const remote of remotes) {
    const uid = uidIn(remote.body)
    const known =
      byLink.get<IssueRow>(tracker, remote.number) ?? (uid === undefined ? undefined : byUid.get<IssueRow>(uid, projectId, tracker))
    if (known === undefined) {
      const id = create(writes, projectId, remote, nowMs)
      writes.insert('ops_issue_link', {
        issue_id: id,
        tracker,
        number: remote.number,
        url: remote.url,
        sent_hash: hashOf(remote, remote.isClosed),
      })
      result.created.push(id)
      continue
    }
    const followed = follow(writes, known, remote, nowMs)
    if (followed === 'unchanged') result.unchanged++
    else result[followed].push(known.id)
  }
  return result

  function create(into: Writes, project: number, remote: RemoteIssue, atMs: number): number {
    const id = createIssue(
      into,
      {
        uid: randomUUID(),
        project_id: project,
        health_check_id: null,
        title: titleOf(remote),
        description: remote.body,
        priority: priorityIn(remote.labels),
        category: categoryIn(remote.labels),
        source: 'import',
        check_id: null,
        fingerprint: null,
        evidence: [],
        labels: remote.labels,
        created_ms: remote.createdMs || atMs,
      },
      atMs,
      remote.url,
    )
    const row = store.prepare('SELECT * FROM ops_issue WHERE id = ?').get<IssueRow>(id)
    if (remote.isClosed && row !== undefined) closeIssue(into, row, remote.closedMs ?? atMs, `Closed at ${remote.url}`, 'fixed')
    return id
  }
}

type Followed = 'closed' | 'reopened' | 'changed' | 'unchanged'

function follow(writes: Writes, known: IssueRow, remote: RemoteIssue, nowMs: number): Followed {
  let followed: Followed = 'unchanged'
  // Only what came from there follows its words: of others we are the source.
  const title = titleOf(remote)
  const labels = JSON.stringify(tidyLabels(remote.labels))
  if (known.source === 'import' && (known.title !== title || known.description !== remote.body || known.labels !== labels)) {
    writes.update('ops_issue', known.id, { title, description: remote.body, labels, updated_ms: nowMs })
    addEvent(writes, known.id, nowMs, 'changed', `as at ${remote.url}`)
    followed = 'changed'
  }
  if (remote.isClosed && known.status !== 'closed') {
    closeIssue(writes, known, nowMs, `Closed at ${remote.url}`, 'fixed')
    followed = 'closed'
  } else if (!remote.isClosed && known.status === 'closed' && known.source === 'import') {
    reopenIssue(writes, known, nowMs, `Open at ${remote.url}`)
    followed = 'reopened'
  }
  return followed
}

/** On one line, and never empty. */
const titleOf = ({ title, number }: RemoteIssue): string => title.replace(/\s+/g, ' ').trim() || `#${number}`

function priorityIn(labels: readonly string[]): Priority {
  const text = labels.join('\n').toLowerCase()
  if (/\b(critical|blocker|p0|urgent)\b/.test(text)) return 'critical'
  if (/\b(high|p1)\b/.test(text)) return 'high'
  return /\b(low|p3|minor)\b/.test(text) ? 'low' : 'medium'
}

function categoryIn(labels: readonly string[]): Category {
  const text = labels.join('\n').toLowerCase()
  if (/dependenc/.test(text)) return 'dependency'
  if (/tech.?debt|refactor/.test(text)) return 'tech-debt'
  if (/enhancement|feature/.test(text)) return 'feature'
  return /doc|quality|test|chore/.test(text) ? 'quality' : 'bug'
}
