import { type Clock, systemClock } from '@switchyard/contracts'
import type { Plugin } from '@switchyard/plugin-kit'
import type { Store } from '@switchyard/store'
import type { Capabilities, Entry, Registered } from './entry.ts'
import { unknownSource } from './errors.ts'
import { type Figures, NO_FIGURES, type Run } from './figures.ts'
import type { ForeignSource } from './foreign.ts'
import type { Health, LifeState } from './health.ts'
import { createNews, type Sighting, type Teller } from './news.ts'
import { createProcesses, type ServingProcess } from './processes.ts'
import { type SearchFacts, type SearchQuery, type SearchResult, search } from './search/search.ts'
import { type ContentChange, type Current, changesBetween, keyOf, keysOf, newsOf, type Snapshot, takeSnapshot } from './snapshot.ts'
import { type Mount, openSources, type Source } from './sources.ts'
import { createTraffic } from './traffic.ts'
import { createViews, figuresIn, healthIn } from './views.ts'

export interface RegistryOptions {
  store: Store
  /** @default systemClock */
  clock?: Clock
  /** Those that run on the bus: ours, and MCP servers that were mounted. @default none */
  plugins?: readonly Plugin[]
  /** Those of them that this process serves itself, asked anew each time. @default all */
  served?: () => readonly string[]
  /** Of this process, and of no other that ever was. @default made of its number and the time */
  processId?: string
  /** What a text is about; asked only for what a search has found already. @default nothing */
  classify?: (text: string) => Capabilities
  /** Tells the plugins of the workspace what changed, whichever of its processes saw it; what rejects is told again. @default nobody is told */
  tell?: Teller
}

/** What this process saw change, as it saw it; an MCP server that was added is registered, though it runs from the next opening on. */
export type RegistryEvent =
  | ContentChange
  | { readonly type: 'health'; readonly plugin: string; readonly from: LifeState; readonly to: LifeState; readonly reason?: string }

/** Which plugins, commands, agents and skills there are, how they are, and search over all of them. */
export interface Registry {
  snapshot(): Snapshot
  search(query: SearchQuery): readonly SearchResult[]
  /** @throws REGISTRY_UNKNOWN */
  plugin(name: string): Registered
  health(plugin: string): Health
  /** Of a plugin, or of one of its commands. */
  figures(id: string): Figures
  sources(): readonly Source[]
  /** @throws REGISTRY_UNKNOWN */
  source(id: string): Source
  mounts(): readonly Mount[]
  /** Keeps what was read of a folder, in place of what was kept under its id when `replace` is set. @throws REGISTRY_TAKEN */
  addFolder(
    source: { id: string; kind: 'folder' | 'git'; location: string; folder: string },
    content: ForeignSource,
    replace?: boolean,
  ): void
  /** Keeps how an MCP server is started and what it offers; it is mounted when the workspace is opened next. @throws REGISTRY_TAKEN */
  addMount(mount: Mount, replace?: boolean): void
  /** @throws REGISTRY_UNKNOWN */
  remove(source: string): Source
  /** The processes that stay and serve plugins for others. */
  processes(): readonly ServingProcess[]
  /** This process stays, is there, and serves what it serves: to be said every `HEARTBEAT_MS`. */
  beat(): void
  /** This process ends, and serves nothing any more. */
  leave(): void
  breaker(plugin: string, state: 'closed' | 'half-open' | 'open'): void
  ran(command: string, run: Run): void
  /** What a run of a command cost, where its result says so. */
  spent(command: string, usd: number): void
  /** Looks how all plugins are, by what every living process of the workspace sees, and says and tells what changed since the last look. */
  look(): void
  on(listener: (event: RegistryEvent) => void): () => void
  /** Resolves when nothing is being told; to be waited for while there is still a bus to tell it on. */
  settled(): Promise<void>
  /** The same, and writes the figures that are not written yet. */
  close(): Promise<void>
}

