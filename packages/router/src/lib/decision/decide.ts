import { type Argument, fillArguments } from '../arguments/fill.ts'
import { flagIn } from '../arguments/flag.ts'
import { lexemesOf } from '../arguments/lexeme.ts'
import { isOrdinary } from '../arguments/name.ts'
import type { SlotValues } from '../candidate.ts'
import type { Condition } from '../compound/condition.ts'
import { spelledOut } from '../compound/referent.ts'
import { type Part, splitRequest } from '../compound/split.ts'
import type { RouterModel } from '../model.ts'
import { readRequest } from '../request.ts'
import { route } from '../route.ts'
import type { Routed } from '../routed.ts'
import { hasFeature } from '../space.ts'
import { stem } from '../stem.ts'
import { STOP_WORDS } from '../stop-words.ts'
import type { CommandFacts } from './command-facts.ts'
import { isAskedFor } from './guard.ts'
import { type Earlier, referencesOf } from './references.ts'
import { whenOf } from './when.ts'

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
  readonly parts: readonly DecidedPart[]
  /** What it says is not to be done. */
  readonly refused: readonly string[]
  readonly strategy: 'single' | 'sequential' | 'parallel' | 'mixed'
}

interface Doubt {
  readonly asks: NonNullable<Decided['asks']>
  readonly question: string
}

/** Makes parts, commands, arguments, order and conditions of a request. Runs nothing, and never throws, whatever the text. */
export function decide(model: RouterModel, request: string, options: DecideOptions): Decided {
  const { facts, only, downOf, onStage } = options
  onStage?.('classify')
  // Taking a request apart reads many of its pieces that are parts in the end.
  const read = new Map<string, Routed>()
  const routeOne = (text: string): Routed => {
    const routed = read.get(text) ?? route(model, withoutQuotes(text), { ...(only !== undefined && { only }) })
    read.set(text, routed)
    return routed
  }
  const offered = new Map<string, Offered | undefined>()
  const offerOf = (text: string): Offered | undefined => {
    if (options.elsewhere === undefined) return undefined
    if (!offered.has(text)) offered.set(text, options.elsewhere(text))
    return offered.get(text)
  }
  const { parts, refused } = splitRequest(request, (text) => {
    const { ranked, scope, confidence, outcome } = routeOne(text)
    const others = outcome === 'abstain' ? offerOf(text) : undefined
    if (others !== undefined) return { id: others.command, scope: others.confidence, confidence: others.confidence }
    return { id: ranked[0]?.id, scope, confidence }
  })
  onStage?.('match')
  const decided: DecidedPart[] = []
  const earlier: Earlier[] = []
  const doubts: Doubt[] = []
  /** What is refused as an option of something that is asked for. */
  const answered = new Set<Part>()
  for (const [at, part] of parts.entries()) {
    const routed = inContext(part.text, parts[at - 1]?.text, routeOne)
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
    for (const option of refused.filter(({ start }) => start >= part.end)) {
      const flags = flagsOf(option, known)
      if (Object.keys(flags).length === 0) continue
      Object.assign(args, flags)
      answered.add(option)
    }
    const when = part.condition === undefined ? undefined : conditionOf(part.condition, earlier)
    const each = everyOne(request, part, known, args, options.names)
    const previous = decided.at(-1)
    const joined = each.length === 1 && previous !== undefined ? saidAgain(previous, best.id, when, args) : undefined
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
        missing,
        alternatives: others.slice(0, 2).map(({ id, confidence }) => ({ command: id, confidence })),
        after: afterOf(index, part, known, earlier, results, when),
        ...(when !== undefined && { when }),
      })
      earlier.push({ index, facts: known, args: own })
    }
    if (part.condition !== undefined && when === undefined)
      doubts.push({ asks: 'condition', question: `What tells whether "${conditionText(part.condition)}"?` })
    const down = downOf?.(best.id)
    if (down !== undefined) doubts.push({ asks: 'intent', question: `${best.id} is not up, as ${down}. Try it all the same?` })
    else if (!isAskedFor(part.text, known)) doubts.push({ asks: 'intent', question: `Do you want ${best.id} to be done?` })
    else if (!isSure(routed, known, model, part, args)) doubts.push({ asks: 'command', question: 'Which of these do you mean?' })
    else if (missing.length > 0) doubts.push({ asks: 'arguments', question: questionFor(known, missing, options.names) })
  }
  onStage?.('decide')
  // Several parts are all right less often than each of them is.
  const together = decided.reduce((chance, { confidence }) => chance * confidence, 1)
  if (decided.length > 1 && doubts.length === 0 && together < model.calibration.actAbove)
    doubts.push({ asks: 'command', question: 'Is each of these what you mean?' })
  const said = { request, refused: refused.filter((part) => !answered.has(part)).map(({ text }) => text) }
  const strategy = strategyOf(decided)
  if (decided.length === 0) return { ...said, outcome: 'abstain', parts: [], strategy }
  const [doubt] = doubts
  if (doubt !== undefined) return { ...said, outcome: 'ask', ...doubt, parts: decided, strategy }
  return { ...said, outcome: 'routed', parts: decided, strategy }
}

