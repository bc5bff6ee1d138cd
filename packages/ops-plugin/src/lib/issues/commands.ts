import { randomUUID } from 'node:crypto'
import { type Context, command } from '@switchyard/plugin-kit'
import { z } from 'zod'
import type { ScanReport } from '../health/schema.ts'
import { change } from '../records/changes.ts'
import { columns, withMore } from '../records/columns.ts'
import { noFolder, recordUnknown } from '../records/errors.ts'
import { nextCursor, pageInput, sinceUntil, spanMs } from '../records/list.ts'
import { ensureProject, nameOf, needProject, projectRef, type Wanted, wantProject } from '../records/project.ts'
import { CATEGORIES, CLOSED_AS, ISSUE_STATUSES, type IssueRow, PRIORITIES, SOURCES } from '../records/rows.ts'
import { changeNumber, recordUndo } from '../records/undo.ts'
import { issueAmbiguous, issueNotNamed, resolutionMissing } from './errors.ts'
import { ISSUE_EXAMPLES } from './examples.ts'
import {
  addEvent,
  closeIssue,
  createIssue,
  issueById,
  issueLine,
  issueLineOf,
  issueRecord,
  issueRecordOf,
  issueText,
  labelsField,
  type NamedIssue,
  reopenIssue,
  SELECT_ISSUE,
  type SeenCheck,
  seenCheck,
  tidyLabels,
} from './issue.ts'
import { ISSUE_SORTS, pageOfIssues } from './page.ts'
import { statsOf, statsSchema } from './stats.ts'
import { trackerCommands } from './tracker-commands.ts'

type Place = Pick<Context, 'store' | 'workspace'>

const issueId = z.int().min(1).describe('The issue’s id')
const which = {
  id: issueId.optional(),
  title: z.string().trim().min(1).max(300).optional().describe('Its exact title, where the id is not known'),
  project: projectRef.default('.').describe('Where to look for the title'),
}
const priority = z.enum(PRIORITIES)
const category = z.enum(CATEGORIES)
const written = z.object({ issue: issueRecord, change: changeNumber })

/** @throws RECORD_UNKNOWN, ISSUE_AMBIGUOUS, ISSUE_NOT_NAMED */
function wantedIssue(
  ctx: Place,
  { id, title, project }: { id?: number | undefined; title?: string | undefined; project: string },
): NamedIssue {
  if (id !== undefined) return needIssue(ctx, id)
  if (title === undefined) throw issueNotNamed()
  const { id: projectId } = needProject(ctx, project)
  const sql = `${SELECT_ISSUE} WHERE i.project_id = ? AND i.title = ? ORDER BY i.status = 'closed', i.id DESC`
  const found = ctx.store.prepare(sql).all<NamedIssue>(projectId, title)
  const open = found.filter(({ status }) => status !== 'closed')
  const candidates = open.length > 0 ? open : found
  const [only] = candidates
  if (only === undefined) throw recordUnknown('issue', `"${title}"`)
  if (candidates.length > 1)
    throw issueAmbiguous(
      title,
      candidates.map((one) => one.id),
    )
  return only
}

function needIssue({ store }: Pick<Place, 'store'>, id: number): NamedIssue {
  const found = issueById(store, id)
  if (found === undefined) throw recordUnknown('issue', id)
  return found
}

const recordOf = ({ store, clock }: Pick<Context, 'store' | 'clock'>, id: number) =>
  issueRecordOf(store, needIssue({ store }, id), clock.now())

