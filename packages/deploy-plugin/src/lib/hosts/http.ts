import { request } from 'node:http'
import type { Duplex } from 'node:stream'
import { connect as connectTls } from 'node:tls'
import type { Host } from './host.ts'

export interface HttpAnswer {
  readonly status: number
  readonly headers: Readonly<Record<string, string | string[] | undefined>>
  /** Of what is longer than 4 MB the beginning. */
  readonly text: string
}

interface Asked {
  readonly method?: string
  readonly path: string
  readonly headers?: Readonly<Record<string, string>>
  readonly body?: string
  readonly timeoutMs: number
  readonly signal?: AbortSignal
  /** Speaks TLS and asks for this name; whoever answers is not asked for proof, as it is the host's own loopback. */
  readonly tlsName?: string
}

export interface HttpOptions extends Asked {
  readonly port: number
  readonly address?: string
}

const MAX_TEXT = 4 * 1024 * 1024

/** One HTTP request as the host itself would make it. Redirects are answers. */
export function httpOn(host: Host, { port, address = '127.0.0.1', headers, ...asked }: HttpOptions): Promise<HttpAnswer> {
  return httpOver(() => host.connectPort(port, address), { ...asked, headers: { host: `${address}:${port}`, ...headers } })
}

/** One HTTP request over a connection that is made for it alone. */
export async function httpOver(connect: () => Promise<Duplex>, options: Asked): Promise<HttpAnswer> {
  const { method = 'GET', path, headers = {}, body, timeoutMs, tlsName } = options
  const limit = AbortSignal.timeout(timeoutMs)
  const signal = options.signal === undefined ? limit : AbortSignal.any([limit, options.signal])
  const late = (error: unknown): unknown => (limit.aborted ? new Error(`no answer within ${timeoutMs} ms`) : error)
  const raw = await withSignal(connect(), signal).catch((error: unknown) => Promise.reject(late(error)))
  const socket = asSocket(tlsName === undefined ? raw : connectTls({ socket: raw, servername: tlsName, rejectUnauthorized: false }))
  const { promise, resolve, reject } = Promise.withResolvers<HttpAnswer>()
  const asked = request(
    { method, path, headers: { host: 'localhost', connection: 'close', ...headers }, signal, createConnection: () => socket },
    (answer) => {
      const chunks: Buffer[] = []
      let bytes = 0
      answer.on('data', (chunk: Buffer) => {
        bytes += chunk.length
        if (bytes <= MAX_TEXT) chunks.push(chunk)
      })
      answer.on('end', () =>
        resolve({ status: answer.statusCode ?? 0, headers: answer.headers, text: Buffer.concat(chunks).toString('utf8') }),
      )
      answer.on('error', reject)
    },
  )
  asked.on('error', reject)
  asked.end(body)
  try {
    return await promise
  } catch (error) {
    throw late(error)
  } finally {
    socket.destroy()
    raw.destroy()
  }
}

/** A connection, unless nobody waits for it any more: one that is made after all is closed again. */
export async function withSignal(connecting: Promise<Duplex>, signal: AbortSignal): Promise<Duplex> {
  const { promise, reject } = Promise.withResolvers<never>()
  const abort = (): void => reject(signal.reason as Error)
  if (signal.aborted) abort()
  signal.addEventListener('abort', abort, { once: true })
  try {
    return await Promise.race([connecting, promise])
  } catch (error) {
    connecting.then(
      (stream) => stream.destroy(),
      () => {},
    )
    throw error
  } finally {
    signal.removeEventListener('abort', abort)
  }
}

/** What Node's HTTP client asks of a socket, and a channel of SSH does not have. */
export function asSocket(stream: Duplex): Duplex {
  const nothing = (): Duplex => stream
  const missing = ['setKeepAlive', 'setNoDelay', 'setTimeout', 'ref', 'unref'].filter((name) => !(name in stream))
  return Object.assign(stream, Object.fromEntries(missing.map((name) => [name, nothing])))
}
