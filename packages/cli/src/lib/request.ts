import type { ChainReport, PlannedStep } from '@switchyard/chain'
import { fromWireError, type WireError } from '@switchyard/contracts'
import {
  type Alternative,
  budgetExceeded,
  chainOf,
  type Decision,
  type DecisionPart,
  inputOf,
  runLimits,
  withApproval,
  type Yard,
} from '@switchyard/yard'
import { withoutSecrets } from '@switchyard/yard/config'
import { renderElsewhere } from '../render/agents.ts'
import { renderChain } from '../render/chain.ts'
import { nameable, renderChanged, renderDecision, renderOffers, renderPointed, renderWhy } from '../render/decision.ts'
import { type Look, paint, plain } from '../render/look.ts'
import { renderPlannedParts } from '../render/parts.ts'
import { renderRuns } from '../render/plan.ts'
import { short } from '../render/registry.ts'
import { runSteps, type Step } from './approval.ts'
import { noEnv } from './errors.ts'
import { EXIT } from './exit-code.ts'
import { commandLine, type Flag, flagsOf, quoted, valueOfFlag } from './flags.ts'
import type { Terminal } from './host.ts'
import { checkInput } from './input.ts'
import { type LimitFlags, limitsOf } from './program.ts'
import { approvalFor, approvedChain, followChain, rehearsalReply } from './run-chain.ts'
import type { Reply, Session } from './session.ts'

export interface RequestFlags extends LimitFlags {
  readonly yes?: boolean
  readonly dryRun?: boolean
  readonly explain?: boolean
  readonly env?: string
}

/** A part whose command is settled. */
interface Settled {
  readonly command: string
  readonly input: Record<string, unknown>
}

/** The decision, or a configured model's where the router is not sure; what that cost is said. */
export async function consulted(session: Session, yard: Yard, decision: Decision): Promise<Decision> {
  const { consulted: asked, ...answered } = await yard.routing.consult(decision)
  if (asked === undefined) return decision
  const cost = asked.costUsd > 0 ? ` for $${asked.costUsd.toFixed(4)}` : ''
  session.note(`Asked ${asked.model}${cost}${asked.refused === undefined ? '' : `; its answer is not used, as ${asked.refused}`}`)
  return answered
}

/** What a person said that a part of a request means. */
interface Said {
  readonly text: string
  readonly command: string
}

interface RequestReply extends Reply {
  /** What was answered on the way; nothing where nobody was asked. */
  readonly said?: readonly Said[]
}

/** Remembers for the next time what a person said, and shows what else is read otherwise by that. */
export async function remember(session: Session, said: readonly Said[]): Promise<void> {
  const yard = await session.yard()
  for (const { text, command } of said) {
    const changed = yard.routing.remember(text, command)
    if (changed === undefined) continue
    const undo = `switchyard route --forget ${quoted(plain(text))}`
    session.note(
      (look) => `Remembered: ${command} is meant. To forget it: ${undo}${renderChanged(changed, look, 'This also reads otherwise now')}`,
    )
  }
}

