import { type Clock, toWireError } from '@switchyard/contracts'
import type { Log, Plan, Undo } from '@switchyard/plugin-kit'
import { parseTraceContext, type SpanLink } from '@switchyard/trace'
import type { Decider } from './decide.ts'
import { budgetExceeded, invalidInput, nothingToPlan, planStale } from './errors.ts'
import { planMethod } from './host.ts'
import type { Plans, PlanTrace } from './plans.ts'
import { parseWith } from './schema.ts'
import type { YardTraces } from './traces.ts'
import type { CommandInfo, PlannedRun, RunOptions, Yard } from './yard.ts'

export interface PlanRunsParts {
  readonly plans: Plans
  readonly traces: YardTraces
  /** @throws UNKNOWN_COMMAND */
  readonly commandOf: (commandId: string) => CommandInfo
  /** Calls a method of a command within the command's time. */
  readonly call: (command: CommandInfo, method: string, input: unknown, options: RunOptions) => Promise<unknown>
  readonly log: (plugin: string) => Log
  readonly clock: Clock
  /** Whether what is asked for stays within its limits. */
  readonly within: Decider['within']
}

/** Plan, approve, run, undo: however long it takes and in whichever processes, one trace. */
export function createPlanRuns(parts: PlanRunsParts): Pick<Yard, 'plan' | 'approve' | 'discard' | 'undo'> {
  const { plans, traces, commandOf, call, log, clock, within: fitOf } = parts

  async function planOf(command: CommandInfo, input: unknown, options: RunOptions): Promise<Plan> {
    const attributes = { 'switchyard.command': command.id }
    const parent = traces.contextOf(options.headers)
    return traces.within({ name: `plan ${command.id}`, op: 'plan', parent, attributes }, ({ headers }) =>
      call(command, planMethod(command.id), input, { ...options, headers: { ...options.headers, ...headers } }),
    ) as Promise<Plan>
  }

  /** Keeps a plan, and shows it as waiting for a person from now on. */
  function keep(planned: Omit<Parameters<Plans['add']>[0], 'createdMs' | 'trace'>, headers: PlanTrace['headers'] | undefined): PlannedRun {
    const trace = headers === undefined ? undefined : { headers, approvalSpanId: traces.tracer.newSpanId() }
    const createdMs = clock.now()
    const { command, input, effect, plan, limits } = planned
    const run = plans.add({ command, input, effect, plan, limits, createdMs, trace })
    if (trace !== undefined) tellApproval(run, trace)
    return run
  }

  /** The wait for a person's word; it began with the plan, maybe in another process, and ends with `by` or when the plan is taken away. */
  function tellApproval(run: PlannedRun, trace: PlanTrace, ended?: { readonly by?: string; readonly links?: readonly SpanLink[] }): void {
    const context = parseTraceContext(trace.headers)
    if (context === undefined) return
    const startMs = Date.parse(run.createdAt)
    const { by, links = [] } = ended ?? {}
    traces.tracer.record(
      {
        traceId: context.traceId,
        spanId: trace.approvalSpanId,
        parentSpanId: context.spanId,
        name: 'approval',
        kind: 'internal',
        lane: 'person',
        startMs,
        ...(ended !== undefined && { durationMs: Math.max(0, clock.now() - startMs) }),
        attributes: {
          'switchyard.op': 'approval',
          'switchyard.waits_for': 'person',
          'switchyard.plan.id': run.id,
          'switchyard.command': run.command,
          ...(by !== undefined && { 'switchyard.approved.by': by }),
          ...(ended !== undefined && by === undefined && { 'switchyard.declined': true, 'switchyard.outcome': 'done' }),
        },
        ...(links.length > 0 && { links }),
        ...(context.traceState !== undefined && { traceState: context.traceState }),
      },
      context.recorded,
    )
  }

  /** Whoever asks now, where that is not the trace of the plan. */
  function linksFrom(trace: PlanTrace, { headers }: RunOptions): readonly SpanLink[] {
    const outside = traces.outside(headers)
    if (outside === undefined || trace.headers.traceparent.includes(outside.traceId)) return []
    return [{ traceId: outside.traceId, spanId: outside.spanId }]
  }

  /** What a person approved is what is done: where the world has moved on, the plan of now takes the old one's place. */
  async function assertStillHolds(
    command: CommandInfo,
    kept: PlannedRun,
    trace: PlanTrace | undefined,
    options: RunOptions,
  ): Promise<void> {
    const plan = await planOf(command, kept.input, options)
    if (JSON.stringify(plan) === JSON.stringify(kept.plan)) return
    discard(kept, trace)
    throw planStale(kept.id, keep({ ...kept, plan }, trace?.headers).id)
  }

  /** By what is known of the command now; the plan waits on. */
  function assertWithin({ command, limits }: PlannedRun): void {
    if (limits === undefined) return
    const fit = fitOf({ parts: [{ command, after: [] }] }, limits)
    if (!fit.isFeasible) throw budgetExceeded([], fit)
  }

  function discard(kept: PlannedRun, trace: PlanTrace | undefined): void {
    plans.discard(kept.id)
    if (trace !== undefined) tellApproval(kept, trace, {})
  }

  /** In the plan's own trace; what a caller sends along besides goes with it. */
  function optionsIn(trace: PlanTrace | undefined, options: RunOptions): RunOptions {
    const { traceparent: _, tracestate: __, ...others } = options.headers ?? {}
    return trace === undefined ? options : { ...options, headers: { ...others, ...trace.headers } }
  }

  function within<result>(
    op: 'run' | 'undo',
    { id, command }: Pick<PlannedRun, 'id' | 'command'>,
    options: RunOptions,
    work: (options: RunOptions) => Promise<result>,
  ): Promise<result> {
    const attributes = { 'switchyard.command': command, 'switchyard.plan.id': id }
    const parent = traces.contextOf(options.headers)
    return traces.within({ name: `${op} ${command}`, op, parent, attributes, live: true }, ({ headers }) =>
      work({ ...options, headers: { ...options.headers, ...headers } }),
    )
  }

  /** What ran has run, whatever its `undo` makes of the result. */
  function undoOf({ id, plugin, definition }: CommandInfo, result: unknown, input: unknown): Undo | undefined {
    try {
      return definition.undo?.(result, definition.input.parse(input))
    } catch (error) {
      log(plugin).error(`Cannot say how to undo "${id}" as its undo threw`, { error: toWireError(error) })
      return undefined
    }
  }

  return {
    async plan(commandId, input, { limits, ...options } = {}) {
      const command = commandOf(commandId)
      const { effect } = command.definition
      if (effect === 'read') throw nothingToPlan(commandId)
      parseWith(command.definition.input, input, (mistakes) => invalidInput(commandId, mistakes))
      const plan = await planOf(command, input, options)
      return keep({ command: commandId, input, effect, plan, limits }, traces.contextOf(options.headers))
    },
    async approve(planId, given = {}) {
      const kept = plans.get(planId)
      const command = commandOf(kept.command)
      const trace = plans.traceOf(planId)
      const options = optionsIn(trace, given)
      if (kept.state === 'waiting') {
        assertWithin(kept)
        await assertStillHolds(command, kept, trace, options)
      }
      const { input } = plans.start(planId)
      if (trace !== undefined) tellApproval(kept, trace, { by: given.by ?? 'person', links: linksFrom(trace, given) })
      return within('run', kept, options, async (runOptions) => {
        let result: unknown
        try {
          result = await call(command, command.id, input, runOptions)
        } catch (error) {
          plans.failed(planId, error)
          throw error
        }
        plans.done(planId, undoOf(command, result, input))
        return result
      })
    },
    discard: (planId) => discard(plans.get(planId), plans.traceOf(planId)),
    async undo(planId, given = {}) {
      const options = optionsIn(plans.traceOf(planId), given)
      const undo = plans.startUndo(planId)
      return within('undo', { id: planId, command: undo.command }, options, async (undoOptions) => {
        try {
          const result = await call(commandOf(undo.command), undo.command, undo.input, undoOptions)
          plans.undone(planId)
          return result
        } catch (error) {
          plans.undoFailed(planId)
          throw error
        }
      })
    },
  }
}
