import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { type Settled, type SettleRule, settle } from './settle.ts'
import { STATUSES, type Status } from './verdict.ts'

const RULE: SettleRule = { failAfter: 3, recoverAfter: 2, forMs: 0 }

function settledAfter(seen: readonly Status[], rule: SettleRule = RULE, stepMs = 1_000): Settled {
  let settled: Settled | undefined
  for (const [index, status] of seen.entries()) settled = settle(settled, status, index * stepMs, rule)
  return settled!
}

describe('settle()', () => {
  it('takes the first look as it is', () => {
    expect(settledAfter(['UNHEALTHY'])).toEqual({ status: 'UNHEALTHY', sinceMs: 0 })
  })

  it('stays while worse was seen less often than it takes', () => {
    expect(settledAfter(['HEALTHY', 'UNHEALTHY', 'UNHEALTHY'])).toMatchObject({ status: 'HEALTHY', pending: { times: 2, sinceMs: 1_000 } })
    expect(settledAfter(['HEALTHY', 'UNHEALTHY', 'UNHEALTHY', 'UNHEALTHY'])).toEqual({ status: 'UNHEALTHY', sinceMs: 3_000 })
  })

  it('forgets what it was on the way to once the old status is seen again', () => {
    expect(settledAfter(['HEALTHY', 'UNHEALTHY', 'UNHEALTHY', 'HEALTHY', 'UNHEALTHY', 'UNHEALTHY']).status).toBe('HEALTHY')
  })

  it('counts degrees of worse together', () => {
    expect(settledAfter(['HEALTHY', 'UNHEALTHY', 'DEGRADED', 'UNHEALTHY']).status).toBe('UNHEALTHY')
  })

  it('gets better by its own count', () => {
    expect(settledAfter(['UNHEALTHY', 'HEALTHY']).status).toBe('UNHEALTHY')
    expect(settledAfter(['UNHEALTHY', 'HEALTHY', 'HEALTHY']).status).toBe('HEALTHY')
  })

  it('waits as long as it must have been worse, and no longer to get better', () => {
    const rule = { failAfter: 1, recoverAfter: 1, forMs: 2_500 }
    expect(settledAfter(['HEALTHY', 'UNHEALTHY', 'UNHEALTHY', 'UNHEALTHY'], rule).status).toBe('HEALTHY')
    expect(settledAfter(['HEALTHY', 'UNHEALTHY', 'UNHEALTHY', 'UNHEALTHY', 'UNHEALTHY'], rule).status).toBe('UNHEALTHY')
    expect(settledAfter(['UNHEALTHY', 'HEALTHY'], rule).status).toBe('HEALTHY')
  })

  it('never leaves a status on fewer looks than the rule asks for, and never names one that was not seen', () => {
    fc.assert(
      fc.property(
        fc.array(fc.constantFrom(...STATUSES), { minLength: 1, maxLength: 60 }),
        fc.integer({ min: 1, max: 4 }),
        (seen, times) => {
          let settled: Settled | undefined
          const rule = { failAfter: times, recoverAfter: times, forMs: 0 }
          for (const [index, status] of seen.entries()) {
            const before: Settled | undefined = settled
            settled = settle(before, status, index, rule)
            expect(seen.slice(0, index + 1)).toContain(settled.status)
            if (before === undefined || before.status === settled.status) continue
            const last = seen.slice(index + 1 - times, index + 1)
            expect(last).toHaveLength(times)
            expect(last).not.toContain(before.status)
          }
        },
      ),
    )
  })
})
