import type { Bus, BusClient } from '@switchyard/bus'
import type { Clock } from '@switchyard/contracts'
import { type Log, type PayloadOf, registryChanges, type Topic } from '@switchyard/plugin-kit'
import type { Registry, RegistryEvent } from '@switchyard/registry'

/** The identity under which a yard tells of its registry. */
const SPEAKER = 'registry'

export interface RegistryNewsParts {
  readonly bus: Bus
  readonly clock: Clock
  /** Whether this process stays, and so meets the others. */
  readonly stays: boolean
  readonly log: Log
}

/**
 * Tells the plugins what changes in the registry: of all processes that see a change, the first. One that ends at once leaves it to those that
 * stay, whom everybody hears, and tells it itself where none does.
 */
export function createRegistryNews({ bus, clock, stays, log }: RegistryNewsParts): (registry: Registry, event: RegistryEvent) => void {
  let speaker: BusClient | undefined

  function say<topic extends Topic>({ name }: topic, payload: PayloadOf<topic>): void {
    speaker ??= bus.connect(SPEAKER)
    speaker.publish(name, payload).catch((error: unknown) => log.warn(`failed telling of ${name}`, { error: String(error) }))
  }

  return (registry, event) => {
    if (!stays && registry.processes().some(({ state }) => state !== 'down')) return
    if (!registry.isNews(event)) return
    const { type, plugin } = event
    const at = new Date(clock.now()).toISOString()
    if (type === 'health') {
      const { from, to, reason } = event
      say(registryChanges.health, { plugin, from, to, ...(reason !== undefined && { reason }), at })
    } else if (type === 'unregistered') say(registryChanges.unregistered, { plugin, at })
    else say(registryChanges[type], { ...whatIsThere(registry, plugin), at })
  }
}

function whatIsThere(registry: Registry, name: string): Omit<PayloadOf<typeof registryChanges.registered>, 'at'> {
  const mount = registry.mounts().find((one) => one.name === name)
  const { version, origin, source, offers } =
    mount === undefined
      ? { ...registry.plugin(name), origin: 'files' as const, offers: registry.plugin(name).entries.length - 1 }
      : { version: mount.version, origin: 'mcp' as const, source: name, offers: mount.tools.length }
  return { plugin: name, ...(version !== undefined && { version }), origin, source: source ?? name, offers }
}
