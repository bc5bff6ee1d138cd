import type { Bus, BusHooks, CallSpan } from '@switchyard/bus'
import type { Clock } from '@switchyard/contracts'
import type { Log, Plugin } from '@switchyard/plugin-kit'
import { createRegistry, type Registry, type RegistryNews } from '@switchyard/registry'
import { classify } from '@switchyard/router'
import type { Store } from '@switchyard/store'
import { createRegistryNews } from './registry-news.ts'

export interface YardRegistryParts {
  readonly store: Store
  readonly clock: Clock
  /** All that can be served here. */
  readonly plugins: readonly Plugin[]
  readonly isCommand: (id: string) => boolean
  /** Those of the plugins that this process serves, now. */
  readonly served: () => readonly string[]
  readonly random: () => number
}

/** The registry of a yard, opened at its first use; what ran before that is not lost to it. */
export interface YardRegistry {
  readonly hooks: BusHooks
  /** What a run of a command cost, by its result. */
  spent(command: string, usd: number): void
  open(): Registry
  /** Why a plugin is down, as far as that is known without opening anything. */
  downOf(plugin: string): string | undefined
  /** Hears of breakers, and tells plugins what changes. */
  attach(bus: Bus, log: Log): void
  /** Resolves when what changed is told, which takes a bus. */
  settled(): Promise<void>
  /** Writes what traffic told. */
  close(): Promise<void>
}

const MAX_WAITING = 1_000

export function createYardRegistry({ store, clock, plugins, isCommand, served, random }: YardRegistryParts): YardRegistry {
  let opened: Registry | undefined
  let waiting: CallSpan[] = []
  let tell = (_news: RegistryNews): Promise<void> => Promise.reject(new Error('there is no bus yet'))
  let breakers: () => readonly (readonly [string, 'closed' | 'open' | 'half-open'])[] = () => []
  const stops: (() => void)[] = []

  function open(): Registry {
    if (opened !== undefined) return opened
    opened = createRegistry({
      store,
      clock,
      plugins,
      served,
      processId: `${process.pid}-${Math.round(clock.now())}-${random().toString(36).slice(2)}`,
      classify: (text) => {
        const { domains, contexts, patterns } = classify({ text })
        return { domains, contexts, patterns }
      },
      tell: (news) => tell(news),
    })
    for (const [name, state] of breakers()) opened.breaker(name, state)
    for (const { subject, durationMs, code } of waiting.splice(0)) opened.ran(subject, { durationMs, code })
    return opened
  }

  return {
    open,
    downOf(plugin) {
      if (opened === undefined)
        return breakers().some(([name, state]) => name === plugin && state === 'open') ? 'its breaker is open' : undefined
      const { state, sign, reason = 'it does not answer' } = opened.health(plugin)
      // Where its process is gone, this one stands in.
      return state === 'down' && sign !== 'process' ? reason : undefined
    },
    spent(command, usd) {
      // Told before the call itself, whose span ends with it.
      if (Number.isFinite(usd) && usd >= 0) open().spent(command, usd)
    },
    hooks: {
      served(span) {
        if (span.kind !== 'call' || !isCommand(span.subject)) return
        if (opened !== undefined) opened.ran(span.subject, span)
        else if (waiting.length < MAX_WAITING) waiting.push(span)
      },
    },
    attach(bus, log) {
      tell = createRegistryNews(bus, log)
      breakers = () => Object.entries(bus.snapshot().breakers)
      stops.push(bus.on('breaker', ({ name, to }) => opened?.breaker(name, to)))
    },
    settled: async () => opened?.settled(),
    async close() {
      for (const stop of stops.splice(0)) stop()
      if (opened !== undefined || waiting.length > 0) await open().close()
      waiting = []
    },
  }
}
