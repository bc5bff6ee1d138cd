import type { Bus, BusClient, HandlerContext } from '@switchyard/bus'
import { z } from 'zod'
import { traceOf } from './context.ts'
import type { DirectorOf } from './director.ts'
import { invalidInput, unknownCaller } from './errors.ts'
import { parseWith } from './schema.ts'
import type { Director, RunOptions } from './yard.ts'

const request = z.strictObject({ request: z.string().max(100_000) })
const limitedRequest = request.extend({ budgetUsd: z.number().positive().optional(), maxMinutes: z.number().positive().optional() })
/** Time for what only reads; what changes something is kept until somebody approves it. */
const ASK_MS = 600_000

export interface DirectorServiceParts {
  readonly route: Director['route']
  readonly ask: DirectorOf['ask']
  /** In whose name a caller calls; undefined for one that is nobody here. */
  readonly clientOf: (identity: string) => BusClient | undefined
  /** Who is nobody's plugin. */
  readonly person: string
}

export const directorTimeLimitMsOf = (method: string): number | undefined => (method.startsWith('director.') ? ASK_MS : undefined)

/** Serves the director to plugins: `director.route` tells what a request means, `director.ask` does it. */
export function serveDirector(bus: Bus, { route, ask, clientOf, person }: DirectorServiceParts): void {
  const client = bus.connect('director')
  serve('route', request, ({ request: text }, context) => route(text, { headers: traceOf(context) }))
  serve('ask', limitedRequest, ({ request: text, budgetUsd, maxMinutes }, context) => {
    const { source, signal } = context
    const caller = clientOf(source)
    if (caller === undefined) throw unknownCaller(source)
    const asker = {
      ...(source !== person && { plugin: source }),
      call: (command: string, input: unknown, { timeoutMs = ASK_MS }: RunOptions) =>
        caller.call(command, input, { timeoutMs, signal, headers: traceOf(context) }),
    }
    return ask(text, asker, { signal, headers: traceOf(context), limits: { budgetUsd, maxMinutes } })
  })

  function serve<input>(verb: string, schema: z.ZodType<input>, work: (input: input, context: HandlerContext) => unknown): void {
    const method = `director.${verb}`
    client.serve(method, async (input, context) => work(input as input, context), {
      input: (value) => parseWith(schema, value, (mistakes) => invalidInput(method, mistakes)),
    })
  }
}
