import { expect, test } from 'vitest'
import { seededRandom } from './random.ts'
import type { Vector } from './space.ts'
import { scoreOf, trainSvm } from './svm.ts'

const vector = (...values: number[]): Vector => ({
  indices: Int32Array.from(values.keys()),
  values: Float32Array.from(values),
  square: values.reduce((sum, value) => sum + value * value, 0),
})

const scoresOf = (vectors: readonly Vector[], weights: Float64Array): readonly number[] => vectors.map((one) => scoreOf(one, weights))

test('trainSvm() puts the separator between the classes, and the deciding example on its margin', () => {
  const vectors = [vector(2, 1), vector(3, 0), vector(2.5, -1), vector(-2, 1), vector(-3, 0), vector(-2.5, -1)]
  const weights = new Float64Array(3)
  trainSvm(vectors, Int32Array.from(vectors.keys()), 3, weights, new Float64Array(6), seededRandom(1))
  const scores = scoresOf(vectors, weights)
  for (const score of scores.slice(0, 3)) expect(score).toBeGreaterThan(0.7)
  for (const score of scores.slice(3)) expect(score).toBeLessThan(-0.7)
  expect(Math.abs(weights[1]!)).toBeLessThan(Math.abs(weights[0]!) / 2)
})

test('trainSvm() goes on from a separator when members join it', () => {
  const vectors = [vector(2, 2), vector(3, 2), vector(-2, 2), vector(2, -2)]
  const weights = new Float64Array(3)
  const alphas = new Float64Array(4)
  trainSvm(vectors, Int32Array.of(0, 1, 2), 2, weights, alphas.subarray(0, 3), seededRandom(1))
  expect(scoresOf(vectors, weights)[3]).toBeGreaterThan(0)
  trainSvm(vectors, Int32Array.of(0, 1, 2, 3), 2, weights, alphas, seededRandom(1))
  expect(scoresOf(vectors, weights).map(Math.sign)).toEqual([1, 1, -1, -1])
})

test('trainSvm() comes to the middle between two classes of the very same examples', () => {
  const vectors = [vector(1, 1), vector(2, 1), vector(1, 2)]
  const weights = new Float64Array(3)
  trainSvm(
    [...vectors, ...vectors],
    Int32Array.from({ length: 6 }, (_, i) => i),
    3,
    weights,
    new Float64Array(6),
    seededRandom(1),
  )
  for (const score of scoresOf(vectors, weights)) expect(Math.abs(score)).toBeLessThan(0.2)
})
