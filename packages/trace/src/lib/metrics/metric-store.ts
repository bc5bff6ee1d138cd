import type { Clock } from '@switchyard/contracts'
import { processExists, type Store } from '@switchyard/store'
import { type MetricPoint, mergePoints, minusPoints, withoutGauges, withRatios } from './point.ts'

const MIGRATIONS = [
  `CREATE TABLE metric_process (
    id TEXT PRIMARY KEY,
    pid INTEGER NOT NULL,
    host TEXT NOT NULL,
    beat_ms INTEGER NOT NULL,
    plugins TEXT NOT NULL,
    points TEXT NOT NULL
  ) STRICT, WITHOUT ROWID;
  CREATE TABLE metric_past (id INTEGER PRIMARY KEY CHECK (id = 1), points TEXT NOT NULL) STRICT`,
]

/** How often a process that stays says what it has counted. */
export const BEAT_MS = 10_000
/** A process that said nothing for so long is taken for gone, though one of its number exists. */
const SILENT_MS = 6 * BEAT_MS

export interface MetricStoreOptions {
  readonly store: Store
  readonly clock: Clock
  /** Of this process, and no other that ever was. */
  readonly id: string
  readonly pid: number
  /** Of this machine since it was started. */
  readonly host: string
  /** What this process serves as long as it is there; empty for one that only runs a command. */
  readonly plugins: readonly string[]
}

/**
 * Metrics of all processes of a workspace: each keeps its own as a row, renewed every ten seconds; what one that has ended counted is
 * added to what was before. So nothing has to be up all the time, and a count never falls.
 */
export interface MetricStore {
  /** Writes down what this process has counted so far, which also says that it is there. */
  beat(points: readonly MetricPoint[]): void
  /** All processes together, this one as it is now. */
  read(own: readonly MetricPoint[]): readonly MetricPoint[]
  /** Adds those who are gone without a word to the past, and says which plugins they served that nobody else does. */
  bury(): readonly string[]
  /** The last word of this process. */
  end(points: readonly MetricPoint[]): void
}

interface ProcessRow {
  readonly id: string
  readonly pid: number
  readonly host: string
  readonly beat_ms: number
  readonly plugins: string
  readonly points: string
}

export function createMetricStore({ store, clock, id, pid, host, plugins }: MetricStoreOptions): MetricStore {
  store.migrate('metrics', MIGRATIONS)

  /** What this process has written last, and what of it somebody added to the past meanwhile. */
  let written: readonly MetricPoint[] | undefined
  let buried: readonly MetricPoint[] = []

  const past = (): readonly MetricPoint[] => {
    const row = store.prepare('SELECT points FROM metric_past WHERE id = 1').get<{ points: string }>()
    return row === undefined ? [] : pointsOf(row.points)
  }

  function addToPast(points: readonly MetricPoint[]): void {
    const sum = JSON.stringify(mergePoints(past(), withoutGauges(points)))
    store.prepare('INSERT INTO metric_past VALUES (1, ?) ON CONFLICT (id) DO UPDATE SET points = excluded.points').run(sum)
  }

  const others = (): readonly ProcessRow[] => store.prepare('SELECT * FROM metric_process WHERE id <> ?').all<ProcessRow & {}>(id)

  function isGone({ pid: other, host: where, beat_ms }: ProcessRow): boolean {
    return clock.now() - beat_ms > SILENT_MS || (where === host && !processExists(other))
  }

  /** One that was silent for too long, say as the machine slept, was taken for gone. Whether its row is there. */
  function noticeBurial(): boolean {
    if (written === undefined) return false
    const isThere = store.prepare('SELECT 1 FROM metric_process WHERE id = ?').get(id) !== undefined
    if (isThere) return true
    buried = written
    written = undefined
    return false
  }

  return {
    beat(points) {
      store.transact(() => {
        const isKnown = noticeBurial()
        const text = JSON.stringify(minusPoints(points, buried))
        const nowMs = Math.round(clock.now())
        if (isKnown) store.prepare('UPDATE metric_process SET beat_ms = ?, points = ? WHERE id = ?').run(nowMs, text, id)
        else store.prepare('INSERT INTO metric_process VALUES (?, ?, ?, ?, ?, ?)').run(id, pid, host, nowMs, JSON.stringify(plugins), text)
      })
      written = points
    },
    read(own) {
      noticeBurial()
      const rows = others()
      const points = rows.map((row) => (isGone(row) ? withoutGauges(pointsOf(row.points)) : pointsOf(row.points)))
      return withRatios(mergePoints(past(), ...points, minusPoints(own, buried)))
    },
    bury() {
      if (!others().some(isGone)) return []
      return store.transact(() => {
        const gone = others().filter(isGone)
        for (const row of gone) {
          addToPast(pointsOf(row.points))
          store.prepare('DELETE FROM metric_process WHERE id = ?').run(row.id)
        }
        const served = new Set([...plugins, ...others().flatMap((row) => JSON.parse(row.plugins) as string[])])
        return [...new Set(gone.flatMap((row) => JSON.parse(row.plugins) as string[]))].filter((plugin) => !served.has(plugin))
      })
    },
    end(points) {
      store.transact(() => {
        noticeBurial()
        store.prepare('DELETE FROM metric_process WHERE id = ?').run(id)
        const rest = minusPoints(points, buried)
        if (rest.length > 0) addToPast(rest)
      })
    },
  }
}

function pointsOf(text: string): readonly MetricPoint[] {
  return JSON.parse(text) as readonly MetricPoint[]
}
