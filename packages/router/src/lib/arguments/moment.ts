import type { Seen } from './mention.ts'

const DAYS = ['sunday', 'monday', 'tuesday', 'wednesday', 'thursday', 'friday', 'saturday'] as const
const MONTHS = [
  'january',
  'february',
  'march',
  'april',
  'may',
  'june',
  'july',
  'august',
  'september',
  'october',
  'november',
  'december',
] as const
const MONTH = MONTHS.map((month) => `${month}|${month.slice(0, 3)}`).join('|')

/** Written with figures, and in words alone. */
const FIGURES: readonly RegExp[] = [
  /\b\d{4}-\d{2}-\d{2}(?:[T ]\d{2}:\d{2}(?::\d{2}(?:\.\d+)?)?(?:Z|[+-]\d{2}:?\d{2})?)?/giu,
  new RegExp(`\\b(?:${MONTH})\\.? \\d{1,2}(?:st|nd|rd|th)?\\b|\\b\\d{1,2}(?:st|nd|rd|th)? (?:of )?(?:${MONTH})\\b`, 'giu'),
  /\b(?:[01]?\d|2[0-3]):[0-5]\d(?::[0-5]\d)?\b|\b(?:1[0-2]|[1-9])\s?(?:am|pm)\b/giu,
]
const WORDS: readonly RegExp[] = [
  /\b(?:yesterday|today|tonight|tomorrow|midnight|noon|this (?:morning|afternoon|evening|week|month)|last (?:night|week|month|year)|next (?:week|month|year))\b/giu,
  new RegExp(`\\b(?:(?:last|this|next|on) )?(?:${DAYS.join('|')})\\b`, 'giu'),
]

/** Moments as they are written; `momentText` says which one it is. */
export function* momentsIn(text: string): Generator<Seen> {
  // "Tuesday's deployment" is a deployment.
  for (const shape of /\d/.test(text) ? [...FIGURES, ...WORDS] : WORDS)
    for (const match of text.matchAll(shape))
      if (!/^['’]s\b/u.test(text.slice(match.index + match[0].length)))
        yield { kind: 'time', value: match[0], start: match.index, end: match.index + match[0].length }
}

const DAY_MS = 86_400_000

/** The moment that words mean, as an ISO date and time; past where it may be both, as logs and histories are asked for, unless `towards` says otherwise. */
export function momentText(written: string, nowMs: number, towards: 'past' | 'ahead' = 'past'): string {
  const text = written.toLowerCase()
  if (/^\d{4}-/.test(text)) return written.replace(' ', 'T')
  const moment = momentMs(text, nowMs)
  return new Date(towards === 'ahead' && moment < nowMs ? nextOf(text, moment) : moment).toISOString()
}

/** The same weekday, time of day or date, the next time. */
function nextOf(text: string, momentMs: number): number {
  const moment = new Date(momentMs)
  if (DAYS.some((name) => text.endsWith(name))) return moment.setDate(moment.getDate() + 7)
  if (/^\d{1,2}(?::\d{2})*\s?(?:am|pm)?$/.test(text)) return moment.setDate(moment.getDate() + 1)
  if (MONTHS.some((name) => text.includes(name.slice(0, 3)))) return moment.setFullYear(moment.getFullYear() + 1)
  return momentMs
}

function momentMs(text: string, nowMs: number): number {
  const midnight = startOfDay(nowMs)
  if (text === 'yesterday' || text === 'last night') return midnight - DAY_MS
  if (text === 'tomorrow') return midnight + DAY_MS
  if (text === 'noon' || text === 'this afternoon') return midnight + 12 * 3_600_000
  if (text === 'this evening' || text === 'tonight') return midnight + 18 * 3_600_000
  const weekday = (new Date(nowMs).getDay() + 6) % 7
  if (text === 'this week') return startOfDay(nowMs - weekday * DAY_MS)
  if (text === 'last week') return startOfDay(nowMs - (weekday + 7) * DAY_MS)
  if (text === 'next week') return startOfDay(nowMs + (7 - weekday) * DAY_MS)
  const now = new Date(nowMs)
  if (text === 'next month') return new Date(now.getFullYear(), now.getMonth() + 1, 1).getTime()
  if (text === 'next year') return new Date(now.getFullYear() + 1, 0, 1).getTime()
  if (text === 'this month') return new Date(now.getFullYear(), now.getMonth(), 1).getTime()
  if (text === 'last month') return new Date(now.getFullYear(), now.getMonth() - 1, 1).getTime()
  if (text === 'last year') return new Date(now.getFullYear() - 1, 0, 1).getTime()
  const day = DAYS.findIndex((name) => text.endsWith(name))
  if (day !== -1) return startOfDay(nowMs - ((now.getDay() - day + 7) % 7 || 7) * DAY_MS)
  const clock = /^(\d{1,2})(?::(\d{2})(?::(\d{2}))?)?\s?(am|pm)?$/.exec(text)
  if (clock !== null) {
    const hour = (Number(clock[1]) % (clock[4] === undefined ? 24 : 12)) + (clock[4] === 'pm' ? 12 : 0)
    const moment = new Date(nowMs).setHours(hour, Number(clock[2] ?? 0), Number(clock[3] ?? 0), 0)
    return moment > nowMs ? moment - DAY_MS : moment
  }
  const month = MONTHS.findIndex((name) => text.includes(name.slice(0, 3)))
  const date = /\d{1,2}/.exec(text)
  if (month !== -1 && date !== null) {
    const moment = new Date(now.getFullYear(), month, Number(date[0])).getTime()
    return moment > nowMs ? new Date(now.getFullYear() - 1, month, Number(date[0])).getTime() : moment
  }
  return midnight
}

const startOfDay = (ms: number): number => new Date(ms).setHours(0, 0, 0, 0)
