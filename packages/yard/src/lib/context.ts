import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import type { HandlerContext } from '@switchyard/bus'
import type { Clock } from '@switchyard/contracts'
import type {
  CallOptions,
  CommandRef,
  ListenContext,
  Log,
  Plugin,
  PluginState,
  PluginStore,
  Progress,
  PublishOptions,
  Question,
  Topic,
} from '@switchyard/plugin-kit'
import type { Versions } from '@switchyard/registry'
import { invalidEvent, needsAnswer, undeclaredTopic } from './errors.ts'
import type { PluginTables } from './plugin-tables.ts'
import { parseWith } from './schema.ts'
import type { SharedState } from './shared-state.ts'
import type { Reach } from './stand-ins.ts'
import type { YardOptions } from './yard.ts'

/** The header of a call by which a run that only reads says so, as what it calls must not change anything either. */
const EFFECT = 'effect'

/** Whether a call came from a run that only reads. */
export const isForReading = ({ headers }: Pick<HandlerContext, 'headers'>): boolean => headers[EFFECT] === 'read'

/** The trace that a call belongs to, for what is done because of it. */
export function traceOf({ headers: { traceparent, tracestate } }: Pick<HandlerContext, 'headers'>): Readonly<Record<string, string>> {
  return { traceparent, ...(tracestate !== undefined && { tracestate }) }
}

/** What the contexts of one plugin have in common. */
export interface PluginSurroundings {
  readonly plugin: Plugin
  readonly workspace: string
  readonly dataRoot: string
  /** For what runs with these headers. */
  readonly log: (headers: HandlerContext['headers']) => Log
  /** How long a command may take; undefined for one that is not known here. */
  readonly timeLimitMsOf: (commandId: string) => number | undefined
  readonly state: SharedState
  readonly tables: PluginTables
  readonly clock: Clock
  readonly reach: Reach
  readonly versions: Versions
  /** Told what a run cost that says so. */
  readonly spent: (commandId: string, usd: number) => void
  readonly ask: YardOptions['ask']
}

/** The context of one run: the bus's own, in the words of the plugin kit. */
export class RunContext implements ListenContext {
  readonly topic: string
  readonly #bus: HandlerContext
  readonly #around: PluginSurroundings
  readonly #onlyReads: boolean
  #log: Log | undefined

  constructor(bus: HandlerContext, around: PluginSurroundings, { topic = '', onlyReads = false } = {}) {
    this.#bus = bus
    this.#around = around
    this.#onlyReads = onlyReads
    this.topic = topic
  }

  get plugin(): string {
    return this.#around.plugin.name
  }

  get workspace(): string {
    return this.#around.workspace
  }

  get dataDir(): string {
    const folder = join(this.#around.dataRoot, 'plugins', this.#around.plugin.name)
    mkdirSync(folder, { recursive: true, mode: 0o700 })
    return folder
  }

  get store(): PluginStore {
    return this.#around.tables.of(this.#around.plugin)
  }

  get clock(): Clock {
    return this.#around.clock
  }

  get source(): string {
    return this.#bus.source
  }

  get signal(): AbortSignal {
    return this.#bus.signal
  }

  get headers(): HandlerContext['headers'] {
    return this.#bus.headers
  }

  get idempotencyKey(): string | undefined {
    return this.#bus.idempotencyKey
  }

  get state(): PluginState {
    return this.#around.state.of(this.#around.plugin.name, this.#bus.headers)
  }

  get log(): Log {
    this.#log ??= this.#around.log(this.#bus.headers)
    return this.#log
  }

  remainingMs(): number {
    return this.#bus.remainingMs()
  }

  call<input, output>(command: CommandRef<input, output>, input: input, options?: CallOptions): Promise<output>
  call(command: string, input: unknown, options?: CallOptions): Promise<unknown>
  call(command: string | CommandRef<never, unknown>, input: unknown, { onProgress, ...options }: CallOptions = {}): Promise<unknown> {
    const { versions, plugin } = this.#around
    const id = versions.target(plugin, typeof command === 'string' ? command : command.id)
    const timeLimitMs = this.#around.timeLimitMsOf(id)
    const call = (): Promise<unknown> =>
      this.#bus.call(id, input, {
        ...(timeLimitMs !== undefined && { timeoutMs: timeLimitMs }),
        ...options,
        ...(this.#onlyReads && { headers: { [EFFECT]: 'read' } }),
        ...(onProgress !== undefined && { onProgress: (progress) => onProgress(progress as Progress) }),
      })
    const reached = this.#around.reach(id)
    return reached === undefined ? call() : reached.then(call)
  }

  publish<payload>(topic: Topic<payload>, payload: payload, options?: PublishOptions): Promise<void> {
    const { name, publishes = [] } = this.#around.plugin
    if (!publishes.some((declared) => declared.name === topic.name)) return Promise.reject(undeclaredTopic(topic.name, name))
    try {
      return this.#bus.publish(
        topic.name,
        parseWith(topic.schema, payload, (mistakes) => invalidEvent(topic.name, name, mistakes)),
        options,
      )
    } catch (error) {
      return Promise.reject(error)
    }
  }

  progress(progress: Progress): void {
    this.#bus.progress(progress)
  }

  ask(question: Question): Promise<string> {
    const { ask } = this.#around
    return ask === undefined ? Promise.reject(needsAnswer(question.text)) : ask(question, this.#bus.headers)
  }
}
