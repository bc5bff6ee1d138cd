import type { FeatureCounts } from './features.ts'

/** A piece of a candidate's text, or of the background. */
export interface Document {
  readonly field: 'id' | 'summary' | 'paraphrase' | 'example' | 'words' | 'background'
  /** Index of the candidate; the number of candidates for the background. */
  readonly label: number
  readonly views: FeatureCounts
}
