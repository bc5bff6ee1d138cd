import type { Vector } from './space.ts'

/** For each feature the vectors that have it, with their values. */
export interface Postings {
  readonly starts: Uint32Array
  readonly vectors: Uint32Array
  readonly values: Float32Array
}

export function createPostings(vectors: readonly Vector[], featureCount: number): Postings {
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

export interface Negatives {
  /** What a separator is learned from first. */
  readonly hardest: readonly number[]
  /** What looks like the class, too, and may be mistaken for it. */
  readonly further: readonly number[]
}

/**
 * The vectors of other classes that look most like this one: the far ones would not move the separator. Of the hardest no class gives
 * more than its part, or a command would learn to differ from those of its noun alone, and not from those of its verb.
 */
export function nearestNegatives(
  ofClass: number,
  mean: Float32Array,
  postings: Postings,
  labels: readonly number[],
  classCount: number,
): Negatives {
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
  const wanted = Math.min(2500, Math.max(300, 8 * positives))
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
  const hardest: number[] = []
  const further: number[] = []
  for (const i of near) {
    const isTaken = hardest.length < wanted && (labels[i] === background || given[labels[i]!]!++ < perClass)
    if (isTaken) hardest.push(i)
    else further.push(i)
  }
  return { hardest, further }
}
