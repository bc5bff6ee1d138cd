import { randomInt } from 'node:crypto'
import type { ChainDefinition, ChainReport, Chains, PlannedStep } from '@switchyard/chain'
import { type Clock, createShortId, isSwitchyardError } from '@switchyard/contracts'
import type { Plan } from '@switchyard/plugin-kit'
import type { PlannedRun, RunOptions, Yard } from '@switchyard/yard'
import { withoutSecrets } from '@switchyard/yard/config'
import { DIRECTOR } from '../call-tool.ts'
import { notUndoable, planUnknown, planUsed, wrongArguments } from '../errors.ts'
import type { Mount } from '../surface.ts'
import { planData } from '../text.ts'
import type { Actions, ToolSource } from '../tool-source.ts'
import { DIRECTOR_COMMANDS, DIRECTOR_PROMPTS, type DirectorCommand } from './definition.ts'

export interface DirectorOptions {
  readonly version: string
  openYard(): Promise<Yard>
  readonly clock: Clock
}

/** How long an answer waits for a chain; one that takes longer goes on, and can be looked at. */
const WATCHED_MS = 30_000

/** Plans of its own that are remembered; the oldest goes for a new one. */
const MAX_PLANS = 100

/** What clients are told of it. */
export const DIRECTOR_SOURCE: ToolSource = {
  name: DIRECTOR,
  version: '0.0.0',
  summary: 'Takes requests in plain words and hands them to the plugins of this workspace',
  prompts: DIRECTOR_PROMPTS,
  commands: DIRECTOR_COMMANDS,
}

/** What the director itself has planned; it lives as long as the process. */
interface OwnPlan {
  readonly run: PlannedRun
  /** The trace that it was planned in goes on when it is approved. */
  readonly trace: Readonly<Record<string, string>>
  work(options: RunOptions): Promise<unknown>
}

/** The director as a source of tools: plain words over all plugins, and chains. */
export function createDirector({ version, openYard, clock }: DirectorOptions): Mount {
  const own = new Map<string, OwnPlan>()
  let actions: Promise<Actions> | undefined
  return {
    source: { ...DIRECTOR_SOURCE, version },
    actions: async () => {
      const yard = await openYard()
      actions ??= Promise.resolve(createActions(yard, own, clock))
      return actions
    },
  }
}

