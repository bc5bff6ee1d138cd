import { stem } from '../stem.ts'
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

const DETERMINERS = new Set('the a an this that my our all it them every each any'.split(' '))
const POLITE = new Set("please can could you would just now then and lets let's to i want need like i'd should we".split(' '))

/** Where a request says one of a field's choices: in its own words, or in words that mean the same. */
export function choicesIn(
  lexemes: readonly Lexeme[],
  { choices = [], words, name, slot }: Field,
  { exactOnly = false } = {},
): readonly ChoiceMention[] {
  const found: ChoiceMention[] = []
  for (const value of choices) {
    for (const { phrase, points } of phrasesOf(value, name, exactOnly)) {
      for (let at = 0; at + phrase.length <= lexemes.length; at++) {
        if (!phrase.every((word, i) => matches(lexemes[at + i]!, word))) continue
        if (phrase.length === 1 && slot !== 'action' && isVerb(lexemes, at)) continue
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

interface Phrase {
  readonly phrase: readonly string[]
  readonly points: number
}

function phrasesOf(value: string, field: string, exactOnly: boolean): readonly Phrase[] {
  const own = value.replace(/([a-z0-9])([A-Z])/g, '$1 $2').toLowerCase()
  const written = [[own], own.split(/[\s_-]+/)].filter((words, i) => i === 0 || words.length > 1)
  const phrases = written.map((phrase) => ({ phrase, points: 3 }))
  if (exactOnly) return phrases
  const same = CHOICE_WORDS.filter(({ of, value: meant }) => meant === own.replaceAll(/[\s_]/g, '-') && (of === undefined || of.has(field)))
  return [...phrases, ...same.flatMap(({ words }) => words.map((word) => ({ phrase: word.split(' '), points: 1.5 })))]
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
