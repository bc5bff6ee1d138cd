import { expect, test } from 'vitest'
import { createPostings, hardestNegatives, mistakenNegatives } from './negatives.ts'
import type { Vector } from './space.ts'

/** A text that is `noun` of feature 0 and `verb` of feature 1. */
const vector = (noun: number, verb: number): Vector => ({
  indices: Int32Array.of(0, 1),
  values: Float32Array.of(noun, verb),
  square: noun * noun + verb * verb,
})

test('hardestNegatives() takes the nearest, but from no class more than its part', () => {
  // Class 0 is asked about; class 1 shares its noun in a thousand texts, class 2 its verb in ten.
  const classes = 1_000
  const labels = [0, ...Array<number>(1_000).fill(1), ...Array<number>(10).fill(2)]
  const vectors = labels.map((label) => (label === 0 ? vector(1, 0.5) : label === 1 ? vector(1, 0) : vector(0, 1)))
  const taken = hardestNegatives(0, Float32Array.of(1, 0.5), createPostings(vectors, 2), labels, classes).map((i) => labels[i])
  expect(taken).not.toContain(0)
  expect(taken.filter((label) => label === 1)).toHaveLength(2)
  expect(taken.filter((label) => label === 2)).toHaveLength(2)
})

test('mistakenNegatives() gives the texts of others that score like this class, but for those seen already', () => {
  const vectors = [vector(1, 1), vector(1, 0), vector(0, 1), vector(1, 0.5), vector(-1, 0)]
  // All but the last score above the line; the first is of the class itself, the second was seen.
  expect(mistakenNegatives(0, Float64Array.of(1, 0.5, -0.5), [1], vectors, [0, 1, 1, 2, 2])).toEqual([2, 3])
})