function createActions(yard: Yard, own: Map<string, OwnPlan>, clock: Clock): Actions {
  return {
    begin: yard.begin,
    async call(commandId, given, options = {}) {
      const { name, input } = parsed(commandId, given)
      switch (name) {
        case 'ask':
          return ask((input as { request: string }).request, options)
        case 'route':
          return withoutSecrets(yard.decide((input as { request: string }).request, options))
        case 'plan.list':
          return { plans: all().map(shownPlan) }
        case 'plan.show':
          return shownPlan(planOf((input as { id: string }).id))
        case 'chain.list': {
          const { libraryNames } = await import('@switchyard/chain')
          return { chains: (await yard.chains()).list(input as { unfinished: boolean }), available: libraryNames() }
        }
        case 'chain.show':
          return shownChain((await yard.chains()).show((input as { id: string }).id))
        default:
          return (await draft(name, input)).work(options)
      }
    },
    async plan(commandId, given, options = {}) {
      const { name, input } = parsed(commandId, given)
      return keep(await draft(name, input), commandId, input, DIRECTOR_COMMANDS[name].effect as 'write', options)
    },
    async approve(planId, options = {}) {
      const kept = own.get(planId)
      if (kept === undefined) return yard.approve(planId, options)
      use(kept, 'running')
      try {
        const result = await kept.work({ ...options, headers: { ...options.headers, ...kept.trace } })
        mark(kept, 'done')
        return result
      } catch (error) {
        mark(kept, 'failed')
        throw error
      }
    },
    discard(planId) {
      const kept = own.get(planId)
      if (kept === undefined) yard.discard(planId)
      else use(kept, 'discarded')
    },
    async undo(planId, options) {
      if (own.has(planId)) throw notUndoable(planId)
      return yard.undo(planId, options)
    },
    plans: all,
  }

  /** A plan is used once. @throws PLAN_USED */
  function use(kept: OwnPlan, state: PlannedRun['state']): void {
    const { id, state: before } = own.get(kept.run.id)!.run
    if (before !== 'waiting') throw planUsed(id, before)
    mark(kept, state)
  }

  function mark({ run, ...kept }: OwnPlan, state: PlannedRun['state']): void {
    own.set(run.id, { ...kept, run: { ...run, state } })
  }

  function all(): readonly PlannedRun[] {
    return [...[...own.values()].map(({ run }) => run).reverse(), ...yard.plans()]
  }

  function planOf(id: string): PlannedRun {
    const found = all().find((one) => one.id === id)
    if (found === undefined) throw planUnknown(id)
    return found
  }

  /** Reads are done at once. What changes something comes back as one plan, however many parts the request has. */
  async function ask(request: string, options: RunOptions): Promise<unknown> {
    const decision = yard.decide(request, options)
    const { outcome, question, parts } = decision
    if (outcome === 'abstain') {
      const can = [...yard.commands.values()].map(({ id, definition: { summary } }) => ({ command: id, summary }))
      // Names alone: what others wrote of their agents is not for a model to read as if it were ours.
      const elsewhere = decision.elsewhere?.map(({ id, invoke }) => ({ id, invoke }))
      return { outcome, can, ...(elsewhere !== undefined && { elsewhere }) }
    }
    if (outcome === 'ask') return { outcome, question, parts: withoutSecrets(parts) }
    const { chainOf, inputOf } = await import('@switchyard/yard')
    if (parts.length > 1) {
      const definition = chainOf(decision)
      const reads = parts.every(({ command }) => yard.commands.get(command)?.definition.effect === 'read')
      if (reads) return { outcome: 'done', ...shownChain(await runChain(definition, {}, options)) }
      return offered(keep(await rehearsed(definition, {}), `${DIRECTOR}.ask`, { request }, 'write', options))
    }
    const [part] = parts
    const { command } = part!
    const input = inputOf(part!)
    if (yard.commands.get(command)?.definition.effect !== 'read') return offered(await yard.plan(command, input, options))
    return { outcome: 'done', command, input: withoutSecrets(input), result: await yard.call(command, input, options) }
  }

  function offered(planned: PlannedRun): unknown {
    return { outcome: 'planned', ...planData(planned), next: `show the person, then director_apply {"plan":"${planned.id}"}` }
  }

  async function draft(name: DirectorCommand, input: unknown): Promise<{ plan: Plan; work: OwnPlan['work'] }> {
    const chains = await yard.chains()
    if (name === 'chain.start') {
      const { chain, input: given } = input as { chain: string; input: Record<string, unknown> }
      return rehearsed(await yard.chain(chain), given)
    }
    const { id } = input as { id: string }
    const report = chains.show(id)
    const acted = (summary: string, detail: string, act: () => Promise<void>): { plan: Plan; work: OwnPlan['work'] } => ({
      plan: { summary: `${summary} ${report.name} (${id}), which is ${report.state}`, steps: [{ does: 'change', target: id, detail }] },
      async work(options) {
        await act()
        return shownChain(await settled(chains, id, options))
      },
    })
    switch (name) {
      case 'chain.answer': {
        const { step, value } = input as { step?: string; value: unknown }
        const asked = report.waitsFor.find(({ path }) => step === undefined || path === step)?.question ?? 'what it waits for'
        return acted('Answer', `${asked}: ${JSON.stringify(value)}`, () =>
          chains.answer(id, { value, by: 'person', ...(step !== undefined && { path: step }) }),
        )
      }
      case 'chain.cancel': {
        const { undo } = input as { undo: boolean }
        const what = undo ? `takes back: ${report.done.join(', ') || 'nothing'}` : 'leaves what was done'
        return acted('Cancel', what, () => chains.cancel(id, { undo }))
      }
      default:
        return acted('Go on with', `tries again: ${report.failed.join(', ')}`, () => chains.retry(id))
    }
  }

  async function rehearsed(definition: ChainDefinition, input: Record<string, unknown>): Promise<{ plan: Plan; work: OwnPlan['work'] }> {
    const steps = await (await yard.chains()).plan(definition, input)
    return {
      plan: { summary: definition.summary ?? definition.name, steps: steps.flatMap(stepsOf) },
      work: async (options) => shownChain(await runChain(definition, input, options)),
    }
  }

  async function runChain(definition: ChainDefinition, input: Record<string, unknown>, options: RunOptions): Promise<ChainReport> {
    const chains = await yard.chains()
    const id = await chains.start(definition, input, traceOf(options.headers ?? {}))
    return settled(chains, id, options)
  }

  /** As it stands when it has ended, wants a person's word, or has been watched long enough. */
  async function settled(chains: Chains, id: string, { signal }: RunOptions): Promise<ChainReport> {
    const patience = new AbortController()
    const stop = clock.after(WATCHED_MS, () => patience.abort())
    const giveUp = signal === undefined ? patience.signal : AbortSignal.any([patience.signal, signal])
    try {
      return await chains.wait(id, { signal: giveUp })
    } catch (error) {
      if (!isSwitchyardError(error, 'CANCELLED')) throw error
      return chains.show(id)
    } finally {
      stop()
    }
  }

  function keep(
    { plan, work }: { plan: Plan; work: OwnPlan['work'] },
    command: string,
    input: unknown,
    effect: PlannedRun['effect'],
    { headers = {} }: Pick<RunOptions, 'headers'>,
  ): PlannedRun {
    const createdAt = new Date(clock.now()).toISOString()
    const run: PlannedRun = { id: newId(), command, input, effect, plan, createdAt, state: 'waiting', undoable: false }
    own.set(run.id, { run, work, trace: traceOf(headers) })
    if (own.size > MAX_PLANS) own.delete(own.keys().next().value!)
    return run
  }
}

