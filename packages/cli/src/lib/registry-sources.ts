import { existsSync, rmSync } from 'node:fs'
import { resolve } from 'node:path'
import type { Mount, Registry, Source } from '@switchyard/registry'
import { usage } from './errors.ts'
import { cloneFolder, markMounts } from './mounts.ts'
import { isOwnName } from './own-commands.ts'
import type { Session } from './session.ts'

export interface AddOptions {
  readonly mcp?: string
  readonly env?: readonly string[]
  readonly name?: string
}

const HELP = 'switchyard registry add --help'

/** What was added, and what of it could not be used. */
export interface Added extends Source {
  readonly plugins: readonly string[]
  readonly offers: { readonly agents: number; readonly commands: number; readonly skills: number; readonly tools: number }
}

/** Adds a folder, a git address or an MCP server. @throws REGISTRY_SOURCE, REGISTRY_TAKEN, PLUGIN_DOWN */
export async function addSource(session: Session, words: readonly string[], { mcp, env = [], name }: AddOptions): Promise<Added> {
  if (mcp !== undefined) return addServer(session, mcp, words, env)
  const [location, ...others] = words
  if (location === undefined || others.length > 0)
    throw usage('Cannot add plugins as one folder or git address is needed, or --mcp NAME -- COMMAND', HELP)
  const { assertGitUrl, isGitUrl, nameOfUrl, readSource } = await import('@switchyard/registry')
  const isAddress = isGitUrl(location)
  if (isAddress) assertGitUrl(location)
  const registry = (await session.yard()).registry()
  if (isAddress) {
    const id = name ?? nameOfUrl(location)
    assertFree(registry, id)
    return fetched(session, registry, id, location, false)
  }
  const folder = resolve(session.host.cwd, location)
  // What Claude Code takes for a repository of GitHub.
  if (/^[\w-]+\/[\w.-]+$/.test(location) && !existsSync(folder))
    throw usage(
      `Cannot add "${location}" as it must be a folder or a git address`,
      `switchyard registry add https://github.com/${location}`,
    )
  const content = readSource(folder)
  const id = name ?? content.name
  registry.addFolder({ id, kind: 'folder', location: folder, folder }, content)
  return describe(registry, id)
}

/** Reads a source anew from where it came. */
export async function updateSource(session: Session, id: string): Promise<Added> {
  const registry = (await session.yard()).registry()
  const source = registry.source(id)
  if (source.kind === 'git') return fetched(session, registry, id, source.location, true)
  if (source.kind === 'folder') {
    const { readSource } = await import('@switchyard/registry')
    registry.addFolder({ id, kind: 'folder', location: source.location, folder: source.folder! }, readSource(source.folder!), true)
    return describe(registry, id)
  }
  const { name, command, args, env } = registry.mounts().find((mount) => mount.name === id)!
  registry.addMount(await examined(session, { name, command, args, env }), true)
  return describe(registry, id)
}

/** Forgets a source and everything that was read of it. What it was read from stays, unless it is our own clone. */
export async function removeSource(session: Session, id: string): Promise<Source> {
  const registry = (await session.yard()).registry()
  const source = registry.remove(id)
  if (source.kind === 'git') rmSync(cloneFolder(session.dir, id), { recursive: true, force: true })
  markMounts(session.dir, registry.mounts().length > 0)
  // Another process may have added one since it was asked.
  if (registry.mounts().length > 0) markMounts(session.dir, true)
  return source
}

async function fetched(session: Session, registry: Registry, id: string, url: string, replace: boolean): Promise<Added> {
  const { fetchSource, readSource } = await import('@switchyard/registry')
  const folder = cloneFolder(session.dir, id)
  session.progress({ message: `Cloning ${url}` })
  fetchSource(url, folder)
  try {
    registry.addFolder({ id, kind: 'git', location: url, folder }, readSource(folder, url), replace)
  } catch (error) {
    // It is nobody's, unless another process was quicker with the same name.
    if (registry.sources().every((source) => source.id !== id)) rmSync(folder, { recursive: true, force: true })
    throw error
  }
  return describe(registry, id)
}

async function addServer(session: Session, name: string, words: readonly string[], env: readonly string[]): Promise<Added> {
  const [command, ...args] = words
  if (command === undefined)
    throw usage(`Cannot add the MCP server "${name}" as its command line is needed`, `switchyard registry add --mcp ${name} -- COMMAND`)
  const { assertMountName } = await import('@switchyard/registry')
  assertMountName(name)
  const registry = (await session.yard()).registry()
  assertFree(registry, name)
  if (isOwnName(name) || registry.snapshot().plugins.has(name))
    throw usage(
      `Cannot add an MCP server called "${name}" as a command or plugin has that name`,
      `switchyard registry add --mcp my-${name} -- COMMAND`,
    )
  registry.addMount(await examined(session, { name, command, args, env }))
  markMounts(session.dir, true)
  return describe(registry, name)
}

async function examined(session: Session, start: Pick<Mount, 'name' | 'command' | 'args' | 'env'>): Promise<Mount> {
  const { examineServer } = await import('@switchyard/mcp/mount')
  session.progress({ message: `Starting ${start.name} to ask what it offers` })
  return examineServer(start, { workspace: session.dir, environment: session.host.env })
}

/** Before anything is fetched or started for nothing. */
function assertFree(registry: Registry, id: string): void {
  if (!/^[\w][\w.-]{0,99}$/.test(id)) throw usage(`Cannot add "${id}" as its name must be letters, digits, "-", "_" and "."`, HELP)
  if (registry.sources().some((source) => source.id === id))
    throw usage(`Cannot add "${id}" as that name is taken already`, `switchyard registry update ${id}, or another name`)
}

function describe(registry: Registry, id: string): Added {
  const source = registry.sources().find((one) => one.id === id)!
  const plugins = [...registry.snapshot().plugins.values()].filter((plugin) => plugin.source === id)
  const count = (kind: string): number =>
    plugins.reduce((sum, { entries }) => sum + entries.filter((entry) => entry.kind === kind).length, 0)
  const tools = registry.mounts().find(({ name }) => name === id)?.tools.length ?? 0
  return {
    ...source,
    plugins: source.kind === 'mcp' ? [id] : plugins.map(({ name }) => name),
    offers: { agents: count('agent'), commands: source.kind === 'mcp' ? 0 : count('command'), skills: count('skill'), tools },
  }
}
