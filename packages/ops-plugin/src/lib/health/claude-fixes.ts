import { posix } from 'node:path'
import type { JSONPath } from 'jsonc-parser'
import { EVENT_MATCHERS, IGNORED_AGENT_KEYS } from './claude-code.ts'
import {
  agentsOf,
  asList,
  commandsOf,
  type HookHandler,
  hookHandlers,
  mcpServers,
  rootOf,
  scriptReferences,
  skillsOf,
} from './claude-plugin.ts'
import { isObject, isText, objectAt, parseFrontmatter, readJson } from './document.ts'
import { editFrontmatter, editJson, editJsonFiles, editLines, type JsonChange } from './edit.ts'
import type { Edit, Fix } from './fix.ts'
import type { ClaudePlugin, Project } from './project.ts'

// Fixes of what Claude Code loads.

export const completePlugin: Fix = {
  id: 'plugin-fields',
  summary: 'adds version and description to plugin.json, as package.json beside it has them (0.1.0 where nothing says a version)',
  edits: ({ plugins, snapshot }) =>
    plugins.flatMap((plugin) => {
      if (plugin.document === undefined || plugin.document.mistake !== undefined || !isText(plugin.manifest.name)) return []
      const beside = objectAt({ value: readJson(snapshot, plugin.at('package.json'))?.value }, 'value')
      const { base = [] } = plugin.document
      const changes: [JSONPath, unknown][] = []
      if (!isText(plugin.manifest.version)) changes.push([[...base, 'version'], isText(beside.version) ? beside.version : '0.1.0'])
      if (!isText(plugin.manifest.description) && isText(beside.description)) changes.push([[...base, 'description'], beside.description])
      return editJson(snapshot, plugin.document.path, changes)
    }),
}

export const addDotSlash: Fix = {
  id: 'plugin-paths',
  summary: 'begins component paths with ./ where the path is there',
  edits: ({ snapshot }, findings) =>
    editLines(
      snapshot,
      findings.flatMap(({ file, line, note }) => {
        const path = /must begin with \.\/: (.+)$/.exec(note)?.[1]
        if (file === undefined || line === undefined || path === undefined) return []
        return [{ file, line, change: (text: string) => text.replace(JSON.stringify(path), () => JSON.stringify(`./${path}`)) }]
      }),
    ),
}

/** Text files only: what is binary has to be moved by hand. */
export const moveComponents: Fix = {
  id: 'plugin-layout',
  summary: 'moves components out of .claude-plugin to the plugin’s root, and hooks.json into hooks/',
  edits: ({ plugins, snapshot }, findings) =>
    plugins.flatMap((plugin) =>
      findings.flatMap(({ file = '', status }) => {
        if (status !== 'fail') return []
        const inner = plugin.at('.claude-plugin/')
        const moves = [...snapshot.files.keys()]
          .filter((path) => path === file || path.startsWith(`${file}/`))
          .map((path): [from: string, to: string] => {
            const rest = path.startsWith(inner)
              ? path.slice(inner.length)
              : path.slice(plugin.at('.').length === 1 ? 0 : plugin.folder.length + 1)
            const place = /(^|\/)hooks\.jsonc?$/.test(rest) ? 'hooks/hooks.json' : rest.replace(/(^|\/)skill\.md$/i, '$1SKILL.md')
            return [path, plugin.at(place)]
          })
        const isFree = moves.every(([from, to]) => from !== to && !snapshot.has(to) && isWholeText(snapshot.text(from)))
        return isFree ? moves.flatMap(([from, to]): Edit[] => [moved(snapshot, from, to), { path: from, text: undefined }]) : []
      }),
    ),
}

const isWholeText = (text: string | undefined): boolean => text?.includes('\uFFFD') === false

const moved = (snapshot: Project['snapshot'], from: string, to: string): Edit => ({
  path: to,
  text: snapshot.text(from),
  executable: snapshot.files.get(from)?.executable ?? false,
})

export const syncVersions: Fix = {
  id: 'version-sync',
  summary: 'writes the version of plugin.json wherever another one stands',
  edits: ({ snapshot }, findings) =>
    editLines(
      snapshot,
      findings.flatMap(({ file, line, note }) => {
        const [, old, , wanted] = /^says (\S+), (\S+) says (\S+)$/.exec(note) ?? []
        if (file === undefined || line === undefined || old === undefined || wanted === undefined) return []
        return [{ file, line, change: (text: string) => text.replace(old, () => wanted) }]
      }),
    ),
}

const all = (project: Project, list: typeof skillsOf) => project.loaded.flatMap((plugin) => list(project.snapshot, plugin))

