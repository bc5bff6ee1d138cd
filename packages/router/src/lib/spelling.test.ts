import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { correctSpelling, createVocabulary, isOneSlip, MAX_CORRECTIONS } from './spelling.ts'
import { tokenize } from './tokens.ts'

const vocabulary = createVocabulary(['restart', 'certificate', 'backup', 'staging', 'disk', 'space'])
const correct = (text: string): string =>
  correctSpelling(tokenize(text), vocabulary, () => false)
    .map(({ word }) => word)
    .join(' ')

describe('correctSpelling()', () => {
  test.each([
    ['restrat', 'restart'],
    ['restar', 'restart'],
    ['restaart', 'restart'],
    ['certifikate', 'certificate'],
    ['sbackup', 'backup'],
    ['diskspace', 'disk space'],
  ])('reads %s as %s', (typed, meant) => {
    expect(correct(typed)).toBe(meant)
  })

  test.each([
    ['guild', 'too far from every word'],
    ['stage', 'everyday English'],
    ['bakup2', 'not letters alone'],
    ['dsk', 'too short'],
  ])('leaves %s alone: %s', (typed) => {
    expect(correct(typed)).toBe(typed)
  })

  test('corrects a bounded number of words', () => {
    expect(
      correct('restrat '.repeat(100))
        .split(' ')
        .filter((word) => word === 'restart'),
    ).toHaveLength(MAX_CORRECTIONS)
  })

  test('keeps where the word stood', () => {
    expect(correctSpelling(tokenize('  restrat'), vocabulary, () => false)).toEqual([{ word: 'restart', start: 2, end: 9 }])
  })
})

/** The definition itself: restricted edit distance by the whole table. */
function distance(a: string, b: string): number {
  const rows = Array.from({ length: a.length + 1 }, (_, i) =>
    Array.from({ length: b.length + 1 }, (_, j) => (i === 0 ? j : j === 0 ? i : 0)),
  )
  for (let i = 1; i <= a.length; i++)
    for (let j = 1; j <= b.length; j++) {
      const change = a[i - 1] === b[j - 1] ? 0 : 1
      rows[i]![j] = Math.min(rows[i - 1]![j]! + 1, rows[i]![j - 1]! + 1, rows[i - 1]![j - 1]! + change)
      if (i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1]) rows[i]![j] = Math.min(rows[i]![j]!, rows[i - 2]![j - 2]! + 1)
    }
  return rows[a.length]![b.length]!
}

test('isOneSlip() agrees with the edit distance', () => {
  const word = fc.string({ unit: fc.constantFrom('a', 'b', 'c'), maxLength: 7 })
  fc.assert(
    fc.property(word, word, (a, b) => {
      fc.pre(a !== b)
      expect(isOneSlip(a, b)).toBe(distance(a, b) === 1)
    }),
    { numRuns: 2_000 },
  )
})