/** Of commands that have to be asked about anyway, as nothing tells them apart, those that go well come first; the very unlikely stay behind. */
function provenFirst(ranked: Routed['ranked'], successOf: DecideOptions['successOf']): Routed['ranked'] {
  const [first] = ranked
  if (first === undefined || successOf === undefined) return ranked
  const close = ranked.filter(({ confidence }) => confidence >= first.confidence / 2)
  const weigh = ({ id, confidence }: (typeof ranked)[number]): number => confidence * successOf(id)
  return [...close.sort((a, b) => weigh(b) - weigh(a)), ...ranked.slice(close.length)]
}

/** A command that only looks may be this much less sure than one that changes something: a wrong look costs a glance. */
const LOOKS_FOR_LESS = 0.05

/** Whether a part is done unasked: the surer it has to be, the more it could do. */
function isSure(
  { outcome, confidence }: Routed,
  { effect }: CommandFacts,
  model: RouterModel,
  part: Part,
  args: Readonly<Record<string, Argument>>,
): boolean {
  const { actAbove, destroyAbove } = model.calibration
  if (effect === 'destroy' || (confidence < destroyAbove && saysMore(model, part, args)))
    return outcome === 'act' && confidence >= destroyAbove
  if (outcome === 'act') return true
  // One word is a topic, however sure it is.
  return effect === 'read' && confidence >= actAbove - LOOKS_FOR_LESS && lexemesOf(part.text).length > 1
}

