import { type GC, getItem, getState, type ID, Item, type Skip } from 'yjs'
import type { StateDocument } from './document.ts'

/**
 * Tells to which root each item of an update belongs, before the update is merged: only an item without neighbours names its
 * root, all others name a neighbour. Undefined where the neighbour is not here yet, or gone.
 */
export function createRoots(structs: readonly (Item | GC | Skip)[], { doc }: StateDocument): (item: Item) => string | undefined {
  const byClient = new Map<number, Item[]>()
  for (const struct of structs) {
    if (!(struct instanceof Item)) continue
    const items = byClient.get(struct.id.client)
    if (items === undefined) byClient.set(struct.id.client, [struct])
    else items.push(struct)
  }
  const names = new Map<unknown, string>()
  for (const [name, root] of doc.share) names.set(root, name)
  const roots = new Map<Item, string | undefined>()

  function storedRoot(id: ID): string | undefined {
    if (id.clock >= getState(doc.store, id.client)) return undefined
    const struct: unknown = getItem(doc.store, id)
    return struct instanceof Item ? names.get(struct.parent) : undefined
  }

  return (item) => {
    const path: Item[] = []
    let root: string | undefined
    for (let current = item; ; ) {
      if (roots.has(current)) {
        root = roots.get(current)
        break
      }
      path.push(current)
      // Known as unknown for now, so that neighbours that name one another end.
      roots.set(current, undefined)
      const parent: unknown = current.parent
      const neighbour = current.origin ?? current.rightOrigin
      if (typeof parent === 'string') root = parent
      if (neighbour === null || root !== undefined) break
      const next = itemAt(byClient.get(neighbour.client) ?? [], neighbour.clock)
      if (next === undefined) {
        root = storedRoot(neighbour)
        break
      }
      current = next
    }
    for (const one of path) roots.set(one, root)
    return root
  }
}

/** Of items in the order of their clocks, the one that covers a clock. */
function itemAt(items: readonly Item[], clock: number): Item | undefined {
  let low = 0
  let high = items.length - 1
  while (low <= high) {
    const middle = (low + high) >>> 1
    const item = items[middle]!
    if (clock < item.id.clock) high = middle - 1
    else if (clock >= item.id.clock + item.length) low = middle + 1
    else return item
  }
  return undefined
}
