import type { Vector } from './space.ts'

/** What an error costs against a wide margin; the value matters little between 1 and 5. */
const COST = 2
/**
 * Few examples are gone over more often: it costs little, and what contradicts itself settles late. With less than the fewest rounds the
 * order in which examples come is worth half a point; from six on it is worth next to nothing.
 */
const EPOCHS = [8, 100] as const
const LOOKS = 4_000
const TOLERANCE = 0.05
/** An example this far on the right side with no say in the weights is left alone until the end. */
const SETTLED = 0.5

/**
 * A linear separator of the first `positives` members from the rest, written to `weights`, bias last: a support vector
 * machine with squared hinge loss, solved in the dual one example at a time. `alphas` is the say of each member; it goes on from where both
 * stand, so that members can be added to a separator that was trained without them.
 */
export function trainSvm(
  vectors: readonly Vector[],
  members: Int32Array,
  positives: number,
  weights: Float64Array,
  alphas: Float64Array,
  random: () => number,
): void {
  const slack = 1 / (2 * COST)
  const bias = weights.length - 1
  const order = Int32Array.from(members.keys())
  let active = members.length
  const epochs = Math.min(EPOCHS[1], Math.max(EPOCHS[0], Math.floor(LOOKS / members.length)))
  for (let epoch = 0; epoch < epochs; epoch++) {
    let worst = 0
    shuffle(order, active, random)
    for (let at = 0; at < active; at++) {
      const k = order[at]!
      const sign = k < positives ? 1 : -1
      const vector = vectors[members[k]!]!
      const gradient = sign * scoreOf(vector, weights) - 1 + slack * alphas[k]!
      if (alphas[k] === 0 && gradient > 0) {
        if (gradient < SETTLED || epoch < 2) continue
        active--
        order[at] = order[active]!
        order[active] = k
        at--
        continue
      }
      worst = Math.max(worst, Math.abs(gradient))
      const alpha = Math.max(alphas[k]! - gradient / (vector.square + 1 + slack), 0)
      const step = (alpha - alphas[k]!) * sign
      alphas[k] = alpha
      const { indices, values } = vector
      for (let i = 0; i < indices.length; i++) weights[indices[i]!]! += step * values[i]!
      weights[bias]! += step
    }
    if (worst < TOLERANCE) return
  }
}

/** What a separator makes of a vector: above 0 on the side of the positives, 1 and more where it is sure. */
export function scoreOf({ indices, values }: Vector, weights: Float64Array): number {
  let score = weights[weights.length - 1]!
  for (let i = 0; i < indices.length; i++) score += weights[indices[i]!]! * values[i]!
  return score
}

function shuffle(order: Int32Array, length: number, random: () => number): void {
  for (let i = length - 1; i > 0; i--) {
    const j = Math.floor(random() * (i + 1))
    const held = order[i]!
    order[i] = order[j]!
    order[j] = held
  }
}
