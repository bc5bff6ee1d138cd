import { createHash } from 'node:crypto'
import { type Clock, isSwitchyardError } from '@switchyard/contracts'
import type { Command, Log, Plugin } from '@switchyard/plugin-kit'
import {
  type Candidate,
  type CommandFacts,
  type CommandFigures,
  type Decided,
  type DecisionExplanation,
  decide,
  type Estimate,
  estimateOf,
  explainDecision,
  factsOf,
  MODEL_VERSION,
  type PluginProfile,
  parseRouter,
  type RouterModel,
  route,
  type SlotValues,
  serializeRouter,
  trainRouter,
} from '@switchyard/router'
import type { Store } from '@switchyard/store'
import { z } from 'zod'
import { unknownCommand } from './errors.ts'
import { type Correction, createRouterMemory, type RouterMemory } from './router-memory.ts'
import type { CommandInfo } from './yard.ts'

const MIGRATIONS = ['CREATE TABLE router_model (id INTEGER PRIMARY KEY CHECK (id = 1), hash TEXT NOT NULL, model BLOB NOT NULL) STRICT']

export interface DecideParts {
  readonly store: Store
  readonly clock: Clock
  readonly plugins: readonly Plugin[]
  readonly commands: ReadonlyMap<string, CommandInfo>
  /** What this workspace calls its things, by the name of the argument. */
  readonly names: () => SlotValues
  readonly log: Log
}

export interface Decider {
  decide(request: string): Decided
  /** Remembers what a request means, from now on; says which of the requests it knew are read otherwise now. @throws UNKNOWN_COMMAND */
  correct(request: string, command: string): readonly Changed[]
  /** Takes a correction back. Whether there was one. */
  forget(request: string): boolean
  /** Why it was decided so, what would have changed it, and what it takes. */
  explain(decision: Decided): { readonly estimate: Estimate; readonly explanation: DecisionExplanation }
  /** What was decided before and would be decided otherwise now. */
  replay(): { readonly decisions: number; readonly changed: readonly Changed[] }
}

/** A request that is read otherwise than before. */
export interface Changed {
  readonly request: string
  /** Commands, in order; empty where it abstained. */
  readonly before: readonly string[]
  readonly after: readonly string[]
}

/** Decides what a request means; learns from the commands at the first request and keeps the model by the hash of what it was learned from. */
export function createDecider({ store, clock, plugins, commands, names, log }: DecideParts): Decider {
  let opened: RouterMemory | undefined
  let model: RouterModel | undefined
  const known = new Map<string, CommandFacts>()

  function memory(): RouterMemory {
    opened ??= createRouterMemory(store)
    return opened
  }

  function facts(id: string): CommandFacts | undefined {
    const command = commands.get(id)
    if (command === undefined) return undefined
    const found = known.get(id) ?? factsOf(descriptionOf(command))
    known.set(id, found)
    return found
  }

  function figuresOf(id: string): CommandFigures {
    const { effect = 'read', costUsd = 0 } = commands.get(id)?.definition ?? {}
    return { durationMs: USUAL_MS[effect], costUsd }
  }

  function decideNow(request: string): Decided {
    model ??= loadModel(store, candidatesOf(commands, memory().corrections()))
    return decide(model, request, { facts, names: names(), nowMs: clock.now() })
  }

  /** Everything that is known to mean a certain command, as it is read now. */
  function readAll(): ReadonlyMap<string, string> {
    model ??= loadModel(store, candidatesOf(commands, memory().corrections()))
    const texts = [...commands.values()].flatMap(({ definition }) => definition.examples)
    const corrected = memory()
      .corrections()
      .map(({ request }) => request)
    return new Map([...texts, ...corrected].map((text) => [text, route(model!, text, { limit: 1 }).ranked[0]?.id ?? '']))
  }

  function relearn(change: () => void): readonly Changed[] {
    const before = readAll()
    change()
    model = undefined
    const after = readAll()
    return [...before]
      .filter(([request, command]) => after.has(request) && after.get(request) !== command)
      .map(([request, command]) => ({ request, before: [command], after: [after.get(request)!] }))
  }

  return {
    decide(request) {
      const decided = decideNow(request)
      memory()
        .keep(decided, clock.now())
        .catch((error: unknown) => log.warn('failed keeping a decision', { error: String(error) }))
      return decided
    },
    correct(request, command) {
      if (!commands.has(command)) throw unknownCommand(command)
      return relearn(() => memory().correct({ request, command }, clock.now()))
    },
    forget(request) {
      model = undefined
      return memory().forget(request)
    },
    explain(decision) {
      model ??= loadModel(store, candidatesOf(commands, memory().corrections()))
      return { estimate: estimateOf(decision, figuresOf), explanation: explainDecision(model, decision, plugins.map(profileOf)) }
    },
    replay() {
      const kept = memory().decisions()
      const changed = kept.flatMap(({ decision }) => {
        const [before, after] = [decision, decideNow(decision.request)].map(({ outcome, parts }) =>
          outcome === 'abstain' ? [] : parts.map(({ command }) => command),
        )
        return before!.join() === after!.join() ? [] : [{ request: decision.request, before: before!, after: after! }]
      })
      return { decisions: kept.length, changed }
    },
  }
}

