import { parseMount } from './mounts.ts'
import type { Entry, ListTree, MapTree, Tree } from './yaml-tree.ts'

/** How the parts of a service from two files become one: what is not named here is taken whole from the later file, or merged as a map. */
const BY_NAME: ReadonlySet<string> = new Set([
  'environment',
  'labels',
  'annotations',
  'sysctls',
  'extra_hosts',
  'args',
  'networks',
  'depends_on',
])
const WHOLE: ReadonlySet<string> = new Set(['command', 'entrypoint', 'test'])

/** A map with another laid over it, as Compose merges its files; positions stay those of the file that a value came from. */
export function mergeTrees(base: Tree | undefined, over: Tree | undefined, key = ''): Tree | undefined {
  if (over?.tag === 'reset') return undefined
  if (base === undefined || over === undefined || over.tag === 'override') return over ?? base
  if (over.kind === 'scalar' && over.value === null) return base
  if (BY_NAME.has(key)) {
    const [a, b] = [asMap(base), asMap(over)]
    if (a !== undefined && b !== undefined) return mergeMaps(a, b)
  }
  if (base.kind === 'map' && over.kind === 'map') return mergeMaps(base, over)
  if (base.kind === 'list' && over.kind === 'list' && !WHOLE.has(key)) return mergeLists(base, over, key)
  return over
}

function mergeMaps(base: MapTree, over: MapTree): MapTree {
  const entries = new Map<string, Entry>(base.entries)
  for (const [name, entry] of over.entries) {
    const before = base.entries.get(name)
    const value = mergeTrees(before?.value, entry.value, name)
    if (value === undefined) entries.delete(name)
    else entries.set(name, { ...(before ?? entry), value })
  }
  return { kind: 'map', entries, spot: base.spot }
}

/** `NAME=value` and `NAME` items as the map that they stand for. */
export function asMap(tree: Tree): MapTree | undefined {
  if (tree.kind === 'map') return tree
  if (tree.kind === 'scalar') return undefined
  const entries = new Map<string, Entry>()
  for (const item of tree.items) {
    if (item.kind !== 'scalar') continue
    const split = item.text.search(/[=:]/)
    const key = split === -1 ? item.text : item.text.slice(0, split)
    const value =
      split === -1 ? { ...item, value: null, text: '' } : { ...item, value: item.text.slice(split + 1), text: item.text.slice(split + 1) }
    entries.set(key, { key, keySpot: item.spot, value })
  }
  return { kind: 'map', entries, spot: tree.spot }
}

function mergeLists(base: ListTree, over: ListTree, key: string): ListTree {
  const idOf = key === 'volumes' ? mountId : textId
  const ids = new Set(over.items.map(idOf))
  return { kind: 'list', items: [...base.items.filter((item) => !ids.has(idOf(item))), ...over.items], spot: base.spot }
}

const textId = (tree: Tree): string | Tree => (tree.kind === 'scalar' ? tree.text : tree)
const mountId = (tree: Tree): string | Tree => parseMount(tree)?.target ?? tree
