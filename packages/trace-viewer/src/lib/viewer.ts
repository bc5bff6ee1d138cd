import { randomBytes } from 'node:crypto'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { isSwitchyardError } from '@switchyard/contracts'
import { letterUnknown, portTaken, runUnknown, spanUnknown } from './errors.ts'
import { exportedOf } from './exported.ts'
import { createGuard } from './guard.ts'
import { type PageFiles, pageHtml, policyOf } from './page-html.ts'
import type { ViewerSource } from './source.ts'

export interface ViewerOptions {
  readonly source: ViewerSource
  readonly page: PageFiles
  /** @default 0, any that is free */
  readonly port?: number
}

/** A page on this machine, for whoever knows its address. */
export interface Viewer {
  /** With the token, which is needed for everything. */
  readonly address: string
  readonly port: number
  close(): Promise<void>
}

const MAX_RUNS = 10_000
const MAX_BODY_BYTES = 1_024
const MAX_LISTENERS = 32

type Route = (found: RegExpExecArray, request: IncomingMessage, response: ServerResponse) => Promise<void> | void

/** Serves the page on 127.0.0.1 until it is closed. @throws USAGE when the port is taken */
export async function openViewer({ source, page, port = 0 }: ViewerOptions): Promise<Viewer> {
  const token = randomBytes(24).toString('base64url')
  const guard = createGuard({ token, port: () => (server.address() as AddressInfo).port })
  const html = pageHtml(page)
  const policy = policyOf(page, 'served')
  let listeners = 0

  const gets: readonly (readonly [RegExp, Route])[] = [
    [/^\/$/, (_, _request, response) => send(response, 200, 'text/html; charset=utf-8', html)],
    [/^\/api\/runs$/, async (_, _request, response) => json(response, await source.runs(MAX_RUNS))],
    [/^\/api\/runs\/([0-9a-f]{32})$/, async ([, id], _request, response) => json(response, need(await source.trace(id!), runUnknown(id!)))],
    [
      /^\/api\/runs\/([0-9a-f]{32})\/spans\/([0-9a-f]{16})$/,
      async ([, id, span], _request, response) => json(response, need(await source.span(id!, span!), spanUnknown(span!))),
    ],
    [/^\/api\/runs\/([0-9a-f]{32})\/logs$/, async ([, id], _request, response) => json(response, await source.logs(id!))],
    [/^\/api\/runs\/([0-9a-f]{32})\/decision$/, async ([, id], _request, response) => json(response, (await source.decision(id!)) ?? null)],
    [/^\/api\/runs\/([0-9a-f]{32})\/chain$/, async ([, id], _request, response) => json(response, (await source.chain(id!)) ?? null)],
    [
      /^\/api\/runs\/([0-9a-f]{32})\/export\.html$/,
      async ([, id], _request, response) =>
        download(response, `trace-${id!.slice(0, 8)}.html`, 'text/html; charset=utf-8', pageHtml(page, await exportedOf(source, id!))),
    ],
    [
      /^\/api\/runs\/([0-9a-f]{32})\/export\.json$/,
      async ([, id], _request, response) =>
        download(response, `trace-${id!.slice(0, 8)}.json`, 'application/json; charset=utf-8', await source.otlp(id!)),
    ],
    [/^\/api\/bus$/, async (_, _request, response) => json(response, await source.bus())],
    [/^\/api\/breakers$/, async (_, _request, response) => json(response, await source.breakers())],
    [/^\/api\/letters$/, async (_, _request, response) => json(response, await source.letters())],
    [/^\/api\/state$/, async (_, _request, response) => json(response, await source.state())],
    [/^\/api\/live$/, (_, request, response) => follow(request, response)],
  ]
  const posts: readonly (readonly [RegExp, Route])[] = [
    [
      /^\/api\/letters\/(\d{1,15})\/(replay|discard)$/,
      async ([, id, what], request, response) => change(Number(id), what!, request, response),
    ],
  ]

  const server = createServer({ requestTimeout: 10_000 }, (request, response) => void handle(request, response))
  await new Promise<void>((resolve, reject) => {
    server.once('error', (error: NodeJS.ErrnoException) => reject(error.code === 'EADDRINUSE' ? portTaken(port) : error))
    server.listen(port, '127.0.0.1', resolve)
  })
  const bound = (server.address() as AddressInfo).port
  return {
    address: `http://127.0.0.1:${bound}/${token}/`,
    port: bound,
    async close() {
      const closed = new Promise<void>((resolve) => server.close(() => resolve()))
      server.closeAllConnections()
      await closed
    },
  }

  async function handle(request: IncomingMessage, response: ServerResponse): Promise<void> {
    response.on('error', () => {})
    try {
      const admitted = guard.admit(request)
      if ('refused' in admitted) {
        request.resume()
        return send(response, admitted.refused.status, 'text/plain; charset=utf-8', `${admitted.refused.why}\n`)
      }
      // Addresses on the page are relative to its folder.
      if (admitted.path === '') return redirect(response, `/${token}/`)
      const routes = request.method === 'POST' ? posts : gets
      for (const [pattern, route] of routes) {
        const found = pattern.exec(admitted.path)
        if (found !== null) return await route(found, request, response)
      }
      send(response, 404, 'text/plain; charset=utf-8', 'There is nothing here\n')
    } catch (error) {
      if (response.headersSent) return void response.destroy()
      if (isSwitchyardError(error, 'NOT_FOUND') || isSwitchyardError(error, 'TRACE_UNKNOWN'))
        return json(response, { code: error.code, message: error.message }, 404)
      if (isSwitchyardError(error)) return json(response, { code: error.code, message: error.message }, 409)
      json(response, { code: 'INTERNAL', message: 'Something failed in the viewer' }, 500)
    }
  }

  function follow(request: IncomingMessage, response: ServerResponse): void {
    if (listeners >= MAX_LISTENERS) {
      send(response, 503, 'text/plain; charset=utf-8', 'Too many pages are open\n')
      return
    }
    listeners++
    response.writeHead(200, { ...headers(), 'content-type': 'text/event-stream', 'x-accel-buffering': 'no' })
    response.write('retry: 1000\n\n: here\n\n')
    const stop = source.follow((pulse) => {
      // A page that does not read is told of nothing more until it does; it asks anew then.
      if (!response.writableNeedDrain) response.write(`data: ${JSON.stringify(pulse)}\n\n`)
    })
    request.on('close', () => {
      listeners--
      stop()
    })
  }

  async function change(id: number, what: string, request: IncomingMessage, response: ServerResponse): Promise<void> {
    if (!(await isSmall(request))) return send(response, 413, 'text/plain; charset=utf-8', 'That is too much\n')
    if (!Number.isSafeInteger(id)) throw letterUnknown(id)
    await (what === 'replay' ? source.replay(id) : source.discard(id))
    json(response, { [what]: id })
  }

  function headers(): Record<string, string> {
    return {
      'content-security-policy': policy,
      'cache-control': 'no-store',
      'cross-origin-opener-policy': 'same-origin',
      'cross-origin-resource-policy': 'same-origin',
      'referrer-policy': 'no-referrer',
      'x-content-type-options': 'nosniff',
      'x-frame-options': 'DENY',
    }
  }

  function send(response: ServerResponse, status: number, type: string, body: string): void {
    response.writeHead(status, { ...headers(), 'content-type': type, 'content-length': Buffer.byteLength(body) })
    response.end(body)
  }

  function json(response: ServerResponse, value: unknown, status = 200): void {
    send(response, status, 'application/json; charset=utf-8', JSON.stringify(value))
  }

  function download(response: ServerResponse, name: string, type: string, body: string): void {
    response.setHeader('content-disposition', `attachment; filename="${name}"`)
    send(response, 200, type, body)
  }

  function redirect(response: ServerResponse, location: string): void {
    response.writeHead(308, { ...headers(), location })
    response.end()
  }
}

function need<value>(found: value | undefined, missing: Error): value {
  if (found === undefined) throw missing
  return found
}

async function isSmall(request: IncomingMessage): Promise<boolean> {
  let bytes = 0
  for await (const chunk of request as AsyncIterable<Buffer>) {
    bytes += chunk.length
    if (bytes > MAX_BODY_BYTES) return false
  }
  return true
}
