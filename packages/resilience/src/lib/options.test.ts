import { describe, expect, it } from 'vitest'
import { parseGuardOptions } from './options.ts'

describe('parseGuardOptions()', () => {
  it('settles every default', () => {
    expect(parseGuardOptions()).toEqual({
      timeoutMs: 30_000,
      deadlineMs: 120_000,
      breaker: {
        failures: 5,
        failurePercent: 50,
        minCalls: 10,
        windowMs: 300_000,
        openMs: 60_000,
        maxOpenMs: 600_000,
        probes: 3,
        successes: 3,
      },
      retry: { maxRetries: 3, delayMs: 1_000, maxDelayMs: 10_000, budgetPercent: 10, budgetFloor: 3 },
      bulkhead: { maxConcurrent: 100, maxQueue: 1_000 },
      cache: undefined,
    })
  })

  it("lets a command's settings win over its plugin's, one by one", () => {
    const plugin = { timeoutMs: 5_000, breaker: { failures: 3, openMs: 10_000 }, cache: { freshMs: 10 } }
    const command = { breaker: { failures: 7 }, retry: { maxRetries: 0 }, cache: { staleMs: 20 } }
    const settings = parseGuardOptions(plugin, undefined, command)
    expect(settings).toMatchObject({
      timeoutMs: 5_000,
      breaker: { failures: 7, openMs: 10_000, probes: 3 },
      retry: { maxRetries: 0 },
      cache: { freshMs: 10, staleMs: 20, maxEntries: 500 },
    })
    expect(parseGuardOptions(plugin, { cache: false }).cache).toBeUndefined()
  })

  it('takes its own result', () => {
    const settings = parseGuardOptions({ timeoutMs: 7, cache: { freshMs: 3 } })
    expect(parseGuardOptions(settings)).toEqual(settings)
    expect(parseGuardOptions(parseGuardOptions())).toEqual(parseGuardOptions())
  })

  it('names every problem with its path and the value found', () => {
    const wrong = {
      timeoutMs: 0,
      deadline: 1,
      breaker: { failures: 2.5, windowMs: Number.POSITIVE_INFINITY },
      retry: false,
      bulkhead: { maxQueue: '5', constructor: 1 },
    }
    expect(() => parseGuardOptions(wrong)).toThrow(
      expect.objectContaining({
        code: 'VALIDATION',
        data: {
          mistakes: [
            { path: 'timeoutMs', message: 'must be a number from 1 to 2147483647: 0' },
            { path: 'deadline', message: 'is unknown' },
            { path: 'breaker.failures', message: 'must be a whole number from 1 to 10000: 2.5' },
            { path: 'breaker.windowMs', message: 'must be a number from 1 to 2147483647: Infinity' },
            { path: 'retry', message: 'must be an object: false' },
            { path: 'bulkhead.maxQueue', message: 'must be a whole number from 0 to 1000000: "5"' },
            { path: 'bulkhead.constructor', message: 'is unknown' },
          ],
        },
      }),
    )
    expect(() => parseGuardOptions('fast')).toThrow('options must be an object: "fast"')
  })
})
