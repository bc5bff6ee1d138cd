import type { z } from 'zod'
import type { Context } from './context.ts'

/** A kind of event with its payload's schema. */
export interface Topic<payload = unknown> {
  readonly name: string
  readonly schema: z.ZodType<payload>
  /** Kept on disk until every named listener has handled it. */
  readonly durable?: boolean
}

/** The payload's type, where a name for it is needed. */
export type PayloadOf<topic> = topic extends Topic<infer payload> ? payload : never

/** Describes a kind of event, such as `defineTopic('deploy/finished', z.object({ env: z.string() }))`. */
export function defineTopic<payload>(
  name: string,
  schema: z.ZodType<payload>,
  { durable = false }: { durable?: boolean } = {},
): Topic<payload> {
  return { name, schema, durable }
}

/** Something a plugin hears. */
export interface Listener {
  readonly pattern: string
  /** A durable listener's own name, under which its position is kept. */
  readonly name?: string
  readonly schema?: z.ZodType
  handler(payload: unknown, ctx: ListenContext): void | Promise<void>
}

/** A listener's context also says which topic it was, since a pattern may match several. */
export interface ListenContext extends Context {
  readonly topic: string
  readonly source: string
}

/**
 * Hears a topic: one of this plugin's own by value, another plugin's by name and type:
 * `on<typeof deployFinished>('deploy/finished', handler)` after `import type { deployFinished } from '...'`.
 */
export function on<topic extends Topic>(
  pattern: string,
  handler: (payload: PayloadOf<topic>, ctx: ListenContext) => void | Promise<void>,
  options?: { name?: string; schema?: z.ZodType<PayloadOf<topic>> },
): Listener
export function on<payload>(
  topic: Topic<payload>,
  handler: (payload: payload, ctx: ListenContext) => void | Promise<void>,
  options?: { name?: string },
): Listener
export function on(topic: string | Topic, handler: Listener['handler'], options: { name?: string; schema?: z.ZodType } = {}): Listener {
  if (typeof topic === 'string') return { pattern: topic, handler, ...options }
  return { pattern: topic.name, schema: topic.schema, handler, ...options }
}
