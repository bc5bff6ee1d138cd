import type { StateField } from '@switchyard/plugin-kit'
import { freezeDeep } from './plain-json.ts'
import { nodeOf, type RawSlot, type Slot, slotOf, withoutSlot, withSlot } from './slot.ts'

/** What can be read of one field, kept up to date beside the documents so that a read is one look-up. */
export class FieldView {
  readonly name: string
  readonly field: StateField
  /** Brings documents that were only loaded so far into the view: the one of a key, or all of them; undefined once all are. */
  show: ((key?: string) => void) | undefined
  readonly #cells = new Map<string, Slot>()
  /** Of a counter: what each node added and took away, by slot name. */
  readonly #steps = new Map<string, RawSlot>()
  #total = 0
  /** No value's time is over before this. */
  nextExpiryMs = Infinity

  constructor(name: string, field: StateField) {
    this.name = name
    this.field = field
  }

  get isCounter(): boolean {
    return this.field.kind === 'counter' || this.field.kind === 'up-down-counter'
  }

  /** Whether yjs keeps it, and not this view. */
  get isSequence(): boolean {
    return this.field.kind === 'list' || this.field.kind === 'text'
  }

  get total(): number {
    this.show?.('')
    return this.#total
  }

  /** Chains of slots by key; a register's key is ''. */
  get cells(): ReadonlyMap<string, Slot> {
    this.show?.()
    return this.#cells
  }

  cell(key: string): Slot | undefined {
    this.show?.(key)
    return this.#cells.get(key)
  }

  /** In place of all that was seen of the key. */
  replace(key: string, slot: Slot | undefined): void {
    if (slot === undefined) this.#cells.delete(key)
    else this.#cells.set(key, slot)
  }

  /** The chain of the key as it is now. */
  upsert(key: string, name: string, raw: RawSlot, node = nodeOf(name)): Slot | undefined {
    if (this.isCounter) {
      this.#steps.set(name, raw)
      this.#count()
      return undefined
    }
    if (typeof raw[0] === 'object') freezeDeep(raw[0])
    if (raw[3] !== undefined) this.nextExpiryMs = Math.min(this.nextExpiryMs, raw[3])
    const slot = slotOf(name, node, raw)
    const head = this.#cells.get(key)
    const chain = head === undefined ? slot : withSlot(head, slot)
    this.#cells.set(key, chain)
    return chain
  }

  remove(key: string, name: string): void {
    if (this.isCounter) {
      this.#steps.delete(name)
      this.#count()
      return
    }
    const chain = withoutSlot(this.#cells.get(key), name)
    if (chain === undefined) this.#cells.delete(key)
    else this.#cells.set(key, chain)
  }

  /** Whether this very write is there, under whichever name. */
  has(key: string, node: string, stamp: number): boolean {
    if (this.isCounter) return [...this.#steps].some(([name, raw]) => nodeOf(name) === node && raw[1] === stamp)
    for (let slot = this.#cells.get(key); slot !== undefined; slot = slot.next) {
      if (slot.node === node && slot.stamp === stamp) return true
    }
    return false
  }

  /** What a node has counted so far, and the names of the slots that say so: its own, and copies of it. */
  stepsOf(node: string): { readonly up: number; readonly down: number; readonly names: readonly string[] } {
    this.show?.('')
    let latest: RawSlot | undefined
    const names: string[] = []
    for (const [name, raw] of this.#steps) {
      if (nodeOf(name) !== node) continue
      names.push(name)
      if (latest === undefined || raw[1] > latest[1]) latest = raw
    }
    const [up, down] = (latest?.[0] ?? [0, 0]) as [number, number]
    return { up, down, names }
  }

  /** The winner, unless its time is over. */
  winner(key: string, nowMs: () => number): Slot | undefined {
    const slot = this.cell(key)
    return slot?.expiresMs !== undefined && slot.expiresMs <= nowMs() ? undefined : slot
  }

  /** Keys that can be read now. */
  *live(nowMs: number): Iterable<[key: string, winner: Slot]> {
    for (const [key, slot] of this.cells) if (slot.expiresMs === undefined || slot.expiresMs > nowMs) yield [key, slot]
  }

  /** Keys whose time is over; looks at all of them, so only once one is. */
  overdue(nowMs: number): string[] {
    if (this.nextExpiryMs > nowMs) return []
    this.nextExpiryMs = Infinity
    const keys: string[] = []
    for (const [key, { expiresMs }] of this.#cells) {
      if (expiresMs === undefined) continue
      if (expiresMs <= nowMs) keys.push(key)
      else this.nextExpiryMs = Math.min(this.nextExpiryMs, expiresMs)
    }
    return keys
  }

  clear(): void {
    this.show = undefined
    this.#cells.clear()
    this.#steps.clear()
    this.#total = 0
    this.nextExpiryMs = Infinity
  }

  #count(): void {
    // A copy of a slot counts once with its original: the later of the two knows all that the earlier did.
    const latest = new Map<string, RawSlot>()
    for (const [name, raw] of this.#steps) {
      const node = nodeOf(name)
      if ((latest.get(node)?.[1] ?? -1) < raw[1]) latest.set(node, raw)
    }
    let total = 0
    for (const [steps] of latest.values()) total += (steps as [number, number])[0] - (steps as [number, number])[1]
    this.#total = total
  }
}
