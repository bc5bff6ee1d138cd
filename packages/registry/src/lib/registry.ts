import { createHash } from 'node:crypto'
import { existsSync } from 'node:fs'
import { type Clock, systemClock } from '@switchyard/contracts'
import type { Plugin } from '@switchyard/plugin-kit'
import type { Store } from '@switchyard/store'
import { checkDependencies, type DependencyProblem } from './dependencies.ts'
import type { Capabilities, Entry, Registered } from './entry.ts'
import { unknownSource } from './errors.ts'
import { type Figures, NO_FIGURES, type Run, together } from './figures.ts'
import type { ForeignSource } from './foreign.ts'
import { registeredFromFiles } from './from-files.ts'
import { type Health, healthOf, type LifeState } from './health.ts'
import { registeredOf } from './own.ts'
import { createProcesses, type ServingProcess } from './processes.ts'
import { type SearchFacts, type SearchQuery, type SearchResult, search } from './search/search.ts'
import { createTextIndex, type TextIndex } from './search/text-index.ts'
import { type Mount, openSources, type Source } from './sources.ts'
import { createTold } from './told.ts'
import { createTraffic } from './traffic.ts'

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
}

/** What changed, as it changed; an MCP server that was added is registered, though it runs from the next opening on. */
export type RegistryEvent =
  | { readonly type: 'registered' | 'updated' | 'unregistered'; readonly plugin: string }
  | { readonly type: 'health'; readonly plugin: string; readonly from: LifeState; readonly to: LifeState; readonly reason?: string }

/** All that is registered at one time; never changed, but replaced as a whole. */
export interface Snapshot {
  readonly plugins: ReadonlyMap<string, Registered>
  readonly entries: readonly Entry[]
  readonly problems: readonly DependencyProblem[]
}

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
  /** Looks at all plugins' health and says what changed since the last look. */
  look(): void
  on(listener: (event: RegistryEvent) => void): () => void
  /** Whether no process of the workspace has told of this yet; it counts as told from then on. */
  isNews(event: RegistryEvent): boolean
  /** Writes the figures that are not written yet. */
  close(): Promise<void>
}

const NOTHING: Capabilities = { domains: [], contexts: [], patterns: [] }
/** How long it is believed that a folder is still there. */
const FOLDER_CHECK_MS = 2_000

interface Current extends Snapshot {
  /** Built at the first search. */
  readonly index: () => TextIndex
  readonly mounts: readonly Mount[]
  readonly changes: number
}

