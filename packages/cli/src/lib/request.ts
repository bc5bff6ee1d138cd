import type { ChainReport, PlannedStep } from '@switchyard/chain'
import { fromWireError, type WireError } from '@switchyard/contracts'
import { type Alternative, budgetExceeded, chainOf, type Decision, runLimits, withApproval, type Yard } from '@switchyard/yard'
import { withoutSecrets } from '@switchyard/yard/config'
import { renderElsewhere } from '../render/agents.ts'
import { nameable, renderChanged, renderDecision, renderOffers, renderPointed, renderWhy } from '../render/decision.ts'
import { type Look, paint, plain } from '../render/look.ts'
import { renderPlannedParts } from '../render/parts.ts'
import { runSteps, type Step } from './approval.ts'
import { type Answers, type Said, settleWith } from './dialogue.ts'
import { noEnv } from './errors.ts'
import { EXIT } from './exit-code.ts'
import { commandLine, flagsOf, quoted } from './flags.ts'
import { checkInput } from './input.ts'
import { type LimitFlags, limitsOf } from './program.ts'
import { approvalFor, approvedChain, followChain, rehearsalReply } from './run-chain.ts'
import type { Reply, Session } from './session.ts'
import { assertEnv, openParts, type Settled, settleAlone, takesEnv } from './settle.ts'

export interface RequestFlags extends LimitFlags {
  readonly yes?: boolean
  readonly dryRun?: boolean
  readonly explain?: boolean
  readonly env?: string
}

/** The decision, or a configured model's where the router is not sure; what that cost is said. */
export async function consulted(session: Session, yard: Yard, decision: Decision): Promise<Decision> {
  const { consulted: asked, ...answered } = await yard.routing.consult(decision)
  if (asked === undefined) return decision
  const cost = asked.costUsd > 0 ? ` for $${asked.costUsd.toFixed(4)}` : ''
  session.note(`Asked ${asked.model}${cost}${asked.refused === undefined ? '' : `; its answer is not used, as ${asked.refused}`}`)
  return answered
}

interface RequestReply extends Reply {
  /** What was chosen on the way and then done: nothing where nobody was asked, it was declined, or only rehearsed. */
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
  assertEnv(decision, flags.env)
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

  const { env } = flags
  const { terminal } = session.host
  const alone = (): Answers | undefined => {
    const settled = settleAlone(yard, decision, env)
    return settled && { settled, said: [] }
  }
  const answers = terminal === undefined ? alone() : await settleWith(decision, { terminal, signal: session.signal, yard, env })
  if (answers === undefined) {
    yard.unanswered()
    return unsure(decision, flags.explain === true && !session.json)
  }
  if ('invoke' in answers) {
    yard.unanswered()
    return { data: withoutSecrets(decision), text: `${plain(answers.invoke)}\n\nNothing was done.`, exit: EXIT.noCommandFits }
  }
  const { settled, said } = answers
  if (env !== undefined && !settled.some(({ command }) => takesEnv(yard, command))) {
    throw noEnv(settled.map(({ command }) => command))
  }
  const limits = limitsOf(flags)
  const fit = limits && yard.routing.within(withInputs(decision, settled), limits)
  if (fit?.isFeasible === false) throw budgetExceeded(decision.parts, fit)
  if (settled.length > 1) return runParts(session, decision, settled, flags)
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
  const isDone = flags.dryRun !== true && reply.exit !== EXIT.needsApproval
  return {
    ...reply,
    ...(isDone && { said }),
    data: { request, outcome: decision.outcome, parts: withoutSecrets(decision.parts), ...(data as object) },
  }
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
  return { ...rest, data: isReport(data) ? { ...told, chain: data } : { ...told, ...(data as object) } }
}

/** Why a request can only fail: its first step that changes something cannot, whatever the others answer. */
function sureFailure(steps: readonly PlannedStep[]): WireError | undefined {
  const first = steps.find(({ plan, needs, error }) => plan !== undefined || needs !== undefined || error !== undefined)
  return first?.when === undefined && first?.onlyAfter === undefined ? first?.error : undefined
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
function unsure(decision: Decision, isExplained: boolean): Reply {
  const open = openParts(decision)
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
