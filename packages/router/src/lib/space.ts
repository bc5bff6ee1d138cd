import { type FeatureCounts, HASH_BITS, hashFeature, VIEWS, type View } from './features.ts'

/** A sparse vector: parallel arrays, each index at most once. */
export interface Vector {
  readonly indices: Int32Array
  readonly values: Float32Array
  /** The sum of the values squared. */
  readonly square: number
}

/** Which features exist and how telling each is. Features are numbered in the order of `hashes`. */
export interface Space {
  /** Ascending. */
  readonly hashes: Uint32Array
  /** How telling a feature is: rare ones more. */
  readonly rarity: Float32Array
  /** What a feature nobody has seen counts, by view: half of such words make a text half as similar to anything. */
  readonly unseen: Float32Array
  /** Where in `hashes` those with these first bits begin; one more, for where the last of them end. */
  readonly begins: Uint32Array
}

const VIEW_WEIGHTS = [1, 1.3, 0.8, 1, 0.6, 1] as const
export const MATCH_VIEW = VIEWS.indexOf('match')

/** So many first bits are shared by few features each, in a model of some hundred thousand. */
const FIRST_BITS = 16

/** Makes features findable by their hash: those with the same first bits lie together, as hashes are ascending. */
export function createSpace(hashes: Uint32Array, rarity: Float32Array, unseen: Float32Array): Space {
  const begins = new Uint32Array(2 ** FIRST_BITS + 1)
  for (const hash of hashes) begins[(hash >>> (HASH_BITS - FIRST_BITS)) + 1]!++
  for (let i = 1; i < begins.length; i++) begins[i]! += begins[i - 1]!
  return { hashes, rarity, unseen, begins }
}

/** The number of a feature, or -1. */
export function indexOfFeature({ begins, hashes }: Space, hash: number): number {
  const first = hash >>> (HASH_BITS - FIRST_BITS)
  const end = begins[first + 1]!
  for (let i = begins[first]!; i < end; i++) if (hashes[i] === hash) return i
  return -1
}

/** Whether anything learned from had this feature. */
export const hasFeature = (space: Space, view: View, label: string): boolean =>
  indexOfFeature(space, hashFeature(VIEWS.indexOf(view), label)) !== -1

/** Where a text lies: every view of length 1 times its weight, less what is unseen; `match` is shares of the request. */
export function vectorize(space: Space, views: FeatureCounts): Vector {
  const indices: number[] = []
  const values: number[] = []
  let square = 0
  views.forEach((counts, view) => {
    const first = values.length
    let norm = 0
    for (const [hash, count] of counts) {
      const index = indexOfFeature(space, hash)
      const rarity = index === -1 ? space.unseen[view]! : space.rarity[index]!
      const value = view === MATCH_VIEW || count === 1 ? rarity : rarity * (1 + Math.log(count))
      norm += view === MATCH_VIEW ? value : value * value
      if (index === -1) continue
      indices.push(index)
      values.push(value)
    }
    const scale = norm > 0 ? VIEW_WEIGHTS[view]! / (view === MATCH_VIEW ? norm : Math.sqrt(norm)) : 0
    for (let i = first; i < values.length; i++) {
      values[i]! *= scale
      square += values[i]! ** 2
    }
  })
  return { indices: new Int32Array(indices), values: new Float32Array(values), square }
}

/** Which part of what a request says no command's texts say, 0 to 1; a rare word counts more. */
export function unknownShare(space: Space, views: FeatureCounts): number {
  let unknown = 0
  let whole = 0
  for (const hash of views[MATCH_VIEW]!.keys()) {
    const index = indexOfFeature(space, hash)
    const rarity = index === -1 ? space.unseen[MATCH_VIEW]! : space.rarity[index]!
    whole += rarity
    if (index === -1) unknown += rarity
  }
  return whole === 0 ? 0 : unknown / whole
}
