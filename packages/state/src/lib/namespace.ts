import type { StateChange, StateDefinition, StateLock } from '@switchyard/plugin-kit'
import type { StateConflict } from './api.ts'
import { stateClosed, stateNewer } from './errors.ts'
import type { FieldView } from './field-view.ts'
import type { Frame } from './frame.ts'
import type { NewRecord } from './history.ts'
import { readField } from './read-field.ts'
import { conflictRecordOf, recordOf, recount, remoteRecordOf } from './records.ts'
import { type Author, type MergedChanges, type Outgoing, Replica, type StoredFrame } from './replica.ts'
import type { Room } from './room.ts'
import { versionOf } from './slot.ts'
import { Sync } from './sync.ts'
import type { RemoteChange } from './touched.ts'

/** Frames in the log before it is looked whether a snapshot would be smaller, and the history too long. */
const COMPACT_EVERY = 512
const COMPACT_BYTES = 65_536

/** One process's share of a namespace: its replica, kept in the store and in step with the others. */
/** On the clock's `monotonicMs`. */
type Timed<value> = value & { readonly beganMs: number }

export class Namespace {
  readonly definition: StateDefinition
  /** Plugins of this process that opened it. */
  readonly plugins = new Set<string>()
  readonly #room: Room
  readonly #sync: Sync | undefined
  readonly #listeners = new Set<(change: StateChange) => void>()
  #replica: Replica
  /** The last frame of the log that is in the replica. */
  #lastId = 0
  /** Frames in the log since it was looked whether that is too many; those of processes before this one count. */
  #appended = 0
  /** What came over the bus from other stores and is not in this one yet. */
  #foreign: { frame: Frame; record: NewRecord }[] = []
  #answers: NewRecord[] = []
  #isDirty = false
  #conflicts: StateConflict[] = []
  /** By plugins of this process. */
  reads = 0
  writes = 0
  #acknowledgement: Promise<void> | undefined
  /** Why the replica was read again last. */
  #failure: unknown
  /** The version that the log has come to, once that is newer than the one here: from then on this replica is only read. */
  #newer: number | undefined
  #isClosed = false

  /** @throws the STORE_ codes */
  constructor(room: Room, definition: StateDefinition) {
    this.#room = room
    this.definition = definition
    this.#replica = this.#load()
    this.#sync = definition.access === 'private' ? undefined : new Sync(room, this)
  }

  get replica(): Replica {
    return this.#replica
  }