/** Opens the registry of a workspace. Nothing of it is read before it is asked for. */
export function createRegistry({
  store,
  clock = systemClock,
  plugins = [],
  served = () => plugins.map(({ name }) => name),
  processId = `${process.pid}-${clock.now()}`,
  classify,
}: RegistryOptions): Registry {
  const sources = openSources(store)
  const traffic = createTraffic(store, clock)
  const listeners = new Set<(event: RegistryEvent) => void>()
  const told = createTold(store)
  const processes = createProcesses(store, clock, processId)
  const breakers = new Map<string, 'closed' | 'half-open' | 'open'>()
  const seen = new Map<string, LifeState>()
  const about = new WeakMap<Entry, Capabilities>()
  let current: Current | undefined
  let isThere = false
  let folders: { readonly atMs: number; readonly missing: ReadonlyMap<string, string> } | undefined

  function emit(event: RegistryEvent): void {
    for (const listener of listeners) {
      try {
        listener(event)
      } catch {
        // A listener's fault is its own.
      }
    }
  }

  /** What is registered now; another process may have changed it. The new index takes the old one's place at once. */
  function now(): Current {
    const changes = sources.changes()
    if (current?.changes === changes) return current
    const before = current
    const next = load(changes)
    current = next
    folders = undefined
    if (before !== undefined) tellChanges(before, next)
    return next
  }

  function load(changes: number): Current {
    const mounts = sources.mounts()
    const mounted = new Set(mounts.map(({ name }) => name))
    const all = new Map(
      plugins.map((plugin) => [plugin.name, registeredOf(plugin, mounted.has(plugin.name) ? { source: plugin.name } : undefined)]),
    )
    for (const { source, plugin } of sources.plugins()) {
      const name = all.has(plugin.name) ? `${plugin.name}@${source}` : plugin.name
      if (!all.has(name)) all.set(name, registeredFromFiles(plugin, source, name))
    }
    const entries = Object.freeze([...all.values()].flatMap((plugin) => (plugin.versionOf === undefined ? plugin.entries : [])))
    let index: TextIndex | undefined
    return Object.freeze({
      plugins: all,
      entries,
      problems: checkDependencies(all).problems,
      mounts,
      changes,
      index() {
        index ??= createTextIndex(entries)
        return index
      },
    })
  }

  function tellChanges(before: Current, after: Current): void {
    const [was, is] = [contentsOf(before), contentsOf(after)]
    for (const [plugin, content] of is) {
      const known = was.get(plugin)
      if (known === undefined) emit({ type: 'registered', plugin })
      else if (known !== content) emit({ type: 'updated', plugin })
    }
    for (const plugin of was.keys()) {
      if (is.has(plugin)) continue
      seen.delete(plugin)
      emit({ type: 'unregistered', plugin })
    }
  }

  /** Folders that are no more, by source. */
  function missingFolders(): ReadonlyMap<string, string> {
    const atMs = clock.monotonicMs()
    if (folders === undefined || atMs - folders.atMs >= FOLDER_CHECK_MS) {
      const gone = sources.list().filter(({ folder }) => folder !== undefined && !existsSync(folder))
      folders = { atMs, missing: new Map(gone.map(({ id, folder }) => [id, `its folder ${folder} is no more`])) }
    }
    return folders.missing
  }

  function figuresIn({ plugins: all }: Snapshot, id: string): Figures {
    const plugin = all.get(id)
    if (plugin === undefined) return traffic.of(id)
    if (plugin.origin === 'files') return NO_FIGURES
    return together(plugin.entries.filter(({ kind }) => kind === 'command').map((entry) => traffic.of(entry.id)))
  }

  function healthIn(snapshot: Snapshot, name: string): Health {
    const plugin = snapshot.plugins.get(name)
    if (plugin === undefined) return { state: 'gone', reason: 'it is not registered' }
    const { runs, errorRate } = figuresIn(snapshot, name)
    return healthOf({
      process: served().includes(name) || plugin.origin === 'files' ? undefined : bestProcess(name),
      breaker: breakers.get(name) ?? 'closed',
      runs,
      errorRate,
      missing: plugin.origin === 'files' ? missingFolders().get(plugin.source!) : undefined,
    })
  }

  /** Of those that serve a plugin which this process does not. */
  function bestProcess(plugin: string): Pick<Health, 'state' | 'reason'> {
    const all = processes.list().filter((process) => process.plugins.includes(plugin))
    const best = ['ready', 'degraded', 'down'].flatMap((state) => all.findLast((process) => process.state === state) ?? [])[0]
    return best ?? { state: 'registered', reason: 'no process serves it yet' }
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
      const byPlugin = new Map<string, Health>()
      const facts: SearchFacts = {
        healthOf({ plugin }) {
          const known = byPlugin.get(plugin) ?? healthIn(snapshot, plugin)
          byPlugin.set(plugin, known)
          return known
        },
        figuresOf: ({ kind, id }) => (kind === 'command' || kind === 'plugin' ? figuresIn(snapshot, id) : NO_FIGURES),
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
    health: (plugin) => healthIn(now(), plugin),
    figures: (id) => figuresIn(now(), id),
    sources: sources.list,
    mounts: sources.mounts,
    addFolder(source, content, replace = false) {
      now()
      sources.putFolder(source, content, replace, clock.now())
      now()
    },
    addMount(mount, replace = false) {
      now()
      sources.putMount(mount, replace, clock.now())
      now()
    },
    remove(id) {
      now()
      const source = sources.get(id)
      sources.remove(id)
      now()
      return source
    },
    processes: processes.list,
    beat() {
      store.transact(() => {
        if (!isThere && processes.list().every(({ state }) => state === 'down')) told.forget()
        processes.beat(served())
      })
      isThere = true
    },
    leave: processes.leave,
    breaker: (plugin, state) => void breakers.set(plugin, state),
    ran: traffic.ran,
    spent: traffic.spent,
    look() {
      const snapshot = now()
      for (const [name, { origin }] of snapshot.plugins) {
        // Nobody has to serve what is read from files.
        const from = seen.get(name) ?? (origin === 'files' ? 'ready' : 'registered')
        const { state: to, reason } = healthIn(snapshot, name)
        seen.set(name, to)
        if (from !== to) emit({ type: 'health', plugin: name, from, to, ...(reason !== undefined && { reason }) })
      }
    },
    on(listener) {
      listeners.add(listener)
      return () => void listeners.delete(listener)
    },
    isNews(event) {
      if (event.type === 'health') return told.isNews(event.plugin, 'health', event.to)
      const { plugins, mounts } = now()
      const written = mounts.find(({ name }) => name === event.plugin) ?? plugins.get(event.plugin) ?? ''
      return told.isNews(event.plugin, 'content', createHash('sha256').update(JSON.stringify(written)).digest('base64url'))
    },
    close: traffic.flush,
  }
}

/** What is written down of each plugin, by name. Those that this process brings along are as they are as long as it runs. */
function contentsOf({ plugins, mounts }: Current): ReadonlyMap<string, string> {
  const foreign = [...plugins.values()].filter(({ origin }) => origin === 'files')
  return new Map([...foreign, ...mounts].map((plugin) => [plugin.name, JSON.stringify(plugin)]))
}
