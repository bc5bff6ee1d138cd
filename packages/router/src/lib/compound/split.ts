import { beginsWithVerb, boundaryOdds, CLEAR, type Judgement, type Seam, wordsOf } from './boundary.ts'
import { type Clause, clausesOf } from './clause.ts'
import type { Condition } from './condition.ts'
import type { Before } from './referent.ts'
import { isReport } from './report.ts'

/** A part of a request that asks for one thing. */
export interface Part {
  readonly text: string
  readonly start: number
  readonly end: number
  /** Whether it has to wait for the one before: said so, or set by a condition. */
  readonly waits: boolean
  readonly condition?: Condition
  /** A condition in it that is read as words of the request: it may be an option of the command, or a figure that the command takes. */
  readonly aside?: Condition
}

export interface Split {
  readonly parts: readonly Part[]
  /** What the request says is not to be done. */
  readonly refused: readonly Part[]
  /** Where it is open whether something of its own begins. */
  readonly unclear: readonly string[]
}

/** What has to be known to take a request apart. */
export interface Judges {
  /** What a piece asks for, by itself or behind what stands before it. */
  readonly judge: (text: string, before?: Before) => Judgement
  /** Whether a piece begins with an option of a command: "... and push it". */
  readonly isOption: (text: string, command: string) => boolean
  /** Whether a piece begins with the name of something that a command takes: "... severity high". */
  readonly isField: (text: string, command: string) => boolean
  /** Whether a command can tell what a condition is about by looking. */
  readonly tells: (condition: Condition, command: string) => boolean
  /** Whether two pieces name different things to do the command to. */
  readonly namesAnother: (text: string, other: string, command: string) => boolean
  /** By how much a seam is likelier one between two requests. Default: as it was learned. */
  readonly weigh?: ((seam: Seam) => number) | undefined
}

/** What has more pieces is no request that anybody means, and each piece costs. */
const MAX_CLAUSES = 40
/** On its own a piece has to be this likely to ask for something. */
const LIKELY = 0.5

/** What is this likely to ask for another command is one, unless more speaks against that than would else be enough. */
const ANOTHER = 0.7
const LOST = 1.5 * CLEAR

/** Clauses that ask for one thing. */
interface Group {
  readonly clauses: readonly Clause[]
  readonly before?: Before
}

/** The parts of a request, each of which asks for something of its own; a single part where it asks for one thing. */
export function splitRequest(text: string, judges: Judges): Split {
  const clauses = clausesOf(text)
  const aside = clauses.length === 1 ? clauses[0]!.condition : undefined
  const one: Part = { text, start: 0, end: text.length, waits: false, ...(aside !== undefined && { aside }) }
  const whole: Split = { parts: [one], refused: [], unclear: [] }
  if (clauses.length > MAX_CLAUSES) return { ...whole, unclear: [text.slice(clauses[1]!.start, clauses[1]!.end)] }
  if (clauses.length < 2 && clauses.every(({ refused, condition }) => !refused && condition === undefined)) return whole
  const groups: Group[] = []
  const unclear: string[] = []
  for (const clause of clauses) {
    const current = groups.at(-1)
    const odds = current === undefined ? CLEAR : oddsOfPart(text, current, clause, judges)
    if (Math.abs(odds) < CLEAR) unclear.push(text.slice(clause.start, clause.end))
    if (current === undefined) groups.push({ clauses: [clause] })
    else if (odds > 0) groups.push({ clauses: [clause], ...beforeOf(text, current, judges) })
    else groups[groups.length - 1] = { ...current, clauses: [...current.clauses, clause] }
  }
  const partsThat = (areRefused: boolean): Part[] =>
    groups.filter((group) => isRefused(group) === areRefused).map((group) => partOf(text, group.clauses))
  const [refused, asked] = [partsThat(true), partsThat(false)]
  const isRequest = ({ text: said, condition }: Part): boolean => condition !== undefined || judges.judge(said).scope >= LIKELY
  const requests = asked.length > 1 ? asked.filter(isRequest) : asked
  const look = requests[0] === undefined ? undefined : lookFor(requests[0], judges)
  const parts = look === undefined ? requests : [look, ...requests]
  if (refused.length > 0) return { parts, refused, unclear }
  // One request and some words around it: the words may hold its arguments.
  const isOne = parts.length === 1 && (clauses.length < 2 || parts[0]!.condition === undefined)
  return parts.length === 0 || isOne ? { ...whole, unclear } : { parts, refused, unclear }
}

