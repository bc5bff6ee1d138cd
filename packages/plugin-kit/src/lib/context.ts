import type { Clock, MessageHeaders } from '@switchyard/contracts'
import type { CommandRef } from './plugin.ts'
import type { PluginState } from './state.ts'
import type { PluginStore } from './store.ts'
import type { Topic } from './topic.ts'

/** What a command, a plan or a listener is given beside its input. */
export interface Context {
  /** The plugin that runs. */
  readonly plugin: string
  /** The workspace's root folder, absolute. */
  readonly workspace: string
  /** A folder of this plugin's own inside the workspace's data; made when first read. */
  readonly dataDir: string
  /** The tables that this plugin's definition brings along in `tables`; migrated when first read. */
  readonly store: PluginStore
  /** The time, which a test plays. */
  readonly clock: Clock
  /** Aborted when the caller gave up, the time ran out or the yard closes. Pass it on to whatever waits. */
  readonly signal: AbortSignal
  /** Milliseconds until the caller stops waiting; shrinks as calls nest. */
  remainingMs(): number
  readonly log: Log
  /** The trace that this run belongs to, to be handed to programs that take a W3C traceparent. */
  readonly headers: MessageHeaders
  /** The caller's: calls with one key want one effect. Steps of chains have one that stays the same over restarts. */
  readonly idempotencyKey: string | undefined
  /** Calls a command of another plugin (or of this one) over the bus; deadline, trace and cancellation go along. The input is frozen, not copied. */
  call<input, output>(command: CommandRef<input, output>, input: input, options?: CallOptions): Promise<output>
  call(command: string, input: unknown, options?: CallOptions): Promise<unknown>
  /** Publishes an event that this plugin declares in `publishes`; resolves once it is accepted, or on disk where it is durable. The payload is frozen, not copied. */
  publish<payload>(topic: Topic<payload>, payload: payload, options?: PublishOptions): Promise<void>
  /** Facts that plugins share: this one's own, and those that its definition imports. */
  readonly state: PluginState
  /** Says how far the run has come, to whoever watches. */
  progress(progress: Progress): void
  /** Asks the person behind the request; rejects with NEEDS_ANSWER where nobody can answer. */
  ask(question: Question): Promise<string>
}

export interface CallOptions {
  /** Never more than what remains of the caller's own time. @default the command's time limit */
  timeoutMs?: number
  signal?: AbortSignal
  /** Two calls with one key have one effect. */
  idempotencyKey?: string
  onProgress?: (progress: Progress) => void
}

export interface PublishOptions {
  idempotencyKey?: string
  /** 1 to 10, 10 is the most urgent. @default 5 */
  priority?: number
}

export interface Progress {
  readonly message: string
  readonly done?: number
  readonly total?: number
}

export interface Question {
  readonly text: string
  /** Closed set of answers; free text where absent. */
  readonly choices?: readonly string[]
}

/** Structured lines: fields first, as data, then the sentence. */
export interface Log {
  debug(message: string, fields?: Readonly<Record<string, unknown>>): void
  info(message: string, fields?: Readonly<Record<string, unknown>>): void
  warn(message: string, fields?: Readonly<Record<string, unknown>>): void
  error(message: string, fields?: Readonly<Record<string, unknown>>): void
}
