import { timeInvalid } from './errors.ts'

const UNIT_MS: Readonly<Record<string, number>> = { m: 60_000, h: 3_600_000, d: 86_400_000, w: 604_800_000 }

/** A moment: a date or time of ISO 8601 (UTC where no zone is given), "today", "yesterday", or how long ago ("12h", "7d"). @throws TIME_INVALID */
export function parseWhen(field: string, text: string, nowMs: number): number {
  const word = text.trim().toLowerCase()
  const midnightMs = nowMs - (nowMs % 86_400_000)
  if (word === 'today') return midnightMs
  if (word === 'yesterday') return midnightMs - 86_400_000
  const [, count, unit = ''] =
    /^(\d{1,6})\s*(?:(m)(?:in(?:ute)?s?)?|(h)(?:ours?)?|(d)(?:ays?)?|(w)(?:eeks?)?)(?:\s+ago)?$/.exec(word)?.filter(Boolean) ?? []
  if (count !== undefined) return nowMs - Number(count) * (UNIT_MS[unit] ?? 0)
  const isTime = /^\d{4}-\d\d-\d\d(?:[t ]\d\d:\d\d(?::\d\d(?:\.\d+)?)?(?:z|[+-]\d\d:\d\d)?)?$/.test(word)
  const hasZone = /^[^t ]*$|z$|[+-]\d\d:\d\d$/.test(word)
  const atMs = isTime ? Date.parse(`${word.replace(' ', 't').toUpperCase()}${hasZone ? '' : 'Z'}`) : Number.NaN
  if (Number.isNaN(atMs)) throw timeInvalid(field, text)
  return atMs
}
