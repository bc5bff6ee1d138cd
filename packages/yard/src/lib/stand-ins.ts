import type { BusClient } from '@switchyard/bus'
import { isSwitchyardError } from '@switchyard/contracts'
import type { Plugin } from '@switchyard/plugin-kit'

/** Sees to it that somebody serves a method before it is called; undefined where that is settled. */
export type Reach = (method: string) => Promise<void> | undefined

export interface StandInParts {
  readonly plugins: readonly Plugin[]
  /** Asks who serves what. */
  readonly client: BusClient
  host(plugin: Plugin): void
}

/**
 * Plugins that other processes are to serve. At the first call that finds none who does, this process stands in with the commands;
 * what the plugin listens to stays with the processes that serve it.
 */
export function createStandIns({ plugins, client, host }: StandInParts): Reach {
  const waiting = new Map(plugins.map((plugin) => [plugin.name, plugin]))
  return (method) => {
    const plugin = waiting.get(method.slice(0, method.indexOf('.')))
    return plugin === undefined ? undefined : standIn(plugin)
  }

  /** One that dies as it is asked is asked no more; another may be there. */
  async function whoServes(name: string): ReturnType<BusClient['describe']> {
    try {
      return await client.describe(name)
    } catch (error) {
      if (isSwitchyardError(error, 'LINK_LOST')) return client.describe(name)
      throw error
    }
  }

  async function standIn(plugin: Plugin): Promise<void> {
    const elsewhere = await whoServes(plugin.name)
    if (elsewhere.length > 0 || !waiting.delete(plugin.name)) return
    host({ ...plugin, listens: [] })
  }
}
