import type { Bus, HandlerContext } from '@switchyard/bus'
import type { ChainDefinition, ChainReport, Chains } from '@switchyard/chain'
import type { ChainOutcome } from '@switchyard/plugin-kit'
import { z } from 'zod'
import { isForReading, traceOf } from './context.ts'
import { invalidInput, readOnly, unknownCaller, unknownChain } from './errors.ts'
import { parseWith } from './schema.ts'
import type { ChainTalk } from './yard.ts'

/** The longest that a caller may wait for a chain: as long as it has time itself. */
const LONGEST_MS = 86_400_000

/** What moves a chain that may change something; whether one that is started does, its steps say. */
const CHANGING: ReadonlySet<string> = new Set(['cancel', 'retry', 'resume', 'answer'])

const one = z.strictObject({ id: z.string() })
const request = z.strictObject({
  chain: z.union([z.string(), z.looseObject({ name: z.string(), steps: z.array(z.unknown()) })]),
  input: z.record(z.string(), z.unknown()).optional(),
})

type Request = z.output<typeof request>

export interface ChainServiceParts {
  readonly open: () => Promise<Chains>
  /** @throws CHAIN_UNKNOWN */
  readonly named: (name: string) => Promise<ChainDefinition>
  readonly isPlugin: (name: string) => boolean
  /** Who sees all chains and is nobody's plugin. */
  readonly person: string
  /** Puts a plugin's chain's approvals to the person who is at hand; for the rest it asks itself. */
  readonly follow: ChainTalk['follow']
}

/** What a caller asks of its chains, under whose name it does. */
interface Caller {
  readonly chains: Chains
  readonly context: HandlerContext
  /** Undefined for the person. */
  readonly plugin: string | undefined
}

/** How long a call of this method may take when its caller says nothing; undefined for all but those that wait for a chain. */
export const chainTimeLimitMsOf = (method: string): number | undefined => (method.startsWith('chain.') ? LONGEST_MS : undefined)

/** Serves the chains to plugins: each runs its own under its own grant, and sees no others. */
export function serveChains(bus: Bus, { open, named, isPlugin, person, follow }: ChainServiceParts): void {
  const client = bus.connect('chain')

  serve('run', request, async (given, caller) => settled(await start(given, caller), caller))
  serve('start', request, async (given, caller) => ({ id: await start(given, caller) }))
  serve('plan', request, async ({ chain, input }, { chains, plugin }) => ({
    steps: await chains.plan(await definitionOf(chain), input, owner(plugin)),
  }))
  serve('show', one, ({ id }, caller) => outcomeOf(own(id, caller)))
  serve('list', z.strictObject({ unfinished: z.boolean().optional(), limit: z.int().min(1).max(1_000).optional() }), list)
  serve('cancel', z.strictObject({ id: z.string(), undo: z.boolean().optional() }), async ({ id, undo }, caller) => {
    own(id, caller)
    await caller.chains.cancel(id, undo === undefined ? {} : { undo })
    return settled(id, caller)
  })
  serve('retry', one, async ({ id }, caller) => {
    own(id, caller)
    await caller.chains.retry(id)
    return settled(id, caller)
  })
  serve('resume', one, async ({ id }, caller) => {
    if (own(id, caller).endedMs === undefined) await caller.chains.resume(id)
    return settled(id, caller)
  })
  serve('answer', z.strictObject({ id: z.string(), step: z.string().optional(), value: z.unknown() }), async (given, caller) => {
    const { id, step, value } = given
    own(id, caller)
    await caller.chains.answer(id, { value, by: caller.context.source, ...owner(caller.plugin), ...(step !== undefined && { path: step }) })
    return settled(id, caller)
  })

  function serve<input>(verb: string, schema: z.ZodType<input>, work: (input: input, caller: Caller) => unknown): void {
    const method = `chain.${verb}`
    client.serve(
      method,
      async (input, context) => {
        const { source } = context
        if (source !== person && !isPlugin(source)) throw unknownCaller(source)
        if (CHANGING.has(verb) && isForReading(context)) throw readOnly(method, source)
        return work(input as input, { chains: await open(), context, plugin: source === person ? undefined : source })
      },
      { input: (value) => parseWith(schema, value, (mistakes) => invalidInput(method, mistakes)) },
    )
  }

  async function start({ chain, input }: Request, { chains, context, plugin }: Caller): Promise<string> {
    const { idempotencyKey: key } = context
    const options = {
      ...owner(plugin),
      onlyReads: isForReading(context),
      ...traceOf(context),
      ...(key !== undefined && { key }),
    }
    return chains.start(await definitionOf(chain), input, options)
  }

  /** When the caller's time ends before the chain does, the chain goes on. */
  async function settled(id: string, { context: { signal, headers } }: Caller): Promise<ChainOutcome> {
    return outcomeOf(await follow(id, { signal, headers, onlyApprovals: true }))
  }

  function definitionOf(chain: Request['chain']): ChainDefinition | Promise<ChainDefinition> {
    // Whether it is one is found out by the check before every start.
    return typeof chain === 'string' ? named(chain) : (chain as unknown as ChainDefinition)
  }

  function list(
    { unfinished, limit }: { unfinished?: boolean | undefined; limit?: number | undefined },
    { chains, plugin }: Caller,
  ): unknown {
    const given = { ...(unfinished !== undefined && { unfinished }), ...(limit !== undefined && { limit }) }
    return { chains: chains.list({ ...given, ...owner(plugin) }) }
  }
}

const owner = (plugin: string | undefined): { plugin?: string } => (plugin === undefined ? {} : { plugin })

/** @throws CHAIN_UNKNOWN, also for one that is somebody else's */
function own(id: string, { chains, plugin }: Caller): ChainReport {
  const report = chains.show(id)
  if (plugin !== undefined && report.plugin !== plugin) throw unknownChain(id, `it must be one that "${plugin}" started`)
  return report
}

/** What a plugin is told: not the definition, and not what went in and out of each step. */
function outcomeOf({ definition: _, input: __, steps: ___, dueMs: ____, plugin: _____, ...outcome }: ChainReport): ChainOutcome {
  return outcome
}