export const completeSkills: Fix = {
  id: 'skill-head',
  summary: 'gives a skill a head with its folder’s name, and corrects keys that differ in spelling alone',
  edits: (project, findings) =>
    all(project, skillsOf).flatMap(({ path, text, name }) => {
      const own = findings.filter(({ file }) => file === path)
      const head = parseFrontmatter(text)
      if (own.length === 0) return []
      if (head === undefined) return editFrontmatter(project.snapshot, path, { name, ...saidOf(text) })
      const fields: Record<string, string | undefined> = {}
      if (isText(head.fields.name) && head.fields.name !== name) fields.name = name
      for (const { note } of own) {
        const [, wrong, meant] = /^has "([^"]+)", which is read as nothing: "([^"]+)" is meant$/.exec(note) ?? []
        const value = wrong === undefined ? undefined : head.fields[wrong]
        if (wrong === undefined || meant === undefined || typeof value !== 'string') continue
        fields[wrong] = undefined
        fields[meant] = value
      }
      return Object.keys(fields).length === 0 ? [] : editFrontmatter(project.snapshot, path, fields)
    }),
}

export const describeSkills: Fix = {
  id: 'skill-description',
  summary: 'takes a skill’s description from the first sentence of its text',
  edits: (project, findings) =>
    all(project, skillsOf).flatMap(({ path, text }) => {
      const head = parseFrontmatter(text)
      const said = head === undefined ? {} : saidOf(head.body)
      if (head === undefined || said.description === undefined || isText(head.fields.description)) return []
      return findings.some(({ file }) => file === path) ? editFrontmatter(project.snapshot, path, said) : []
    }),
}

