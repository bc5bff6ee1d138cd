import { randomInt } from 'node:crypto'
import { type Clock, createShortId } from '@switchyard/contracts'
import type { Plan } from '@switchyard/plugin-kit'
import type { PlannedRun, RunOptions, Yard } from '@switchyard/yard'
import { withoutSecrets } from '@switchyard/yard/config'
import type { z } from 'zod'
import { WATCHED_MS } from '../call-tool.ts'
import { chainData } from '../chain-text.ts'
import { notUndoable, planUnknown, planUsed, wrongArguments } from '../errors.ts'
import type { Mount } from '../surface.ts'
import { planData } from '../text.ts'
import { type Actions, DIRECTOR, type ToolSource } from '../tool-source.ts'
import {
  DIRECTOR_COMMANDS,
  DIRECTOR_PROMPTS,
  type DirectorCommand,
  type LimitedRequest,
  type runChoice,
  type runFilter,
} from './definition.ts'

export interface DirectorOptions {
  readonly version: string
  openYard(): Promise<Yard>
  readonly clock: Clock
}

/** Plans of its own that are remembered; the oldest goes for a new one. */
const MAX_PLANS = 100
/** The tool that answers a chain. */
const APPLY = `${DIRECTOR}_apply`

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
    talk: yard.talk,
    async call(commandId, given, options = {}) {
      const { name, input } = parsed(commandId, given)
      switch (name) {
        case 'ask':
          return ask(input as LimitedRequest, options)
        case 'route':
          return withoutSecrets(await yard.director.route((input as { request: string }).request, options))
        case 'plan.list':
          return { plans: all().map(shownPlan) }
        case 'plan.show':
          return shownPlan(planOf((input as { id: string }).id))
        case 'chain.list': {
          const { libraryNames } = await import('@switchyard/chain')
          return { chains: (await yard.chains()).list(input as { unfinished: boolean }), available: libraryNames() }
        }
        case 'chain.show':
          return chainData((await yard.chains()).show((input as { id: string }).id), APPLY)
        case 'trace.list': {
          const { listRuns } = await import('./traces.ts')
          return { runs: await listRuns(yard.traces, input as z.output<typeof runFilter>) }
        }
        case 'trace.show': {
          const { showRun } = await import('./traces.ts')
          return showRun(yard.traces, input as z.output<typeof runChoice>)
        }
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

  async function ask({ request, ...limits }: LimitedRequest, options: RunOptions): Promise<unknown> {
    const answered = await yard.director.ask(request, { ...options, limits })
    const { outcome, decision } = answered
    const { question, parts, consulted, elsewhere } = decision
    const told = { outcome, ...(consulted !== undefined && { consulted }) }
    if (outcome === 'done') {
      const results = answered.results.map(({ input, ...one }) => ({ ...one, input: withoutSecrets(input) }))
      return { ...told, results }
    }
    if (outcome === 'planned') return { ...told, ...offered(answered.planned) }
    if (outcome === 'ask') return { ...told, question, parts: withoutSecrets(parts) }
    const offers = [...yard.commands.values()].filter(({ definition }) => definition.internal !== true)
    const can = offers.map(({ id, definition: { summary } }) => ({ command: id, summary }))
    // Names alone: what others wrote of their agents is not for a model to read as if it were ours.
    return { ...told, can, ...(elsewhere !== undefined && { elsewhere: elsewhere.map(({ id, invoke }) => ({ id, invoke })) }) }
  }

  function offered(planned: PlannedRun): Readonly<Record<string, unknown>> {
    return { ...planData(planned), next: `show the person, then ${APPLY} {"plan":"${planned.id}"}` }
  }

  async function draft(name: DirectorCommand, input: unknown): Promise<{ plan: Plan; work: OwnPlan['work'] }> {
    const chains = await yard.chains()
    if (name === 'chain.start') {
      const { chain, input: given } = input as { chain: string; input: Record<string, unknown> }
      const definition = await yard.chain(chain)
      const { planOfSteps } = await import('@switchyard/yard')
      return {
        plan: planOfSteps(definition.name, definition.summary, await chains.plan(definition, given)),
        work: async (options) => settled(await chains.start(definition, given, traceOf(options.headers ?? {})), options),
      }
    }
    const { id } = input as { id: string }
    const report = chains.show(id)
    const acted = (summary: string, detail: string, act: () => Promise<void>): { plan: Plan; work: OwnPlan['work'] } => ({
      plan: { summary: `${summary} ${report.name} (${id}), which is ${report.state}`, steps: [{ does: 'change', target: id, detail }] },
      async work(options) {
        await act()
        return settled(id, options)
      },
    })
    switch (name) {
      case 'chain.cancel': {
        const { undo } = input as { undo: boolean }
        const what = undo ? `takes back: ${report.done.join(', ') || 'nothing'}` : 'leaves what was done'
        return acted('Cancel', what, () => chains.cancel(id, { undo }))
      }
      default:
        return acted('Go on with', `tries again: ${report.failed.join(', ')}`, () => chains.retry(id))
    }
  }

  /** As it stands when it has ended, wants a person's word, or has been watched long enough. */
  async function settled(id: string, { signal, headers }: RunOptions): Promise<unknown> {
    const given = { ...(signal !== undefined && { signal }), ...(headers !== undefined && { headers }) }
    return chainData(await yard.talk.follow(id, { ...given, watchMs: WATCHED_MS }), APPLY)
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

function shownPlan({ id, command, state, createdAt, plan, undoable, input }: PlannedRun): Readonly<Record<string, unknown>> {
  return { id, command, state, createdAt, undoable, input: withoutSecrets(input), ...plan }
}

/** Of the same look as a yard's, and not to be guessed by another client. */
const newId = (): string => createShortId('d', () => randomInt(2 ** 32) / 2 ** 32)
