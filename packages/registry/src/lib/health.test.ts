import { describe, expect, it } from 'vitest'
import { HEARTBEAT_MS, healthOf, type Signs } from './health.ts'

const signs = (some: Partial<Signs> = {}): Signs => ({
  beats: true,
  lastBeatMs: 0,
  breaker: 'closed',
  errorRate: 0,
  runs: 0,
  missing: undefined,
  ...some,
})

describe('healthOf()', () => {
  it('[H1] is suspicious after three missed heartbeats and sure after six', () => {
    const at = (missed: number): string => healthOf(signs(), missed * HEARTBEAT_MS).state
    expect([0, 1, 2, 3, 5, 6, 60].map(at)).toEqual(['ready', 'ready', 'ready', 'degraded', 'degraded', 'down', 'down'])
    expect(healthOf(signs({ lastBeatMs: undefined }), 1e9).state).toBe('registered')
    expect(healthOf(signs({ beats: false, lastBeatMs: undefined }), 1e9).state).toBe('ready')
  })

  it('[H2] takes the worst sign', () => {
    expect(healthOf(signs({ breaker: 'open' }), 0)).toEqual({ state: 'down', reason: 'its breaker is open' })
    expect(healthOf(signs({ breaker: 'half-open' }), 0).state).toBe('degraded')
    expect(healthOf(signs({ errorRate: 0.6, runs: 4 }), 0).state).toBe('ready')
    expect(healthOf(signs({ errorRate: 0.6, runs: 5 }), 0)).toEqual({ state: 'degraded', reason: '60 % of its latest calls failed' })
    expect(healthOf(signs({ missing: 'its folder is no more' }), 0).state).toBe('down')
  })
})
