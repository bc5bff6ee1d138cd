import type { Store } from '@switchyard/store'
import { isHistogram, type MetricPoint } from '../metrics/point.ts'

/** Numbers by name, and by label values joined with line breaks; of a histogram `NAME#count` and `NAME#sum`. */
export type Sample = Readonly<Record<string, Readonly<Record<string, number>>>>

/** What rules look at: how things are, and how much of them there was in a time. */
export interface AlertView {
  readonly nowMs: number
  /** Series of a name as they are, by their label values. */
  now(name: string): readonly Reading[]
  /** How much a count grew from `fromMs` ago until `toMs` ago, the present where that is left out. */
  grown(name: string, fromMs: number, toMs?: number): readonly Reading[]
}

export interface Reading {
  readonly labels: readonly string[]
  readonly value: number
}

export interface History {
  /** Keeps a sample if the last one is old enough, and thins out what is old. */
  keep(sample: Sample, nowMs: number): void
  view(sample: Sample, nowMs: number): AlertView
  /** When somebody looked last, of whichever process; undefined before the first time. */
  lastMs(): number | undefined
}

const EVERY_MS = 10_000
const HOUR_MS = 3_600_000
const DAY_MS = 24 * HOUR_MS
/** Samples beyond this age are kept one for so long. */
const THINNED = [
  { afterMs: HOUR_MS, everyMs: 300_000 },
  { afterMs: DAY_MS, everyMs: HOUR_MS },
] as const
const KEPT_MS = 9 * DAY_MS

/** The samples of a workspace's counts, of all its processes, in its store; finer the younger they are. */
export function createHistory(store: Store): History {
  const lastMs = (): number | undefined =>
    store.prepare('SELECT max(at_ms) AS at_ms FROM alert_sample').get<{ at_ms: number | null }>()?.at_ms ?? undefined

  /** The last sample that is at least so old. Where all are younger counting began later, from nothing. */
  function before(atMs: number): Sample {
    const row = store
      .prepare('SELECT counts FROM alert_sample WHERE at_ms <= ? ORDER BY at_ms DESC LIMIT 1')
      .get<{ counts: string }>(Math.round(atMs))
    return row === undefined ? {} : (JSON.parse(row.counts) as Sample)
  }

  return {
    lastMs,
    keep(sample, nowMs) {
      const last = lastMs()
      if (last !== undefined && nowMs - last < EVERY_MS) return
      store.prepare('INSERT OR REPLACE INTO alert_sample VALUES (?, ?)').run(Math.round(nowMs), JSON.stringify(sample))
      for (const { afterMs, everyMs } of THINNED) {
        store
          .prepare(
            'DELETE FROM alert_sample WHERE at_ms < ? AND at_ms NOT IN (SELECT min(at_ms) FROM alert_sample GROUP BY at_ms / CAST(? AS INTEGER))',
          )
          .run(Math.round(nowMs - afterMs), everyMs)
      }
      store.prepare('DELETE FROM alert_sample WHERE at_ms < ?').run(Math.round(nowMs - KEPT_MS))
    },
    view(sample, nowMs) {
      const known = new Map<number, Sample>([[0, sample]])
      const ago = (ms: number): Sample => {
        const found = known.get(ms) ?? before(nowMs - ms)
        known.set(ms, found)
        return found
      }
      return {
        nowMs,
        now: (name) => readings(sample[name], (value) => value),
        grown(name, fromMs, toMs = 0) {
          const start = ago(fromMs)[name] ?? {}
          return readings(ago(toMs)[name], (value, key) => Math.max(0, value - (start[key] ?? 0)))
        },
      }
    },
  }
}

function readings(series: Sample[string] = {}, read: (value: number, key: string) => number): readonly Reading[] {
  return Object.entries(series).map(([key, value]) => ({ labels: key.split('\n'), value: read(value, key) }))
}

/** The series of these names as a sample. */
export function sampleOf(points: readonly MetricPoint[], names: ReadonlySet<string>): Sample {
  const sample: Record<string, Record<string, number>> = {}
  const put = (name: string, key: string, value: number): void => {
    const series = sample[name] ?? {}
    sample[name] = series
    series[key] = value
  }
  for (const point of points) {
    if (!names.has(point.name)) continue
    const key = Object.values(point.labels).join('\n')
    if (isHistogram(point)) {
      put(`${point.name}#count`, key, point.count)
      put(`${point.name}#sum`, key, point.sum)
    } else put(point.name, key, point.value)
  }
  return sample
}
