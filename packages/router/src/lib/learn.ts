import { type FeatureCounts, VIEWS } from './features.ts'
import { createScorerBuilder, type Scorer } from './scorer.ts'
import { createSpace, indexOfFeature, MATCH_VIEW, type Space, type Vector, vectorize } from './space.ts'
import { trainSvm } from './svm.ts'

/** A piece of a candidate's text, or of the background. */
export interface Document {
  readonly field: 'id' | 'summary' | 'example' | 'words' | 'background'
  /** Index of the candidate; the number of candidates for the background. */
  readonly label: number
  readonly views: FeatureCounts
}

export interface Learned {
  readonly space: Space
  readonly scorer: Scorer
}

/** How rarity grows: less than its logarithm, as everyday words tell requests apart too. */
const RARITY_POWER = 0.6
/** How much likeness to the mean of a command's texts adds to what the separators say. */
const MEAN_WEIGHT = 0.85
/** How much the share of the request found in a command's own words adds. */
const MATCH_WEIGHT = 0.85
const FIELD_WEIGHTS = { id: 2, summary: 1, words: 1, example: 1, background: 0 } as const
const MATCH_SATURATION = 1.2
const MATCH_LENGTH = 0.75
/** Weights below this part of a class's greatest are dropped. */
const PRUNE_BELOW = 0.03

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
  const weights = new Float64Array(space.hashes.length + 1)
  members.forEach((positives, ofClass) => {
    if (positives.length === 0) {
      builder.add(ofClass, [], [], ABSENT)
      return
    }
    meanOf(positives, vectors, mean)
    const hard = hardestNegatives(ofClass, mean, postings, labels, classCount)
    trainSvm(vectors, Int32Array.from([...positives, ...hard]), positives.length, weights, random)
    let greatest = 0
    for (let i = 0; i < mean.length; i++) {
      weights[i]! += MEAN_WEIGHT * mean[i]!
      greatest = Math.max(greatest, Math.abs(weights[i]!))
    }
    const features: number[] = []
    const kept: number[] = []
    for (let i = 0; i < mean.length; i++)
      if (Math.abs(weights[i]!) > PRUNE_BELOW * greatest) {
        features.push(i)
        kept.push(weights[i]!)
      }
    for (const [feature, weight] of matches[ofClass]!) {
      features.push(feature)
      kept.push(MATCH_WEIGHT * weight)
    }
    builder.add(ofClass, features, kept, weights.at(-1)!)
  })
  return dropSilent(space, builder.build())
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
  const hashes = Uint32Array.from(frequencies.flatMap((frequency) => [...frequency.keys()]))
  const rarity = Float32Array.from(
    frequencies.flatMap((frequency, view) => Array.from(frequency.values(), (count) => rarityOf(view, count))),
  )
  return createSpace(
    hashes,
    rarity,
    Float32Array.from(VIEWS, (_, view) => rarityOf(view, view === MATCH_VIEW ? 0 : 0.5)),
  )
}

/** BM25F without its rarity, which the request's side holds: for each class, how saturated each of its words is. */
function measureMatches(documents: readonly Document[], classCount: number, space: Space): Map<number, number>[] {
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
    const norm = MATCH_SATURATION * (1 - MATCH_LENGTH + (MATCH_LENGTH * lengths[ofClass]!) / Math.max(1, usual))
    for (const [feature, times] of count) count.set(feature, times / (times + norm))
  })
  return counts
}

/** For each feature the vectors that have it, with their values. */
interface Postings {
  readonly starts: Uint32Array
  readonly vectors: Uint32Array
  readonly values: Float32Array
}

function createPostings(vectors: readonly Vector[], featureCount: number): Postings {
  const starts = new Uint32Array(featureCount + 1)
  for (const { indices } of vectors) for (const index of indices) starts[index + 1]!++
  for (let i = 0; i < featureCount; i++) starts[i + 1]! += starts[i]!
  const next = starts.slice()
  const owners = new Uint32Array(starts[featureCount]!)
  const values = new Float32Array(starts[featureCount]!)
  vectors.forEach((vector, owner) => {
    vector.indices.forEach((index, i) => {
      const entry = next[index]!++
      owners[entry] = owner
      values[entry] = vector.values[i]!
    })
  })
  return { starts, vectors: owners, values }
}

/** The mean direction of some vectors, of length 1. */
function meanOf(members: readonly number[], vectors: readonly Vector[], mean: Float32Array): void {
  mean.fill(0)
  for (const member of members) {
    const { indices, values } = vectors[member]!
    for (let i = 0; i < indices.length; i++) mean[indices[i]!]! += values[i]!
  }
  const length = Math.sqrt(mean.reduce((sum, value) => sum + value * value, 0))
  if (length > 0) for (let i = 0; i < mean.length; i++) mean[i]! /= length
}

/**
 * The vectors of other classes that look most like this one: the far ones would not move the separator. No class gives
 * more than its part, or a command would learn to differ from those of its noun alone, and not from those of its verb.
 */
function hardestNegatives(
  ofClass: number,
  mean: Float32Array,
  postings: Postings,
  labels: readonly number[],
  classCount: number,
): number[] {
  const likeness = new Float32Array(labels.length)
  for (let feature = 0; feature < mean.length; feature++) {
    const weight = mean[feature]!
    if (weight === 0) continue
    const end = postings.starts[feature + 1]!
    for (let entry = postings.starts[feature]!; entry < end; entry++)
      likeness[postings.vectors[entry]!]! += weight * postings.values[entry]!
  }
  let positives = 0
  for (const [i, label] of labels.entries())
    if (label === ofClass) {
      likeness[i] = Number.NEGATIVE_INFINITY
      positives++
    }
  const wanted = Math.min(2500, Math.max(300, 25 * positives))
  const perClass = Math.max(2, Math.ceil((4 * wanted) / classCount))
  const least =
    likeness
      .slice()
      .sort()
      .at(-4 * wanted) ?? Number.NEGATIVE_INFINITY
  const near = [...labels.keys()].filter((i) => likeness[i]! >= least && labels[i] !== ofClass)
  near.sort((a, b) => likeness[b]! - likeness[a]! || a - b)
  const given = new Uint32Array(classCount + 1)
  const background = classCount
  return near.filter((i) => labels[i] === background || given[labels[i]!]!++ < perClass).slice(0, wanted)
}
