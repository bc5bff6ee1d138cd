import {
  type CallToolResult,
  CLIENT_CAPABILITIES_META_KEY,
  type ClientCapabilities,
  inputRequired,
  McpServer,
  type McpServerOptions,
  ProtocolError,
  ProtocolErrorCode,
  ResourceNotFoundError,
  type ServerContext,
} from '@modelcontextprotocol/server'
import { isSwitchyardError } from '@switchyard/contracts'
import type { Progress } from '@switchyard/plugin-kit'
import type { Form, Leg, Reply } from '../conversation.ts'
import type { Surface } from '../surface.ts'
import { errorReport, visible } from '../text.ts'

/** Who serves, as clients show it. */
export interface ServerIdentity {
  readonly name: string
  readonly title: string
  readonly version: string
}

/** Lists change only with the program, so that a client may keep them for a while. */
const LIST_CACHE = { ttlMs: 300_000, cacheScope: 'private' } as const

/** Lists do not change while a program runs. */
const CLOSED = { listChanged: false }

/** Under which a form and its reply travel. */
const REPLY_KEY = 'reply'

/** A surface as a server of the SDK, which speaks both eras of the protocol. Made anew for each connection, or for each request over HTTP. */
export function createSdkServer(surface: Surface, identity: ServerIdentity, onFault: (error: Error) => void): McpServer {
  const mcp = new McpServer(identity, serverOptionsOf(surface))
  mcp.server.onerror = onFault
  attachSurface(mcp, surface)
  return mcp
}

export function serverOptionsOf(surface: Surface): McpServerOptions & Required<Pick<McpServerOptions, 'capabilities' | 'requestState'>> {
  return {
    instructions: surface.instructions,
    capabilities: { tools: CLOSED, resources: CLOSED, prompts: CLOSED, completions: {} },
    cacheHints: {
      'tools/list': LIST_CACHE,
      'resources/list': LIST_CACHE,
      'resources/templates/list': LIST_CACHE,
      'prompts/list': LIST_CACHE,
      'server/discover': LIST_CACHE,
    },
    inputRequired: { maxRounds: 32 },
    requestState: {
      verify(ticket) {
        if (!surface.knowsTicket(ticket)) throw new Error('no form waits for its reply under this request state')
      },
    },
  }
}

/** Lets a server answer every request of tools, resources, prompts and completions from the surface. */
export function attachSurface({ server }: McpServer, surface: Surface): void {
  server.setRequestHandler('tools/list', ({ params }) => {
    const { entries, nextCursor } = wired(() => surface.listTools(params?.cursor))
    return { tools: [...entries] as never[], ...cursorOf(nextCursor) }
  })
  server.setRequestHandler('tools/call', async ({ params }, ctx) => {
    const { traceparent, tracestate, 'claudecode/toolUseId': toolUseId } = (ctx.mcpReq._meta ?? {}) as Readonly<Record<string, unknown>>
    const reply = replyOf(ctx)
    const turn = await wiredAsync(() =>
      surface.callTool({
        ...legOf(ctx),
        name: params.name,
        input: params.arguments,
        canAsk: canAsk(ctx, server.getClientCapabilities()),
        ...(typeof traceparent === 'string' && { traceparent }),
        ...(typeof tracestate === 'string' && { tracestate }),
        ...(typeof toolUseId === 'string' && { toolUseId: toolUseId.slice(0, 200) }),
        ...(reply !== undefined && { reply }),
      }),
    )
    return turn.kind === 'done' ? (turn.result as CallToolResult) : asking(turn.form, turn.ticket)
  })
  server.setRequestHandler('resources/list', ({ params }) => {
    const { entries, nextCursor } = wired(() => surface.listResources(params?.cursor))
    return { resources: [...entries], ...cursorOf(nextCursor) }
  })
  server.setRequestHandler('resources/templates/list', ({ params }) => {
    const { entries, nextCursor } = wired(() => surface.listTemplates(params?.cursor))
    return { resourceTemplates: [...entries], ...cursorOf(nextCursor) }
  })
  server.setRequestHandler('resources/read', async ({ params: { uri } }, ctx) => {
    const value = await wiredAsync(() => surface.readResource(uri, legOf(ctx)), uri)
    return { contents: [{ uri, mimeType: 'application/json', text: visible(JSON.stringify(value, null, 2)) }] }
  })
  server.setRequestHandler('prompts/list', ({ params }) => {
    const { entries, nextCursor } = wired(() => surface.listPrompts(params?.cursor))
    return {
      prompts: entries.map(({ name, summary, args = [] }) => ({
        name,
        description: summary,
        arguments: args.map((one) => ({ name: one.name, description: one.summary, required: one.default === undefined })),
      })),
      ...cursorOf(nextCursor),
    }
  })
  server.setRequestHandler('prompts/get', ({ params }) => {
    const text = wired(() => surface.promptText(params.name, params.arguments ?? {}))
    return { messages: [{ role: 'user', content: { type: 'text', text } }] }
  })
  server.setRequestHandler('completion/complete', async ({ params: { ref, argument } }, ctx) => {
    const of = ref.type === 'ref/prompt' ? { prompt: ref.name } : { template: ref.uri }
    const { values, total, hasMore } = await wiredAsync(() => surface.complete(of, argument.name, argument.value, legOf(ctx)))
    return { completion: { values: [...values], total, hasMore } }
  })
}

