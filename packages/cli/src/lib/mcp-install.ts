import { fileURLToPath } from 'node:url'
import { CLIENT_NAMES, type ClientName, SCOPES, type Scope } from '@switchyard/mcp/client-names'
import { type Command, Option } from 'commander'
import { renderInstalled } from '../render/installed.ts'
import { notInstalled, unknownPlugin, usage } from './errors.ts'
import { addCommonFlags } from './program.ts'
import type { Session } from './session.ts'

interface Flags {
  readonly client: ClientName
  readonly scope: Scope
  readonly print?: boolean
  readonly remove?: boolean
  readonly force?: boolean
}

/** Adds `install` to the command that serves plugins: entries in the configuration of MCP clients. */
export function addMcpInstall(parent: Command, session: Session): void {
  const command = parent.command('install').description('Enter the servers into the configuration of an MCP client')
  command
    .argument('[plugins...]', 'One server for each; one that serves all plugins where none is named')
    .addOption(new Option('--client <name>', 'Whose configuration').choices(CLIENT_NAMES).makeOptionMandatory())
    .addOption(new Option('--scope <name>', "The user's own, or one that is shared with the project").choices(SCOPES).default('user'))
    .option('--print', 'Print what would be entered, and where, and write nothing')
    .option('--remove', 'Take the entries away again; all of ours where no plugin is named')
    .option('--force', 'Replace or remove an entry of that name that is not ours')
    .action(async (plugins: readonly string[], flags: Flags) => install(session, plugins, flags))
  addCommonFlags(command)
}

async function install(session: Session, plugins: readonly string[], flags: Flags): Promise<void> {
  const { client, scope, print = false, remove = false, force = false } = flags
  if (print && remove) {
    throw usage('Cannot print and remove at once as one of both must be meant: both are named', 'switchyard mcp install --help')
  }
  if (!remove) await assertKnown(session, plugins)
  const { platform, homeDir, env, node } = session.host
  const place = { platform, homeDir, env, dir: session.dir }
  const program = { node, script: fileURLToPath(new URL('../../bin/switchyard.js', import.meta.url)) }
  if (scope === 'user' && !remove && /[\\/]_npx[\\/]/.test(program.script)) throw notInstalled(program.script)
  const options = { client, scope, place, program, plugins }
  // The parsers of both notations, which a server has no use for.
  const { installServers, printServers, removeServers } = await import('@switchyard/mcp/clients')
  if (print) {
    const { path, text } = printServers(options)
    session.note(path)
    session.answer({ data: { path, text }, text: text.trimEnd() })
    return
  }
  const done = (remove ? removeServers : installServers)({ ...options, force, now: new Date() })
  session.answer({ data: done, text: (look) => renderInstalled(done, look) })
}

async function assertKnown(session: Session, plugins: readonly string[]): Promise<void> {
  const known = [...(await session.plugins()).map(({ name }) => name), 'director']
  const unknown = plugins.find((name) => !known.includes(name))
  if (unknown !== undefined) throw unknownPlugin(unknown, known)
}
