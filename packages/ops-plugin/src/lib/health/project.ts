import { posix } from 'node:path'
import { type Document, isObject, isText, type JsonObject, objectAt, readJson, readToml } from './document.ts'
import { type Facts, NO_FACTS } from './facts.ts'
import { compileGlob } from './glob.ts'
import type { Snapshot } from './snapshot.ts'

export type Kind = 'node' | 'typescript' | 'python' | 'go' | 'rust' | 'claude-plugin' | 'claude-marketplace'

/** By what a plugin brings: some checks weigh more in one than in another. */
export type PluginType = 'skill-only' | 'mcp' | 'full'

/** What a snapshot turned out to hold; made once, read by every check. */
export interface Project {
  readonly snapshot: Snapshot
  /** What was learned beside the files, such as what the registry knows; nothing unless somebody asked for it. */
  readonly facts: Facts
  /** In alphabetical order. */
  readonly kinds: ReadonlySet<Kind>
  /** The package.json at the root and those of its workspaces, root first. */
  readonly packages: readonly NodePackage[]
  readonly cargo: Document | undefined
  readonly pyproject: Document | undefined
  readonly goMod: string | undefined
  /** Each Claude Code plugin in the project, the root's first. */
  readonly plugins: readonly ClaudePlugin[]
  /** Everything that Claude Code loads from here: the plugins, and what `.claude` and `.mcp.json` set up for this project alone. */
  readonly loaded: readonly ClaudePlugin[]
  /** Undefined where there is no plugin. */
  readonly pluginType: PluginType | undefined
  readonly marketplace: Document | undefined
}

export interface NodePackage {
  /** '' for the root. */
  readonly folder: string
  readonly document: Document
  readonly manifest: JsonObject
  readonly name: string
}

export interface ClaudePlugin {
  /** `project` is what works in this folder only: it is no plugin, but is made of the same things. */
  readonly scope: 'plugin' | 'project'
  /** '' for the root. */
  readonly folder: string
  readonly name: string
  readonly document: Document | undefined
  readonly manifest: JsonObject
  /** A path inside the plugin as one inside the project. */
  at(path: string): string
}

export const DEPENDENCY_GROUPS = ['dependencies', 'devDependencies', 'optionalDependencies', 'peerDependencies'] as const

export function describeProject(snapshot: Snapshot, facts: Facts = NO_FACTS): Project {
  const packages = findPackages(snapshot)
  const marketplace = readJson(snapshot, '.claude-plugin/marketplace.json')
  const plugins = findPlugins(snapshot, marketplace)
  const cargo = readToml(snapshot, 'Cargo.toml')
  const pyproject = readToml(snapshot, 'pyproject.toml')
  const goMod = snapshot.text('go.mod')
  const kinds: Kind[] = []
  if (plugins.length > 0) kinds.push('claude-plugin')
  if (marketplace !== undefined) kinds.push('claude-marketplace')
  if (goMod !== undefined) kinds.push('go')
  if (snapshot.has('package.json')) kinds.push('node')
  if (pyproject !== undefined || snapshot.has('setup.py') || snapshot.has('requirements.txt')) kinds.push('python')
  if (cargo !== undefined) kinds.push('rust')
  if (isTypeScript(snapshot, packages)) kinds.push('typescript')
  const pluginType = typeOf(snapshot, plugins)
  const loaded = [...plugins, ...projectScope(snapshot, plugins)]
  return { snapshot, facts, kinds: new Set(kinds.sort()), packages, cargo, pyproject, goMod, plugins, loaded, pluginType, marketplace }
}

/** The project's paths that match, in order. */
export function pathsLike(snapshot: Snapshot, pattern: RegExp): readonly string[] {
  return [...snapshot.files.keys()].filter((path) => pattern.test(path))
}

/** What a package depends on, by name, with the group that says so. */
export function dependenciesOf(manifest: JsonObject): readonly { group: string; name: string; range: string }[] {
  return DEPENDENCY_GROUPS.flatMap((group) =>
    Object.entries(objectAt(manifest, group)).flatMap(([name, range]) => (typeof range === 'string' ? [{ group, name, range }] : [])),
  )
}

const MAX_GLOBS = 500

/** The workspace globs of a root manifest and of pnpm's own file. */
export function workspaceGlobs(snapshot: Snapshot, manifest: JsonObject): readonly string[] {
  const field = manifest.workspaces
  const globs: unknown = isObject(field) ? field.packages : field
  const own = Array.isArray(globs) ? globs.filter((glob): glob is string => typeof glob === 'string') : []
  const pnpm = snapshot.text('pnpm-workspace.yaml')
  const listed = pnpm === undefined ? [] : [...pnpm.matchAll(/^[ \t]*-[ \t]*['"]?([^'"#\s]+)['"]?[ \t]*$/gm)].map((match) => match[1] ?? '')
  return [...own, ...listed].slice(0, MAX_GLOBS)
}

