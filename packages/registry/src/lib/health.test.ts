import { describe, expect, it } from 'vitest'
import { HEARTBEAT_MS, healthOf, heartbeatOf, type Signs } from './health.ts'

const signs = (some: Partial<Signs> = {}): Signs => ({
  process: undefined,
  breaker: 'closed',
  errorRate: 0,
  runs: 0,
  missing: undefined,
  ...some,
})

describe('healthOf()', () => {
  it('[H1] is suspicious after three missed heartbeats and sure after six', () => {
    const at = (missed: number): string => heartbeatOf(missed * HEARTBEAT_MS).state
    expect([-1, 0, 1, 2.9, 3, 5.9, 6, 60].map(at)).toEqual(['ready', 'ready', 'ready', 'ready', 'degraded', 'degraded', 'down', 'down'])
  })

  it('[H2] takes the worst sign', () => {
    expect(healthOf(signs())).toEqual({ state: 'ready' })
    expect(healthOf(signs({ process: { state: 'registered' } })).state).toBe('registered')
    expect(healthOf(signs({ process: { state: 'down', reason: 'gone' } }))).toEqual({ state: 'down', reason: 'gone', sign: 'process' })
    expect(healthOf(signs({ process: { state: 'degraded' }, breaker: 'open' }))).toEqual({
      state: 'down',
      reason: 'its breaker is open',
      sign: 'breaker',
    })
    expect(healthOf(signs({ breaker: 'half-open' })).state).toBe('degraded')
    expect(healthOf(signs({ errorRate: 0.6, runs: 4 })).state).toBe('ready')
    expect(healthOf(signs({ errorRate: 0.6, runs: 5 }))).toEqual({
      state: 'degraded',
      reason: '60 % of its latest calls failed',
      sign: 'runs',
    })
    expect(healthOf(signs({ missing: 'its folder is no more' })).state).toBe('down')
  })
})
