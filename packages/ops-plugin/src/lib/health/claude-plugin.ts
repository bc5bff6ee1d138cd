import { posix } from 'node:path'
import { PLUGIN_ROOT, PROJECT_ROOT } from './claude-code.ts'
import { type Document, isObject, isText, type JsonObject, readJson } from './document.ts'
import { type ClaudePlugin, pathsLike } from './project.ts'
import type { Snapshot } from './snapshot.ts'

/** A configuration that a plugin brings along and where it stands. */
export interface Source {
  readonly document: Document
  /** Where in the document the value is. */
  readonly at: readonly string[]
  readonly value: unknown
}

export interface HookHandler {
  readonly document: Document
  readonly at: (string | number)[]
  readonly event: string
  readonly matcher: unknown
  readonly value: JsonObject
}

export interface McpServer {
  readonly document: Document
  readonly at: (string | number)[]
  readonly name: string
  readonly value: JsonObject
}

export interface MarkdownComponent {
  readonly path: string
  readonly text: string
  /** What it is called by its place. */
  readonly name: string
}

/**
 * Every hook configuration that Claude Code merges: hooks/hooks.json and what the manifest names or holds. Files in the places
 * where they are often put by mistake are judged too, as they will be loaded once that is mended.
 */
export function hookSources(snapshot: Snapshot, plugin: ClaudePlugin): readonly Source[] {
  const sources: Source[] = []
  const paths = new Set<string>(
    ['hooks/hooks.json', '.claude-plugin/hooks/hooks.json', '.claude-plugin/hooks.json'].map((path) => plugin.at(path)),
  )
  const field = plugin.manifest.hooks
  for (const [index, entry] of asList(field).entries()) {
    if (typeof entry === 'string') paths.add(plugin.at(entry))
    else if (isObject(entry) && plugin.document !== undefined) {
      sources.push({ document: plugin.document, at: Array.isArray(field) ? ['hooks', String(index)] : ['hooks'], value: entry })
    }
  }
  for (const path of paths) {
    const document = readJson(snapshot, path)
    if (document !== undefined)
      sources.unshift({ document, at: ['hooks'], value: isObject(document.value) ? document.value.hooks : undefined })
  }
  return sources
}

export function hookHandlers(snapshot: Snapshot, plugin: ClaudePlugin): readonly HookHandler[] {
  const handlers: HookHandler[] = []
  for (const { document, at, value } of hookSources(snapshot, plugin)) {
    if (!isObject(value)) continue
    for (const [event, groups] of Object.entries(value)) {
      for (const [groupIndex, group] of asList(groups).entries()) {
        if (!isObject(group)) continue
        for (const [index, handler] of asList(group.hooks).entries()) {
          if (!isObject(handler)) continue
          handlers.push({ document, at: [...at, event, groupIndex, 'hooks', index], event, matcher: group.matcher, value: handler })
        }
      }
    }
  }
  return handlers
}

/** Every MCP server that the plugin brings: .mcp.json, with or without its wrapper, and what the manifest names or holds. */
export function mcpServers(snapshot: Snapshot, plugin: ClaudePlugin): readonly McpServer[] {
  const servers: McpServer[] = []
  const collect = (document: Document, at: (string | number)[], value: unknown): void => {
    for (const [name, server] of Object.entries(isObject(value) ? value : {})) {
      if (isObject(server)) servers.push({ document, at: [...at, name], name, value: server })
    }
  }
  const field = plugin.manifest.mcpServers
  const named = asList(field).filter((entry): entry is string => typeof entry === 'string' && entry.endsWith('.json'))
  for (const path of new Set([plugin.at('.mcp.json'), ...named.map((path) => plugin.at(path))])) {
    const document = readJson(snapshot, path)
    if (document === undefined || !isObject(document.value)) continue
    if (isObject(document.value.mcpServers)) collect(document, ['mcpServers'], document.value.mcpServers)
    else collect(document, [], document.value)
  }
  if (isObject(field) && plugin.document !== undefined) collect(plugin.document, ['mcpServers'], field)
  return servers
}

export function skillsOf(snapshot: Snapshot, plugin: ClaudePlugin): readonly MarkdownComponent[] {
  const folders = [
    plugin.at('skills'),
    ...asList(plugin.manifest.skills)
      .filter((path) => typeof path === 'string')
      .map((path) => plugin.at(path)),
  ]
  const paths = new Set<string>()
  for (const folder of folders) {
    const prefix = folder === '.' || folder === '' ? '' : `${folder.replace(/\/$/, '')}/`
    for (const path of pathsLike(snapshot, /(^|\/)SKILL\.md$/)) {
      if (path.startsWith(prefix) && path.slice(prefix.length).split('/').length <= 2) paths.add(path)
    }
  }
  if (plugin.scope === 'plugin' && paths.size === 0 && snapshot.has(plugin.at('SKILL.md'))) paths.add(plugin.at('SKILL.md'))
  return [...paths].sort().map((path) => {
    const folder = posix.basename(posix.dirname(path))
    return { path, text: snapshot.text(path) ?? '', name: posix.dirname(path) === (plugin.folder || '.') ? plugin.name : folder }
  })
}

