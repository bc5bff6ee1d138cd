import { resolve } from 'node:path'
import { command } from '@switchyard/plugin-kit'
import { z } from 'zod'
import { change } from './changes.ts'
import { columns, withMore } from './columns.ts'
import { projectTaken, projectUnknown } from './errors.ts'
import { RECORD_EXAMPLES } from './examples.ts'
import { nextCursor, pageById, pageInput } from './list.ts'
import {
  detectedColumns,
  detectedSchema,
  ensureProject,
  findProject,
  folderOf,
  needProject,
  projectById,
  projectRecord,
  projectRef,
  projectSchema,
} from './project.ts'
import { PROJECT_TYPES, type ProjectRow } from './rows.ts'
import { changeNumber, recordUndo } from './undo.ts'

const ownFields = {
  name: z.string().trim().min(1).max(200).optional().describe('What people call it'),
  type: z.enum(PROJECT_TYPES).optional(),
  version: z.string().trim().min(1).max(100).optional(),
  description: z.string().max(2_000).optional(),
  metadata: z.record(z.string(), z.unknown()).optional().describe('Anything else worth keeping, as an object'),
}

const register = command({
  summary: 'Register a project, or bring what is known of it up to date with its folder',
  description: 'Name, type, version and components are read from the folder; what is given by hand wins. The folder is not changed.',
  examples: RECORD_EXAMPLES['project.register'],
  effect: 'write',
  idempotent: 'key',
  input: z.object({ path: projectRef.default('.').describe('Its folder, relative to the workspace or absolute'), ...ownFields }),
  output: z.object({ project: projectSchema, created: z.boolean(), change: changeNumber }),
  plan: ({ path }) => ({ summary: `Record the project in ${path}`, steps: [{ does: 'create', target: `record of ${path}` }] }),
  undo: recordUndo,
  async run({ path, metadata, ...own }, ctx) {
    const { detect } = await import('./detect.ts')
    const detected = await detect(resolve(ctx.workspace, path), ctx.signal)
    // A path by which links lead to it is the same project.
    const root = folderOf(ctx.workspace, path) ?? detected.path
    const given = Object.fromEntries(Object.entries(own).filter(([, value]) => value !== undefined)) as Partial<typeof detected>
    return change(ctx, `register ${root}`, (writes) => {
      const nowMs = ctx.clock.now()
      const known = ctx.store.prepare('SELECT * FROM ops_project WHERE path = ?').get<ProjectRow>(root)
      const columns = {
        ...detectedColumns({ ...detected, ...given }),
        ...(metadata !== undefined && { metadata: JSON.stringify(metadata) }),
      }
      let id: number
      if (known === undefined) {
        id = ensureProject(ctx.store, writes, { detected: { ...detected, ...given, path: root } }, nowMs)
        if (metadata !== undefined) writes.update('ops_project', id, { metadata: JSON.stringify(metadata) })
      } else {
        id = known.id
        // A name that a person gave stays until a person gives another.
        const { name, ...rest } = columns
        const patch = given.name === undefined ? rest : { name, ...rest }
        const isSame = Object.entries(patch).every(([column, value]) => known[column as keyof ProjectRow] === value)
        if (!isSame) writes.update('ops_project', id, { ...patch, updated_ms: nowMs })
      }
      return { project: projectRecord(projectById(ctx.store, id) as ProjectRow), created: known === undefined }
    })
  },
})

const get = command({
  summary: 'Show one project that is registered',
  examples: RECORD_EXAMPLES['project.get'],
  effect: 'read',
  input: z.object({ project: projectRef.default('.') }),
  output: projectSchema,
  resource: { uri: 'ops://projects/{project}' },
  run: ({ project }, ctx) => projectRecord(needProject(ctx, project)),
})

const list = command({
  summary: 'List the registered projects',
  examples: RECORD_EXAMPLES['project.list'],
  effect: 'read',
  input: z.object({
    type: z.enum(PROJECT_TYPES).optional(),
    name: z.string().optional().describe('Only those whose name contains this'),
    sort: z.enum(['newest', 'oldest']).default('newest'),
    ...pageInput,
  }),
  output: z.object({ projects: z.array(projectSchema), nextCursor, text: z.string() }),
  resource: { uri: 'ops://projects' },
  run({ type, name, sort, limit, cursor }, { store }) {
    const { rows, ...rest } = pageById<ProjectRow>(store, {
      mark: 'project',
      select: 'SELECT * FROM ops_project',
      where: [
        ['type = ?', type],
        ['instr(lower(name), lower(?)) > 0', name],
      ],
      key: 'id',
      sort,
      limit,
      cursor,
    })
    const projects = rows.map(projectRecord)
    const cells = projects.map((one) => [String(one.id), one.name, one.type, one.version ?? '-', one.path ?? '-'])
    return {
      projects,
      ...rest,
      text: withMore(columns(cells, 'No project is registered yet: switchyard ops project register'), rest.nextCursor),
    }
  },
})

