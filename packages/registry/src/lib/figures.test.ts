import { describe, expect, it } from 'vitest'
import { afterRun, type Figures, figuresOf, NO_FIGURES, together } from './figures.ts'

const runs = (codes: readonly (string | undefined)[], start: Figures = NO_FIGURES): Figures =>
  codes.reduce<Figures>((figures, code) => afterRun(figures, { durationMs: 100, code }), start)

describe('afterRun()', () => {
  it('[F1] puts what is proven before what never ran, and what fails behind both', () => {
    const proven = figuresOf({ runs: 100, failures: 5, latencyMs: 10, errorRate: 0 })
    const failing = runs(['HANDLER_ERROR', 'TIMEOUT'])
    expect(proven.success).toBeGreaterThan(NO_FIGURES.success)
    expect(failing.success).toBeLessThan(NO_FIGURES.success)
    expect(NO_FIGURES.success).toBe(0.9)
    const lucky = runs([undefined])
    expect(lucky.success).toBeLessThan(proven.success)
    expect(runs(['TIMEOUT']).success).toBeGreaterThan(0.8)
  })

  it('[F2] counts no fault of a caller', () => {
    expect(runs(['VALIDATION', 'CANCELLED', 'CIRCUIT_OPEN'])).toBe(NO_FIGURES)
    expect(runs(['VALIDATION', undefined])).toMatchObject({ runs: 1, failures: 0 })
  })

  it('[F3] moves averages by a fifth of what is new', () => {
    const first = afterRun(NO_FIGURES, { durationMs: 100, code: undefined })
    const second = afterRun(first, { durationMs: 200, code: 'TIMEOUT' })
    expect([first.latencyMs, second.latencyMs]).toEqual([100, 120])
    expect(second.errorRate).toBeCloseTo(0.2)
  })

  it('together() weighs by runs', () => {
    const one = figuresOf({ runs: 3, failures: 0, latencyMs: 10, errorRate: 0 })
    const other = figuresOf({ runs: 1, failures: 1, latencyMs: 50, errorRate: 1 })
    expect(together([one, other, NO_FIGURES])).toMatchObject({ runs: 4, failures: 1, latencyMs: 20, errorRate: 0.25 })
    expect(together([])).toBe(NO_FIGURES)
  })
})
