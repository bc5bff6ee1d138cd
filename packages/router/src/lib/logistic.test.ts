import fc from 'fast-check'
import { expect, test } from 'vitest'
import { chanceOf, fitLogistic, type Observation } from './logistic.ts'
import { seededRandom } from './random.ts'

test('fitLogistic() finds the coefficients that made the observations', () => {
  const random = seededRandom(3)
  const truth = [0.5, 2]
  const observations = Array.from({ length: 4_000 }, (): Observation => {
    const signals = [1, 4 * random() - 2]
    return { signals, happened: random() < chanceOf(truth, signals), weight: 1 }
  })
  const [constant, slope] = fitLogistic(observations, [0, 0], 1)
  expect(constant).toBeCloseTo(0.5, 0)
  expect(slope).toBeGreaterThan(1.8)
  expect(slope).toBeLessThan(2.2)
})

test('fitLogistic() never ends worse than where it starts, whatever the observations', () => {
  const observation = fc.record({
    signals: fc
      .tuple(fc.constant(1), fc.double({ min: -9, max: 9, noNaN: true }), fc.double({ min: -2, max: 2, noNaN: true }))
      .map((all) => [...all]),
    happened: fc.boolean(),
    weight: fc.constantFrom(0.01, 1, 30),
  })
  const usual = [1.9, 2.6, -0.5]
  const lossOf = (at: readonly number[], observations: readonly Observation[]): number =>
    observations.reduce(
      (sum, { signals, happened, weight }) => {
        const towards = at.reduce((total, value, i) => total + value * signals[i]!, 0) * (happened ? 1 : -1)
        return sum + weight * (towards > 30 ? 0 : towards < -30 ? -towards : Math.log1p(Math.exp(-towards)))
      },
      at.reduce((sum, value, i) => sum + 5 * (value - usual[i]!) ** 2, 0),
    )
  fc.assert(
    fc.property(fc.array(observation, { maxLength: 60 }), (observations) => {
      const fitted = fitLogistic(observations, usual, 10)
      return fitted.every(Number.isFinite) && lossOf(fitted, observations) <= lossOf(usual, observations) + 1e-6
    }),
    { numRuns: 300 },
  )
})
