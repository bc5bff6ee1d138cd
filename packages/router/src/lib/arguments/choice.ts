import { stem } from '../stem.ts'
import { isVerb as isKnownVerb } from '../verbs.ts'
import { CHOICE_WORDS } from './choice-words.ts'
import type { Field } from './field.ts'
import type { Lexeme } from './lexeme.ts'

export interface ChoiceMention {
  readonly value: string
  readonly start: number
  readonly end: number
  /** Higher is surer: the value itself, called by the field's name, is surest. */
  readonly points: number
}

/** What an argument that is open mostly is. */
export const SUGGESTED: Readonly<Record<string, readonly string[]>> = { channel: ['alpha', 'beta', 'rc', 'canary', 'nightly'] }
const DETERMINERS = new Set('the a an this that my our all it them every each any'.split(' '))
const POLITE = new Set("please can could you would just now then and lets let's to i want need like i'd should we".split(' '))

/** Where a request says one of a field's choices: in its own words, or in words that mean the same. */
export function choicesIn(
  lexemes: readonly Lexeme[],
  field: Field,
  { exactOnly = false, ownWords = new Set() }: { readonly exactOnly?: boolean; readonly ownWords?: ReadonlySet<string> } = {},
): readonly ChoiceMention[] {
  const { slot, words, required, list } = field
  const found: ChoiceMention[] = []
  for (const { value, phrases } of valuesOf(field)) {
    for (const { phrase, points, exact } of phrases) {
      if (exactOnly && !exact) continue
      for (let at = 0; at + phrase.length <= lexemes.length; at++) {
        if (!phrase.every((word, i) => matches(lexemes[at + i]!, word))) continue
        if (phrase.length === 1 && slot !== 'action' && isVerb(lexemes, at)) continue
        if (list && !required && phrase.length === 1 && isOwnWord(lexemes, at, ownWords, words)) continue
        const called = isCalled(lexemes, at, at + phrase.length - 1, words)
        found.push({
          value,
          start: lexemes[at]!.start,
          end: lexemes[at + phrase.length - 1]!.end,
          points: points + (called ? 2 : 0) + (phrase.length - 1) * 0.5,
        })
      }
    }
  }
  return found.sort((a, b) => b.points - a.points || a.start - b.start)
}

/** What "run the tests" of a command that runs tests says of its choices is nothing; "only the tests" and "as tests" are another matter. */
function isOwnWord(lexemes: readonly Lexeme[], at: number, ownWords: ReadonlySet<string>, words: readonly string[]): boolean {
  const { lower, stem: stemmed } = lexemes[at]!
  const article = DETERMINERS.has(lexemes[at - 1]?.lower ?? '') ? 1 : 0
  const before = lexemes[at - 1 - article]?.lower ?? ''
  return (
    isKnownVerb(lower) && ownWords.has(stemmed) && !words.includes(stemmed) && !CHOOSING.has(before) && !isCalled(lexemes, at, at, words)
  )
}

const CHOOSING = new Set('only just as in to with by for --'.split(' '))

interface Phrase {
  readonly phrase: readonly string[]
  readonly points: number
  /** The value itself, rather than words for it. */
  readonly exact: boolean
}

interface ChoiceValue {
  readonly value: string
  readonly phrases: readonly Phrase[]
}

/** Put into words once for the many requests they are looked for in. */
const values = new WeakMap<Field, readonly ChoiceValue[]>()

function valuesOf(field: Field): readonly ChoiceValue[] {
  const { slot, name, choices = SUGGESTED[slot] ?? [] } = field
  const made = values.get(field) ?? choices.map((value) => ({ value, phrases: phrasesOf(value, name) }))
  values.set(field, made)
  return made
}

function phrasesOf(value: string, field: string): readonly Phrase[] {
  const own = value.replace(/([a-z0-9])([A-Z])/g, '$1 $2').toLowerCase()
  const written = [[own], own.split(/[\s_-]+/)].filter((words, i) => i === 0 || words.length > 1)
  const phrases = written.map((phrase) => ({ phrase, points: 3, exact: true }))
  const same = CHOICE_WORDS.filter(({ of, value: meant }) => meant === own.replaceAll(/[\s_]/g, '-') && (of === undefined || of.has(field)))
  return [...phrases, ...same.flatMap(({ words }) => words.map((word) => ({ phrase: word.split(' '), points: 1.5, exact: false })))]
}

/** The same word, in any of its forms. */
function matches({ lower, stem: stemmed }: Lexeme, word: string): boolean {
  // "three runs" are not running.
  const participle = /(?:ing|ed)$/.exec(word)?.[0]
  return (
    lower === word ||
    (word.length > 2 && stemmed === stem(word) && (participle === undefined || lower.endsWith(participle))) ||
    lower.replaceAll('-', '') === word.replaceAll('-', '')
  )
}

/** "open an issue" opens one; "open issues" are the ones that are open. Only an action is what a verb says. */
function isVerb(lexemes: readonly Lexeme[], at: number): boolean {
  const next = lexemes[at + 1]
  if (next === undefined || lexemes[at]!.endsClause || !DETERMINERS.has(next.lower)) return false
  for (let i = at - 1; i >= 0; i--) if (!POLITE.has(lexemes[i]!.lower)) return lexemes[i]!.endsClause
  return true
}

function isCalled(lexemes: readonly Lexeme[], first: number, last: number, words: readonly string[]): boolean {
  const near = [first - 2, first - 1, last + 1].map((i) => lexemes[i]?.stem)
  return words.some((word) => near.includes(word))
}
