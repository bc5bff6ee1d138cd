import type { Field } from '../arguments/field.ts'
import type { Argument } from '../arguments/fill.ts'
import { stem } from '../stem.ts'
import type { CommandFacts } from './command-facts.ts'

type Arguments = Readonly<Record<string, Argument>>

/** A part of a request: its text, and where in the request that begins. */
interface Said {
  readonly text: string
  readonly start: number
}

const NAMING = new Set<Field['kind']>(['env', 'name', 'version', 'branch', 'host', 'id', 'folder'])
/** Behind these stands what is left out: "everything except the api", "do not touch the worker". */
const SPARES =
  /(?:^|[^\p{L}])(?:except(?: for)?|excluding|but(?: not| for)?|not|without|minus|skip(?:ping)?|besides|other than|apart from|instead of|rather than|leav(?:e|ing)|keep(?:ing)?|touch(?:ing)?)\s+(?:(?:the|our|my|any|for|on|in|to|services?|version)\s+)*$/iu
const SPARES_INSIDE = /\b(?:but|not|except|excluding|without|minus|instead of|rather than|other than)\b/iu

/** A name that a part takes although its words leave it out. */
export function sparedIn({ text, start }: Said, { fields }: CommandFacts, args: Arguments): string | undefined {
  for (const { name, kind } of fields) {
    const taken = args[name]
    if (taken === undefined || !NAMING.has(kind)) continue
    const [from, to] = [taken.from[0] - start, taken.from[1] - start]
    // What an earlier part said stands before this one.
    if (from < 0 || to > text.length) continue
    if (SPARES.test(text.slice(0, from)) || SPARES_INSIDE.test(text.slice(from, to))) return text.slice(from, to)
  }
  return undefined
}

/** Words that take a wish for something to be done back, or spare a part of it, wherever they stand. */
const PARTLY = new RegExp(
  `\\b(?:${[
    'the (?:rest|others?)',
    'and (?:another|one more|a second)',
    'all but',
    '(?:everything|all|every\\w*|any\\w*)\\b[^,.;]{0,30}\\b(?:except|but|besides|minus|apart from|other than|excluding|without)',
    'leav(?:e|ing)\\b[^,.;]{0,40}\\b(?:alone|out|untouched|as (?:it|they) (?:is|are))',
    'nothing|nobody|no (?:one|issues?|services?|releases?|deploy\\w*|environments?)',
    'pending|permitting|tests? (?:pass|permit)',
  ].join('|')})\\b`,
  'iu',
)
const LEAD = '^(?:(?:hey|hi|so|and|but|please|okay|ok|well)[,\\s]+)*'
const BEGINNINGS = [
  'no\\s+(?!problem|worries)\\p{L}',
  '(?:hold off|hold on|wait) with\\b',
  // "have you deployed it?" asks, and "were it down" sets a condition.
  '(?:have|has|had|did|were)\\s+(?:you|we|i|they|he|she|it|the|my|our|any|all)\\b',
  // "I deployed it" tells, where nothing is asked for behind it.
  "(?:i|you|we|they|he|she|somebody|someone)(?:['’]ve)?\\s+(?:(?:have|has|had|just|already|only)\\s+)*(?!need)\\p{L}+ed\\b(?![^]*[,;:.!?]\\s*\\p{L})(?![^]*\\b(?:and|so|please)\\b)",
  // "deploy to staging failed", but not "restart what failed".
  '(?![^]*\\b(?:that|which|what\\w*|who|if|it|since|because|as|when|title\\w*|called)\\b)[^]*\\b(?:failed|fails|hangs|hung|is (?:forbidden|stuck|not allowed))[.!?\\s]*$',
]
const DENIED = new RegExp(`${LEAD}(?:${BEGINNINGS.join('|')})`, 'iu')
const STOPS = new RegExp(`${LEAD}(?:stop|cease|quit|avoid|no more)\\s+(?:(?:the|any|all|my|our)\\s+)?(\\p{L}+)`, 'iu')
/** The last word is that it is not to be. */
const TAILS =
  /[?,.;!–—-]\s*(?:no|nope|nah|not|never ?mind|forget (?:it|that)|(?:but )?(?:rather |better )?not(?: (?:today|now|yet|really|any ?more))?)[\s.!]*$/iu
const CHOICE = /\bor\b(?!\s+(?:else|so|not|rather|otherwise)\b)/iu

/** Whether a part says in any way that it is not, not wholly, or not surely to be done; what somebody wrote to be kept says nothing. */
export function isDenied({ text, start }: Said, { fields, ownWords }: CommandFacts, args: Arguments, request: string): boolean {
  const plain = withoutTexts(text, start, fields, args)
  const stopped = STOPS.exec(plain)?.[1]
  return (
    PARTLY.test(plain) ||
    DENIED.test(plain) ||
    TAILS.test(request) ||
    CHOICE.test(plain) ||
    (stopped !== undefined && ownWords.has(stem(stopped.toLowerCase())))
  )
}

/** A part with blanks where somebody's own words stand: a title, a reason, what is quoted, and what an option was read of. */
function withoutTexts(text: string, start: number, fields: readonly Field[], args: Arguments): string {
  let plain = text
  for (const { name, kind } of fields) {
    const from = args[name]?.from
    if (from === undefined || (kind !== 'text' && kind !== 'flag' && kind !== 'choice') || from[0] < start) continue
    const [begin, end] = [from[0] - start, Math.min(from[1] - start, text.length)]
    if (begin < end) plain = plain.slice(0, begin) + ' '.repeat(end - begin) + plain.slice(end)
  }
  return plain
}

const RELATIVE_BEFORE = /\b(?:by|add|another|additional|extra|plus)\s+$/iu
const RELATIVE_BEHIND = /^\s+(?:more|fewer|less|additional|extra|further)\b/iu

/** A figure that is said as a difference, "two more", where a command takes it as the whole. */
export function differenceIn({ text, start }: Said, { fields }: CommandFacts, args: Arguments): string | undefined {
  const found = fields.find(({ name, kind, integer }) => {
    const from = args[name]?.from
    if (from === undefined || kind !== 'number' || !integer) return false
    return RELATIVE_BEFORE.test(text.slice(0, Math.max(0, from[0] - start))) || RELATIVE_BEHIND.test(text.slice(from[1] - start))
  })
  return found?.name
}
