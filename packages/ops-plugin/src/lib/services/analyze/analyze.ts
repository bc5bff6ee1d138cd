import { type Access, parseAccess } from './access-log.ts'
import { median, outliers, type Point, quantile, shareInterval, trendOf } from './statistics.ts'

/** One measured moment; both parts are optional as not every source has both. */
export interface Measure {
  readonly atMs: number
  readonly latencyMs?: number | undefined
  readonly isError?: boolean | undefined
}

export interface Analysis {
  readonly what: string
  readonly count: number
  readonly latency?: {
    readonly p50: number
    readonly p95: number
    readonly p99: number
    readonly max: number
    readonly trend: 'rising' | 'falling' | 'steady' | 'unclear'
    /** Between the first and the last quarter of the time. */
    readonly changePercent?: number
  }
  readonly errors?: {
    readonly percent: number
    readonly lowPercent: number
    readonly highPercent: number
    readonly trend: 'rising' | 'falling' | 'steady' | 'unclear'
  }
  /** Times whose latency stands out. */
  readonly anomalies: readonly { readonly atMs: number; readonly latencyMs: number }[]
  /** Why less was said than could have been. */
  readonly notes: readonly string[]
}

const LEAST_MEASURES = 20
const BUCKETS = 48
const SURE = 0.01
/** A change that is sure and smaller than this is no change to a person. */
const LEAST_CHANGE = 0.1
const LEAST_ANOMALY_MS = 20
const MAX_ANOMALIES = 10

/** Latency and errors over time by medians and ranks, so that a few wild values change nothing; says so where there is too little. */
export function analyzeMeasures(what: string, measures: readonly Measure[]): Analysis {
  const notes: string[] = []
  const latencies = measures.filter((measure): measure is Measure & { latencyMs: number } => measure.latencyMs !== undefined)
  const judged = measures.filter(({ isError }) => isError !== undefined)
  if (measures.length < LEAST_MEASURES) notes.push(`only ${measures.length} measures: trends want ${LEAST_MEASURES}`)
  const errors = errorsOf(judged)
  const buckets = bucketsOf(latencies)
  const odd = outliers(
    buckets.map(({ y }) => y),
    LEAST_ANOMALY_MS,
  )
  return {
    what,
    count: measures.length,
    ...(latencies.length > 0 && { latency: latencyOf(latencies, buckets) }),
    ...(errors !== undefined && { errors }),
    anomalies:
      latencies.length < LEAST_MEASURES
        ? []
        : odd.slice(0, MAX_ANOMALIES).map((index) => ({ atMs: buckets[index]!.x, latencyMs: round(buckets[index]!.y) })),
    notes,
  }
}

function latencyOf(measures: readonly (Measure & { latencyMs: number })[], buckets: readonly Point[]): NonNullable<Analysis['latency']> {
  const values = measures.map(({ latencyMs }) => latencyMs)
  const at = (share: number): number => round(quantile(values, share)!)
  const change = changeOf(buckets)
  return {
    p50: at(0.5),
    p95: at(0.95),
    p99: at(0.99),
    max: at(1),
    trend: measures.length < LEAST_MEASURES ? 'unclear' : direction(buckets, change),
    ...(change !== undefined && measures.length >= LEAST_MEASURES && { changePercent: Math.round(change * 100) }),
  }
}

function errorsOf(measures: readonly Measure[]): Analysis['errors'] {
  const failed = measures.filter(({ isError }) => isError === true).length
  const interval = shareInterval(failed, measures.length)
  if (interval === undefined) return undefined
  const percent = (share: number): number => Math.round(share * 10_000) / 100
  const half = Math.floor(measures.length / 2)
  const halves = [measures.slice(0, half), measures.slice(half)].map((part) =>
    shareInterval(part.filter(({ isError }) => isError === true).length, part.length),
  )
  const [first, second] = halves
  const trend =
    first === undefined || second === undefined || measures.length < LEAST_MEASURES
      ? 'unclear'
      : second.low > first.high
        ? 'rising'
        : second.high < first.low
          ? 'falling'
          : 'steady'
  return { percent: percent(interval.share), lowPercent: percent(interval.low), highPercent: percent(interval.high), trend }
}

