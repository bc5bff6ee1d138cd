import type { Agent } from '@switchyard/plugin-kit'
import type { ClaudePlugin } from './claude-plugin.ts'
import { VERSION } from './root.ts'

const AUTHOR = { name: 'The Switchyard authors' }
const DESCRIPTION = 'Operations, releases and deployments in plain words: planned, shown, done completely or undone'
const LICENSE = 'MIT'

interface Server {
  readonly command: string
  readonly args: readonly string[]
}

/** The list of a built marketplace; all else about a plugin stands in its own folder. */
export const builtMarketplace = (plugins: readonly ClaudePlugin[]): object => ({
  name: 'switchyard',
  owner: AUTHOR,
  description: DESCRIPTION,
  version: VERSION,
  plugins: plugins.map(({ name, version, description }) => ({ name, source: `./${name}`, version, description })),
})

/**
 * The list by which a clone of the repository can be added. Nothing is built there, so that the entries themselves describe the
 * plugins, and their servers are started by the `switchyard` command that the project in use, or the machine, has installed.
 */
export const cloneMarketplace = (plugins: readonly ClaudePlugin[]): object => ({
  name: 'switchyard-source',
  owner: AUTHOR,
  description: `${DESCRIPTION}. From source: needs the switchyard command`,
  version: VERSION,
  plugins: plugins.map((plugin) => ({
    name: plugin.name,
    source: `./${plugin.folder}`,
    ...aboutPlugin(plugin),
    strict: false,
    mcpServers: servers(plugin, { command: 'npx', args: ['--no', '--', 'switchyard'] }),
  })),
})

export const pluginManifest = (plugin: ClaudePlugin): object => ({ name: plugin.name, ...aboutPlugin(plugin) })

export const mcpConfig = (plugin: ClaudePlugin): object => ({
  // biome-ignore lint/suspicious/noTemplateCurlyInString: Claude Code's own variable
  mcpServers: servers(plugin, { command: 'node', args: ['${CLAUDE_PLUGIN_ROOT}/server/bin/switchyard.js'] }),
})

/** An agent of a definition as the file that Claude Code reads. */
export const agentFile = ({ name, summary, prompt }: Agent): string =>
  `---\nname: ${name}\ndescription: ${JSON.stringify(summary)}\n---\n\n${prompt.trim()}\n`

export const readme = ({ name, description }: ClaudePlugin): string => `# ${name}

${description}.

A plugin of Switchyard for Claude Code. Its tools come from a server that lies in \`server/\` and needs nothing but Node 24 or
newer on the PATH; it works in the project that the session was started in and keeps what it knows in that project's
\`.switchyard/\` folder, which is never committed. What changes something is planned first and applied only by the plan's id.

    claude plugin install ${name}@switchyard

Licence: ${LICENSE}. What the server contains of others, and under which licences: \`server/NOTICES.txt\`.
`

function aboutPlugin({ version, description, keywords }: ClaudePlugin): object {
  return { version, description, author: AUTHOR, license: LICENSE, keywords }
}

const servers = ({ name }: ClaudePlugin, { command, args }: Server): object => ({
  [name]: { type: 'stdio', command, args: [...args, 'mcp', name] },
})
