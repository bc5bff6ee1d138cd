import { request } from 'node:http'
import type { Duplex } from 'node:stream'
import { asSocket } from '../engine/engine.ts'

const MAX_BYTES = 4 * 1024 * 1024

export interface HttpAnswer {
  readonly status: number
  readonly body: unknown
}

/** Asks for one JSON document over a connection that is made for it alone. Rejects when nothing was answered in time. */
export async function askJson(connect: () => Promise<Duplex>, path: string, { signal }: { signal: AbortSignal }): Promise<HttpAnswer> {
  const stream = await withSignal(connect(), signal)
  const { promise, resolve, reject } = Promise.withResolvers<HttpAnswer>()
  // `agent` would keep the stream; the host name is for the other side's checks alone.
  const asked = request(
    { createConnection: () => asSocket(stream), path, headers: { host: 'localhost', connection: 'close' }, signal },
    (answer) => {
      const chunks: Buffer[] = []
      let bytes = 0
      answer.on('data', (chunk: Buffer) => {
        bytes += chunk.length
        if (bytes > MAX_BYTES) answer.destroy(new Error(`more than ${MAX_BYTES} bytes were answered`))
        else chunks.push(chunk)
      })
      answer.on('end', () => resolve({ status: answer.statusCode ?? 0, body: jsonOf(Buffer.concat(chunks).toString('utf8')) }))
      answer.on('error', reject)
    },
  )
  asked.on('error', reject)
  asked.end()
  try {
    return await promise
  } finally {
    stream.destroy()
  }
}

function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return text
  }
}

/** A connection that is made after all is closed again. */
export async function withSignal(connecting: Promise<Duplex>, signal: AbortSignal): Promise<Duplex> {
  const { promise, reject } = Promise.withResolvers<never>()
  const abort = (): void => reject(signal.reason)
  if (signal.aborted) abort()
  signal.addEventListener('abort', abort, { once: true })
  try {
    return await Promise.race([connecting, promise])
  } catch (error) {
    void connecting.then(
      (stream) => stream.destroy(),
      () => {},
    )
    throw error
  } finally {
    signal.removeEventListener('abort', abort)
  }
}