/** Does what a request means: decide, ask what is not clear, plan, get approval, run. */
export async function answerRequest(session: Session, request: string, flags: RequestFlags): Promise<RequestReply> {
  const yard = await session.yard()
  const decision = await consulted(session, yard, yard.decide(request))
  if (flags.explain === true && !session.json)
    session.note((look) => `${renderDecision(decision, look)}\n\n${renderWhy(yard.routing.explain(decision, limitsOf(flags)), look)}\n`)
  if (decision.outcome === 'abstain' || decision.parts.length === 0) {
    yard.unanswered()
    return abstained(yard, decision)
  }

  if (decision.parts.some(({ invoke }) => invoke !== undefined)) {
    yard.unanswered()
    return pointed(decision, flags.explain === true && !session.json)
  }

  const { terminal } = session.host
  const said: Said[] = []
  const settled =
    terminal === undefined ? settleAlone(yard, decision, flags) : await settleWith(terminal, session, yard, decision, flags, said)
  if (settled === undefined) {
    yard.unanswered()
    return unsure(yard, decision, flags.explain === true && !session.json)
  }
  if ('invoke' in settled) {
    yard.unanswered()
    return { data: withoutSecrets(decision), text: `${plain(settled.invoke)}\n\nNothing was done.`, exit: EXIT.noCommandFits }
  }
  if (flags.env !== undefined && !settled.some(({ command }) => takesEnv(yard, command))) {
    throw noEnv(settled.map(({ command }) => command))
  }
  const limits = limitsOf(flags)
  const fit = limits && yard.routing.within(withInputs(decision, settled), limits)
  if (fit?.isFeasible === false) throw budgetExceeded(decision.parts, fit)
  if (settled.length > 1) return { ...(await runParts(session, decision, settled, flags)), said }
  const steps: Step[] = []
  for (const { command, input } of settled) {
    const { definition } = yard.commands.get(command)!
    await checkInput(`switchyard ${command.replaceAll('.', ' ')}`, definition, flagsOf(definition), input)
    steps.push({ command, definition, input })
  }
  if (!session.json && flags.explain !== true) {
    for (const { command, input } of steps)
      session.note((look) => paint(look, 'dim', plain(`→ ${commandLine(command, withoutSecrets(input))}`)))
  }
  const { results: _, data, ...reply } = await runSteps(session, steps, { yes: flags.yes === true, dryRun: flags.dryRun === true, limits })
  return { ...reply, said, data: { request, outcome: decision.outcome, parts: withoutSecrets(decision.parts), ...(data as object) } }
}

/** Runs a request of several parts as one chain: asked for once, and taken back as a whole when a part of it fails. */
async function runParts(
  session: Session,
  decision: Decision,
  settled: readonly Settled[],
  { yes, dryRun, ...flags }: RequestFlags,
): Promise<Reply> {
  const chains = await (await session.yard()).chains()
  const complete = withInputs(decision, settled)
  const definition = chainOf(complete)
  const limits = runLimits(limitsOf(flags))
  const rehearsal = await chains.plan(definition, {})
  const hopeless = sureFailure(rehearsal)
  if (hopeless !== undefined) throw fromWireError(hopeless)
  const told = { request: decision.request, outcome: decision.outcome, parts: withoutSecrets(decision.parts) }
  const parts = settled.map((one, index) => ({ ...one, text: decision.parts[index]!.text }))
  const shown = (look: Look): string => renderPlannedParts(parts, rehearsal, look)
  const reply = async (): Promise<Reply> => {
    if (dryRun === true) return { ...rehearsalReply(rehearsal, EXIT.done), text: shown }
    if (yes === true || (await approvalFor(session, rehearsal)) === 'run')
      return followChain(session, chains, await chains.start(definition, {}, { limits }))
    if (session.host.terminal === undefined) {
      const id = await chains.start(withApproval(complete), {}, { limits })
      return {
        data: { needsApproval: { chain: id, steps: rehearsal, approve: `switchyard approve ${id}` } },
        text: (look) => `${shown(look)}\n\nNothing was done. To do it: switchyard approve ${id}`,
        exit: EXIT.needsApproval,
      }
    }
    if (await approvedChain(session, definition, rehearsal, shown))
      return followChain(session, chains, await chains.start(definition, {}, { limits }))
    return {
      ...rehearsalReply(rehearsal, EXIT.needsApproval),
      text: (look) => `${shown(look)}\n\nNothing was done. To do it: run it again with --yes`,
    }
  }
  const { data, ...rest } = await reply()
  if (!isReport(data)) return { ...rest, data: { ...told, ...(data as object) } }
  return { ...rest, text: (look) => renderParts(data, settled, look), data: { ...told, chain: data } }
}