function parsed(commandId: string, given: unknown): { name: DirectorCommand; input: unknown } {
  const name = commandId.slice(DIRECTOR.length + 1) as DirectorCommand
  const result = DIRECTOR_COMMANDS[name].input.safeParse(given)
  if (result.success) return { name, input: result.data }
  const mistakes = result.error.issues.map(({ path, message }) => [...path, message].join(': ')).join('; ')
  throw wrongArguments(`${DIRECTOR}_${name.replaceAll('.', '_')}`, mistakes)
}

/** What of the headers of a call names its trace. */
function traceOf({ traceparent, tracestate }: NonNullable<RunOptions['headers']>): { traceparent?: string; tracestate?: string } {
  return { ...(traceparent !== undefined && { traceparent }), ...(tracestate !== undefined && { tracestate }) }
}

/** A step of a rehearsal in the words of plans. */
function stepsOf({ path, does, plan, needs, onlyAfter, error }: PlannedStep): Plan['steps'] {
  if (plan !== undefined && plan.steps.length > 0) return plan.steps
  const notes = [
    needs === undefined ? undefined : `once ${needs.join(', ')} is known`,
    onlyAfter === undefined ? undefined : `only if ${onlyAfter} fails`,
    error?.message,
  ].filter((note) => note !== undefined)
  return [{ does: 'run', target: `${path}: ${does}`, ...(notes.length > 0 && { detail: notes.join('; ') }) }]
}

/** Without what went in and out of each step, which may be long and hold secrets. */
function shownChain({ definition: _, input: __, steps, ...report }: ChainReport): Readonly<Record<string, unknown>> {
  return {
    ...report,
    steps: steps.map(({ path, state, attempts, error }) => ({ path, state, attempts, ...(error && { error: error.message }) })),
  }
}

function shownPlan({ id, command, state, createdAt, plan, undoable, input }: PlannedRun): Readonly<Record<string, unknown>> {
  return { id, command, state, createdAt, undoable, input: withoutSecrets(input), ...plan }
}

/** Of the same look as a yard's, and not to be guessed by another client. */
const newId = (): string => createShortId('d', () => randomInt(2 ** 32) / 2 ** 32)
