import { expect, test } from 'vitest'
import { seededRandom } from './random.ts'
import type { Vector } from './space.ts'
import { trainSvm } from './svm.ts'

const vector = (...values: number[]): Vector => ({
  indices: Int32Array.from(values.keys()),
  values: Float32Array.from(values),
  square: values.reduce((sum, value) => sum + value * value, 0),
})

test('trainSvm() puts the separator between the classes, and the deciding example on its margin', () => {
  const vectors = [vector(2, 1), vector(3, 0), vector(2.5, -1), vector(-2, 1), vector(-3, 0), vector(-2.5, -1)]
  const weights = new Float64Array(3)
  trainSvm(vectors, Int32Array.from(vectors.keys()), 3, weights, seededRandom(1))
  const scores = vectors.map(({ values }) => weights[0]! * values[0]! + weights[1]! * values[1]! + weights[2]!)
  for (const score of scores.slice(0, 3)) expect(score).toBeGreaterThan(0.7)
  for (const score of scores.slice(3)) expect(score).toBeLessThan(-0.7)
  expect(Math.abs(weights[1]!)).toBeLessThan(Math.abs(weights[0]!) / 2)
})
