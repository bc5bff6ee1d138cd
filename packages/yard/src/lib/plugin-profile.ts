import type { Plugin } from '@switchyard/plugin-kit'
import type { Figures, LifeState } from '@switchyard/registry'
import { classify, type PluginProfile } from '@switchyard/router'

/** How a plugin is, and what its runs have told. */
export interface PluginLifeSigns {
  readonly state: LifeState
  readonly figures: Figures
}

type Kinds = Pick<PluginProfile, 'domains' | 'contexts' | 'patterns'>

/** What one command alone mentions is no subject of its plugin. */
const LEAST_COMMANDS = 2
/** Plugins do not change; asked for each explanation, and some have a hundred commands. */
const known = new WeakMap<Plugin, Kinds>()

/** A plugin as requests are matched against: what it declares and what its commands say of themselves, with what traffic tells of it. */
export function profileOf(plugin: Plugin, life: PluginLifeSigns | undefined): PluginProfile {
  const kinds = known.get(plugin) ?? kindsOf(plugin)
  known.set(plugin, kinds)
  if (life === undefined) return { name: plugin.name, ...kinds }
  const { state, figures } = life
  const status = state === 'down' || state === 'gone' ? 'down' : state === 'degraded' ? 'degraded' : 'up'
  const health = { status, latencyMs: figures.latencyMs ?? 0, errorRate: figures.errorRate } as const
  return { name: plugin.name, ...kinds, health, successRate: figures.success }
}

/** An author's words for what a plugin is about need not be those that requests are classified by. */
function kindsOf({ capabilities = {}, commands }: Plugin): Kinds {
  const { domains = [], contexts = [], patterns = [], integrations = [] } = capabilities
  const said = Object.values(commands).map(({ summary, description = '' }) => classify({ text: `${summary} . ${description}` }))
  const often = (kind: keyof Kinds): readonly string[] => {
    const all = said.flatMap((one) => one[kind])
    return [...new Set(all)].filter((word) => all.filter((other) => other === word).length >= LEAST_COMMANDS)
  }
  return {
    domains: [...new Set([...domains, ...often('domains')])],
    contexts: [...new Set([...contexts, ...integrations, ...often('contexts')])],
    patterns: [...new Set([...patterns, ...often('patterns')])],
  }
}
