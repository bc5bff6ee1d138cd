import { countFeatures, hashFeature, VIEWS, type View, visitFeatures } from './features.ts'
import type { RouterModel } from './model.ts'
import { readRequest } from './request.ts'
import type { RouteOptions } from './routed.ts'
import { weightOf } from './scorer.ts'
import { indexOfFeature, vectorize } from './space.ts'
import { stem } from './stem.ts'
import { tellFeature, tellWord, VIEW_NAMES } from './tell-feature.ts'
import { tokenize } from './tokens.ts'

/** One thing in a request that spoke for a command, or against it. */
export interface Evidence {
  readonly view: View
  /** The view in words for people. */
  readonly as: string
  /** What was seen, in words for people. */
  readonly seen: string
  readonly points: number
}

export interface Explanation {
  readonly id: string
  /** What everything together came to: the `points` of the ranking. */
  readonly points: number
  /** What the command starts from before a word is read. */
  readonly start: number
  readonly byView: Readonly<Record<View, number>>
  /** Strongest first. */
  readonly evidence: readonly Evidence[]
  /** Words that were read as something else: corrected, or taken for a value of a slot. */
  readonly reread: readonly { readonly text: string; readonly as: string; readonly start: number; readonly end: number }[]
}

/** Why a command got its points for a request; `undefined` for a command the model does not know. */
export function explain(
  model: RouterModel,
  text: string,
  id: string,
  { limit = 12 }: Pick<RouteOptions, 'limit'> = {},
): Explanation | undefined {
  const command = model.ids.indexOf(id)
  if (command === -1) return undefined
  const tokens = readRequest(model, text)
  const words = tokens.map(({ word }) => word)
  const { indices, values } = vectorize(model.space, countFeatures(words))
  const valueAt = new Map(Array.from(indices, (index, i) => [index, values[i]!]))
  const evidence = new Map<string, Evidence>()
  const written = new Map(words.toReversed().map((word) => [stem(word), tellWord(word)]))
  const tell = (stemmed: string): string => written.get(stemmed) ?? stemmed
  const byView = Object.fromEntries(VIEWS.map((view) => [view, 0])) as Record<View, number>
  visitFeatures(words, (number, ...pieces) => {
    const seen = pieces.join('')
    const view = VIEWS[number]!
    const index = indexOfFeature(model.space, hashFeature(number, seen))
    const points = index === -1 ? 0 : weightOf(model.scorer, index, command) * valueAt.get(index)!
    if (points === 0 || evidence.has(`${view} ${seen}`)) return
    evidence.set(`${view} ${seen}`, { view, as: VIEW_NAMES[view], seen: tellFeature(view, seen, tell), points })
    byView[view] += points
  })
  const start = model.scorer.biases[command]!
  return {
    id,
    points: VIEWS.reduce((sum, view) => sum + byView[view], start),
    start,
    byView,
    evidence: [...evidence.values()].sort((a, b) => Math.abs(b.points) - Math.abs(a.points)).slice(0, limit),
    reread: tokens.flatMap(({ word, start, end }) => {
      const written = text.slice(start, end)
      // Contractions and numbers are read as something else by everybody; masks and corrections are worth telling.
      return tokenize(written).some((plain) => plain.word === word) ? [] : [{ text: written, as: tellWord(word), start, end }]
    }),
  }
}
