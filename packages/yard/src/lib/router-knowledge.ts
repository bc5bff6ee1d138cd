import { createHash } from 'node:crypto'
import { isSwitchyardError } from '@switchyard/contracts'
import type { Command, Plugin } from '@switchyard/plugin-kit'
import {
  type Candidate,
  type CommandFacts,
  FACTS_VERSION,
  factsOf,
  MODEL_VERSION,
  parseRouter,
  type RouterModel,
  serializeRouter,
  trainRouter,
} from '@switchyard/router'
import type { Store } from '@switchyard/store'
import { z } from 'zod'
import { commandsOf } from './commands-of.ts'
import type { Correction } from './router-memory.ts'
import { outlineOf, unwrapped } from './schema-outline.ts'
import type { CommandInfo } from './yard.ts'

const MIGRATIONS = [
  'CREATE TABLE router_model (id INTEGER PRIMARY KEY CHECK (id = 1), hash TEXT NOT NULL, model BLOB NOT NULL) STRICT',
  'CREATE TABLE router_facts (id INTEGER PRIMARY KEY CHECK (id = 1), hash TEXT NOT NULL, facts TEXT NOT NULL) STRICT',
]

type Commands = ReadonlyMap<string, CommandInfo>

/**
 * The router's model of these commands: as it was learned before, by whoever made `shipped` or by this workspace, or learned anew where
 * they are others than that was learned from.
 */
export function loadModel(
  store: Store,
  commands: Commands,
  corrections: readonly Correction[],
  shipped?: () => Uint8Array | undefined,
): RouterModel {
  const candidates = candidatesOf(commands, corrections)
  const hash = hashOf([MODEL_VERSION, candidates])
  const bytes = shipped?.()
  const before = bytes !== undefined && isOf(bytes, hash) ? parsed(bytes.subarray(HASH_BYTES)) : undefined
  if (before !== undefined) return before
  store.migrate('router-model', MIGRATIONS)
  const kept = store.prepare('SELECT hash, model FROM router_model').get<{ hash: string; model: Uint8Array }>()
  const own = kept?.hash === hash ? parsed(kept.model) : undefined
  if (own !== undefined) return own
  const model = trainRouter(candidates)
  const keep = store.prepare(
    'INSERT INTO router_model VALUES (1, ?, ?) ON CONFLICT (id) DO UPDATE SET hash = excluded.hash, model = excluded.model',
  )
  store.transact(() => keep.run(hash, serializeRouter(model)))
  return model
}

const HASH_BYTES = 64

/** The model of plugins that come along, with the hash of what it was learned from: made once, so that no workspace has to. */
export function learnRouter(plugins: readonly Plugin[]): Uint8Array {
  const candidates = candidatesOf(commandsOf(plugins), [])
  return Buffer.concat([Buffer.from(hashOf([MODEL_VERSION, candidates])), serializeRouter(trainRouter(candidates))])
}

/** Whether that was learned from these plugins as they are. */
export const isLearnedFrom = (bytes: Uint8Array, plugins: readonly Plugin[]): boolean =>
  isOf(bytes, hashOf([MODEL_VERSION, candidatesOf(commandsOf(plugins), [])]))

const isOf = (bytes: Uint8Array, hash: string): boolean => Buffer.from(bytes.subarray(0, HASH_BYTES)).toString() === hash

/** Undefined where it is damaged: it can be learned again. */
function parsed(bytes: Uint8Array): RouterModel | undefined {
  try {
    return parseRouter(bytes)
  } catch (error) {
    if (isSwitchyardError(error, 'ROUTER_MODEL_INVALID')) return undefined
    throw error
  }
}

/** What deciding has to know of each command: kept as well, as making JSON Schemas takes longer than all the rest of a decision. */
export function loadFacts(store: Store, commands: Commands): ReadonlyMap<string, CommandFacts> {
  const outlines = [...commands.values()].map(({ id, definition: { summary, effect, input, output } }) => [
    id,
    summary,
    effect,
    outlineOf(input),
    outlineOf(output),
  ])
  const hash = hashOf([FACTS_VERSION, outlines])
  store.migrate('router-model', MIGRATIONS)
  const kept = store.prepare('SELECT hash, facts FROM router_facts').get<{ hash: string; facts: string }>()
  if (kept?.hash === hash) return parsedFacts(kept.facts)
  const facts = [...commands.values()].map((command) => factsOf(descriptionOf(command)))
  const keep = store.prepare(
    'INSERT INTO router_facts VALUES (1, ?, ?) ON CONFLICT (id) DO UPDATE SET hash = excluded.hash, facts = excluded.facts',
  )
  store.transact(() =>
    keep.run(
      hash,
      JSON.stringify(facts, (_, value: unknown) => (value instanceof Set ? [...value] : value)),
    ),
  )
  return new Map(facts.map((one) => [one.id, one]))
}

function parsedFacts(text: string): ReadonlyMap<string, CommandFacts> {
  const facts = JSON.parse(text) as (Omit<CommandFacts, 'ownWords'> & { ownWords: string[] })[]
  return new Map(facts.map((one) => [one.id, { ...one, ownWords: new Set(one.ownWords) }]))
}

const hashOf = (value: unknown): string => createHash('sha256').update(JSON.stringify(value)).digest('hex')

/** What the router learns from: each command's own examples, and what people said a request means. */
function candidatesOf(commands: Commands, corrections: readonly Correction[]): readonly Candidate[] {
  const said = new Map(corrections.map(({ request, command }) => [request.toLowerCase(), command]))
  const offered = [...commands.values()].filter(({ definition }) => definition.internal !== true)
  return offered.map((command) => {
    const candidate = candidateOf(command)
    const kept = candidate.examples.filter((example) => (said.get(example.toLowerCase()) ?? command.id) === command.id)
    const added = corrections.filter((one) => one.command === command.id).map(({ request }) => request)
    return { ...candidate, examples: [...kept, ...added] }
  })
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

function fieldsOf(definition: Command): Readonly<Record<string, z.ZodType>> {
  return definition.input instanceof z.ZodObject ? (definition.input.shape as Record<string, z.ZodType>) : {}
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
