import type { Document } from './document.ts'
import { indexOfFeature, MATCH_VIEW, type Space } from './space.ts'

const FIELD_WEIGHTS = { id: 2, summary: 1, paraphrase: 0.3, words: 1, example: 1, background: 0 } as const
const SATURATION = 1.2
const LENGTH_PART = 0.75

/** BM25F without its rarity, which the request's side holds: for each class, how saturated each of its words is. */
export function measureMatches(documents: readonly Document[], classCount: number, space: Space): Map<number, number>[] {
  const counts = Array.from({ length: classCount + 1 }, () => new Map<number, number>())
  for (const { views, label, field } of documents) {
    if (field === 'background') continue
    for (const [hash, times] of views[MATCH_VIEW]!) {
      const feature = indexOfFeature(space, hash)
      counts[label]!.set(feature, (counts[label]!.get(feature) ?? 0) + times * FIELD_WEIGHTS[field])
    }
  }
  const lengths = counts.map((count) => count.values().reduce((sum, times) => sum + times, 0))
  const usual = lengths.reduce((sum, length) => sum + length, 0) / Math.max(1, classCount)
  counts.forEach((count, ofClass) => {
    const norm = SATURATION * (1 - LENGTH_PART + (LENGTH_PART * lengths[ofClass]!) / Math.max(1, usual))
    for (const [feature, times] of count) count.set(feature, times / (times + norm))
  })
  return counts
}
