import type { Plugin, Progress } from '@switchyard/plugin-kit'
import type { Yard, YardOptions } from '@switchyard/yard'
import type { LoadedConfig } from '@switchyard/yard/config'
import type { Look } from '../render/look.ts'
import type { ExitCode } from './exit-code.ts'
import type { Host } from './host.ts'
import type { PluginOutline } from './outline.ts'

/** What a command has to say: a document, the same as text, and how the process ends. */
export interface Reply {
  readonly data: unknown
  readonly text: string | ((look: Look) => string)
  /** @default EXIT.done */
  readonly exit?: ExitCode
}

/** One run of the program: the workspace and what is opened of it, each at its first use. */
export interface Session {
  readonly host: Host
  /** Aborted by Ctrl-C. */
  readonly signal: AbortSignal
  /** Whether one JSON document is wanted instead of text. */
  readonly json: boolean
  /** The workspace's root. */
  readonly dir: string
  /** Whether the person named it. */
  readonly dirNamed: boolean
  config(): Promise<LoadedConfig>
  /** The built-in plugins and those that the configuration names. */
  plugins(): Promise<readonly Plugin[]>
  /** What can be said of them without importing those that come along. */
  outlines(): Promise<readonly PluginOutline[]>
  yard(): Promise<Yard>
  /** Opens the workspace in another way than `yard` does; whoever calls closes it. */
  openYard(options: Partial<YardOptions>): Promise<Yard>
  /** Shows how far a command has come, where a person watches. */
  progress(progress: Progress): void
  /** Text for the person beside the answer itself. */
  note(text: string | ((look: Look) => string)): void
  /** Gives the one answer. */
  answer(reply: Reply): void
}
