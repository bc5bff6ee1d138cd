import { type Context, command } from '@switchyard/plugin-kit'
import { z } from 'zod'
import { change } from '../records/changes.ts'
import { ensureProject, needProject, projectRef, wantProject } from '../records/project.ts'
import { type IssueRow, PRIORITIES } from '../records/rows.ts'
import { changeNumber, recordUndo } from '../records/undo.ts'
import { ISSUE_EXAMPLES } from './examples.ts'
import type { RemoteIssue } from './tracker.ts'

const where = {
  project: projectRef.default('.'),
  tracker: z.enum(['github', 'gitea']).default('github').describe('github wants GITHUB_TOKEN; gitea wants GITEA_URL and GITEA_TOKEN'),
  repo: z.string().trim().max(201).optional().describe('OWNER/NAME; default: that of the project’s git remote "origin"'),
}
const sentSchema = z.array(z.object({ id: z.int(), number: z.int(), url: z.string() }))

const exportInput = z.object({
  ...where,
  ids: z.array(z.int().min(1)).max(1_000).optional().describe('Only these issues'),
  priority: z.enum(PRIORITIES).optional().describe('Only issues of this priority'),
})

const exportCommand = command({
  summary: 'Send the issues of a project to GitHub or Gitea, and bring there up to date what was sent before',
  description:
    'Doing it twice sends nothing twice, also after a failure in the middle. What is closed here is closed there. There is no way back.',
  examples: ISSUE_EXAMPLES['issue.export'],
  effect: 'write',
  timeoutMs: 300_000,
  input: exportInput,
  output: z.object({ repo: z.string(), created: sentSchema, updated: sentSchema, adopted: sentSchema, unchanged: z.int() }),
  async plan(input, ctx) {
    const { repoOf } = await import('./open-tracker.ts')
    const { name, path, id } = needProject(ctx, input.project)
    const repo = await repoOf({ ...input, repo: input.repo, folder: path }, ctx.signal)
    const issues = exported(ctx, id, input)
    return {
      summary: `Send ${issues.length} issues of "${name}" to ${repo} on ${input.tracker}`,
      steps: [
        { does: 'send', target: `${input.tracker}: ${repo}`, detail: issues.map((issue) => `#${issue.id} ${issue.title}`).join('\n') },
      ],
      warnings: ['what was sent can be seen by whoever may read the repository there'],
    }
  },
  async run(input, ctx) {
    const { openTracker, trackerSettings } = await import('./open-tracker.ts')
    const { exportIssues } = await import('./exchange.ts')
    const { path, id } = needProject(ctx, input.project)
    const tracker = await openTracker({ ...input, repo: input.repo, folder: path }, trackerSettings(process.env), ctx)
    const { created, updated, adopted, unchanged } = await exportIssues(ctx, tracker, exported(ctx, id, input))
    return { repo: tracker.name, created: [...created], updated: [...updated], adopted: [...adopted], unchanged }
  },
})

/** What is open, and what was sent before it was closed. */
function exported({ store }: Pick<Context, 'store'>, projectId: number, { ids, priority }: z.output<typeof exportInput>): IssueRow[] {
  const sql = `SELECT * FROM ops_issue WHERE project_id = ? AND (status <> 'closed' OR EXISTS (SELECT 1 FROM ops_issue_link l WHERE l.issue_id = ops_issue.id)) ORDER BY id`
  return store
    .prepare(sql)
    .all<IssueRow>(projectId)
    .filter((issue) => (ids?.includes(issue.id) ?? true) && (priority === undefined || issue.priority === priority))
}

const importCommand = command({
  summary: 'Take the issues of a GitHub or Gitea repository in, and follow those that are linked',
  examples: ISSUE_EXAMPLES['issue.import'],
  effect: 'write',
  idempotent: 'key',
  timeoutMs: 300_000,
  input: z.object({ ...where, closed: z.boolean().default(false).describe('Closed ones that are not known yet too') }),
  output: z.object({
    repo: z.string(),
    created: z.array(z.int()),
    closed: z.array(z.int()),
    reopened: z.array(z.int()),
    changed: z.array(z.int()),
    unchanged: z.int(),
    change: changeNumber,
  }),
  plan: ({ project, tracker, repo }) => ({
    summary: `Take the issues of ${repo ?? 'its remote repository'} on ${tracker} into ${project}`,
    steps: [{ does: 'create', target: `issues in ${project}` }],
  }),
  undo: recordUndo,
  async run(input, ctx) {
    const { openTracker, trackerSettings } = await import('./open-tracker.ts')
    const { importIssues } = await import('./exchange.ts')
    const wanted = await wantProject(ctx, input.project)
    const folder = wanted.row === undefined ? wanted.detected.path : wanted.row.path
    const tracker = await openTracker({ ...input, repo: input.repo, folder }, trackerSettings(process.env), ctx)
    const known = new Set(
      ctx.store
        .prepare('SELECT number FROM ops_issue_link WHERE tracker = ?')
        .all<{ number: number }>(tracker.name)
        .map(({ number }) => number),
    )
    const remotes: RemoteIssue[] = []
    // Closed ones are asked for in any case: what is known here may have been closed there.
    for await (const remote of tracker.list({ closed: true })) {
      if (!remote.isClosed || input.closed || known.has(remote.number)) remotes.push(remote)
    }
    return change(ctx, `import issues from ${tracker.name}`, (writes) => {
      const projectId = ensureProject(ctx.store, writes, wanted, ctx.clock.now())
      const { created, closed, reopened, changed, unchanged } = importIssues(ctx, writes, tracker.name, projectId, remotes)
      return { repo: tracker.name, created: [...created], closed: [...closed], reopened: [...reopened], changed: [...changed], unchanged }
    })
  },
})

export const trackerCommands = { 'issue.export': exportCommand, 'issue.import': importCommand }
