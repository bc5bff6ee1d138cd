import { isVerb } from '../verbs.ts'
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
  why: 'because|due to|reason',
  cause: 'cause was|cause is|caused by|because of|because|due to|cause',
  resolution: 'because|due to|resolution|saying',
  answer: 'answer is|answer it with|answer with|answer',
  error: 'because|due to|error',
}
/** What may introduce them, where nothing else needs the words behind it. */
const LIKELY: Readonly<Record<string, string>> = {
  title: 'about(?! \\d)|for|that|because|saying',
  message: 'that|says',
  reason: 'since|as',
  note: 'note|about',
  comment: 'that',
  query: 'for|about|with|like',
  description: 'that|to|for',
  cause: 'it was|that was',
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
const WORTH_IT = new Set(['reason', 'query', 'cause'])
/** What is looked for in something: "search the logs for ...". */
const SOUGHT = /\b(?:grep|search|look|looking|scan|find)\b[^,]*?\bfor\s+(?!(?:the\s+)?(?:last|past|next|previous)\b|\d)(?=\S)/iu

export interface FreeText {
  readonly value: string
  readonly start: number
  readonly end: number
}

/** A person's own words for a field, where the request says where they begin. */
export function freeTextIn(text: string, { slot, required }: Field, how: 'sure' | 'sought' | 'likely'): FreeText | undefined {
  // What has to be said is a note; what may be said narrows a search.
  const kind = slot === 'text' && required ? 'note' : (LIKE[slot] ?? slot)
  if (how === 'sought') return kind === 'query' ? introducedBy(SOUGHT, text) : undefined
  const colon = how === 'sure' && required ? /:\s+(?=\S)/.exec(text) : null
  if (colon !== null) return cut(text, colon.index + colon[0].length, kind === 'title' ? SENTENCE : /$/u)
  const cues = (how === 'sure' ? SURE : LIKELY)[kind]
  if (cues === undefined || (how === 'likely' && !required && !WORTH_IT.has(kind))) return undefined
  const introduced = introducedBy(new RegExp(`\\b(?:${cues})\\b[:,]?\\s+(?=\\S)`, 'iu'), text)
  return introduced ?? (how === 'likely' && kind === 'title' ? behindComma(text) : undefined)
}

function introducedBy(cue: RegExp, text: string): FreeText | undefined {
  const found = cue.exec(text)
  if (found === null) return undefined
  const start = found.index + found[0].length
  const rest = text.slice(start)
  if (!/^(?:of|for|on|in|from)\s/iu.test(rest)) return cut(text, start, OTHER)
  // "the description of issue 5 to ...": what it is of is no part of it.
  const to = /\s(?:to(?: be)?|is|should be|must be):?\s+(?=\S)/iu.exec(rest)
  return to === null ? undefined : cut(text, start + to.index + to[0].length, OTHER)
}

/** "new issue, the export button does nothing": what is the matter, rather than what else is wanted. */
function behindComma(text: string): FreeText | undefined {
  const comma = /^[^,]+,\s+(?=\S)/u.exec(text)
  if (comma === null) return undefined
  const said = cut(text, comma[0].length, OTHER)
  const [first = '', ...others] = said?.value.toLowerCase().split(/\s+/) ?? []
  return others.length < 2 || isVerb(first) || NO_MATTER.has(first) ? undefined : said
}

const NO_MATTER = new Set('i we you how what please with and then at priority severity as but so if for in on it can could'.split(' '))

/** A title is one sentence. */
const SENTENCE = /[.!?]\s/u
/** Where something else about the same thing begins. */
const OTHER =
  /,?\s(?:with|and|at)\s(?:an?\s|the\s)?(?:[\w-]+\s)?(?:labels?|priority|severity|category|status|tags?)\b|\s(?:since|until|over the|in the (?:last|past)|from (?:the )?(?:last|yesterday))\b/iu

/** To the end of the sentence, without what closes it or asks nicely. */
function cut(text: string, start: number, until: RegExp): FreeText | undefined {
  const rest = text.slice(start)
  // "is wrong, it must be "..."": what is quoted is what was meant.
  const quoted = /^((?:[^\s"“`]+\s){0,5})(?:["“]([^"”]+)["”]|`([^`]+)`|'([^']+)'(?!\p{L}))/u.exec(rest)
  if (quoted !== null) {
    const value = (quoted[2] ?? quoted[3] ?? quoted[4])!
    const from = start + quoted[1]!.length + 1
    return { value, start: from, end: from + value.length }
  }
  const yesOrNo = /^(?:yes|no)(?=\s*[,.;!])/iu.exec(rest)
  if (yesOrNo !== null) return { value: yesOrNo[0], start, end: start + yesOrNo[0].length }
  const value = rest
    .slice(0, until.exec(rest)?.index)
    .replace(/[\s.!?]+$/u, '')
    .replace(/,?\s+please$/iu, '')
  return value === '' ? undefined : { value, start, end: start + value.length }
}
