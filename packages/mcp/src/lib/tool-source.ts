import type { Command, Prompt } from '@switchyard/plugin-kit'
import type { Asked, Asking, ChainTalk, PlannedRun, RunOptions } from '@switchyard/yard'

/** What of a command's definition a client is told. */
export type ToolCommand = Pick<
  Command,
  'summary' | 'description' | 'input' | 'output' | 'effect' | 'idempotent' | 'timeoutMs' | 'resource' | 'rare' | 'internal'
> & { readonly undo?: unknown }

/** The one source whose tools reach the plans and chains of all. */
export const DIRECTOR = 'director'

/** A group of commands that is served under one name; a plugin is one. */
export interface ToolSource {
  readonly name: string
  readonly version: string
  readonly summary: string
  readonly touches?: { readonly hosts?: readonly string[]; readonly plugins?: readonly string[] }
  readonly prompts?: readonly Prompt[]
  /** By name without the source's. */
  readonly commands: Readonly<Record<string, ToolCommand>>
}

/** What can be done with a source's commands, by full id; a yard is one. */
export interface Actions {
  /** Begins a trace, or goes on with the caller's; what is done with its headers is part of it. Absent where nobody keeps any. */
  begin?(asked: Asked): Asking
  call(commandId: string, input: unknown, options?: RunOptions): Promise<unknown>
  plan(commandId: string, input: unknown, options?: RunOptions): Promise<PlannedRun>
  approve(planId: string, options?: RunOptions): Promise<unknown>
  discard(planId: string): void
  undo(planId: string, options?: RunOptions): Promise<unknown>
  plans(): readonly PlannedRun[]
  /** Chains that ask, and their answers. Absent where there are no chains. */
  readonly talk?: Pick<ChainTalk, 'question' | 'answer'>
}
