import type { StateDefinition } from '@switchyard/plugin-kit'
import { applyUpdate, applyUpdateV2, encodeStateAsUpdateV2, type Transaction, type YMapEvent } from 'yjs'
import { FIRST_EPOCH, nextEpoch, SEQUENCES, SHARDS, StateDocument } from './document.ts'
import { FieldView } from './field-view.ts'
import type { Part } from './frame.ts'
import { liveSlots } from './join.ts'
import { fieldOf, keyOf, nodeOf, type RawSlot, shardOf } from './slot.ts'
import type { Touched } from './touched.ts'

/** A whole document, as yjs's compact update. */
export interface Snapshot {
  readonly shard: number
  readonly epoch: string
  readonly data: Uint8Array
}

/** Items that yjs may keep for removed keys before a document counts as crowded, whatever its size. */
const MIN_REMOVED = 256

/** The documents of one replica, and the views of them that are read. */
export class Documents {
  readonly views: ReadonlyMap<string, FieldView>
  readonly #all: (StateDocument | undefined)[] = new Array(SHARDS + 1).fill(undefined)
  /** While some documents are loaded and not shown yet. */
  #showShard: ((shard: number) => void) | undefined

  constructor(views: ReadonlyMap<string, FieldView>) {
    this.views = views
  }

  of(shard: number): StateDocument {
    this.#all[shard] ??= new StateDocument(shard, FIRST_EPOCH)
    return this.#all[shard]
  }

  existing(): StateDocument[] {
    return this.#all.filter((document) => document !== undefined)
  }

  epochOf(shard: number): string {
    return this.#all[shard]?.epoch ?? FIRST_EPOCH
  }

  /** Whether it belongs to another epoch than the document has now. */
  isStale({ shard, epoch }: Pick<Part, 'shard' | 'epoch'>): boolean {
    return epoch !== this.epochOf(shard)
  }

  /** Merges an update and shows what it changed; names of slots that `isOvertaken` are not shown and returned. */
  apply(
    document: StateDocument,
    update: Uint8Array,
    touched: Touched,
    isOvertaken: (name: string, raw: RawSlot) => boolean,
    apply = applyUpdate,
  ): string[] {
    if (document.shard === SEQUENCES) {
      for (const field of changedRoots(document, () => apply(document.doc, update))) touched.note(field, '')
      return []
    }
    this.#showShard?.(document.shard)
    const overtaken: string[] = []
    for (const name of changedSlots(document, () => apply(document.doc, update))) {
      const raw = document.slots.get(name)
      if (raw !== undefined && isOvertaken(name, raw)) overtaken.push(name)
      else this.show(name, raw, touched)
    }
    return overtaken
  }

  /** Brings the view to what the document says of a slot. */
  show(name: string, raw: RawSlot | undefined, touched?: Touched): void {
    const field = fieldOf(name)
    const view = this.views.get(field)
    if (view === undefined) return
    const key = keyOf(name)
    touched?.note(field, key, raw === undefined ? undefined : name)
    if (raw === undefined) view.remove(key, name)
    else view.upsert(key, name, raw)
  }

  /** Puts a document in place of the one of its shard. */
  replace(document: StateDocument, touched?: Touched): void {
    this.showRest()
    const before = rawSlots(this.of(document.shard))
    const after = rawSlots(document)
    this.#all[document.shard] = document
    for (const name of before.keys()) if (!after.has(name)) this.show(name, undefined, touched)
    for (const [name, raw] of after) if (before.get(name)?.[1] !== raw[1]) this.show(name, raw, touched)
  }

  /** Documents of which most is removed keys. */
  crowded(): number[] {
    const crowded = this.existing().filter(({ shard, removed, slots }) => shard !== SEQUENCES && removed > slots.size + MIN_REMOVED)
    return crowded.map(({ shard }) => shard)
  }

