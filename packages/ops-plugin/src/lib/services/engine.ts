import { existsSync } from 'node:fs'
import { request } from 'node:http'

/** What a container engine answered. */
export interface EngineAnswer {
  readonly status: number
  readonly body: Buffer
  /** False where the answer was longer than was kept. */
  readonly whole: boolean
}

/** A container engine that speaks Docker's API on a local socket; no program of its own is needed. */
export interface Engine {
  readonly socket: string
  call(
    method: 'GET' | 'POST',
    path: string,
    options: { signal: AbortSignal; maxBytes?: number; onData?: (chunk: Buffer) => void },
  ): Promise<EngineAnswer>
}

/** Every engine of the last years speaks this one. */
const API_VERSION = 'v1.41'
const MAX_ANSWER_BYTES = 8 * 1024 * 1024

/** Where Docker and Podman put their socket, for root and for a user. */
export function findEngineSocket(named: string | undefined): string | undefined {
  if (named !== undefined) return named
  const user = process.getuid?.() ?? 0
  const usual = ['/var/run/docker.sock', '/run/podman/podman.sock', `/run/user/${user}/docker.sock`, `/run/user/${user}/podman/podman.sock`]
  return usual.find((path) => existsSync(path))
}

/** Nothing is connected until the first call. */
export function createEngine(socket: string): Engine {
  return {
    socket,
    call: (method, path, { signal, maxBytes = MAX_ANSWER_BYTES, onData }) =>
      new Promise((resolve, reject) => {
        const asked = request({ socketPath: socket, path: `/${API_VERSION}${path}`, method, signal, agent: false }, (answer) => {
          const chunks: Buffer[] = []
          let bytes = 0
          answer.on('data', (chunk: Buffer) => {
            if (onData !== undefined && answer.statusCode === 200) return onData(chunk)
            bytes += chunk.length
            if (bytes <= maxBytes) chunks.push(chunk)
            else answer.destroy()
          })
          answer.on('close', () => resolve({ status: answer.statusCode ?? 0, body: Buffer.concat(chunks), whole: answer.complete }))
          answer.on('error', reject)
        })
        asked.on('error', reject)
        asked.end()
      }),
  }
}

/** The engine's own words for why it refused. */
export function engineMessage({ status, body }: EngineAnswer): string {
  try {
    const { message } = JSON.parse(body.toString('utf8')) as { message?: unknown }
    if (typeof message === 'string') return `${status}: ${message.slice(0, 300)}`
  } catch {
    // Then the status says what there is to say.
  }
  return `${status}`
}
