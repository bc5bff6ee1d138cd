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
const FEW_WORDS = /\b(?:a|one) (?:(dozen)|single)\b/giu

/** "3x", "x3". */
const TIMES = /(?<![\w.])(?:x(\d{1,4})|(\d{1,4})x)(?![\w.])/giu
/** Behind these "one" is a thing that was spoken of. */
const POINTING = /\b(?:that|this|the|which|each|every|no|any|another|new|old|last|first|next) $/iu

export function* numbersIn(text: string): Generator<Seen> {
  const seen = (match: RegExpMatchArray, value: number): Seen => ({
    kind: 'number',
    value,
    start: match.index!,
    end: match.index! + match[0].length,
  })
  for (const match of text.matchAll(FEW_WORDS)) yield seen(match, match[1] === undefined ? 1 : 12)
  for (const match of text.matchAll(TIMES)) yield seen(match, Number(match[1] ?? match[2]))
  for (const match of text.matchAll(NUMBER)) {
    const written = match[0].toLowerCase()
    if (written === 'one' && POINTING.test(text.slice(0, match.index))) continue
    yield seen(match, NUMBER_WORDS[written] ?? Number(written.replaceAll(',', '')))
  }
}