const isRefused = ({ clauses }: Group): boolean => clauses[0]!.refused

/** The clauses of a group but for what is the matter at its beginning. */
function askingOf(text: string, { clauses }: Group): readonly Clause[] {
  const first = clauses.findIndex(({ start, end }) => !isReport(text.slice(start, end)))
  return first === -1 ? [] : clauses.slice(first)
}

/** What stands before the next group, and what it asks for. */
function beforeOf(text: string, group: Group, { judge }: Judges): { readonly before?: Before } {
  if (isRefused(group)) return {}
  const part = partOf(text, group.clauses)
  return { before: { text: part.text, id: judge(part.text, group.before).id } }
}

/** By how much a clause is likelier a part of its own than one with what stands before it, in log-odds. */
function oddsOfPart(
  text: string,
  current: Group,
  clause: Clause,
  { judge, isOption, isField, namesAnother, weigh = boundaryOdds }: Judges,
): number {
  const clearly = (isApart: boolean): number => (isApart ? CLEAR : -CLEAR)
  const { link, condition } = clause
  const right = partOf(text, [clause]).text
  if (clause.refused) return clearly(link !== 'and' || judge(right).confidence >= LIKELY)
  if (isRefused(current)) return clearly(link !== 'and' || beginsWithVerb(right))
  const asking = askingOf(text, current)
  // What is the matter belongs to what is to be done about it.
  if (asking.length === 0 && link !== 'then') return clearly(false)
  const clauses = asking.length === 0 ? current.clauses : asking
  const left = partOf(text, clauses).text
  const before = judge(left, current.before)
  const together = (): Judgement => judge(partOf(text, [...clauses, clause]).text, current.before)
  // Where they are one sentence, the option may be what tells the command.
  const said = text.slice(clause.outer.start, clause.outer.end)
  const says = (id: string | undefined): boolean => id !== undefined && isOption(said, id)
  const isConditional = condition !== undefined && condition !== clauses[0]!.condition
  const behind = judge(right, { text: left, id: before.id })
  const saysOption = (link !== 'then' && says(before.id)) || (link === 'and' && says(together().id))
  const odds = weigh({
    left,
    right,
    link,
    between: text.slice(clauses.at(-1)!.end, clause.start),
    isOption: saysOption,
    isField: before.id !== undefined && isField(right, before.id),
    isConditional,
    namesAnother: () => before.id !== undefined && namesAnother(right, left, before.id),
    before,
    behind,
    together,
  })
  // Neither a condition of its own nor what reads as another command is lost in what stands before it without a question.
  const isOther = behind.id !== before.id && behind.confidence >= ANOTHER && !saysOption && odds > -LOST
  return odds <= 0 && (isConditional || isOther) ? 0 : odds
}

const POINTS_BACK = /^(?:it|that|this|they|you|i|we|all|any|some|something|anything|nothing|everything|one|none)\b/iu

/** "if the services are healthy, deploy" asks for a look first, where nothing stands before that tells. */
function lookFor({ text, condition }: Part, { judge, tells }: Judges): Part | undefined {
  if (condition === undefined || POINTS_BACK.test(condition.said)) return undefined
  if (wordsOf(text).length < 2 || judge(text).confidence < LIKELY) return undefined
  const { id, confidence } = judge(condition.said)
  if (id === undefined || confidence < LIKELY || !tells(condition, id)) return undefined
  return { text: condition.said, start: condition.at, end: condition.at + condition.said.length, waits: false }
}

/** Conditions are no words of the part that they are set for, but for those of what was joined to it. */
function partOf(text: string, [first, ...others]: readonly Clause[]): Part {
  const start = Math.min(first!.start, ...others.map(({ outer }) => outer.start))
  const end = others.length === 0 ? first!.end : Math.max(first!.outer.end, ...others.map(({ outer }) => outer.end))
  const { link, condition } = first!
  const aside = others.find((other) => other.condition !== undefined && other.condition !== condition)?.condition
  return {
    text: text.slice(start, end),
    start,
    end,
    waits: link === 'then' || condition !== undefined,
    ...(condition !== undefined && { condition }),
    ...(aside !== undefined && { aside }),
  }
}
