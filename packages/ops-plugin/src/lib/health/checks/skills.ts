import { posix } from 'node:path'
import { type Check, type Finding, fail, warn } from '../check.ts'
import { BUILT_IN_TOOLS, IGNORED_AGENT_KEYS } from '../claude-code.ts'
import { agentsOf, allowedTools, asList, commandsOf, type MarkdownComponent, skillsOf, toolPrefixes } from '../claude-plugin.ts'
import { isText, parseFrontmatter } from '../document.ts'
import type { ClaudePlugin, Project } from '../project.ts'

const MAX_DESCRIPTION_CHARS = 1_536
const MAX_NAME_CHARS = 64

const all = (
  project: Project,
  list: (snapshot: Project['snapshot'], plugin: ClaudePlugin) => readonly MarkdownComponent[],
): readonly MarkdownComponent[] => project.plugins.flatMap((plugin) => list(project.snapshot, plugin))

const present: Check = {
  id: 'skills.present',
  domain: 'skills',
  title: 'A folder for skills holds skills',
  weight: 4,
  mend: 'put each skill in skills/NAME/SKILL.md, or remove the folder',
  applies: ({ plugins, snapshot }) =>
    plugins.some((plugin) => snapshot.hasFolder(plugin.at('skills')) || plugin.manifest.skills !== undefined),
  run: ({ plugins, snapshot }) =>
    plugins
      .filter(
        (plugin) =>
          (snapshot.hasFolder(plugin.at('skills')) || plugin.manifest.skills !== undefined) && skillsOf(snapshot, plugin).length === 0,
      )
      .map((plugin) => fail('has no skill that is loaded', { file: plugin.at('skills') })),
}

const frontmatter: Check = {
  id: 'skills.frontmatter',
  domain: 'skills',
  title: 'Each skill says when to use it',
  weight: 8,
  mend: 'begin SKILL.md with name and description between two lines of ---',
  applies: (project) => all(project, skillsOf).length > 0,
  run: (project) =>
    all(project, skillsOf).flatMap(({ path, text, name }): Finding[] => {
      const head = parseFrontmatter(text)
      if (head === undefined) return [fail('has no frontmatter, so nothing says when to use it', { file: path, line: 1 })]
      const doubts = head.mistake === undefined ? [] : [warn(head.mistake.message, { file: path, line: head.mistake.line })]
      const { description, name: given, when_to_use: whenToUse } = head.fields
      if (!isText(description)) return [fail('has no description', { file: path, line: head.lineOf('description') })]
      const findings: Finding[] = doubts
      const length = description.length + (isText(whenToUse) ? whenToUse.length : 0)
      const at = (key: string): { file: string; line: number } => ({ file: path, line: head.lineOf(key) })
      if (length > MAX_DESCRIPTION_CHARS)
        findings.push(warn(`its description is cut after ${MAX_DESCRIPTION_CHARS} of ${length} characters`, at('description')))
      if (isText(given) && given !== name) findings.push(warn(`is named "${given}" in a folder "${name}"`, at('name')))
      const called = isText(given) ? given : name
      if (!/^[a-z0-9]+(-[a-z0-9]+)*$/.test(called) || called.length > MAX_NAME_CHARS) {
        findings.push(
          warn(`its name must be lower-case words joined by "-", ${MAX_NAME_CHARS} characters at most: "${called}"`, at('name')),
        )
      }
      return findings
    }),
}

