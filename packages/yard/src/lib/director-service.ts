import type { Bus, BusClient, HandlerContext } from '@switchyard/bus'
import type { ChainDefinition, Chains } from '@switchyard/chain'
import type { Decided, DecidedPart } from '@switchyard/router'
import { z } from 'zod'
import { chainOf, inputOf, literal } from './chain-of.ts'
import { traceOf } from './context.ts'
import { invalidInput, unknownCaller } from './errors.ts'
import { parseWith } from './schema.ts'
import type { CommandInfo, PlannedRun, RunOptions } from './yard.ts'

const request = z.strictObject({ request: z.string().max(100_000) })
/** Time for what only reads; what changes something is kept until somebody approves it. */
const ASK_MS = 600_000

export interface DirectorParts {
  readonly commands: ReadonlyMap<string, CommandInfo>
  /** May ask a model, where one is configured. */
  readonly decide: (request: string, options: Pick<RunOptions, 'headers'>) => Decided | Promise<Decided>
  readonly plan: (command: string, input: unknown, options: RunOptions) => Promise<PlannedRun>
  readonly chains: () => Promise<Chains>
  /** In whose name a caller calls; undefined for one that is nobody here. */
  readonly clientOf: (identity: string) => BusClient | undefined
}

/** What `director.ask` answers. */
export type Asked =
  | { readonly outcome: 'ask' | 'abstain'; readonly decision: Decided }
  | { readonly outcome: 'done'; readonly decision: Decided; readonly result: unknown }
  /** Nothing was done yet: a person approves the plan, or the chain, by its id. */
  | { readonly outcome: 'planned'; readonly decision: Decided; readonly id: string }

export const directorTimeLimitMsOf = (method: string): number | undefined => (method.startsWith('director.') ? ASK_MS : undefined)

/**
 * Serves plain words to plugins and clients: `director.route` tells what a request means, `director.ask` does it. What only reads runs at
 * once, in the name of who asks; what changes something is kept for a person to approve.
 */
export function serveDirector(bus: Bus, { commands, decide, plan, chains, clientOf }: DirectorParts): void {
  const client = bus.connect('director')
  serve('route', ({ request: text }, context) => decide(text, { headers: traceOf(context) }))
  serve('ask', async ({ request: text }, context) => ask(await decide(text, { headers: traceOf(context) }), context))

  function serve(verb: string, work: (input: z.output<typeof request>, context: HandlerContext) => unknown): void {
    const method = `director.${verb}`
    client.serve(method, async (input, context) => work(input as z.output<typeof request>, context), {
      input: (value) => parseWith(request, value, (mistakes) => invalidInput(method, mistakes)),
    })
  }

  async function ask(decision: Decided, context: HandlerContext): Promise<Asked> {
    const { outcome, parts } = decision
    const headers = traceOf(context)
    if (outcome !== 'routed') return { outcome, decision }
    const asker = clientOf(context.source)
    if (asker === undefined) throw unknownCaller(context.source)
    const [first] = parts
    if (parts.length === 1 && first !== undefined) {
      if (!isRead(first)) return { outcome: 'planned', decision, id: (await plan(first.command, inputOf(first), { headers })).id }
      return { outcome: 'done', decision, result: await call(asker, first, context) }
    }
    if (parts.every((part) => isRead(part) && part.when === undefined && part.after.length === 0)) {
      return { outcome: 'done', decision, result: await Promise.all(parts.map((part) => call(asker, part, context))) }
    }
    return { outcome: 'planned', decision, id: await (await chains()).start(withApproval(decision), {}, headers) }
  }

  function call(asker: BusClient, part: DecidedPart, context: HandlerContext): Promise<unknown> {
    const { signal } = context
    return asker.call(part.command, inputOf(part), { timeoutMs: ASK_MS, signal, headers: traceOf(context) })
  }

  const isRead = ({ command }: DecidedPart): boolean => commands.get(command)?.definition.effect === 'read'
}

/** A request of several parts as a chain that begins by asking whether to do it. */
export function withApproval(decision: Decided): ChainDefinition {
  const definition = chainOf(decision)
  const approval = { id: 'approval', ask: literal(`Do this: ${decision.request.slice(0, 500)}`) } as const
  return { ...definition, steps: [approval, ...definition.steps] }
}