/** Medians of equal spans of time, so that busy hours do not outvote quiet ones. */
function bucketsOf(measures: readonly (Measure & { latencyMs: number })[]): readonly Point[] {
  const [first, last] = [measures[0]?.atMs ?? 0, measures.at(-1)?.atMs ?? 0]
  const widthMs = Math.max(1, (last - first) / BUCKETS)
  const buckets = new Map<number, number[]>()
  for (const { atMs, latencyMs } of measures) {
    const index = Math.min(BUCKETS - 1, Math.floor((atMs - first) / widthMs))
    const bucket = buckets.get(index)
    if (bucket === undefined) buckets.set(index, [latencyMs])
    else bucket.push(latencyMs)
  }
  return [...buckets].sort(([a], [b]) => a - b).map(([index, values]) => ({ x: first + (index + 0.5) * widthMs, y: median(values)! }))
}

function changeOf(buckets: readonly Point[]): number | undefined {
  const quarter = Math.max(1, Math.floor(buckets.length / 4))
  const [before, after] = [median(buckets.slice(0, quarter).map(({ y }) => y)), median(buckets.slice(-quarter).map(({ y }) => y))]
  return before === undefined || after === undefined || before === 0 ? undefined : after / before - 1
}

function direction(buckets: readonly Point[], change: number | undefined): 'rising' | 'falling' | 'steady' | 'unclear' {
  const trend = trendOf(buckets)
  if (trend === undefined) return 'unclear'
  if (trend.p > SURE || Math.abs(change ?? 1) < LEAST_CHANGE) return 'steady'
  return trend.slope > 0 ? 'rising' : 'falling'
}

const round = (value: number): number => Math.round(value * 10) / 10

export interface Forecast {
  readonly what: string
  readonly now: number
  readonly limit: number
  readonly unit: string
  /** When the limit is reached if it goes on so. */
  readonly atMs: number
}

const FARTHEST_MS = 90 * 86_400_000

/** When a measure that grows reaches its limit; nothing where it does not surely grow, or not within three months. */
export function forecast(what: string, unit: string, limit: number, points: readonly Point[]): Forecast | undefined {
  const trend = points.length < LEAST_MEASURES ? undefined : trendOf(points)
  const last = points.at(-1)
  if (trend === undefined || last === undefined || trend.p > SURE || trend.slope <= 0 || last.y >= limit) return undefined
  const atMs = last.x + (limit - last.y) / trend.slope
  return atMs - last.x > FARTHEST_MS ? undefined : { what, now: last.y, limit, unit, atMs: Math.round(atMs) }
}

export interface Traffic {
  readonly requests: number
  readonly slowest: readonly { readonly path: string; readonly requests: number; readonly p95: number }[]
  readonly failing: readonly { readonly path: string; readonly requests: number; readonly errors: number }[]
  readonly measures: readonly Measure[]
}

const MAX_PATHS = 1_000
const SHOWN_PATHS = 5

/** What an access log's lines say, by path; lines of another kind are left out. */
export function readTraffic(lines: readonly { readonly atMs: number | undefined; readonly text: string }[]): Traffic {
  const paths = new Map<string, Access[]>()
  const measures: Measure[] = []
  for (const { atMs, text } of lines) {
    const access = parseAccess(text)
    if (access === undefined) continue
    const path = paths.has(access.path) || paths.size < MAX_PATHS ? access.path : '(other)'
    const known = paths.get(path)
    if (known === undefined) paths.set(path, [access])
    else known.push(access)
    if (atMs !== undefined) measures.push({ atMs, latencyMs: access.latencyMs, isError: access.status >= 500 })
  }
  const all = [...paths].map(([path, hits]) => ({
    path,
    requests: hits.length,
    errors: hits.filter(({ status }) => status >= 500).length,
    p95: quantile(
      hits.map(({ latencyMs }) => latencyMs).filter((ms) => ms !== undefined),
      0.95,
    ),
  }))
  return {
    requests: all.reduce((sum, { requests }) => sum + requests, 0),
    slowest: all
      .flatMap(({ path, requests, p95 }) => (p95 === undefined ? [] : [{ path, requests, p95: round(p95) }]))
      .sort((a, b) => b.p95 - a.p95)
      .slice(0, SHOWN_PATHS),
    failing: all
      .filter(({ errors }) => errors > 0)
      .sort((a, b) => b.errors - a.errors)
      .slice(0, SHOWN_PATHS)
      .map(({ path, requests, errors }) => ({ path, requests, errors })),
    measures,
  }
}