const toolNames: Check = {
  id: 'skills.tool-names',
  domain: 'skills',
  title: 'Every tool that skills, commands and agents name exists',
  weight: 6,
  mend: 'name the tool as Claude Code does: mcp__plugin_PLUGIN_SERVER__TOOL for a plugin’s own server',
  applies: (project) => project.plugins.some((plugin) => namedTools(project, plugin).length > 0),
  run: (project) =>
    project.plugins.flatMap((plugin) => {
      const prefixes = toolPrefixes(project.snapshot, plugin)
      return namedTools(project, plugin).flatMap(({ tool, file, line }): Finding[] => {
        const name = tool.replace(/\(.*$/, '')
        const place = { file, line }
        if (name.startsWith('mcp__plugin_')) {
          const isOwn = name.startsWith(`mcp__plugin_${plugin.name}_`)
          return !isOwn || prefixes.some((prefix) => name.startsWith(prefix))
            ? []
            : [fail(`names ${name}, and the plugin has no such server`, place)]
        }
        const server = /^mcp__(.+?)(__|$)/.exec(name)?.[1]
        const own = prefixes.find((prefix) => prefix === `mcp__plugin_${plugin.name}_${server}__`)
        if (own !== undefined) return [fail(`names ${name}, which matches nothing: the plugin’s own tools are ${own}…`, place)]
        if (server !== undefined || name === '*' || name.includes('*') || BUILT_IN_TOOLS.has(name)) return []
        return [warn(`names ${name}, which is no tool of Claude Code`, place)]
      })
    }),
}

function namedTools({ snapshot }: Project, plugin: ClaudePlugin): { tool: string; file: string; line: number }[] {
  const components = [...skillsOf(snapshot, plugin), ...commandsOf(snapshot, plugin), ...agentsOf(snapshot, plugin)]
  return components.flatMap(({ path, text }) => {
    const head = parseFrontmatter(text)
    return ['allowed-tools', 'disallowed-tools', 'tools', 'disallowedTools'].flatMap((key) =>
      allowedTools(head?.fields[key]).map((tool) => ({ tool, file: path, line: head?.lineOf(key) ?? 1 })),
    )
  })
}

const argumentHint: Check = {
  id: 'skills.argument-hint',
  domain: 'skills',
  title: 'What takes arguments says which',
  weight: 2,
  mend: 'add argument-hint to the frontmatter, such as: argument-hint: "[scan|fix] [path]"',
  applies: (project) => takingArguments(project).length > 0,
  run: (project) =>
    takingArguments(project).flatMap(({ path, text }) => {
      const fields = parseFrontmatter(text)?.fields ?? {}
      return fields['argument-hint'] === undefined && fields.arguments === undefined
        ? [warn('takes arguments and has no argument-hint', { file: path, line: 1 })]
        : []
    }),
}

const takingArguments = (project: Project): readonly MarkdownComponent[] =>
  [...all(project, skillsOf), ...all(project, commandsOf)].filter(({ text }) => /\$(ARGUMENTS\b|[0-9]\b)/.test(text))

const examples: Check = {
  id: 'skills.examples',
  domain: 'skills',
  title: 'Each skill shows an example',
  weight: 2,
  mend: 'add a section "Examples" to SKILL.md, or an examples.md beside it',
  applies: (project) => all(project, skillsOf).length > 0,
  run: (project) =>
    all(project, skillsOf).flatMap(({ path, text }) => {
      const folder = posix.dirname(path)
      const hasFile = [...project.snapshot.files.keys()].some(
        (file) => file.startsWith(`${folder}/`) && /(^|\/)examples?[./]/i.test(file.slice(folder.length)),
      )
      return hasFile || /^#+ .*\bexamples?\b|^```/im.test(text) ? [] : [warn('shows no example', { file: path })]
    }),
}

const agentFrontmatter: Check = {
  id: 'agents.frontmatter',
  domain: 'agents',
  title: 'Each agent has a name, a description and only fields that are read',
  weight: 5,
  mend: 'complete the frontmatter; a plugin’s agent cannot bring its own permissions, hooks or servers',
  applies: (project) => all(project, agentsOf).length > 0,
  run: (project) =>
    all(project, agentsOf).flatMap(({ path, text }): Finding[] => {
      const head = parseFrontmatter(text)
      if (head === undefined) return [fail('has no frontmatter', { file: path, line: 1 })]
      const missing = ['name', 'description'].filter((key) => !isText(head.fields[key]))
      return [
        ...(head.mistake === undefined ? [] : [warn(head.mistake.message, { file: path, line: head.mistake.line })]),
        ...missing.map((key) => fail(`has no ${key}`, { file: path, line: 1 })),
        ...IGNORED_AGENT_KEYS.filter((key) => asList(head.fields[key]).length > 0).map((key) =>
          warn(`sets ${key}, which is ignored in a plugin’s agent`, { file: path, line: head.lineOf(key) }),
        ),
      ]
    }),
}

export const skillChecks: readonly Check[] = [present, frontmatter, toolNames, argumentHint, examples]
export const agentChecks: readonly Check[] = [agentFrontmatter]
