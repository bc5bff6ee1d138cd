import { assertManifest } from '@switchyard/contracts/manifest'
import type { z } from 'zod'
import type { Command } from './command.ts'
import type { StateDefinition } from './state.ts'
import type { Listener, Topic } from './topic.ts'

export type Commands = Readonly<Record<string, Command>>

/** A plugin as its author writes it. */
export interface PluginDefinition<commands extends Commands = Commands> {
  name: string
  version: string
  /** One sentence. */
  summary: string
  /** What it knows about, for routing. */
  capabilities?: {
    domains?: readonly string[]
    contexts?: readonly string[]
    patterns?: readonly string[]
    integrations?: readonly string[]
  }
  /** What it may reach: file globs, hosts, programs, other plugins. Calls to a plugin that is not named here are refused. */
  touches?: { files?: readonly string[]; hosts?: readonly string[]; programs?: readonly string[]; plugins?: readonly string[] }
  /**
   * Plugins that it cannot do without, by name, with the versions that it understands, such as `{ ops: '^0.3.0' }`. A workspace where one is
   * missing does not open. Calling them is `touches.plugins`; where several versions of one are there, its calls go to the highest that fits.
   */
  dependencies?: Readonly<Record<string, string>>
  publishes?: readonly Topic[]
  listens?: readonly Listener[]
  /** Namespaces of its own that others may see, and the names of those that it reads of others. */
  state?: { exports?: readonly StateDefinition[]; imports?: readonly string[] }
  /**
   * SQL of its own tables, named "plugin_noun": a list that only ever grows, as each text is one step of a migration.
   * A step that was released is never edited.
   */
  tables?: readonly string[]
  /** Breaker, retry, bulkhead and fallback for all its commands; a command's own settings win. */
  guard?: Readonly<Record<string, unknown>>
  agents?: readonly Agent[]
  /** Usual workflows, offered to people in MCP clients. */
  prompts?: readonly Prompt[]
  /** Requests with what they mean, to measure routing by: worded without a look at any command's examples, and never learned from. */
  requests?: () => Promise<readonly LabelledRequest[]>
  /** By name without the plugin's: `health.scan` of `ops` is called `ops.health.scan`. */
  commands: commands
}

/** A prompt that a Claude Code client can run as a sub-agent. */
export interface Agent {
  readonly name: string
  readonly summary: string
  readonly prompt: string
}

/** A request that a person picks by its name in an MCP client, such as `/ops:triage`. */
export interface Prompt {
  /** Lower-case words joined by "-". */
  readonly name: string
  /** One sentence. */
  readonly summary: string
  readonly args?: readonly PromptArgument[]
  /** What is asked for, in plain words; `{project}` stands for the argument `project`. */
  readonly text: string
}

export interface PromptArgument {
  readonly name: string
  readonly summary: string
  /** What stands for it where none is given; one without a default has to be given. */
  readonly default?: string
  /** What a client offers while it is typed. */
  readonly choices?: readonly string[]
  /** Offers the ids of records: the form of a resource of this plugin, such as `ops://issues/{id}`. */
  readonly of?: string
}

/** A request in plain words and what it should come to; `parts` where it asks for several things, some of them on a condition. */
export interface LabelledRequest {
  readonly text: string
  /** By its full id; null where no command does that. */
  readonly command?: string | null
  /** What the text itself says, in the words of the command's schema, and nothing more. */
  readonly args?: Readonly<Record<string, unknown>>
  readonly parts?: readonly { readonly command: string; readonly conditional?: boolean }[]
}

/** A definition that has been checked. */
export type Plugin<commands extends Commands = Commands> = Readonly<PluginDefinition<commands>>

/**
 * Checks a plugin's definition and returns it.
 * @throws MANIFEST_INVALID that names every mistake at once, each with its path.
 */
export function definePlugin<const commands extends Commands>(definition: PluginDefinition<commands>): Plugin<commands> {
  assertManifest(definition)
  return Object.freeze({ ...definition, commands: Object.freeze({ ...definition.commands }) })
}

/** A command's full id together with the types of what goes in and comes out. */
export interface CommandRef<input, output> {
  readonly id: string
  /** Carries types only; nothing is ever stored here. */
  readonly types?: (input: input) => output
}

type CommandsOf<plugin> = plugin extends Plugin<infer commands> ? commands : never
type InputOf<command> = command extends Command<infer input, z.ZodType> ? z.input<input> : never
type OutputOf<command> = command extends Command<z.ZodType, infer output> ? z.output<output> : never

/**
 * Another plugin's commands by type alone, so that nothing of it is imported at run time:
 * `import type ops from '@switchyard/ops-plugin'; const scan = commandOf<typeof ops>('ops')('health.scan')`.
 */
export function commandOf<plugin>(
  pluginName: string,
): <name extends keyof CommandsOf<plugin> & string>(
  name: name,
) => CommandRef<InputOf<CommandsOf<plugin>[name]>, OutputOf<CommandsOf<plugin>[name]>> {
  return (name) => ({ id: `${pluginName}.${name}` })
}
