import { scopeOf } from './calibrate.ts'
import { countFeatures } from './features.ts'
import type { RouterModel } from './model.ts'
import { bestScores, sharesOf } from './ranking.ts'
import { readRequest } from './request.ts'
import type { Outcome, Ranked, Reason, Routed, RouteOptions } from './routed.ts'
import { scoreVector } from './scorer.ts'
import { unknownShare, vectorize } from './space.ts'
import { CONTESTED, taughtCommand } from './taught.ts'

/** Surer than any threshold. */
const TAUGHT = 0.995
/** Of two that claim the same words none is surer. */
const EVEN = 0.5

const nothing = (reason: Reason): Routed => ({ outcome: 'abstain', reason, confidence: 0, scope: 0, ranked: [] })

/** Ranks the commands for one request. Never throws, whatever the text; the work is bounded, whatever its length. */
export function route(model: RouterModel, text: string, { limit = 5, only }: RouteOptions = {}): Routed {
  const competing = model.ids.flatMap((id, index) => (only === undefined || only.has(id) ? [index] : []))
  if (competing.length === 0) return nothing('no-candidates')
  const words = readRequest(model, text).map(({ word }) => word)
  if (words.length === 0) return nothing('empty')
  const views = countFeatures(words)
  const scores = scoreVector(model.scorer, vectorize(model.space, views))
  const best = bestScores(scores, competing)
  // What is asked in the very words of an example means what the example means.
  const taught = words.length > 1 ? taughtCommand(model.taught, words) : undefined
  const isTaught = taught === best[0]!.index
  const scope = Math.max(
    isTaught ? TAUGHT : 0,
    scopeOf(model.calibration, best[0]!.score, scores.at(-1)!, unknownShare(model.space, views)),
  )
  const shares = sharesOf(best, model.calibration.sharpness)
  const first = isTaught ? Math.max(shares[0]!, TAUGHT) : taught === CONTESTED ? Math.min(shares[0]!, EVEN) : shares[0]!
  const others = shares[0] === 1 ? 0 : (1 - first) / (1 - shares[0]!)
  const confidences = shares.map((share, i) => scope * (i === 0 ? first : share * others))
  const ranked = best
    .slice(0, limit)
    .map(({ index, score }, i): Ranked => ({ id: model.ids[index]!, confidence: confidences[i]!, points: score }))
  const [confidence = 0, second = 0] = confidences
  return { ...judge(model, words.length, scope, confidence, second), confidence, scope, ranked }
}

function judge(
  { calibration: { actAbove, abstainBelow } }: RouterModel,
  words: number,
  scope: number,
  first: number,
  second: number,
): { outcome: Outcome; reason: Reason } {
  if (scope < abstainBelow) return { outcome: 'abstain', reason: 'off-topic' }
  // One word is a topic rather than a request: "certificates" may mean any of the things done with them.
  if (first >= actAbove && words > 1) return { outcome: 'act', reason: 'sure' }
  return { outcome: 'ask', reason: second > first / 2 ? 'close' : 'unsure' }
}
