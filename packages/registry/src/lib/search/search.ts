import type { Capabilities, Entry, EntryKind } from '../entry.ts'
import type { Figures } from '../figures.ts'
import type { Health } from '../health.ts'
import { FIELDS, type Field, type Met, type TextIndex } from './text-index.ts'

/** What is looked for; a text, or capabilities, or both. */
export interface SearchQuery {
  readonly text: string
  readonly kinds?: readonly EntryKind[]
  /** Only of these plugins. */
  readonly plugins?: readonly string[]
  /** Only of this category. */
  readonly category?: string
  /** Only what knows about all of these. */
  readonly only?: Partial<Capabilities>
  /** What it should know about: counts where it does, and with an empty text one of them has to be met. */
  readonly wants?: Partial<Capabilities>
  /** Also what is down. @default false */
  readonly down?: boolean
  /** @default 10 */
  readonly limit?: number
}

/** One reason for points; they add up to `points` of the result. */
export interface Point {
  readonly why: 'word' | 'name' | 'domain' | 'context' | 'pattern'
  readonly what: string
  /** Where the words stand. */
  readonly in?: readonly Field[]
  readonly points: number
}

export interface SearchResult {
  readonly entry: Entry
  /** `points` times `available` times `success`: what it is ranked by. */
  readonly score: number
  readonly points: number
  readonly reasons: readonly Point[]
  /** 1 when ready, less when degraded, 0 when down. */
  readonly available: number
  /** Share of runs that went well, with a prior where there were few. */
  readonly success: number
  /** How much of what was asked for it has, 0 to 1: its words weighed by how rare they are. */
  readonly coverage: number
}

/** What a search knows of each entry beside its texts. */
export interface SearchFacts {
  healthOf(entry: Entry): Health
  figuresOf(entry: Entry): Figures
  capabilitiesOf(entry: Entry): Capabilities
}

/** Points of a capability, as for plugins in routing. */
const POINTS = { domain: 30, context: 20, pattern: 15 } as const
/** What a word that is as rare as can be, in an entry that is about nothing else, is worth. */
const WORD_POINTS = 10
const EXACT_NAME = 40
/** Less than a third of what was asked for is no answer. */
const LEAST_COVERAGE = 0.34
/** Where the words are fewer, a third of the capabilities makes up for it. */
const LEAST_WITH_CAPABILITIES = 0.1
const AVAILABLE: Readonly<Record<Health['state'], number>> = { registered: 1, ready: 1, degraded: 0.5, down: 0, gone: 0 }

/** Ranks entries; what has less than a third of what was asked for is left out, so that there may be no result. */
export function search(index: TextIndex, entries: readonly Entry[], facts: SearchFacts, query: SearchQuery): readonly SearchResult[] {
  const { text, limit = 10, wants = {}, only = {} } = query
  const met = index.meet(text)
  const scores = new Float64Array(entries.length)
  const covered = new Float64Array(entries.length)
  const asked = met.reduce((sum, { rarity }) => sum + rarity, 0)
  for (const word of met) addWord(word, scores, covered)
  const wanted = wantedOf(wants)
  const needed = wantedOf(only)
  const named = index.named(text)
  const fits = filterOf(query)
  const best: Candidate[] = []
  const isBefore = (a: Candidate, b: Candidate): boolean =>
    a.rank > b.rank || (a.rank === b.rank && entries[a.doc]!.id < entries[b.doc]!.id)
  for (let doc = 0; doc < entries.length; doc++) {
    const coverage = asked === 0 ? 0 : covered[doc]! / asked
    if (
      met.length === 0 ? wanted.length + needed.length === 0 : coverage < (wanted.length === 0 ? LEAST_COVERAGE : LEAST_WITH_CAPABILITIES)
    )
      continue
    const entry = entries[doc]!
    if (!fits(entry)) continue
    if (needed.length > 0 && capabilityPoints(needed, facts.capabilitiesOf(entry)).length < needed.length) continue
    const capable = wanted.length === 0 ? 0 : sumOf(capabilityPoints(wanted, facts.capabilitiesOf(entry)))
    if (met.length > 0 && coverage < LEAST_COVERAGE && capable < LEAST_COVERAGE * sumOf(wanted)) continue
    const points = scores[doc]! + capable + (met.length === 0 ? sumOf(needed) : 0) + (named.has(doc) ? EXACT_NAME : 0)
    const rank = points * AVAILABLE[facts.healthOf(entry).state] * facts.figuresOf(entry).success
    if (points <= 0 || (rank <= 0 && query.down !== true)) continue
    if (best.length === limit && rank < best[limit - 1]!.rank) continue
    const candidate = { doc, rank, coverage }
    const at = best.findIndex((other) => isBefore(candidate, other))
    best.splice(at === -1 ? best.length : at, 0, candidate)
    if (best.length > limit) best.pop()
  }
  return best.map(({ doc, coverage }) => {
    const entry = entries[doc]!
    const reasons = [
      ...(named.has(doc) ? [{ why: 'name', what: entry.name, points: EXACT_NAME } as const] : []),
      ...met.flatMap((word) => wordPoints(word, doc)),
      ...capabilityPoints(wanted, facts.capabilitiesOf(entry)),
      ...(met.length === 0 ? needed : []),
    ].sort((a, b) => b.points - a.points)
    const points = sumOf(reasons)
    const available = AVAILABLE[facts.healthOf(entry).state]
    const { success } = facts.figuresOf(entry)
    return { entry, score: points * available * success, points, reasons, available, success, coverage }
  })
}

