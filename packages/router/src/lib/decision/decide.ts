import type { Argument } from '../arguments/fill.ts'
import type { SlotValues } from '../candidate.ts'
import type { Seam } from '../compound/boundary.ts'
import { type Judges, type Part, splitRequest } from '../compound/split.ts'
import type { RouterModel } from '../model.ts'
import { MAX_CHARS } from '../tokens.ts'
import type { CommandFacts } from './command-facts.ts'
import { type Doubt, doubtOfPlace, doubtsAbout, gravestFirst } from './doubts.ts'
import { takesBack } from './guard.ts'
import { afterOf, conditionOf, isTold, strategyOf } from './order.ts'
import { argumentsOf, everyOne, flagsOf, inOrder, isField, isOption, leftOutOf, namesAnother, saidAgain } from './part-arguments.ts'
import { createReading, type Reading } from './reading.ts'
import type { Earlier } from './references.ts'
import { provenFirst } from './sure.ts'

export interface DecideOptions {
  /** Of every command the model knows. */
  readonly facts: (id: string) => CommandFacts | undefined
  /** What this workspace calls its environments, services, projects, branches, hosts. */
  readonly names?: SlotValues
  readonly nowMs: number
  /** Only these commands compete. Default: all. */
  readonly only?: ReadonlySet<string>
  /** Why a command cannot be run now; undefined where it can. What cannot is asked about before it is tried. */
  readonly downOf?: (command: string) => string | undefined
  /** Share of a command's runs that went well, with a prior where there are few: settles which of two that are about as likely is offered first. Default: all alike. */
  readonly successOf?: (command: string) => number
  /** What others offer for a part that nothing here does; it is named, and never run. Default: nothing. */
  readonly elsewhere?: (text: string) => Offered | undefined
  /** By how much a place where a request may be taken apart is likelier one between two requests: for those who learn it. Default: as it was learned. */
  readonly weigh?: (seam: Seam) => number
  /** Told as each stage begins: what the parts are, which command each means and what it is given, what follows from that. */
  readonly onStage?: (stage: 'classify' | 'match' | 'decide') => void
}

/** What others offer: how sure that is, and how a person uses it. */
export type Offered = Pick<DecidedPart, 'command' | 'confidence' | 'alternatives'> & { readonly invoke: string }

export interface DecidedPart {
  readonly text: string
  readonly command: string
  readonly confidence: number
  readonly args: Readonly<Record<string, Argument>>
  readonly missing: readonly string[]
  readonly alternatives: readonly { readonly command: string; readonly confidence: number }[]
  /** Which parts have to be done before. */
  readonly after: readonly number[]
  /** An expression of the chain language; done only where it is true. */
  readonly when?: string
  /** Where nothing here does it: how a person uses what others call by the name in `command`. */
  readonly invoke?: string
}

/** What a request comes to. */
export interface Decided {
  readonly request: string
  readonly outcome: 'routed' | 'ask' | 'abstain'
  /** What is to be asked: which command is meant, for arguments, whether it is meant at all, what a condition is about, or that a person does it elsewhere. */
  readonly asks?: 'command' | 'arguments' | 'intent' | 'condition' | 'elsewhere'
  readonly question?: string
  /** Everything that is open, the gravest first, which is the one told above; there only where something is. */
  readonly doubts?: readonly Doubt[]
  readonly parts: readonly DecidedPart[]
  /** What it says is not to be done. */
  readonly refused: readonly string[]
  readonly strategy: 'single' | 'sequential' | 'parallel' | 'mixed'
}