  /** The plugin of this process in whose name what a join made is sent. */
  get carrier(): string | undefined {
    for (const plugin of this.plugins) if (this.#room.access.mayWrite(plugin, this.definition) === undefined) return plugin
    return undefined
  }

  /** Whether a newer version of the plugin has written to the store. */
  get isOutdated(): boolean {
    return this.#newer !== undefined
  }

  join(plugin: string): void {
    if (this.plugins.has(plugin)) return
    this.plugins.add(plugin)
    this.#sync?.join(plugin)
  }

  /** Looks for what the others have and this replica lacks. */
  ask(): void {
    this.#sync?.ask()
  }

  watch(listener: (change: StateChange) => void): () => void {
    this.#listeners.add(listener)
    return () => void this.#listeners.delete(listener)
  }

  /** Runs the change; resolves once it is in the store. All changes of a turn share one acknowledgement. */
  write(change: (replica: Replica) => void): Promise<void> {
    if (this.#isClosed) throw stateClosed(this.definition.namespace)
    // Looked at once a turn: what is changed in memory after that may have to be taken back.
    if (this.#acknowledgement === undefined) this.#lookForNewer()
    this.#assertCurrent()
    change(this.#replica)
    this.writes++
    return this.#acknowledge()
  }

  /** Resolves once nothing waits to be stored. */
  settled(): Promise<void> {
    if (this.isOutdated) return Promise.resolve()
    const { hasDrafts, outbox } = this.#replica
    return hasDrafts || outbox.length > 0 || this.#acknowledgement !== undefined ? this.#acknowledge() : Promise.resolve()
  }

  async compareAndSet(
    view: FieldView,
    key: string,
    version: string | undefined,
    { author, value, expiresMs, lock }: { author: Author; value: unknown; expiresMs: number | undefined; lock: StateLock | undefined },
  ): Promise<boolean> {
    let lost: unknown
    const done = await this.#commit(() => {
      const there = view.winner(key, this.#room.clock.now)
      if ((there && versionOf(there)) !== version) return false
      try {
        if (lock !== undefined) this.#room.locks.assertHeld(lock)
      } catch (error) {
        lost = error
        return false
      }
      this.#replica.put(view, key, value, author, 'set', expiresMs)
      return true
    })
    if (lost !== undefined) throw lost
    if (done) this.writes++
    return done
  }

  /** Reads what other processes put into the store; cheap when there is nothing. */
  async catchUp(): Promise<void> {
    this.#lookForNewer()
    if (this.isOutdated) return
    if (this.#room.log.tip(this.definition.namespace) > this.#lastId) await this.#commit(() => {})
  }

  /** Removes values whose time is over. */
  async expire(): Promise<void> {
    const { carrier } = this
    if (carrier === undefined || this.isOutdated) return
    const nowMs = this.#room.clock.now()
    const overdue = [...this.#replica.views.values()]
      .map((view) => [view, view.overdue(nowMs)] as const)
      .filter(([, keys]) => keys.length > 0)
    if (overdue.length === 0) return
    const author: Author = { writer: carrier, correlationId: undefined }
    await this.write((replica) => {
      for (const [view, keys] of overdue) for (const key of keys) replica.drop(view, key, author, 'expire')
    })
  }

  /** Writes snapshots in place of the log; moves crowded documents where this process may. Returns how many moved. */
  async compact(): Promise<number> {
    this.#lookForNewer()
    if (this.isOutdated) return 0
    const { log } = this.#room
    const { namespace } = this.definition
    // Of a document that nobody has read yet it is not known what has expired.
    for (const view of this.#replica.views.values()) view.show?.()
    await this.expire()
    return this.#commit((append) => {
      append()
      const { carrier } = this
      const crowded = carrier === undefined ? [] : this.#replica.crowded()
      if (crowded.length > 0) this.#replica.rotate(crowded, carrier!)
      append()
      for (const snapshot of this.#replica.snapshots()) log.saveSnapshot(namespace, snapshot, this.#lastId)
      log.cut(namespace, this.#lastId)
      this.#appended = 0
      return crowded.length
    })
  }

  async close(): Promise<void> {
    if (this.#isClosed) return
    await this.settled()
    this.#isClosed = true
    await this.#sync?.close()
    this.#listeners.clear()
  }

  /** Of a frame or an answer that came over the bus: shows, keeps and tells what it changed. */
  merged(from: string, node: string, { beganMs, ...merged }: Timed<MergedChanges>, frame?: Frame): void {
    if (frame !== undefined) this.#foreign.push({ frame, record: remoteRecordOf(this.#replica, frame, merged.changes) })
    this.#took(from, node, merged, beganMs, frame?.correlationId)
  }

  /** Of an answer of another store: what it brought is kept as snapshots. */
  answered(from: string, node: string, { beganMs, ...merged }: Timed<MergedChanges>): void {
    const { changes, edits } = merged
    this.#isDirty = true
    const parts = edits === undefined ? [] : [edits]
    const now = { node, seq: 0, stamp: 0, writer: from, atMs: this.#room.clock.now(), correlationId: undefined, parts }
    if (changes.length > 0) this.#answers.push(remoteRecordOf(this.#replica, now, changes))
    this.#took(from, node, merged, beganMs)
  }

  #took(from: string, node: string, { changes, conflicts }: MergedChanges, beganMs: number, correlationId?: string): void {
    this.#conflicts.push(...conflicts)
    this.#tell(changes, from, false)
    const { namespace } = this.definition
    this.#room.emit('merged', { namespace, from, node, correlationId, tookMs: this.#room.clock.monotonicMs() - beganMs })
    const isDue = this.#foreign.length > 0 || this.#isDirty || this.#conflicts.length > 0 || this.#replica.outbox.length > 0
    if (isDue) this.#acknowledge().catch(() => {})
  }

  #acknowledge(): Promise<void> {
    if (this.#acknowledgement === undefined) {
      const acknowledgement = this.#commit(() => {
        if (this.#acknowledgement === acknowledgement) this.#acknowledgement = undefined
      })
      this.#acknowledgement = acknowledgement
    }
    return this.#acknowledgement
  }

  /** In the store's group commit: takes what others wrote, runs the work, keeps what there is to keep, and sends it afterwards. */
  async #commit<result>(work: (append: () => void) => result): Promise<result> {
    this.#assertCurrent()
    const replica = this.#replica
    const sent: Outgoing[] = []
    const told: StateConflict[] = []
    const append = (): void => this.#append(sent, told)
    try {
      const result = await this.#room.store.commit(
        () => {
          if (this.#replica !== replica) throw this.#failure
          this.#lookForNewer()
          this.#assertCurrent()
          this.#follow()
          const result = work(append)
          append()
          return result
        },
        { durable: this.#room.durable },
      )
      this.#sent(sent)
      for (const conflict of told) this.#announce(conflict)
      return result
    } catch (error) {
      this.#reload(replica, error)
      throw error
    }
  }

  /** Whoever opens or writes a newer version says so in the store before anything of it is there. */
  #lookForNewer(): void {
    if (this.#newer !== undefined) return
    const { namespace, version } = this.definition
    const found = this.#room.log.version(namespace)
    if (found <= version) return
    this.#newer = found
    this.#refused(`the log has come to version ${found}, newer than ${version}`, `newer|${namespace}|${this.#room.node}|${found}`)
  }

  /** @throws STATE_NEWER */
  #assertCurrent(): void {
    const { namespace, version } = this.definition
    if (this.#newer !== undefined) throw stateNewer('write', namespace, version, this.#newer)
  }

  #follow(): void {
    const { log } = this.#room
    const { namespace } = this.definition
    const tip = log.tip(namespace)
    if (tip <= this.#lastId) return
    const heads = log.heads(namespace)
    const changes: RemoteChange[] = []
    const take = (merged: MergedChanges): void => {
      changes.push(...merged.changes)
      this.#conflicts.push(...merged.conflicts)
    }
    const damaged = (shard: number): void => this.#dropped(`snapshot ${shard}`)
    for (const snapshot of log.snapshots(namespace, this.#lastId, damaged)) take(this.#replica.mergeSnapshot(snapshot, heads))
    for (const { id, node, seq, stamp, parts } of log.since(namespace, this.#lastId)) {
      this.#appended++
      if (parts === undefined) this.#dropped(`frame ${id}`)
      if (parts === undefined || node === this.#replica.node || seq === 0) continue
      const merged = this.#replica.merge({ node, seq, stamp, parts }, { trusted: true })
      if (merged.outcome === 'merged') take(merged)
    }
    this.#replica.hear(heads)
    this.#lastId = tip
    this.#tell(changes, '', false)
  }

  /** Inside a transaction, after `#follow`. */
  #append(sent: Outgoing[], told: StateConflict[]): void {
    const { log, history } = this.#room
    const { namespace } = this.definition
    const replica = this.#replica
    replica.settle()
    const outgoing = replica.outbox.splice(0)
    if (outgoing.length > 0 || this.#foreign.length > 0 || this.#isDirty) log.raiseVersion(namespace, this.definition.version)
    for (const { frame, steps } of outgoing) {
      this.#lastId = log.append(namespace, frame)
      if (steps.length > 0) history.add(recordOf(this.definition, frame, steps))
    }
    sent.push(...outgoing)
    if (outgoing.length > 0) log.saveHead(namespace, replica.node, replica.heads.get(replica.node)!)
    if (this.#foreign.length > 0 || this.#isDirty) this.#appendForeign()
    told.push(...this.#conflicts.filter((conflict) => history.add(conflictRecordOf(conflict, this.#replica.node, this.#room.clock.now()))))
    this.#conflicts = []
    this.#appended += outgoing.length
    if (this.#appended >= COMPACT_EVERY) this.#compactIfWorthIt()
  }

  #appendForeign(): void {
    const { log, history } = this.#room
    const { namespace } = this.definition
    const stored = log.heads(namespace)
    for (const { frame, record } of this.#foreign) {
      // Another process of this store may have brought it already.
      if ((stored.get(frame.node)?.seq ?? 0) >= frame.seq) continue
      this.#lastId = log.append(namespace, frame)
      this.#appended++
      history.add(recount(record, this.#replica.views))
    }
    this.#foreign = []
    if (this.#isDirty) {
      this.#lastId = log.mark(namespace)
      for (const snapshot of this.#replica.snapshots()) log.saveSnapshot(namespace, snapshot, this.#lastId)
      for (const record of this.#answers) history.add(recount(record, this.#replica.views))
      this.#answers = []
      this.#isDirty = false
    }
    for (const [node, head] of this.#replica.heads) log.saveHead(namespace, node, head)
  }

  #compactIfWorthIt(): void {
    this.#appended = 0
    const { history, historyCount } = this.#room
    history.prune(historyCount, Math.ceil(historyCount / 8))
    const { frameBytes, snapshotBytes } = this.#room.log.sizes(this.definition.namespace)
    if (frameBytes < COMPACT_BYTES + 2 * snapshotBytes) return
    this.compact().catch((error) => this.#room.emit('fault', { error, doing: `compacting "${this.definition.namespace}"` }))
  }

  #sent(sent: readonly Outgoing[]): void {
    for (const { frame, steps } of sent) {
      this.#sync?.send(frame)
      this.#tell(steps, frame.writer, true)
    }
  }

  #announce(conflict: StateConflict): void {
    this.#room.emit('conflict', conflict)
    this.#sync?.announce(conflict)
  }

  #tell(changes: readonly RemoteChange[], writer: string, local: boolean): void {
    if (this.#listeners.size === 0) return
    const { namespace } = this.definition
    // What can be read now is told, so a key that changed twice at once is told once.
    const unique = new Map(changes.map((change) => [`${change.field}:${change.key}`, change]))
    for (const { field, key } of unique.values()) {
      const view = this.#replica.views.get(field)
      if (view === undefined) continue
      const { kind } = view.field
      const slot = view.cell(key)
      const change: StateChange = {
        namespace,
        field,
        key: kind === 'map' ? key : undefined,
        value: readField(this.#replica, view, kind === 'map' || kind === 'set' ? key : undefined, this.#room.clock.now()),
        writer: slot?.writer ?? (writer === '' ? this.#replica.owner : writer),
        local,
      }
      for (const listener of this.#listeners) {
        try {
          listener(change)
        } catch (error) {
          this.#room.emit('fault', { error, doing: `telling a watcher of "${namespace}"` })
        }
      }
    }
  }

  #dropped(what: string): void {
    this.#refused(`${what} of the log is damaged and was left out`, `damaged|${this.definition.namespace}|${what}`)
  }

  /** Of something in the store. */
  #refused(reason: string, once: string): void {
    const { namespace } = this.definition
    const { clock, node } = this.#room
    this.#room.emit('refused', { namespace, from: 'store', reason })
    this.#room.record({ kind: 'refused', namespace, atMs: clock.now(), who: 'store', node, reason, once })
  }

  // The store

  /** Where the log has come to a newer version, `upto` is the last frame that is taken of it. */
  #load(views?: Replica['views'], upto = Infinity): Replica {
    const { store, log, node, stamps, clock } = this.#room
    const { namespace } = this.definition
    const replica = new Replica({
      definition: this.definition,
      node,
      stamps,
      nowMs: clock.now,
      carrier: () => this.carrier,
      ...(views !== undefined && { views }),
    })
    const damaged: string[] = []
    const kept = store.transact(() => ({
      version: log.version(namespace),
      snapshots: log.snapshots(namespace, -1, (shard) => damaged.push(`snapshot ${shard}`)),
      frames: log.since(namespace, 0).filter(({ id }) => id <= upto),
      heads: log.heads(namespace),
      tip: Math.min(log.tip(namespace), upto),
    }))
    if (kept.version > this.definition.version && upto === Infinity)
      throw stateNewer('open', namespace, this.definition.version, kept.version)
    const sound = kept.frames.filter(({ parts }) => parts !== undefined) as (StoredFrame & { id: number })[]
    for (const { id, parts } of kept.frames) if (parts === undefined) damaged.push(`frame ${id}`)
    for (const what of damaged) this.#dropped(what)
    replica.load(kept.snapshots, sound, kept.heads)
    this.#lastId = kept.tip
    this.#appended = kept.frames.length
    return replica
  }

  /** What could not be stored must not stay in memory, and with it goes all that was built on it. */
  #reload(failed: Replica, error: unknown): void {
    if (this.#replica !== failed) return
    this.#failure = error
    this.#acknowledgement = undefined
    this.#foreign = []
    this.#answers = []
    this.#conflicts = []
    try {
      this.#lookForNewer()
      // Where the newer version has compacted, what was here before cannot be told apart any more: then the last turn stays to be read.
      if (this.isOutdated && this.#room.log.snapshots(this.definition.namespace, this.#lastId, () => {}).length > 0) return
      for (const view of failed.views.values()) view.clear()
      this.#replica = this.#load(failed.views, this.isOutdated ? this.#lastId : Infinity)
      this.ask()
    } catch (error) {
      this.#room.emit('fault', { error, doing: `reading "${this.definition.namespace}" again` })
    }
  }
}
