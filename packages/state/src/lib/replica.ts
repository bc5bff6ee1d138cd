import type { StateDefinition } from '@switchyard/plugin-kit'
import { applyUpdate, applyUpdateV2, Doc, encodeStateAsUpdateV2, mergeUpdates, type Transaction, type YMapEvent } from 'yjs'
import type { HistoryChange, StateConflict } from './api.ts'
import { FIRST_EPOCH, nextEpoch, SEQUENCES, SHARDS, StateDocument } from './document.ts'
import { FieldView } from './field-view.ts'
import type { Frame, Part } from './frame.ts'
import { inspectUpdate } from './inspect.ts'
import { liveSlots, planJoin, type SlotSide } from './join.ts'
import { canonicalJson } from './plain-json.ts'
import { fieldOf, keyOf, nodeOf, type RawSlot, rawSlot, type Slot, shardOf, versionOf } from './slot.ts'
import type { StampClock } from './stamp.ts'
import { decodeStep1, decodeStep2, encodeStep1, encodeStep2 } from './sync-message.ts'

/** Who writes, and why. */
export interface Author {
  readonly writer: string
  readonly correlationId: string | undefined
}

/** How far a replica has heard a node. */
export interface Head {
  readonly seq: number
  /** Every slot of the node up to this stamp was seen here. */
  readonly stamp: number
}

/** One step of a write, before it is hashed for the history. */
export interface Step {
  readonly field: string
  readonly key: string
  readonly op: HistoryChange['op']
  readonly value: unknown
  /** What was there. */
  readonly before: Slot | undefined
  readonly slot: Slot | undefined
}

/** A frame of this node that is not in the store yet. */
export interface Outgoing {
  frame: Frame
  readonly steps: readonly Step[]
}

export interface RemoteChange {
  readonly field: string
  readonly key: string
}

export interface MergedChanges {
  readonly outcome: 'merged'
  readonly changes: readonly RemoteChange[]
  readonly conflicts: readonly StateConflict[]
}

export type Merged =
  | MergedChanges
  | { readonly outcome: 'known' }
  /** Frames before it are missing. */
  | { readonly outcome: 'gap' }
  /** The sender is in a later epoch: ask it for its documents. */
  | { readonly outcome: 'behind' }
  /** The sender is in an earlier epoch: give it ours. */
  | { readonly outcome: 'ahead' }
  | { readonly outcome: 'refused'; readonly reason: string }

/** A frame out of the log. */
export type StoredFrame = Pick<Frame, 'node' | 'seq' | 'stamp' | 'parts'>

interface Draft {
  readonly author: Author
  readonly atMs: number
  stamp: number
  readonly slots: Map<number, Map<string, RawSlot | undefined>>
  readonly sequences: Uint8Array[]
  readonly steps: Step[]
}

export interface ReplicaOptions {
  definition: StateDefinition
  node: string
  stamps: StampClock
  nowMs: () => number
  /** In whose name a join's own changes go out; undefined where nobody here may write. */
  carrier: () => string | undefined
  /** Views that somebody reads already, to be filled anew. @default new ones */
  views?: ReadonlyMap<string, FieldView>
}

const NOTHING_SEEN: Head = { seq: 0, stamp: 0 }

/**
 * One node's copy of a namespace: documents, and the view of them that is read. It knows neither store nor bus.
 * Writes change the view at once and the documents when they are settled, all writes of a turn together.
 */
export class Replica {
  readonly definition: StateDefinition
  readonly owner: string
  readonly node: string
  readonly views: ReadonlyMap<string, FieldView>
  readonly heads = new Map<string, Head>()
  /** Settled frames of this node, oldest first; whoever stores them takes them out. */
  readonly outbox: Outgoing[] = []
  readonly #stamps: StampClock
  readonly #nowMs: () => number
  readonly #carrier: () => string | undefined
  readonly #documents: (StateDocument | undefined)[] = new Array(SHARDS + 1).fill(undefined)
  readonly #suffix: string
  #drafts: Draft[] = []
  /** While some documents are loaded and not shown yet. */
  #showShard: ((shard: number) => void) | undefined

