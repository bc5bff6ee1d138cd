import { measureMatches } from './bm25.ts'
import type { Document } from './document.ts'
import { VIEWS, type View } from './features.ts'
import { createPostings, type Negatives, nearestNegatives } from './negatives.ts'
import { createScorerBuilder, type Scorer } from './scorer.ts'
import { createSpace, MATCH_VIEW, type Space, type Vector, vectorize } from './space.ts'
import { scoreOf, trainSvm } from './svm.ts'

export interface Learned {
  readonly space: Space
  readonly scorer: Scorer
}

/** How rarity grows: less than its logarithm, as everyday words tell requests apart too. */
const RARITY_POWER = 0.6
/** How much likeness to the mean of a command's texts adds to what the separators say. */
const MEAN_WEIGHT = 0.85
/** How much the share of the request that is found in a command's own words adds, and how much more where they say it often. */
const COVER_WEIGHT = 0.8
const MATCH_WEIGHT = 0.2
/**
 * What a command of half as many texts as usual is given: it has not heard as many ways of asking for it, and would lose most requests that
 * a command of many examples might be asked with, too. No more than three times as much.
 */
const HANDICAP = 0.2
const MAX_HALVINGS = 3
/** Weights below this part of a class's greatest are dropped. */
const PRUNE_BELOW = 0.03

/** Of what stands side by side, what was said once is chance: without it a model is smaller by a quarter, and as good. */
const SEEN_ONCE_IS_CHANCE: ReadonlySet<View> = new Set(['pairs', 'meaning'])

/** The score of a class that has no document. */
const ABSENT = -10

/** Learns one scorer from documents; the last class is the background. */
export function learnScorer(documents: readonly Document[], classCount: number, random: () => number): Learned {
  const space = measureSpace(documents, classCount)
  const learned = documents.filter(({ field }) => field !== 'words')
  const vectors = learned.map(({ views }) => vectorize(space, views.slice(0, MATCH_VIEW)))
  const postings = createPostings(vectors, space.hashes.length)
  const matches = measureMatches(documents, classCount, space)
  const builder = createScorerBuilder(space.hashes.length, classCount + 1)
  const members = Array.from({ length: classCount + 1 }, () => [] as number[])
  for (const [i, { label }] of learned.entries()) members[label]!.push(i)
  const labels = learned.map(({ label }) => label)
  const mean = new Float32Array(space.hashes.length)
  const usual = medianOf(members.slice(0, classCount).map(({ length }) => length))
  const weights = new Float64Array(space.hashes.length + 1)
  members.forEach((positives, ofClass) => {
    if (positives.length === 0) {
      builder.add(ofClass, new Int32Array(), new Float32Array(), ABSENT)
      return
    }
    meanOf(positives, vectors, mean)
    separate(positives, nearestNegatives(ofClass, mean, postings, labels, classCount), vectors, weights, random)
    for (let i = 0; i < mean.length; i++) weights[i]! += MEAN_WEIGHT * mean[i]!
    // The separator knows nothing of the features that words are searched for by.
    for (const [feature, weight] of matches[ofClass]!) weights[feature] = COVER_WEIGHT + MATCH_WEIGHT * weight
    const handicap = ofClass === classCount ? 0 : HANDICAP * halvings(usual, positives.length)
    builder.add(ofClass, ...pruned(weights, matches[ofClass]!), weights.at(-1)! + handicap)
  })
  return dropSilent(space, builder.build())
}

/** A text that scores higher than this is near enough to a separator to move it. */
const NEAR = -0.8

/** Learns a class from the others' texts that look most like it, and then from those that this separator takes for it, too, or nearly so. */
function separate(
  positives: readonly number[],
  { hardest, further }: Negatives,
  vectors: readonly Vector[],
  weights: Float64Array,
  random: () => number,
): void {
  const first = [...positives, ...hardest]
  const alphas = new Float64Array(first.length)
  weights.fill(0)
  trainSvm(vectors, Int32Array.from(first), positives.length, weights, alphas, random)
  const mistaken = further.filter((i) => scoreOf(vectors[i]!, weights) > NEAR)
  if (mistaken.length === 0) return
  const all = Int32Array.from([...first, ...mistaken])
  const withMistaken = new Float64Array(all.length)
  withMistaken.set(alphas)
  trainSvm(vectors, all, positives.length, weights, withMistaken, random)
}