const update = command({
  summary: 'Change what is recorded about a project',
  examples: RECORD_EXAMPLES['project.update'],
  effect: 'write',
  idempotent: 'key',
  input: z.object({ project: projectRef.default('.'), path: z.string().trim().min(1).optional().describe('Its new folder'), ...ownFields }),
  output: z.object({ project: projectSchema, change: changeNumber }),
  plan: ({ project }, ctx) => {
    const { name } = needProject(ctx, project)
    return { summary: `Change the record of project "${name}"`, steps: [{ does: 'change', target: `record of ${name}` }] }
  },
  undo: recordUndo,
  run({ project, path, metadata, ...fields }, ctx) {
    return change(ctx, `change project "${project}"`, (writes) => {
      const row = needProject(ctx, project)
      const folder = path === undefined ? undefined : (folderOf(ctx.workspace, path) ?? undefined)
      if (path !== undefined && folder === undefined) throw projectUnknown(path)
      const owner = folder === undefined ? undefined : findProject(ctx, folder)
      if (owner !== undefined && owner.id !== row.id) throw projectTaken(folder as string, owner.id)
      const given = {
        ...fields,
        ...(folder !== undefined && { path: folder }),
        ...(metadata !== undefined && { metadata: JSON.stringify(metadata) }),
      }
      const patch = Object.fromEntries(
        Object.entries(given).filter(([column, value]) => value !== undefined && row[column as keyof ProjectRow] !== value),
      ) as Partial<Omit<ProjectRow, 'id'>>
      if (Object.keys(patch).length > 0) writes.update('ops_project', row.id, { ...patch, updated_ms: ctx.clock.now() })
      return { project: projectRecord(projectById(ctx.store, row.id) as ProjectRow) }
    })
  },
})

const remove = command({
  summary: 'Forget a project together with its health checks, issues and runbook executions',
  description: 'The folder itself is left alone.',
  examples: RECORD_EXAMPLES['project.delete'],
  effect: 'destroy',
  idempotent: 'key',
  input: z.object({ project: projectRef }),
  output: z.object({
    project: projectSchema,
    removed: z.object({ healthChecks: z.int(), issues: z.int(), runs: z.int() }),
    change: changeNumber,
  }),
  plan({ project }, ctx) {
    const row = needProject(ctx, project)
    const { healthChecks, issues, runs } = belongings(ctx.store, row.id)
    return {
      summary: `Forget project "${row.name}" with ${healthChecks} health checks, ${issues} issues and ${runs} runbook executions`,
      steps: [{ does: 'remove', target: `record of ${row.name}` }],
    }
  },
  undo: recordUndo,
  timeoutMs: 120_000,
  run({ project }, ctx) {
    return change(ctx, `forget project "${project}"`, (writes) => {
      const row = needProject(ctx, project)
      const removed = belongings(ctx.store, row.id)
      writes.remove('ops_project', row.id)
      return { project: projectRecord(row), removed }
    })
  },
})

function belongings(store: Parameters<typeof projectById>[0], id: number): { healthChecks: number; issues: number; runs: number } {
  const count = (table: string): number =>
    store.prepare(`SELECT count(*) AS n FROM ${table} WHERE project_id = ?`).get<{ n: number }>(id)?.n ?? 0
  return { healthChecks: count('ops_health_check'), issues: count('ops_issue'), runs: count('ops_runbook_run') }
}

const detectCommand = command({
  summary: 'Look at a folder and say what kind of project it is, without recording anything',
  examples: RECORD_EXAMPLES['project.detect'],
  effect: 'read',
  input: z.object({ path: z.string().trim().min(1).default('.').describe('The folder, relative to the workspace or absolute') }),
  output: detectedSchema,
  async run({ path }, { workspace, signal }) {
    const { detect } = await import('./detect.ts')
    return detect(resolve(workspace, path), signal)
  },
})

export const projectCommands = {
  'project.register': register,
  'project.get': get,
  'project.list': list,
  'project.update': update,
  'project.delete': remove,
  'project.detect': detectCommand,
}
