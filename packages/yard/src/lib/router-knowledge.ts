import { createHash } from 'node:crypto'
import { isSwitchyardError } from '@switchyard/contracts'
import type { Command, Plugin } from '@switchyard/plugin-kit'
import {
  type Candidate,
  type CommandFacts,
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
import type { CommandInfo } from './yard.ts'

const MIGRATIONS = [
  'CREATE TABLE router_model (id INTEGER PRIMARY KEY CHECK (id = 1), hash TEXT NOT NULL, model BLOB NOT NULL) STRICT',
  // Nothing reads it any more; a list of migrations only grows.
  'CREATE TABLE router_facts (id INTEGER PRIMARY KEY CHECK (id = 1), hash TEXT NOT NULL, facts TEXT NOT NULL) STRICT',
]

type Commands = ReadonlyMap<string, CommandInfo>

export interface LoadOptions {
  /** What was learned before, by whoever made it. */
  readonly shipped?: (() => Uint8Array | undefined) | undefined
  /** Told before it is learned anew, which takes seconds. */
  readonly onLearn?: (() => void) | undefined
}

/**
 * The router's model of these commands: as it was learned before, by whoever made `shipped` or by this workspace, or learned anew where
 * they are others than that was learned from.
 */
export function loadModel(
  store: Store,
  commands: Commands,
  corrections: readonly Correction[],
  { shipped, onLearn }: LoadOptions = {},
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
  onLearn?.()
  const model = trainRouter(candidates)
  const keep = store.prepare(
    'INSERT INTO router_model VALUES (1, ?, ?) ON CONFLICT (id) DO UPDATE SET hash = excluded.hash, model = excluded.model',
  )
  store.transact(() => keep.run(hash, serializeRouter(model)))
  return model
}

/** How many bytes of a learned model say what it was learned from. */
export const HASH_BYTES = 64

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

/** What deciding has to know of a command, made when it is first asked for: a request is about few of them, and JSON Schemas take long. */
export function createFacts(commands: Commands): (id: string) => CommandFacts | undefined {
  const made = new Map<string, CommandFacts>()
  return (id) => {
    const command = commands.get(id)
    if (command === undefined) return undefined
    const facts = made.get(id) ?? factsOf(descriptionOf(command))
    made.set(id, facts)
    return facts
  }
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

/** A field's own schema, without what says that it may be left out. */
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

function descriptionOf({ id, definition: { summary, effect, input, output } }: CommandInfo): Parameters<typeof factsOf>[0] {
  return {
    id,
    summary,
    effect,
    input: z.toJSONSchema(input, { io: 'input', unrepresentable: 'any' }),
    output: z.toJSONSchema(output, { io: 'output', unrepresentable: 'any' }),
  }
}
