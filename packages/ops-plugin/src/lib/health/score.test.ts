import { describe, expect, it } from 'vitest'
import type { Check, Domain } from './check.ts'
import { type CheckStatus, type Judged, scoreOf, statusOf } from './score.ts'

const judged = (weight: number, status: CheckStatus, domain: Domain = 'docs', id = `${domain}.${weight}`): Judged => ({
  check: { id, domain, title: '', weight, mend: '', applies: () => true, run: () => [] } satisfies Check,
  weight,
  status,
  findings: [],
})

describe('scoreOf()', () => {
  it('gives a warning half its points, and none when strict', () => {
    const items = [judged(6, 'pass'), judged(4, 'warn')]
    expect(scoreOf(items)).toMatchObject({ score: 80, status: 'pass' })
    expect(scoreOf(items, { strict: true })).toMatchObject({ score: 60, status: 'warn' })
  })

  it('rounds down, so that no limit is reached by rounding', () => {
    expect(scoreOf([judged(797, 'pass'), judged(203, 'fail')])).toMatchObject({ score: 79, status: 'warn' })
    expect(scoreOf([judged(999, 'pass'), judged(1, 'fail')]).score).toBe(99)
    expect(scoreOf([judged(49, 'pass'), judged(51, 'fail')]).status).toBe('fail')
    expect(scoreOf([judged(50, 'pass'), judged(50, 'fail')]).status).toBe('warn')
  })

  it('lets what is unknown lower the confidence and not the score', () => {
    expect(scoreOf([judged(6, 'pass'), judged(4, 'unknown')])).toMatchObject({ score: 100, confidence: 60 })
  })

  it('scores each domain, and names the fix that earns most', () => {
    const score = scoreOf([judged(10, 'warn', 'docs'), judged(6, 'fail', 'files'), judged(4, 'pass', 'files')])
    expect(score.domains).toEqual([
      { domain: 'docs', score: 50, earned: 5, possible: 10, pass: 0, warn: 1, fail: 0, unknown: 0 },
      { domain: 'files', score: 40, earned: 4, possible: 10, pass: 1, warn: 0, fail: 1, unknown: 0 },
    ])
    expect(score.nextBestFix).toMatchObject({ check: { id: 'files.6' }, gain: 30 })
  })

  it('is held down by a failed check that has a cap, and says that mending it gains most', () => {
    const leak = judged(2, 'fail', 'security')
    const capped = { ...leak, check: { ...leak.check, cap: 49 } }
    const score = scoreOf([judged(90, 'pass'), judged(8, 'fail'), capped])
    expect(score).toMatchObject({ score: 49, status: 'fail', caps: [{ check: { id: 'security.2' }, at: 49 }] })
    expect(score.nextBestFix).toMatchObject({ check: { id: 'security.2' }, gain: 43 })
    expect(scoreOf([judged(10, 'pass'), judged(88, 'fail'), capped])).toMatchObject({ score: 10, caps: [] })
    expect(scoreOf([judged(98, 'pass'), { ...capped, status: 'warn' }])).toMatchObject({ score: 99, caps: [] })
  })

  it('names what weighs most where no one mend gains anything yet', () => {
    const capped = (weight: number): Judged => {
      const leak = judged(weight, 'fail', 'security')
      return { ...leak, check: { ...leak.check, cap: 49 } }
    }
    expect(scoreOf([judged(90, 'pass'), capped(2), capped(5)]).nextBestFix).toMatchObject({ check: { id: 'security.5' }, gain: 0 })
  })

  it('finds nothing to mend where nothing is wrong, or nothing applied', () => {
    expect(scoreOf([judged(1, 'pass')]).nextBestFix).toBeUndefined()
    expect(scoreOf([])).toMatchObject({ score: 100, confidence: 100, domains: [] })
  })
})

describe('statusOf()', () => {
  it('is the worst of the findings', () => {
    const of = (...statuses: ('warn' | 'fail' | 'unknown')[]): CheckStatus => statusOf(statuses.map((status) => ({ status, note: '' })))
    expect([of(), of('unknown'), of('unknown', 'warn'), of('warn', 'fail')]).toEqual(['pass', 'unknown', 'warn', 'fail'])
  })
})
