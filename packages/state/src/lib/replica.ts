import type { StateDefinition } from '@switchyard/plugin-kit'
import { applyUpdate, applyUpdateV2, Doc, mergeUpdates } from 'yjs'
import type { HistoryChange, StateConflict } from './api.ts'
import { FIRST_EPOCH, SEQUENCES, SHARDS, StateDocument } from './document.ts'
import { Documents, isShard, rawSlots, type Snapshot, viewsOf } from './documents.ts'
import type { FieldView } from './field-view.ts'
import type { Frame, Part } from './frame.ts'
import { inspectUpdate } from './inspect.ts'
import { planJoin, type SlotSide } from './join.ts'
import { canonicalJson } from './plain-json.ts'
import { fieldOf, keyOf, nodeOf, type RawSlot, rawSlot, type Slot, shardOf, versionOf } from './slot.ts'
import type { StampClock } from './stamp.ts'
import { decodeStep1, decodeStep2, encodeStep1, encodeStep2 } from './sync-message.ts'
import { type RemoteChange, Touched } from './touched.ts'

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

export interface MergedChanges {
  readonly outcome: 'merged'
  readonly changes: readonly RemoteChange[]
  readonly conflicts: readonly StateConflict[]
  /** Of an answer: what it says of lists and texts, where that changed any. */
  readonly edits?: Part | undefined
  /** Of an answer: what is wrong with those of its documents that were not taken. */
  readonly refused?: string | undefined
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
  readonly #documents: Documents
  readonly #suffix: string
  #drafts: Draft[] = []

  constructor({ definition, node, stamps, nowMs, carrier, views = viewsOf(definition) }: ReplicaOptions) {
    this.definition = definition
    this.owner = definition.namespace.slice(0, definition.namespace.indexOf('/'))
    this.node = node
    this.#stamps = stamps
    this.#nowMs = nowMs
    this.#carrier = carrier
    this.#suffix = `@${node}`
    this.views = views
    this.#documents = new Documents(views)
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
      const mine = this.#documents.epochOf(shard)
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
      if (part.update.length > 0 && !this.#documents.isStale(part)) this.#apply(this.document(part.shard), part.update, touched)
    }
    this.#heard(frame.node, frame)
    return this.#merged(touched)
  }

  #merged(touched: Touched): MergedChanges {
    return { outcome: 'merged', changes: touched.changes, conflicts: this.#conflicts(touched) }
  }