/** The first sentence of prose that is long enough to choose by. */
function saidOf(body: string): { description?: string } {
  const prose = body
    .replace(/^```.*?^```/gms, '')
    .split(/\n\s*\n/)
    .map((text) => text.trim().replace(/\s+/g, ' '))
    .find((text) => text.length >= 20 && !/^[#|<>*-]/.test(text))
  return prose === undefined ? {} : { description: /^.{20,300}?[.!?](?=\s|$)/.exec(prose)?.[0] ?? prose.slice(0, 300) }
}

export const hintArguments: Fix = {
  id: 'argument-hint',
  summary: 'adds an argument-hint to what takes arguments',
  edits: (project, findings) =>
    [...all(project, skillsOf), ...all(project, commandsOf)].flatMap(({ path, text }) => {
      if (!findings.some(({ file }) => file === path) || parseFrontmatter(text) === undefined) return []
      const numbers = [...text.matchAll(/\$([0-9])\b/g)].map((match) => Number(match[1]))
      const hint =
        numbers.length === 0
          ? '[arguments]'
          : Array.from({ length: Math.max(...numbers) + 1 }, (_, index) => `[argument ${index + 1}]`).join(' ')
      return editFrontmatter(project.snapshot, path, { 'argument-hint': hint })
    }),
}

export const completeAgents: Fix = {
  id: 'agent-head',
  summary: 'takes out what is ignored in a plugin’s agent, and adds its name and what its text begins with',
  edits: ({ plugins, snapshot }, findings) =>
    plugins.flatMap((plugin) =>
      agentsOf(snapshot, plugin).flatMap(({ path, text, name }) => {
        if (!findings.some(({ file }) => file === path)) return []
        const head = parseFrontmatter(text)
        const fields: Record<string, string | undefined> = {}
        for (const key of IGNORED_AGENT_KEYS) if (head?.fields[key] !== undefined) fields[key] = undefined
        if (!isText(head?.fields.name)) fields.name = name
        if (!isText(head?.fields.description)) Object.assign(fields, saidOf(head?.body ?? text))
        return editFrontmatter(snapshot, path, fields)
      }),
    ),
}

export const wrapHooks: Fix = {
  id: 'hooks-wrapper',
  summary: 'puts events that stand bare in hooks.json inside { "hooks": { … } }',
  edits: ({ plugins, snapshot }, findings) =>
    plugins.flatMap((plugin) => {
      const path = plugin.at('hooks/hooks.json')
      const value = readJson(snapshot, path)?.value
      const isBare = isObject(value) && Object.keys(value).length > 0 && Object.keys(value).every((key) => key in EVENT_MATCHERS)
      return isBare && findings.some(({ file }) => file === path) ? [{ path, text: `${JSON.stringify({ hooks: value }, null, 2)}\n` }] : []
    }),
}

const each = ({ loaded, snapshot }: Project): { plugin: ClaudePlugin; handler: HookHandler }[] =>
  loaded.flatMap((plugin) => hookHandlers(snapshot, plugin).map((handler) => ({ plugin, handler })))

export const rootScripts: Fix = {
  id: 'hook-paths',
  summary: 'begins the paths of hook scripts with the root of their plugin or project, and makes programs executable',
  edits(project) {
    const { snapshot } = project
    const changes: JsonChange[] = []
    const modes: Edit[] = []
    for (const { plugin, handler } of each(project)) {
      for (const script of scriptReferences(plugin, handler.value.command, handler.value.args)) {
        if (!snapshot.has(script.path)) continue
        const text = snapshot.text(script.path)
        if (script.isProgram && text !== undefined && snapshot.files.get(script.path)?.executable === false)
          modes.push({ path: script.path, text, executable: true })
        if (script.isRooted) continue
        const rooted = `${rootOf(plugin)}/${posix.normalize(script.text)}`
        const args = asList(handler.value.args)
        const at = args.indexOf(script.text)
        const { path } = handler.document
        const { command } = handler.value
        if (at !== -1) changes.push([path, [...(handler.document.base ?? []), ...handler.at, 'args', at], rooted])
        else if (isText(command))
          changes.push([
            path,
            [...(handler.document.base ?? []), ...handler.at, 'command'],
            replaceWord(command, script.text, `"${rooted}"`),
          ])
      }
    }
    return [...editJsonFiles(snapshot, changes), ...modes]
  },
}

function replaceWord(line: string, word: string, replacement: string): string {
  return line.replace(line.includes(`"${word}"`) ? `"${word}"` : word, () => replacement)
}

export const quoteRoot: Fix = {
  id: 'hook-quotes',
  summary: 'puts paths that begin with the root in double quotes',
  edits(project) {
    const changes = each(project).flatMap(({ handler }): JsonChange[] => {
      const { command, args } = handler.value
      if (!isText(command) || args !== undefined) return []
      const quoted = command.replace(/(^|[\s=])(\$\{?CLAUDE_(?:PLUGIN_ROOT|PROJECT_DIR)\}?[^\s"'|&;]*)/g, '$1"$2"')
      return quoted === command ? [] : [[handler.document.path, [...(handler.document.base ?? []), ...handler.at, 'command'], quoted]]
    })
    return editJsonFiles(project.snapshot, changes)
  },
}

/** Bare names of the plugin's own servers, in matchers and in lists of tools. */
export const nameOwnServers: Fix = {
  id: 'server-names',
  summary: 'names the tools of the plugin’s own servers as Claude Code does',
  edits: ({ plugins, snapshot }, findings) =>
    editLines(
      snapshot,
      plugins.flatMap((plugin) =>
        mcpServers(snapshot, plugin).flatMap(({ name }) => {
          const full = `mcp__plugin_${plugin.name}_${name}__`
          const bare = new RegExp(`\\bmcp__${name.replace(/[^\w-]/g, '\\$&')}(?:__|(?=["|,\\s)]|$))`, 'g')
          return findings.flatMap(({ file, line }) => {
            if (file === undefined || line === undefined) return []
            return toolLines(snapshot.text(file) ?? '', line).map((at) => ({
              file,
              line: at,
              change: (text: string) => text.replace(bare, (found) => (found.endsWith('__') ? full : `${full}.*`)),
            }))
          })
        }),
      ),
    ),
}

/** A YAML list of tools goes on over the lines below its key. */
function toolLines(text: string, line: number): number[] {
  const lines = text.split('\n')
  const found = [line]
  while (/^\s+- /.test(lines[found.at(-1) ?? 0] ?? '')) found.push((found.at(-1) ?? 0) + 1)
  return found
}

export const giveType: Fix = {
  id: 'mcp-type',
  summary: 'gives a server that has a url alone the type "http"',
  edits: ({ loaded, snapshot }) =>
    editJsonFiles(
      snapshot,
      loaded.flatMap((plugin) =>
        mcpServers(snapshot, plugin).flatMap(({ document, at, value }): JsonChange[] => {
          const isUrlAlone = isText(value.url) && value.command === undefined && value.type === undefined
          return isUrlAlone ? [[document.path, [...(document.base ?? []), ...at, 'type'], 'http']] : []
        }),
      ),
    ),
}

export const rootServers: Fix = {
  id: 'mcp-paths',
  summary: 'begins the paths of server scripts with the root of their plugin',
  edits: ({ plugins, snapshot }) =>
    editJsonFiles(
      snapshot,
      plugins.flatMap((plugin) =>
        mcpServers(snapshot, plugin).flatMap(({ document, at, value }) => {
          const args = asList(value.args)
          return scriptReferences(plugin, value.command, args)
            .filter(({ isRooted, path, text }) => !isRooted && snapshot.has(path) && args.includes(text))
            .map(
              ({ text }): JsonChange => [
                document.path,
                [...(document.base ?? []), ...at, 'args', args.indexOf(text)],
                `${rootOf(plugin)}/${posix.normalize(text)}`,
              ],
            )
        }),
      ),
    ),
}
