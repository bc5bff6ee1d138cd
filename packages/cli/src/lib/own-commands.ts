import type { Command } from 'commander'
import type { Session } from './session.ts'

/** Adds a command's arguments and what it does. */
export type Define = (command: Command, session: Session) => void

interface OwnCommand {
  readonly name: string
  readonly summary: string
}

/** The commands that the program itself has; plugins bring the others. No plugin's commands can be typed under these names. */
export const OWN_COMMANDS = [
  { name: 'ask', summary: 'Do what a request in plain words means' },
  { name: 'route', summary: 'Show which command a request means, and run nothing' },
  { name: 'plans', summary: 'List what waits for approval and what was done' },
  { name: 'approve', summary: 'Run a plan that waits' },
  { name: 'discard', summary: 'Take a plan that waits away' },
  { name: 'undo', summary: 'Take back what a plan did' },
  { name: 'plugins', summary: 'List the plugins and their commands' },
  { name: 'registry', summary: 'Add plugins of others, and MCP servers' },
  { name: 'agents', summary: 'Find agents, skills and commands, and propose teams' },
  { name: 'chain', summary: 'Check, run and watch workflows that undo themselves' },
  { name: 'state', summary: 'Show and change what plugins share' },
  { name: 'trace', summary: 'Show what ran, what was decided and why it failed' },
  { name: 'logs', summary: 'Show what was logged, and follow it' },
  { name: 'metrics', summary: 'Show what was counted' },
  { name: 'alerts', summary: 'Show what rings, and give it quiet' },
  { name: 'mcp', summary: 'Serve plugins to MCP clients' },
  { name: 'config', summary: 'Show each setting and who set it' },
  { name: 'doctor', summary: 'Check what the workspace stands on' },
  { name: 'init', summary: 'Write a commented configuration' },
  { name: 'new', summary: 'Start a plugin of your own' },
  { name: 'completion', summary: 'Print completion for bash, zsh or fish' },
] as const satisfies readonly OwnCommand[]

export type OwnName = (typeof OWN_COMMANDS)[number]['name']

export function isOwnName(word: string): word is OwnName {
  return OWN_COMMANDS.some(({ name }) => name === word)
}
