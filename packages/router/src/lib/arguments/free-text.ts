import type { Field } from './field.ts'

/** What introduces a person's own words whatever else the request says: a colon, or a word for it. */
const SURE: Readonly<Record<string, string>> = {
  title: 'titled|called|named|entitled|title',
  message: 'saying|message|that says',
  reason: 'because|due to|reason',
  note: 'saying|noting|note that|that',
  comment: 'saying|comment',
  query: 'matching|containing|mentioning|contain|contains|mention|mentions',
  description: 'described as|description',
}
/** What may introduce them, where nothing else needs the words behind it. */
const LIKELY: Readonly<Record<string, string>> = {
  title: 'about|for|that|because|saying',
  message: 'that|says',
  reason: 'since|as',
  note: 'note|about',
  comment: 'that',
  query: 'for|about|with|like',
  description: 'that|to|for',
}
const LIKE: Readonly<Record<string, string>> = {
  search: 'query',
  match: 'query',
  matching: 'query',
  contains: 'query',
  filter: 'query',
  text: 'query',
  question: 'query',
  body: 'message',
  summary: 'title',
  notes: 'note',
  details: 'description',
  detail: 'description',
  feature: 'description',
}
/** Fields that are worth reading from likely words although the command does without them. */
const WORTH_IT = new Set(['reason', 'query'])

export interface FreeText {
  readonly value: string
  readonly start: number
  readonly end: number
}

/** A person's own words for a field, where the request says where they begin. */
export function freeTextIn(text: string, { slot, required }: Field, how: 'sure' | 'likely'): FreeText | undefined {
  // What has to be said is a note; what may be said narrows a search.
  const kind = slot === 'text' && required ? 'note' : (LIKE[slot] ?? slot)
  const colon = how === 'sure' && required ? /:\s+(?=\S)/.exec(text) : null
  if (colon !== null) return cut(text, colon.index + colon[0].length, /$/u)
  const cues = (how === 'sure' ? SURE : LIKELY)[kind]
  if (cues === undefined || (how === 'likely' && !required && !WORTH_IT.has(kind))) return undefined
  const introduced = new RegExp(`\\b(?:${cues})\\b[:,]?\\s+(?=\\S)`, 'iu').exec(text)
  return introduced === null ? undefined : cut(text, introduced.index + introduced[0].length, OTHER)
}

/** Where something else about the same thing begins. */
const OTHER =
  /,?\s(?:with|and|at)\s(?:an?\s|the\s)?(?:[\w-]+\s)?(?:labels?|priority|severity|category|status|tags?)\b|\s(?:since|until|over the|in the (?:last|past)|from (?:the )?(?:last|yesterday))\b/iu

/** To the end of the sentence, without what closes it or asks nicely. */
function cut(text: string, start: number, until: RegExp): FreeText | undefined {
  const rest = text.slice(start)
  const quoted = /^["“'`]([^"”'`]+)["”'`]/u.exec(rest)
  if (quoted !== null) return { value: quoted[1]!, start, end: start + quoted[0].length }
  const value = rest
    .slice(0, until.exec(rest)?.index)
    .replace(/[\s.!?]+$/u, '')
    .replace(/,?\s+please$/iu, '')
  return value === '' ? undefined : { value, start, end: start + value.length }
}
