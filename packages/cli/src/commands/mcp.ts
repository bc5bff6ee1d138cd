import { InvalidArgumentError, Option } from 'commander'
import { addMcpInstall } from '../lib/mcp-install.ts'
import { type ServeFlags, serveMcp } from '../lib/mcp-serve.ts'
import type { Define } from '../lib/own-commands.ts'

export const define: Define = (command, session) => {
  command
    .helpCommand(false)
    .argument('[plugins...]', 'Those to serve, "director" among them for plain words and chains; all where none is named')
    .addOption(
      new Option('--http <port>', 'Serve over HTTP on this machine instead of stdin and stdout; 0 finds a free port').argParser(port),
    )
    .option('--full', 'List every command as a tool of its own, with whole schemas')
    .action((plugins: readonly string[], flags: ServeFlags) => serveMcp(session, plugins, flags))
  addMcpInstall(command, session)
}

function port(text: string): number {
  const number = Number(text)
  if (/^\d{1,5}$/.test(text) && number < 65_536) return number
  throw new InvalidArgumentError('it must be a port from 0 to 65535')
}
