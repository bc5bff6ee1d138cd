import type { Clock } from '@switchyard/contracts'
import type { Store } from '@switchyard/store'
import { afterRun, type Figures, figuresOf, NO_FIGURES, type Run } from './figures.ts'

const FLUSH_AFTER_MS = 1_000
const MAX_PENDING = 500

/** Figures of commands, fed from real traffic and kept for the next process. */
export interface Traffic {
  of(command: string): Figures
  ran(command: string, run: Run): void
  /** Writes what is not written yet. */
  flush(): Promise<void>
}

interface Row {
  readonly subject: string
  readonly runs: number
  readonly failures: number
  readonly latency_ms: number
  readonly error_rate: number
}

export function createTraffic(store: Store, clock: Clock): Traffic {
  let known: Map<string, Figures> | undefined
  let pending: { readonly command: string; readonly run: Run }[] = []
  let cancel: (() => void) | undefined

  /** Read at the first question and not before: most processes ask nothing. */
  function load(): Map<string, Figures> {
    known ??= new Map(
      store
        .prepare('SELECT * FROM registry_figure')
        .all<Row>()
        .map((row) => [row.subject, figuresOfRow(row)]),
    )
    return known
  }

  async function flush(): Promise<void> {
    cancel?.()
    cancel = undefined
    const runs = pending
    if (runs.length === 0) return
    pending = []
    await store.commit(() => {
      // Read anew in the transaction, so that what other processes counted stays.
      const read = store.prepare('SELECT * FROM registry_figure WHERE subject = ?')
      const write = store.prepare('INSERT OR REPLACE INTO registry_figure VALUES (?, ?, ?, ?, ?)')
      for (const [command, own] of Map.groupBy(runs, (one) => one.command)) {
        const row = read.get<Row>(command)
        const start = row === undefined ? NO_FIGURES : figuresOfRow(row)
        const figures = own.reduce((sum, { run }) => afterRun(sum, run), start)
        if (figures !== start) write.run(command, figures.runs, figures.failures, figures.latencyMs ?? 0, figures.errorRate)
      }
    })
  }

  return {
    of: (command) => load().get(command) ?? NO_FIGURES,
    ran(command, run) {
      if (known !== undefined) known.set(command, afterRun(known.get(command) ?? NO_FIGURES, run))
      pending.push({ command, run })
      const flushQuietly = (): void => void flush().catch(() => {})
      if (pending.length >= MAX_PENDING) flushQuietly()
      else cancel ??= clock.after(FLUSH_AFTER_MS, flushQuietly)
    },
    flush,
  }
}

const figuresOfRow = ({ runs, failures, latency_ms, error_rate }: Row): Figures =>
  figuresOf({ runs, failures, latencyMs: latency_ms, errorRate: error_rate })
