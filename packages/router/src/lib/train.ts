import { BACKGROUND } from './background.ts'
import { calibrate } from './calibrate.ts'
import type { Candidate } from './candidate.ts'
import type { Document } from './document.ts'
import { candidateTwice, tooManyCandidates } from './errors.ts'
import { countFeatures } from './features.ts'
import { learnScorer } from './learn.ts'
import { scoreLeftOut } from './left-out.ts'
import { applyMasks, createMaskTable, isMask, type MaskTable } from './masks.ts'
import type { RouterModel } from './model.ts'
import { paraphrasesOf } from './paraphrases.ts'
import { seededRandom } from './random.ts'
import { MATCH_VIEW } from './space.ts'
import { createVocabulary } from './spelling.ts'
import { stem } from './stem.ts'
import { STOP_WORDS } from './stop-words.ts'
import { CONTESTED, createTaught, type Taught, taughtKey } from './taught.ts'
import { tokenize } from './tokens.ts'

export interface TrainOptions {
  /** Same candidates, options and seed give the same model, byte for byte. @default 1 */
  readonly seed?: number
  /** Whether confidence and thresholds are fitted to these candidates, which takes five trainings more. @default true */
  readonly calibrated?: boolean
}

const MAX_CANDIDATES = 60_000

/**
 * Learns the candidates. A tenth of a second for tens of commands, seconds for hundreds: keep the result, see `serializeRouter`.
 * @throws ROUTER_CANDIDATE_TWICE, ROUTER_TOO_MANY
 */
export function trainRouter(candidates: readonly Candidate[], { seed = 1, calibrated = true }: TrainOptions = {}): RouterModel {
  const ids = candidates.map(({ id }) => id)
  const twice = [...Map.groupBy(ids, (id) => id)].find(([, same]) => same.length > 1)
  if (twice !== undefined) throw candidateTwice(twice[0])
  if (ids.length > MAX_CANDIDATES) throw tooManyCandidates(ids.length, MAX_CANDIDATES)
  const slots = candidates.flatMap(({ masks }) => (masks ? [masks] : []))
  const ownWords = candidates.flatMap(({ id, summary }) => tokenize(`${id} ${summary}`).map(({ word }) => stem(word)))
  const masks = createMaskTable(slots, new Set(ownWords))
  const vocabulary = new Map<string, number>()
  const documents = documentsOf(candidates, masks, vocabulary)
  const background = backgroundOf(documents, ids.length, masks, vocabulary)
  const all = [...documents, ...background]
  const { space, scorer } = learnScorer(all, ids.length, seededRandom(seed))
  const calibration = calibrate(calibrated ? scoreLeftOut(all, ids.length, seed) : [])
  const taught = taughtBy(candidates, masks)
  return { ids, slots, masks, vocabulary: createVocabulary(rankWords(vocabulary, masks)), space, scorer, calibration, taught }
}

function taughtBy(candidates: readonly Candidate[], masks: MaskTable): Taught {
  const taught = new Map<number, number>()
  for (const [label, { examples }] of candidates.entries())
    for (const example of examples) {
      const key = taughtKey(applyMasks(tokenize(example), masks).map(({ word }) => word))
      taught.set(key, taught.has(key) && taught.get(key) !== label ? CONTESTED : label)
    }
  return createTaught(taught)
}

const readWords = (text: string, masks: MaskTable, seen: Map<string, number>): string[] => {
  const words = applyMasks(tokenize(text), masks).map(({ word }) => word)
  for (const word of words) if (!isMask(word)) seen.set(word, (seen.get(word) ?? 0) + 1)
  return words
}

function documentsOf(candidates: readonly Candidate[], masks: MaskTable, seen: Map<string, number>): Document[] {
  return candidates.flatMap(({ id, summary, examples, words = [] }, label) => {
    const document = (field: Document['field'], text: string): Document => ({
      field,
      label,
      views: countFeatures(readWords(text, masks, seen)),
    })
    return [
      document('id', id),
      document('summary', summary),
      ...paraphrasesOf(id).map((text) => document('paraphrase', text)),
      ...examples.map((example) => document('example', example)),
      ...(words.length > 0 ? [document('words', words.join(' . '))] : []),
    ]
  })
}

/** A background sentence goes where one text of a candidate covers more than this part of it. */
const MOST_COVERED = 0.5

/** The background, less the sentences that a candidate might be asked with. */
function backgroundOf(documents: readonly Document[], classCount: number, masks: MaskTable, seen: Map<string, number>): Document[] {
  const owners = new Map<number, Set<number>>()
  const holders = new Map<number, number[]>()
  for (const [at, { label, views }] of documents.entries())
    for (const word of views[MATCH_VIEW]!.keys()) {
      owners.set(word, (owners.get(word) ?? new Set()).add(label))
      const texts = holders.get(word)
      if (texts) texts.push(at)
      else holders.set(word, [at])
    }
  const rarity = (word: number): number => Math.log((classCount + 1) / ((owners.get(word)?.size ?? 0) + 0.5))
  return BACKGROUND.map(
    (text): Document => ({ field: 'background', label: classCount, views: countFeatures(readWords(text, masks, seen)) }),
  ).filter(({ views }) => {
    const words = [...views[MATCH_VIEW]!.keys()]
    const most = MOST_COVERED * words.reduce((sum, word) => sum + rarity(word), 0)
    const covered = new Map<number, number>()
    for (const word of words) for (const text of holders.get(word) ?? []) covered.set(text, (covered.get(text) ?? 0) + rarity(word))
    return covered.values().every((part) => part <= most)
  })
}

/** Frequent words first; stop words and values are always known. */
function rankWords(seen: ReadonlyMap<string, number>, masks: MaskTable): string[] {
  const counts = new Map(seen)
  for (const word of STOP_WORDS) counts.set(word, counts.get(word) ?? 1)
  for (const entries of masks.byFirstWord.values())
    for (const { words } of entries) for (const word of words) counts.set(word, counts.get(word) ?? 1)
  return [...counts].sort((a, b) => b[1] - a[1] || (a[0] < b[0] ? -1 : 1)).map(([word]) => word)
}
