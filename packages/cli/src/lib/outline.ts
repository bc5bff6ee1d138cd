import type { Plugin } from '@switchyard/plugin-kit'

/** What a list of plugins says of one: no schema, nothing to run, so that it can be read from a file. */
export interface PluginOutline {
  readonly name: string
  readonly version: string
  readonly summary: string
  /** Those that are offered to people. */
  readonly commands: readonly CommandOutline[]
}

interface CommandOutline {
  /** With the plugin's name. */
  readonly id: string
  readonly summary: string
  readonly effect: string
  /** The first few: what a person reads, not all that is learned from. */
  readonly examples: readonly string[]
}

const MAX_EXAMPLES = 3

export function outlineOf({ name, version, summary, commands }: Plugin): PluginOutline {
  return {
    name,
    version,
    summary,
    commands: Object.entries(commands).flatMap(([id, { summary: about, effect, examples, internal }]) =>
      internal === true ? [] : [{ id: `${name}.${id}`, summary: about, effect, examples: examples.slice(0, MAX_EXAMPLES) }],
    ),
  }
}

/** Of the plugins that come along. Written by `npm run docs`: importing them all costs more than everything else that lists them. */
export const builtInOutlines = async (): Promise<readonly PluginOutline[]> =>
  (await import('../built-in-outlines.json', { with: { type: 'json' } })).default
