import type { SlotValues } from '../candidate.ts'
import { COMMON_WORDS } from '../common-words.ts'
import { isOneSlip } from '../spelling.ts'
import { stem } from '../stem.ts'
import { STOP_WORDS } from '../stop-words.ts'
import { isVerb } from '../verbs.ts'
import { CHOICE_WORDS } from './choice-words.ts'
import { type Field, wordsOfName } from './field.ts'

export interface Mended {
  readonly text: string
  /** Where a place in the mended text is in the text as it was written. */
  readonly placeOf: (at: number) => number
}

/** Words that any value may be told by; a slip in one would make a name of it. */
const ALWAYS =
  'seconds minutes hours weeks months second minute month yesterday environment service services project version replicas replica instances copies warnings release'.split(
    ' ',
  )
/** Shorter words are one slip away from too many others. */
const SHORTEST = 5
const WORD = /(?<![\p{L}\p{N}_./@#-])\p{Ll}{5,24}(?![\p{L}\p{N}_/@-]|\.\p{L})/gu

/** The words that a command's arguments are told by; made once for the many requests they are looked for in. */
const vocabularies = new WeakMap<readonly Field[], readonly string[]>()

function vocabularyOf(fields: readonly Field[]): readonly string[] {
  const made = vocabularies.get(fields)
  if (made !== undefined) return made
  const words = fields.flatMap(({ name, choices = [] }) => {
    const meant = CHOICE_WORDS.filter(({ of, value }) => choices.includes(value) && (of === undefined || of.has(name)))
    return [...wordsOfName(name), ...choices.flatMap((one) => [one, `${one}s`]), ...meant.flatMap((one) => one.words)]
  })
  const all = [...new Set([...ALWAYS, ...words])].filter((word) => word.length >= SHORTEST && /^[a-z]+$/.test(word))
  vocabularies.set(fields, all)
  return all
}

const sets = new WeakMap<SlotValues, ReadonlySet<string>>()

function knownNames(names: SlotValues): ReadonlySet<string> {
  const made = sets.get(names) ?? new Set(Object.values(names).flatMap((values) => values.map((value) => value.toLowerCase())))
  sets.set(names, made)
  return made
}

/** A request with the slips of the pen mended in the words that its values are told by: "the last four huors". What may be a name is left alone. */
export function mended(text: string, fields: readonly Field[], names: SlotValues): Mended {
  const known = knownNames(names)
  const vocabulary = vocabularyOf(fields)
  const shifts: { readonly at: number; readonly by: number }[] = []
  let by = 0
  const result = text.replace(WORD, (word: string, at: number) => {
    if (COMMON_WORDS.has(word) || STOP_WORDS.has(word) || isVerb(word) || known.has(word) || vocabulary.includes(word)) return word
    const meant = vocabulary.find((known) => known[0] === word[0] && isOneSlip(word, known) && stem(known) !== stem(word))
    if (meant === undefined) return word
    by += meant.length - word.length
    if (meant.length !== word.length) shifts.push({ at: at + by + word.length, by: word.length - meant.length })
    return meant
  })
  if (shifts.length === 0) return { text: result, placeOf: (at) => at }
  return { text: result, placeOf: (at) => at + shifts.reduce((sum, shift) => sum + (at >= shift.at ? shift.by : 0), 0) }
}
