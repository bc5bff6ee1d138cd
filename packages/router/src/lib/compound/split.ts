import { lexemesOf } from '../arguments/lexeme.ts'
import { VERBS } from '../verbs.ts'
import { type Clause, clausesOf } from './clause.ts'
import type { Condition } from './condition.ts'
import { spelledOut } from './referent.ts'

/** A part of a request that asks for one thing. */
export interface Part {
  readonly text: string
  readonly start: number
  readonly end: number
  /** Whether it has to wait for the one before: said so, or set by a condition. */
  readonly waits: boolean
  readonly condition?: Condition
}

export interface Split {
  readonly parts: readonly Part[]
  /** What the request says is not to be done. */
  readonly refused: readonly Part[]
}

/** What the router makes of a piece of text on its own. */
export interface Judgement {
  readonly id: string | undefined
  /** Chance that any command is meant. */
  readonly scope: number
  readonly confidence: number
}

/** On its own a piece has to be this likely to ask for something. */
const LIKELY = 0.5
/** Sentences that are no more likely than this to ask for what they seem to are about one and the same thing. */
const PROBABLE = 0.4
/** A list of things in one request reads worse in pieces. */
const AS_SURE = 0.85

const POLITE = new Set(
  'please can could you would will i we want wanna need like just also then now to let us and so ok okay hey hi first finally next lastly should must go ahead kindly maybe'.split(
    ' ',
  ),
)

/** The parts of a request, each of which asks for something of its own; a single part where it asks for one thing. */
export function splitRequest(text: string, judge: (text: string) => Judgement): Split {
  const clauses = clausesOf(text)
  if (clauses.length < 2 && !clauses[0]?.refused) return { parts: [wholeOf(text)], refused: [] }
  const groups: Clause[][] = []
  for (const clause of clauses) {
    const current = groups.at(-1)
    if (current === undefined || startsAnew(text, current, clause, judge)) groups.push([clause])
    else current.push(clause)
  }
  const parts = groups.map((group) => partOf(text, group))
  const refused = parts.filter((_, at) => groups[at]![0]!.refused)
  const asked = parts.filter((_, at) => !groups[at]![0]!.refused)
  const isRequest = (part: Part, at: number): boolean =>
    part.condition !== undefined || (judge(part.text).scope >= LIKELY && !(at < asked.length - 1 && isReport(part.text)))
  const requests = asked.length > 1 ? asked.filter(isRequest) : asked
  if (requests.length === 0 && refused.length === 0) return { parts: [wholeOf(text)], refused: [] }
  // One request and some words around it: the words may hold its arguments.
  if (requests.length === 1 && refused.length === 0 && requests[0]!.condition === undefined) return { parts: [wholeOf(text)], refused: [] }
  return { parts: requests, refused }
}

function startsAnew(text: string, current: readonly Clause[], clause: Clause, judge: (text: string) => Judgement): boolean {
  if (clause.refused) return !isOption(text, clause, judge)
  if (current[0]!.refused) return clause.link !== 'and' || beginsWithVerb(text, clause)
  if (clause.condition !== current[0]!.condition) return true
  const left = partOf(text, current)
  const right = partOf(text, [clause])
  const alone = surer(judge(right.text), judge(spelledOut(right.text, left.text)))
  if (clause.link === 'sentence')
    return (
      Math.min(judge(left.text).confidence, alone.confidence) >= PROBABLE &&
      alone.scope >= LIKELY &&
      (beginsWithVerb(text, clause) || alone.confidence >= LIKELY || wordsIn(right.text) > 3)
    )
  if (!beginsWithVerb(text, clause)) return clause.link === 'then' && alone.scope >= LIKELY
  // "... but keep what I edited": what stays as it is is an option, too.
  if (KEEPS.test(right.text)) return false
  // "... and push": a bare verb is an option of what stands before it.
  if (clause.link === 'and' && clause.condition === undefined && wordsIn(right.text) < 2) return false
  const before = judge(left.text)
  if (alone.scope < LIKELY || before.scope < LIKELY) return clause.link === 'then' && wordsIn(left.text) > 1
  if (clause.link === 'then') return true
  const together = judge(text.slice(left.start, clause.end))
  if (before.id === alone.id)
    return wordsIn(left.text) > 1 && wordsIn(right.text) > 1 && together.id === alone.id && namesAnother(left.text, right.text)
  if (wordsIn(left.text) < 2) return false
  return Math.min(before.confidence, alone.confidence) >= AS_SURE * together.confidence
}

const KEEPS =
  /^(?:please\s+)?(?:keep|leave|spare|preserve)\s+(?:what|whatever|it|them|track|all|everything|my|our|the (?:old|rest|others?))\b/iu

const surer = (one: Judgement, other: Judgement): Judgement => (other.confidence > one.confidence ? other : one)

const STATES =
  /^(?!(?:is|are|was|were|has|have|do|does|did|can|could|will|would|what|which|who|where|when|why|how|i want|i need|we need|i['’]d|please)\b).*\b(?:is|are|am|was|were|has|had|keeps?|went|got|messed|broke|failed|fails|says?|seems?|looks?|hangs?|crashed|crashes)\b/iu

/** "the export messed up my changelog, ...": what is the matter, rather than what is to be done. */
function isReport(text: string): boolean {
  const [first, second] = lexemesOf(text)
  if (first === undefined || !STATES.test(text)) return false
  // "release is ready" has no verb that asks for something.
  return !VERBS.has(first.lower) || /^(?:is|are|was|were)$/.test(second?.lower ?? '')
}

/** "without ..." or "do not run the tests" is an option of what stands beside it rather than a request of its own, where no command does that. */
function isOption(text: string, clause: Clause, judge: (text: string) => Judgement): boolean {
  return clause.link === 'and' && judge(text.slice(clause.start, clause.end)).confidence < LIKELY
}

/** "restart the api and restart the worker" asks twice. */
function namesAnother(left: string, right: string): boolean {
  const words = (text: string): Set<string> => new Set(lexemesOf(text).map(({ stem }) => stem))
  const first = words(left)
  return [...words(right)].some((word) => !first.has(word))
}

function beginsWithVerb(text: string, { start, end }: Clause): boolean {
  const first = lexemesOf(text.slice(start, end)).find(({ lower }) => !POLITE.has(lower))
  return first !== undefined && VERBS.has(first.lower)
}

const wordsIn = (text: string): number => lexemesOf(text).filter(({ lower }) => !POLITE.has(lower)).length

function partOf(text: string, clauses: readonly Clause[]): Part {
  const start = Math.min(...clauses.map((clause) => clause.start))
  const end = Math.max(...clauses.map((clause) => clause.end))
  const { link, condition } = clauses[0]!
  return {
    text: text.slice(start, end),
    start,
    end,
    waits: link === 'then' || condition !== undefined,
    ...(condition !== undefined && { condition }),
  }
}

function wholeOf(text: string): Part {
  return { text, start: 0, end: text.length, waits: false }
}
