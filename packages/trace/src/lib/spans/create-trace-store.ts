import { existsSync } from 'node:fs'
import { type Clock, systemClock } from '@switchyard/contracts'
import { hostIdentity, openStore, processExists, type Store } from '@switchyard/store'
import { traceStoreClosed } from '../errors.ts'
import type { Span } from './span.ts'
import { createSpanQueue } from './span-queue.ts'
import type { TraceChange, TraceStore } from './trace-store.ts'
import { createTraceTables, type TraceTables } from './trace-tables.ts'

export interface TraceStoreOptions {
  /** The file, made when there is something to keep; or `:memory:`. */
  readonly path: string
  /** @default systemClock */
  readonly clock?: Clock
  /** Runs of which nothing came for longer go. @default 1_209_600_000 (14 days) */
  readonly keepMs?: number
  /** The oldest runs go beyond this much text of spans. @default 268_435_456 (256 MiB) */
  readonly maxBytes?: number
  /** Spans that may wait to be kept. @default 16_384 */
  readonly maxWaiting?: number
  /** Takes out of a span what must neither be kept nor told; for what only the process knows to be a secret. */
  hide?(span: Span): Span
  /** Told of all spans of this process on their way to the file, whether that takes them or not. */
  onBatch?(spans: readonly Span[]): void
  /** Told when spans could not be kept. */
  onLost?(count: number, error: unknown): void
}

const POLL_MS = 250
const CLOSE_MS = 1_000
/** Waiting for other processes must not hold up this one: spans can wait instead. */
const BUSY_MS = 1_000
const PRUNE_EVERY_MS = 600_000

/** Opens nothing yet: who only looks at a workspace without traces leaves none. */
export function createTraceStore(options: TraceStoreOptions): TraceStore {
  const { path, clock = systemClock, keepMs = 14 * 86_400_000, maxBytes = 268_435_456, maxWaiting, hide, onBatch, onLost } = options
  const owner = `${process.pid} ${hostIdentity()}`
  let opened: { readonly store: Store; readonly tables: TraceTables } | undefined
  let stored = 0
  let prunedAtMs = Number.NEGATIVE_INFINITY
  let writtenSincePrune = 0
  let isClosed = false
  const followers = new Set<() => void>()

  function open(): TraceTables {
    if (isClosed) throw traceStoreClosed(path)
    if (opened === undefined) {
      const store = openStore({ path, clock, busyTimeoutMs: BUSY_MS })
      try {
        opened = { store, tables: createTraceTables({ store, owner, isAlive }) }
      } catch (error) {
        store.close()
        throw error
      }
    }
    return opened.tables
  }

  /** For reading: undefined where there is no file and nothing to put into one. */
  const look = (): TraceTables | undefined => (opened === undefined && path !== ':memory:' && !existsSync(path) ? undefined : open())
  const nothingNew = (position: number): TraceChange => ({ position, runs: [], spans: [], deleted: [] })

  /** One of another host cannot be seen from here and is taken to live. */
  function isAlive(process: string): boolean {
    const space = process.indexOf(' ')
    return process.slice(space) !== owner.slice(owner.indexOf(' ')) || processExists(Number(process.slice(0, space)))
  }

  const queue = createSpanQueue({
    clock,
    ...(maxWaiting !== undefined && { maxWaiting }),
    ...(onLost !== undefined && { onLost }),
    async take(given) {
      const spans = hide === undefined ? given : given.map(hide)
      if (!told.has(given)) onBatch?.(spans)
      told.add(given)
      const tables = open()
      await tables.write(spans, clock.now())
      await written(spans.length, tables)
    },
  })
  /** What comes again because it could not be kept is not told of again. */
  const told = new WeakSet<readonly Span[]>()

  async function written(count: number, tables: TraceTables): Promise<void> {
    stored += count
    writtenSincePrune += count
    for (const tell of followers) tell()
    await prune(tables)
  }

  /** What fails here is tried again in a while, and costs no span. */
  async function prune(tables: TraceTables): Promise<void> {
    const nowMs = clock.now()
    if (nowMs - prunedAtMs < PRUNE_EVERY_MS && writtenSincePrune < 50_000) return
    prunedAtMs = nowMs
    writtenSincePrune = 0
    await tables.prune(nowMs - keepMs, maxBytes).catch(() => {})
  }

  async function flushInTime(): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>()
    const cancel = clock.after(CLOSE_MS, resolve)
    await Promise.race([queue.flush(), promise])
    cancel()
  }

  /** What cannot be read now can be read at the next look. */
  function changesQuietly(at: number, traceId: string | undefined): TraceChange {
    try {
      return look()?.changes(at, traceId) ?? nothingNew(at)
    } catch {
      return nothingNew(at)
    }
  }

  return {
    add: queue.add,
    addLater: queue.addLater,
    async receive(given) {
      const tables = open()
      const fresh = await tables.writeNew(hide === undefined ? given : given.map(hide), clock.now())
      if (fresh.length > 0) onBatch?.(fresh)
      await written(fresh.length, tables)
      return fresh.length
    },
    get isPressed() {
      return queue.isPressed
    },
    runs: (filter = {}) => look()?.runs(filter) ?? { runs: [] },
    run: (traceId) => look()?.run(traceId),
    spans: (traceId) => look()?.spans(traceId) ?? [],
    changes({ traceId, position } = {}) {
      const tables = look()
      if (tables === undefined) return nothingNew(0)
      return tables.changes(position ?? tables.position(), traceId)
    },
    follow(listener, { traceId, position, pollMs = POLL_MS } = {}) {
      let at = position ?? look()?.position() ?? 0
      let cancel = clock.after(pollMs, poll)
      followers.add(tell)
      return () => {
        followers.delete(tell)
        cancel()
      }

      function tell(): void {
        const change = changesQuietly(at, traceId)
        if (change.position === at) return
        at = change.position
        listener(change)
      }

      function poll(): void {
        cancel = clock.after(pollMs, poll)
        tell()
      }
    },
    delete: (traceId) => look()?.delete(traceId) ?? false,
    flush: queue.flush,
    stats() {
      const { runs, bytes } = look()?.totals() ?? { runs: 0, bytes: 0 }
      return { waiting: queue.waiting, stored, dropped: queue.dropped, runs, bytes }
    },
    async close() {
      followers.clear()
      // What is in memory is gone with it.
      if (path !== ':memory:' || onBatch !== undefined) await flushInTime()
      isClosed = true
      opened?.store.close()
      opened = undefined
    },
  }
}
