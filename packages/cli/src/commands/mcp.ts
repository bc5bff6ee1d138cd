import { addMcpInstall } from '../lib/mcp-install.ts'
import type { Define } from '../lib/own-commands.ts'

export const define: Define = (command, session) => {
  command.helpCommand(false)
  addMcpInstall(command, session)
}