const create = command({
  summary: 'File an issue by hand',
  examples: ISSUE_EXAMPLES['issue.create'],
  effect: 'write',
  idempotent: 'key',
  input: z.object({
    title: z.string().trim().min(1).max(300),
    description: z.string().max(50_000).default(''),
    project: projectRef.default('.'),
    priority: priority.default('medium'),
    category: category.default('bug'),
    source: z.enum(['manual', 'health-scan']).default('manual').describe('Who found it'),
    healthCheck: z.int().min(1).optional().describe('Id of the health check that found it'),
    labels: labelsField.default([]),
  }),
  output: written,
  plan: ({ title, project, priority }) => ({
    summary: `File "${title}" in ${project} with priority ${priority}`,
    steps: [{ does: 'create', target: `issue in ${project}` }],
  }),
  undo: recordUndo,
  async run({ project, healthCheck, ...fields }, ctx) {
    const wanted = await wantProject(ctx, project)
    const { id, change: number } = await change(ctx, `file the issue "${fields.title}"`, (writes) => {
      const nowMs = ctx.clock.now()
      const projectId = ensureProject(ctx.store, writes, wanted, nowMs)
      if (healthCheck !== undefined) needHealthCheck(ctx, healthCheck)
      const rest = { check_id: null, fingerprint: null, evidence: [], created_ms: nowMs }
      return {
        id: createIssue(
          writes,
          { uid: randomUUID(), project_id: projectId, health_check_id: healthCheck ?? null, ...fields, ...rest },
          nowMs,
          'filed by hand',
        ),
      }
    })
    return { issue: recordOf(ctx, id), change: number }
  },
})

function needHealthCheck({ store }: Pick<Place, 'store'>, id: number): void {
  if (store.prepare('SELECT 1 FROM ops_health_check WHERE id = ?').get(id) === undefined) throw recordUnknown('health check', id)
}

const get = command({
  summary: 'Show one issue with its evidence and its history',
  examples: ISSUE_EXAMPLES['issue.get'],
  effect: 'read',
  input: z.object({ id: issueId }),
  output: issueRecord.extend({ text: z.string() }),
  resource: { uri: 'ops://issues/{id}' },
  run({ id }, ctx) {
    const issue = recordOf(ctx, id)
    return { ...issue, text: issueText(issue) }
  },
})

const oneOrMore = <const values extends readonly [string, ...string[]]>(values: values) =>
  z.union([z.enum(values), z.array(z.enum(values)).min(1)]).optional()
const listed = <value>(given: value | readonly value[] | undefined, all: readonly value[]): readonly value[] =>
  given === undefined ? all : Array.isArray(given) ? [...new Set(given as readonly value[])] : [given as value]

const list = command({
  summary: 'List issues: by default those that are not closed, most urgent first',
  examples: ISSUE_EXAMPLES['issue.list'],
  effect: 'read',
  input: z.object({
    project: projectRef.optional().describe('Folder, name or id of the project; all projects without it'),
    status: oneOrMore(ISSUE_STATUSES),
    priority: oneOrMore(PRIORITIES),
    category: oneOrMore(CATEGORIES),
    source: z.enum(SOURCES).optional(),
    check: z.string().max(100).optional().describe('Found by this check'),
    label: z
      .union([z.string().min(1), z.array(z.string().min(1)).min(1)])
      .optional()
      .describe('Has this label, or all of these'),
    text: z.string().min(1).max(200).optional().describe('Contained in title or description'),
    sort: z.enum(ISSUE_SORTS).default('priority'),
    ...sinceUntil,
    ...pageInput,
  }),
  output: z.object({ issues: z.array(issueLine), nextCursor, text: z.string() }),
  resource: { uri: 'ops://issues' },
  run({ project, status, priority, category, source, check, label, text, sort, since, until, limit, cursor }, ctx) {
    const nowMs = ctx.clock.now()
    const { rows, ...rest } = pageOfIssues(
      ctx.store,
      {
        projectId: project === undefined ? undefined : needProject(ctx, project).id,
        statuses: listed(status, ['open', 'in_progress'] as const),
        priorities: listed(priority, PRIORITIES),
        categories: listed(category, CATEGORIES),
        source,
        check,
        labels: listed(label, []),
        text,
        ...spanMs({ since, until }, nowMs),
      },
      { sort, limit, cursor },
    )
    const issues = rows.map((row) => issueLineOf(row, nowMs))
    const isOne = project !== undefined
    const cells = issues.map((one) => [
      `#${one.id}`,
      one.priority,
      one.status,
      one.category,
      ...(isOne ? [] : [one.project]),
      titleWithLabels(one),
    ])
    return { issues, ...rest, text: withMore(columns(cells, 'No issue fits.'), rest.nextCursor) }
  },
})

const titleWithLabels = ({ title, labels }: { title: string; labels: readonly string[] }): string =>
  labels.length === 0 ? title : `${title} [${labels.join(', ')}]`

