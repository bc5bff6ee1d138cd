import type { Argument } from '../arguments/fill.ts'
import type { SlotValues } from '../candidate.ts'
import type { Part } from '../compound/split.ts'
import type { RouterModel } from '../model.ts'
import type { Routed } from '../routed.ts'
import type { CommandFacts } from './command-facts.ts'
import type { Decided, DecidedPart, DecideOptions } from './decide.ts'
import { differenceIn, isDenied, sparedIn } from './denied.ts'
import { isAskedFor, laterIn } from './guard.ts'
import { isTaken, isValue, otherTarget } from './part-arguments.ts'
import { isSure } from './sure.ts'
import { spoken, type When } from './when.ts'

/** Something that is open, which one question settles. */
export interface Doubt {
  readonly asks: NonNullable<Decided['asks']>
  readonly question: string
  /** The part that it is about, by index; absent where it is about the whole. */
  readonly part?: number
  /** Of a condition: how it was read, which a yes settles. Any other has to be said in other words. */
  readonly isGuess?: true
}

/** The order in which doubts are told: what is answered last is what a command can still ask for itself. */
const GRAVEST = ['elsewhere', 'condition', 'intent', 'command', 'arguments'] as const

export const gravestFirst = (doubts: readonly Doubt[]): readonly Doubt[] =>
  GRAVEST.flatMap((asks) => doubts.filter((one) => one.asks === asks))

/** A part of a request as it is understood. */
export interface Understood {
  readonly part: Part
  readonly known: CommandFacts
  readonly routed: Routed
  readonly args: Readonly<Record<string, Argument>>
  readonly missing: readonly string[]
  /** What its condition was read as. */
  readonly held: When | undefined
  /** Whether it is done once, and not for each of several things. */
  readonly isOne: boolean
  readonly index: number
}

/** What is open about a part: at most one doubt of what its condition means, of whether it is wanted, and of what exactly it is. */
export function doubtsAbout(understood: Understood, model: RouterModel, request: string, options: DecideOptions): readonly Doubt[] {
  const { part, known, routed, args, missing, index } = understood
  const condition = conditionDoubt(understood)
  const intent = intentDoubt(understood, request, options)
  const about = (asks: Doubt['asks'], question: string): Doubt => ({ asks, question, part: index })
  return [
    ...(condition === undefined ? [] : [condition]),
    ...(intent === undefined ? [] : [about('intent', intent)]),
    ...(!isSure(routed, known, model, part, args)
      ? [about('command', 'Which of these do you mean?')]
      : missing.length > 0
        ? [about('arguments', questionFor(known, missing, options.names))]
        : []),
  ]
}

function conditionDoubt({ part: { condition, aside }, known, args, held }: Understood): Doubt | undefined {
  const asks = 'condition'
  if (condition !== undefined && held === undefined) return { asks, question: `What tells whether "${condition.said}"?` }
  if (condition !== undefined && held?.isGuessed === true)
    return { asks, question: `Does "${condition.said}" mean that ${spoken(held.test)}?`, isGuess: true }
  if (aside !== undefined && !isTaken(aside, known, args)) return { asks, question: `What tells whether "${aside.said}"?` }
  return undefined
}

function intentDoubt({ part, known, args, isOne }: Understood, request: string, { names, downOf }: DecideOptions): string | undefined {
  const down = downOf?.(known.id)
  if (down !== undefined) return `${known.id} is not up, as ${down}. Try it all the same?`
  const other = isOne ? otherTarget(part, known, args, names) : undefined
  if (other !== undefined) return `Only that, and nothing for "${other}"?`
  const spared = sparedIn(part, known, args)
  if (spared !== undefined) return `Is "${spared}" meant, and not what is left out?`
  const later = timeAhead(part, known, args)
  if (later !== undefined) return `That would be done now, not "${later}". Do it now?`
  const difference = known.effect === 'read' ? undefined : differenceIn(part, known, args)
  if (difference !== undefined) return `Is the ${difference} to be ${args[difference]!.value} in all?`
  if (known.effect !== 'read' && isDenied(part, known, args, request)) return `Do you want ${known.id} to be done, just like that?`
  return isAskedFor(part.text, known, request) ? undefined : `Do you want ${known.id} to be done?`
}

/** The time that a part sets for something that would be done at once, unless the command takes it. */
function timeAhead({ text, start }: Part, { effect }: CommandFacts, args: Understood['args']): string | undefined {
  const later = effect === 'read' ? undefined : laterIn(text)
  if (later === undefined) return undefined
  return isValue(args, later.start + start, later.end + start) ? undefined : later.said
}

/** Where it is open whether something is a part of its own. */
export const doubtOfPlace = (said: string, parts: readonly DecidedPart[]): Doubt => ({
  asks: 'intent',
  question:
    parts.length === 1
      ? `Is all of that for ${parts[0]!.command}, "${said}" too?`
      : `Are these the parts you mean? It is open where "${said}" belongs.`,
})

function questionFor({ fields }: CommandFacts, missing: readonly string[], names: SlotValues = {}): string {
  const [first = ''] = missing
  const field = fields.find(({ name }) => name === first)
  const choices = field?.choices ?? names[field?.slot ?? ''] ?? []
  const rest = missing.length > 1 ? `, and the ${missing.slice(1).join(', and the ')}` : ''
  return `What is the ${first}${choices.length > 0 && choices.length <= 8 ? ` (${choices.join(', ')})` : ''}${rest}?`
}
