import type { Seen } from './mention.ts'
import { NUMBER_WORDS } from './number.ts'

const UNITS: Readonly<Record<string, number>> = {
  ms: 1,
  millisecond: 1,
  milliseconds: 1,
  s: 1_000,
  sec: 1_000,
  secs: 1_000,
  second: 1_000,
  seconds: 1_000,
  m: 60_000,
  min: 60_000,
  mins: 60_000,
  minute: 60_000,
  minutes: 60_000,
  h: 3_600_000,
  hr: 3_600_000,
  hrs: 3_600_000,
  hour: 3_600_000,
  hours: 3_600_000,
  d: 86_400_000,
  day: 86_400_000,
  days: 86_400_000,
  w: 604_800_000,
  week: 604_800_000,
  weeks: 604_800_000,
  month: 2_592_000_000,
  months: 2_592_000_000,
  year: 31_536_000_000,
  years: 31_536_000_000,
}
const AMOUNTS = ['half an', 'half a', 'half', 'an', 'a', ...Object.keys(NUMBER_WORDS)].join('|')
const LENGTH = new RegExp(
  `(?<![\\w.])(?:(\\d+(?:\\.\\d+)?)\\s?|(${AMOUNTS})\\s)(${Object.keys(UNITS)
    .sort((a, b) => b.length - a.length)
    .join('|')})\\b`,
  'giu',
)
/** "the last hour" is an hour although nobody says how many. */
const ONE = /\b(?:last|past|previous|recent|next|coming)\s(minute|hour|day|week|month|year)\b/giu

/** "502s" are answers of a server. */
const STATUS_CODES = /^[45]\d\ds$/i

/** Lengths of time, in milliseconds. */
export function* durationsIn(text: string): Generator<Seen> {
  for (const match of text.matchAll(LENGTH)) {
    const [whole, digits, word = '', unit = ''] = match
    if (STATUS_CODES.test(whole)) continue
    const amount = digits !== undefined ? Number(digits) : amountOf(word.toLowerCase())
    yield { kind: 'duration', value: Math.round(amount * UNITS[unit.toLowerCase()]!), start: match.index, end: match.index + whole.length }
  }
  for (const match of text.matchAll(ONE)) {
    const unit = match[1]!
    const end = match.index + match[0].length
    yield { kind: 'duration', value: UNITS[unit.toLowerCase()]!, start: end - unit.length, end }
  }
}

function amountOf(word: string): number {
  if (word.startsWith('half')) return 0.5
  return NUMBER_WORDS[word] ?? 1
}

/** As commands take it: `30m`, `2h`, `1500ms`; in weeks where it is so written in figures, else in the largest unit that leaves no rest. */
export function durationText(ms: number, written = ''): string {
  if (/^\d+\s?w(?:eeks?)?$/i.test(written) && ms % UNITS.week! === 0) return `${ms / UNITS.week!}w`
  for (const [unit, length] of [
    ['d', 86_400_000],
    ['h', 3_600_000],
    ['m', 60_000],
    ['s', 1_000],
  ] as const)
    if (ms % length === 0 && ms > 0) return `${ms / length}${unit}`
  return `${ms}ms`
}