/** Whether a part says something that no command's texts say, and that is no value either: "read the runbook aloud". */
function saysMore(model: RouterModel, { text, start: offset }: Part, args: Readonly<Record<string, Argument>>): boolean {
  return readRequest(model, text).some(
    ({ word, start, end }) =>
      /^[a-z']+$/.test(word) &&
      !STOP_WORDS.has(word) &&
      !hasFeature(model.space, 'match', stem(word)) &&
      !Object.values(args).some(({ from }) => from[0] <= start + offset && end + offset <= from[1]),
  )
}

/** What a part means by itself, or with what its pronoun stands for, whichever is surer. */
function inContext(text: string, before: string | undefined, routeOne: (text: string) => Routed): Routed {
  const alone = routeOne(text)
  const spelled = spelledOut(text, before)
  if (spelled === text) return alone
  const together = routeOne(spelled)
  return together.confidence > alone.confidence ? together : alone
}

/**
 * A part that asks the command before it for nothing else: "run the tests, then tell me whether they pass". Its arguments with those of the
 * one before; `undefined` where the two ask for different things.
 */
function saidAgain(
  previous: DecidedPart,
  command: string,
  when: string | undefined,
  args: Readonly<Record<string, Argument>>,
): Readonly<Record<string, Argument>> | undefined {
  if (previous.command !== command || previous.when !== when) return undefined
  const joined: Record<string, Argument> = { ...args, ...previous.args }
  for (const [name, { value, from }] of Object.entries(args)) {
    const before = previous.args[name]
    if (before === undefined || JSON.stringify(before.value) === JSON.stringify(value)) continue
    if (!Array.isArray(value) || !Array.isArray(before.value)) return undefined
    joined[name] = { value: [...new Set([...before.value, ...value])], from: [before.from[0], Math.max(before.from[1], from[1])] }
  }
  return joined
}

/** What is quoted is somebody's words or a name: it says nothing of what is to be done, unless nothing else does. */
function withoutQuotes(text: string): string {
  const rest = text.replace(
    /(?:\b(?:called|named|titled|saying)\s+)?(?:"[^"]*"|“[^”]*”|`[^`]*`|(?<![\p{L}\p{N}])'[^']*'(?![\p{L}\p{N}]))/giu,
    ' ',
  )
  return lexemesOf(rest).length > 1 ? rest : text
}

interface FilledPart {
  readonly args: Record<string, Argument>
  readonly missing: readonly string[]
  /** The parts whose results it needs. */
  readonly results: readonly number[]
}

function argumentsOf(part: Part, facts: CommandFacts, earlier: readonly Earlier[], { names, nowMs }: DecideOptions): FilledPart {
  const filled = fillArguments(part.text, facts.fields, {
    nowMs,
    literal: facts.effect === 'destroy',
    ownWords: facts.ownWords,
    ...(names !== undefined && { names }),
  })
  const args: Record<string, Argument> = {}
  for (const [name, { value, from }] of Object.entries(filled.args))
    args[name] = { value, from: [from[0] + part.start, from[1] + part.start] }
  const open = facts.fields.filter(({ name }) => args[name] === undefined)
  const referred = earlier.length === 0 ? [] : referencesOf(part.text, part.start, facts, open, earlier)
  for (const { name, argument } of referred) args[name] = argument
  return {
    args,
    missing: filled.missing.filter((name) => args[name] === undefined),
    results: referred.flatMap(({ result }) => (result === undefined ? [] : [result])),
  }
}

/** "... but do not push it": the flags of a command that a refusal behind it turns off. */
function flagsOf(option: Part, { fields }: CommandFacts): Readonly<Record<string, Argument>> {
  const lexemes = lexemesOf(option.text)
  return Object.fromEntries(
    fields.flatMap((field) => {
      const found = field.kind === 'flag' ? flagIn(lexemes, field) : undefined
      return found === undefined
        ? []
        : [[field.name, { value: found.value, from: [option.start + found.start, option.start + found.end] as const }]]
    }),
  )
}

const NEXT_NAME = /^(?:,? and |, |,? & |,? as well as )(?:the |our |my )?([\p{L}\p{N}][\w./-]*\w|[\p{L}\p{N}])/iu

/** "restart the api and the worker" asks for the same thing twice: the arguments for each. */
function everyOne(
  request: string,
  part: Part,
  { fields, ownWords }: CommandFacts,
  args: Readonly<Record<string, Argument>>,
  names: SlotValues = {},
): readonly Record<string, Argument>[] {
  const field = fields.find(({ name, kind, list }) => (kind === 'name' || kind === 'host') && !list && args[name] !== undefined)
  if (field === undefined) return [args]
  const all: Record<string, Argument>[] = [args]
  const known = names[field.slot]?.map((name) => name.toLowerCase())
  let end = args[field.name]!.from[1]
  for (;;) {
    const next = NEXT_NAME.exec(request.slice(end, part.end))
    const name = next?.[1]
    if (next === null || name === undefined || isOrdinary(name.toLowerCase()) || ownWords.has(stem(name.toLowerCase()))) return all
    if (known !== undefined && !known.includes(name.toLowerCase())) return all
    const start = end + next[0].length - name.length
    end = start + name.length
    if (Object.values(args).some(({ from }) => from[0] < end && start < from[1])) return all
    const value = names[field.slot]?.find((one) => one.toLowerCase() === name.toLowerCase()) ?? name
    all.push({ ...args, [field.name]: { value, from: [start, end] } })
  }
}

const inOrder = ({ fields }: CommandFacts, args: Readonly<Record<string, Argument>>): Readonly<Record<string, Argument>> =>
  Object.fromEntries(fields.flatMap(({ name }) => (args[name] === undefined ? [] : [[name, args[name]]])))

/** A condition is about the nearest part before that says something of the kind, and about the last one where none does. */
function conditionOf(condition: Condition, earlier: readonly Earlier[]): string | undefined {
  const candidates = [...earlier].reverse().filter(({ facts }) => facts.effect === 'read')
  for (const { index, facts } of candidates.length > 0 ? candidates : [...earlier].reverse()) {
    const when = whenOf(condition, index, facts)
    if (when !== undefined) return when
  }
  return undefined
}

function afterOf(
  index: number,
  part: Part,
  facts: CommandFacts,
  earlier: readonly Earlier[],
  results: readonly number[],
  when: string | undefined,
): readonly number[] {
  const after = new Set(results)
  for (const match of when?.matchAll(/steps\.part(\d+)\./g) ?? []) after.add(Number(match[1]) - 1)
  // What changes something keeps its place in the order it was asked in; two looks do not mind one another.
  const previous = earlier.at(-1)
  if (previous !== undefined && after.size === 0 && (part.waits || facts.effect !== 'read' || previous.facts.effect !== 'read'))
    after.add(index - 1)
  return [...after].sort((a, b) => a - b)
}

function strategyOf(parts: readonly DecidedPart[]): Decided['strategy'] {
  if (parts.length < 2) return 'single'
  const waiting = parts.slice(1).filter(({ after }) => after.length > 0).length
  return waiting === 0
    ? 'parallel'
    : waiting === parts.length - 1 && parts.every(({ after }, i) => i === 0 || after.includes(i - 1))
      ? 'sequential'
      : 'mixed'
}

function questionFor({ fields }: CommandFacts, missing: readonly string[], names: SlotValues = {}): string {
  const [first = ''] = missing
  const field = fields.find(({ name }) => name === first)
  const choices = field?.choices ?? names[field?.slot ?? ''] ?? []
  const rest = missing.length > 1 ? `, and the ${missing.slice(1).join(', and the ')}` : ''
  return `What is the ${first}${choices.length > 0 && choices.length <= 8 ? ` (${choices.join(', ')})` : ''}${rest}?`
}

function conditionText(condition: Condition): string {
  if (condition.kind === 'outcome') return condition.word
  return condition.words.join(' ')
}