/** What the router learns from: each command's own examples, and what people said a request means. */
function candidatesOf(commands: ReadonlyMap<string, CommandInfo>, corrections: readonly Correction[]): readonly Candidate[] {
  const said = new Map(corrections.map(({ request, command }) => [request.toLowerCase(), command]))
  const offered = [...commands.values()].filter(({ definition }) => definition.internal !== true)
  return offered.map((command) => {
    const candidate = candidateOf(command)
    const kept = candidate.examples.filter((example) => (said.get(example.toLowerCase()) ?? command.id) === command.id)
    const added = corrections.filter((one) => one.command === command.id).map(({ request }) => request)
    return { ...candidate, examples: [...kept, ...added] }
  })
}

/** What a run takes of which nothing is known yet. */
const USUAL_MS = { read: 1_000, write: 5_000, destroy: 5_000 } as const

const profileOf = ({ name, capabilities: { domains = [], contexts = [], patterns = [] } = {} }: Plugin): PluginProfile => ({
  name,
  domains,
  contexts,
  patterns,
})

function descriptionOf({ id, definition: { summary, effect, input, output } }: CommandInfo): Parameters<typeof factsOf>[0] {
  return {
    id,
    summary,
    effect,
    input: z.toJSONSchema(input, { io: 'input', unrepresentable: 'any' }),
    output: z.toJSONSchema(output, { io: 'output', unrepresentable: 'any' }),
  }
}

function loadModel(store: Store, candidates: readonly Candidate[]): RouterModel {
  const hash = createHash('sha256')
    .update(JSON.stringify([MODEL_VERSION, candidates]))
    .digest('hex')
  store.migrate('router-model', MIGRATIONS)
  const kept = store.prepare('SELECT hash, model FROM router_model').get<{ hash: string; model: Uint8Array }>()
  if (kept?.hash === hash) {
    try {
      return parseRouter(kept.model)
    } catch (error) {
      // Damaged: it can be learned again.
      if (!isSwitchyardError(error, 'ROUTER_MODEL_INVALID')) throw error
    }
  }
  const model = trainRouter(candidates)
  const keep = store.prepare(
    'INSERT INTO router_model VALUES (1, ?, ?) ON CONFLICT (id) DO UPDATE SET hash = excluded.hash, model = excluded.model',
  )
  store.transact(() => keep.run(hash, serializeRouter(model)))
  return model
}

function candidateOf({ id, definition }: CommandInfo): Candidate {
  const fields = fieldsOf(definition)
  return {
    id,
    summary: definition.summary,
    examples: definition.examples,
    words: Object.keys(fields),
    masks: Object.fromEntries(Object.entries(fields).flatMap(([name, field]) => enumerated(name, field))),
  }
}

function enumerated(name: string, field: z.ZodType): [string, readonly string[]][] {
  const inner = unwrapped(field)
  return inner instanceof z.ZodEnum ? [[name, inner.options.map(String)]] : []
}

function unwrapped(field: z.ZodType): z.ZodType {
  let inner = field
  while (inner instanceof z.ZodOptional || inner instanceof z.ZodDefault || inner instanceof z.ZodNullable) {
    inner = inner.unwrap() as z.ZodType
  }
  return inner
}

function fieldsOf(definition: Command): Readonly<Record<string, z.ZodType>> {
  return definition.input instanceof z.ZodObject ? (definition.input.shape as Record<string, z.ZodType>) : {}
}
