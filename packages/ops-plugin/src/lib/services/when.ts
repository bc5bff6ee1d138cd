import { badTime } from './errors.ts'

const UNIT_MS: Readonly<Record<string, number>> = { s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000, w: 604_800_000 }

/** A duration such as "90s", "15m", "2h", "3 days"; undefined for anything else. */
export function parseDuration(text: string): number | undefined {
  const match = /^\s*(\d{1,9}(?:\.\d{1,3})?)\s*(s|m|h|d|w)(?:ec(?:ond)?s?|in(?:ute)?s?|(?:ou)?rs?|ays?|eeks?)?\s*$/i.exec(text)
  if (match === null) return undefined
  return Number(match[1]) * UNIT_MS[match[2]!.toLowerCase()]!
}

/**
 * A moment: ISO 8601, or how long ago ("2h"), or "today", "yesterday", "now". Dates without a time zone are UTC.
 * @throws TIME_INVALID
 */
export function parseWhen(field: string, text: string, nowMs: number): number {
  const word = text.trim().toLowerCase()
  const midnightMs = Math.floor(nowMs / UNIT_MS.d!) * UNIT_MS.d!
  if (word === 'now') return nowMs
  if (word === 'today') return midnightMs
  if (word === 'yesterday') return midnightMs - UNIT_MS.d!
  const durationMs = parseDuration(word.replace(/\s+ago$/, ''))
  if (durationMs !== undefined) return nowMs - durationMs
  const isDate = /^\d{4}-\d\d-\d\d(?:[t ]\d\d:\d\d(?::\d\d(?:\.\d{1,9})?)?(?:z|[+-]\d\d:?\d\d)?)?$/.test(word)
  const hasZone = /t.*(?:z|[+-]\d\d:?\d\d)$/.test(word.replace(' ', 't')) || !/[t ]/.test(word)
  const atMs = isDate ? Date.parse(`${text.trim().replace(' ', 'T')}${hasZone ? '' : 'Z'}`) : Number.NaN
  if (Number.isNaN(atMs)) throw badTime(field, text)
  return atMs
}
