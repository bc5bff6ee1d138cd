import { NUMBER_WORDS } from '../arguments/number.ts'
import { VERBS } from '../verbs.ts'

/** What has to hold before a part of a request is done, as far as its words say. */
export type Condition = {
  /** Its own words, and where in the request they begin. */
  readonly said: string
  readonly at: number
} & Meaning

type Meaning =
  /** Whether what was done before came out well; only guessed where no more is known than whether its words are good or bad. */
  | { readonly kind: 'outcome'; readonly good: boolean; readonly word: string; readonly isGuessed?: boolean }
  /** A figure of its result: "if the score is below 80". */
  | { readonly kind: 'figure'; readonly words: readonly string[]; readonly operator: '<' | '<=' | '>' | '>='; readonly number: number }
  /** Whether its result holds any of something: "if there are errors". */
  | { readonly kind: 'any'; readonly words: readonly string[]; readonly some: boolean }

export interface ReadCondition {
  readonly condition: Condition
  /** How many characters of the text it takes. */
  readonly length: number
}

const GOOD =
  'healthy|okay|ok|fine|good|green|up|clean|successful|ready|passing|alive|running|stable|valid|reachable|online|happy|well|done|finished|complete|completed|through'
const BAD = 'unhealthy|down|broken|red|bad|degraded|failing|dirty|unavailable|invalid|unreachable|offline|unstable|sick|dead|wrong|not well'
const DOES_WELL =
  'pass(?:es|ed)?|succeed(?:s|ed)?|work(?:s|ed)?(?: out)?|goes? (?:well|through|fine|okay|ok)|went (?:well|through|fine|okay|ok)|finish(?:es|ed)?|complet(?:es|ed)'
const DOES_BADLY = 'fail(?:s|ed)?|break(?:s)?|broke|crash(?:es|ed)?|goes? wrong|went wrong|errors?(?: out)?|times? out'
const THING = String.raw`(?:the |our |my )?[\w-]+(?: [\w-]+)?`
const SUBJECT = String.raw`(?:(?:it|that|this|they|(?:all|one|any|some|none|each|most)(?: of (?:it|that|them|these|those))?|everything|anything|nothing|something|the result|${THING}(?: and ${THING})?)\s+)?`
const IS = String.raw`(?:is|are|be|was|were|looks?|seems?|comes? (?:back|out)|came (?:back|out)|turns? out(?: to be)?|gets?|has been|have been|'s)\s+`
const NOT = String.raw`(?:not|never|no longer|isn't|isnt|aren't|arent)\s+`
const ADVERB = `(?:still |all |really |indeed |completely |actually )?`
const AUXILIARY = 'is|are|was|were|does|do|did|has|have'

const SHAPES: readonly { readonly pattern: RegExp; readonly good: boolean }[] = [
  {
    pattern: new RegExp(
      `^(${SUBJECT})(?:(?:does|do|did) not|doesn't|doesnt|don't|dont|didn't|didnt|won't)\\s+(?:${DOES_WELL}|pass|succeed|work|go (?:well|through)|look (?:${GOOD}))\\b`,
      'iu',
    ),
    good: false,
  },
  {
    pattern: new RegExp(
      `^(${SUBJECT})(?:(?:does|do|did) not|doesn't|doesnt|don't|dont|didn't|didnt)\\s+(?:${DOES_BADLY}|fail|break|crash|go wrong)\\b`,
      'iu',
    ),
    good: true,
  },
  { pattern: new RegExp(`^(nothing\\s+)(?:${IS})?(?:${DOES_BADLY}|${BAD})\\b`, 'iu'), good: true },
  { pattern: new RegExp(`^(${SUBJECT})(?:${IS})?${NOT}${ADVERB}(?:${GOOD})\\b`, 'iu'), good: false },
  { pattern: new RegExp(`^(${SUBJECT})(?:${IS})?${NOT}${ADVERB}(?:${BAD})\\b`, 'iu'), good: true },
  { pattern: new RegExp(`^(${SUBJECT})${IS}${ADVERB}(?:${BAD})\\b`, 'iu'), good: false },
  {
    pattern: new RegExp(`^(${SUBJECT})${IS}${ADVERB}(?:${GOOD}|deployed|released|built|merged|fixed|restarted|created)\\b`, 'iu'),
    good: true,
  },
  { pattern: new RegExp(`^((?:it|that|this|they|all of them)\\s+)(?:${AUXILIARY})(?=\\s*(?:[,;:.?!]|$))`, 'iu'), good: true },
  {
    pattern: new RegExp(`^((?:it|that|this|they|all of them)\\s+)(?:${AUXILIARY})(?: not|n['’]?t)(?=\\s*(?:[,;:.?!]|$))`, 'iu'),
    good: false,
  },
  { pattern: new RegExp(`^()(?:all )?(?:${GOOD}|so|deployed|released|built)\\b`, 'iu'), good: true },
  { pattern: new RegExp(`^()(?:${BAD}|not)\\b`, 'iu'), good: false },
  { pattern: new RegExp(`^(${SUBJECT})${ADVERB}(?:${DOES_BADLY})\\b`, 'iu'), good: false },
  { pattern: new RegExp(`^(${SUBJECT})${ADVERB}(?:${DOES_WELL})\\b`, 'iu'), good: true },
]

