import { Doc, Array as YArray, type Map as YMap, Text as YText } from 'yjs'
import type { RawSlot } from './slot.ts'

/** Documents of keyed fields, among which keys are spread so that a merge stays short however many there are. A power of two. */
export const SHARDS = 16

/** The document of lists and texts, behind those; it stays in its first epoch. */
export const SEQUENCES = 16

export const FIRST_EPOCH = '0'

/** The root that holds the slots of a keyed document. */
export const SLOTS = 'slots'

export function nextEpoch(epoch: string, node: string): string {
  return `${String(Number.parseInt(epoch, 10) + 1).padStart(6, '0')}.${node}`
}

/** One yjs document of a namespace. */
export class StateDocument {
  readonly shard: number
  readonly epoch: string
  readonly doc: Doc

  constructor(shard: number, epoch: string, doc = new Doc()) {
    this.shard = shard
    this.epoch = epoch
    this.doc = doc
  }

  get slots(): YMap<RawSlot> {
    return this.doc.getMap<RawSlot>(SLOTS)
  }

  list(field: string): YArray<unknown> {
    return this.doc.get(field, YArray) as YArray<unknown>
  }

  text(field: string): YText {
    return this.doc.get(field, YText)
  }

  /** Runs the change as one transaction and returns yjs's own update of it; undefined when nothing changed. */
  change(work: () => void): Uint8Array | undefined {
    let update: Uint8Array | undefined
    const capture = (bytes: Uint8Array): void => {
      update = bytes
    }
    // Listening only now: yjs would encode every merge too for somebody who listens.
    this.doc.on('update', capture)
    try {
      this.doc.transact(work)
    } finally {
      this.doc.off('update', capture)
    }
    return update
  }

  /** Items that are kept only to remember that they were removed. */
  get removed(): number {
    let structs = 0
    for (const list of this.doc.store.clients.values()) structs += list.length
    return structs - this.slots.size
  }
}