interface Candidate {
  readonly doc: number
  readonly rank: number
  readonly coverage: number
}

function filterOf({ kinds, plugins, category }: SearchQuery): (entry: Entry) => boolean {
  return (entry) =>
    (kinds === undefined || kinds.includes(entry.kind)) &&
    (plugins === undefined || plugins.includes(entry.plugin)) &&
    (category === undefined || entry.category === category)
}

/** What a word adds to each entry that has it. Of several words that it may stand for, the best counts. */
function addWord(word: Met, scores: Float64Array, covered: Float64Array): void {
  const { rarity, share, postings } = word
  if (postings.length === 1) {
    const { docs, impacts } = postings[0]!
    for (let i = 0; i < docs.length; i++) {
      scores[docs[i]!]! += WORD_POINTS * rarity * share * impacts[i]!
      covered[docs[i]!]! += rarity * share
    }
    return
  }
  const best = new Map<number, number>()
  for (const { docs, impacts } of postings) {
    for (let i = 0; i < docs.length; i++) best.set(docs[i]!, Math.max(best.get(docs[i]!) ?? 0, impacts[i]!))
  }
  for (const [doc, impact] of best) {
    scores[doc]! += WORD_POINTS * rarity * share * impact
    covered[doc]! += rarity * share
  }
}

function wordPoints({ word, as, rarity, share, postings }: Met, doc: number): Point[] {
  let impact = 0
  let bits = 0
  for (const { docs, impacts, fields } of postings) {
    const at = indexOf(docs, doc)
    if (at === -1) continue
    impact = Math.max(impact, impacts[at]!)
    bits |= fields[at]!
  }
  if (impact === 0) return []
  const places = FIELDS.filter((_, bit) => (bits & (1 << bit)) !== 0)
  return [{ why: 'word', what: as === undefined ? word : `${word} (${as}…)`, in: places, points: WORD_POINTS * rarity * share * impact }]
}

function wantedOf({ domains = [], contexts = [], patterns = [] }: Partial<Capabilities>): Point[] {
  const as = (why: 'domain' | 'context' | 'pattern', values: readonly string[]): Point[] =>
    values.map((what) => ({ why, what, points: POINTS[why] }))
  return [...as('domain', domains), ...as('context', contexts), ...as('pattern', patterns)]
}

function capabilityPoints(wanted: readonly Point[], { domains, contexts, patterns }: Capabilities): Point[] {
  const has = { domain: domains, context: contexts, pattern: patterns } as const
  return wanted.filter(({ why, what }) => why !== 'word' && why !== 'name' && has[why].includes(what))
}

const sumOf = (reasons: readonly Point[]): number => reasons.reduce((sum, { points }) => sum + points, 0)

/** In a sorted list, -1 where it is not. */
function indexOf(sorted: readonly number[], value: number): number {
  let low = 0
  let high = sorted.length
  while (low < high) {
    const middle = (low + high) >> 1
    if (sorted[middle]! < value) low = middle + 1
    else high = middle
  }
  return sorted[low] === value ? low : -1
}
