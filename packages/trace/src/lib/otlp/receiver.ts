import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { promisify } from 'node:util'
import { gunzip } from 'node:zlib'
import { receiverPortTaken } from '../errors.ts'
import type { Span } from '../spans/span.ts'
import type { OtlpSignal } from './exporter.ts'
import { decodeTraces } from './traces.ts'

export interface OtlpReceiverOptions {
  /** 0 takes one that is free. @default 4318 */
  readonly port?: number
  /** What it rejects is answered so that it is sent again later. */
  traces(spans: readonly Span[]): void | Promise<void>
  /** The request as it came, parsed; returns how many of it were refused. @default they are taken and dropped */
  metrics?(body: unknown): number
  logs?(body: unknown): number
}

export interface OtlpReceiver {
  readonly url: string
  /** Requests that were taken, by signal. */
  readonly counts: Readonly<Record<OtlpSignal, number>>
  close(): Promise<void>
}

const DEFAULT_PORT = 4318
const MAX_BODY = 8 * 1_048_576
const MAX_UNZIPPED = 64 * 1_048_576
const LOOPBACK = /^(localhost|127\.0\.0\.1|\[::1\])(:\d{1,5})?$/i
const PATHS: Readonly<Record<string, OtlpSignal>> = { '/v1/traces': 'traces', '/v1/metrics': 'metrics', '/v1/logs': 'logs' }

const unzip = promisify(gunzip)

/** What cannot be taken, with what HTTP calls it. */
class Refused extends Error {
  readonly status: number

  constructor(status: number, message: string) {
    super(message)
    this.status = status
  }
}

/**
 * Takes OTLP over HTTP in JSON from programs of this machine. A page in a browser is kept out by its origin, and where it made a name
 * of its own point here, by the host that it asks for.
 * @throws USAGE when the port is taken
 */
export async function startOtlpReceiver({ port = DEFAULT_PORT, traces, metrics, logs }: OtlpReceiverOptions): Promise<OtlpReceiver> {
  const counts = { traces: 0, metrics: 0, logs: 0 }
  const server = createServer((request, response) => {
    answer(request).then(
      (rejected) => reply(response, 200, rejected === 0 ? {} : { partialSuccess: rejectedOf(request, rejected) }),
      (error: unknown) => {
        const status = error instanceof Refused ? error.status : 400
        reply(response, status, { code: 3, message: error instanceof Error ? error.message : 'it could not be read' })
      },
    )
  })
  server.requestTimeout = 30_000
  server.maxConnections = 64
  await new Promise<void>((resolve, reject) => {
    server.once('error', (error) => reject(receiverPortTaken(port, error.message)))
    server.listen(port, '127.0.0.1', resolve)
  })

  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    counts,
    async close() {
      server.closeAllConnections()
      await new Promise((resolve) => server.close(resolve))
    },
  }

  async function answer(request: IncomingMessage): Promise<number> {
    const { host = '', origin, 'content-type': type = '', 'content-encoding': encoding = 'identity' } = request.headers
    if (!LOOPBACK.test(host)) throw new Refused(403, 'Cannot take this as it must be asked of localhost')
    if (origin !== undefined && !isLoopbackOrigin(origin))
      throw new Refused(403, 'Cannot take this as it comes from a page of another origin')
    const signal = PATHS[request.url?.split('?')[0] ?? '']
    if (signal === undefined) throw new Refused(404, 'Cannot take this as its path must be /v1/traces, /v1/metrics or /v1/logs')
    if (request.method !== 'POST') throw new Refused(405, 'Cannot take this as it must be a POST')
    if (!/^application\/json\b/i.test(type))
      throw new Refused(415, 'Cannot take this as it must be JSON: set OTEL_EXPORTER_OTLP_PROTOCOL=http/json where it is sent')
    if (encoding !== 'identity' && encoding !== 'gzip') throw new Refused(415, 'Cannot take this as it may be packed with gzip only')
    const body = parsed(await bodyOf(request, encoding === 'gzip'))
    counts[signal]++
    if (signal === 'metrics') return metrics?.(body) ?? 0
    if (signal === 'logs') return logs?.(body) ?? 0
    const { spans, rejected } = decodeTraces(body)
    try {
      await traces(spans)
    } catch (error) {
      throw new Refused(503, `Cannot keep this now: ${error instanceof Error ? error.message : String(error)}`)
    }
    return rejected
  }
}

async function bodyOf(request: IncomingMessage, isZipped: boolean): Promise<string> {
  const chunks: Buffer[] = []
  let length = 0
  for await (const chunk of request as AsyncIterable<Buffer>) {
    length += chunk.length
    if (length > MAX_BODY) throw new Refused(413, `Cannot take this as it must be at most ${MAX_BODY} bytes`)
    chunks.push(chunk)
  }
  const bytes = Buffer.concat(chunks)
  if (!isZipped) return bytes.toString()
  try {
    return (await unzip(bytes, { maxOutputLength: MAX_UNZIPPED })).toString()
  } catch (error) {
    const isLarge = (error as NodeJS.ErrnoException).code === 'ERR_BUFFER_TOO_LARGE'
    throw new Refused(isLarge ? 413 : 400, isLarge ? 'Cannot take this as it is too much unpacked' : 'Cannot unpack this')
  }
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    throw new Refused(400, 'Cannot take this as it must be JSON')
  }
}

function isLoopbackOrigin(origin: string): boolean {
  const { protocol, host } = URL.parse(origin) ?? { protocol: '', host: '' }
  return /^https?:$/.test(protocol) && LOOPBACK.test(host)
}

const REJECTED = { traces: 'rejectedSpans', metrics: 'rejectedDataPoints', logs: 'rejectedLogRecords' } as const

function rejectedOf({ url }: IncomingMessage, count: number): object {
  const signal = PATHS[url?.split('?')[0] ?? '']!
  return { [REJECTED[signal]]: String(count), errorMessage: 'some of it could not be read' }
}

function reply(response: ServerResponse, status: number, body: object): void {
  response.writeHead(status, { 'content-type': 'application/json', ...(status >= 400 && { connection: 'close' }) })
  response.end(JSON.stringify(body))
}
