import { createHash } from 'node:crypto'
import { type Clock, isSwitchyardError } from '@switchyard/contracts'
import type { Command } from '@switchyard/plugin-kit'
import {
  type Candidate,
  type CommandFacts,
  type Decided,
  decide,
  factsOf,
  MODEL_VERSION,
  parseRouter,
  type RouterModel,
  type SlotValues,
  serializeRouter,
  trainRouter,
} from '@switchyard/router'
import type { Store } from '@switchyard/store'
import { z } from 'zod'
import type { CommandInfo } from './yard.ts'

const MIGRATIONS = ['CREATE TABLE router_model (id INTEGER PRIMARY KEY CHECK (id = 1), hash TEXT NOT NULL, model BLOB NOT NULL) STRICT']

export interface DecideParts {
  readonly store: Store
  readonly clock: Clock
  readonly commands: ReadonlyMap<string, CommandInfo>
  /** What this workspace calls its things, by the name of the argument. */
  readonly names: () => SlotValues
}

/** Decides what a request means; learns from the commands at the first request and keeps the model by the hash of what it was learned from. */
export function createDecide({ store, clock, commands, names }: DecideParts): (request: string) => Decided {
  let model: RouterModel | undefined
  const known = new Map<string, CommandFacts>()

  function facts(id: string): CommandFacts | undefined {
    const command = commands.get(id)
    if (command === undefined) return undefined
    const found = known.get(id) ?? factsOf(descriptionOf(command))
    known.set(id, found)
    return found
  }

  return (request) => {
    model ??= loadModel(store, commands)
    return decide(model, request, { facts, names: names(), nowMs: clock.now() })
  }
}

function descriptionOf({ id, definition: { summary, effect, input, output } }: CommandInfo): Parameters<typeof factsOf>[0] {
  return {
    id,
    summary,
    effect,
    input: z.toJSONSchema(input, { io: 'input', unrepresentable: 'any' }),
    output: z.toJSONSchema(output, { io: 'output', unrepresentable: 'any' }),
  }
}

function loadModel(store: Store, commands: ReadonlyMap<string, CommandInfo>): RouterModel {
  const candidates = [...commands.values()].map(candidateOf)
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