  /** Moves a document to an epoch of this node's that holds what is live alone; returns the epoch. */
  rotate(shard: number, node: string): string {
    const old = this.of(shard)
    const next = new StateDocument(shard, nextEpoch(old.epoch, node))
    next.doc.transact(() => {
      for (const [name, raw] of liveSlots(rawSlots(old))) next.slots.set(name, raw)
    })
    this.replace(next)
    return next.epoch
  }

  // The store

  snapshots(): Snapshot[] {
    return this.existing().map(({ shard, epoch, doc }) => ({ shard, epoch, data: encodeStateAsUpdateV2(doc) }))
  }

  /** Puts a stored document in place of what is there, without a view of it: `showLater` comes after. */
  restore({ shard, epoch, data }: Snapshot): void {
    const document = new StateDocument(shard, epoch)
    applyUpdateV2(document.doc, data)
    this.#all[shard] = document
  }

  /** Applies stored updates without a view of them. */
  replay(parts: readonly Part[]): void {
    for (const part of parts) {
      if (part.update.length > 0 && !this.isStale(part)) applyUpdate(this.of(part.shard).doc, part.update)
    }
  }

  /** From now on reads look into the documents, each of which comes into the view when it is first needed. */
  showLater(): void {
    const hidden = new Set(this.existing().map(({ shard }) => shard))
    hidden.delete(SEQUENCES)
    if (hidden.size === 0) return
    this.#showShard = (shard) => {
      if (!hidden.delete(shard)) return
      if (hidden.size === 0) this.#endHiding()
      this.#showAll(this.of(shard))
    }
    for (const view of this.views.values()) {
      view.show = (key) => {
        if (key === undefined) this.showRest()
        else this.#showShard?.(shardOf(`${view.name}:${key}`, SHARDS))
      }
    }
  }

  showRest(): void {
    for (let shard = 0; shard < SHARDS; shard++) this.#showShard?.(shard)
  }

  #endHiding(): void {
    this.#showShard = undefined
    for (const view of this.views.values()) view.show = undefined
  }

  /** Most slots of a document are of one field and one node, so these are only cut out of a name when they change. */
  #showAll({ slots }: StateDocument): void {
    let view: FieldView | undefined
    let prefix = ''
    let suffix = ''
    let node = ''
    slots.forEach((raw, name) => {
      if (prefix === '' || !name.startsWith(prefix)) {
        prefix = `${fieldOf(name)}:`
        view = this.views.get(prefix.slice(0, -1))
      }
      if (suffix === '' || !name.endsWith(suffix)) {
        suffix = name.slice(name.lastIndexOf('@'))
        node = nodeOf(name)
      }
      view?.upsert(name.slice(prefix.length, -suffix.length), name, raw, node)
    })
  }
}

export function isShard(shard: number): boolean {
  return Number.isInteger(shard) && shard >= 0 && shard <= SHARDS
}

export function viewsOf({ fields }: StateDefinition): Map<string, FieldView> {
  return new Map(Object.entries(fields).map(([name, field]) => [name, new FieldView(name, field)]))
}

export function rawSlots(document: StateDocument): Map<string, RawSlot> {
  const slots = new Map<string, RawSlot>()
  document.slots.forEach((raw, name) => void slots.set(name, raw))
  return slots
}

/** Slots that the work changed. Nobody listens before and after: yjs would prepare events for every transaction. */
function changedSlots({ slots }: StateDocument, work: () => void): ReadonlySet<string> {
  let names: ReadonlySet<string> = new Set()
  const observe = (event: YMapEvent<RawSlot>): void => {
    names = event.keysChanged as Set<string>
  }
  slots.observe(observe)
  try {
    work()
  } finally {
    slots.unobserve(observe)
  }
  return names
}

/** Lists and texts that the work changed. */
function changedRoots({ doc }: StateDocument, work: () => void): ReadonlySet<string> {
  const roots = new Set<string>()
  const observe = ({ changed }: Transaction): void => {
    for (const [name, root] of doc.share) if (changed.has(root)) roots.add(name)
  }
  doc.on('beforeObserverCalls', observe)
  try {
    work()
  } finally {
    doc.off('beforeObserverCalls', observe)
  }
  return roots
}
