/**
 * What one node wrote last for one key, as the document holds it: value, stamp, writer where it is not the owner, and when
 * it expires.
 */
export type RawSlot = readonly [value: unknown, stamp: number, writer?: string | null, expiresMs?: number]

/** A slot in the view. Slots of one key form a chain from the winner down; a chain of several is a conflict nobody has overwritten yet. */
export interface Slot {
  /** `field:key@node`, with `~node` behind it when another node copied it into a later epoch. */
  readonly name: string
  readonly node: string
  readonly stamp: number
  readonly value: unknown
  readonly writer: string | undefined
  readonly expiresMs: number | undefined
  next: Slot | undefined
}

export function rawSlot(value: unknown, stamp: number, writer: string | undefined, expiresMs: number | undefined): RawSlot {
  if (expiresMs !== undefined) return [value, stamp, writer ?? null, expiresMs]
  return writer === undefined ? [value, stamp] : [value, stamp, writer]
}

/** By index and not by destructuring, which would cost an iterator for each of the many that are loaded. */
export function slotOf(name: string, node: string, raw: RawSlot): Slot {
  return { name, node, stamp: raw[1], value: raw[0], writer: raw[2] ?? undefined, expiresMs: raw[3], next: undefined }
}

/** The part of a slot's name that all nodes share: `field:key`. */
export function cellOf(name: string): string {
  return name.slice(0, name.lastIndexOf('@'))
}

export function nodeOf(name: string): string {
  const start = name.lastIndexOf('@') + 1
  const copied = name.indexOf('~', start)
  return copied === -1 ? name.slice(start) : name.slice(start, copied)
}

export function fieldOf(name: string): string {
  return name.slice(0, name.indexOf(':'))
}

export function keyOf(name: string): string {
  return name.slice(name.indexOf(':') + 1, name.lastIndexOf('@'))
}

/** As `versioned` shows it. */
export function versionOf({ stamp, node }: { stamp: number; node: string }): string {
  return `${stamp.toString(36)}-${node}`
}

function isLater(a: Slot, b: Slot): boolean {
  return a.stamp > b.stamp || (a.stamp === b.stamp && a.node > b.node)
}

/** The chain with this slot in its place, instead of one of the same name. */
export function withSlot(head: Slot | undefined, slot: Slot): Slot {
  const rest = withoutSlot(head, slot.name)
  if (rest === undefined || isLater(slot, rest)) {
    slot.next = rest
    return slot
  }
  let before = rest
  while (before.next !== undefined && !isLater(slot, before.next)) before = before.next
  slot.next = before.next
  before.next = slot
  return rest
}

export function withoutSlot(head: Slot | undefined, name: string): Slot | undefined {
  if (head === undefined) return undefined
  if (head.name === name) return head.next
  for (let slot = head; slot.next !== undefined; slot = slot.next) {
    if (slot.next.name !== name) continue
    slot.next = slot.next.next
    break
  }
  return head
}

/** Which of the documents of a namespace keeps a key; every replica must agree. */
export function shardOf(cell: string, shards: number): number {
  let hash = 0x811c9dc5
  for (let index = 0; index < cell.length; index++) hash = Math.imul(hash ^ cell.charCodeAt(index), 0x01000193)
  return (hash ^ (hash >>> 15)) & (shards - 1)
}
