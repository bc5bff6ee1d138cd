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

interface Counted {
  readonly command: string
  readonly run: Run
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
  let pending: Counted[] = []
  let writing: readonly Counted[] = []
  let cancel: (() => void) | undefined

  /** Read at the first question and not before: most processes ask nothing. */
  function load(): Map<string, Figures> {
    if (known !== undefined) return known
    const rows = store.prepare('SELECT * FROM registry_figure').all<Row>()
    known = new Map(rows.map((row) => [row.subject, figuresOfRow(row)]))
    for (const { command, run } of [...writing, ...pending]) count(known, command, run)
    return known
  }

  let last: Promise<void> = Promise.resolve()

  /** One write after the other, so that who waits for the last has waited for all. */
  function flush(): Promise<void> {
    cancel?.()
    cancel = undefined
    last = last.catch(() => {}).then(write)
    return last
  }

  async function write(): Promise<void> {
    if (pending.length === 0) return
    writing = pending
    pending = []
    const runs = Map.groupBy(writing, (one) => one.command)
    try {
      await store.commit(() => {
        // Read anew in the transaction, so that what other processes counted stays.
        const read = store.prepare('SELECT * FROM registry_figure WHERE subject = ?')
        const put = store.prepare('INSERT OR REPLACE INTO registry_figure VALUES (?, ?, ?, ?, ?)')
        for (const [command, own] of runs) {
          const row = read.get<Row>(command)
          const start = row === undefined ? NO_FIGURES : figuresOfRow(row)
          const figures = own.reduce((sum, { run }) => afterRun(sum, run), start)
          if (figures !== start) put.run(command, figures.runs, figures.failures, figures.latencyMs ?? 0, figures.errorRate)
        }
        writing = []
      })
    } finally {
      writing = []
    }
  }

  return {
    of: (command) => load().get(command) ?? NO_FIGURES,
    ran(command, run) {
      if (known !== undefined) count(known, command, run)
      pending.push({ command, run })
      const flushQuietly = (): void => void flush().catch(() => {})
      if (pending.length >= MAX_PENDING) flushQuietly()
      else cancel ??= clock.after(FLUSH_AFTER_MS, flushQuietly)
    },
    flush,
  }
}

function count(figures: Map<string, Figures>, command: string, run: Run): void {
  figures.set(command, afterRun(figures.get(command) ?? NO_FIGURES, run))
}

const figuresOfRow = ({ runs, failures, latency_ms, error_rate }: Row): Figures =>
  figuresOf({ runs, failures, latencyMs: latency_ms, errorRate: error_rate })
