import { join } from 'node:path'
import { noSuchScope } from './errors.ts'
import { json } from './format/json.ts'
import { toml } from './format/toml.ts'
import type { ConfigFormat } from './format.ts'
import type { ClientName, Scope } from './names.ts'

/** What of this machine decides where configurations are. */
export interface Place {
  readonly platform: NodeJS.Platform
  readonly homeDir: string
  readonly env: Readonly<Record<string, string | undefined>>
  /** The workspace's root. */
  readonly dir: string
}

/** One client's configuration in one scope. */
export interface ClientConfig {
  readonly path: string
  readonly format: ConfigFormat
  /** The key under which servers stand, by name. */
  readonly key: string
  /** Whether an entry says that it is a program to be spoken to over stdin and stdout. */
  readonly typed: boolean
  /** Where the client starts a server: in the project it is used in, where its own variable says so, or anywhere. */
  readonly startsIn: StartsIn
  /** The folder that the file must not lie outside of, by way of a link; undefined for a person's own files. */
  readonly within: string | undefined
  /** How the person sees that it worked. */
  readonly next: string
}

type StartsIn = { readonly project: true } | { readonly variable: string } | { readonly project: false }

interface Client extends Pick<ClientConfig, 'format' | 'key' | 'typed' | 'startsIn' | 'next'> {
  user(place: Place): string
  /** Relative to the project. */
  readonly project?: string
}

const OPEN_FOLDER = { variable: '${workspaceFolder}' }

const CLIENTS: Readonly<Record<ClientName, Client>> = {
  'claude-code': {
    user: ({ env, homeDir }) => join(env.CLAUDE_CONFIG_DIR || homeDir, '.claude.json'),
    project: '.mcp.json',
    format: json,
    key: 'mcpServers',
    typed: true,
    startsIn: { project: true },
    next: 'claude mcp list',
  },
  'claude-desktop': {
    user: (place) => join(settingsDir(place), 'Claude', 'claude_desktop_config.json'),
    format: json,
    key: 'mcpServers',
    typed: false,
    startsIn: { project: false },
    next: 'quit Claude Desktop and start it again',
  },
  cursor: {
    user: ({ homeDir }) => join(homeDir, '.cursor', 'mcp.json'),
    project: '.cursor/mcp.json',
    format: json,
    key: 'mcpServers',
    typed: false,
    startsIn: OPEN_FOLDER,
    next: 'start Cursor again and look under Settings, MCP',
  },
  vscode: {
    user: (place) => join(settingsDir(place), 'Code', 'User', 'mcp.json'),
    project: '.vscode/mcp.json',
    format: json,
    key: 'servers',
    typed: true,
    startsIn: OPEN_FOLDER,
    next: 'run "MCP: List Servers" in VS Code',
  },
  codex: {
    user: ({ env, homeDir }) => join(env.CODEX_HOME || join(homeDir, '.codex'), 'config.toml'),
    project: '.codex/config.toml',
    format: toml,
    key: 'mcp_servers',
    typed: false,
    startsIn: { project: true },
    next: 'codex mcp list',
  },
  gemini: {
    user: ({ homeDir }) => join(homeDir, '.gemini', 'settings.json'),
    project: '.gemini/settings.json',
    format: json,
    key: 'mcpServers',
    typed: false,
    startsIn: { project: true },
    next: 'gemini mcp list',
  },
}

/** Finds a client's configuration, which need not be there yet. @throws USAGE where the client has none in that scope */
export function clientConfig(name: ClientName, scope: Scope, place: Place): ClientConfig {
  const { user, project, ...client } = CLIENTS[name]
  if (scope === 'user') return { ...client, path: user(place), within: undefined }
  if (project === undefined) throw noSuchScope(name, scope)
  return { ...client, path: join(place.dir, project), within: place.dir }
}

/** Where desktop programs keep what a user sets. */
function settingsDir({ platform, homeDir, env }: Place): string {
  if (platform === 'win32') return env.APPDATA || join(homeDir, 'AppData', 'Roaming')
  if (platform === 'darwin') return join(homeDir, 'Library', 'Application Support')
  return env.XDG_CONFIG_HOME || join(homeDir, '.config')
}