/** Why a request can only fail: its first step that changes something cannot, whatever the others answer. */
function sureFailure(steps: readonly PlannedStep[]): WireError | undefined {
  const first = steps.find(({ plan, needs, error }) => plan !== undefined || needs !== undefined || error !== undefined)
  return first?.when === undefined && first?.onlyAfter === undefined ? first?.error : undefined
}

/** What came of the whole, and what each part that was done answered. */
function renderParts(report: ChainReport, settled: readonly Settled[], look: Look): string {
  const { output: _, ...whole } = report
  const runs = settled.flatMap(({ command }, i) => {
    const step = report.state === 'done' ? report.steps.find(({ path }) => path === `part${i + 1}`) : undefined
    return step?.output === undefined ? [] : [{ command, result: step.output }]
  })
  return [renderChain(report.definition, whole, look), ...(runs.length === 0 ? [] : [renderRuns(runs, look)])].join('\n\n')
}

const isReport = (data: unknown): data is ChainReport => typeof data === 'object' && data !== null && 'definition' in data

/** The decision with what was asked for meanwhile. */
function withInputs(decision: Decision, settled: readonly Settled[]): Decision {
  const parts = decision.parts.map((part, i) => {
    const { command, input } = settled[i]!
    return {
      ...part,
      command,
      args: Object.fromEntries(Object.entries(input).map(([name, value]) => [name, { value: value as string, from: [0, 0] as const }])),
    }
  })
  return { ...decision, parts }
}

/** What is clear without asking anybody; undefined where something is not. */
function settleAlone(yard: Yard, decision: Decision, flags: RequestFlags): readonly Settled[] | undefined {
  const settled = decision.parts.map((part) => ({ command: part.command, input: inputFor(yard, part.command, inputOf(part), flags) }))
  if (decision.asks !== undefined && decision.asks !== 'arguments') return undefined
  return settled.every(({ command, input }) => missingOf(yard, command, input).length === 0) ? settled : undefined
}

async function settleWith(
  terminal: Terminal,
  { signal }: Session,
  yard: Yard,
  decision: Decision,
  flags: RequestFlags,
  said: Said[],
): Promise<readonly Settled[] | { readonly invoke: string } | undefined> {
  const { asks, question = 'Is that meant?' } = decision
  // What a condition is about nobody can answer with a yes.
  if (asks === 'condition') return undefined
  if (asks === 'intent') {
    const { confirmed } = await import('./prompt.ts')
    if (!(await confirmed(question, terminal, signal))) return undefined
  }
  const settled: Settled[] = []
  const open = openParts(yard, decision)
  for (const part of decision.parts) {
    const choice = open.includes(part) ? await chooseCommand(terminal, signal, yard, part, decision) : part
    if (choice === undefined) return undefined
    if (choice.invoke !== undefined) return { invoke: choice.invoke }
    const { command } = choice
    // A piece of a request means what it does behind the others, and is nothing to learn by itself.
    if (open.includes(part) && decision.parts.length === 1) said.push({ text: part.text, command })
    const input = inputFor(yard, command, command === part.command ? inputOf(part) : {}, flags)
    for (const flag of missingOf(yard, command, input)) {
      const answer = await askFor(flag, terminal, signal)
      if (answer === undefined) return undefined
      input[flag.field] = answer
    }
    settled.push({ command, input })
  }
  return settled
}

/** The parts whose command is asked about: those that are not sure, and all of them where they are so only one by one. */
function openParts(yard: Yard, { asks, parts }: Decision): readonly DecisionPart[] {
  if (asks !== 'command' && asks !== 'intent') return []
  const unsure = parts.filter(({ confidence }) => confidence < yard.routing.actAbove())
  return unsure.length === 0 && asks === 'command' ? parts : unsure
}