/** Makes parts, commands, arguments, order and conditions of a request. Runs nothing, and never throws, whatever the text. */
export function decide(model: RouterModel, request: string, options: DecideOptions): Decided {
  const { facts, only, onStage } = options
  onStage?.('classify')
  const read = createReading(model, only)
  const offered = new Map<string, Offered | undefined>()
  const offerOf = (text: string): Offered | undefined => {
    if (options.elsewhere === undefined) return undefined
    if (!offered.has(text)) offered.set(text, options.elsewhere(text))
    return offered.get(text)
  }
  const text = request.slice(0, MAX_CHARS)
  const { parts, refused, unclear } = splitRequest(text, judgesFor(read, offerOf, options))
  onStage?.('match')
  const decided: DecidedPart[] = []
  const earlier: Earlier[] = []
  const doubts: Doubt[] = []
  /** What is refused as an option of something that is asked for. */
  const answered = new Set<Part>()
  for (const [at, part] of parts.entries()) {
    const routed = read(part.text, at === 0 ? undefined : { text: parts[at - 1]!.text, id: decided.at(-1)?.command })
    const [best, ...others] = routed.reason === 'close' ? provenFirst(routed.ranked, options.successOf) : routed.ranked
    const known = best === undefined ? undefined : facts(best.id)
    if (best === undefined || known === undefined || routed.outcome === 'abstain') {
      const others = offerOf(part.text)
      if (others !== undefined) {
        const after = part.waits && decided.length > 0 ? [decided.length - 1] : []
        decided.push({ text: part.text, ...others, args: {}, missing: [], after })
        doubts.push({ asks: 'elsewhere', question: `Nothing here does "${part.text}", but others do. ${others.invoke}` })
      } else if (parts.length > 1) doubts.push({ asks: 'command', question: `Nothing here does "${part.text}". Go on without it?` })
      continue
    }
    const { args, missing, results } = argumentsOf(part, known, earlier, options)
    const previous = decided.at(-1)
    const taken = previous?.command === best.id ? leftOutOf(part, known, args, previous) : {}
    // A result that is taken over is waited for by this part, too.
    if (Object.keys(taken).length > 0) results.push(...previous!.after)
    Object.assign(args, taken)
    for (const option of refused.filter(({ start }) => start >= part.end)) {
      const flags = flagsOf(option.text, option.start, known)
      if (Object.keys(flags).length === 0) continue
      Object.assign(args, flags)
      answered.add(option)
    }
    const open = missing.filter((name) => args[name] === undefined)
    const held = part.condition === undefined ? undefined : conditionOf(part.condition, earlier)
    const when = held?.test
    const each = everyOne(text, part, known, args, options.names)
    // What no condition can be read of is nothing that was said before.
    const isRead = part.condition === undefined || when !== undefined
    const joined = each.length === 1 && isRead && previous !== undefined ? saidAgain(previous, best.id, when, args) : undefined
    if (previous !== undefined && joined !== undefined) {
      decided[decided.length - 1] = {
        ...previous,
        args: inOrder(known, joined),
        missing: previous.missing.filter((name) => joined[name] === undefined),
      }
      continue
    }
    for (const own of each) {
      const index = decided.length
      decided.push({
        text: part.text,
        command: best.id,
        confidence: best.confidence,
        args: inOrder(known, own),
        missing: open,
        alternatives: others.slice(0, 2).map(({ id, confidence }) => ({ command: id, confidence })),
        after: afterOf(index, part, known, earlier, results, when),
        ...(when !== undefined && { when }),
      })
      earlier.push({ index, facts: known, args: own, ...(when !== undefined && { when }) })
    }
    const isOne = each.length === 1
    doubts.push(...doubtsAbout({ part, known, routed, args, missing: open, held, isOne, index: decided.length - 1 }, model, text, options))
  }
  if (takesBack(text)) doubts.push({ asks: 'intent', question: 'Something in that is taken back. Was it read as you mean it?' })
  onStage?.('decide')
  // Several parts are all right less often than each of them is.
  const together = decided.reduce((chance, { confidence }) => chance * confidence, 1)
  if (decided.length > 1 && doubts.length === 0 && together < model.calibration.actAbove)
    doubts.push(...decided.map((_, part): Doubt => ({ asks: 'command', question: 'Is each of these what you mean?', part })))
  const said = { request, refused: refused.filter((part) => !answered.has(part)).map(({ text }) => text) }
  const strategy = strategyOf(decided)
  if (decided.length === 0) return { ...said, outcome: 'abstain', parts: [], strategy }
  const all = gravestFirst([...doubts, ...unclear.map((said) => doubtOfPlace(said, decided))])
  const [gravest] = all
  if (gravest !== undefined) {
    const { asks, question } = gravest
    return { ...said, outcome: 'ask', asks, question, doubts: all, parts: decided, strategy }
  }
  return { ...said, outcome: 'routed', parts: decided, strategy }
}

/** What taking a request apart has to know of commands. */
function judgesFor(read: Reading, offerOf: (text: string) => Offered | undefined, options: DecideOptions): Judges {
  const holds = (command: string, test: (known: CommandFacts) => boolean): boolean => {
    const known = options.facts(command)
    return known !== undefined && test(known)
  }
  return {
    judge(text, before) {
      const { ranked, scope, confidence, outcome } = read(text, before)
      const offered = outcome === 'abstain' ? offerOf(text) : undefined
      if (offered !== undefined) return { id: offered.command, scope: offered.confidence, confidence: offered.confidence, others: [] }
      return { id: ranked[0]?.id, scope, confidence, others: ranked.slice(1).map(({ id }) => id) }
    },
    isField: (text, command) => holds(command, (known) => isField(text, known)),
    isOption: (text, command) => holds(command, (known) => isOption(text, known)),
    tells: (condition, command) => holds(command, (known) => isTold(condition, known)),
    namesAnother: (text, other, command) => holds(command, (known) => namesAnother(text, other, known, options)),
    weigh: options.weigh,
  }
}
