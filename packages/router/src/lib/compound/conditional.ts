import type { Lexeme } from '../arguments/lexeme.ts'
import { VERBS } from '../verbs.ts'
import { type Condition, guessedCondition, negated, readCondition } from './condition.ts'
import { connectiveAt } from './connective.ts'

/** Where a condition stands in a request, the word before it included. */
export interface FoundCondition {
  readonly condition: Condition
  /** The index of its last word. */
  readonly last: number
}

/** Behind these, "if" asks a question instead of setting a condition. */
const ASKS = new Set(
  'check see tell know verify find out ask asking test wonder determine me us sure decide whether that saying says'.split(' '),
)
/** What sets a condition, longest first; what is said with "when" and "once" as often says a time. */
const INTRODUCERS: readonly (readonly string[])[] = [
  'on condition that,as soon as,as long as,so long as,provided that,assuming that,given that,in case,in case that,only if,only when,only once,but only if',
  'if,unless,once,when,whenever,provided,assuming',
]
  .join(',')
  .split(',')
  .map((words) => words.split(' '))
  .sort((a, b) => b.length - a.length)
const ASKERS = new Set('i we you'.split(' '))
const INVERTED =
  /^(?:be|have|fail|break|crash|pass|succeed|work|go|turn|show|come|find|detect|report|say|get|stay|remain|see|contain|need|answer|respond|become|look|drop|rise|die|happen)$/
const OBJECTS = new Set('the it them a an its my our all this that'.split(' '))
const LEADS = new Set('then please just also do'.split(' '))
/** "if you can", "if possible", "when you have time": said to be polite. */
const POLITE = /^(?:you\b|possible\b|needed\b|necessary\b|it['’]s (?:not too|no|ok|okay|possible)\b|i may\b|i could\b|we could\b)/iu
/** Behind "when" and "once" these ask or count: "when did it fail", "once more". */
const TIMES = new Set('more a again per every did was is will does do were are has have and or'.split(' '))
/** Between one of these and a verb no request begins. */
const BINDS = new Set(
  'to the a an it they we you i can could will would not does do did this that my our of and or is are no any in on of for from with by at into'.split(
    ' ',
  ),
)

export function conditionAt(text: string, lexemes: readonly Lexeme[], at: number): FoundCondition | undefined {
  const words = introducedAt(lexemes, at)
  const { lower } = lexemes[at]!
  const previous = lexemes[at - 1]
  const isAsked = words === 1 && previous !== undefined && !previous.endsClause && ASKS.has(previous.lower)
  if (words === 0 || isAsked) return undefined
  const from = lexemes[at + words]
  if (from === undefined) return undefined
  const found = (condition: Condition, last: number): FoundCondition => ({
    condition: {
      ...(lower === 'unless' ? negated(condition) : condition),
      said: text.slice(from.start, lexemes[last]!.end),
      at: from.start,
    },
    last,
  })
  const said = text.slice(from.start)
  const read = readCondition(said)
  if (read === undefined) {
    if (POLITE.test(said) || ((lower === 'when' || lower === 'once') && TIMES.has(from.lower))) return undefined
    const last = endOf(lexemes, at, at + words + (lower === 'should' ? 2 : 0))
    return last === undefined ? undefined : found(guessedCondition(text.slice(from.start, lexemes[last]!.end)), last)
  }
  const end = from.start + read.length
  const next = lexemes.findIndex(({ start }) => start >= end)
  let last = (next === -1 ? lexemes.length : next) - 1
  // "there are errors in the logs, ...": what says where or more belongs to the condition, too.
  const goesOn = next !== -1 && !lexemes[last]!.endsClause && connectiveAt(lexemes, next) === undefined
  if (goesOn && !VERBS.has(lexemes[next]!.lower) && !LEADS.has(lexemes[next]!.lower)) last = endOf(lexemes, at, next) ?? last
  return found(read.condition, last)
}

/** "it isn't? Then ...": a question that answers another, and so sets a condition; it begins like no question that asks for a look. */
export function askedAt(text: string, lexemes: readonly Lexeme[], at: number): FoundCondition | undefined {
  if (at > 0 && !lexemes[at - 1]!.endsClause && connectiveAt(lexemes, at - 1) === undefined) return undefined
  const last = lexemes.findIndex(({ endsClause }, i) => i >= at && endsClause)
  if (last === lexemes.length - 1 || !/^\s*\?/.test(text.slice(lexemes[last]?.end))) return undefined
  const first = lexemes[at]!.lower === 'still' && last > at ? at + 1 : at
  const said = text.slice(lexemes[first]!.start, lexemes[last]!.end)
  if (VERBS.has(lexemes[first]!.lower)) return undefined
  const read = readCondition(said)
  if (read === undefined || read.length < said.length) return undefined
  return { condition: { ...read.condition, said, at: lexemes[first]!.start }, last }
}

/** How many words set a condition here. */
function introducedAt(lexemes: readonly Lexeme[], at: number): number {
  if (isInverted(lexemes, at)) return 1
  return INTRODUCERS.find((words) => words.every((word, i) => lexemes[at + i]?.lower === word))?.length ?? 0
}

/**
 * The last word of a condition whose words nobody reads: where its clause ends, or before the verb of what depends on it. `undefined`
 * where it goes up to the end of the request and nothing stands before it.
 */
function endOf(lexemes: readonly Lexeme[], at: number, first: number): number | undefined {
  const isFirst = at === 0 || lexemes[at - 1]!.endsClause || connectiveAt(lexemes, at - 1) !== undefined
  for (let i = first; i < lexemes.length; i++) {
    const { lower, endsClause } = lexemes[i]!
    const isVerb = isFirst && i > first && VERBS.has(lower) && (!BINDS.has(lexemes[i - 1]!.lower) || isDone(lexemes, i))
    if (isVerb || (i > first && connectiveAt(lexemes, i) !== undefined)) return i - 1
    if (endsClause && (i < lexemes.length - 1 || !isFirst)) return i
  }
  return undefined
}

/** "if any find the cause", but not "if any release is broken". */
const isDone = (lexemes: readonly Lexeme[], at: number): boolean =>
  /^(?:any|none)$/.test(lexemes[at - 1]!.lower) && OBJECTS.has(lexemes[at + 1]?.lower ?? '')

/** "should that fail": a condition without "if". */
function isInverted(lexemes: readonly Lexeme[], at: number): boolean {
  if (lexemes[at]!.lower !== 'should' || ASKERS.has(lexemes[at + 1]?.lower ?? '')) return false
  const begins = at === 0 || lexemes[at - 1]!.endsClause || /^(?:and|but)$/.test(lexemes[at - 1]!.lower)
  return begins && lexemes.slice(at + 2, at + 6).some(({ lower }) => INVERTED.test(lower))
}
