import { scopeOf } from './calibrate.ts'
import { countFeatures } from './features.ts'
import type { RouterModel } from './model.ts'
import { readRequest } from './request.ts'
import type { Outcome, Ranked, Reason, Routed, RouteOptions } from './routed.ts'
import { scoreVector } from './scorer.ts'
import { vectorize } from './space.ts'

const nothing = (reason: Reason): Routed => ({ outcome: 'abstain', reason, confidence: 0, scope: 0, ranked: [] })

/** Ranks the commands for one request. Never throws, whatever the text; the work is bounded, whatever its length. */
export function route(model: RouterModel, text: string, { limit = 5, only, masks }: RouteOptions = {}): Routed {
  const competing = model.ids.flatMap((id, index) => (only === undefined || only.has(id) ? [index] : []))
  if (competing.length === 0) return nothing('no-candidates')
  const words = readRequest(model, text, masks).map(({ word }) => word)
  if (words.length === 0) return nothing('empty')
  const scores = scoreVector(model.scorer, vectorize(model.space, countFeatures(words)))
  // Ties go to the command that was given first, so that an answer never depends on how a runtime sorts.
  competing.sort((a, b) => scores[b]! - scores[a]! || a - b)
  const best = scores[competing[0]!]!
  const scope = scopeOf(model.calibration, best, scores.at(-1)!)
  const shares = competing.map((index) => Math.exp(model.calibration.sharpness * (scores[index]! - best)))
  const total = shares.reduce((sum, share) => sum + share, 0)
  const ranked = competing
    .slice(0, limit)
    .map((index, i): Ranked => ({ id: model.ids[index]!, confidence: (scope * shares[i]!) / total, points: scores[index]! }))
  const confidence = scope / total
  return { ...judge(model, scope, confidence, scope * ((shares[1] ?? 0) / total)), confidence, scope, ranked }
}

function judge(
  { calibration: { actAbove, abstainBelow } }: RouterModel,
  scope: number,
  first: number,
  second: number,
): { outcome: Outcome; reason: Reason } {
  if (scope < abstainBelow) return { outcome: 'abstain', reason: 'off-topic' }
  if (first >= actAbove) return { outcome: 'act', reason: 'sure' }
  return { outcome: 'ask', reason: second > first / 2 ? 'close' : 'unsure' }
}
