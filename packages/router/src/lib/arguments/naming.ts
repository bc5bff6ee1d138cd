import type { SlotValues } from '../candidate.ts'
import { STOP_WORDS } from '../stop-words.ts'
import type { Field } from './field.ts'
import { kindsOf } from './kind-words.ts'
import type { Lexeme } from './lexeme.ts'
import { isEveryday, NO_NAME } from './name.ts'
import { ADJECTIVES, ARTICLES, bare, reportedIn, type SignalOptions, signalsOf } from './naming-signals.ts'
import { type NamingGroup, weightOf } from './naming-weights.ts'
import { NUMBER_WORDS } from './number.ts'

export interface NameMention {
  readonly field: Field
  readonly value: string
  readonly start: number
  readonly end: number
}

/** Fields that hold what a request is about, so that its object is theirs. */
const OBJECTS = new Set('service target container unit host server template plugin component app'.split(' '))
/** "issue number 4", "project id 7". */
const NUMBERING = new Set(['number', 'no', 'nr', 'id'])
const POINTING = new Set('this the our my a every all each'.split(' '))
/** "roll out", "bring up": a part of the verb. */
const PARTICLES = new Set('out off up down back over away'.split(' '))
/** Signals of what looks like a name. */
const NAMELIKE = new Set(['usual name', 'unknown', 'shaped'])
const NAME = /^[\p{L}\p{N}@][\p{L}\p{N}_.@/-]*$/u

export interface NamingOptions extends SignalOptions {
  /** All of the command's arguments: "container redis" is not a service where there is a container. */
  readonly fields: readonly Field[]
  /** Nothing is guessed: only what is named outright is taken, or where this workspace knows no names, what is very likely one. */
  readonly literal: boolean
  readonly names: SlotValues
}

/** "the server called notes", and where a thing has to be named, "the north oven": whatever the word is. */
const CERTAIN = 10
const OUTRIGHT = ['kind before', 'kind after', 'named']
/** How much more has to speak for a name than against it where nothing may be guessed. */
const LITERAL_MARGIN = 1

/**
 * The names that a request gives things that nobody knows yet: "the billing service", "logs of billing", "restart billing". Each word is
 * weighed for each field against leaving that open, and the surest pair is taken first; one name a field but for a list.
 */
export function namesIn(lexemes: readonly Lexeme[], open: readonly Field[], options: NamingOptions): readonly NameMention[] {
  const words = candidatesIn(lexemes, options)
  const rated = open.flatMap((field) => {
    const { group, nulls, candidates } = choiceOf(lexemes, field, words, options)
    const least = sum(nulls, group)
    const isKnown = options.names[field.slot] !== undefined
    return candidates.map(({ at, signals, kindSignals }) => {
      const points = sum(signals, group) + sum(kindSignals, group) - least
      // A number is a name only where it is said to be one.
      if (/^\d+$/.test(lexemes[at]!.lower) && !kindSignals.includes('kind before')) return { field, group, at, points: 0 }
      const isCertain = kindSignals.includes('kind called') || (group === 'other' && field.required && kindSignals.includes('the and kind'))
      if (isCertain) return { field, group, at, points: CERTAIN }
      const isGuess = options.literal && !OUTRIGHT.some((signal) => kindSignals.includes(signal))
      return { field, group, at, points: isGuess ? (isKnown ? 0 : points - LITERAL_MARGIN) : points }
    })
  })
  const found: NameMention[] = []
  const used = new Set<number>()
  for (const { field, group, at } of rated.filter(({ points }) => points > 0).sort((a, b) => b.points - a.points || a.at - b.at)) {
    if (used.has(at) || found.some((one) => one.field === field)) continue
    for (const one of field.list ? joinedWith(lexemes, at, words, group) : [at]) {
      if (used.has(one)) continue
      used.add(one)
      const value = bare(lexemes[one]!.text)
      found.push({ field, value, start: lexemes[one]!.start, end: lexemes[one]!.start + value.length })
    }
  }
  return found
}

export interface Candidate {
  readonly at: number
  readonly signals: readonly string[]
}

/** What is chosen among for a field: words, or none of them. */
export interface NameChoice {
  readonly group: NamingGroup
  /** What speaks for leaving the field open. */
  readonly nulls: readonly string[]
  readonly candidates: readonly (Candidate & { readonly kindSignals: readonly string[] })[]
}

export function choiceOf(
  lexemes: readonly Lexeme[],
  field: Field,
  words: readonly Candidate[],
  { fields }: Pick<NamingOptions, 'fields'>,
): NameChoice {
  const context = contextOf(lexemes, field, fields)
  const candidates = words.map((word) => ({ ...word, kindSignals: kindSignalsOf(lexemes, word.at, field, context) }))
  return { group: context.group, nulls: context.nulls, candidates }
}

export function candidatesIn(lexemes: readonly Lexeme[], options: SignalOptions): readonly Candidate[] {
  const words = [...lexemes.keys()].flatMap((at) => {
    const { text, lower, start, end } = lexemes[at]!
    if (!NAME.test(bare(text)) || STOP_WORDS.has(lower) || PARTICLES.has(lower) || Object.hasOwn(NUMBER_WORDS, lower)) return []
    return options.isTaken(start, end) ? [] : [{ at, signals: signalsOf(lexemes, at, options) }]
  })
  // What only tells what is the matter says less where there is a name in what is asked for.
  const reported = reportedIn(lexemes)
  const isNamed = words.some(({ at, signals }) => !reported.has(at) && signals.some((signal) => NAMELIKE.has(signal)))
  return isNamed ? words.map(({ at, signals }) => ({ at, signals: reported.has(at) ? [...signals, 'reported'] : signals })) : words
}

