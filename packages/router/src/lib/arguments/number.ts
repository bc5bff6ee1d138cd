import type { Seen } from './mention.ts'

export const NUMBER_WORDS: Readonly<Record<string, number>> = {
  zero: 0,
  one: 1,
  two: 2,
  three: 3,
  four: 4,
  five: 5,
  six: 6,
  seven: 7,
  eight: 8,
  nine: 9,
  ten: 10,
  eleven: 11,
  twelve: 12,
  fifteen: 15,
  twenty: 20,
  thirty: 30,
  forty: 40,
  fifty: 50,
  sixty: 60,
  hundred: 100,
}
const NUMBER = new RegExp(
  `(?<![\\w.])-?\\d{1,3}(?:,\\d{3})+(?![\\w,])|(?<![\\w.,])-?\\d+(?:\\.\\d+)?(?![\\w]|\\.\\d)|\\b(?:${Object.keys(NUMBER_WORDS).join('|')})\\b`,
  'giu',
)
/** "a dozen" and the like are one number. */
const DOZEN = /\b(?:a|one) dozen\b/giu

export function* numbersIn(text: string): Generator<Seen> {
  for (const match of text.matchAll(DOZEN)) yield { kind: 'number', value: 12, start: match.index, end: match.index + match[0].length }
  for (const match of text.matchAll(NUMBER)) {
    const written = match[0].toLowerCase()
    const value = NUMBER_WORDS[written] ?? Number(written.replaceAll(',', ''))
    yield { kind: 'number', value, start: match.index, end: match.index + match[0].length }
  }
}