  constructor({ definition, node, stamps, nowMs, carrier, views = viewsOf(definition) }: ReplicaOptions) {
    this.definition = definition
    this.owner = definition.namespace.slice(0, definition.namespace.indexOf('/'))
    this.node = node
    this.#stamps = stamps
    this.#nowMs = nowMs
    this.#carrier = carrier
    this.#suffix = `@${node}`
    this.views = views
  }

  // Writing

  put(view: FieldView, key: string, value: unknown, author: Author, op: HistoryChange['op'] = 'set', expiresMs?: number): void {
    const draft = this.#draft(author)
    const stamp = this.#stamps.next()
    draft.stamp = stamp
    const cell = `${view.name}:${key}`
    const name = cell + this.#suffix
    const writer = author.writer === this.owner ? undefined : author.writer
    const slots = slotsOf(draft, shardOf(cell, SHARDS))
    const before = view.cell(key)
    for (let slot = before; slot !== undefined; slot = slot.next) slots.set(slot.name, undefined)
    slots.set(name, rawSlot(value, stamp, writer, expiresMs))
    const slot: Slot = { name, node: this.node, stamp, value, writer, expiresMs, next: undefined }
    if (expiresMs !== undefined) view.nextExpiryMs = Math.min(view.nextExpiryMs, expiresMs)
    view.replace(key, slot)
    draft.steps.push({ field: view.name, key, op, value, before, slot })
  }

  /** Removes what is seen of the key. */
  drop(view: FieldView, key: string, author: Author, op: HistoryChange['op'] = 'delete'): void {
    const before = view.cell(key)
    if (before === undefined) return
    const draft = this.#draft(author)
    draft.stamp = this.#stamps.next()
    const slots = slotsOf(draft, shardOf(`${view.name}:${key}`, SHARDS))
    for (let slot: Slot | undefined = before; slot !== undefined; slot = slot.next) slots.set(slot.name, undefined)
    view.replace(key, undefined)
    draft.steps.push({ field: view.name, key, op, value: undefined, before, slot: undefined })
  }

  count(view: FieldView, up: number, down: number, author: Author): void {
    const draft = this.#draft(author)
    draft.stamp = this.#stamps.next()
    const cell = `${view.name}:`
    const name = cell + this.#suffix
    const so = view.stepsOf(this.node)
    const raw = rawSlot([so.up + up, so.down + down], draft.stamp, undefined, undefined)
    const slots = slotsOf(draft, shardOf(cell, SHARDS))
    for (const copy of so.names) {
      if (copy === name) continue
      slots.set(copy, undefined)
      view.remove('', copy)
    }
    slots.set(name, raw)
    view.upsert('', name, raw)
    const op = down > 0 ? 'decrement' : 'increment'
    draft.steps.push({ field: view.name, key: '', op, value: up + down, before: undefined, slot: undefined })
  }

  /** Changes the document of lists and texts, at once. */
  edit(field: string, op: HistoryChange['op'], value: unknown, author: Author, work: (document: StateDocument) => void): void {
    const document = this.document(SEQUENCES)
    const update = document.change(() => work(document))
    if (update === undefined) return
    const draft = this.#draft(author)
    draft.stamp = this.#stamps.next()
    draft.sequences.push(update)
    draft.steps.push({ field, key: '', op, value, before: undefined, slot: undefined })
  }

  get hasDrafts(): boolean {
    return this.#drafts.length > 0
  }

