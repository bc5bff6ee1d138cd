import { command } from '@switchyard/plugin-kit'
import { SMOKE_EXAMPLES } from './examples.ts'
import { checkInput, checkOutput } from './schema.ts'

const check = command({
  summary: 'Start a project’s MCP server, read everything that it lists, check its schemas and cost, and end it',
  description:
    'The server is started as Claude Code would start it, with its own settings and the few variables that clients hand on. It is asked for its lists and for nothing else: no tool ' +
    'is called. It is ended with everything that it started.',
  examples: SMOKE_EXAMPLES['mcp.check'],
  input: checkInput,
  output: checkOutput,
  effect: 'write',
  timeoutMs: 600_000,
  plan: async (input, ctx) => (await import('./run-check.ts')).planCheck(input, ctx),
  run: async (input, ctx) => (await import('./run-check.ts')).runCheck(input, ctx),
})

export const smokeCommands = { 'mcp.check': check }