function legOf({ mcpReq }: ServerContext): Leg {
  const token = mcpReq._meta?.progressToken
  let last = 0
  return {
    signal: mcpReq.signal,
    // A client of 2025 is asked while its call waits; a modern one comes back with the reply.
    outlastsForms: mcpReq.envelope === undefined,
    progress({ message, done, total }: Progress) {
      if (token === undefined || mcpReq.signal.aborted) return
      // Each must be more than the one before it, also where a step only has something to say.
      last = done !== undefined && done > last ? done : last + 0.001
      const params = { progressToken: token, progress: last, message: visible(message), ...(total !== undefined && { total }) }
      mcpReq.notify({ method: 'notifications/progress', params }).catch(() => {})
    },
  }
}

/** The modern era tells with each request, the handshake of 2025 once. A client that says no more than `elicitation: {}` means forms. */
function canAsk({ mcpReq }: ServerContext, negotiated: ClientCapabilities | undefined): boolean {
  const envelope: Readonly<Record<string, unknown>> | undefined = mcpReq.envelope
  const { elicitation } = (envelope?.[CLIENT_CAPABILITIES_META_KEY] as ClientCapabilities | undefined) ?? negotiated ?? {}
  return elicitation !== undefined && (elicitation.form !== undefined || elicitation.url === undefined)
}

function asking({ message, schema }: Form, ticket: string): ReturnType<typeof inputRequired> {
  const requestedSchema = schema as Parameters<typeof inputRequired.elicit>[0]['requestedSchema']
  return inputRequired({ inputRequests: { [REPLY_KEY]: inputRequired.elicit({ message, requestedSchema }) }, requestState: ticket })
}

/** What came back with the ticket; whatever is no acceptance is a cancellation, so that nothing is asked twice. */
function replyOf({ mcpReq }: ServerContext): { ticket: string; reply: Reply } | undefined {
  const ticket = mcpReq.requestState<string>()
  if (ticket === undefined) return undefined
  const { action, content } = (mcpReq.inputResponses?.[REPLY_KEY] ?? {}) as { action?: unknown; content?: unknown }
  if (action === 'accept') return { ticket, reply: { action, content: isRecord(content) ? content : {} } }
  return { ticket, reply: { action: action === 'decline' ? 'decline' : 'cancel' } }
}

function wired<value>(work: () => value): value {
  try {
    return work()
  } catch (error) {
    throw asProtocolError(error)
  }
}

async function wiredAsync<value>(work: () => Promise<value>, uri?: string): Promise<value> {
  try {
    return await work()
  } catch (error) {
    throw asProtocolError(error, uri)
  }
}

/** What is the client's mistake is told as that, and what is not, as ours. */
function asProtocolError(error: unknown, uri?: string): Error {
  const { code, message, ...rest } = errorReport(error)
  const isTheirs = isSwitchyardError(error) && /^(VALIDATION|UNKNOWN_COMMAND|PLAN_UNKNOWN|\w*NOT_FOUND|\w+_UNKNOWN)$/.test(code)
  if (isTheirs && uri !== undefined) return new ResourceNotFoundError(uri, message)
  return new ProtocolError(isTheirs ? ProtocolErrorCode.InvalidParams : ProtocolErrorCode.InternalError, message, { code, ...rest })
}

function cursorOf(nextCursor: string | undefined): { nextCursor?: string } {
  return nextCursor === undefined ? {} : { nextCursor }
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