const update = command({
  summary: 'Change an issue: its title, description, priority, category, labels or state',
  examples: ISSUE_EXAMPLES['issue.update'],
  effect: 'write',
  idempotent: 'key',
  input: z.object({
    id: issueId,
    title: z.string().trim().min(1).max(300).optional(),
    description: z.string().max(50_000).optional(),
    status: z.enum(ISSUE_STATUSES).optional(),
    priority: priority.optional(),
    category: category.optional(),
    labels: labelsField.optional().describe('All that it is to have'),
    resolution: z.string().trim().min(1).max(10_000).optional().describe('What became of it; needed to close it'),
  }),
  output: written,
  plan({ id }, ctx) {
    const { title } = needIssue(ctx, id)
    return { summary: `Change issue ${id}, "${title}"`, steps: [{ does: 'change', target: `issue ${id}` }] }
  },
  undo: recordUndo,
  async run({ id, status, resolution, labels, ...given }, ctx) {
    const fields = { ...given, labels: labels && JSON.stringify(tidyLabels(labels)) }
    const { change: number } = await change(ctx, `change issue ${id}`, (writes) => {
      const nowMs = ctx.clock.now()
      const row = needIssue(ctx, id)
      const changed = Object.fromEntries(
        Object.entries(fields).filter(([field, value]) => value !== undefined && row[field as keyof IssueRow] !== value),
      ) as Partial<IssueRow>
      if (Object.keys(changed).length > 0) {
        writes.update('ops_issue', id, { ...changed, updated_ms: nowMs })
        const note = Object.entries(changed).map(([field, value]) => (field === 'description' ? field : `${field}: ${value}`))
        addEvent(writes, id, nowMs, 'changed', note.join(', '))
      }
      if (status !== undefined && status !== row.status) {
        if (status === 'closed') {
          if (resolution === undefined) throw resolutionMissing(id)
          closeIssue(writes, row, nowMs, resolution, 'fixed')
        } else if (row.status === 'closed') reopenIssue(writes, row, nowMs, 'by hand', status)
        else {
          writes.update('ops_issue', id, { status, updated_ms: nowMs })
          addEvent(writes, id, nowMs, 'changed', `status: ${status}`)
        }
      } else if (resolution !== undefined && row.status === 'closed' && resolution !== row.resolution) {
        writes.update('ops_issue', id, { resolution, updated_ms: nowMs })
        addEvent(writes, id, nowMs, 'changed', `resolution: ${resolution}`)
      }
      return {}
    })
    return { issue: recordOf(ctx, id), ...(number !== undefined && { change: number }) }
  },
})

const close = command({
  summary: 'Close an issue and say what became of it',
  examples: ISSUE_EXAMPLES['issue.close'],
  effect: 'write',
  idempotent: 'key',
  input: z.object({
    ...which,
    resolution: z.string().trim().min(1).max(10_000).default('Closed by hand').describe('What was done, or why nothing is'),
    as: z
      .enum(CLOSED_AS)
      .default('fixed')
      .describe('A scan reopens what is said to be fixed and is not; what is accepted only when there is more of it'),
  }),
  output: written,
  plan(input, ctx) {
    const { id, title } = wantedIssue(ctx, input)
    return { summary: `Close issue ${id}, "${title}", as ${input.as}`, steps: [{ does: 'change', target: `issue ${id}` }] }
  },
  undo: recordUndo,
  async run(input, ctx) {
    const { id, change: number } = await change(ctx, 'close an issue', (writes) => {
      const row = wantedIssue(ctx, input)
      closeIssue(writes, row, ctx.clock.now(), input.resolution, input.as)
      return { id: row.id }
    })
    return { issue: recordOf(ctx, id), change: number }
  },
})

const reopen = command({
  summary: 'Reopen a closed issue',
  examples: ISSUE_EXAMPLES['issue.reopen'],
  effect: 'write',
  idempotent: 'key',
  input: z.object({ id: issueId, reason: z.string().trim().min(1).max(2_000).default('by hand') }),
  output: written,
  plan({ id }, ctx) {
    const { title } = needIssue(ctx, id)
    return { summary: `Reopen issue ${id}, "${title}"`, steps: [{ does: 'change', target: `issue ${id}` }] }
  },
  undo: recordUndo,
  async run({ id, reason }, ctx) {
    const { change: number } = await change(ctx, `reopen issue ${id}`, (writes) => {
      reopenIssue(writes, needIssue(ctx, id), ctx.clock.now(), reason)
      return {}
    })
    return { issue: recordOf(ctx, id), ...(number !== undefined && { change: number }) }
  },
})

