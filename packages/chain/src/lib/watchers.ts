import type { ChainReport, WaitOptions } from './chain.ts'
import { closed } from './errors.ts'
import type { RunRow } from './journal.ts'

interface Watcher {
  readonly id: string
  readonly grain: 'step' | 'rest'
  changed(ended?: End): void
}

/** Makes the report of a chain that has just ended here. */
type End = () => ChainReport

interface Looker extends Disposable {
  /** Resolves when something has changed. */
  next(): Promise<End | undefined>
}

export interface WatchParts {
  /** Whether it is at work here, so that its coming to rest is told. */
  isAtWork(id: string): boolean
  /** @throws CHAIN_UNKNOWN */
  rowOf(id: string): RunRow
  report(row: RunRow): ChainReport
  isClosed(): boolean
  /** Somebody began to watch, who wants to hear of what other processes do too. */
  begun(): void
}

/** Those who wait for chains, or follow them. */
export interface Watchers {
  readonly size: number
  wait(id: string, options?: WaitOptions): Promise<ChainReport>
  watch(id: string, options?: { signal?: AbortSignal }): AsyncIterableIterator<ChainReport>
  /** Tells those who watch this chain; with a grain, only those that want to hear of that much. */
  changed(id: string, grain?: 'step' | 'rest'): void
  /** Tells those who wait for this chain of its end, so that nobody has to read it. */
  ended(id: string, report: End): void
  /** Lets all look anew, or those whose chain is wanted. */
  wakeAll(isWanted?: (id: string) => boolean): void
}

export function createWatchers({ isAtWork, rowOf, report, isClosed, begun }: WatchParts): Watchers {
  const watchers = new Set<Watcher>()
  return {
    get size() {
      return watchers.size
    },
    wait,
    watch,
    changed,
    ended(id, report) {
      for (const watcher of watchers) if (watcher.id === id) watcher.changed(report)
    },
    wakeAll(isWanted = () => true) {
      for (const watcher of watchers) if (isWanted(watcher.id)) watcher.changed()
    },
  }

  async function wait(id: string, { signal, untilAsked = true }: WaitOptions = {}): Promise<ChainReport> {
    signal?.throwIfAborted()
    using looker = look(id, 'rest', signal)
    while (!isClosed()) {
      const now = isAtWork(id) ? undefined : atRest(rowOf(id), untilAsked)
      if (now !== undefined) return now
      const ended = await looker.next()
      signal?.throwIfAborted()
      if (ended !== undefined) return ended()
    }
    throw closed()
  }

  /** What whoever waits is told; undefined where it goes on without a person. */
  function atRest(row: RunRow, untilAsked: boolean): ChainReport | undefined {
    if (row.ended_ms !== null) return report(row)
    if (!untilAsked || row.owner !== null || row.woken === 1) return undefined
    const now = report(row)
    return now.waitsFor.some(({ question }) => question !== undefined) ? now : undefined
  }

  async function* watch(id: string, { signal }: { signal?: AbortSignal } = {}): AsyncIterableIterator<ChainReport> {
    using looker = look(id, 'step', signal)
    let seen = ''
    while (!isClosed() && signal?.aborted !== true) {
      const now = report(rowOf(id))
      const text = JSON.stringify([now.state, now.steps])
      if (text !== seen) yield now
      seen = text
      if (now.endedMs !== undefined) return
      await looker.next()
    }
  }

  /** Hears of changes until disposed of: of every step, or only of the chain's coming to rest. */
  function look(id: string, grain: Watcher['grain'], signal: AbortSignal | undefined): Looker {
    let isChanged = false
    let end: End | undefined
    let wake = (): void => {}
    const watcher: Watcher = {
      id,
      grain,
      changed(ended) {
        isChanged = true
        end = ended
        wake()
      },
    }
    const aborted = (): void => watcher.changed()
    watchers.add(watcher)
    signal?.addEventListener('abort', aborted)
    begun()
    return {
      async next() {
        if (!isChanged)
          await new Promise<void>((resolve) => {
            wake = resolve
          })
        isChanged = false
        return end
      },
      [Symbol.dispose]() {
        signal?.removeEventListener('abort', aborted)
        watchers.delete(watcher)
      },
    }
  }

  function changed(id: string, grain?: Watcher['grain']): void {
    for (const watcher of watchers) if (watcher.id === id && (grain === undefined || watcher.grain === grain)) watcher.changed()
  }
}