interface NamingContext {
  readonly group: NamingGroup
  readonly kinds: ReadonlySet<string>
  readonly otherKinds: ReadonlySet<string>
  /** What speaks for leaving the field open. */
  readonly nulls: readonly string[]
}

function contextOf(lexemes: readonly Lexeme[], field: Field, fields: readonly Field[]): NamingContext {
  const { slot } = field
  const { own: kinds, others: otherKinds } = kindsOf(field, fields)
  const isObject = OBJECTS.has(slot) && field.default === undefined && (slot === 'service' || !otherKinds.has('service'))
  const nulls = ['none']
  if (field.required) nulls.push('required')
  if (field.default !== undefined) nulls.push('has default')
  if (field.list) nulls.push('list')
  if (field.kind === 'folder') nulls.push('folder')
  if (lexemes.some(({ lower }) => kinds.has(lower))) nulls.push('kind said')
  if (lexemes.some(({ lower }, at) => kinds.has(lower) && POINTING.has(lexemes[at - 1]?.lower ?? ''))) nulls.push('kind pointed at')
  return { group: slot === 'project' ? 'project' : isObject ? 'object' : 'other', kinds, otherKinds, nulls }
}

/** Where the words stand that say of what a thing is the name: "the billing service", "project billing". */
function kindSignalsOf(
  lexemes: readonly Lexeme[],
  at: number,
  { slot }: Field,
  { kinds, otherKinds }: Pick<NamingContext, 'kinds' | 'otherKinds'>,
): readonly string[] {
  const found: string[] = []
  const before = lexemes[at - 1]
  const next = lexemes[at + 1]
  if (kinds.has(bare(lexemes[at]!.lower))) found.push('kind itself')
  if (before !== undefined && !before.endsClause) {
    const isSaid = /^(?:is|be|are)$/.test(before.lower) && lexemes[at - 2]?.lower === slot
    const isNumbered = NUMBERING.has(before.lower) && kinds.has(lexemes[at - 2]?.lower ?? '')
    if (isSaid || isNumbered || kinds.has(before.lower)) found.push('kind before')
    if (before.lower === slot) found.push('own name before')
    const placed = lexemes[at - 2]?.lower
    if (/^(?:to|on|at)$/.test(before.lower) && (placed === slot || placed === `${slot}s`)) found.push('own name and place before')
    if (otherKinds.has(before.lower)) found.push('other kind before')
  }
  const word = lexemes[at]!
  if (
    next?.lower === slot &&
    !word.endsClause &&
    ARTICLES.has(before?.lower ?? '') &&
    !ADJECTIVES.has(word.lower) &&
    !NO_NAME.has(word.lower)
  )
    found.push('the and kind')
  const named = namedThing(lexemes, at)
  if (named !== undefined && !otherKinds.has(named)) found.push(kinds.has(named) ? 'kind called' : 'named')
  if (next !== undefined && !lexemes[at]!.endsClause && kinds.has(bare(next.lower))) found.push('kind after')
  return found
}

/** What is called so: "record" of "a record called drill", "it" of "call it drill"; nothing where nothing is said to be called. */
function namedThing(lexemes: readonly Lexeme[], at: number): string | undefined {
  const [first, second, third] = [lexemes[at - 3]?.lower ?? '', lexemes[at - 2]?.lower ?? '', lexemes[at - 1]]
  if (third === undefined || third.endsClause) return undefined
  if (/^(?:called|named)$/.test(third.lower)) return second
  if (third.lower === 'name') return 'name'
  if (third.lower === 'to' && lexemes.some(({ lower }) => lower.startsWith('renam'))) return 'name'
  if (second === 'name' && /^(?:is|be)$/.test(third.lower)) return first
  return third.lower === 'it' && /^(?:call|name)$/.test(second) ? 'it' : undefined
}

const sum = (signals: readonly string[], group: NamingGroup): number => {
  let points = 0
  for (const signal of signals) points += weightOf(signal, group)
  return points
}

/** "web, api and worker": the names that stand in a row with one. */
function joinedWith(lexemes: readonly Lexeme[], at: number, words: readonly Candidate[], group: NamingGroup): readonly number[] {
  const couldBe = (index: number): boolean =>
    words.some((one) => one.at === index) && (group === 'other' || !isEveryday(lexemes[index]!.lower))
  const row = [at]
  for (const step of [1, -1])
    for (let next = at + step; ; next += step) {
      const joiner = /^(?:and|or)$/.test(lexemes[next]?.lower ?? '')
      const [left, right] = step === 1 ? [next - 1, next] : [next, next + 1]
      if (joiner) next += step
      if (step === 1 && joiner && ARTICLES.has(lexemes[next]?.lower ?? '')) next++
      if (!couldBe(next) || !(joiner || (lexemes[left]!.endsClause && lexemes[right] !== undefined))) break
      row.push(next)
    }
  return row.sort((a, b) => a - b)
}
