import { expect, test } from 'vitest'
import { bestScores, MAX_RANKED, sharesOf } from './ranking.ts'

test('bestScores() keeps the best, best first, and the one given first where scores tie', () => {
  const scores = Float64Array.from({ length: 40 }, (_, i) => i % 8)
  const best = bestScores(scores, scores.keys())
  expect(best.map(({ index }) => index)).toEqual([7, 15, 23, 31, 39, 6, 14, 22, 30, 38])
  expect(best).toHaveLength(MAX_RANKED)
})

test('sharesOf() adds up to 1 and favours the best more the sharper it is', () => {
  const best = bestScores(Float64Array.of(1, 0.5, -3), [0, 1, 2])
  for (const sharpness of [2, 14]) expect(sharesOf(best, sharpness).reduce((sum, share) => sum + share, 0)).toBeCloseTo(1, 12)
  expect(sharesOf(best, 14)[0]).toBeGreaterThan(sharesOf(best, 2)[0]!)
})
