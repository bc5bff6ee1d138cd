import type { Document } from './document.ts'
import { learnScorer } from './learn.ts'
import { seededRandom } from './random.ts'
import { scoreVector } from './scorer.ts'
import { unknownShare, vectorize } from './space.ts'

/** What a model that had not seen a text made of it. */
export interface LeftOut {
  /** Scores of the classes it was trained on, the background's last; absent classes are -Infinity. */
  readonly scores: Float64Array
  /** How much of what it says no command's texts say, see `unknownShare`. */
  readonly unknown: number
  /** The class that was right; else why there is none: it was left out with all its texts, or the text is of the background. */
  readonly right: number | 'absent' | 'background'
}

const FOLDS = 5
/** So many left-out texts say enough: each fold costs a training. */
const ENOUGH = 500

/**
 * Scores texts by models that did not see them. In each fold a fifth of the commands is left out whole: their texts
 * stand for requests that no command does, and are harder than anything made up.
 */
export function scoreLeftOut(documents: readonly Document[], classCount: number, seed: number): LeftOut[] {
  const results: LeftOut[] = []
  const seen = new Int32Array(classCount + 1)
  const fold = documents.map(({ field, label }) => (field === 'example' || field === 'background' ? (seen[label]!++ + label) % FOLDS : -1))
  const perFold = fold.reduce((sum, of) => sum + (of === 0 ? 1 : 0), 0)
  const folds = Math.min(FOLDS, Math.ceil(ENOUGH / Math.max(1, perFold)))
  const leaveClasses = classCount >= 2 * FOLDS
  for (let f = 0; f < folds; f++) {
    const isAbsent = (label: number): boolean => leaveClasses && label < classCount && label % FOLDS === f
    const { space, scorer } = learnScorer(
      documents.filter(({ label }, i) => fold[i] !== f && !isAbsent(label)),
      classCount,
      seededRandom(seed),
    )
    documents.forEach(({ label, views }, i) => {
      if (fold[i] !== f) return
      const scores = scoreVector(scorer, vectorize(space, views))
      for (let k = 0; k < classCount; k++) if (isAbsent(k)) scores[k] = Number.NEGATIVE_INFINITY
      results.push({
        scores,
        unknown: unknownShare(space, views),
        right: label === classCount ? 'background' : isAbsent(label) ? 'absent' : label,
      })
    })
  }
  return results
}
