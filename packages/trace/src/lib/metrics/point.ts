import { instrumentOf } from './instruments.ts'

/** One series as plain data. */
export type MetricPoint = ValuePoint | HistogramPoint

export interface ValuePoint {
  readonly name: string
  readonly labels: Readonly<Record<string, string>>
  readonly value: number
}

export interface HistogramPoint {
  readonly name: string
  readonly labels: Readonly<Record<string, string>>
  readonly count: number
  readonly sum: number
  readonly min: number
  readonly max: number
  /** How many were in each bucket of the instrument's bounds, and above the last. */
  readonly buckets: readonly number[]
}

export function isHistogram(point: MetricPoint): point is HistogramPoint {
  return 'buckets' in point
}

/** A series' name and labels as one text. */
function keyOf({ name, labels }: MetricPoint): string {
  return `${name}${JSON.stringify(Object.values(labels))}`
}

/** Series of several processes as those of one: counts add up, gauges as their instrument says. */
export function mergePoints(...all: readonly (readonly MetricPoint[])[]): readonly MetricPoint[] {
  const merged = new Map<string, MetricPoint>()
  for (const points of all) {
    for (const point of points) {
      const key = keyOf(point)
      const before = merged.get(key)
      merged.set(key, before === undefined ? point : both(before, point))
    }
  }
  return [...merged.values()]
}

function both(a: MetricPoint, b: MetricPoint): MetricPoint {
  if (isHistogram(a) && isHistogram(b)) {
    if (a.count === 0 || b.count === 0) return a.count === 0 ? b : a
    return {
      ...a,
      count: a.count + b.count,
      sum: a.sum + b.sum,
      min: Math.min(a.min, b.min),
      max: Math.max(a.max, b.max),
      buckets: a.buckets.map((count, at) => count + (b.buckets[at] ?? 0)),
    }
  }
  if (isHistogram(a) || isHistogram(b)) return a
  const instrument = instrumentOf(a.name)
  if (instrument?.kind === 'gauge' && instrument.together === 'min') return { ...a, value: Math.min(a.value, b.value) }
  if (instrument?.kind === 'gauge' && instrument.together !== 'sum') return { ...a, value: Math.max(a.value, b.value) }
  return { ...a, value: a.value + b.value }
}

/** What was counted since `before`; gauges as they are. */
export function minusPoints(points: readonly MetricPoint[], before: readonly MetricPoint[]): readonly MetricPoint[] {
  if (before.length === 0) return points
  const known = new Map(withoutGauges(before).map((point) => [keyOf(point), point]))
  return points.map((point) => {
    const base = known.get(keyOf(point))
    if (base === undefined) return point
    if (!isHistogram(point) || !isHistogram(base))
      return isHistogram(point) || isHistogram(base) ? point : { ...point, value: point.value - base.value }
    const buckets = point.buckets.map((count, at) => count - (base.buckets[at] ?? 0))
    return { ...point, count: point.count - base.count, sum: point.sum - base.sum, buckets }
  })
}

/** What stays of a process that has ended: what it counted, not how it was. */
export function withoutGauges(points: readonly MetricPoint[]): readonly MetricPoint[] {
  return points.filter(({ name }) => instrumentOf(name)?.kind !== 'gauge')
}

/** With the part of the runs of each agent that went well, which only the sum of all processes can say. */
export function withRatios(points: readonly MetricPoint[]): readonly MetricPoint[] {
  const runs = new Map<string, { all: number; well: number }>()
  for (const point of points) {
    if (point.name !== 'agent_runs_total' || isHistogram(point)) continue
    const { agent = '', outcome } = point.labels
    const { all, well } = runs.get(agent) ?? { all: 0, well: 0 }
    runs.set(agent, { all: all + point.value, well: well + (outcome === 'ok' ? point.value : 0) })
  }
  const ratios = [...runs].map(([agent, { all, well }]) => ({
    name: 'agent_success_ratio',
    labels: { agent },
    value: all === 0 ? 1 : well / all,
  }))
  return [...points.filter(({ name }) => name !== 'agent_success_ratio'), ...ratios]
}

/** About the value below which this part of what was measured is; undefined where nothing was. */
export function quantile({ name, count, min, max, buckets }: HistogramPoint, part: number): number | undefined {
  const bounds = instrumentOf(name)?.bounds
  if (bounds === undefined || count === 0) return undefined
  const wanted = part * count
  let below = 0
  for (const [at, here] of buckets.entries()) {
    if (here > 0 && below + here >= wanted) {
      const low = Math.max(min, at === 0 ? min : bounds[at - 1]!)
      const high = Math.min(max, bounds[at] ?? max)
      return low + (Math.max(0, high - low) * (wanted - below)) / here
    }
    below += here
  }
  return max
}
