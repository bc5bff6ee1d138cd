import { type Lexeme, lexemesOf } from '../arguments/lexeme.ts'
import { COMMON_WORDS } from '../common-words.ts'
import { isOneSlip } from '../spelling.ts'
import { isVerb, VERBS } from '../verbs.ts'
import type { Link } from './connective.ts'
import { SAME } from './referent.ts'
import { SEAM_WEIGHTS } from './seam-weights.ts'

/** What the router makes of a piece of text. */
export interface Judgement {
  /** The likeliest command. */
  readonly id: string | undefined
  /** Chance that any command is meant. */
  readonly scope: number
  readonly confidence: number
  /** The next likeliest. */
  readonly others: readonly string[]
}

/** A place where a request may be taken apart, and what the router makes of both sides. */
export interface Seam {
  readonly left: string
  readonly right: string
  readonly link: Link
  /** What joins them. */
  readonly between: string
  /** The right side says an option of what the left asks for: "... and push it". */
  readonly isOption: boolean
  /** The right side begins with the name of something that the left side's command takes: "reason ...". */
  readonly isField: boolean
  /** The right side has a condition that the left has not. */
  readonly isConditional: boolean
  /** Both sides name a thing of the same kind, and not the same one. */
  readonly namesAnother: () => boolean
  readonly before: Judgement
  /** The right side, behind the left. */
  readonly behind: Judgement
  /** Both sides read as one; asked for where it matters. */
  readonly together: () => Judgement
}

/** Odds of e to 1, three in four, leave no doubt worth a question. */
export const CLEAR = 1
/** Beyond this a chance says no more. */
const SURE = 0.98
/** How many commands are looked at where both sides are read as one. */
const FIRST = 4

const POLITE = new Set(
  'please can could you would will i we want wanna need like just also then now to let us me and so ok okay hey hi first finally next lastly should must go ahead kindly maybe'.split(
    ' ',
  ),
)
const QUESTIONS = new Set('what which who where when why how'.split(' '))
const AUXILIARIES = new Set('is are was were does do did has have'.split(' '))
const KEEPING = new Set('keep put save store write leave let make'.split(' '))
const PERSONS = new Set('i we you they he she it'.split(' '))
const MORE = /\b(?:instead|again|too|as well|also)\b/iu
const AND = /\b(?:and|plus|as well as)\b|[&+]/iu
const STOP = /[.;!?\n]/u
/** Shorter words are one slip away from too many others. */
const SLIPPED = 5
const VERBS_OF_LETTER: ReadonlyMap<string, readonly string[]> = Map.groupBy(VERBS, (verb) => verb[0]!)
/** A noun of fewer words is rarely all that is asked for. */
const FEW = 3
/** Words that a short request has at most. */
const SHORT = 4

/** By how much what stands on both sides is likelier two requests than one, in log-odds; below 0 it is likelier one. */
export function boundaryOdds(seam: Seam): number {
  let odds = SEAM_WEIGHTS.always
  for (const [sign, value] of Object.entries(signsOf(seam))) odds += SEAM_WEIGHTS[sign as keyof Signs] * Number(value)
  // Beyond these odds it does not matter any more what both are as one, nor leaves it a doubt.
  const most = Math.abs(SEAM_WEIGHTS.together) * logit(SURE)
  if (odds - most > CLEAR || odds + most + SEAM_WEIGHTS.hasBoth < -CLEAR) return odds
  for (const [sign, value] of Object.entries(togetherOf(seam))) odds += SEAM_WEIGHTS[sign as keyof Together] * Number(value)
  return odds
}

/** Everything about a seam that is weighed, by the names that the weights have; made for learning them. */
export const termsOf = (seam: Seam): Readonly<Record<keyof typeof SEAM_WEIGHTS, number>> => {
  const terms = { always: true, ...signsOf(seam), ...togetherOf(seam) }
  return Object.fromEntries(Object.entries(terms).map(([sign, value]) => [sign, Number(value)])) as Record<keyof typeof terms, number>
}

type Together = ReturnType<typeof togetherOf>
type Signs = ReturnType<typeof signsOf>

/** What both sides are read as one. */
function togetherOf({ before, behind, together }: Seam) {
  const { id, others, confidence } = together()
  const likeliest = [id, ...others].slice(0, FIRST)
  return {
    together: logit(confidence),
    /** Both commands come up. */
    hasBoth: before.id !== behind.id && likeliest.includes(before.id) && likeliest.includes(behind.id),
  }
}

function signsOf({ left, right, link, between, isOption, isField, isConditional, namesAnother, before, behind }: Seam) {
  const [own, others] = [wordsOf(right), wordsOf(left)]
  const [first = '', leading = ''] = [own[0]?.lower, others[0]?.lower]
  const isSame = before.id === behind.id
  // A thing of the same kind asks for the same once more, even in one word; so does the verb said again.
  const isAnother = isSame && ((first === leading && (VERBS.has(first) || first === verbOf(before))) || SAME.test(right) || namesAnother())
  const isQuestion = QUESTIONS.has(leading) || AUXILIARIES.has(leading)
  const begins = isVerbOrSlip(first) || QUESTIONS.has(first) || AUXILIARIES.has(first)
  const isNoun = !isAnother && !begins
  return {
    /** "then", "after that". */
    follows: link === 'then',
    and: AND.test(between),
    comma: between.includes(','),
    stop: STOP.test(between),
    isConditional,
    isOption,
    isOptionOnCondition: isOption && isConditional,
    isField,
    /** The right side begins with neither a verb nor a question. */
    isNoun,
    isShortNoun: isNoun && own.length < FEW,
    isOneWord: !isAnother && own.length < 2,
    /** "you get it", "i am late": somebody tells something. */
    isTold: PERSONS.has(first),
    /** "again", "instead", "too". */
    isMore: MORE.test(right),
    /** "keep what I edited", "put it into a file": what becomes of what the left side asks for. */
    isKept: KEEPING.has(first),
    /** The left side begins with a verb or a question. */
    asksFirst: isQuestion || VERBS.has(leading) || leading === verbOf(before) || (leading.endsWith('ing') && isVerb(leading)),
    isQuestion,
    asksNext: QUESTIONS.has(first),
    isDoing: VERBS.has(first) && own.length >= FEW,
    isLong: others.length > SHORT,
    isSame,
    /** Both ask the same command, but about different things, or with the same verb. */
    isAnother,
    /** Log-odds of the less likely side. */
    weaker: Math.min(logit(chanceOf(before)), logit(chanceOf(behind))),
  }
}

/** "validate", "valdiate". */
const isVerbOrSlip = (word: string): boolean =>
  VERBS.has(word) ||
  (word.length >= SLIPPED &&
    !COMMON_WORDS.has(word) &&
    !isVerb(word) &&
    VERBS_OF_LETTER.get(word[0]!)?.some((verb) => isOneSlip(word, verb)) === true)

/** Commands are called by their verbs as a rule. */
const verbOf = ({ id = '' }: Judgement): string => id.slice(id.lastIndexOf('.') + 1)

export const beginsWithVerb = (text: string): boolean => VERBS.has(wordsOf(text)[0]?.lower ?? '')

/** The words of a piece, less what is said around a request. */
export const wordsOf = (text: string): readonly Lexeme[] => lexemesOf(text).filter(({ lower }) => !POLITE.has(lower))

/** That a side asks for something counts half where it is open which of several commands it asks for. */
const chanceOf = ({ confidence, scope }: Judgement): number => Math.max(confidence, scope / 2)

function logit(chance: number): number {
  const held = Math.min(SURE, Math.max(1 - SURE, chance))
  return Math.log(held / (1 - held))
}
