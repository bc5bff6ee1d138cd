import { builtInPlugins } from '@switchyard/cli'
import type { Agent } from '@switchyard/plugin-kit'
import { VERSION } from './root.ts'

/** What Claude Code installs under one name: a server, skills, agents and hooks. */
export interface ClaudePlugin {
  readonly name: string
  readonly version: string
  readonly description: string
  readonly keywords: readonly string[]
  /** Agents of the definition; those in `agents/` come beside them. */
  readonly agents: readonly Agent[]
  /** The package that holds its skills, agents and hooks, from the repository's root. */
  readonly folder: string
}

/** Every plugin that comes along, and the director, which is served like one. */
export async function claudePlugins(): Promise<readonly ClaudePlugin[]> {
  const plugins = (await builtInPlugins()).map(({ name, version, summary, capabilities, agents = [] }) => ({
    name,
    version,
    description: summary,
    keywords: capabilities?.domains ?? [],
    agents,
    folder: `packages/${name}-plugin`,
  }))
  const director: ClaudePlugin = {
    name: 'director',
    version: VERSION,
    description: 'Plain words to a plan: which plugin does it, what would change, and what has happened',
    keywords: ['routing', 'workflows', 'traces'],
    agents: [],
    folder: 'packages/mcp',
  }
  return [...plugins, director]
}
