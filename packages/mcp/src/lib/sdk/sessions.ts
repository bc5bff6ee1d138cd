import { randomUUID } from 'node:crypto'
import { type McpServer, WebStandardStreamableHTTPServerTransport } from '@modelcontextprotocol/server'

/** Clients of the 2025 handshake over HTTP: each has a session with a server of its own, so that it can be asked while it waits. */
export interface Sessions {
  fetch(request: Request): Promise<Response>
  close(): Promise<void>
}

/** Sessions at most; the one that was used least lately ends for a new one. */
const MAX_SESSIONS = 100

export function createSessions(createServer: () => McpServer): Sessions {
  const open = new Map<string, WebStandardStreamableHTTPServerTransport>()
  return {
    async fetch(request) {
      const id = request.headers.get('mcp-session-id')
      if (id !== null) return used(id)?.handleRequest(request) ?? gone()
      const transport = new WebStandardStreamableHTTPServerTransport({
        sessionIdGenerator: randomUUID,
        async onsessioninitialized(newId) {
          open.set(newId, transport)
          const [oldest] = open
          if (open.size > MAX_SESSIONS && oldest !== undefined) await oldest[1].close()
        },
      })
      const server = createServer()
      await server.connect(transport)
      const { onclose } = transport
      transport.onclose = () => {
        open.delete(transport.sessionId ?? '')
        onclose?.()
      }
      const response = await transport.handleRequest(request)
      // Whatever came without a session and began none.
      if (transport.sessionId === undefined) await server.close()
      return response
    },
    async close() {
      for (const transport of [...open.values()]) await transport.close()
    },
  }

  /** The session of this id, which is now the last one to go. */
  function used(id: string): WebStandardStreamableHTTPServerTransport | undefined {
    const transport = open.get(id)
    if (transport !== undefined && open.delete(id)) open.set(id, transport)
    return transport
  }
}

function gone(): Response {
  const error = { code: -32_001, message: 'Cannot find the session as it must be open: begin a new one' }
  return Response.json({ jsonrpc: '2.0', id: null, error }, { status: 404 })
}
