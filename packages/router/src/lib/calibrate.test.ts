import { describe, expect, test } from 'vitest'
import { calibrate, scopeOf } from './calibrate.ts'
import type { LeftOut } from './left-out.ts'
import { seededRandom } from './random.ts'

/** Left-out requests of a world with three commands: the best score is high in scope, and mostly right. */
function world(count: number, separated: number, unknownOutside = 0, rightShare = 0.9): LeftOut[] {
  const random = seededRandom(7)
  return Array.from({ length: count }, (_, i) => {
    const inScope = i % 3 !== 0
    const best = (inScope ? separated : -separated) + random() - 0.5
    const scores = Float64Array.of(best, best - 0.2 - random(), best - 1, -1)
    if (!inScope) return { scores, unknown: unknownOutside, right: i % 2 === 0 ? 'background' : 'absent' }
    return { scores, unknown: 0, right: random() < rightShare ? 0 : 1 }
  })
}

describe('calibrate()', () => {
  test('learns that a high best score means in scope', () => {
    const learned = calibrate(world(900, 0.8))
    expect(scopeOf(learned, 1, -1, 0)).toBeGreaterThan(0.9)
    expect(scopeOf(learned, -1, -1, 0)).toBeLessThan(0.2)
    expect(learned.abstainBelow).toBeGreaterThan(scopeOf(learned, -1, -1, 0))
  })

  test('learns that words which no command has mean out of scope', () => {
    const learned = calibrate(world(900, 0.1, 0.6))
    expect(scopeOf(learned, 0, -1, 0.6)).toBeLessThan(scopeOf(learned, 0, -1, 0) - 0.2)
  })

  test('asks rather than acts where left-out requests were often wrong', () => {
    expect(calibrate(world(900, 2)).actAbove).toBeGreaterThan(calibrate(world(900, 2, 0, 1)).actAbove)
  })

  test('moves thresholds within bounds alone, that of what destroys above the other', () => {
    for (const separated of [0.05, 0.3, 0.8, 2]) {
      const { actAbove, destroyAbove } = calibrate(world(900, separated))
      expect(actAbove).toBeGreaterThanOrEqual(0.85)
      expect(actAbove).toBeLessThanOrEqual(0.9)
      expect(destroyAbove).toBeGreaterThanOrEqual(0.95)
    }
  })

  test('falls back to the usual where there is nothing to learn from', () => {
    const usual = calibrate([])
    expect(usual).toEqual(calibrate(world(300, 0.8).filter(({ right }) => typeof right !== 'number')))
    expect(calibrate(world(9, 0.8))).toMatchObject({ actAbove: usual.actAbove, abstainBelow: usual.abstainBelow })
  })
})
