import { expect, test } from 'vitest'
import { createPostings, nearestNegatives } from './negatives.ts'
import type { Vector } from './space.ts'

/** A text that is `noun` of feature 0 and `verb` of feature 1. */
const vector = (noun: number, verb: number): Vector => ({
  indices: Int32Array.of(0, 1),
  values: Float32Array.of(noun, verb),
  square: noun * noun + verb * verb,
})

test('nearestNegatives() takes the nearest, but from no class more than its part, and keeps the rest at hand', () => {
  // Class 0 is asked about; class 1 shares its noun in a thousand texts, class 2 its verb in ten.
  const classes = 1_000
  const labels = [0, ...Array<number>(1_000).fill(1), ...Array<number>(10).fill(2)]
  const vectors = labels.map((label) => (label === 0 ? vector(1, 0.5) : label === 1 ? vector(1, 0) : vector(0, 1)))
  const { hardest, further } = nearestNegatives(0, Float32Array.of(1, 0.5), createPostings(vectors, 2), labels, classes)
  const taken = hardest.map((i) => labels[i])
  expect(taken).not.toContain(0)
  expect(taken.filter((label) => label === 1)).toHaveLength(2)
  expect(taken.filter((label) => label === 2)).toHaveLength(2)
  expect(further.map((i) => labels[i])).not.toContain(0)
  expect(further.filter((i) => hardest.includes(i))).toEqual([])
  expect(further.length).toBeGreaterThan(900)
})