export const commandsOf = (snapshot: Snapshot, plugin: ClaudePlugin): readonly MarkdownComponent[] =>
  markdownIn(snapshot, plugin, 'commands')
export const agentsOf = (snapshot: Snapshot, plugin: ClaudePlugin): readonly MarkdownComponent[] => markdownIn(snapshot, plugin, 'agents')

/** Commands that the manifest names one by one, with the files that hold them. */
export const namedCommands = (field: JsonObject): [name: string, path: string][] =>
  Object.entries(field).flatMap(([name, entry]) => (isObject(entry) && isText(entry.source) ? [[name, entry.source]] : []))

/** The manifest's own list replaces the folder. */
function markdownIn(snapshot: Snapshot, plugin: ClaudePlugin, kind: 'commands' | 'agents'): MarkdownComponent[] {
  const field = plugin.manifest[kind]
  const named = kind === 'commands' && isObject(field) ? namedCommands(field).map(([, path]) => path) : asList(field).filter(isText)
  const roots = field === undefined ? [plugin.at(kind)] : named.map((path) => plugin.at(path).replace(/\/$/, ''))
  return pathsLike(snapshot, /\.md$/)
    .filter((path) => roots.some((root) => path === root || path.startsWith(`${root}/`)) && posix.basename(path) !== 'README.md')
    .map((path) => ({ path, text: snapshot.text(path) ?? '', name: posix.basename(path, '.md') }))
}

/** A file of the plugin that a command line names, and how. */
export interface ScriptReference {
  readonly path: string
  readonly text: string
  /** Whether the path begins at the plugin's root; else it is looked for in whatever folder the user works in. */
  readonly isRooted: boolean
  /** Whether it is itself the program, so that it must be executable. */
  readonly isProgram: boolean
}

const MAX_COMMAND_CHARS = 4_000
const ROOTS = {
  plugin: /\$\{CLAUDE_PLUGIN_ROOT\}|\$CLAUDE_PLUGIN_ROOT\b/,
  project: /\$\{CLAUDE_PROJECT_DIR\}|\$CLAUDE_PROJECT_DIR\b/,
} as const

/** What a path must begin with to be found from every folder. */
export const rootOf = ({ scope }: ClaudePlugin): string => (scope === 'plugin' ? PLUGIN_ROOT : PROJECT_ROOT)
const SCRIPT = /\.([cm]?[jt]s|py|sh|bash|rb|pl|php)$/

/** The plugin's own files in a command: what begins at its root, and relative paths that end like a script. */
export function scriptReferences(plugin: ClaudePlugin, command: unknown, args: unknown): readonly ScriptReference[] {
  const words = [
    ...(typeof command === 'string' ? splitWords(command.slice(0, MAX_COMMAND_CHARS), args === undefined) : []),
    ...asList(args).filter((arg) => typeof arg === 'string'),
  ]
  const references: ScriptReference[] = []
  for (const [index, word] of words.entries()) {
    const rooted = ROOTS[plugin.scope].exec(word)
    const rest = rooted === null ? word : word.slice(rooted.index + rooted[0].length).replace(/^\//, '')
    const isRelativeScript = rooted === null && SCRIPT.test(word) && !/^[~/$-]|:\/\/|^[A-Z]+=/.test(word)
    if ((rooted === null && !isRelativeScript) || rest === '' || rest.includes('$')) continue
    references.push({ path: plugin.at(rest), text: word, isRooted: rooted !== null, isProgram: index === 0 })
  }
  return references
}

/** A shell line's words up to the first operator; enough to find the program and its script. */
function splitWords(line: string, isShell: boolean): string[] {
  if (!isShell) return [line]
  const [first = ''] = line.split(/\s*(?:&&|\|\||[;|])\s*/)
  return [...first.matchAll(/"([^"]*)"([^\s"']*)|'([^']*)'|([^\s"']+)("([^"]*)")?([^\s"']*)/g)].map(([whole, quoted, tail, single]) =>
    (quoted !== undefined ? quoted + (tail ?? '') : (single ?? whole)).replaceAll('"', ''),
  )
}

export function asList(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : value === undefined || value === null ? [] : [value]
}

/** Names of servers that the plugin's own tools carry. */
export function toolPrefixes(snapshot: Snapshot, plugin: ClaudePlugin): readonly string[] {
  if (plugin.scope === 'project') return []
  return mcpServers(snapshot, plugin).map(({ name }) => `mcp__plugin_${plugin.name}_${name}__`)
}

export function allowedTools(value: unknown): readonly string[] {
  if (Array.isArray(value)) return value.filter((tool): tool is string => typeof tool === 'string')
  if (typeof value !== 'string') return []
  // Commas and spaces part the names, but not inside the brackets of Bash(git log:*).
  return [...value.matchAll(/[^\s,(]+(\([^)]*\))?/g)].map((match) => match[0])
}
