import type { Argument } from '../arguments/fill.ts'
import { lexemesOf } from '../arguments/lexeme.ts'
import type { Part } from '../compound/split.ts'
import type { RouterModel } from '../model.ts'
import { readRequest } from '../request.ts'
import type { Routed } from '../routed.ts'
import { hasFeature } from '../space.ts'
import { stem } from '../stem.ts'
import { STOP_WORDS } from '../stop-words.ts'
import type { CommandFacts } from './command-facts.ts'
import type { DecideOptions } from './decide.ts'

/** Of commands that have to be asked about anyway, as nothing tells them apart, those that go well come first; the very unlikely stay behind. */
export function provenFirst(ranked: Routed['ranked'], successOf: DecideOptions['successOf']): Routed['ranked'] {
  const [first] = ranked
  if (first === undefined || successOf === undefined) return ranked
  const close = ranked.filter(({ confidence }) => confidence >= first.confidence / 2)
  const weigh = ({ id, confidence }: (typeof ranked)[number]): number => confidence * successOf(id)
  return [...close.sort((a, b) => weigh(b) - weigh(a)), ...ranked.slice(close.length)]
}

/** A command that only looks may be this much less sure than one that changes something: a wrong look costs a glance. */
const LOOKS_FOR_LESS = 0.05

/** Whether a part is done unasked: the surer it has to be, the more it could do. */
export function isSure(
  { outcome, confidence }: Routed,
  { effect }: CommandFacts,
  model: RouterModel,
  part: Part,
  args: Readonly<Record<string, Argument>>,
): boolean {
  const { actAbove, destroyAbove } = model.calibration
  if (effect === 'destroy' || (confidence < destroyAbove && saysMore(model, part, args)))
    return outcome === 'act' && confidence >= destroyAbove
  if (outcome === 'act') return true
  // One word is a topic, however sure it is.
  return effect === 'read' && confidence >= actAbove - LOOKS_FOR_LESS && lexemesOf(part.text).length > 1
}

/** Whether a part says something that no command's texts say, and that is no value either: "read the runbook aloud". */
function saysMore(model: RouterModel, { text, start: offset }: Part, args: Readonly<Record<string, Argument>>): boolean {
  return readRequest(model, text).some(
    ({ word, start, end }) =>
      /^[a-z']+$/.test(word) &&
      !STOP_WORDS.has(word) &&
      !hasFeature(model.space, 'match', stem(word)) &&
      !Object.values(args).some(({ from }) => from[0] <= start + offset && end + offset <= from[1]),
  )
}
