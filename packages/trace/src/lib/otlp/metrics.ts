import { INSTRUMENTS, type Instrument, instrumentOf } from '../metrics/instruments.ts'
import { isHistogram, type MetricPoint } from '../metrics/point.ts'
import { nanosOf, type OtlpResource, writeAttributes } from './values.ts'

const CUMULATIVE = 2

/** Series as the `ResourceMetrics` of an OTLP/HTTP JSON request. They count since `startMs`. */
export function encodeMetrics(
  points: readonly MetricPoint[],
  { startMs, nowMs, resource }: { startMs: number; nowMs: number; resource: OtlpResource },
): object {
  const families = Map.groupBy(points, ({ name }) => name)
  const times = { startTimeUnixNano: nanosOf(startMs), timeUnixNano: nanosOf(nowMs) }
  const metrics = Object.keys(INSTRUMENTS).flatMap((name) => {
    const family = families.get(name)
    const instrument = instrumentOf(name)!
    return family === undefined ? [] : [{ name, description: instrument.help, ...dataOf(instrument, family, times) }]
  })
  return { resourceMetrics: [{ resource, scopeMetrics: [{ scope: { name: 'switchyard' }, metrics }] }] }
}

function dataOf({ kind, bounds = [] }: Instrument, points: readonly MetricPoint[], times: object): object {
  const dataPoints = points.map((point) => {
    const attributes = writeAttributes(point.labels)
    if (!isHistogram(point)) return { ...times, attributes, asDouble: point.value }
    const { count, sum, min, max, buckets } = point
    return { ...times, attributes, count: String(count), sum, min, max, bucketCounts: buckets.map(String), explicitBounds: bounds }
  })
  if (kind === 'histogram') return { histogram: { dataPoints, aggregationTemporality: CUMULATIVE } }
  return kind === 'gauge' ? { gauge: { dataPoints } } : { sum: { dataPoints, aggregationTemporality: CUMULATIVE, isMonotonic: true } }
}
