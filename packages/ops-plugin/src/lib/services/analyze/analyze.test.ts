import { createRandom } from '@switchyard/testkit'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { parseAccess } from './access-log.ts'
import { analyzeMeasures, forecast, type Measure, readTraffic } from './analyze.ts'
import { median, outliers, quantile, shareInterval, trendOf } from './statistics.ts'

const MINUTE = 60_000
const noise = createRandom(3)
const series = (count: number, latency: (index: number) => number, isError = (_: number): boolean => false): Measure[] =>
  Array.from({ length: count }, (_, index) => ({ atMs: index * MINUTE, latencyMs: latency(index), isError: isError(index) }))

describe('statistics', () => {
  it('know quantiles, also of one value and of none', () => {
    expect([quantile([4, 1, 3, 2], 0.5), quantile([5], 0.99), quantile([], 0.5)]).toEqual([2.5, 5, undefined])
  })

  it('find the slope of a line in spite of wild values, and none in noise', () => {
    const line = Array.from({ length: 40 }, (_, x) => ({ x, y: x % 10 === 0 ? 9_999 : 3 + 2 * x }))
    const trend = trendOf(line)!
    expect(trend.slope).toBeCloseTo(2, 1)
    expect(trend.p).toBeLessThan(0.001)
    expect(trendOf(Array.from({ length: 60 }, (_, x) => ({ x, y: noise() })))!.p).toBeGreaterThan(0.01)
    expect(trendOf(Array.from({ length: 60 }, (_, x) => ({ x, y: 7 })))).toMatchObject({ slope: 0 })
  })

  it('hold what a slope has to: it turns with the sign, and does not care about a shift', () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: -1_000, max: 1_000 }), { minLength: 5, maxLength: 60 }), fc.integer(), (ys, shift) => {
        const slope = (of: (y: number) => number): number => trendOf(ys.map((y, x) => ({ x, y: of(y) })))!.slope
        expect(slope((y) => -y)).toBeCloseTo(-slope((y) => y), 6)
        expect(slope((y) => y + shift)).toBeCloseTo(
          slope((y) => y),
          6,
        )
        expect(median(ys)!).toBeGreaterThanOrEqual(Math.min(...ys))
      }),
    )
  })

  it('are honest about a share of few tries', () => {
    expect(shareInterval(0, 10)).toMatchObject({ share: 0, low: 0, high: expect.closeTo(0.278, 2) })
    expect(shareInterval(0, 0)).toBeUndefined()
  })

  it('name what stands out, and nothing in what is all the same', () => {
    expect(outliers([10, 11, 9, 10, 200, 10], 5)).toEqual([4])
    expect(outliers([10, 10, 10, 12], 5)).toEqual([])
  })
})

describe('analyzeMeasures()', () => {
  it('tells rising from steady, though single values are wild', () => {
    const rising = analyzeMeasures(
      'api',
      series(500, (index) => 100 + index / 2 + noise() * 20 + (index % 50 === 0 ? 5_000 : 0)),
    )
    expect(rising.latency).toMatchObject({ trend: 'rising', max: expect.any(Number) })
    expect(rising.latency!.changePercent).toBeGreaterThan(100)
    expect(
      analyzeMeasures(
        'api',
        series(500, () => 100 + noise() * 20),
      ).latency!.trend,
    ).toBe('steady')
  })

  it('sees errors that came in the second half, and does not see a trend in a few', () => {
    const errors = (from: number) =>
      analyzeMeasures(
        'api',
        series(
          400,
          () => 5,
          (index) => index >= from && index % 4 === 0,
        ),
      ).errors
    expect(errors(200)).toMatchObject({ trend: 'rising', percent: 12.5 })
    expect(errors(0)).toMatchObject({ trend: 'steady', percent: 25 })
  })

  it('says that it has too little rather than guessing', () => {
    const { latency, notes, anomalies } = analyzeMeasures(
      'api',
      series(5, (index) => index * 100),
    )
    expect(latency!.trend).toBe('unclear')
    expect(anomalies).toEqual([])
    expect(notes).toEqual(['only 5 measures: trends want 20'])
    expect(analyzeMeasures('api', [])).toMatchObject({ count: 0 })
  })

  it('names the time that stands out', () => {
    const { anomalies } = analyzeMeasures(
      'api',
      series(480, (index) => (index >= 240 && index < 260 ? 900 : 50 + noise())),
    )
    expect(anomalies.length).toBeGreaterThan(0)
    for (const { atMs } of anomalies) expect(Math.abs(atMs - 250 * MINUTE)).toBeLessThan(20 * MINUTE)
  })
})

describe('forecast()', () => {
  const points = (perHour: number) =>
    Array.from({ length: 100 }, (_, index) => ({ x: index * 60 * MINUTE, y: 50 + perHour * index + (noise() - 0.5) * 0.1 }))

  it('says when a disk is full that fills steadily', () => {
    const found = forecast('disk', '%', 90, points(0.1))!
    const hours = (found.atMs - 99 * 60 * MINUTE) / (60 * MINUTE)
    expect(hours).toBeGreaterThan(270)
    expect(hours).toBeLessThan(330)
  })

  it('says nothing of one that does not, or so slowly that nobody can tell', () => {
    expect(forecast('disk', '%', 90, points(0))).toBeUndefined()
    expect(forecast('disk', '%', 90, points(-0.1))).toBeUndefined()
    expect(forecast('disk', '%', 90, points(0.001))).toBeUndefined()
  })
})

describe('parseAccess()', () => {
  it.each([
    [
      '1.2.3.4 - - [21/Nov/2026:10:00:00 +0000] "GET /orders/17?x=1 HTTP/1.1" 502 12 "-" "curl" 0.250',
      { status: 502, latencyMs: 250, path: '/orders/*' },
    ],
    ['1.2.3.4 - bob [21/Nov/2026:10:00:00 +0000] "POST / HTTP/1.1" 200 -', { status: 200, latencyMs: undefined, path: '/' }],
    ['{"request":{"uri":"/a/0123456789abcdef"},"status":200,"duration":0.0125}', { status: 200, latencyMs: 12.5, path: '/a/*' }],
    ['{"req":{"url":"/b"},"res":{"statusCode":404},"responseTime":7}', { status: 404, latencyMs: 7, path: '/b' }],
    ['{"level":30,"msg":"listening"}', undefined],
    ['Started server', undefined],
  ])('of %s', (line, access) => {
    expect(parseAccess(line)).toEqual(access)
  })
})

describe('readTraffic()', () => {
  it('names the paths that are slow and those that fail', () => {
    const line = (path: string, status: number, seconds: number) => ({
      atMs: 1,
      text: `x "GET ${path} HTTP/1.1" ${status} 1 ${seconds.toFixed(3)}`,
    })
    const traffic = readTraffic([line('/a', 200, 0.01), line('/slow/1', 200, 2), line('/slow/2', 500, 3), { atMs: 1, text: 'noise' }])
    expect(traffic).toMatchObject({
      requests: 3,
      slowest: [{ path: '/slow/*', requests: 2 }, { path: '/a' }],
      failing: [{ path: '/slow/*', errors: 1 }],
    })
    expect(traffic.measures).toHaveLength(3)
  })
})
