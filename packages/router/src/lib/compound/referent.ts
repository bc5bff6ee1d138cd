import { type Lexeme, lexemesOf } from '../arguments/lexeme.ts'
import { isVerb, VERBS } from '../verbs.ts'

/** What stands before a piece of a request, and the command that it asks for. */
export interface Before {
  readonly text: string
  readonly id: string | undefined
}

/** What a piece of a request may say in full. */
export interface FullReading {
  readonly text: string
  /** How much it is believed beside the piece as it stands. */
  readonly weight: number
}

const PRONOUN = /\b(?:its|it|them|that|those|this|these|this one|that one|the same|their)\b/iu
/** "do the same for the worker", "likewise the web service". */
export const SAME = /^(?:do )?(?:exactly )?(?:the same|same|likewise|ditto)\b/iu
const LEADING = new Set('please can could you would will i we want to let us also just now first then next finally and me'.split(' '))
const PLACES = new Set('in on of for from with by at to about into onto since until after before that which who'.split(' '))
/** A pronoun among more words than these says little of what is asked. */
const MAX_WORDS = 8
/** An object brings words along that say more of the part before: "a minor release". */
const OBJECT = 0.97
/** Where nothing points back, what is talked about is only a hint. */
const HINT = 0.9

/**
 * What a piece may say in full behind what stands before it. "publish it" behind "cut a minor release" asks to publish a minor release,
 * and "watch it" behind "ship the api" to watch a deployment; "the worker" behind "restart the api" asks to restart the worker.
 */
export function readingsOf(text: string, before: Before): readonly FullReading[] {
  const own = lexemesOf(text)
  if (own.length > MAX_WORDS) return []
  const readings: FullReading[] = []
  const same = SAME.exec(text)
  if (same !== null) return [{ text: `${before.text} ${text.slice(same[0].length).trimStart()}`, weight: 1 }]
  const said = lexemesOf(before.text)
  const verb = verbIn(said)
  const topic = before.id === undefined ? undefined : topicOf(before.id)
  const pronoun = PRONOUN.exec(text)
  if (pronoun === null) {
    if (verb !== undefined && verbIn(own) === undefined) readings.push({ text: `${said[verb]!.text} ${text}`, weight: 1 })
    if (topic !== undefined) readings.push({ text: `${text} ${topic}`, weight: HINT })
    return readings
  }
  const object = verb === undefined ? undefined : objectOf(before.text, said, verb)
  const put = (thing: string | undefined, weight: number): void => {
    if (thing === undefined) return
    readings.push({ text: `${text.slice(0, pronoun.index)}${thing}${text.slice(pronoun.index + pronoun[0].length)}`, weight })
  }
  put(object, OBJECT)
  put(topic, 1)
  return readings
}

/**
 * What a command is about: the noun in its id, "incident" of "ops.incident.open" and "deploy" of "deploy.apply". Nothing where that is
 * a verb: who has something monitored talks about the thing.
 */
function topicOf(id: string): string | undefined {
  const names = id.split('.')
  const noun = names.at(-2)
  return names.length > 2 && noun !== undefined && VERBS.has(noun) ? undefined : noun
}

function verbIn(lexemes: readonly Lexeme[]): number | undefined {
  const at = lexemes.findIndex(({ lower }) => VERBS.has(lower) || (isVerb(lower) && lower.endsWith('ing')))
  return at === -1 ? undefined : at
}

/** What a request is about: the words behind its verb, up to where they say where or how. */
function objectOf(text: string, lexemes: readonly Lexeme[], verb: number): string | undefined {
  let first = verb
  do first++
  while (LEADING.has(lexemes[first]?.lower ?? '') || PLACES.has(lexemes[first]?.lower ?? ''))
  let end = first
  while (end < lexemes.length && !PLACES.has(lexemes[end]!.lower) && !lexemes[end - 1]?.endsClause) end++
  if (end === first && first < lexemes.length) end = first + 1
  return first >= lexemes.length ? undefined : text.slice(lexemes[first]!.start, lexemes[end - 1]!.end)
}
