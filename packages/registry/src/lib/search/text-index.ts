import type { Entry } from '../entry.ts'
import { type Word, wordsOf } from './words.ts'

export type Field = 'name' | 'keywords' | 'plugin' | 'summary' | 'examples'

/** How much a word counts by where it stands. */
const FIELD_WEIGHTS: Readonly<Record<Field, number>> = { name: 4, keywords: 3, plugin: 1.5, summary: 1.5, examples: 0.7 }
export const FIELDS = Object.keys(FIELD_WEIGHTS) as readonly Field[]
/** How fast repeating a word stops counting, and how much a long text counts less. */
const SATURATION = 1.2
const LENGTH_PART = 0.6
/** What a word stands for that only begins so, or is one letter off. */
const PREFIX_SHARE = 0.6
const TYPO_SHARE = 0.7
const MAX_PREFIX_TERMS = 40

/** Where one stem stands: entries in order, what it is worth to each (0 to 1), and in which fields, a bit each. */
interface Postings {
  readonly docs: number[]
  readonly impacts: number[]
  readonly fields: number[]
}

/** What one word of a query met. */
export interface Met {
  readonly word: string
  /** What was met where it is another word: the rest of it, or what it was taken for. */
  readonly as: string | undefined
  /** How rare it is; what it is worth at most. */
  readonly rarity: number
  readonly share: number
  readonly postings: readonly Postings[]
}

/** BM25F over entries; built once and never changed. */
export interface TextIndex {
  readonly size: number
  /** Each word of a query once, with what it meets; a word that nothing has meets nothing. */
  meet(query: string): readonly Met[]
  /** Entries whose name or id a query is, however its words are joined. */
  named(query: string): ReadonlySet<number>
}

export function createTextIndex(entries: readonly Entry[]): TextIndex {
  const byStem = new Map<string, Postings>()
  const lengths = new Float64Array(entries.length)
  entries.forEach((entry, doc) => {
    FIELDS.forEach((field, bit) => {
      for (const { stem } of fieldWords(entry, field)) {
        const weight = FIELD_WEIGHTS[field]
        lengths[doc]! += weight
        const postings = byStem.get(stem) ?? { docs: [], impacts: [], fields: [] }
        if (postings.docs.length === 0) byStem.set(stem, postings)
        const last = postings.docs.length - 1
        if (postings.docs[last] === doc) {
          postings.impacts[last]! += weight
          postings.fields[last]! |= 1 << bit
        } else {
          postings.docs.push(doc)
          postings.impacts.push(weight)
          postings.fields.push(1 << bit)
        }
      }
    })
  })
  const byName = new Map<string, Set<number>>()
  entries.forEach(({ id, name }, doc) => {
    for (const form of [nameForm(name), nameForm(id)]) byName.set(form, (byName.get(form) ?? new Set()).add(doc))
  })
  const usual = lengths.reduce((sum, length) => sum + length, 0) / Math.max(1, entries.length)
  const norms = lengths.map((length) => SATURATION * (1 - LENGTH_PART + (LENGTH_PART * length) / Math.max(1, usual)))
  for (const { docs, impacts } of byStem.values()) {
    for (let i = 0; i < docs.length; i++) impacts[i] = impacts[i]! / (impacts[i]! + norms[docs[i]!]!)
  }
  const stems = [...byStem.keys()].sort()
  const byFirst = Map.groupBy(stems, (stem) => stem[0]!)
  const rarityOf = (found: number): number => Math.log(1 + (entries.length - found + 0.5) / (found + 0.5))

  function meetOne({ text, stem }: Word): Met {
    const exact = byStem.get(stem)
    if (exact !== undefined) return { word: text, as: undefined, rarity: rarityOf(exact.docs.length), share: 1, postings: [exact] }
    // What is left of a longer word begins too many others.
    const begun = stem.length >= (stem === text ? 3 : 4) ? beginningWith(stems, stem) : []
    const near = begun.length > 0 ? begun : stem.length >= 5 ? (byFirst.get(stem[0]!) ?? []).filter((other) => isOneOff(stem, other)) : []
    const postings = near.slice(0, MAX_PREFIX_TERMS).map((other) => byStem.get(other)!)
    const found = postings.reduce((sum, { docs }) => sum + docs.length, 0)
    const share = begun.length > 0 ? PREFIX_SHARE : TYPO_SHARE
    // What nothing has is as rare as can be: an entry that lacks it lacks much of what was asked for.
    return { word: text, as: near[0], rarity: rarityOf(Math.min(found, entries.length)), share, postings }
  }

  return {
    size: entries.length,
    meet(query) {
      const words = new Map(wordsOf(query, 64, 'alone').map((word) => [word.stem, word]))
      return [...words.values()].map(meetOne)
    },
    named: (query) => byName.get(nameForm(query.slice(0, MAX_NAME))) ?? NOBODY,
  }
}

const MAX_NAME = 300
const NOBODY: ReadonlySet<number> = new Set()

const nameForm = (text: string): string =>
  text
    .trim()
    .toLowerCase()
    .replace(/^\//, '')
    .replaceAll(/[\s_.:-]+/g, '-')

function fieldWords(entry: Entry, field: Field): Word[] {
  if (field === 'keywords') return wordsOf([...entry.keywords, entry.category ?? ''].join(' , '), 60)
  if (field === 'examples') return wordsOf(entry.examples.join(' , '), 200)
  return wordsOf(entry[field], field === 'summary' ? 200 : 20)
}

/** Those of a sorted list that begin so. */
function beginningWith(sorted: readonly string[], start: string): string[] {
  let low = 0
  let high = sorted.length
  while (low < high) {
    const middle = (low + high) >> 1
    if (sorted[middle]! < start) low = middle + 1
    else high = middle
  }
  const found: string[] = []
  for (let at = low; at < sorted.length && found.length < MAX_PREFIX_TERMS && sorted[at]!.startsWith(start); at++) found.push(sorted[at]!)
  return found
}

/** Whether one letter was left out, put in, changed, or changed places with its neighbour. */
export function isOneOff(a: string, b: string): boolean {
  if (Math.abs(a.length - b.length) > 1) return false
  let from = 0
  while (from < a.length && from < b.length && a[from] === b[from]) from++
  let end = 0
  while (end < Math.min(a.length, b.length) - from && a[a.length - 1 - end] === b[b.length - 1 - end]) end++
  const [left, right] = [a.length - from - end, b.length - from - end]
  if (left <= 1 && right <= 1) return true
  return left === 2 && right === 2 && a[from] === b[from + 1] && a[from + 1] === b[from]
}