const NOTHING: Capabilities = { domains: [], contexts: [], patterns: [] }
/** Opens the registry of a workspace. Nothing of it is read before it is asked for. */
export function createRegistry({
  store,
  clock = systemClock,
  plugins = [],
  served = () => plugins.map(({ name }) => name),
  processId = `${process.pid}-${clock.now()}`,
  classify,
  tell = async () => {},
}: RegistryOptions): Registry {
  const sources = openSources(store)
  const traffic = createTraffic(store, clock)
  const listeners = new Set<(event: RegistryEvent) => void>()
  const news = createNews(store, clock, processId, tell)
  const processes = createProcesses(store, clock, processId)
  const breakers = new Map<string, 'half-open' | 'open'>()
  const views = createViews({ sources, traffic, processes, breakers, served, clock })
  const seen = new Map<string, LifeState>()
  const about = new WeakMap<Entry, Capabilities>()
  let current: Current | undefined
  let isThere = false

  function emit(event: RegistryEvent): void {
    for (const listener of listeners) {
      try {
        listener(event)
      } catch {
        // A listener's fault is its own.
      }
    }
  }

  /** What is registered now; another process may have changed it. */
  function now(): Current {
    const changes = sources.changes()
    return current?.changes === changes ? current : swap(takeSnapshot(sources, plugins, changes))
  }

  /** The new index takes the old one's place at once. */
  function swap(next: Current): Current {
    const before = current
    current = next
    views.recheck()
    if (before === undefined) return next
    for (const change of changesBetween(before, next)) {
      if (change.type === 'unregistered') seen.delete(change.plugin)
      emit(change)
    }
    tellSoon()
    return next
  }

  /** Changes what is registered, and keeps to be told what that changes: both or neither. */
  function change(work: () => void): void {
    now()
    const next = store.transact(
      () => {
        const before = now()
        work()
        const after = takeSnapshot(sources, plugins, sources.changes())
        for (const one of changesBetween(before, after)) news.add(newsOf(one, after, clock.now()))
        forgetGone(before, after)
        return after
      },
      { durable: true },
    )
    swap(next)
  }

  /** What comes by a name that was given up is somebody else, with a history of its own. */
  function forgetGone(before: Current, after: Current): void {
    const kept = new Set(keysOf(after))
    for (const key of keysOf(before)) {
      if (kept.has(key)) continue
      news.forget(key)
      traffic.forget(key)
      breakers.delete(key)
    }
  }

  /** Those that stay tell, as everybody hears them; one that ends at once does where none is there. */
  function tellSoon(): void {
    if (isThere || processes.list().every(({ state }) => state === 'down')) news.tell()
  }

  /** Says that this process is there, with what it serves and sees. */
  function beat(): void {
    processes.beat(served(), Object.fromEntries(breakers))
    isThere = true
  }

  function sightings(): Sighting[] {
    const snapshot = now()
    const view = views.shared(isThere)
    return [...snapshot.plugins.values()].map((plugin) => ({
      key: keyOf(plugin),
      plugin: plugin.name,
      // Nobody has to serve what is read from files.
      from: plugin.origin === 'files' ? 'ready' : 'registered',
      health: healthIn(snapshot, plugin.name, view),
    }))
  }

  function sourceOf(id: string): Source {
    const all = sources.list()
    const found = all.find((source) => source.id === id)
    if (found !== undefined) return found
    throw unknownSource(
      id,
      all.map((source) => source.id),
      now().plugins.get(id)?.source,
    )
  }

  function capabilitiesIn(snapshot: Snapshot, entry: Entry): Capabilities {
    const declared = snapshot.plugins.get(entry.plugin)?.capabilities ?? NOTHING
    if (declared.domains.length > 0 || classify === undefined) return declared
    let found = about.get(entry)
    if (found === undefined) {
      found = classify([entry.name.replaceAll('-', ' '), entry.summary, ...entry.keywords].join(' . '))
      about.set(entry, found)
    }
    return found
  }

  return {
    snapshot: now,
    search(query) {
      // Read once: a search looks at every plugin.
      const snapshot = now()
      const view = views.own()
      const byPlugin = new Map<string, Health>()
      const facts: SearchFacts = {
        healthOf({ plugin }) {
          const known = byPlugin.get(plugin) ?? healthIn(snapshot, plugin, view)
          byPlugin.set(plugin, known)
          return known
        },
        figuresOf: ({ kind, id }) => (kind === 'command' || kind === 'plugin' ? figuresIn(snapshot, id, view.figures) : NO_FIGURES),
        capabilitiesOf: (entry) => capabilitiesIn(snapshot, entry),
      }
      return search(snapshot.index(), snapshot.entries, facts, query)
    },
    plugin(name) {
      const { plugins: all } = now()
      const found = all.get(name)
      if (found === undefined) throw unknownSource(name, [...all.keys()])
      return found
    },
    health: (plugin) => healthIn(now(), plugin, views.own()),
    figures: (id) => figuresIn(now(), id, traffic.of),
    sources: sources.list,
    mounts: sources.mounts,
    addFolder: (source, content, replace = false) => change(() => sources.putFolder(source, content, replace, clock.now())),
    addMount: (mount, replace = false) => change(() => sources.putMount(mount, replace, clock.now())),
    source: sourceOf,
    remove(id) {
      const source = sourceOf(id)
      change(() => sources.remove(id))
      return source
    },
    processes: processes.list,
    beat() {
      store.transact(() => {
        if (!isThere && processes.list().every(({ state }) => state === 'down')) news.forgetHealth()
        beat()
      })
    },
    leave() {
      isThere = false
      processes.leave()
    },
    breaker(plugin, state) {
      if (state === 'closed') breakers.delete(plugin)
      else breakers.set(plugin, state)
    },
    ran: traffic.ran,
    spent: traffic.spent,
    look() {
      if (isThere) beat()
      const now = sightings()
      for (const { plugin, from: first, health } of now) {
        const { state: to, reason } = health
        const from = seen.get(plugin) ?? first
        seen.set(plugin, to)
        if (from !== to) emit({ type: 'health', plugin, from, to, ...(reason !== undefined && { reason }) })
      }
      news.note(now, sightings)
      tellSoon()
    },
    on(listener) {
      listeners.add(listener)
      return () => void listeners.delete(listener)
    },
    settled: news.settled,
    async close() {
      await news.settled()
      await traffic.flush()
    },
  }
}
