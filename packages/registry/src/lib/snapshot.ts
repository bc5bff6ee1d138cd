import type { Plugin } from '@switchyard/plugin-kit'
import { checkDependencies, type DependencyProblem } from './dependencies.ts'
import type { Entry, Registered } from './entry.ts'
import { registeredFromFiles } from './from-files.ts'
import type { RegistryNews } from './news.ts'
import { registeredOf } from './own.ts'
import { createTextIndex, type TextIndex } from './search/text-index.ts'
import type { Mount, Sources } from './sources.ts'

/** All that is registered at one time; never changed, but replaced as a whole. */
export interface Snapshot {
  readonly plugins: ReadonlyMap<string, Registered>
  readonly entries: readonly Entry[]
  readonly problems: readonly DependencyProblem[]
}

/** A snapshot with what is made of it, and what it was made of. */
export interface Current extends Snapshot {
  /** Built at the first search. */
  readonly index: () => TextIndex
  readonly mounts: readonly Mount[]
  readonly changes: number
}

export interface ContentChange {
  readonly type: 'registered' | 'updated' | 'unregistered'
  readonly plugin: string
}

/** What is registered in the store now, beside the plugins that this process brings along. */
export function takeSnapshot(sources: Sources, plugins: readonly Plugin[], changes: number): Current {
  const mounts = sources.mounts()
  const mounted = new Set(mounts.map(({ name }) => name))
  const all = new Map(
    plugins.map((plugin) => [plugin.name, registeredOf(plugin, mounted.has(plugin.name) ? { source: plugin.name } : undefined)]),
  )
  for (const { source, plugin } of sources.plugins()) {
    const name = all.has(plugin.name) ? `${plugin.name}@${source.id}` : plugin.name
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

/** What came, changed and went between two snapshots, in the order of names. */
export function changesBetween(before: Current, after: Current): ContentChange[] {
  const [was, is] = [contentsOf(before), contentsOf(after)]
  const here = [...is].flatMap(([plugin, content]): ContentChange[] => {
    const known = was.get(plugin)
    return known === content ? [] : [{ type: known === undefined ? 'registered' : 'updated', plugin }]
  })
  const gone = [...was.keys()].filter((plugin) => !is.has(plugin))
  return [...here, ...gone.map((plugin): ContentChange => ({ type: 'unregistered', plugin }))]
}

/** What is to be told of a change; `after` is what it led to. */
export function newsOf({ type, plugin }: ContentChange, { plugins, mounts }: Current, nowMs: number): RegistryNews {
  const at = new Date(nowMs).toISOString()
  if (type === 'unregistered') return { type, plugin, at }
  const mount = mounts.find(({ name }) => name === plugin)
  const { version, source, origin, offers } =
    mount === undefined
      ? { ...plugins.get(plugin)!, origin: 'files' as const, offers: plugins.get(plugin)!.entries.length - 1 }
      : { version: mount.version, source: plugin, origin: 'mcp' as const, offers: mount.tools.length }
  return { type, plugin, ...(version !== undefined && { version }), origin, source: source ?? plugin, offers, at }
}

/** What is written down of each plugin, by name. Those that this process brings along are as they are as long as it runs. */
function contentsOf({ plugins, mounts }: Current): ReadonlyMap<string, string> {
  const foreign = [...plugins.values()].filter(({ origin }) => origin === 'files')
  return new Map([...foreign, ...mounts].map((plugin) => [plugin.name, JSON.stringify(plugin)]))
}

/** What a plugin is called in all processes of the workspace: `name@source` depends on what else there is here. */
export function keyOf({ name, origin, source }: Pick<Registered, 'name' | 'origin' | 'source'>): string {
  return origin === 'files' ? `${source}/${name.split('@', 1)[0]}` : name
}

/** Of those that were added from others. */
export function keysOf({ plugins, mounts }: Current): string[] {
  const foreign = [...plugins.values()].filter(({ origin }) => origin === 'files')
  return [...foreign.map(keyOf), ...mounts.map(({ name }) => name)]
}
