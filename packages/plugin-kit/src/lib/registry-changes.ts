import { z } from 'zod'
import { defineTopic } from './topic.ts'

const at = z.string().describe('When it was seen, in ISO 8601')
const plugin = z.string().describe('Its name here')
const added = z.object({
  plugin,
  version: z.string().optional(),
  origin: z.enum(['files', 'mcp']).describe('Read from a folder, or an MCP server'),
  source: z.string().describe('As the registry calls what it came from'),
  offers: z.int().describe('How many agents, skills, commands or tools'),
  at,
})
const state = z.enum(['registered', 'ready', 'degraded', 'down', 'gone'])

/**
 * What the registry of a workspace tells, each change once unless a process dies over it, whichever saw it: `listens: [on(registryChanges.health, ...)]`.
 * What is registered is kept for listeners with a name; how plugins are is told to whoever is there, by processes that stay.
 */
export const registryChanges = {
  registered: defineTopic('registry/registered', added, { durable: true }),
  updated: defineTopic('registry/updated', added, { durable: true }),
  unregistered: defineTopic('registry/unregistered', z.object({ plugin, at }), { durable: true }),
  health: defineTopic('registry/health', z.object({ plugin, from: state, to: state, reason: z.string().optional(), at })),
} as const
