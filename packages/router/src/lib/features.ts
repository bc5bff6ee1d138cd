import { visitAct } from './act.ts'
import { isMask } from './masks.ts'
import { stem } from './stem.ts'
import { STOP_WORDS } from './stop-words.ts'
import { synonymGroups } from './synonyms.ts'
import { NUMBER_WORD } from './tokens.ts'

/**
 * The ways a text is looked at: stems and their neighbours; letters inside words; pairs of stems near one another in any
 * order; what the synonym table says, alone and beside a stem; how it is put and what kind of thing its verb asks for; and the plain
 * words a command's own text is searched for.
 * Each view is scaled on its own, so that none drowns the others.
 */
export const VIEWS = ['words', 'letters', 'pairs', 'meaning', 'act', 'match'] as const
export type View = (typeof VIEWS)[number]

/** Told a feature in up to three pieces, which make its label: most features are only counted, and need no text of their own. */
export type Visit = (view: number, label: string, joint?: string, more?: string) => void

const PAIR_WINDOW = 12
const MEANING_WINDOW = 8
const [WORDS, LETTERS, PAIRS, MEANING, ACT, MATCH] = [0, 1, 2, 3, 4, 5] as const

/** Calls `visit` with every feature of a text that was split into words, masked and corrected; repeats are repeated. */
export function visitFeatures(words: readonly string[], visit: Visit): void {
  const stems = words.map(stem)
  visitWords(stems, visit)
  visitPairs(stems, visit)
  visitMeaning(stems, visit)
  visitAct(words, stems, (label, joint, more) => visit(ACT, label, joint, more))
  for (const word of words) if (!isMask(word) && word !== NUMBER_WORD) visitLetters(word, visit)
  stems.forEach((stemmed, i) => {
    if (!STOP_WORDS.has(words[i]!)) visit(MATCH, stemmed)
  })
}

function visitWords(stems: readonly string[], visit: Visit): void {
  let before = '^'
  for (const here of stems) {
    visit(WORDS, here)
    visit(WORDS, before, ' ', here)
    before = here
  }
  if (stems.length > 0) visit(WORDS, before, ' ', '$')
}

function visitPairs(stems: readonly string[], visit: Visit): void {
  stems.forEach((here, i) => {
    for (let j = i + 1; j < Math.min(stems.length, i + PAIR_WINDOW); j++) {
      const there = stems[j]!
      if (here < there) visit(PAIRS, here, ' + ', there)
      else if (here > there) visit(PAIRS, there, ' + ', here)
    }
  })
}

function visitMeaning(stems: readonly string[], visit: Visit): void {
  stems.forEach((here, i) => {
    for (const group of synonymGroups(here)) {
      visit(MEANING, group)
      for (let j = Math.max(0, i - MEANING_WINDOW); j <= Math.min(stems.length - 1, i + MEANING_WINDOW); j++)
        if (j !== i) visit(MEANING, group, ' + ', stems[j])
    }
  })
}

function visitLetters(word: string, visit: Visit): void {
  const framed = `_${word}_`
  for (let size = 3; size <= 4; size++) for (let at = 0; at + size <= framed.length; at++) visit(LETTERS, framed.slice(at, at + size))
}

/** Of a hash, so that engines keep it in place, as they do with whole numbers below 2 ** 31. */
export const HASH_BITS = 31

/** What stands for a feature; a model knows features by these alone and has no strings to load. */
export function hashFeature(view: number, label: string, joint = '', more = ''): number {
  let hash = taken(taken(taken(Math.imul(view + 1, 0x9e3779b1), label), joint), more)
  hash = Math.imul(hash ^ (hash >>> 15), 0x85ebca6b)
  return (hash ^ (hash >>> 13)) >>> (32 - HASH_BITS)
}

function taken(before: number, text: string): number {
  let hash = before
  for (let i = 0; i < text.length; i++) hash = Math.imul(hash ^ text.charCodeAt(i), 0x01000193)
  return hash
}

/** Feature hashes with their number of occurrences, a map a view. */
export type FeatureCounts = readonly ReadonlyMap<number, number>[]

export function countFeatures(words: readonly string[]): FeatureCounts {
  const views = VIEWS.map(() => new Map<number, number>())
  visitFeatures(words, (view, label, joint, more) => {
    const counts = views[view]!
    const feature = hashFeature(view, label, joint, more)
    counts.set(feature, (counts.get(feature) ?? 0) + 1)
  })
  return views
}
