import type { AddressInfo } from 'node:net'
import type { MetricPoint } from './point.ts'
import { PROMETHEUS_TYPE, prometheusText } from './prometheus.ts'

export interface MetricsEndpoint {
  readonly url: string
  close(): Promise<void>
}

/** Names under which this machine speaks to itself; a page of somebody else's that points its own name here has another. */
const OWN_NAMES = new Set(['127.0.0.1', 'localhost', '[::1]'])

/**
 * Answers `GET /metrics` on loopback until it is closed; undefined where the port is taken, be it by another process of the workspace,
 * which tells the same. Keeps no process alive.
 */
export async function serveMetrics(port: number, collect: () => readonly MetricPoint[]): Promise<MetricsEndpoint | undefined> {
  // Loaded only here, as all processes count and few answer.
  const { createServer } = await import('node:http')
  const server = createServer((request, response) => {
    const answer = (status: number, text: string, type = 'text/plain; charset=utf-8'): void => {
      response.writeHead(status, { 'content-type': type, 'cache-control': 'no-store', 'x-content-type-options': 'nosniff' })
      response.end(request.method === 'HEAD' ? undefined : text)
    }
    const host = request.headers.host?.replace(/:\d+$/, '').toLowerCase() ?? ''
    if (!OWN_NAMES.has(host)) return answer(403, 'Only this machine is answered, under its own name\n')
    if (request.method !== 'GET' && request.method !== 'HEAD') return answer(405, 'Only GET is answered\n')
    if (request.url?.split('?')[0] !== '/metrics') return answer(404, 'Only /metrics is here\n')
    try {
      answer(200, prometheusText(collect()), PROMETHEUS_TYPE)
    } catch {
      answer(503, 'The metrics cannot be read now\n')
    }
  })
  const listening = await new Promise<boolean>((resolve, reject) => {
    server.once('error', (error: NodeJS.ErrnoException) => (error.code === 'EADDRINUSE' ? resolve(false) : reject(error)))
    server.listen({ host: '127.0.0.1', port, exclusive: true }, () => resolve(true))
  })
  if (!listening) return undefined
  server.unref()
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/metrics`,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve())
        server.closeAllConnections()
      }),
  }
}