  /** Turns what was written since the last time into frames in `outbox`. */
  settle(): void {
    if (this.#drafts.length === 0) return
    const drafts = this.#drafts
    this.#drafts = []
    for (const draft of drafts) this.outbox.push({ frame: this.#frame(draft, this.#parts(draft)), steps: draft.steps })
  }

  #draft(author: Author): Draft {
    const last = this.#drafts.at(-1)
    if (last !== undefined && last.author.writer === author.writer && last.author.correlationId === author.correlationId) return last
    const draft: Draft = { author, atMs: this.#nowMs(), stamp: 0, slots: new Map(), sequences: [], steps: [] }
    this.#drafts.push(draft)
    return draft
  }

  #parts(draft: Draft): Part[] {
    const parts: Part[] = []
    for (const [shard, slots] of draft.slots) {
      const document = this.document(shard)
      const map = document.slots
      const update = document.change(() => {
        for (const [name, raw] of slots) {
          if (raw === undefined) map.delete(name)
          else map.set(name, raw)
        }
      })
      if (update !== undefined) parts.push({ shard, epoch: document.epoch, update })
    }
    if (draft.sequences.length > 0) {
      const update = draft.sequences.length === 1 ? draft.sequences[0]! : mergeUpdates(draft.sequences)
      parts.push({ shard: SEQUENCES, epoch: this.document(SEQUENCES).epoch, update })
    }
    return parts
  }

  #frame({ author, atMs, stamp }: Pick<Draft, 'author' | 'atMs' | 'stamp'>, parts: readonly Part[]): Frame {
    const seq = (this.heads.get(this.node)?.seq ?? 0) + 1
    this.heads.set(this.node, { seq, stamp })
    return { node: this.node, seq, stamp, writer: author.writer, atMs, correlationId: author.correlationId, parts }
  }

  // Merging

  /**
   * Takes a frame of another node; nothing is changed unless the outcome is 'merged'. One that is trusted comes from the
   * store, where whoever put it there has looked through it, and what is missing or stale is in the snapshots.
   */
  merge(frame: Frame | StoredFrame, { trusted = false } = {}): Merged {
    const head = this.heads.get(frame.node) ?? NOTHING_SEEN
    if (frame.seq <= head.seq) return { outcome: 'known' }
    if (trusted) return this.#mergeParts(frame)
    for (const { shard, epoch } of frame.parts) {
      if (!isShard(shard)) return { outcome: 'refused', reason: `there is no document ${shard}` }
      const mine = this.#documents[shard]?.epoch ?? FIRST_EPOCH
      if (epoch !== mine) return { outcome: epoch > mine ? 'behind' : 'ahead' }
    }
    if (frame.seq > head.seq + 1) return { outcome: 'gap' }
    for (const { shard, update } of frame.parts) {
      const reason = update.length === 0 ? undefined : inspectUpdate(update, this.document(shard), this.definition.fields)
      if (reason !== undefined) return { outcome: 'refused', reason }
    }
    return this.#mergeParts(frame)
  }

  #mergeParts(frame: Frame | StoredFrame): Merged {
    this.settle()
    const touched = new Touched()
    for (const part of frame.parts) {
      if (part.update.length > 0 && !this.#isStale(part)) this.#apply(this.document(part.shard), part.update, touched)
    }
    this.#heard(frame.node, frame)
    return { outcome: 'merged', changes: touched.changes, conflicts: this.#conflicts(touched) }
  }

  #apply(document: StateDocument, update: Uint8Array, touched: Touched, apply = applyUpdate): void {
    if (document.shard === SEQUENCES) {
      const roots = new Set<string>()
      const observe = ({ changed }: Transaction): void => {
        for (const [name, root] of document.doc.share) if (changed.has(root)) roots.add(name)
      }
      document.doc.on('beforeObserverCalls', observe)
      try {
        apply(document.doc, update)
      } finally {
        document.doc.off('beforeObserverCalls', observe)
      }
      for (const field of roots) touched.note(field, '')
      return
    }
    this.#showShard?.(document.shard)
    const map = document.slots
    let names: ReadonlySet<string> | undefined
    const observe = (event: YMapEvent<RawSlot>): void => {
      names = event.keysChanged as Set<string>
    }
    map.observe(observe)
    try {
      apply(document.doc, update)
    } finally {
      map.unobserve(observe)
    }
    const overtaken = new Map<string, undefined>()
    for (const name of names ?? []) {
      const raw = map.get(name)
      if (raw !== undefined && this.#isOvertaken(name, raw)) overtaken.set(name, undefined)
      else this.#show(name, raw, touched)
    }
    const carrier = this.#carrier()
    if (overtaken.size > 0 && carrier !== undefined) this.#carry(document.shard, overtaken, carrier)
  }

  /** What this replica has seen and seen removed, brought into a later epoch by somebody who did not know yet. */
  #isOvertaken(name: string, raw: RawSlot): boolean {
    const stamp = raw[1]
    const node = nodeOf(name)
    if (stamp > (this.heads.get(node) ?? NOTHING_SEEN).stamp) return false
    return this.views.get(fieldOf(name))?.has(keyOf(name), node, stamp) === false
  }

  /** Brings the view to what the document says of a slot. */
  #show(name: string, raw: RawSlot | undefined, touched?: Touched): void {
    const field = fieldOf(name)
    const view = this.views.get(field)
    if (view === undefined) return
    const key = keyOf(name)
    touched?.note(field, key, raw === undefined ? undefined : name)
    if (raw === undefined) {
      view.remove(key, name)
      return
    }
    this.#stamps.see(raw[1])
    view.upsert(key, name, raw)
  }

