import { request } from 'node:http'
import { createFakeClock } from '@switchyard/contracts/testing'
import { openStore, type Store } from '@switchyard/store'
import { describe, expect, it } from 'vitest'
import { INSTRUMENTS } from './instruments.ts'
import { createMetricStore } from './metric-store.ts'
import { createMetrics } from './metrics.ts'
import { isHistogram, type MetricPoint, quantile } from './point.ts'
import { prometheusText } from './prometheus.ts'
import { serveMetrics } from './serve.ts'

const amountOf = (points: readonly MetricPoint[], name: string, labels = {}): number | undefined => {
  const found = points.find((point) => point.name === name && JSON.stringify(point.labels) === JSON.stringify(labels))
  return found === undefined ? undefined : isHistogram(found) ? found.count : found.value
}

describe('createMetrics()', () => {
  it('counts, sets and measures by name and labels', () => {
    const metrics = createMetrics()
    const opens = metrics.counter('breaker_opens_total', { breaker: 'ops' })
    opens.add()
    opens.add(2)
    metrics.counter('breaker_opens_total', { breaker: 'deploy' }).upTo(7)
    metrics.counter('breaker_opens_total', { breaker: 'deploy' }).upTo(5)
    metrics.gauge('bus_pending_requests').set(4)
    metrics.gauge('bus_pending_requests').set(3)
    for (const ms of [0.5, 3, 3, 4_000_000]) metrics.histogram('router_decision_ms').observe(ms)
    const points = metrics.collect()
    expect(amountOf(points, 'breaker_opens_total', { breaker: 'ops' })).toBe(3)
    expect(amountOf(points, 'breaker_opens_total', { breaker: 'deploy' })).toBe(7)
    expect(amountOf(points, 'bus_pending_requests')).toBe(3)
    const decisions = points.filter(isHistogram)[0]!
    expect(decisions).toMatchObject({ count: 4, sum: 4_000_006.5, min: 0.5, max: 4_000_000 })
    expect(decisions.buckets[0]).toBe(1)
    expect(decisions.buckets.at(-1)).toBe(1)
    expect(quantile(decisions, 0.5)).toBeGreaterThan(2.4)
    expect(quantile(decisions, 0.5)).toBeLessThanOrEqual(5)
  })

  it('asks for what is only known on demand', () => {
    const metrics = createMetrics()
    const stop = metrics.beforeCollect(() => metrics.gauge('degradation_level').set(2))
    expect(amountOf(metrics.collect(), 'degradation_level')).toBe(2)
    stop()
  })

  it('counts what has too many labels as one', () => {
    const metrics = createMetrics()
    for (let number = 0; number < 1_000; number++) metrics.counter('bus_dead_letters_total', { subscription: `s${number}` }).add()
    const points = metrics.collect()
    expect(points.length).toBe(301)
    expect(amountOf(points, 'bus_dead_letters_total', { subscription: 'other' })).toBe(700)
  })

  it('costs no more than an addition where a series is bound', () => {
    const counter = createMetrics().counter('bus_expired_total')
    const started = performance.now()
    for (let number = 0; number < 1_000_000; number++) counter.add()
    expect(performance.now() - started).toBeLessThan(5_000) // a microsecond each, on a busy machine
  })
})

describe('prometheusText()', () => {
  it('writes what Prometheus reads', () => {
    const metrics = createMetrics()
    metrics.counter('router_fallbacks_total', { by: 'a "model"\\\n' }).add()
    metrics.histogram('router_confidence').observe(0.15)
    metrics.histogram('router_confidence').observe(0.99)
    const text = prometheusText(metrics.collect())
    expect(text).toContain('# TYPE router_fallbacks_total counter\nrouter_fallbacks_total{by="a \\"model\\"\\\\\\n"} 1\n')
    expect(text).toContain(
      '# TYPE router_confidence histogram\nrouter_confidence_bucket{le="0.1"} 0\nrouter_confidence_bucket{le="0.2"} 1\n',
    )
    expect(text).toContain('router_confidence_bucket{le="+Inf"} 2\nrouter_confidence_sum 1.14\nrouter_confidence_count 2\n')
    expect(text.indexOf('router_confidence')).toBeLessThan(text.indexOf('router_fallbacks_total'))
  })

  it('has names and labels that Prometheus takes', () => {
    for (const [name, { labels }] of Object.entries(INSTRUMENTS)) {
      expect(name).toMatch(/^[a-z][a-z_]*$/)
      for (const label of labels) expect(label).toMatch(/^[a-z]+$/)
    }
  })
})

