import type { Clock } from '@switchyard/contracts'
import type { Store } from '@switchyard/store'
import { afterCost, afterRun, type Figures, figuresOf, NO_FIGURES, type Run } from './figures.ts'

const FLUSH_AFTER_MS = 1_000
const MAX_PENDING = 500

/** Figures of commands, fed from real traffic and kept for the next process. */
export interface Traffic {
  of(command: string): Figures
  ran(command: string, run: Run): void
  /** What a run cost, by its own word. */
  spent(command: string, usd: number): void
  /** Reads anew what all processes wrote, and tells it as it stands there: without what this one has not written yet. */
  reread(): (command: string) => Figures
  /** Of all commands of a plugin, in the store and here. */
  forget(plugin: string): void
  /** Writes what is not written yet. */
  flush(): Promise<void>
}

interface Counted {
  readonly command: string
  readonly after: (figures: Figures) => Figures
}

interface Row {
  readonly subject: string
  readonly runs: number
  readonly failures: number
  readonly latency_ms: number
  readonly error_rate: number
  readonly cost_usd: number | null
}

export function createTraffic(store: Store, clock: Clock): Traffic {
  let known: Map<string, Figures> | undefined
  let pending: Counted[] = []
  let writing: readonly Counted[] = []
  let cancel: (() => void) | undefined

  /** Read at the first question and not before: most processes ask nothing. */
  function load(): Map<string, Figures> {
    if (known !== undefined) return known
    known = written()
    for (const one of [...writing, ...pending]) count(known, one)
    return known
  }

  function written(): Map<string, Figures> {
    const rows = store.prepare('SELECT * FROM registry_figure').all<Row>()
    return new Map(rows.map((row) => [row.subject, figuresOfRow(row)]))
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
    const counted = Map.groupBy(writing, (one) => one.command)
    try {
      await store.commit(() => {
        // Read anew in the transaction, so that what other processes counted stays.
        const read = store.prepare('SELECT * FROM registry_figure WHERE subject = ?')
        const put = store.prepare('INSERT OR REPLACE INTO registry_figure VALUES (?, ?, ?, ?, ?, ?)')
        for (const [command, own] of counted) {
          const row = read.get<Row>(command)
          const start = row === undefined ? NO_FIGURES : figuresOfRow(row)
          const figures = own.reduce((sum, { after }) => after(sum), start)
          if (figures === start) continue
          const { runs, failures, latencyMs = 0, errorRate, costUsd = null } = figures
          put.run(command, runs, failures, latencyMs, errorRate, costUsd)
        }
        writing = []
      })
    } finally {
      writing = []
    }
  }

  function add(counted: Counted): void {
    if (known !== undefined) count(known, counted)
    pending.push(counted)
    const flushQuietly = (): void => void flush().catch(() => {})
    if (pending.length >= MAX_PENDING) flushQuietly()
    else cancel ??= clock.after(FLUSH_AFTER_MS, flushQuietly)
  }

  return {
    of: (command) => load().get(command) ?? NO_FIGURES,
    ran: (command, run) => add({ command, after: (figures) => afterRun(figures, run) }),
    spent: (command, usd) => add({ command, after: (figures) => afterCost(figures, usd) }),
    reread() {
      known = undefined
      const rows = written()
      return (command) => rows.get(command) ?? NO_FIGURES
    },
    forget(plugin) {
      known = undefined
      pending = pending.filter(({ command }) => !command.startsWith(`${plugin}.`))
      store.prepare('DELETE FROM registry_figure WHERE subject >= ? AND subject < ?').run(`${plugin}.`, `${plugin}/`)
    },
    flush,
  }
}

function count(figures: Map<string, Figures>, { command, after }: Counted): void {
  figures.set(command, after(figures.get(command) ?? NO_FIGURES))
}

const figuresOfRow = ({ runs, failures, latency_ms, error_rate, cost_usd }: Row): Figures =>
  figuresOf({ runs, failures, latencyMs: latency_ms, errorRate: error_rate, ...(cost_usd !== null && { costUsd: cost_usd }) })
