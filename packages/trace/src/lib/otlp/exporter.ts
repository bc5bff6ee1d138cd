import { promisify } from 'node:util'
import { gzip } from 'node:zlib'
import { type Clock, systemClock } from '@switchyard/contracts'
import type { Outbox, Unsent } from './outbox.ts'

export type OtlpSignal = 'traces' | 'metrics' | 'logs'

export interface OtlpExporterOptions {
  /** Of the collector, such as `http://127.0.0.1:4318`; `/v1/traces` and the like are added. */
  readonly endpoint: string
  readonly headers?: Readonly<Record<string, string>>
  /** @default systemClock */
  readonly clock?: Clock
  /** In [0, 1); for jitter. @default Math.random */
  readonly random?: () => number
  /** Things that may wait to be sent, of all signals together; beyond it the oldest go. @default 8_192 */
  readonly maxWaiting?: number
  /** Where spans and records wait for the next process that were not taken in time; what is there already goes first. @default nowhere */
  readonly outbox?: Outbox
  /** Told when things were given up. */
  onLost?(lost: { readonly signal: OtlpSignal; readonly count: number; readonly why: string }): void
}

/** Sends to a collector, in order and one request at a time; never throws, and whoever hands something over waits for nothing. */
export interface OtlpExporter {
  /** A whole request of its signal, in OTLP's JSON, with how many spans, points or records it has. */
  send(signal: OtlpSignal, body: object, count: number): void
  readonly waiting: number
  readonly lost: number
  /** Resolves when all is sent or given up, and after `timeoutMs` at the latest. */
  flush(timeoutMs?: number): Promise<void>
  /** Tries to send what is left, and leaves to the outbox what was not taken by then, which may arrive twice. @default timeoutMs 2_000 */
  close(timeoutMs?: number): Promise<void>
}

const MAX_BYTES = 32 * 1_048_576
const REQUEST_MS = 10_000
const FIRST_RETRY_MS = 1_000
const LAST_RETRY_MS = 60_000
const MAX_TRIES = 12
/** What may be better later, as OTLP says. */
const RETRYABLE: ReadonlySet<number> = new Set([408, 429, 502, 503, 504])
const COMPRESSED_FROM = 1_024

const zip = promisify(gzip)

export function createOtlpExporter(options: OtlpExporterOptions): OtlpExporter {
  const { endpoint, headers = {}, clock = systemClock, random = Math.random, maxWaiting = 8_192, outbox, onLost } = options
  const base = endpoint.replace(/\/+$/, '')
  const queue: Unsent[] = []
  const closing = new AbortController()
  let waiting = 0
  let waitingBytes = 0
  let lost = 0
  let tries = 0
  let sending: Promise<void> | undefined
  let cancelRetry: (() => void) | undefined
  let isClosed = false

  function push(one: Unsent): void {
    queue.push(one)
    waiting += one.count
    waitingBytes += one.text.length
    while (queue.length > 1 && (waiting > maxWaiting || waitingBytes > MAX_BYTES)) {
      tries = 0
      drop(queue.shift()!, 'more came than could be sent')
    }
  }

  function settle({ count, text }: Unsent): void {
    waiting -= count
    waitingBytes -= text.length
  }

  function drop(one: Unsent, why: string): void {
    settle(one)
    lost += one.count
    onLost?.({ signal: one.signal, count: one.count, why })
  }

  function sendNext(): void {
    if (sending !== undefined || cancelRetry !== undefined || queue.length === 0) return
    sending = attempt(queue[0]!).finally(() => {
      sending = undefined
      if (!isClosed) sendNext()
    })
  }

  async function attempt(first: Unsent): Promise<void> {
    const { why, retryAfterMs, isFinal } = await post(first)
    if (isClosed) return
    // It may have been dropped for newer ones meanwhile.
    const isThere = queue[0] === first
    if (why === undefined || isFinal || ++tries >= MAX_TRIES) {
      tries = 0
      if (!isThere) return
      queue.shift()
      if (why !== undefined) return drop(first, why)
      settle(first)
      return
    }
    const pauseMs = retryAfterMs ?? Math.min(FIRST_RETRY_MS * 2 ** (tries - 1), LAST_RETRY_MS) * (0.5 + random() / 2)
    cancelRetry = clock.after(pauseMs, () => {
      cancelRetry = undefined
      sendNext()
    })
  }

  async function post({ signal, text }: Unsent): Promise<{ why?: string; retryAfterMs?: number; isFinal?: boolean }> {
    try {
      const isLong = text.length >= COMPRESSED_FROM
      const response = await fetch(`${base}/v1/${signal}`, {
        method: 'POST',
        headers: { ...headers, 'content-type': 'application/json', ...(isLong && { 'content-encoding': 'gzip' }) },
        body: isLong ? new Uint8Array(await zip(text)) : text,
        // What is sent there is meant for nobody else.
        redirect: 'error',
        signal: AbortSignal.any([closing.signal, AbortSignal.timeout(REQUEST_MS)]),
      })
      await response.body?.cancel()
      if (response.ok) return {}
      const seconds = Number(response.headers.get('retry-after') ?? Number.NaN)
      return {
        why: `the collector answered ${response.status}`,
        isFinal: !RETRYABLE.has(response.status),
        ...(seconds > 0 && { retryAfterMs: Math.min(seconds * 1_000, LAST_RETRY_MS) }),
      }
    } catch (error) {
      const { message, cause } = error as Error
      return { why: cause instanceof Error ? `${message}: ${cause.message}` : message }
    }
  }

  async function flush(timeoutMs = REQUEST_MS): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>()
    const cancel = clock.after(timeoutMs, resolve)
    const done = async (): Promise<void> => {
      while (queue.length > 0 && cancelRetry === undefined) {
        sendNext()
        await sending
      }
    }
    await Promise.race([done(), promise])
    cancel()
  }

  for (const one of outbox?.take() ?? []) push(one)
  sendNext()

  return {
    send(signal, body, count) {
      if (isClosed || count === 0) return
      push({ signal, text: JSON.stringify(body), count })
      sendNext()
    },
    get waiting() {
      return waiting
    },
    get lost() {
      return lost
    },
    flush,
    async close(timeoutMs = 2_000) {
      if (isClosed) return
      await flush(timeoutMs)
      isClosed = true
      cancelRetry?.()
      const left = queue.splice(0)
      closing.abort()
      // Counts are told again as they are then.
      const worth = left.filter(({ signal }) => signal !== 'metrics')
      const lost = new Set(outbox?.keep(worth) ?? left)
      for (const one of left) {
        if (lost.has(one)) drop(one, 'the process ended')
        else settle(one)
      }
    },
  }
}

/** The headers that a variable holds as `name=value,name=value`, values percent-encoded; what is none is left out. */
export function parseHeaders(text: string | undefined): Readonly<Record<string, string>> {
  const pairs = (text ?? '').split(',').flatMap((pair) => {
    const at = pair.indexOf('=')
    const name = pair.slice(0, Math.max(at, 0)).trim()
    return /^[\w!#$%&'*+.^`|~-]+$/.test(name) ? [[name, decoded(pair.slice(at + 1).trim())] as const] : []
  })
  return Object.fromEntries(pairs)
}

function decoded(value: string): string {
  try {
    return decodeURIComponent(value)
  } catch {
    return value
  }
}
