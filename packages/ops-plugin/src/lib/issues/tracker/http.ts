import { setTimeout as wait } from 'node:timers/promises'
import type { Clock } from '@switchyard/plugin-kit'
import { trackerInsecure, trackerLimited, trackerRefused, trackerUnreachable } from '../errors.ts'

export interface HttpOptions {
  /** What people call it, for errors. */
  readonly tracker: string
  readonly baseUrl: string
  readonly headers: Readonly<Record<string, string>>
  readonly clock: Clock
  readonly signal: AbortSignal
  /** Longer than this is not waited for. */
  readonly maxWaitMs: number
}

interface Answer {
  readonly body: unknown
  /** The page after this one. */
  readonly next: string | undefined
}

export type Send = (method: 'GET' | 'POST' | 'PATCH', path: string, body?: object) => Promise<Answer>

const REQUEST_LIMIT_MS = 20_000
const MAX_TRIES = 3
const LEAST_WAIT_MS = 60_000
const LOOPBACK = /^(localhost|127(\.\d{1,3}){3}|\[::1\])$/

/**
 * Requests to one API. A token goes to that origin alone: other redirects and links to other origins are not followed, and it is
 * in no error. Limits are waited for while there is time. @throws TRACKER_INSECURE
 */
export function createHttp({ tracker, baseUrl, headers, clock, signal, maxWaitMs }: HttpOptions): Send {
  const base = new URL(baseUrl)
  if (base.protocol !== 'https:' && !LOOPBACK.test(base.hostname)) {
    throw trackerInsecure(base.origin, 'be reached over https, or be this machine')
  }

  return async (method, path, body) => {
    const url = new URL(path.startsWith('http') ? path : `${base.href.replace(/\/$/, '')}${path}`)
    if (url.origin !== base.origin) throw trackerInsecure(url.origin, `be ${base.origin}`)
    let waitedMs = 0
    for (let tries = 1; ; tries++) {
      const response = await request(url, method, body)
      const limitMs = limitOf(response, clock.now())
      if (limitMs !== undefined) {
        if (tries === MAX_TRIES || waitedMs + limitMs > maxWaitMs) throw trackerLimited(tracker, limitMs)
        waitedMs += limitMs
        await pause(limitMs)
        continue
      }
      // Reading again is safe; writing again might write twice.
      if (response.status >= 500 && method === 'GET' && tries < MAX_TRIES) continue
      if (!response.ok) throw trackerRefused(tracker, response.status, await messageOf(response))
      return { body: await json(response), next: nextOf(response.headers.get('link')) }
    }
  }

  async function request(url: URL, method: string, body: object | undefined): Promise<Response> {
    signal.throwIfAborted()
    try {
      return await fetch(url, {
        method,
        headers: { 'user-agent': 'switchyard', ...headers, ...(body !== undefined && { 'content-type': 'application/json' }) },
        ...(body !== undefined && { body: JSON.stringify(body) }),
        redirect: 'manual',
        signal: AbortSignal.any([signal, AbortSignal.timeout(REQUEST_LIMIT_MS)]),
      })
    } catch (error) {
      signal.throwIfAborted()
      throw trackerUnreachable(tracker, reasonOf(error))
    }
  }

  async function json(response: Response): Promise<unknown> {
    try {
      return await response.json()
    } catch (error) {
      signal.throwIfAborted()
      throw trackerUnreachable(tracker, `its answer is no JSON: ${reasonOf(error)}`)
    }
  }

  async function pause(ms: number): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>()
    const stop = clock.after(ms, resolve)
    signal.addEventListener('abort', () => resolve(), { once: true })
    await promise
    stop()
    signal.throwIfAborted()
    await wait(0)
  }
}

/** How long to leave the API alone, where it says that it had too many requests. */
function limitOf({ status, headers }: Response, nowMs: number): number | undefined {
  if (status !== 429 && status !== 403) return undefined
  const after = Number(headers.get('retry-after') ?? Number.NaN)
  if (!Number.isNaN(after)) return Math.max(1, after) * 1_000
  if (headers.get('x-ratelimit-remaining') === '0') {
    const resetMs = Number(headers.get('x-ratelimit-reset') ?? 0) * 1_000
    return Math.max(1_000, resetMs - nowMs)
  }
  return status === 429 ? LEAST_WAIT_MS : undefined
}

async function messageOf(response: Response): Promise<string> {
  const location = response.headers.get('location')
  if (location !== null) return `it moved to ${location}`
  const body: unknown = await response.json().catch(() => undefined)
  const message = typeof body === 'object' && body !== null && 'message' in body ? String(body.message) : 'it does not say why'
  return message.slice(0, 300)
}

function reasonOf(error: unknown): string {
  const cause = error instanceof Error && error.cause instanceof Error ? error.cause : error
  return cause instanceof Error ? ((cause as NodeJS.ErrnoException).code ?? cause.message) : String(cause)
}

function nextOf(link: string | null): string | undefined {
  for (const part of (link ?? '').split(',')) {
    const [, url, relation] = /^\s*<([^>]+)>.*\brel="?([\w ]+)"?/.exec(part) ?? []
    if (relation?.split(' ').includes('next') === true) return url
  }
  return undefined
}
