import type { Vector } from './space.ts'

/**
 * A linear score for every class, kept by feature: the row of a feature lists the classes it speaks for or against.
 * A weight is 8 bits times its row's scale.
 */
export interface Scorer {
  readonly rowStarts: Uint32Array
  readonly rowScales: Float32Array
  readonly classes: Uint16Array
  readonly weights: Int8Array
  readonly biases: Float32Array
}

/** Adds up every class's score for a vector. */
export function scoreVector({ rowStarts, rowScales, classes, weights, biases }: Scorer, { indices, values }: Vector): Float64Array {
  const scores = new Float64Array(biases)
  for (let i = 0; i < indices.length; i++) {
    const feature = indices[i]!
    const scale = rowScales[feature]! * values[i]!
    const end = rowStarts[feature + 1]!
    for (let entry = rowStarts[feature]!; entry < end; entry++) scores[classes[entry]!]! += weights[entry]! * scale
  }
  return scores
}

/** What one feature adds to one class's score, for a value of 1. */
export function weightOf({ rowStarts, rowScales, classes, weights }: Scorer, feature: number, ofClass: number): number {
  for (let entry = rowStarts[feature]!; entry < rowStarts[feature + 1]!; entry++)
    if (classes[entry] === ofClass) return weights[entry]! * rowScales[feature]!
  return 0
}

/** Collects weights class by class and packs them by feature. */
export interface ScorerBuilder {
  /** The weights of a class, beside their features: in any order, each feature at most once. */
  add(ofClass: number, features: Int32Array, weights: Float32Array, bias: number): void
  build(): Scorer
}

export function createScorerBuilder(featureCount: number, classCount: number): ScorerBuilder {
  const columns: { ofClass: number; features: Int32Array; weights: Float32Array }[] = []
  const biases = new Float32Array(classCount)
  return {
    add(ofClass, features, weights, bias) {
      columns.push({ ofClass, features, weights })
      biases[ofClass] = bias
    },
    build() {
      const rowStarts = new Uint32Array(featureCount + 1)
      const rowScales = new Float32Array(featureCount)
      for (const { features, weights } of columns)
        for (let i = 0; i < features.length; i++) {
          const feature = features[i]!
          rowStarts[feature + 1]!++
          rowScales[feature] = Math.max(rowScales[feature]!, Math.abs(weights[i]!) / 127)
        }
      for (let feature = 0; feature < featureCount; feature++) rowStarts[feature + 1]! += rowStarts[feature]!
      const next = rowStarts.slice()
      const classes = new Uint16Array(rowStarts[featureCount]!)
      const packed = new Int8Array(rowStarts[featureCount]!)
      for (const { ofClass, features, weights } of columns)
        for (let i = 0; i < features.length; i++) {
          const feature = features[i]!
          const entry = next[feature]!++
          classes[entry] = ofClass
          packed[entry] = Math.round(weights[i]! / rowScales[feature]!)
        }
      return { rowStarts, rowScales, classes, weights: packed, biases }
    },
  }
}
