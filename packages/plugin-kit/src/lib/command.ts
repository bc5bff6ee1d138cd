import type { z } from 'zod'
import type { Context } from './context.ts'

/** What a command would do, said before it does it. */
export interface Plan {
  /** One sentence for the person who approves. */
  readonly summary: string
  readonly steps: readonly PlanStep[]
  /** What may go wrong or cannot be undone. */
  readonly warnings?: readonly string[]
}

export interface PlanStep {
  readonly does: 'create' | 'change' | 'remove' | 'run' | 'send'
  /** The file, service, program or host it is done to. */
  readonly target: string
  /** More to look at, such as a diff. */
  readonly detail?: string
}

/** The call that takes a result back. */
export interface Undo {
  readonly command: string
  readonly input: unknown
}

interface CommandBase<Input extends z.ZodType, Output extends z.ZodType> {
  /** One sentence; help texts, tool descriptions and the router use it. */
  summary: string
  description?: string
  /** Requests in plain words that mean this command; the router learns from them. */
  examples: readonly string[]
  input: Input
  output: Output
  run(input: z.output<Input>, ctx: Context): z.input<Output> | Promise<z.input<Output>>
  /** How to take a result back; undefined where there was nothing to undo. */
  undo?(result: z.output<Output>, input: z.output<Input>): Undo | undefined
  /**
   * Whether a second run with the same input changes nothing more. `'key'`: with the same `ctx.idempotencyKey`, also when the
   * first run was killed half-way; the chains then repeat it after a crash and ask nobody. @default true for `read`, else false
   */
  idempotent?: boolean | 'key'
  /** What one run costs at most, in US dollars, where somebody is billed for it. @default 0 */
  costUsd?: number
  /** What a run did cost, read off its result, so that estimates get better than `costUsd`; undefined where it does not say. */
  spentUsd?(result: z.output<Output>, input: z.output<Input>): number | undefined
  /** @default 30000 */
  timeoutMs?: number
  guard?: Readonly<Record<string, unknown>>
  /** Seldom wanted: MCP clients find it under the plugin's one tool for such commands, so that the list they read stays short. @default false */
  rare?: boolean
  /** Made for other commands and for chains to call: no person, client or request in plain words is offered it. @default false */
  internal?: boolean
}

/** What MCP clients read under a URI, or under each URI of a form. */
export interface Resource {
  /**
   * Begins with the plugin's name, such as `ops://issues`; with variables where each record has one: `ops://issues/{id}`. A variable
   * is a field of the command's input, and whatever field the URI does not name must be one that the input does without.
   */
  readonly uri: string
}

interface ReadCommand<Input extends z.ZodType, Output extends z.ZodType> extends CommandBase<Input, Output> {
  effect: 'read'
  plan?: never
  /** Its result can be read as a resource too. */
  resource?: Resource
}

interface ChangingCommand<Input extends z.ZodType, Output extends z.ZodType> extends CommandBase<Input, Output> {
  effect: 'write' | 'destroy'
  resource?: never
  /** Says what `run` would do with this input, and does none of it. */
  plan(input: z.output<Input>, ctx: Context): Plan | Promise<Plan>
}

/** A command as its author writes it. */
export type Command<Input extends z.ZodType = z.ZodType, Output extends z.ZodType = z.ZodType> =
  | ReadCommand<Input, Output>
  | ChangingCommand<Input, Output>

/** Describes a command; its input and output types come from its schemas. */
export function command<Input extends z.ZodType, Output extends z.ZodType>(definition: Command<Input, Output>): Command<Input, Output> {
  return definition
}