/** Whether a workspace glob takes in a folder. */
export function globTakes(glob: string, folder: string): boolean {
  return compileGlob(glob.replace(/^\.\//, '').replace(/\/$/, ''))(folder)
}

function findPackages(snapshot: Snapshot): NodePackage[] {
  const root = readPackage(snapshot, '')
  if (root === undefined) return []
  const globs = workspaceGlobs(snapshot, root.manifest)
  const taken = globs.filter((glob) => !glob.startsWith('!'))
  if (taken.length === 0) return [root]
  const left = globs.filter((glob) => glob.startsWith('!')).map((glob) => glob.slice(1))
  const folders = pathsLike(snapshot, /\/package\.json$/)
    .map((path) => posix.dirname(path))
    .filter((folder) => taken.some((glob) => globTakes(glob, folder)) && !left.some((glob) => globTakes(glob, folder)))
  return [root, ...folders.flatMap((folder) => readPackage(snapshot, folder) ?? [])]
}

function readPackage(snapshot: Snapshot, folder: string): NodePackage | undefined {
  const document = readJson(snapshot, posix.join(folder, 'package.json'))
  if (document === undefined) return undefined
  const manifest = isObject(document.value) ? document.value : {}
  return { folder, document, manifest, name: isText(manifest.name) ? manifest.name : '' }
}

function isTypeScript(snapshot: Snapshot, packages: readonly NodePackage[]): boolean {
  if (snapshot.has('tsconfig.json')) return true
  const uses = packages.some(({ manifest }) => dependenciesOf(manifest).some(({ name }) => name === 'typescript'))
  return uses && pathsLike(snapshot, /(?<!\.d)\.[cm]?tsx?$/).length > 0
}

/** Claude Code loads a folder as a plugin by its manifest, or by components in their places without one. */
const COMPONENTS_WITHOUT_MANIFEST = /^(skills\/[^/]+\/SKILL\.md|hooks\/hooks\.json)$/

function findPlugins(snapshot: Snapshot, marketplace: Document | undefined): ClaudePlugin[] {
  const manifests = pathsLike(snapshot, /(^|\/)\.claude-plugin\/plugin\.json$/).filter((path) => !/(^|\/)(fixtures?|testdata)\//.test(path))
  const folders = manifests.map((path) => path.slice(0, -'.claude-plugin/plugin.json'.length).replace(/\/$/, ''))
  const listed = listedPlugins(snapshot, marketplace, folders)
  const isBareRoot = marketplace === undefined && pathsLike(snapshot, COMPONENTS_WITHOUT_MANIFEST).length > 0
  if (!folders.includes('') && isBareRoot) folders.push('')
  const manifested = folders.map((folder): ClaudePlugin => {
    const document = readJson(snapshot, posix.join(folder, '.claude-plugin/plugin.json'))
    const manifest = isObject(document?.value) ? document.value : {}
    const name = isText(manifest.name) ? manifest.name : folder === '' ? snapshot.name : posix.basename(folder)
    return { scope: 'plugin', folder, name, document, manifest, at: (path) => posix.join(folder, path) }
  })
  return [...manifested, ...listed].sort((a, b) => (a.folder < b.folder ? -1 : a.folder > b.folder ? 1 : 0))
}

/** Keys of an entry that are the marketplace's and not the plugin's. */
const ENTRY_KEYS: ReadonlySet<string> = new Set(['source', 'category', 'tags', 'strict', 'relevance', 'headers', 'headersHelper'])

/** Plugins of this repository whose only manifest is their entry in its marketplace. */
function listedPlugins(snapshot: Snapshot, marketplace: Document | undefined, known: readonly string[]): ClaudePlugin[] {
  const value = marketplace?.value
  const entries: unknown = isObject(value) ? value.plugins : undefined
  if (marketplace === undefined || !Array.isArray(entries)) return []
  return entries.flatMap((entry: unknown, index): ClaudePlugin[] => {
    if (!isObject(entry) || typeof entry.source !== 'string' || !isText(entry.name)) return []
    const folder = posix.normalize(entry.source).replace(/\/$/, '').replace(/^\.$/, '')
    if (folder.startsWith('..') || known.includes(folder) || (folder !== '' && !snapshot.hasFolder(folder))) return []
    const manifest = Object.fromEntries(Object.entries(entry).filter(([key]) => !ENTRY_KEYS.has(key)))
    const base = ['plugins', index]
    const document: Document = { ...marketplace, value: manifest, base, lineOf: (...path) => marketplace.lineOf(...base, ...path) }
    return [{ scope: 'plugin', folder, name: entry.name, document, manifest, at: (path) => posix.join(folder, path) }]
  })
}

/** What Claude Code loads for whoever works in this folder: the same parts as a plugin's, in other places. */
function projectScope(snapshot: Snapshot, plugins: readonly ClaudePlugin[]): ClaudePlugin[] {
  const isPlugin = plugins.some(({ folder }) => folder === '')
  const parts = ['.claude/settings.json', ...(isPlugin ? [] : ['.mcp.json'])]
  const folders = ['.claude/skills', '.claude/agents', '.claude/commands']
  if (!parts.some((path) => snapshot.has(path)) && !folders.some((path) => snapshot.hasFolder(path))) return []
  const at = (path: string): string => {
    if (path === 'hooks/hooks.json') return '.claude/settings.json'
    if (path === '.mcp.json' && isPlugin) return '.claude/.mcp.json'
    return /^(skills|agents|commands|\.claude-plugin)(\/|$)/.test(path) ? posix.join('.claude', path) : posix.normalize(path)
  }
  return [{ scope: 'project', folder: '', name: snapshot.name, document: undefined, manifest: {}, at }]
}

function typeOf(snapshot: Snapshot, plugins: readonly ClaudePlugin[]): PluginType | undefined {
  if (plugins.length === 0) return undefined
  const hasMcp = plugins.some(({ at, manifest }) => manifest.mcpServers !== undefined || snapshot.has(at('.mcp.json')))
  const hasSkills = plugins.some(({ at, manifest }) => manifest.skills !== undefined || snapshot.hasFolder(at('skills')))
  return hasMcp ? (hasSkills ? 'full' : 'mcp') : 'skill-only'
}
