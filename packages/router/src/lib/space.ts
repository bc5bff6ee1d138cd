import { type FeatureCounts, hashFeature, VIEWS, type View } from './features.ts'

/** A sparse vector: parallel arrays, each index at most once. */
export interface Vector {
  readonly indices: Int32Array
  readonly values: Float32Array
  /** The sum of the values squared. */
  readonly square: number
}

/** Which features exist and how telling each is. Features are numbered in the order of `hashes`. */
export interface Space {
  readonly hashes: Uint32Array
  /** How telling a feature is: rare ones more. */
  readonly rarity: Float32Array
  /** What a feature nobody has seen counts, by view: half of such words make a text half as similar to anything. */
  readonly unseen: Float32Array
  readonly table: Int32Array
}

const VIEW_WEIGHTS = [1, 1, 0.8, 1, 1, 1] as const
export const MATCH_VIEW = VIEWS.indexOf('match')

/** Makes features findable by their hash. */
export function createSpace(hashes: Uint32Array, rarity: Float32Array, unseen: Float32Array): Space {
  let size = 16
  while (size < hashes.length * 2) size *= 2
  const table = new Int32Array(size).fill(-1)
  for (let i = 0; i < hashes.length; i++) {
    let slot = hashes[i]! & (size - 1)
    while (table[slot] !== -1) slot = (slot + 1) & (size - 1)
    table[slot] = i
  }
  return { hashes, rarity, unseen, table }
}

/** The number of a feature, or -1. */
export function indexOfFeature({ table, hashes }: Space, hash: number): number {
  const last = table.length - 1
  for (let slot = hash & last; ; slot = (slot + 1) & last) {
    const index = table[slot]!
    if (index === -1 || hashes[index] === hash) return index
  }
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
      const value = view === MATCH_VIEW ? rarity : rarity * (1 + Math.log(count))
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
  return { indices: Int32Array.from(indices), values: Float32Array.from(values), square }
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
