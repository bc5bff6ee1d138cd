import type { Bus, BusClient } from '@switchyard/bus'
import type { Clock } from '@switchyard/contracts'
import type { Log } from '@switchyard/plugin-kit'
import { HEARTBEAT_MS, type Registry, type RegistryEvent } from '@switchyard/registry'

/** The identity under which a yard hears of others' plugins. */
const LISTENER = 'registry'
/** How long a process that was killed is still there for whoever asks for its number: until its parent has heard of it. */
const SOON_MS = 250

/** What a process says of a plugin that it serves, on `plugin/NAME/status`: every ten seconds, and when it ends. */
interface PluginStatus {
  readonly status: 'ready' | 'stopped'
  readonly version: string
  readonly process: number
  readonly at: string
}

export interface HeartbeatsOptions {
  readonly bus: Bus
  readonly clock: Clock
  readonly random: () => number
  /** The plugins that are served here, now. */
  readonly served: ReadonlyMap<string, BusClient>
  readonly versionOf: (plugin: string) => string
  readonly registry: () => Registry
  readonly log: Log
}

/** Says of a process that stays that it is there, and sees who else is. */
export interface Heartbeats {
  start(): void
  /** Says that it ends, to whoever hears it before the bus is closed. */
  stop(): void
}

export function createHeartbeats({ bus, clock, random, served, versionOf, registry, log }: HeartbeatsOptions): Heartbeats {
  // Of no trace that is kept: what beats for days is nothing that anybody did.
  const headers = { traceparent: `00-${hexOf(random, 32)}-${hexOf(random, 16)}-00` }
  const heard = new Set<string>()
  const stops: (() => void)[] = []
  let cancel: (() => void) | undefined

  function start(): void {
    stops.push(registry().on((event) => tell(event, log)))
    const listener = bus.connect(LISTENER)
    listener.subscribe('plugin/*/status', (payload, { topic, source }) => hear(source, topic, payload as Partial<PluginStatus>))
    stops.push(bus.on('link-lost', () => void clock.after(SOON_MS, look)))
    beat()
  }

  function beat(): void {
    cancel = clock.after(HEARTBEAT_MS, beat)
    attempt('saying that this process is there', () => registry().beat())
    say('ready')
    look()
  }

  function say(status: PluginStatus['status']): void {
    for (const [plugin, client] of served) {
      const payload = { status, version: versionOf(plugin), process: process.pid, at: new Date(clock.now()).toISOString() }
      client.publish(`plugin/${plugin}/status`, payload satisfies PluginStatus, { headers }).catch(() => {})
    }
  }

  /** Only what is new is worth a look; that somebody fell silent is seen at the next beat of one's own. */
  function hear(source: string, topic: string, { status, process }: Partial<PluginStatus>): void {
    if (topic !== `plugin/${source}/status`) return
    const from = `${source} ${process}`
    const isNews = status === 'stopped' ? heard.delete(from) : !heard.has(from)
    if (status !== 'stopped') heard.add(from)
    if (isNews) look()
  }

  function look(): void {
    attempt('looking how the plugins are', () => registry().look())
  }

  /** A file that is busy or gone is said, and tried again with the next beat. */
  function attempt(doing: string, work: () => void): void {
    try {
      work()
    } catch (error) {
      log.warn(`failed ${doing}`, { error: String(error) })
    }
  }

  return {
    start,
    stop() {
      for (const stop of stops.splice(0)) stop()
      if (cancel === undefined) return
      cancel()
      attempt('saying that this process ends', () => registry().leave())
      say('stopped')
    },
  }
}

function tell(event: RegistryEvent, log: Log): void {
  if (event.type !== 'health') log.info(`${event.plugin}: ${event.type}`)
  else if (event.to === 'down' || event.to === 'degraded') log.warn(`${event.plugin} is ${event.to}: ${event.reason}`)
  else log[event.from === 'registered' ? 'debug' : 'info'](`${event.plugin} is ${event.to}, and was ${event.from}`)
}

const hexOf = (random: () => number, digits: number): string =>
  Array.from({ length: digits }, () => Math.floor(1 + random() * 15).toString(16)).join('')
