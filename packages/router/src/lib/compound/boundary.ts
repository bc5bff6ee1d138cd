import { type Lexeme, lexemesOf } from '../arguments/lexeme.ts'
import { isVerb, VERBS } from '../verbs.ts'
import type { Link } from './connective.ts'

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

/**
 * What each sign says for taking a request apart, in log-odds; learned by logistic regression from the 790 seams of some 1,500 requests, of
 * which one in six asks for several things; of those left out, it is right about 93 in 100.
 */
const SIGNS = {
  /** "then", "after that". */
  follows: 2.22,
  sentence: 0.5,
  isConditional: 2.12,
  /** The right side begins with neither a verb nor a question. */
  isNoun: -2.04,
  /** ... but with a preposition or the like: "as json", "and its history". */
  isTail: -0.76,
  isOneWord: -2.13,
  /** "keep what I edited", "put it into a file": what becomes of what the left side asks for. */
  isKept: -1.07,
  /** The left side begins with a verb or a question. */
  asksFirst: 1.46,
  isQuestion: -1.06,
  /** The left side says more about a thing: "those that ...". */
  isRelative: -0.78,
  isLong: -0.57,
  isSame: -2.19,
  /** Both ask the same command, but about different things, or with the same verb. */
  isAnother: 2.74,
  /** Two commands of one plugin. */
  isKin: 0.67,
}
const UNSAID = -1.76
/** Less than what was learned, as taking apart what belongs together is worse than leaving together what does not. */
const CAUTION = 0.4
/** For each unit of log-odds of the less likely side, and of both read as one. */
const WEAKER = 0.87
const HAS_BOTH = 0.63
const TOGETHER = -0.51
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
const TAILS = new Set('its their as so with to into in for from by of on at only all which that who both no not nothing'.split(' '))
const KEEPING = new Set('keep put save store write leave let make'.split(' '))
const RELATIVE = /\b(?:that|which|who|whose)\b/iu
/** Words that a short request has at most. */
const SHORT = 4

/** By how much what stands on both sides is likelier two requests than one, in log-odds; below 0 it is likelier one. */
export function boundaryOdds(seam: Seam): number {
  let odds = UNSAID - CAUTION + WEAKER * Math.min(logit(chanceOf(seam.before)), logit(chanceOf(seam.behind)))
  for (const [sign, holds] of Object.entries(signsOf(seam))) if (holds) odds += SIGNS[sign as keyof typeof SIGNS]
  // Beyond these odds it does not matter any more what both are as one, nor leaves it a doubt.
  const most = -TOGETHER * logit(SURE)
  if (odds - most > CLEAR || odds + most + HAS_BOTH < -CLEAR) return odds
  return odds + TOGETHER * logit(seam.together().confidence) + (hasBoth(seam) ? HAS_BOTH : 0)
}

/** Whether both commands come up where the two sides are read as one. */
function hasBoth({ before, behind, together }: Seam): boolean {
  const { id, others } = together()
  const likeliest = [id, ...others].slice(0, FIRST)
  return before.id !== behind.id && likeliest.includes(before.id) && likeliest.includes(behind.id)
}

function signsOf({ left, right, link, isConditional, namesAnother, before, behind }: Seam): Record<keyof typeof SIGNS, boolean> {
  const [own, others] = [wordsOf(right), wordsOf(left)]
  const [first = '', leading = ''] = [own[0]?.lower, others[0]?.lower]
  const isSame = before.id === behind.id
  // A thing of the same kind asks for the same once more, even in one word; so does the verb said again.
  const isAnother = isSame && ((first === leading && (VERBS.has(first) || first === verbOf(before))) || namesAnother())
  const isQuestion = QUESTIONS.has(leading) || AUXILIARIES.has(leading)
  const begins = VERBS.has(first) || QUESTIONS.has(first) || (link === 'sentence' && AUXILIARIES.has(first))
  const isNoun = !isAnother && !begins
  return {
    follows: link === 'then',
    sentence: link === 'sentence',
    isConditional,
    isNoun,
    isTail: !isAnother && link === 'and' && TAILS.has(first),
    isOneWord: !isAnother && own.length < 2,
    isKept: KEEPING.has(first),
    asksFirst: isQuestion || VERBS.has(leading) || leading === verbOf(before) || (leading.endsWith('ing') && isVerb(leading)),
    isQuestion,
    isRelative: RELATIVE.test(left),
    isLong: others.length > SHORT,
    isSame,
    isAnother,
    isKin: !isSame && pluginOf(before) === pluginOf(behind),
  }
}

/** Commands are called by their verbs as a rule. */
const verbOf = ({ id = '' }: Judgement): string => id.slice(id.lastIndexOf('.') + 1)
const pluginOf = ({ id = '' }: Judgement): string => id.slice(0, id.indexOf('.'))

export const beginsWithVerb = (text: string): boolean => VERBS.has(wordsOf(text)[0]?.lower ?? '')

/** The words of a piece, less what is said around a request. */
export const wordsOf = (text: string): readonly Lexeme[] => lexemesOf(text).filter(({ lower }) => !POLITE.has(lower))

/** That a side asks for something counts half where it is open which of several commands it asks for. */
const chanceOf = ({ confidence, scope }: Judgement): number => Math.max(confidence, scope / 2)

function logit(chance: number): number {
  const held = Math.min(SURE, Math.max(1 - SURE, chance))
  return Math.log(held / (1 - held))
}
