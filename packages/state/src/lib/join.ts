import { cellOf, nodeOf, type RawSlot } from './slot.ts'

/** The slots of one document with the largest stamp seen of each node, which covers everything the node wrote up to it. */
export interface SlotSide {
  readonly slots: ReadonlyMap<string, RawSlot>
  readonly seen: (node: string) => number
}

/** What has to be done to `kept` so that it holds what both sides know. */
export interface JoinPlan {
  readonly add: readonly (readonly [name: string, raw: RawSlot])[]
  readonly remove: readonly string[]
}

/**
 * Joins documents of two epochs, whose yjs updates mean nothing to one another. A slot that one side lacks is new if that
 * side has not seen its stamp, and removed if it has. Copies carry the joining node's name, so that no node ever writes
 * another's slot.
 */
export function planJoin(kept: SlotSide, other: SlotSide, me: string): JoinPlan {
  const latestKept = latestStamps(kept.slots)
  const latestOther = latestStamps(other.slots)
  const add: [string, RawSlot][] = []
  for (const [name, raw] of other.slots) {
    const node = nodeOf(name)
    const cell = cellOf(name)
    const stamp = raw[1]
    if (stamp < latestOther.get(idOf(cell, node))!) continue
    if ((latestKept.get(idOf(cell, node)) ?? -1) >= stamp || stamp <= kept.seen(node)) continue
    add.push([node === me ? `${cell}@${me}` : `${cell}@${node}~${me}`, raw])
  }
  const remove: string[] = []
  const added = new Set(add.map(([name]) => name))
  for (const [name, raw] of kept.slots) {
    const node = nodeOf(name)
    const stamp = raw[1]
    const known = latestOther.get(idOf(cellOf(name), node)) ?? -1
    if (known === stamp || (known < stamp && stamp > other.seen(node)) || added.has(name)) continue
    remove.push(name)
  }
  return { add, remove }
}

/** The slots without copies that a later write of the same node has overtaken, each under its own name. */
export function liveSlots(slots: ReadonlyMap<string, RawSlot>): Map<string, RawSlot> {
  const latest = latestStamps(slots)
  const live = new Map<string, RawSlot>()
  for (const [name, raw] of slots) {
    const id = idOf(cellOf(name), nodeOf(name))
    if (latest.get(id) === raw[1]) live.set(id, raw)
  }
  return live
}

function latestStamps(slots: ReadonlyMap<string, RawSlot>): Map<string, number> {
  const latest = new Map<string, number>()
  for (const [name, raw] of slots) {
    const id = idOf(cellOf(name), nodeOf(name))
    if ((latest.get(id) ?? -1) < raw[1]) latest.set(id, raw[1])
  }
  return latest
}

function idOf(cell: string, node: string): string {
  return `${cell}@${node}`
}
