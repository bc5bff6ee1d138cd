import type { Bus, BusClient } from '@switchyard/bus'
import { type Log, registryChanges } from '@switchyard/plugin-kit'
import type { RegistryNews } from '@switchyard/registry'

/** The identity under which a yard tells of its registry. */
const SPEAKER = 'registry'

/** Tells the plugins of the workspace what changed in its registry; what rejects is to be told again. */
export function createRegistryNews(bus: Bus, log: Log): (news: RegistryNews) => Promise<void> {
  let speaker: BusClient | undefined
  let isSilent = false
  return async ({ type, ...change }) => {
    const { name } = registryChanges[type]
    try {
      speaker ??= bus.connect(SPEAKER)
      await speaker.publish(name, change)
      isSilent = false
    } catch (error) {
      // What is to be told comes by the thousand.
      if (!isSilent) log.warn(`failed telling of ${name}`, { error: String(error) })
      isSilent = true
      throw error
    }
  }
}