  #heard(node: string, { seq, stamp }: Head): void {
    const head = this.heads.get(node) ?? NOTHING_SEEN
    this.heads.set(node, { seq: Math.max(seq, head.seq), stamp: Math.max(stamp, head.stamp) })
    this.#stamps.see(stamp)
  }

  /** Pairs of which one just came and which both live on. */
  #conflicts(touched: Touched): StateConflict[] {
    const found: StateConflict[] = []
    for (const { field, key, arrived } of touched.cells()) {
      const view = this.views.get(field)!
      const winner = view.cell(key)
      if (winner?.next === undefined || arrived.size === 0 || view.field.kind === 'set') continue
      for (let loser: Slot | undefined = winner.next; loser !== undefined; loser = loser.next) {
        const isNews = arrived.has(winner.name) || arrived.has(loser.name)
        if (!isNews || (loser.node === winner.node && loser.stamp === winner.stamp) || isSame(winner.value, loser.value)) continue
        found.push({
          namespace: this.definition.namespace,
          field,
          key: view.field.kind === 'map' ? key : undefined,
          winner: this.#side(winner),
          loser: this.#side(loser),
        })
      }
    }
    return found
  }

  #side(slot: Slot): StateConflict['winner'] {
    return { value: slot.value, writer: slot.writer ?? this.owner, version: versionOf(slot) }
  }

  // Exchange with those that missed something

  /** What this replica has, as step 1 of the sync protocol. */
  ask(): Uint8Array {
    this.settle()
    return encodeStep1(this.#existing())
  }

  /** What the asker lacks, as step 2; undefined when it has all that is here. */
  answer(question: Uint8Array, theirHeads: ReadonlyMap<string, Head>): Uint8Array | undefined {
    this.settle()
    const asked = decodeStep1(question)
    const hasAll = [...this.heads].every(([node, { seq }]) => (theirHeads.get(node)?.seq ?? 0) >= seq)
    const inStep = this.#existing().every(({ shard, epoch }) => (asked.find((part) => part.shard === shard)?.epoch ?? FIRST_EPOCH) >= epoch)
    return hasAll && inStep ? undefined : encodeStep2(this.#existing(), asked)
  }

  /** Takes an answer. Where this node may write it takes along what it alone knows into a later epoch. */
  take(answer: Uint8Array, theirHeads: ReadonlyMap<string, Head>): Merged {
    this.settle()
    const parts = decodeStep2(answer)
    for (const { shard, epoch, bytes } of parts) {
      if (!isShard(shard)) return { outcome: 'refused', reason: `there is no document ${shard}` }
      const mine = this.document(shard)
      const reason = inspectUpdate(bytes, epoch === mine.epoch ? mine : new StateDocument(shard, epoch), this.definition.fields)
      if (reason !== undefined) return { outcome: 'refused', reason }
    }
    const touched = new Touched()
    const seen = seenBy(theirHeads)
    for (const { shard, epoch, bytes } of parts) {
      const mine = this.document(shard)
      if (epoch === mine.epoch) {
        this.#apply(mine, bytes, touched)
        continue
      }
      const doc = new Doc()
      applyUpdate(doc, bytes)
      this.#adopt(new StateDocument(shard, epoch, doc), seen, touched)
    }
    this.hear(theirHeads)
    return { outcome: 'merged', changes: touched.changes, conflicts: this.#conflicts(touched) }
  }

  /** Joins a document of another epoch, by the rules of [S5]. */
  #adopt(theirs: StateDocument, seen: SlotSide['seen'], touched: Touched): void {
    this.#showRest()
    const carrier = this.#carrier()
    const mine = this.document(theirs.shard)
    const isLater = theirs.epoch > mine.epoch
    if (!isLater && carrier === undefined) return
    const mineSide: SlotSide = { slots: rawSlots(mine), seen: seenBy(this.heads) }
    const theirSide: SlotSide = { slots: rawSlots(theirs), seen }
    const plan = isLater ? planJoin(theirSide, mineSide, this.node) : planJoin(mineSide, theirSide, this.node)
    if (isLater) {
      this.#documents[theirs.shard] = theirs
      for (const name of mineSide.slots.keys()) if (!theirSide.slots.has(name)) this.#show(name, undefined, touched)
      for (const [name, raw] of theirSide.slots) this.#show(name, raw, touched)
    }
    if (carrier === undefined || (plan.add.length === 0 && plan.remove.length === 0)) {
      this.#dropStale()
      return
    }
    const slots = new Map<string, RawSlot | undefined>()
    for (const name of plan.remove) {
      slots.set(name, undefined)
      this.#show(name, undefined, touched)
    }
    for (const [name, raw] of plan.add) {
      slots.set(name, raw)
      this.#show(name, raw, touched)
    }
    this.#carry(theirs.shard, slots, carrier)
  }

  /**
   * Changes that a join made go out with the first frame that has become stale by it, so that no frame ever claims a stamp
   * whose slot comes later.
   */
  #carry(shard: number, slots: Map<string, RawSlot | undefined>, carrier: string): void {
    const author: Author = { writer: carrier, correlationId: undefined }
    const draft: Draft = {
      author,
      atMs: this.#nowMs(),
      stamp: this.#stamps.next(),
      slots: new Map([[shard, slots]]),
      sequences: [],
      steps: [],
    }
    const parts = this.#parts(draft)
    const stale = this.outbox.find(({ frame }) => frame.parts.some((part) => this.#isStale(part)))
    if (stale === undefined) this.outbox.push({ frame: this.#frame(draft, parts), steps: [] })
    else stale.frame = { ...stale.frame, parts: [...stale.frame.parts, ...parts] }
    this.#dropStale()
  }

  #dropStale(): void {
    for (const out of this.outbox) out.frame = { ...out.frame, parts: out.frame.parts.filter((part) => !this.#isStale(part)) }
  }

  #isStale({ shard, epoch }: Part): boolean {
    return epoch !== this.document(shard).epoch
  }

  // Documents

  document(shard: number): StateDocument {
    this.#documents[shard] ??= new StateDocument(shard, FIRST_EPOCH)
    return this.#documents[shard]
  }

  #existing(): StateDocument[] {
    return this.#documents.filter((document) => document !== undefined)
  }

  /** Each document as one compact update. */
  snapshots(): { shard: number; epoch: string; data: Uint8Array }[] {
    this.settle()
    return this.#existing().map(({ shard, epoch, doc }) => ({ shard, epoch, data: encodeStateAsUpdateV2(doc) }))
  }

  /** Whether an answer's or a question's documents include one of a later epoch than here. */
  isBehind(question: Uint8Array): boolean {
    return decodeStep1(question).some(({ shard, epoch }) => epoch > (this.#documents[shard]?.epoch ?? FIRST_EPOCH))
  }

  /** Puts a stored document in place of what is there, without a view of it: `showLater` comes after. */
  restore(shard: number, epoch: string, data: Uint8Array): void {
    const document = new StateDocument(shard, epoch)
    applyUpdateV2(document.doc, data)
    this.#documents[shard] = document
  }

  /** Applies a stored update without a view of it. */
  replay({ node, seq, stamp, parts }: StoredFrame): void {
    for (const { shard, epoch, update } of parts) {
      if (update.length > 0 && epoch === this.document(shard).epoch) applyUpdate(this.document(shard).doc, update)
    }
    this.#heard(node, { seq, stamp })
  }

  /** Merges a whole document that another process of the same store has put there. */
  mergeSnapshot(
    { shard, epoch, data }: { shard: number; epoch: string; data: Uint8Array },
    storedHeads: ReadonlyMap<string, Head>,
  ): MergedChanges {
    this.settle()
    const touched = new Touched()
    const mine = this.document(shard)
    if (epoch === mine.epoch) this.#apply(mine, data, touched, applyUpdateV2)
    else {
      const theirs = new StateDocument(shard, epoch)
      applyUpdateV2(theirs.doc, data)
      this.#adopt(theirs, seenBy(storedHeads), touched)
    }
    return { outcome: 'merged', changes: touched.changes, conflicts: this.#conflicts(touched) }
  }

  /** Takes note of how far somebody has heard who shares all documents with this replica. */
  hear(heads: ReadonlyMap<string, Head>): void {
    for (const [node, head] of heads) if (node !== this.node) this.#heard(node, head)
  }

  /** From now on reads look into the documents, each of which comes into the view when it is first needed. */
  showLater(): void {
    const hidden = new Set(this.#existing().map(({ shard }) => shard))
    hidden.delete(SEQUENCES)
    if (hidden.size === 0) return
    this.#showShard = (shard) => {
      if (!hidden.delete(shard)) return
      if (hidden.size === 0) this.#endHiding()
      this.#showDocument(this.document(shard))
    }
    for (const view of this.views.values()) {
      view.show = (key) => {
        if (key === undefined) this.#showRest()
        else this.#showShard?.(shardOf(`${view.name}:${key}`, SHARDS))
      }
    }
  }

  #endHiding(): void {
    this.#showShard = undefined
    for (const view of this.views.values()) view.show = undefined
  }

  #showRest(): void {
    for (let shard = 0; shard < SHARDS; shard++) this.#showShard?.(shard)
  }

  /** Most slots of a document are of one field and one node, so these are only cut out of a name when they change. */
  #showDocument({ slots }: StateDocument): void {
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

  /** Documents of which most is removed keys. */
  crowded(): number[] {
    return this.#existing()
      .filter((document) => document.shard !== SEQUENCES && document.removed > document.slots.size + MIN_REMOVED)
      .map(({ shard }) => shard)
  }

  /** Moves a document to a new epoch that holds what is live alone. The frame that tells the others has no content. */
  rotate(shards: readonly number[], writer: string): void {
    this.settle()
    this.#showRest()
    const parts: Part[] = []
    for (const shard of shards) {
      const old = this.document(shard)
      const next = new StateDocument(shard, nextEpoch(old.epoch, this.node))
      const before = rawSlots(old)
      const live = liveSlots(before)
      next.doc.transact(() => {
        for (const [name, raw] of live) next.slots.set(name, raw)
      })
      this.#documents[shard] = next
      for (const name of before.keys()) if (!live.has(name)) this.#show(name, undefined)
      for (const [name, raw] of live) if (!before.has(name)) this.#show(name, raw)
      parts.push({ shard, epoch: next.epoch, update: new Uint8Array() })
    }
    const frame = this.#frame({ author: { writer, correlationId: undefined }, atMs: this.#nowMs(), stamp: this.#stamps.next() }, parts)
    this.outbox.push({ frame, steps: [] })
  }
}

const MIN_REMOVED = 256

/** Which keys a merge touched, and with which slots. */
class Touched {
  readonly #cells = new Map<string, { field: string; key: string; arrived: Set<string> }>()

  note(field: string, key: string, arrived?: string): void {
    const id = `${field}:${key}`
    let cell = this.#cells.get(id)
    if (cell === undefined) {
      cell = { field, key, arrived: new Set() }
      this.#cells.set(id, cell)
    }
    if (arrived !== undefined) cell.arrived.add(arrived)
  }

  cells(): Iterable<{ field: string; key: string; arrived: ReadonlySet<string> }> {
    return this.#cells.values()
  }

  get changes(): RemoteChange[] {
    return [...this.#cells.values()].map(({ field, key }) => ({ field, key }))
  }
}

function viewsOf({ fields }: StateDefinition): Map<string, FieldView> {
  return new Map(Object.entries(fields).map(([name, field]) => [name, new FieldView(name, field)]))
}

function slotsOf(draft: Draft, shard: number): Map<string, RawSlot | undefined> {
  let slots = draft.slots.get(shard)
  if (slots === undefined) {
    slots = new Map()
    draft.slots.set(shard, slots)
  }
  return slots
}

function rawSlots(document: StateDocument): Map<string, RawSlot> {
  const slots = new Map<string, RawSlot>()
  document.slots.forEach((raw, name) => void slots.set(name, raw))
  return slots
}

function seenBy(heads: ReadonlyMap<string, Head>): SlotSide['seen'] {
  return (node) => heads.get(node)?.stamp ?? 0
}

function isShard(shard: number): boolean {
  return Number.isInteger(shard) && shard >= 0 && shard <= SHARDS
}

function isSame(a: unknown, b: unknown): boolean {
  return a === b || (typeof a === 'object' && typeof b === 'object' && canonicalJson(a) === canonicalJson(b))
}
