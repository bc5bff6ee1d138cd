import { describe, expect, it } from 'vitest'
import { createMetrics } from '../metrics/metrics.ts'
import { encodeLogs } from './logs.ts'
import { encodeMetrics } from './metrics.ts'
import { otlpResource } from './values.ts'

const resource = otlpResource('1.2.3')
const NANOS = '1700000000000000000'
const MS = 1_700_000_000_000

describe('encodeLogs()', () => {
  it('writes lines as a collector takes them, with their place in a trace', () => {
    const traceId = 'a'.repeat(32)
    const line = {
      atMs: MS,
      level: 'warn',
      message: 'disk is filling',
      plugin: 'ops',
      pid: 1,
      traceId,
      spanId: 'b'.repeat(16),
      requestId: 'r',
      fields: { percent: 91 },
    } as const
    const { resourceLogs } = encodeLogs([line], resource) as { resourceLogs: { scopeLogs: { logRecords: object[] }[] }[] }
    expect(resourceLogs).toMatchObject([{ resource, scopeLogs: [{ scope: { name: 'switchyard' } }] }])
    expect(resourceLogs[0]?.scopeLogs[0]?.logRecords).toEqual([
      {
        timeUnixNano: NANOS,
        severityNumber: 13,
        severityText: 'WARN',
        body: { stringValue: 'disk is filling' },
        attributes: [
          { key: 'switchyard.plugin', value: { stringValue: 'ops' } },
          { key: 'switchyard.request_id', value: { stringValue: 'r' } },
          { key: 'switchyard.fields', value: { stringValue: '{"percent":91}' } },
        ],
        traceId,
        spanId: 'b'.repeat(16),
      },
    ])
  })
})

describe('encodeMetrics()', () => {
  it('writes sums, gauges and histograms that count since the process began', () => {
    const metrics = createMetrics()
    metrics.counter('breaker_opens_total', { breaker: 'ops' }).add(2)
    metrics.gauge('bus_pending_requests').set(3)
    metrics.histogram('router_confidence').observe(0.15)
    const encoded = encodeMetrics(metrics.collect(), { startMs: MS, nowMs: MS, resource })
    const [{ scopeMetrics }] = (encoded as { resourceMetrics: [{ scopeMetrics: [{ metrics: { name: string }[] }] }] }).resourceMetrics
    const named = Object.fromEntries(scopeMetrics[0].metrics.map((metric) => [metric.name, metric]))
    const times = { startTimeUnixNano: NANOS, timeUnixNano: NANOS }
    expect(named.breaker_opens_total).toMatchObject({
      sum: {
        isMonotonic: true,
        aggregationTemporality: 2,
        dataPoints: [{ ...times, asDouble: 2, attributes: [{ key: 'breaker', value: { stringValue: 'ops' } }] }],
      },
    })
    expect(named.bus_pending_requests).toMatchObject({ gauge: { dataPoints: [{ ...times, asDouble: 3 }] } })
    expect(named.router_confidence).toMatchObject({
      histogram: { aggregationTemporality: 2, dataPoints: [{ ...times, count: '1', sum: 0.15, min: 0.15, max: 0.15 }] },
    })
    const [point] = (
      named.router_confidence as unknown as { histogram: { dataPoints: { bucketCounts: string[]; explicitBounds: number[] }[] } }
    ).histogram.dataPoints
    expect(point?.bucketCounts).toHaveLength(point!.explicitBounds.length + 1)
    expect(point?.bucketCounts.slice(0, 3)).toEqual(['0', '1', '0'])
  })
})
