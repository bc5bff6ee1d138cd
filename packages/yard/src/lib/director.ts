import type { ChainDefinition, ChainReport, Chains } from '@switchyard/chain'
import { fromWireError, toWireError } from '@switchyard/contracts'
import { type Decided, type DecidedPart, type Limits, stepName } from '@switchyard/router'
import { chainOf, inputOf, literal } from './chain-of.ts'
import { budgetExceeded } from './errors.ts'
import { type Fit, runLimits } from './fit.ts'
import { planOfSteps, strictestEffect } from './rehearsed.ts'
import type { Answered, AskOptions, ChainTalk, CommandInfo, Decision, PartResult, PlannedRun, RunOptions } from './yard.ts'

export interface DirectorParts {
  readonly commands: ReadonlyMap<string, CommandInfo>
  /** May ask a model, where one is configured. */
  readonly decide: (request: string, options: Pick<RunOptions, 'headers'>) => Promise<Decision>
  /** Whether it stays within limits. */
  readonly within: (decision: Decision, limits: Limits) => Fit
  readonly plan: (command: string, input: unknown, options: AskOptions) => Promise<PlannedRun>
  readonly chains: () => Promise<Chains>
  readonly follow: ChainTalk['follow']
}

/** In whose name a request is done. */
interface Asker {
  /** Undefined for a person. */
  readonly plugin?: string
  call(command: string, input: unknown, options: RunOptions): Promise<unknown>
}

/** Does what requests in plain words mean, as far as that needs nobody's leave. */
export interface DirectorOf {
  ask(request: string, asker: Asker, options: AskOptions): Promise<Answered>
}

/**
 * What only reads runs at once, in the name of who asks. What changes something is kept for a person to approve: one command as its plan,
 * a request of several parts as a chain that begins by asking.
 */
export function createDirector({ commands, decide, within, plan, chains, follow }: DirectorParts): DirectorOf {
  const isRead = ({ command }: DecidedPart): boolean => commands.get(command)?.definition.effect === 'read'

  return {
    async ask(request, asker, { limits: asked, ...given }) {
      const limits = runLimits(asked) && asked
      const decision = await decide(request, given)
      const { outcome, parts } = decision
      if (outcome !== 'routed') return { outcome, decision }
      const fit = limits === undefined ? undefined : within(decision, limits)
      if (fit?.isFeasible === false) throw budgetExceeded(parts, fit)
      const options = limits === undefined ? given : { ...given, limits }
      if (parts.every(isRead)) return { outcome: 'done', decision, results: await readAll(decision, asker, options) }
      const [part] = parts
      if (parts.length === 1) return { outcome: 'planned', decision, planned: await plan(part!.command, inputOf(part!), options) }
      return { outcome: 'planned', decision, planned: await keepChain(decision, request, options) }
    },
  }

  /** Side by side where no part waits for another. What one of them read is told though another failed. */
  async function readAll(decision: Decision, asker: Asker, { limits, ...given }: AskOptions): Promise<readonly PartResult[]> {
    const { parts } = decision
    const timeoutMs = Math.min(given.timeoutMs ?? Number.POSITIVE_INFINITY, (limits?.maxMinutes ?? Number.POSITIVE_INFINITY) * 60_000)
    const options = timeoutMs === Number.POSITIVE_INFINITY ? given : { ...given, timeoutMs }
    if (parts.every(({ when, after }) => when === undefined && after.length === 0)) {
      const read = async (part: DecidedPart): Promise<PartResult> => {
        const { command } = part
        const input = inputOf(part)
        return { command, input, state: 'done', result: await asker.call(command, input, options) }
      }
      const ended = await Promise.allSettled(parts.map(read))
      const failed = ended.find((one) => one.status === 'rejected')
      if (failed !== undefined && ended.every(({ status }) => status === 'rejected')) throw failed.reason
      return ended.map((one, index) => (one.status === 'fulfilled' ? one.value : failedPart(parts[index]!, one.reason)))
    }
    const owner = asker.plugin === undefined ? {} : { plugin: asker.plugin }
    const id = await (await chains()).start(
      limitedTo(given.timeoutMs, chainOf(decision)),
      {},
      { ...traceOf(given), ...owner, onlyReads: true, limits: runLimits(limits) },
    )
    const report = await follow(id, given)
    // One that would be over a limit waits for a person who is not at hand.
    const error = report.error ?? report.steps.find(({ state }) => state === 'waiting')?.error
    if (error !== undefined && report.done.length === 0) throw fromWireError(error)
    return parts.map((part, index) => resultOf(part, stepName(index), report))
  }

  /** The whole request as one chain that does nothing before somebody says so. */
  async function keepChain(decision: Decision, request: string, { limits, ...options }: AskOptions): Promise<PlannedRun> {
    const opened = await chains()
    const steps = await opened.plan(chainOf(decision), {})
    const id = await opened.start(withApproval(decision), {}, { ...traceOf(options), limits: runLimits(limits) })
    return {
      id,
      command: 'director.ask',
      input: { request },
      effect: strictestEffect(steps, commands),
      plan: planOfSteps('request', request.slice(0, 200), steps),
      createdAt: new Date(opened.show(id).startedMs).toISOString(),
      state: 'waiting',
      undoable: false,
      ...(limits !== undefined && { limits }),
    }
  }
}

/** Ends it, and takes back what it did, where it takes longer. */
function limitedTo(timeoutMs: number | undefined, definition: ChainDefinition): ChainDefinition {
  return timeoutMs === undefined ? definition : { ...definition, timeout: `${Math.min(Math.ceil(timeoutMs), 999_999_999)}ms` }
}

/** A request of several parts as a chain that begins by asking whether to do it; it waits as long as a plan does. */
export function withApproval(decision: Decided): ChainDefinition {
  const definition = chainOf(decision)
  const approval = { id: 'approval', ask: literal(`Do this: ${decision.request.slice(0, 500)}`), timeout: '7d' } as const
  return { ...definition, steps: [approval, ...definition.steps] }
}

function failedPart(part: DecidedPart, reason: unknown): PartResult {
  return { command: part.command, input: inputOf(part), state: 'failed', error: toWireError(reason) }
}

function resultOf(part: DecidedPart, path: string, { steps }: ChainReport): PartResult {
  const { command } = part
  const { state = 'skipped', input = inputOf(part), output, error } = steps.find((step) => step.path === path) ?? {}
  return {
    command,
    input,
    state: state === 'done' ? state : error === undefined ? 'skipped' : 'failed',
    ...(output !== undefined && { result: output }),
    ...(error !== undefined && { error }),
  }
}

function traceOf({ headers: { traceparent, tracestate } = {} }: RunOptions): { traceparent?: string; tracestate?: string } {
  return { ...(traceparent !== undefined && { traceparent }), ...(tracestate !== undefined && { tracestate }) }
}
