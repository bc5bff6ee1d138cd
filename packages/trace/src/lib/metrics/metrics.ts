import {
  type CounterName,
  type GaugeName,
  type HistogramName,
  INSTRUMENTS,
  type Instrument,
  type LabelsOf,
  type MetricName,
} from './instruments.ts'
import type { MetricPoint } from './point.ts'

export interface Counter {
  add(count?: number): void
  /** Raises it to what was counted elsewhere; never lowers it. */
  upTo(total: number): void
}

export interface Gauge {
  set(value: number): void
}

export interface Histogram {
  observe(value: number): void
}

/** The instruments of one process. A series is bound once and then costs an addition. */
export interface Metrics {
  counter<name extends CounterName>(name: name, ...labels: LabelArguments<name>): Counter
  gauge<name extends GaugeName>(name: name, ...labels: LabelArguments<name>): Gauge
  histogram<name extends HistogramName>(name: name, ...labels: LabelArguments<name>): Histogram
  /** Called before each `collect`, for what is only known when somebody asks; the returned function ends it. */
  beforeCollect(look: () => void): () => void
  /** True while nothing was counted, set or measured. */
  readonly isEmpty: boolean
  /** Every series so far, by name. */
  collect(): readonly MetricPoint[]
}

type LabelArguments<name extends MetricName> = keyof LabelsOf<name> extends never ? [] : [labels: LabelsOf<name>]

/** Series of one name beyond these are counted as one, whose labels are all `other`. */
const MAX_SERIES = 300

interface Series extends Counter, Gauge, Histogram {
  readonly point: () => MetricPoint
}

export function createMetrics(): Metrics {
  const all = new Map<string, Map<string, Series>>()
  const looks = new Set<() => void>()

  function bound(name: MetricName, labels: Readonly<Record<string, string>> = {}): Series {
    const instrument: Instrument = INSTRUMENTS[name]
    let family = all.get(name)
    if (family === undefined) {
      family = new Map()
      all.set(name, family)
    }
    const values = instrument.labels.map((label) => labels[label] ?? '')
    const known = family.get(values.join('\n'))
    if (known !== undefined) return known
    const kept = family.size < MAX_SERIES ? values : values.map(() => 'other')
    const key = kept.join('\n')
    const series =
      family.get(key) ?? createSeries(name, instrument, Object.fromEntries(instrument.labels.map((label, at) => [label, kept[at]!])))
    family.set(key, series)
    return series
  }

  return {
    counter: (name, ...[labels]) => bound(name, labels),
    gauge: (name, ...[labels]) => bound(name, labels),
    histogram: (name, ...[labels]) => bound(name, labels),
    beforeCollect(look) {
      looks.add(look)
      return () => void looks.delete(look)
    },
    get isEmpty() {
      return all.size === 0
    },
    collect() {
      for (const look of looks) look()
      return [...all.values()].flatMap((family) => [...family.values()].map(({ point }) => point()))
    },
  }
}

function createSeries(name: string, { kind, bounds = [] }: Instrument, labels: Readonly<Record<string, string>>): Series {
  let value = 0
  let sum = 0
  let count = 0
  let min = Number.POSITIVE_INFINITY
  let max = Number.NEGATIVE_INFINITY
  const buckets: number[] = new Array(bounds.length + 1).fill(0)
  return {
    add(more = 1) {
      value += more
    },
    upTo(total) {
      if (total > value) value = total
    },
    set(now) {
      value = now
    },
    observe(measured) {
      let at = 0
      while (at < bounds.length && measured > bounds[at]!) at++
      buckets[at]!++
      count++
      sum += measured
      if (measured < min) min = measured
      if (measured > max) max = measured
    },
    point: () =>
      kind === 'histogram'
        ? { name, labels, count, sum, min: count === 0 ? 0 : min, max: count === 0 ? 0 : max, buckets: [...buckets] }
        : { name, labels, value },
  }
}