const NUMBER = String.raw`\d+(?:\.\d+)?|${Object.keys(NUMBER_WORDS).join('|')}`
const MORE = 'below|under|less than|lower than|fewer than|at most|above|over|more than|greater than|higher than|at least'
const FIGURE = new RegExp(
  String.raw`^(?:the |its )?([\p{L}][\p{L} -]{0,40}?)\s+(?:is|are|drops?|falls?|stays?|goes?|gets?|was)?\s*(${MORE})\s+(${NUMBER})\b\s?(?:%|percent)?`,
  'iu',
)
const COUNT = new RegExp(
  String.raw`^(?:there (?:are|is)|it (?:has|finds|found|shows|reports)|we (?:have|find)|you find)\s+(${MORE})\s+(${NUMBER})(?:\s+([\p{L}-]+))?`,
  'iu',
)
const ANY =
  /^(?:there (?:are|is|were)|it (?:has|finds|found|shows|reports)|we (?:have|find)|you (?:find|see))\s+(no|any|some|an?)?\s*((?:(?:critical|open|new|failed|failing|pending|security|serious|unresolved)\s)?[\p{L}-]+)/iu
const OPERATORS: Readonly<Record<string, '<' | '<=' | '>' | '>='>> = {
  below: '<',
  under: '<',
  'less than': '<',
  'lower than': '<',
  'fewer than': '<',
  'at most': '<=',
  above: '>',
  over: '>',
  'more than': '>',
  'greater than': '>',
  'higher than': '>',
  'at least': '>=',
}

/** The condition that a text begins with, and how far it goes; `undefined` where it begins with none that can be read. */
export function readCondition(text: string): ReadCondition | undefined {
  const found = (match: RegExpExecArray, meaning: Meaning): ReadCondition => ({
    condition: { said: match[0], at: 0, ...meaning },
    length: match[0].length,
  })
  const count = COUNT.exec(text)
  if (count !== null)
    return found(count, { kind: 'figure', words: wordsOf(count[3] ?? ''), operator: operatorOf(count[1]!), number: numberOf(count[2]!) })
  const figure = FIGURE.exec(text)
  if (figure !== null)
    return found(figure, { kind: 'figure', words: wordsOf(figure[1]!), operator: operatorOf(figure[2]!), number: numberOf(figure[3]!) })
  for (const { pattern, good } of SHAPES) {
    const match = pattern.exec(text)
    if (match !== null && !isQuantity(match[0]))
      return found(match, { kind: 'outcome', good, word: match[0].trim().split(/\s+/).at(-1)!.toLowerCase() })
  }
  const any = ANY.exec(text)
  if (any === null) return undefined
  const some = any[1]?.toLowerCase() !== 'no'
  // "if there are any restart it": the verb is what is to be done.
  const isAlone = any[1] !== undefined && VERBS.has(any[2]!.toLowerCase())
  if (!isAlone) return found(any, { kind: 'any', words: wordsOf(any[2]!), some })
  const said = any[0].slice(0, -any[2]!.length).trimEnd()
  return { condition: { said, at: 0, kind: 'any', words: [], some }, length: said.length }
}

const NONE = /^(?:nothing|none|nobody|no)\b/iu
const SOME = /^(?:something|anything|any|some|one|an?|more|enough)\b/iu
const SOUNDS_BAD = new RegExp(`\\b(?:${DOES_BADLY}|${BAD}|problems?|trouble|worse|half)\\b`, 'iu')
const DENIES = /\b(?:not|never|no|without|\w+n['’]t)\b/iu

/** What a condition may mean whose words cannot be read: whether there is any of something, or whether it sounds good or bad. */
export function guessedCondition(said: string): Condition {
  if (NONE.test(said) || SOME.test(said)) return { said, at: 0, kind: 'any', words: wordsOf(said).slice(1), some: SOME.test(said) }
  return {
    said,
    at: 0,
    kind: 'outcome',
    good: SOUNDS_BAD.test(said) === DENIES.test(said),
    word: wordsOf(said).at(-1) ?? '',
    isGuessed: true,
  }
}

export function negated(condition: Condition): Condition {
  if (condition.kind === 'outcome') return { ...condition, good: !condition.good }
  if (condition.kind === 'any') return { ...condition, some: !condition.some }
  const opposite = { '<': '>=', '<=': '>', '>': '<=', '>=': '<' } as const
  return { ...condition, operator: opposite[condition.operator] }
}

const operatorOf = (words: string): '<' | '<=' | '>' | '>=' => OPERATORS[words.toLowerCase()]!
const numberOf = (text: string): number => NUMBER_WORDS[text.toLowerCase()] ?? Number(text)
const isQuantity = (text: string): boolean => /^there\b/i.test(text)
const wordsOf = (text: string): string[] =>
  text
    .toLowerCase()
    .split(/[\s-]+/)
    .filter((word) => word !== '')
