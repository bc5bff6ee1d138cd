import { posix } from 'node:path'
import { type Check, type Finding, fail, warn } from '../check.ts'
import { BUILT_IN_TOOLS, IGNORED_AGENT_KEYS, SKILL_KEYS } from '../claude-code.ts'
import { completeAgents, completeSkills, describeSkills, hintArguments, nameOwnServers } from '../claude-fixes.ts'
import { agentsOf, allowedTools, asList, commandsOf, type MarkdownComponent, skillsOf, toolPrefixes } from '../claude-plugin.ts'
import { isText, parseFrontmatter } from '../document.ts'
import type { ClaudePlugin, Project } from '../project.ts'

const MAX_DESCRIPTION_CHARS = 1_536
const MAX_NAME_CHARS = 64

const all = (
  project: Project,
  list: (snapshot: Project['snapshot'], plugin: ClaudePlugin) => readonly MarkdownComponent[],
): readonly MarkdownComponent[] => project.loaded.flatMap((plugin) => list(project.snapshot, plugin))

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
  title: 'Each skill begins with a head that can be read, and is called by its folder’s name',
  weight: 8,
  mend: 'begin SKILL.md with name and description between two lines of ---',
  fix: completeSkills,
  applies: (project) => all(project, skillsOf).length > 0,
  run: (project) =>
    all(project, skillsOf).flatMap(({ path, text, name }): Finding[] => {
      const head = parseFrontmatter(text)
      if (head === undefined) return [fail('has no frontmatter, so nothing says when to use it', { file: path, line: 1 })]
      const findings: Finding[] = head.mistake === undefined ? [] : [warn(head.mistake.message, { file: path, line: head.mistake.line })]
      const given = head.fields.name
      const place = { file: path, line: head.lineOf('name') }
      if (isText(given) && given !== name) findings.push(warn(`is named "${given}" in a folder "${name}"`, place))
      const called = isText(given) ? given : name
      if (!/^[a-z0-9]+(-[a-z0-9]+)*$/.test(called) || called.length > MAX_NAME_CHARS)
        findings.push(warn(`its name must be lower-case words joined by "-", ${MAX_NAME_CHARS} characters at most: "${called}"`, place))
      for (const key of Object.keys(head.fields)) {
        const meant = SKILL_KEYS.find((known) => known !== key && plainKey(known) === plainKey(key))
        if (meant !== undefined)
          findings.push(warn(`has "${key}", which is read as nothing: "${meant}" is meant`, { file: path, line: head.lineOf(key) }))
      }
      return findings
    }),
}

const plainKey = (key: string): string => key.toLowerCase().replace(/[-_]/g, '')

const LEAST_DESCRIPTION_CHARS = 20

const description: Check = {
  id: 'skills.description',
  domain: 'skills',
  title: 'Each skill says when to use it, in as many words as are read',
  weight: 8,
  mend: `describe in SKILL.md what it does and when to use it, in ${LEAST_DESCRIPTION_CHARS} to ${MAX_DESCRIPTION_CHARS} characters`,
  fix: describeSkills,
  applies: (project) => all(project, skillsOf).length > 0,
  run: (project) =>
    all(project, skillsOf).flatMap(({ path, text }): Finding[] => {
      const head = parseFrontmatter(text)
      // Without any head it is the other check that says so.
      if (head === undefined) return []
      const { description: said, when_to_use: whenToUse } = head.fields
      const place = { file: path, line: head.lineOf('description') }
      if (!isText(said)) return [fail('has no description', { file: path, line: Math.max(1, place.line) })]
      const length = said.length + (isText(whenToUse) ? whenToUse.length : 0)
      if (length > MAX_DESCRIPTION_CHARS)
        return [warn(`its description is cut after ${MAX_DESCRIPTION_CHARS} of ${length} characters`, place)]
      return length < LEAST_DESCRIPTION_CHARS
        ? [warn(`its description of ${length} characters says too little to be chosen by`, place)]
        : []
    }),
}

const MANY_SKILLS = 3

const router: Check = {
  id: 'skills.router',
  domain: 'skills',
  title: 'Among many skills one is called like the plugin and leads to the others',
  weight: 1,
  mend: 'add skills/PLUGIN/SKILL.md that says which of the other skills does what',
  applies: ({ plugins, snapshot }) => plugins.some((plugin) => skillsOf(snapshot, plugin).length >= MANY_SKILLS),
  run: ({ plugins, snapshot }) =>
    plugins.flatMap((plugin) => {
      const skills = skillsOf(snapshot, plugin)
      return skills.length < MANY_SKILLS || skills.some(({ name }) => name === plugin.name)
        ? []
        : [warn(`none of its ${skills.length} skills is called "${plugin.name}"`, { file: plugin.at('skills') })]
    }),
}

const toolNames: Check = {
  id: 'skills.tool-names',
  domain: 'skills',
  title: 'Every tool that skills, commands and agents name exists',
  weight: 6,
  mend: 'name the tool as Claude Code does: mcp__plugin_PLUGIN_SERVER__TOOL for a plugin’s own server',
  fix: nameOwnServers,
  applies: (project) => project.loaded.some((plugin) => namedTools(project, plugin).length > 0),
  run: (project) =>
    project.loaded.flatMap((plugin) => {
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
  fix: hintArguments,
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
  fix: completeAgents,
  mend: 'complete the frontmatter; a plugin’s agent cannot bring its own permissions, hooks or servers',
  applies: (project) => all(project, agentsOf).length > 0,
  run: (project) =>
    project.loaded.flatMap((plugin) =>
      agentsOf(project.snapshot, plugin).flatMap(({ path, text }): Finding[] => {
        const head = parseFrontmatter(text)
        if (head === undefined) return [fail('has no frontmatter', { file: path, line: 1 })]
        const missing = ['name', 'description'].filter((key) => !isText(head.fields[key]))
        return [
          ...(head.mistake === undefined ? [] : [warn(head.mistake.message, { file: path, line: head.mistake.line })]),
          ...missing.map((key) => fail(`has no ${key}`, { file: path, line: 1 })),
          ...IGNORED_AGENT_KEYS.filter((key) => plugin.scope === 'plugin' && asList(head.fields[key]).length > 0).map((key) =>
            warn(`sets ${key}, which is ignored in a plugin’s agent`, { file: path, line: head.lineOf(key) }),
          ),
        ]
      }),
    ),
}

export const skillChecks: readonly Check[] = [present, frontmatter, description, router, toolNames, argumentHint, examples]
export const agentChecks: readonly Check[] = [agentFrontmatter]
