import type { CallToolResult } from '@modelcontextprotocol/client'
import { type Command, type Context, command } from '@switchyard/plugin-kit'
import { cleanText, type MountedTool } from '@switchyard/registry'
import { z } from 'zod'
import type { Connection } from './connection.ts'
import { serverLeft, toolFailed } from './errors.ts'

/** Verbs of tools that take something away, whatever their server says of them. */
const DESTROYS = /^(?:delete|remove|destroy|drop|purge|erase|wipe|truncate|kill|terminate|revoke|uninstall|reset)$/

/** What a tool does to the world, by its annotations; a server's word that it only reads does not cover a tool that is called "delete". */
export function effectOf({ name, annotations = {} }: MountedTool): 'read' | 'write' | 'destroy' {
  const { readOnlyHint = false, destructiveHint = false } = annotations
  if (wordsOf(name).some((word) => DESTROYS.test(word))) return 'destroy'
  if (readOnlyHint) return 'read'
  return destructiveHint ? 'destroy' : 'write'
}

/** Command names of tools, in order: kebab case, each once. */
export function commandNames(tools: readonly MountedTool[]): string[] {
  const taken = new Set<string>()
  return tools.map(({ name }) => {
    const words = wordsOf(name).join('-')
    const base = (/^[a-z]/.test(words) ? words : `tool-${words}`).slice(0, 60).replace(/-+$/, '')
    let own = base
    for (let number = 2; taken.has(own); number++) own = `${base}-${number}`
    taken.add(own)
    return own
  })
}

/** A tool as a command on the bus. */
export function commandOfTool(plugin: string, tool: MountedTool, connection: Connection, timeoutMs: number): Command {
  const effect = effectOf(tool)
  const summary = cleanText(tool.description, 280).replace(/[.。]+$/, '')
  const shared = {
    summary: summary.length < 3 ? `Call the tool ${cleanText(tool.name, 100)}` : firstSentence(summary),
    description: cleanText(tool.description, 3_900),
    examples: [],
    input: inputOf(tool),
    output: z.looseObject({}),
    timeoutMs,
    ...(tool.annotations?.idempotentHint === true && { idempotent: true }),
    run: (input: unknown, ctx: Context) => call(plugin, tool.name, input, ctx, connection),
  }
  if (effect === 'read') return command({ ...shared, effect })
  return command({
    ...shared,
    effect,
    plan: (input: unknown) => ({
      summary: `Call ${tool.name} of the MCP server ${plugin}`,
      steps: [{ does: 'run' as const, target: `${plugin}: ${tool.name}`, detail: JSON.stringify(input, null, 2).slice(0, 4_000) }],
      warnings: ['What it does is known to its server alone, and cannot be taken back here'],
    }),
  })
}

/** The tool's own schema where zod can read it; the server checks everything anyway. */
function inputOf({ inputSchema }: MountedTool): z.ZodType {
  try {
    const schema = z.fromJSONSchema(inputSchema as Parameters<typeof z.fromJSONSchema>[0])
    // Flags, forms and MCP tools are made from it, so it has to be an object that can be written down again.
    if (schema instanceof z.ZodObject && z.toJSONSchema(schema, { io: 'input' }).type === 'object') return schema
  } catch {
    // Said by the server, where the input does not fit.
  }
  return z.looseObject({})
}

async function call(plugin: string, tool: string, input: unknown, ctx: Context, connection: Connection): Promise<Record<string, unknown>> {
  const client = await connection.client()
  const { traceparent, tracestate } = ctx.headers
  const request = {
    name: tool,
    arguments: input as Record<string, unknown>,
    _meta: { traceparent, ...(tracestate !== undefined && { tracestate }) },
  }
  const result = (await client
    .callTool(request, {
      signal: ctx.signal,
      timeout: Math.max(1, Math.floor(ctx.remainingMs())),
      onprogress: ({ progress, total, message }) =>
        ctx.progress({ message: cleanText(message ?? tool, 200), done: progress, ...(total !== undefined && { total }) }),
    })
    .catch((error: unknown) => {
      throw explained(error, plugin, tool, connection)
    })) as CallToolResult
  const text = result.content.flatMap((block) => (block.type === 'text' ? [block.text] : [])).join('\n')
  if (result.isError === true) throw toolFailed(plugin, tool, cleanText(text, 1_000))
  const { structuredContent } = result
  if (typeof structuredContent === 'object' && structuredContent !== null && !Array.isArray(structuredContent))
    return structuredContent as Record<string, unknown>
  const others = result.content.filter(({ type }) => type !== 'text')
  return { text, ...(others.length > 0 && { content: others }) }
}

/** JSON-RPC's words for what is not there, or not so. */
const UNKNOWN = new Set<unknown>([-32_601, -32_602])

/** What went wrong beside the tool's own answer; what is no fault of the server passes as it is. */
function explained(error: unknown, plugin: string, tool: string, connection: Connection): unknown {
  const code = error instanceof Error && 'code' in error ? error.code : undefined
  if (code === 'CONNECTION_CLOSED') {
    const said = connection.said()
    return serverLeft(plugin, tool, said === '' ? '' : `, and wrote: ${said}`)
  }
  if (!(error instanceof Error) || typeof code !== 'number') return error
  // What it offers may be other than it was when it was added.
  const next = UNKNOWN.has(code) ? `switchyard registry update ${plugin}` : undefined
  return toolFailed(plugin, tool, cleanText(error.message, 1_000), next)
}

function firstSentence(text: string): string {
  const [first = text] = text.split(/(?<=[.!?])\s/)
  return first.length >= 12 ? first.replace(/[.!?]+$/, '') : text
}

const wordsOf = (name: string): string[] =>
  name
    .replace(/(?<=[a-z0-9])(?=[A-Z])/g, '-')
    .toLowerCase()
    .split(/[^a-z0-9]+/)
    .filter((word) => word !== '')