describe('createMetricStore()', () => {
  const clock = createFakeClock()
  const counted = (count: number, pending = 0): readonly MetricPoint[] => {
    const metrics = createMetrics()
    metrics.counter('bus_expired_total').add(count)
    metrics.gauge('bus_pending_requests').set(pending)
    metrics.gauge('breaker_state', { breaker: 'ops' }).set(pending)
    metrics.histogram('router_decision_ms').observe(count)
    metrics.counter('agent_runs_total', { agent: 'scout', model: 'm', outcome: count > 2 ? 'ok' : 'failed' }).add()
    return metrics.collect()
  }
  const process1 = (store: Store, id: string, pid = process.pid, plugins: readonly string[] = []) =>
    createMetricStore({ store, clock, id, pid, host: 'here', plugins })

  it('adds up those who are there and those who were, so that no count falls', () => {
    using store = openStore({ path: ':memory:', clock })
    const first = process1(store, 'a')
    first.beat(counted(2, 1))
    first.end(counted(3, 1))
    const second = process1(store, 'b')
    second.beat(counted(10, 2))
    const reader = process1(store, 'c')
    const points = reader.read(counted(1, 1))
    expect(amountOf(points, 'bus_expired_total')).toBe(14)
    expect(amountOf(points, 'router_decision_ms')).toBe(3)
    expect(amountOf(points, 'bus_pending_requests')).toBe(3)
    expect(amountOf(points, 'breaker_state', { breaker: 'ops' })).toBe(2)
    expect(amountOf(points, 'agent_success_ratio', { agent: 'scout' })).toBeCloseTo(2 / 3)
  })

  it('adds one that died to the past, once, and says what it served that nobody else does', () => {
    using store = openStore({ path: ':memory:', clock })
    const dead = 2 ** 22 + 1 // no process has such a number
    process1(store, 'a', dead, ['ops', 'deploy']).beat(counted(5, 9))
    process1(store, 'b', process.pid, ['deploy']).beat([])
    const reader = process1(store, 'c')
    expect(amountOf(reader.read([]), 'bus_expired_total')).toBe(5)
    expect(amountOf(reader.read([]), 'bus_pending_requests')).toBeUndefined()
    expect(reader.bury()).toEqual(['ops'])
    expect(reader.bury()).toEqual([])
    expect(amountOf(reader.read([]), 'bus_expired_total')).toBe(5)
  })

  it('takes one that is silent for a minute for gone, and counts nothing twice when it comes back', () => {
    using store = openStore({ path: ':memory:', clock })
    const first = process1(store, 'a', process.pid, ['ops'])
    first.beat(counted(1))
    const reader = process1(store, 'c')
    clock.advance(59_000)
    expect(reader.bury()).toEqual([])
    clock.advance(2_000)
    expect(reader.bury()).toEqual(['ops'])
    first.beat(counted(4))
    expect(amountOf(reader.read([]), 'bus_expired_total')).toBe(4)
    expect(amountOf(first.read(counted(6)), 'bus_expired_total')).toBe(6)
    first.end(counted(7))
    expect(amountOf(reader.read([]), 'bus_expired_total')).toBe(7)
  })
})

describe('serveMetrics()', () => {
  const get = (url: string, headers: Record<string, string> = {}, method = 'GET'): Promise<{ status: number | undefined; text: string }> =>
    new Promise((resolve, reject) => {
      const sent = request(url, { method, headers }, async (response) => {
        let text = ''
        for await (const chunk of response) text += String(chunk)
        resolve({ status: response.statusCode, text })
      })
      sent.on('error', reject).end()
    })

  it('answers on loopback, under its own names only, and GET /metrics only', async () => {
    const endpoint = (await serveMetrics(0, () => [{ name: 'bus_expired_total', labels: {}, value: 4 }]))!
    const { port } = new URL(endpoint.url)
    expect(await get(endpoint.url)).toEqual({ status: 200, text: expect.stringContaining('bus_expired_total 4') })
    expect((await get(endpoint.url, { host: `localhost:${port}` })).status).toBe(200)
    expect((await get(endpoint.url, { host: `evil.example:${port}` })).status).toBe(403)
    expect((await get(endpoint.url, { host: '127.0.0.1.evil.example' })).status).toBe(403)
    expect((await get(endpoint.url, {}, 'POST')).status).toBe(405)
    expect((await get(endpoint.url.replace('/metrics', '/'))).status).toBe(404)
    expect(await serveMetrics(Number(port), () => [])).toBeUndefined()
    await endpoint.close()
  })
})
