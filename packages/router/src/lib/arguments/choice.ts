import { stem } from '../stem.ts'
import { CHOICE_WORDS } from './choice-words.ts'
import type { Field } from './field.ts'
import { negatedAt } from './flag.ts'
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
/** "make it critical" */
const MAKES = new Set('make set mark call keep rate put turn consider label'.split(' '))
const DETERMINERS = new Set('the a an this that my our all it them every each any'.split(' '))
const POLITE = new Set("please can could you would just now then and lets let's to i want need like i'd should we".split(' '))

/** Where a request says one of a field's choices: in its own words, or in words that mean the same. */
export function choicesIn(
  lexemes: readonly Lexeme[],
  field: Field,
  { exactOnly = false }: { readonly exactOnly?: boolean } = {},
): readonly ChoiceMention[] {
  const { slot, words, list } = field
  const found: ChoiceMention[] = []
  for (const { value, phrases } of valuesOf(field)) {
    for (const { phrase, points, exact } of phrases) {
      if (exactOnly && !exact) continue
      for (let at = 0; at + phrase.length <= lexemes.length; at++) {
        const last = endOf(lexemes, at, phrase)
        if (last === undefined) continue
        if (phrase.length === 1 && slot !== 'action' && isVerb(lexemes, at, list)) continue
        if (negatedAt(lexemes, at) !== undefined || lexemes[at - 1]?.lower === 'most') continue
        const called = isCalled(lexemes, at, last, words)
        found.push({
          value,
          start: lexemes[at]!.start,
          // What stands between a verb and its "back" is no part of it.
          end: lexemes[at + phrase.length - 1 === last ? last : at]!.end,
          points: points + (called ? 2 : 0) + (phrase.length - 1) * 0.5,
        })
      }
    }
  }
  return found.sort((a, b) => b.points - a.points || a.start - b.start)
}

interface Word {
  readonly text: string
  readonly stem: string
  readonly joined: string
  /** Of "running", which "three runs" are not. */
  readonly participle?: string
}

interface Phrase {
  readonly phrase: readonly Word[]
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
  const { slot, name, choices = SUGGESTED[slot] ?? field.suggested } = field
  const made = values.get(field) ?? choices.map((value) => ({ value, phrases: phrasesOf(value, name) }))
  values.set(field, made)
  return made
}

function phrasesOf(value: string, field: string): readonly Phrase[] {
  const own = value.replace(/([a-z0-9])([A-Z])/g, '$1 $2').toLowerCase()
  const written = [[own], own.split(/[\s_-]+/)].filter((words, i) => i === 0 || words.length > 1)
  const phrases = written.map((phrase) => ({ phrase: phrase.map(wordOf), points: 3, exact: true }))
  const same = CHOICE_WORDS.filter(({ of, value: meant }) => meant === own.replaceAll(/[\s_]/g, '-') && (of === undefined || of.has(field)))
  return [
    ...phrases,
    ...same.flatMap(({ words }) => words.map((word) => ({ phrase: word.split(' ').map(wordOf), points: 1.5, exact: false }))),
  ]
}

const wordOf = (text: string): Word => {
  const participle = /(?:ing|ed)$/.exec(text)?.[0]
  return { text, stem: stem(text), joined: text.replaceAll('-', ''), ...(participle !== undefined && { participle }) }
}

/** The same word, in any of its forms. */
const matches = ({ lower, stem: stemmed }: Lexeme, { text, stem: meant, joined, participle }: Word): boolean =>
  lower === text ||
  (text.length > 2 && stemmed === meant && (participle === undefined || lower.endsWith(participle))) ||
  (lower.includes('-') ? lower.replaceAll('-', '') === joined : lower === joined)

/** The last word of a phrase that begins at a place: "roll the api back" says "roll back", too. */
function endOf(lexemes: readonly Lexeme[], at: number, phrase: readonly Word[]): number | undefined {
  if (phrase.every((word, i) => matches(lexemes[at + i]!, word))) return at + phrase.length - 1
  const [verb, particle] = phrase
  if (phrase.length !== 2 || particle?.text !== 'back' || !matches(lexemes[at]!, verb!)) return undefined
  for (let next = at + 1; next < Math.min(at + 6, lexemes.length) && !lexemes[next - 1]!.endsClause; next++)
    if (matches(lexemes[next]!, particle)) return next
  return undefined
}

/** "open an issue" opens one; "open issues" are the ones that are open. Only an action is what a verb says. */
function isVerb(lexemes: readonly Lexeme[], at: number, isStep: boolean): boolean {
  const next = lexemes[at + 1]
  if (lexemes[at]!.lower.endsWith('ed')) return false
  // "did it pass"
  if (/^(?:it|they)$/.test(lexemes[at - 1]?.lower ?? '')) return !isStep && !MAKES.has(lexemes[at - 2]?.lower ?? '')
  if (next === undefined || lexemes[at]!.endsClause || !DETERMINERS.has(next.lower)) return false
  for (let i = at - 1; i >= 0; i--) if (!POLITE.has(lexemes[i]!.lower)) return lexemes[i]!.endsClause
  return true
}

function isCalled(lexemes: readonly Lexeme[], first: number, last: number, words: readonly string[]): boolean {
  const near = [first - 2, first - 1, last + 1].map((i) => lexemes[i]?.stem)
  return words.some((word) => near.includes(word))
}
