/** Only so many of the best commands share the confidence: hundreds of hopeless ones would each take a little from the right one. */
export const MAX_RANKED = 10

export interface RankedScore {
  readonly index: number
  readonly score: number
}

/** The best of the scores, best first, at most `MAX_RANKED`; ties go to the one that was given first. */
export function bestScores(scores: Float64Array, competing: Iterable<number>): RankedScore[] {
  const best: RankedScore[] = []
  for (const index of competing) {
    const score = scores[index]!
    if (best.length === MAX_RANKED && score <= best[MAX_RANKED - 1]!.score) continue
    let at = best.length
    while (at > 0 && score > best[at - 1]!.score) at--
    best.splice(at, 0, { index, score })
    if (best.length > MAX_RANKED) best.pop()
  }
  return best
}

/** How the chance that one of these is meant falls to each of them; adds up to 1. */
export function sharesOf(best: readonly RankedScore[], sharpness: number): number[] {
  const shares = best.map(({ score }) => Math.exp(sharpness * (score - best[0]!.score)))
  const total = shares.reduce((sum, share) => sum + share, 0)
  return shares.map((share) => share / total)
}
