import { closeSync, openSync, readdirSync, readFileSync, readSync, statSync } from 'node:fs'
import { isAbsolute, join, resolve } from 'node:path'
import type { SlotValues } from '@switchyard/router'

const MAX_BYTES = 256 * 1_024
/** Of one kind; more are no names that anybody types. */
const MAX_NAMES = 1_000
const MAX_FOLDERS = 400
const COMPOSE_FILES = ['compose.yaml', 'compose.yml', 'docker-compose.yml', 'docker-compose.yaml']

/**
 * What the things of a workspace are called, by the kind of argument, as its files tell: environments, branches and tags, services and
 * packages. Reads a few small files and runs nothing; what is missing, broken or too large gives no names.
 */
export function readWorkspaceNames(workspace: string): SlotValues {
  const { branches, tags } = gitNames(workspace)
  const hosted = jsonOf(join(workspace, 'switchyard.deploy.json'))
  const names: Record<string, readonly string[]> = {
    env: unique(keysOf(hosted.environments)),
    branch: branches,
    version: tags,
    service: unique([...keysOf(hosted.services), ...composeServices(workspace), ...watchedServices(workspace)]),
    project: packages(workspace),
  }
  return Object.fromEntries(Object.entries(names).filter(([, values]) => values.length > 0))
}

const keysOf = (value: unknown): readonly string[] =>
  typeof value === 'object' && value !== null && !Array.isArray(value) ? Object.keys(value) : []

const unique = (values: readonly string[]): readonly string[] =>
  [...new Set(values)].filter((value) => value.length <= 200).slice(0, MAX_NAMES)

function textOf(path: string): string {
  let file: number | undefined
  try {
    file = openSync(path, 'r')
    const bytes = Buffer.alloc(MAX_BYTES)
    return bytes.toString('utf8', 0, readSync(file, bytes))
  } catch {
    return ''
  } finally {
    if (file !== undefined) closeSync(file)
  }
}

function jsonOf(path: string): Readonly<Record<string, unknown>> {
  try {
    const value: unknown = JSON.parse(textOf(path))
    return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : {}
  } catch {
    return {}
  }
}

function entriesOf(path: string): readonly { readonly name: string; readonly isFolder: boolean }[] {
  try {
    return readdirSync(path, { withFileTypes: true })
      .slice(0, MAX_FOLDERS)
      .map((entry) => ({ name: entry.name, isFolder: entry.isDirectory() }))
  } catch {
    return []
  }
}

function gitNames(workspace: string): { readonly branches: readonly string[]; readonly tags: readonly string[] } {
  const git = gitFolder(workspace)
  if (git === undefined) return { branches: [], tags: [] }
  const packed = [...textOf(join(git, 'packed-refs')).matchAll(/^[0-9a-f]{40,64} refs\/(heads|tags)\/(\S+)$/gm)]
  const packedOf = (kind: string): readonly string[] => packed.flatMap(([, of, name]) => (of === kind ? [name!] : []))
  return {
    branches: unique([...refsUnder(join(git, 'refs/heads')), ...packedOf('heads')]),
    // The newest tags are the ones people name, and names of versions sort by their age well enough.
    tags: unique([...refsUnder(join(git, 'refs/tags')), ...packedOf('tags')].sort().reverse()),
  }
}

/** Where the branches are: a work tree's `.git` is a file that says where. */
function gitFolder(workspace: string): string | undefined {
  const path = join(workspace, '.git')
  try {
    if (statSync(path).isDirectory()) return path
    const own = resolve(
      workspace,
      readFileSync(path, 'utf8')
        .replace(/^gitdir:\s*/, '')
        .trim(),
    )
    const common = textOf(join(own, 'commondir')).trim()
    return common === '' ? own : isAbsolute(common) ? common : resolve(own, common)
  } catch {
    return undefined
  }
}

function refsUnder(folder: string, prefix = '', depth = 0): readonly string[] {
  if (depth > 4) return []
  return entriesOf(folder).flatMap(({ name, isFolder }) =>
    isFolder ? refsUnder(join(folder, name), `${prefix}${name}/`, depth + 1) : [`${prefix}${name}`],
  )
}

/** The keys below `services:`; reading YAML whole would cost more than they are worth here. */
function composeServices(workspace: string): readonly string[] {
  return COMPOSE_FILES.flatMap((file) => {
    const block = /^services:[ \t]*(?:#.*)?\n((?:[ \t]+.*\n|[ \t]*(?:#.*)?\n)*)/m.exec(`${textOf(join(workspace, file))}\n`)?.[1] ?? ''
    const indent = /^([ \t]+)[^\s#]/m.exec(block)?.[1]
    if (indent === undefined) return []
    return [...block.matchAll(new RegExp(`^${indent}["']?([A-Za-z0-9][\\w.-]*)["']?:`, 'gm'))].map(([, name]) => name!)
  })
}

function watchedServices(workspace: string): readonly string[] {
  const { services } = jsonOf(join(workspace, 'switchyard.services.json'))
  if (!Array.isArray(services)) return []
  return services.flatMap((service: unknown) => {
    const name = (service as { readonly name?: unknown } | null)?.name
    return typeof name === 'string' ? [name] : []
  })
}

/** Packages by name and by folder, the root among them. */
function packages(workspace: string): readonly string[] {
  const { name, workspaces } = jsonOf(join(workspace, 'package.json'))
  const globs: readonly unknown[] = Array.isArray(workspaces)
    ? workspaces
    : ((workspaces as { packages?: unknown[] } | undefined)?.packages ?? [])
  const folders = globs.flatMap((glob) => {
    if (typeof glob !== 'string' || glob.startsWith('!')) return []
    const parent = /^([\w./-]+)\/\*{1,2}$/.exec(glob)?.[1]
    if (parent === undefined) return /^[\w./-]+$/.test(glob) ? [glob] : []
    return entriesOf(join(workspace, parent)).flatMap((entry) => (entry.isFolder ? [`${parent}/${entry.name}`] : []))
  })
  const inFolders = folders.slice(0, MAX_NAMES).flatMap((folder) => {
    const { name: own } = jsonOf(join(workspace, folder, 'package.json'))
    return typeof own === 'string' ? [own, folder] : []
  })
  return unique([...(typeof name === 'string' ? [name] : []), ...inFolders])
}

/** So long a name that was just made may stay unknown. */
const FRESH_MS = 10_000

/** The names of a workspace, read at the first use and again when they may be old; what the configuration says comes first. */
export function createWorkspaceNames(workspace: string, configured: SlotValues, clock: { now(): number }): () => SlotValues {
  let read: { readonly names: SlotValues; readonly atMs: number } | undefined
  return () => {
    const nowMs = clock.now()
    if (read !== undefined && nowMs - read.atMs < FRESH_MS) return read.names
    const found = readWorkspaceNames(workspace)
    const slots = unique([...Object.keys(configured), ...Object.keys(found)])
    read = {
      names: Object.fromEntries(slots.map((slot) => [slot, unique([...(configured[slot] ?? []), ...(found[slot] ?? [])])])),
      atMs: nowMs,
    }
    return read.names
  }
}
