import { realpathSync, statSync } from 'node:fs'
import { basename, resolve } from 'node:path'
import type { Context, PluginStore } from '@switchyard/plugin-kit'
import { z } from 'zod'
import type { Writes } from './changes.ts'
import { projectAmbiguous, projectUnknown } from './errors.ts'
import { isoOf } from './list.ts'
import { PROJECT_TYPES, type ProjectRow } from './rows.ts'

/** How every command of records is told which project is meant. */
export const projectRef = z.string().trim().min(1).max(4_096).describe('Folder, name or id of the project')

const detectedFields = {
  name: z.string(),
  type: z.enum(PROJECT_TYPES).describe('skill-only, mcp and full for Claude Code plugins, other for all else'),
  version: z.string().optional(),
  description: z.string(),
  kinds: z.array(z.string()).describe('What it is made of: node, typescript, python, go, rust, claude-plugin, …'),
  hasSkills: z.boolean(),
  hasMcp: z.boolean(),
  hasHooks: z.boolean(),
  hasAgents: z.boolean(),
}
export const detectedSchema = z.object({ path: z.string(), ...detectedFields })
export type Detected = z.output<typeof detectedSchema>

export const projectSchema = z.object({
  id: z.int(),
  path: z.string().optional().describe('Its folder, absolute'),
  ...detectedFields,
  metadata: z.record(z.string(), z.unknown()),
  createdAt: z.string(),
  updatedAt: z.string(),
})
export type ProjectRecord = z.output<typeof projectSchema>

export function projectRecord(row: ProjectRow): ProjectRecord {
  return {
    id: row.id,
    name: row.name,
    type: row.type,
    ...(row.path !== null && { path: row.path }),
    ...(row.version !== null && { version: row.version }),
    description: row.description,
    kinds: JSON.parse(row.kinds) as string[],
    hasSkills: row.has_skills === 1,
    hasMcp: row.has_mcp === 1,
    hasHooks: row.has_hooks === 1,
    hasAgents: row.has_agents === 1,
    metadata: JSON.parse(row.metadata) as Record<string, unknown>,
    createdAt: isoOf(row.created_ms),
    updatedAt: isoOf(row.updated_ms),
  }
}

/** The columns of what was detected. */
export function detectedColumns(detected: Omit<Detected, 'path'>) {
  return {
    name: detected.name,
    type: detected.type,
    version: detected.version ?? null,
    description: detected.description,
    kinds: JSON.stringify(detected.kinds),
    has_skills: Number(detected.hasSkills),
    has_mcp: Number(detected.hasMcp),
    has_hooks: Number(detected.hasHooks),
    has_agents: Number(detected.hasAgents),
  } as const
}

type Place = Pick<Context, 'store' | 'workspace'>

/** The folder that a reference names, with links resolved; undefined where it is none. */
export function folderOf(workspace: string, ref: string): string | undefined {
  const path = resolve(workspace, ref)
  try {
    return statSync(path).isDirectory() ? realpathSync(path) : undefined
  } catch {
    return undefined
  }
}

/** @throws PROJECT_AMBIGUOUS */
export function findProject({ store, workspace }: Place, ref: string): ProjectRow | undefined {
  const byPath = store
    .prepare('SELECT * FROM ops_project WHERE path = ?')
    .get<ProjectRow>(folderOf(workspace, ref) ?? resolve(workspace, ref))
  if (byPath !== undefined) return byPath
  const byId = /^\d{1,15}$/.test(ref) ? projectById(store, Number(ref)) : undefined
  if (byId !== undefined) return byId
  const named = store.prepare('SELECT * FROM ops_project WHERE name = ? ORDER BY id').all<ProjectRow>(ref)
  if (named.length > 1)
    throw projectAmbiguous(
      ref,
      named.map(({ id }) => id),
    )
  return named[0]
}

/** @throws PROJECT_UNKNOWN, PROJECT_AMBIGUOUS */
export function needProject(place: Place, ref: string): ProjectRow {
  const found = findProject(place, ref)
  if (found === undefined) throw projectUnknown(ref)
  return found
}

export function projectById(store: PluginStore, id: number): ProjectRow | undefined {
  return store.prepare('SELECT * FROM ops_project WHERE id = ?').get<ProjectRow>(id)
}

/** A project that is recorded, or what is to be recorded of a folder that is not yet. */
export type Wanted = { readonly row: ProjectRow; readonly detected?: never } | { readonly row?: never; readonly detected: Detected }

/**
 * What a write is about: a recorded project, or a folder that becomes one within the same change, so that nobody has to
 * register first. @throws PROJECT_UNKNOWN, PROJECT_AMBIGUOUS, CANCELLED
 */
export async function wantProject(ctx: Place & Pick<Context, 'signal'>, ref: string): Promise<Wanted> {
  const row = findProject(ctx, ref)
  if (row !== undefined) return { row }
  const folder = folderOf(ctx.workspace, ref)
  if (folder === undefined) throw projectUnknown(ref)
  const { detect } = await import('./detect.ts')
  return { detected: await detect(folder, ctx.signal) }
}

/** The name by which people know it. */
export const nameOf = ({ row, detected }: Wanted): string => row?.name ?? detected?.name ?? ''

/** The project's id, recording it where it is new. Another process may have recorded or removed it meanwhile. */
export function ensureProject(store: PluginStore, writes: Writes, wanted: Wanted, nowMs: number): number {
  if (wanted.row !== undefined) {
    if (projectById(store, wanted.row.id) === undefined) throw projectUnknown(wanted.row.name)
    return wanted.row.id
  }
  const { path, ...detected } = wanted.detected
  const known = store.prepare('SELECT id FROM ops_project WHERE path = ?').get<{ id: number }>(path)
  if (known !== undefined) return known.id
  return writes.insert('ops_project', {
    path,
    ...detectedColumns({ ...detected, name: detected.name || basename(path) }),
    metadata: '{}',
    created_ms: nowMs,
    updated_ms: nowMs,
  })
}
