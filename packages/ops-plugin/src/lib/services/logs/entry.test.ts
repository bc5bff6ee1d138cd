import { describe, expect, it } from 'vitest'
import { levelOf, timeOf } from './entry.ts'

const NOW = Date.UTC(2026, 10, 21, 12)

describe('levelOf()', () => {
  it.each([
    ['2026-11-21T10:00:00Z ERROR no way', 'error'],
    ['level=warn msg="slow error handler"', 'warn'],
    ['{"level":50,"time":1795255200000,"msg":"x"}', 'error'],
    ['{"msg":"level error","severity":"CRITICAL"}', 'fatal'],
    ['2026/11/21 10:00:00 [error] 12#12: *1 upstream timed out', 'error'],
    ['<3>kernel: I/O trouble', 'error'],
    ['[INFO] an ERROR page was shown', 'info'],
    ['TypeError: x is not a function', 'error'],
    ['java.lang.IllegalStateException: no', 'error'],
    ['1.2.3.4 - - [21/Nov/2026:10:00:00 +0000] "GET / HTTP/1.1" 502 12 "-" "x"', 'error'],
    ['1.2.3.4 - - [21/Nov/2026:10:00:00 +0000] "GET / HTTP/1.1" 200 12 "-" "x"', 'info'],
    ['the request had no trouble', undefined],
    ['reinforced information desk', undefined],
    ['{"msg":"no level"}', undefined],
  ] as const)('of %s is %s', (line, level) => {
    expect(levelOf(line)).toBe(level)
  })
})

describe('timeOf()', () => {
  const local = (...parts: [number, number, number, number, number, number]): number => new Date(...parts).getTime()
  it.each([
    ['2026-11-21T10:00:00.250Z x', Date.UTC(2026, 10, 21, 10, 0, 0, 250)],
    ['[2026-11-21 10:00:00,123] x', local(2026, 10, 21, 10, 0, 0) + 123],
    ['2026-11-21T10:00:00+02:00 x', Date.UTC(2026, 10, 21, 8)],
    ['1.2.3.4 - - [21/Nov/2026:10:00:00 -0130] "GET /"', Date.UTC(2026, 10, 21, 11, 30)],
    ['x - - [21/Nov/2026 10:00:00] "GET /"', local(2026, 10, 21, 10, 0, 0)],
    ['2026/11/21 10:00:00 [error]', local(2026, 10, 21, 10, 0, 0)],
    ['Nov  2 10:00:00 host sshd[1]: x', local(2026, 10, 2, 10, 0, 0)],
    ['Dec 24 10:00:00 host sshd[1]: x', local(2025, 11, 24, 10, 0, 0)],
    ['{"time":1795255200000}', 1_795_255_200_000],
    ['{"ts":1795255200.5}', 1_795_255_200_500],
    ['{"@timestamp":"2026-11-21T10:00:00Z"}', Date.UTC(2026, 10, 21, 10)],
    ['no time at all', undefined],
  ] as const)('of %s', (line, atMs) => {
    expect(timeOf(line, NOW)).toBe(atMs)
  })
})
