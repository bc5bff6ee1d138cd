import { type Context, command } from '@switchyard/plugin-kit'
import { z } from 'zod'
import { change } from '../records/changes.ts'
import { fileExists } from '../records/errors.ts'
import { insideOf } from '../records/inside.ts'
import { needProject, projectRef } from '../records/project.ts'
import type { ProjectRow } from '../records/rows.ts'
import { changeNumber, recordUndo } from '../records/undo.ts'
import { DASHBOARD_EXAMPLES } from './examples.ts'
import { statusSchema } from './status.ts'

const chosen = {
  project: projectRef.optional().describe('Folder, name or id of the project; all projects without it'),
  limit: z.int().min(1).max(200).default(20).describe('How many projects at most'),
}

const status = command({
  summary: 'Show the dashboard: scores and their trend, open issues, last releases, runbooks and services of one project or of all',
  description: 'Only what is on record is shown; nothing is scanned for it.',
  examples: DASHBOARD_EXAMPLES.status,
  effect: 'read',
  input: z.object(chosen),
  output: statusSchema.extend({ text: z.string() }),
  resource: { uri: 'ops://status' },
  async run(input, ctx) {
    const { collect } = await import('./collect.ts')
    const { statusText } = await import('./text.ts')
    const { rows, more } = wanted(input, ctx)
    const found = await collect(ctx, rows, more)
    return { ...found, text: statusText(found) }
  },
})

/** Projects by name; those that were never scanned come along. */
function wanted({ project, limit }: { project?: string | undefined; limit: number }, ctx: Context): { rows: ProjectRow[]; more: number } {
  if (project !== undefined) return { rows: [needProject(ctx, project)], more: 0 }
  const rows = ctx.store.prepare('SELECT * FROM ops_project ORDER BY name, id LIMIT ?').all<ProjectRow>(limit)
  const all = ctx.store.prepare('SELECT count(*) AS n FROM ops_project').get<{ n: number }>()?.n ?? 0
  return { rows, more: Math.max(0, all - rows.length) }
}

const dashboard = command({
  summary: 'Write the dashboard as one HTML file that needs nothing else',
  examples: DASHBOARD_EXAMPLES.dashboard,
  effect: 'write',
  idempotent: 'key',
  input: z.object({
    ...chosen,
    target: z.string().trim().min(1).max(1_000).default('ops-status.html').describe('File inside the workspace'),
    overwrite: z.boolean().default(true),
  }),
  output: z.object({ file: z.string(), projects: z.int(), change: changeNumber }),
  plan: ({ target }) => ({ summary: `Write the dashboard to ${target}`, steps: [{ does: 'create', target }] }),
  undo: recordUndo,
  async run({ target, overwrite, ...input }, ctx) {
    const { existsSync } = await import('node:fs')
    const { collect } = await import('./collect.ts')
    const { statusPage } = await import('./page.ts')
    const { rows, more } = wanted(input, ctx)
    const page = statusPage(await collect(ctx, rows, more))
    return change(ctx, `write the dashboard to ${target}`, (writes) => {
      const path = insideOf(ctx.workspace, target)
      if (!overwrite && existsSync(path)) throw fileExists(target)
      writes.file(path, page)
      return { file: target, projects: rows.length }
    })
  },
})

export const dashboardCommands = { status, dashboard }