const halvings = (usual: number, count: number): number => Math.min(MAX_HALVINGS, Math.max(0, Math.log2(usual / count)))

function medianOf(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b)
  return sorted[sorted.length >> 1] ?? 0
}

/** The features whose weights count beside the greatest, and these weights; those in `always` whatever theirs are. Bias last in `weights`. */
function pruned(weights: Float64Array, always: ReadonlyMap<number, number>): [features: Int32Array, weights: Float32Array] {
  const count = weights.length - 1
  let greatest = 0
  for (let feature = 0; feature < count; feature++) {
    const size = Math.abs(weights[feature]!)
    if (size > greatest && !always.has(feature)) greatest = size
  }
  const least = PRUNE_BELOW * greatest
  const kept = new Int32Array(count)
  let length = 0
  for (let feature = 0; feature < count; feature++) {
    const size = Math.abs(weights[feature]!)
    if (size > least || (size > 0 && always.has(feature))) kept[length++] = feature
  }
  const features = kept.slice(0, length)
  return [features, Float32Array.from(features, (feature) => weights[feature]!)]
}

/** Without the features that speak for and against nobody: rare as they are, they count about what an unseen one does. */
function dropSilent(space: Space, scorer: Scorer): Learned {
  const { rowStarts, rowScales } = scorer
  const speaking = [...space.hashes.keys()].filter((i) => rowStarts[i + 1]! > rowStarts[i]!)
  // Silent rows hold no entries, so the others keep their places.
  const starts = Uint32Array.from([...speaking.map((i) => rowStarts[i]!), rowStarts.at(-1)!])
  return {
    space: createSpace(
      Uint32Array.from(speaking, (i) => space.hashes[i]!),
      Float32Array.from(speaking, (i) => space.rarity[i]!),
      space.unseen,
    ),
    scorer: { ...scorer, rowStarts: starts, rowScales: Float32Array.from(speaking, (i) => rowScales[i]!) },
  }
}

function measureSpace(documents: readonly Document[], classCount: number): Space {
  const frequencies = VIEWS.map(() => new Map<number, number>())
  const lastSeenIn = new Map<number, number>()
  for (const { views, label, field } of documents)
    views.forEach((counts, view) => {
      if (view !== MATCH_VIEW && field === 'words') return
      const frequency = frequencies[view]!
      for (const feature of counts.keys()) {
        if (view === MATCH_VIEW) {
          if (field === 'background' || lastSeenIn.get(feature) === label) continue
          lastSeenIn.set(feature, label)
        }
        frequency.set(feature, (frequency.get(feature) ?? 0) + 1)
      }
    })
  const total = documents.length
  const rarityOf = (view: number, count: number): number =>
    view === MATCH_VIEW ? Math.log(1 + (classCount - count + 0.5) / (count + 0.5)) : Math.log((total + 1) / (count + 0.5)) ** RARITY_POWER
  const rarities = new Map<number, number>()
  frequencies.forEach((frequency, view) => {
    const least = SEEN_ONCE_IS_CHANCE.has(VIEWS[view]!) ? 2 : 1
    for (const [hash, count] of frequency) if (count >= least) rarities.set(hash, rarityOf(view, count))
  })
  const hashes = Uint32Array.from(rarities.keys()).sort()
  return createSpace(
    hashes,
    Float32Array.from(hashes, (hash) => rarities.get(hash)!),
    Float32Array.from(VIEWS, (_, view) => rarityOf(view, view === MATCH_VIEW ? 0 : 0.5)),
  )
}

/** The mean direction of some vectors, of length 1. */
function meanOf(members: readonly number[], vectors: readonly Vector[], mean: Float32Array): void {
  mean.fill(0)
  for (const member of members) {
    const { indices, values } = vectors[member]!
    for (let i = 0; i < indices.length; i++) mean[indices[i]!]! += values[i]!
  }
  let square = 0
  for (let i = 0; i < mean.length; i++) square += mean[i]! * mean[i]!
  const length = Math.sqrt(square)
  if (length > 0) for (let i = 0; i < mean.length; i++) mean[i]! /= length
}