const remove = command({
  summary: 'Delete an issue with its history',
  description: 'Closing keeps what is known of it; deleting is for what should never have been filed.',
  examples: ISSUE_EXAMPLES['issue.delete'],
  effect: 'destroy',
  idempotent: 'key',
  input: z.object({ id: issueId }),
  output: written,
  plan({ id }, ctx) {
    const { title } = needIssue(ctx, id)
    return { summary: `Delete issue ${id}, "${title}"`, steps: [{ does: 'remove', target: `issue ${id}` }] }
  },
  undo: recordUndo,
  run({ id }, ctx) {
    return change(ctx, `delete issue ${id}`, (writes) => {
      const issue = recordOf(ctx, id)
      writes.remove('ops_issue', id)
      return { issue }
    })
  },
})

const stats = command({
  summary: 'Count issues by state, priority and category, with their ages and how long mending takes',
  examples: ISSUE_EXAMPLES['issue.stats'],
  effect: 'read',
  input: z.object({ project: projectRef.optional().describe('All projects without it'), ...sinceUntil }),
  output: statsSchema,
  run({ project, since, until }, ctx) {
    const nowMs = ctx.clock.now()
    const { sinceMs = 0, untilMs = Number.MAX_SAFE_INTEGER } = spanMs({ since, until }, nowMs)
    return statsOf(ctx.store, {
      projectId: project === undefined ? undefined : needProject(ctx, project).id,
      sinceMs,
      untilMs,
      nowMs,
    })
  },
})

const seenChecks = z
  .array(seenCheck)
  .max(2_000)
  .optional()
  .describe('What a scan said, its `checks`; without it the project is scanned now')
const scanned = {
  project: projectRef.default('.'),
  checks: seenChecks,
  notApplicable: z.array(z.string()).optional().describe('What the same scan said under this name'),
  level: z.enum(['fail', 'warn']).default('fail').describe('Whether warnings become issues too'),
  category: category.optional().describe('Only issues of this category'),
}

const triage = command({
  summary: 'Compare a scan with the issues on file: what to create, to close, to reopen, and what is still open',
  description: 'Nothing is changed; ops.issue.file carries it out.',
  examples: ISSUE_EXAMPLES['issue.triage'],
  effect: 'read',
  timeoutMs: 120_000,
  input: z.object(scanned),
  output: z.object({
    create: z.array(z.object({ check: z.string(), title: z.string(), priority, category })),
    close: z.array(z.object({ id: z.int(), title: z.string(), why: z.string() })),
    reopen: z.array(z.object({ id: z.int(), title: z.string(), why: z.string() })),
    still: z.array(z.object({ id: z.int(), title: z.string() })),
    text: z.string(),
  }),
  async run(input, ctx) {
    const { wanted, report } = await look(input, ctx)
    const { decide } = await import('./decide.ts')
    const known = wanted.row === undefined ? [] : knownIssues(ctx, wanted.row.id)
    const { create, close, reopen, still } = ofCategory(
      decide(report.checks, known, { ...input, notApplicable: report.notApplicable }),
      input.category,
    )
    const lists = {
      create: create.map(({ check: { id }, title, priority: rank, category: kind }) => ({
        check: id,
        title,
        priority: rank,
        category: kind,
      })),
      close: close.map(({ issue: { id, title }, why }) => ({ id, title, why })),
      reopen: reopen.map(({ issue: { id, title }, why }) => ({ id, title, why })),
      still: still.map(({ id, title }) => ({ id, title })),
    }
    const rows = [
      ...lists.create.map(({ title, priority: rank }) => ['create', rank, title]),
      ...lists.reopen.map(({ id, why }) => ['reopen', `#${id}`, why]),
      ...lists.close.map(({ id, why }) => ['close', `#${id}`, why]),
      ...lists.still.map(({ id, title }) => ['still', `#${id}`, title]),
    ]
    return { ...lists, text: columns(rows, 'Nothing to file, nothing to close.') }
  },
})

