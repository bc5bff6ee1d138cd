import { command } from '@switchyard/plugin-kit'
import { z } from 'zod'
import { templateUnknown } from './errors.ts'
import { RECORD_EXAMPLES } from './examples.ts'

interface Template {
  readonly category: string
  readonly description: string
  /** Name, domain and weight; the weights of a template sum to 100. */
  readonly checks: readonly (readonly [name: string, category: string, weight: number, description: string, scannedBy: readonly string[]])[]
  readonly recommendations: readonly string[]
}

/** What a good project of each kind has, and which check of the scan looks at it; empty where only running it tells. */
const TEMPLATES: readonly Template[] = [
  {
    category: 'skill-only',
    description: 'A Claude Code plugin of skills alone',
    checks: [
      ['skill-file-exists', 'structure', 20, 'There is at least one SKILL.md', ['skills.present']],
      ['skill-frontmatter-valid', 'quality', 15, 'Each skill’s frontmatter can be read', ['skills.frontmatter']],
      ['skill-description-present', 'quality', 10, 'Each skill says when it is wanted', ['skills.frontmatter']],
      ['plugin-manifest-exists', 'structure', 20, '.claude-plugin/plugin.json is there and valid', ['plugin.manifest']],
      ['readme-exists', 'quality', 10, 'A README says what this is', ['docs.readme']],
      ['license-exists', 'quality', 5, 'A LICENSE file is there', ['docs.license']],
      ['no-broken-tool-refs', 'quality', 10, 'Every tool that a skill names exists', ['skills.tool-names']],
      ['examples-present', 'quality', 10, 'Skills show examples', ['skills.examples']],
    ],
    recommendations: [
      'One concern a skill; a router skill named like the plugin leads to the others',
      'Restrict allowed-tools to what the skill needs',
      'Say in the description when the skill is wanted, not only what it does',
      'Give an argument-hint wherever the skill takes arguments',
      'Scan before each release',
    ],
  },
  {
    category: 'mcp-plugin',
    description: 'A Claude Code plugin that brings an MCP server',
    checks: [
      ['package-json-exists', 'structure', 15, 'package.json has a name and a version', ['structure.manifest']],
      ['tsconfig-exists', 'structure', 10, 'tsconfig.json is there and strict', ['structure.tsconfig-strict']],
      ['entry-point-exists', 'structure', 15, 'What the manifest names as entry point is there', ['structure.entry-point', 'mcp.scripts']],
      ['build-script-exists', 'structure', 10, 'A script builds it', ['quality.build-script']],
      ['build-succeeds', 'quality', 15, 'The build ends well', []],
      ['typecheck-passes', 'quality', 10, 'The type check ends well', []],
      ['mcp-sdk-installed', 'dependency', 5, 'The MCP SDK is a dependency', ['mcp.sdk']],
      ['no-outdated-deps', 'dependency', 5, 'No dependency is a major version behind', []],
      ['plugin-manifest-exists', 'structure', 10, '.claude-plugin/plugin.json is there and valid', ['plugin.manifest']],
      ['readme-exists', 'quality', 5, 'A README says what this is', ['docs.readme']],
    ],
    recommendations: [
      'Validate every tool parameter by a schema',
      'Keep the type check apart from the build',
      'Pin the minor version of the MCP SDK',
      'Keep the built server in what gets installed: installing runs no build',
      'Measure what the tool list costs in tokens',
      'Test install, configure, invoke and verify in that order',
    ],
  },
  {
    category: 'full-plugin',
    description: 'A Claude Code plugin with skills, a server, hooks and agents',
    checks: [
      ['package-json-exists', 'structure', 10, 'package.json has a name and a version', ['structure.manifest']],
      ['tsconfig-exists', 'structure', 5, 'tsconfig.json is there and strict', ['structure.tsconfig-strict']],
      ['entry-point-exists', 'structure', 10, 'What the manifest names as entry point is there', ['structure.entry-point', 'mcp.scripts']],
      ['build-succeeds', 'quality', 10, 'The build ends well', []],
      ['typecheck-passes', 'quality', 10, 'The type check ends well', []],
      ['skill-files-exist', 'structure', 10, 'There is at least one SKILL.md', ['skills.present']],
      ['skill-frontmatter-valid', 'quality', 5, 'Each skill’s frontmatter can be read', ['skills.frontmatter']],
      ['hooks-valid', 'structure', 5, 'Hooks are known, can run and can fire', ['hooks.shape', 'hooks.scripts', 'hooks.matchers']],
      ['agents-valid', 'structure', 5, 'Agents have a name, a description and no ignored field', ['agents.frontmatter']],
      ['mcp-sdk-installed', 'dependency', 5, 'The MCP SDK is a dependency', ['mcp.sdk']],
      ['no-outdated-deps', 'dependency', 5, 'No dependency is a major version behind', []],
      ['plugin-manifest-exists', 'structure', 5, '.claude-plugin/plugin.json is there and valid', ['plugin.manifest']],
      ['readme-exists', 'quality', 5, 'A README says what this is', ['docs.readme']],
      ['examples-present', 'quality', 5, 'Skills show examples', ['skills.examples']],
      ['architecture-doc-exists', 'quality', 5, 'One page says how the parts hang together', ['docs.architecture']],
    ],
    recommendations: [
      'Keep hooks light: they run at every tool call that their matcher lets through',
      'Say in each agent which tools it may use',
      'Block with exit 2: exit 1 lets everything through',
      'Name scripts by CLAUDE_PLUGIN_ROOT, in double quotes',
      'Pin the minor version of the MCP SDK',
      'One version in package.json, plugin.json and marketplace.json',
      'Scan before each release',
    ],
  },
]

/** Project types are names of templates too. */
const ALIASES: Readonly<Record<string, string>> = { mcp: 'mcp-plugin', full: 'full-plugin', skill: 'skill-only' }

const list = command({
  summary: 'List the templates: what a good project of each kind has',
  examples: RECORD_EXAMPLES['template.list'],
  effect: 'read',
  rare: true,
  input: z.object({}),
  output: z.object({ templates: z.array(z.object({ category: z.string(), description: z.string() })) }),
  run: () => ({ templates: TEMPLATES.map(({ category, description }) => ({ category, description })) }),
})

const get = command({
  summary: 'Show one template: its checks with their weights, and what is recommended',
  examples: RECORD_EXAMPLES['template.get'],
  effect: 'read',
  rare: true,
  input: z.object({ category: z.string().trim().min(1).describe('skill-only, mcp-plugin or full-plugin; project types do too') }),
  output: z.object({
    category: z.string(),
    description: z.string(),
    checks: z.array(
      z.object({
        name: z.string(),
        category: z.string(),
        weight: z.number(),
        description: z.string(),
        scannedBy: z.array(z.string()).describe('Checks of ops.health.scan that look at it; none where only running it tells'),
      }),
    ),
    recommendations: z.array(z.string()),
  }),
  resource: { uri: 'ops://templates/{category}' },
  run({ category }) {
    const wanted = ALIASES[category] ?? category
    const found = TEMPLATES.find((template) => template.category === wanted)
    if (found === undefined)
      throw templateUnknown(
        category,
        TEMPLATES.map((template) => template.category),
      )
    return {
      ...found,
      checks: found.checks.map(([name, domain, weight, description, scannedBy]) => ({
        name,
        category: domain,
        weight,
        description,
        scannedBy: [...scannedBy],
      })),
      recommendations: [...found.recommendations],
    }
  },
})

export const templateCommands = { 'template.list': list, 'template.get': get }