/** Which of the closest is meant: a command of ours, or something of others that a person uses elsewhere. */
async function chooseCommand(
  terminal: Terminal,
  signal: AbortSignal,
  yard: Yard,
  part: DecisionPart,
  { question = 'Which of these do you mean?', elsewhere = [] }: Decision,
): Promise<Alternative | undefined> {
  const { chosen } = await import('./prompt.ts')
  const all: readonly Alternative[] = [part, ...nameable(part.alternatives)]
  const choices = all.map(({ command, invoke }) => ({
    value: command,
    label: invoke ?? command,
    hint: yard.commands.get(command)?.definition.summary ?? short(elsewhere.find(({ id }) => id === command)?.summary ?? '', 60),
  }))
  const answer = await chosen(question, choices, terminal, signal)
  return all.find(({ command }) => command === answer)
}

async function askFor(flag: Flag, terminal: Terminal, signal: AbortSignal): Promise<unknown> {
  const { chosen, confirmed, written } = await import('./prompt.ts')
  const message = `${flag.field}${flag.description === '' ? '' : `: ${flag.description}`}`
  if (flag.kind === 'boolean') return confirmed(message, terminal, signal)
  const choices = flag.choices?.map((value) => ({ value, label: value }))
  const text = choices === undefined ? await written(message, terminal, signal) : await chosen(message, choices, terminal, signal)
  if (text === undefined) return undefined
  return valueOfFlag(flag, flag.kind === 'list' ? text.split(',').map((one) => one.trim()) : text)
}

function inputFor(yard: Yard, command: string, input: Readonly<Record<string, unknown>>, { env }: RequestFlags): Record<string, unknown> {
  // What the request says of a part stands.
  return env !== undefined && takesEnv(yard, command) ? { env, ...input } : { ...input }
}

function takesEnv(yard: Yard, command: string): boolean {
  return flagsOf(yard.commands.get(command)!.definition).some(({ field }) => field === 'env')
}

function missingOf(yard: Yard, command: string, input: Readonly<Record<string, unknown>>): readonly Flag[] {
  return flagsOf(yard.commands.get(command)!.definition).filter(({ field, required }) => required && input[field] === undefined)
}

function abstained(yard: Yard, decision: Decision): Reply {
  const offered = [...yard.commands.values()].filter(({ definition }) => definition.internal !== true)
  const can = offered.map(({ id, definition: { summary, examples } }) => ({
    command: id,
    summary,
    ...(examples[0] !== undefined && { say: examples[0] }),
  }))
  return {
    data: { ...withoutSecrets(decision), can },
    text: (look) => `${renderElsewhere(decision.elsewhere, look)}No command here does that. What can be done:\n${renderOffers(can, look)}`,
    exit: EXIT.noCommandFits,
  }
}

/** Something of it is for others to do: how they are asked, and that nothing was done. */
function pointed(decision: Decision, isExplained: boolean): Reply {
  return {
    data: withoutSecrets(decision),
    text: (look) => (isExplained ? 'Nothing was done.' : `${renderPointed(decision, look)}\n\nNothing was done.`),
    exit: EXIT.noCommandFits,
  }
}

/** What was decided is said again unless it was explained just now. */
function unsure(yard: Yard, decision: Decision, isExplained: boolean): Reply {
  const open = openParts(yard, decision)
  const candidates = decision.parts.flatMap((part): readonly Alternative[] => {
    if (decision.asks === 'arguments') return part.missing.length === 0 ? [] : [part]
    return open.length === 0 || open.includes(part) ? [part, ...nameable(part.alternatives)] : []
  })
  const ask = decision.asks === 'arguments' ? 'Say it in the request, or see how' : 'Ask again with more words, or run one of them'
  const how = candidates.map(({ command, invoke }) => `  ${plain(invoke ?? `switchyard ${command.replaceAll('.', ' ')} --help`)}`)
  const named = candidates.map(({ command }) => command)
  const others = decision.elsewhere?.filter(({ id }) => !named.includes(id))
  return {
    data: withoutSecrets(decision),
    text: (look) => {
      const said = isExplained ? '' : `${renderDecision(decision, look)}\n\n`
      return `${said}${renderElsewhere(others, look)}Nothing was done. ${ask}:\n${[...new Set(how)].join('\n')}`
    },
    exit: EXIT.noCommandFits,
  }
}
