import { createHash } from 'node:crypto'
import { isSwitchyardError } from '@switchyard/contracts'
import type { Command } from '@switchyard/plugin-kit'
import { type Candidate, MODEL_VERSION, parseRouter, type RouterModel, route, serializeRouter, trainRouter } from '@switchyard/router'
import type { Store } from '@switchyard/store'
import { z } from 'zod'
import type { CommandInfo, Decision, DecisionPart } from './yard.ts'

const MIGRATIONS = ['CREATE TABLE router_model (id INTEGER PRIMARY KEY CHECK (id = 1), hash TEXT NOT NULL, model BLOB NOT NULL) STRICT']

/** Decides which command a request means; learns from the commands at the first request and keeps the model by the hash of what it was learned from. */
export function createDecide(store: Store, commands: ReadonlyMap<string, CommandInfo>): (request: string) => Decision {
  let model: RouterModel | undefined
  return (request) => {
    model ??= loadModel(store, commands)
    const routed = route(model, request)
    const [best, ...others] = routed.ranked
    if (routed.outcome === 'abstain' || best === undefined) return { request, outcome: 'abstain', parts: [] }
    const definition = commands.get(best.id)!.definition
    const missing = missingArguments(definition)
    const part: DecisionPart = {
      text: request,
      command: best.id,
      confidence: best.confidence,
      input: {},
      missing,
      alternatives: others.slice(0, 2).map(({ id, confidence }) => ({ command: id, confidence })),
    }
    if (routed.outcome === 'ask') {
      return { request, outcome: 'ask', asks: 'command', question: 'Which of these do you mean?', parts: [part] }
    }
    if (missing.length > 0)
      return { request, outcome: 'ask', asks: 'arguments', question: `What is the ${missing.join(', and the ')}?`, parts: [part] }
    return { request, outcome: 'routed', parts: [part] }
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

/** Names of the arguments without which the command's input never fits. */
function missingArguments(definition: Command): readonly string[] {
  return Object.entries(fieldsOf(definition))
    .filter(([, field]) => !field.safeParse(undefined).success)
    .map(([name]) => name)
}
