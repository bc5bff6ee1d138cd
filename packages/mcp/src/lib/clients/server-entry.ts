import type { ClientConfig } from './client.ts'
import type { Entry } from './format.ts'
import type { Scope } from './names.ts'

/** How the `switchyard` command is started on this machine. */
export interface Program {
  /** The Node that runs it, absolute: a desktop program does not know the shell's PATH. */
  readonly node: string
  /** The command's own file, absolute. */
  readonly script: string
}

/** What a server is called in a configuration: one that serves all plugins, or one for each that is named. */
export const entryName = (plugin: string | undefined): string => (plugin === undefined ? 'switchyard' : `switchyard-${plugin}`)

/**
 * The entry that starts a server. In a person's own configuration it names this machine's files; in a project's, which others
 * share, the command that the project has installed, and never one that npx would have to fetch.
 */
export function serverEntry(
  plugin: string | undefined,
  { startsIn, typed }: Pick<ClientConfig, 'startsIn' | 'typed'>,
  { scope, dir, program }: { scope: Scope; dir: string; program: Program },
): Entry {
  const folder = 'variable' in startsIn ? startsIn.variable : startsIn.project ? undefined : dir
  const args = ['mcp', ...(plugin === undefined ? [] : [plugin]), ...(folder === undefined ? [] : ['--dir', folder])]
  const started =
    scope === 'project'
      ? { command: 'npx', args: ['--no', '--', 'switchyard', ...args] }
      : { command: program.node, args: [program.script, ...args] }
  return { ...(typed && { type: 'stdio' }), ...started }
}

/** Whether an entry starts a server of ours, be it of another version, place or wording. */
export function isOurs(entry: unknown): boolean {
  if (typeof entry !== 'object' || entry === null) return false
  const { command, args } = entry as { command?: unknown; args?: unknown }
  const words = [command, ...(Array.isArray(args) ? args : [])]
  return words.some((word, index) => isProgram(word) && words[index + 1] === 'mcp')
}

function isProgram(word: unknown): boolean {
  return typeof word === 'string' && /(^|[\\/])(@switchyard\/cli|switchyard)(\.js|\.cmd|@[\w.-]+)?$/.test(word)
}