const file = command({
  summary: 'Bring the issues of a project in step with a scan: create, refresh, close with evidence, reopen',
  description: 'Doing it twice changes nothing the second time. Issues filed by hand are left alone.',
  examples: ISSUE_EXAMPLES['issue.file'],
  effect: 'write',
  idempotent: 'key',
  timeoutMs: 120_000,
  input: z.object({ ...scanned, healthCheck: z.int().min(1).optional().describe('Id of the recorded health check that this scan became') }),
  output: z.object({
    project: z.string(),
    created: z.array(z.int()),
    refreshed: z.array(z.int()),
    closed: z.array(z.int()),
    reopened: z.array(z.int()),
    still: z.array(z.int()).describe('Open before and after'),
    change: changeNumber,
  }),
  plan: ({ project }) => ({
    summary: `Bring the issues of ${project} in step with a scan`,
    steps: [{ does: 'change', target: `issues of ${project}`, detail: 'switchyard ops issue triage says which' }],
  }),
  undo: recordUndo,
  async run(input, ctx) {
    const { wanted, report } = await look(input, ctx)
    const [{ decide }, { apply }] = await Promise.all([import('./decide.ts'), import('./apply.ts')])
    return change(ctx, `bring the issues of "${nameOf(wanted)}" in step with a scan`, (writes) => {
      const nowMs = ctx.clock.now()
      if (input.healthCheck !== undefined) needHealthCheck(ctx, input.healthCheck)
      const projectId = ensureProject(ctx.store, writes, wanted, nowMs)
      // Decided within the transaction: another process may have filed the same scan.
      const decision = decide(report.checks, knownIssues(ctx, projectId), { ...input, notApplicable: report.notApplicable })
      const applied = apply(writes, ofCategory(decision, input.category), { projectId, healthCheckId: input.healthCheck ?? null, nowMs })
      return {
        project: nameOf(wanted),
        created: [...applied.created],
        refreshed: [...applied.refreshed],
        closed: [...applied.closed],
        reopened: [...applied.reopened],
        still: [...applied.still],
      }
    })
  },
})

type Look = { project: string; checks?: SeenCheck[] | undefined; notApplicable?: string[] | undefined }

/** The scan that issues are compared with: the one given, or one made now. */
async function look(
  { project, checks, notApplicable = [] }: Look,
  ctx: Context,
): Promise<{ wanted: Wanted; report: { checks: readonly SeenCheck[]; notApplicable: readonly string[] } }> {
  const wanted = await wantProject(ctx, project)
  if (checks !== undefined) return { wanted, report: { checks, notApplicable } }
  const path = wanted.row === undefined ? wanted.detected.path : wanted.row.path
  if (path === null) throw noFolder(nameOf(wanted), 'scan the folder')
  return { wanted, report: (await ctx.call('ops.health.scan', { project: path })) as ScanReport }
}

function knownIssues({ store }: Pick<Place, 'store'>, projectId: number): IssueRow[] {
  return store.prepare('SELECT * FROM ops_issue WHERE project_id = ? AND fingerprint IS NOT NULL ORDER BY id').all<IssueRow>(projectId)
}

function ofCategory<decision extends import('./decide.ts').Decision>(
  decision: decision,
  wanted: IssueRow['category'] | undefined,
): decision {
  if (wanted === undefined) return decision
  const has = ({ category: kind }: { readonly category: string }): boolean => kind === wanted
  const about = ({ issue }: { readonly issue: IssueRow }): boolean => has(issue)
  return {
    ...decision,
    create: decision.create.filter(has),
    refresh: decision.refresh.filter(about),
    moved: decision.moved.filter(about),
    close: decision.close.filter(about),
    reopen: decision.reopen.filter(about),
    still: decision.still.filter(has),
  }
}

export const issueCommands = {
  'issue.create': create,
  'issue.get': get,
  'issue.list': list,
  'issue.update': update,
  'issue.close': close,
  'issue.reopen': reopen,
  'issue.delete': remove,
  'issue.stats': stats,
  'issue.triage': triage,
  'issue.file': file,
  ...trackerCommands,
}
