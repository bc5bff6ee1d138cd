import { expect, test } from 'vitest'
import type { Document } from './document.ts'
import { countFeatures } from './features.ts'
import { scoreLeftOut } from './left-out.ts'

test('scoreLeftOut() scores each example once, a fifth of them as requests no command does', () => {
  const classes = 10
  const documents = Array.from({ length: classes * 5 }, (_, i): Document => {
    const label = Math.floor(i / 5)
    return { field: 'example', label, views: countFeatures([`verb${i % 5}`, `noun${label}`]) }
  })
  const results = scoreLeftOut(documents, classes, 1)
  expect(results).toHaveLength(documents.length)
  const out = results.filter(({ right }) => right === 'absent')
  expect(out).toHaveLength(classes)
  for (const { scores } of out) expect(scores.filter((score) => score === Number.NEGATIVE_INFINITY)).toHaveLength(2)
  for (const { scores, right } of results) if (typeof right === 'number') expect(scores[right]).toBeGreaterThan(Number.NEGATIVE_INFINITY)
})
