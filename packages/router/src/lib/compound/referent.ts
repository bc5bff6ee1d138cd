import { lexemesOf } from '../arguments/lexeme.ts'
import { isVerb, VERBS } from '../verbs.ts'

const PRONOUN = /\b(?:it|them|that|those|this|these|this one|that one|the same)\b/iu
const LEADING = new Set('please can could you would will i we want to let us also just now first then next finally and me'.split(' '))
const PLACES = new Set('in on of for from with by at to about into onto since until after before that which who'.split(' '))
/** A pronoun among more words than these says little of what is asked. */
const MAX_WORDS = 8

/**
 * A part with what its pronoun stands for in place of it: "publish it" behind "cut a minor release" asks to publish a minor release.
 * The part itself where nothing in it points back, or nothing stands before it.
 */
export function spelledOut(text: string, before: string | undefined): string {
  if (before === undefined || lexemesOf(text).length > MAX_WORDS) return text
  const found = PRONOUN.exec(text)
  const object = found === null ? undefined : objectOf(before)
  if (found === null || object === undefined) return text
  return `${text.slice(0, found.index)}${object}${text.slice(found.index + found[0].length)}`
}

/** What a request is about: the words behind its verb, up to where they say where or how. */
function objectOf(text: string): string | undefined {
  const lexemes = lexemesOf(text)
  let first = lexemes.findIndex(({ lower }) => VERBS.has(lower) || (isVerb(lower) && lower.endsWith('ing')))
  if (first === -1) return undefined
  do first++
  while (LEADING.has(lexemes[first]?.lower ?? '') || PLACES.has(lexemes[first]?.lower ?? ''))
  let end = first
  while (end < lexemes.length && !PLACES.has(lexemes[end]!.lower) && !lexemes[end - 1]?.endsClause) end++
  if (end === first && first < lexemes.length) end = first + 1
  return first >= lexemes.length ? undefined : text.slice(lexemes[first]!.start, lexemes[end - 1]!.end)
}
