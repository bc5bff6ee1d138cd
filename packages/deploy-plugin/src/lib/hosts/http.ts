import { request } from 'node:http'
import type { Duplex } from 'node:stream'
import { connect as connectTls } from 'node:tls'
import { asSocket } from '../engine/engine.ts'
import type { Host } from './host.ts'

export interface HttpAnswer {
  readonly status: number
  readonly headers: Readonly<Record<string, string | string[] | undefined>>
  readonly text: string
}

export interface HttpOptions {
  readonly port: number
  readonly address?: string
  readonly method?: string
  readonly path: string
  readonly headers?: Readonly<Record<string, string>>
  readonly body?: string
  readonly timeoutMs: number
  readonly signal?: AbortSignal
  /** Speaks TLS and asks for this name; whoever answers is not asked for proof, as it is the host's own loopback. */
  readonly tlsName?: string
}

const MAX_TEXT = 4 * 1024 * 1024

/** One HTTP request as the host itself would make it. Redirects are answers. */
export async function httpOn(host: Host, options: HttpOptions): Promise<HttpAnswer> {
  const { port, address, method = 'GET', path, headers = {}, body, timeoutMs, tlsName } = options
  const limit = AbortSignal.timeout(timeoutMs)
  const signal = options.signal === undefined ? limit : AbortSignal.any([limit, options.signal])
  const raw = await unlessAborted(host.connectPort(port, address), signal)
  const socket = asSocket(tlsName === undefined ? raw : connectTls({ socket: raw, servername: tlsName, rejectUnauthorized: false }))
  const { promise, resolve, reject } = Promise.withResolvers<HttpAnswer>()
  const asked = request(
    {
      method,
      path,
      headers: { host: `${address ?? '127.0.0.1'}:${port}`, connection: 'close', ...headers },
      signal,
      createConnection: () => socket,
    },
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
  asked.on('error', (error) => reject(limit.aborted ? new Error(`no answer within ${timeoutMs} ms`) : error))
  asked.end(body)
  try {
    return await promise
  } finally {
    socket.destroy()
    raw.destroy()
  }
}

/** What comes after nobody waits any more is closed. */
async function unlessAborted(connecting: Promise<Duplex>, signal: AbortSignal): Promise<Duplex> {
  const { promise, reject } = Promise.withResolvers<never>()
  const abort = (): void => reject(new Error('no answer in time'))
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
