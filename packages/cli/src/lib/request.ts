import type { Decision, DecisionPart, Yard } from '@switchyard/yard'
import { withoutSecrets } from '@switchyard/yard/config'
import { renderDecision, renderOffers } from '../render/decision.ts'
import { paint, plain } from '../render/look.ts'
import { runSteps, type Step } from './approval.ts'
import { noEnv } from './errors.ts'
import { EXIT } from './exit-code.ts'
import { commandLine, type Flag, flagsOf, valueOfFlag } from './flags.ts'
import type { Terminal } from './host.ts'
import { checkInput } from './input.ts'
import type { Reply, Session } from './session.ts'

export interface RequestFlags {
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

/** Does what a request means: decide, ask what is not clear, plan, get approval, run. */
export async function answerRequest(session: Session, request: string, flags: RequestFlags): Promise<Reply> {
  const yard = await session.yard()
  const decision = yard.decide(request)
  if (flags.explain === true && !session.json) session.note((look) => `${renderDecision(decision, look)}\n`)
  if (decision.outcome === 'abstain' || decision.parts.length === 0) return abstained(yard, decision)

  const { terminal } = session.host
  const settled = terminal === undefined ? settleAlone(yard, decision, flags) : await settleWith(terminal, session, yard, decision, flags)
  if (settled === undefined) return unsure(decision)
  if (flags.env !== undefined && !settled.some(({ command }) => takesEnv(yard, command))) {
    throw noEnv(settled.map(({ command }) => command))
  }
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
  const { results: _, data, ...reply } = await runSteps(session, steps, { yes: flags.yes === true, dryRun: flags.dryRun === true })
  return { ...reply, data: { request, outcome: decision.outcome, parts: withoutSecrets(decision.parts), ...(data as object) } }
}

/** What is clear without asking anybody; undefined where something is not. */
function settleAlone(yard: Yard, decision: Decision, flags: RequestFlags): readonly Settled[] | undefined {
  const settled = decision.parts.map((part) => ({ command: part.command, input: inputOf(yard, part.command, part.input, flags) }))
  if (decision.asks === 'command') return undefined
  return settled.every(({ command, input }) => missingOf(yard, command, input).length === 0) ? settled : undefined
}

async function settleWith(
  terminal: Terminal,
  { signal }: Session,
  yard: Yard,
  decision: Decision,
  flags: RequestFlags,
): Promise<readonly Settled[] | undefined> {
  const settled: Settled[] = []
  for (const part of decision.parts) {
    const command = decision.asks === 'command' ? await chooseCommand(terminal, signal, yard, part, decision.question) : part.command
    if (command === undefined) return undefined
    const input = inputOf(yard, command, command === part.command ? part.input : {}, flags)
    for (const flag of missingOf(yard, command, input)) {
      const answer = await askFor(flag, terminal, signal)
      if (answer === undefined) return undefined
      input[flag.field] = answer
    }
    settled.push({ command, input })
  }
  return settled
}

/** Whether the question is which command, not what its arguments are. */
async function chooseCommand(
  terminal: Terminal,
  signal: AbortSignal,
  yard: Yard,
  part: DecisionPart,
  question = 'Which of these do you mean?',
): Promise<string | undefined> {
  const { chosen } = await import('./prompt.ts')
  const choices = [part, ...part.alternatives].map(({ command }) => ({
    value: command,
    label: command,
    hint: yard.commands.get(command)?.definition.summary ?? '',
  }))
  return chosen(question, choices, terminal, signal)
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

function inputOf(yard: Yard, command: string, input: Readonly<Record<string, unknown>>, { env }: RequestFlags): Record<string, unknown> {
  return env !== undefined && takesEnv(yard, command) ? { ...input, env } : { ...input }
}

function takesEnv(yard: Yard, command: string): boolean {
  return flagsOf(yard.commands.get(command)!.definition).some(({ field }) => field === 'env')
}

function missingOf(yard: Yard, command: string, input: Readonly<Record<string, unknown>>): readonly Flag[] {
  return flagsOf(yard.commands.get(command)!.definition).filter(({ field, required }) => required && input[field] === undefined)
}

function abstained(yard: Yard, decision: Decision): Reply {
  const can = [...yard.commands.values()].map(({ id, definition: { summary, examples } }) => ({
    command: id,
    summary,
    ...(examples[0] !== undefined && { say: examples[0] }),
  }))
  return {
    data: { ...withoutSecrets(decision), can },
    text: (look) => `No command here does that. What can be done:\n${renderOffers(can, look)}`,
    exit: EXIT.noCommandFits,
  }
}

function unsure(decision: Decision): Reply {
  const candidates = decision.parts.flatMap(({ command, alternatives }) => [command, ...alternatives.map((one) => one.command)])
  const how = candidates.map((command) => `  switchyard ${command.replaceAll('.', ' ')} --help`).join('\n')
  return {
    data: withoutSecrets(decision),
    text: (look) => `${renderDecision(decision, look)}\n\nNothing was done. Ask again with more words, or run one of them:\n${how}`,
    exit: EXIT.noCommandFits,
  }
}
