import { type Clock, systemClock } from '@switchyard/contracts'
import type { Store } from '@switchyard/store'
import { type Figures, together } from './figures.ts'
import { type Health, healthOf, type Signs } from './health.ts'
import { createProcesses, type ServingProcess } from './processes.ts'
import { openSources } from './sources.ts'
import { createTraffic } from './traffic.ts'

/** How a plugin is and what came of its runs. */
export interface PluginLife {
  readonly health: Health
  readonly figures: Figures
  /** Those that serve it for others, and those that ended without a word in the last hour. */
  readonly processes: readonly ServingProcess[]
}

/** What is to be known of a plugin for that; nothing of it is loaded. */
export interface PluginNames {
  readonly name: string
  /** With the plugin's name. */
  readonly commands: readonly string[]
}

/** Tells how plugins are without loading them, for a list that has to be there at once. They can be run here, so heartbeats do not count. */
export function livesOf(
  store: Store,
  plugins: readonly PluginNames[],
  breakerOf: (plugin: string) => Signs['breaker'],
  clock: Clock = systemClock,
): ReadonlyMap<string, PluginLife> {
  openSources(store)
  const traffic = createTraffic(store, clock)
  const processes = createProcesses(store, clock, '').list()
  return new Map(
    plugins.map(({ name, commands }) => {
      const figures = together(commands.map(traffic.of))
      const { runs, errorRate } = figures
      const health = healthOf({ process: undefined, breaker: breakerOf(name), runs, errorRate, missing: undefined })
      return [name, { health, figures, processes: processes.filter((process) => process.plugins.includes(name)) }]
    }),
  )
}