  #apply(document: StateDocument, update: Uint8Array, touched: Touched, apply = applyUpdate): void {
    const overtaken = this.#documents.apply(document, update, touched, (name, raw) => this.#isOvertaken(name, raw), apply)
    const carrier = this.#carrier()
    if (overtaken.length === 0 || carrier === undefined) return
    this.#carry(document.shard, new Map(overtaken.map((name) => [name, undefined])), carrier)
  }

  /** What this replica has seen and seen removed, brought into a later epoch by somebody who did not know yet. */
  #isOvertaken(name: string, raw: RawSlot): boolean {
    const stamp = raw[1]
    const node = nodeOf(name)
    if (stamp > (this.heads.get(node) ?? NOTHING_SEEN).stamp) return false
    return this.views.get(fieldOf(name))?.has(keyOf(name), node, stamp) === false
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
    return encodeStep1(this.#documents.existing())
  }

  /** What the asker lacks, as step 2; undefined when it has all that is here. */
  answer(question: Uint8Array, theirHeads: ReadonlyMap<string, Head>): Uint8Array | undefined {
    this.settle()
    const asked = decodeStep1(question)
    const hasAll = [...this.heads].every(([node, { seq }]) => (theirHeads.get(node)?.seq ?? 0) >= seq)
    const documents = this.#documents.existing()
    const inStep = documents.every(({ shard, epoch }) => (asked.find((part) => part.shard === shard)?.epoch ?? FIRST_EPOCH) >= epoch)
    return hasAll && inStep ? undefined : encodeStep2(documents, asked)
  }

  /** Whether whoever asks has a document of a later epoch than here. */
  isBehind(question: Uint8Array): boolean {
    return decodeStep1(question).some(({ shard, epoch }) => epoch > this.#documents.epochOf(shard))
  }

  /** Takes note of how far somebody has heard whose documents are all here; of this node too, whose store may be an old copy. */
  hear(heads: ReadonlyMap<string, Head>): void {
    for (const [node, head] of heads) this.#heard(node, head)
  }

  /**
   * Takes an answer, but for documents that are not sound: without those its heads are not heard, so it is asked for again.
   * Where this node may write it takes along what it alone knows into a later epoch.
   */
  take(answer: Uint8Array, theirHeads: ReadonlyMap<string, Head>): Merged {
    this.settle()
    const parts = decodeStep2(answer)
    let refused: string | undefined
    const sound = parts.filter(({ shard, epoch, bytes }) => {
      const reason = isShard(shard) ? this.#inspect(shard, epoch, bytes) : `there is no document ${shard}`
      refused ??= reason
      return reason === undefined
    })
    const touched = new Touched()
    const seen = seenBy(theirHeads)
    for (const { shard, epoch, bytes } of sound) {
      const mine = this.document(shard)
      if (epoch === mine.epoch) {
        this.#apply(mine, bytes, touched)
        continue
      }
      const doc = new Doc()
      applyUpdate(doc, bytes)
      this.#adopt(new StateDocument(shard, epoch, doc), seen, touched)
    }
    if (refused === undefined) this.hear(theirHeads)
    const merged = this.#merged(touched)
    const sequences = sound.find(({ shard }) => shard === SEQUENCES)
    const isEdited = merged.changes.some(({ field }) => this.views.get(field)?.isSequence)
    return { ...merged, refused, edits: isEdited && sequences ? { ...sequences, update: sequences.bytes } : undefined }
  }

  #inspect(shard: number, epoch: string, update: Uint8Array): string | undefined {
    const mine = this.document(shard)
    return inspectUpdate(update, epoch === mine.epoch ? mine : new StateDocument(shard, epoch), this.definition.fields)
  }

  /** Joins a document of another epoch, by the rules of [S5]. */
  #adopt(theirs: StateDocument, seen: SlotSide['seen'], touched: Touched): void {
    const carrier = this.#carrier()
    const mine = this.document(theirs.shard)
    const isLater = theirs.epoch > mine.epoch
    if (!isLater && carrier === undefined) return
    const mineSide: SlotSide = { slots: rawSlots(mine), seen: seenBy(this.heads) }
    const theirSide: SlotSide = { slots: rawSlots(theirs), seen }
    const plan = isLater ? planJoin(theirSide, mineSide, this.node) : planJoin(mineSide, theirSide, this.node)
    if (isLater) this.#documents.replace(theirs, touched)
    if (carrier === undefined || (plan.add.length === 0 && plan.remove.length === 0)) {
      this.#dropStale()
      return
    }
    const slots = new Map<string, RawSlot | undefined>()
    for (const name of plan.remove) {
      slots.set(name, undefined)
      this.#documents.show(name, undefined, touched)
    }
    for (const [name, raw] of plan.add) {
      slots.set(name, raw)
      this.#documents.show(name, raw, touched)
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
    const stale = this.outbox.find(({ frame }) => frame.parts.some((part) => this.#documents.isStale(part)))
    if (stale === undefined) this.outbox.push({ frame: this.#frame(draft, parts), steps: [] })
    else stale.frame = { ...stale.frame, parts: [...stale.frame.parts, ...parts] }
    this.#dropStale()
  }

  #dropStale(): void {
    for (const out of this.outbox) out.frame = { ...out.frame, parts: out.frame.parts.filter((part) => !this.#documents.isStale(part)) }
  }

  // Documents

  /** Of a list or a text it is what is read. */
  document(shard: number): StateDocument {
    return this.#documents.of(shard)
  }

  /** Each document as one compact update. */
  snapshots(): Snapshot[] {
    this.settle()
    return this.#documents.snapshots()
  }

  /** Fills a new replica with what the store has. */
  load(snapshots: readonly Snapshot[], frames: readonly StoredFrame[], heads: ReadonlyMap<string, Head>): void {
    for (const snapshot of snapshots) this.#documents.restore(snapshot)
    for (const { parts } of frames) this.#documents.replay(parts)
    this.hear(heads)
    this.#documents.showLater()
  }

  /** Merges a whole document that another process of the same store has put there. */
  mergeSnapshot({ shard, epoch, data }: Snapshot, storedHeads: ReadonlyMap<string, Head>): MergedChanges {
    this.settle()
    const touched = new Touched()
    const mine = this.document(shard)
    if (epoch === mine.epoch) this.#apply(mine, data, touched, applyUpdateV2)
    else {
      const theirs = new StateDocument(shard, epoch)
      applyUpdateV2(theirs.doc, data)
      this.#adopt(theirs, seenBy(storedHeads), touched)
    }
    return this.#merged(touched)
  }

  /** Documents of which most is removed keys. */
  crowded(): number[] {
    return this.#documents.crowded()
  }

  /** Moves documents to a new epoch. The frame that tells the others has no content: they ask for it. */
  rotate(shards: readonly number[], writer: string): void {
    this.settle()
    const parts = shards.map((shard) => ({ shard, epoch: this.#documents.rotate(shard, this.node), update: new Uint8Array() }))
    const frame = this.#frame({ author: { writer, correlationId: undefined }, atMs: this.#nowMs(), stamp: this.#stamps.next() }, parts)
    this.outbox.push({ frame, steps: [] })
  }
}

function slotsOf(draft: Draft, shard: number): Map<string, RawSlot | undefined> {
  let slots = draft.slots.get(shard)
  if (slots === undefined) {
    slots = new Map()
    draft.slots.set(shard, slots)
  }
  return slots
}

function seenBy(heads: ReadonlyMap<string, Head>): SlotSide['seen'] {
  return (node) => heads.get(node)?.stamp ?? 0
}

function isSame(a: unknown, b: unknown): boolean {
  return a === b || (typeof a === 'object' && typeof b === 'object' && canonicalJson(a) === canonicalJson(b))
}
