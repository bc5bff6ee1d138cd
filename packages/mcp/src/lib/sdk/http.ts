import { createHash, timingSafeEqual } from 'node:crypto'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import {
  createMcpHandler,
  hostHeaderValidationResponse,
  isLegacyRequest,
  localhostAllowedHostnames,
  localhostAllowedOrigins,
  type McpServer,
  originValidationResponse,
  type ServerEventBus,
} from '@modelcontextprotocol/server'
import { noPort } from '../errors.ts'
import { createSessions } from './sessions.ts'

export interface HttpOptions {
  /** 0 takes one that is free. */
  readonly port: number
  /** What every request has to bring. */
  readonly token: string
  /** Where changes of lists are announced to whoever listens for them. @default nobody announces any */
  readonly bus?: ServerEventBus
  onFault(error: Error): void
}

/** A server on the loopback interface. */
export interface HttpEndpoint {
  readonly url: string
  close(): Promise<void>
}

/**
 * Serves one server a request, or a session, over HTTP to programs of this machine that know the token. A page in a browser is kept
 * out twice: by its origin, and, where it made a name of its own point here, by the host it asks for.
 * @throws USAGE when the port is taken
 */
export async function serveHttp(createMcp: () => McpServer, { port, token, bus, onFault }: HttpOptions): Promise<HttpEndpoint> {
  const modern = createMcpHandler(createMcp, { legacy: 'reject', onerror: onFault, ...(bus !== undefined && { bus }) })
  const sessions = createSessions(createMcp)
  const wanted = digest(token)
  const server = createServer((incoming, outgoing) => {
    answer(incoming, outgoing).catch((error: Error) => {
      onFault(error)
      outgoing.destroy()
    })
  })
  await new Promise<void>((resolve, reject) => {
    server.once('error', (error) => reject(noPort(port, error.message)))
    server.listen(port, '127.0.0.1', resolve)
  })
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/mcp`

  return {
    url,
    async close() {
      await Promise.all([modern.close(), sessions.close()])
      server.closeAllConnections()
      await new Promise((resolve) => server.close(resolve))
    },
  }

  async function answer(incoming: IncomingMessage, outgoing: ServerResponse): Promise<void> {
    const gone = new AbortController()
    outgoing.once('close', () => gone.abort())
    const request = requestOf(incoming, gone.signal)
    await send(request === undefined ? new Response('Cannot read this request', { status: 400 }) : await answerTo(request), outgoing)
  }

  async function answerTo(request: Request): Promise<Response> {
    return (
      hostHeaderValidationResponse(request, localhostAllowedHostnames()) ??
      originValidationResponse(request, localhostAllowedOrigins()) ??
      unauthorized(request) ??
      (new URL(request.url).pathname === '/mcp' ? serve(request) : new Response('Not found', { status: 404 }))
    )
  }

  async function serve(request: Request): Promise<Response> {
    return (await isLegacyRequest(request)) ? sessions.fetch(request) : modern.fetch(request)
  }

  /** Compared by digest, so that how long it takes tells nothing. */
  function unauthorized(request: Request): Response | undefined {
    const given = /^Bearer (.+)$/i.exec(request.headers.get('authorization') ?? '')?.[1] ?? ''
    if (timingSafeEqual(digest(given), wanted)) return undefined
    return new Response('Cannot serve this request as it must carry the bearer token that was printed at the start', {
      status: 401,
      headers: { 'www-authenticate': 'Bearer' },
    })
  }
}

function digest(text: string): Buffer {
  return createHash('sha256').update(text).digest()
}

/** Undefined where it is one that the platform's own requests cannot be, such as a TRACE: a mistake of theirs, and no fault to tell of. */
function requestOf(incoming: IncomingMessage, signal: AbortSignal): Request | undefined {
  const { method = 'GET', headers, url = '/' } = incoming
  const given = Object.entries(headers).flatMap(([name, value]) =>
    (Array.isArray(value) ? value : [value]).flatMap((one): [string, string][] => (one === undefined ? [] : [[name, one]])),
  )
  const hasBody = method !== 'GET' && method !== 'HEAD'
  try {
    // The host is judged by its header; here it only has to be one that can be read.
    return new Request(`http://127.0.0.1${url.startsWith('/') ? url : '/'}`, {
      method,
      headers: given,
      signal,
      ...(hasBody && { body: Readable.toWeb(incoming) as ReadableStream<Uint8Array>, duplex: 'half' }),
    })
  } catch {
    return undefined
  }
}

async function send(response: Response, outgoing: ServerResponse): Promise<void> {
  outgoing.writeHead(response.status, Object.fromEntries(response.headers))
  if (response.body === null) {
    outgoing.end()
    return
  }
  outgoing.flushHeaders()
  // A client that goes away before the end has what it wanted.
  await pipeline(Readable.fromWeb(response.body as never), outgoing).catch(() => {})
}
