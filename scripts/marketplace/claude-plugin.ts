import { builtInPlugins } from '@switchyard/cli'
import { DIRECTOR_SOURCE } from '@switchyard/mcp'
import type { Agent } from '@switchyard/plugin-kit'
import { VERSION } from './root.ts'

/** What Claude Code installs under one name: a server, skills, agents and hooks. */
export interface ClaudePlugin {
  readonly name: string
  readonly version: string
  readonly description: string
  readonly keywords: readonly string[]
  /** Names of its commands without the plugin's. */
  readonly commands: readonly string[]
  /** Agents of the definition; those in `agents/` come beside them. */
  readonly agents: readonly Agent[]
  /** The package that holds its skills, agents and hooks, from the repository's root. */
  readonly folder: string
}

/** Every plugin that comes along, and the director, which is served like one. */
export async function claudePlugins(): Promise<readonly ClaudePlugin[]> {
  const plugins = (await builtInPlugins()).map(({ name, version, summary, capabilities, agents = [], commands }) => ({
    name,
    version,
    description: summary,
    keywords: capabilities?.domains ?? [],
    commands: Object.keys(commands),
    agents,
    folder: `packages/${name}-plugin`,
  }))
  const director: ClaudePlugin = {
    name: DIRECTOR_SOURCE.name,
    version: VERSION,
    description: DIRECTOR_SOURCE.summary,
    keywords: ['routing', 'workflows'],
    commands: Object.keys(DIRECTOR_SOURCE.commands),
    agents: [],
    folder: 'packages/mcp',
  }
  return [...plugins, director]
}
