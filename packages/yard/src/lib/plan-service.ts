import type { Bus, HandlerContext } from '@switchyard/bus'
import type { Plugin, ProposedPlan } from '@switchyard/plugin-kit'
import { z } from 'zod'
import { isForReading, traceOf } from './context.ts'
import { invalidInput, notProposable, planUnknown, readOnly } from './errors.ts'
import { mayCall } from './host.ts'
import { parseWith } from './schema.ts'
import type { PlannedRun, RunOptions } from './yard.ts'

/** As long as a command may take to say what it would do. */
const PLAN_MS = 60_000

const proposal = z.strictObject({ command: z.string(), input: z.unknown() })
const one = z.strictObject({ id: z.string() })

export interface PlanServiceParts {
  /** The plugins of this yard, by who calls. */
  readonly pluginOf: (identity: string) => Plugin | undefined
  /** @throws UNKNOWN_COMMAND, VALIDATION, NOTHING_TO_PLAN */
  readonly plan: (command: string, input: unknown, options: RunOptions) => Promise<PlannedRun>
  /** @throws PLAN_UNKNOWN */
  readonly get: (id: string) => PlannedRun
}

export const planTimeLimitMsOf = (method: string): number | undefined => (method.startsWith('plan.') ? PLAN_MS : undefined)

/** Lets plugins keep plans for a person to approve: of what they may call themselves, and by nobody who only reads. */
export function servePlans(bus: Bus, { pluginOf, plan, get }: PlanServiceParts): void {
  const client = bus.connect('plan')

  serve('propose', proposal, async ({ command, input }, context) => {
    const { source, signal } = context
    if (isForReading(context)) throw readOnly('plan.propose', source)
    if (!mayUse(source, command)) throw notProposable(command, source)
    return shown(await plan(command, input, { signal, timeoutMs: context.remainingMs(), headers: traceOf(context) }))
  })
  serve('show', one, ({ id }, { source }) => {
    const found = get(id)
    // That there is one is none of its business either.
    if (!mayUse(source, found.command)) throw planUnknown(id)
    return shown(found)
  })

  function mayUse(source: string, command: string): boolean {
    const plugin = pluginOf(source)
    return plugin !== undefined && mayCall(plugin, command)
  }

  function serve<input>(verb: string, schema: z.ZodType<input>, work: (input: input, context: HandlerContext) => unknown): void {
    const method = `plan.${verb}`
    client.serve(method, async (input, context) => work(input as input, context), {
      input: (value) => parseWith(schema, value, (mistakes) => invalidInput(method, mistakes)),
    })
  }
}

const shown = ({ id, command, effect, plan, state }: PlannedRun): ProposedPlan => ({ id, command, effect, summary: plan.summary, state })
