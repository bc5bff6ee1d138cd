import { join, resolve } from 'node:path'
import { noServer, serverNotStdio, serverUnknown } from '../errors.ts'
import { asList, mcpServers } from '../health/claude-plugin.ts'
import { isObject, isText } from '../health/document.ts'
import type { ClaudePlugin, Project } from '../health/project.ts'
import type { ServerCommand } from './server-process.ts'

export interface FoundServer {
  readonly name: string
  readonly command: ServerCommand
  /** As it is configured: what variables hold is nobody's business. */
  readonly shown: string
}

export interface FindOptions {
  readonly server?: string | undefined
  readonly program?: string | undefined
  readonly args: readonly string[]
  /** What servers are given of the environment, and what their configuration may name. */
  readonly env: Readonly<Record<string, string | undefined>>
  /** A folder that servers may write to. */
  readonly dataDir: string
}

/** What Claude Code and the SDKs hand to every server. */
const HANDED_ON = ['HOME', 'LOGNAME', 'PATH', 'SHELL', 'TERM', 'USER', 'LANG', 'TMPDIR']

/** The servers to test, as they would be started. @throws NO_SERVER, SERVER_UNKNOWN, SERVER_NOT_STDIO */
export function findServers(project: Project, { server, program, args, env, dataDir }: FindOptions): readonly FoundServer[] {
  const cwd = project.snapshot.root
  const base = Object.fromEntries(HANDED_ON.flatMap((key) => (env[key] === undefined ? [] : [[key, env[key]]]))) as Record<string, string>
  if (program !== undefined)
    return [{ name: server ?? program, command: { program, args, cwd, env: base }, shown: [program, ...args].join(' ') }]
  const configured = project.loaded.flatMap((plugin) => mcpServers(project.snapshot, plugin).map((one) => ({ plugin, ...one })))
  if (configured.length === 0) throw noServer(project.snapshot.name)
  const wanted = configured.filter(({ name }) => server === undefined || name === server)
  if (wanted.length === 0)
    throw serverUnknown(
      server ?? '',
      configured.map(({ name }) => name),
    )
  const startable = wanted.filter(({ value }) => isText(value.command))
  if (startable.length === 0) throw serverNotStdio(wanted.map(({ name }) => name))
  return startable.map(({ plugin, name, value }) => {
    const filled = (text: unknown): string => fill(String(text), plugin, project, { env, dataDir })
    const own = Object.entries(isObject(value.env) ? value.env : {}).map(([key, text]) => [key, filled(text)])
    const variables = { ...base, ...rootsOf(plugin, project, dataDir), ...Object.fromEntries(own) } as Record<string, string>
    return {
      name: plugin.scope === 'plugin' ? `${plugin.name}:${name}` : name,
      command: {
        program: filled(value.command),
        args: asList(value.args).map(filled),
        cwd: isText(value.cwd) ? resolve(cwd, filled(value.cwd)) : cwd,
        env: variables,
      },
      shown: [value.command, ...asList(value.args)].join(' '),
    }
  })
}

function rootsOf(plugin: ClaudePlugin, { snapshot }: Project, dataDir: string): Record<string, string> {
  const own = plugin.scope === 'plugin' ? { CLAUDE_PLUGIN_ROOT: join(snapshot.root, plugin.folder), CLAUDE_PLUGIN_DATA: dataDir } : {}
  return { CLAUDE_PROJECT_DIR: snapshot.root, ...own }
}

/** `${NAME}` and `${NAME:-default}`; an option of the user's has its own default or is empty. */
function fill(text: string, plugin: ClaudePlugin, project: Project, { env, dataDir }: Pick<FindOptions, 'env' | 'dataDir'>): string {
  const roots = rootsOf(plugin, project, dataDir)
  return text.replace(/\$\{([\w.]+)(?::-([^}]*))?\}/g, (_, name: string, fallback: string | undefined) => {
    const option = /^user_config\.(\w+)$/.exec(name)?.[1]
    if (option === undefined) return roots[name] ?? env[name] ?? fallback ?? ''
    const options = plugin.manifest.userConfig
    const declared = isObject(options) ? options[option] : undefined
    return isObject(declared) && declared.default !== undefined ? String(declared.default) : (fallback ?? '')
  })
}
