import type { BusClient, Subscription } from '@switchyard/bus'
import type { Message } from '@switchyard/contracts'
import { ownerOf } from './access.ts'
import type { StateConflict } from './api.ts'
import { decodeParts, encodeParts, type Frame } from './frame.ts'
import type { Namespace } from './namespace.ts'
import { createAssembly, type Envelope, isPiece, type Piece, toPieces } from './parcel.ts'
import type { Head } from './replica.ts'
import type { Room } from './room.ts'
import { isStamp } from './stamp.ts'

/** After this long without an answer it is asked again. */
const ASK_AGAIN_MS = 1_000

/** A namespace on the bus: `state/{owner}/change`, `ask` and `answer`. A private one has none. */
export class Sync {
  readonly #room: Room
  readonly #namespace: Namespace
  readonly #clients = new Map<string, BusClient>()
  readonly #subscriptions: Subscription[] = []
  readonly #assembly = createAssembly()
  /** When each node was asked last. */
  readonly #asked = new Map<string, number>()

  constructor(room: Room, namespace: Namespace) {
    this.#room = room
    this.#namespace = namespace
  }

  /** Listens as this plugin, which is what directed messages are sent to. */
  join(plugin: string): void {
    const client = this.#room.client(plugin)
    const { namespace } = this.#namespace.definition
    this.#clients.set(plugin, client)
    const [first] = this.#clients.keys()
    const isOurs = ({ payload, destination }: Message): boolean => {
      const piece = payload as Partial<Piece> | null
      if (piece?.namespace !== namespace || piece.node === this.#room.node) return false
      // What is for everybody comes to each plugin here, and one of them is enough.
      return destination !== '*' || plugin === first
    }
    this.#subscriptions.push(
      client.subscribe(`state/${ownerOf(namespace)}/*`, (payload, message) => this.#receive(payload, message), { filter: isOurs }),
    )
  }

  async close(): Promise<void> {
    await Promise.all(this.#subscriptions.map((subscription) => subscription.close()))
  }

  send({ node, seq, stamp, writer, atMs, correlationId, parts }: Frame): void {
    const head = { seq, stamp, atMs, ...(correlationId !== undefined && { correlationId }) }
    this.#publish(writer, 'change', this.#audience(), this.#envelope(head, node), encodeParts(parts))
  }

  /** Asks one node, or whoever has something. */
  ask(node?: string): void {
    // A question from who may write tells the other side that there is something to ask for here, too.
    const asker = this.#namespace.carrier ?? this.#namespace.plugins.values().next().value
    if (asker === undefined || this.#namespace.isOutdated) return
    const nowMs = this.#room.clock.monotonicMs()
    if (node !== undefined && nowMs - (this.#asked.get(node) ?? -Infinity) < ASK_AGAIN_MS) return
    this.#asked.set(node ?? '*', nowMs)
    const { replica, definition } = this.#namespace
    const heads = [...replica.heads].map(([node, { seq }]) => [node, seq])
    // Only who may write has an answer that counts: where that is not everybody, nobody else is asked.
    const audience = definition.access === 'public' ? ['*'] : this.#audience()
    this.#publish(asker, 'ask', audience, this.#envelope({ heads, ...(node !== undefined && { to: node }) }), replica.ask())
  }

  announce(conflict: StateConflict): void {
    const sender = this.#namespace.plugins.values().next().value
    if (sender === undefined) return
    for (const destination of this.#audience()) this.#post(sender, 'state/conflict', conflict, destination)
  }

  #audience(): readonly string[] {
    const { access, namespace, readers } = this.#namespace.definition
    return access === 'public' ? ['*'] : [ownerOf(namespace), ...readers]
  }

  #envelope(head: Piece['head'], node = this.#room.node): Envelope {
    const { namespace, version } = this.#namespace.definition
    return { namespace, version, store: this.#room.log.storeId, node, head }
  }

  #publish(plugin: string, verb: string, audience: readonly string[], envelope: Envelope, bytes: Uint8Array): void {
    const topic = `state/${ownerOf(envelope.namespace)}/${verb}`
    for (const piece of toPieces(envelope, bytes)) for (const destination of audience) this.#post(plugin, topic, piece, destination)
  }

  #post(plugin: string, topic: string, payload: unknown, destination: string): void {
    const client = this.#clients.get(plugin) ?? this.#room.client(plugin)
    client.publish(topic, payload, { destination }).catch((error) => this.#room.emit('fault', { error, doing: `publishing on "${topic}"` }))
  }

  // What comes in

  #receive(payload: unknown, { topic, source }: Message): void {
    const verb = topic.slice(topic.lastIndexOf('/') + 1)
    const { access } = this.#room
    const denial = verb === 'ask' ? access.mayAsk(source, this.#namespace.definition) : access.mayTell(source, this.#namespace.definition)
    const { version } = this.#namespace.definition
    const problem = denial ?? (isPiece(payload) ? undefined : 'it is no message of shared state')
    if (problem !== undefined || !isPiece(payload)) {
      this.#refuse(source, problem!)
      return
    }
    if (verb !== 'ask' && payload.version > version) {
      this.#refuse(source, `its schema is version ${payload.version}, newer than ${version}`)
      return
    }
    // Nothing more could be kept, and what others ask for is in the store under the newer version.
    if (this.#namespace.isOutdated) return
    try {
      const bytes = this.#assembly.add(`${source}/${payload.node}/${verb}`, payload)
      if (bytes === undefined) return
      if (verb === 'change') this.#change(source, payload, bytes)
      else if (verb === 'ask') this.#question(source, payload, bytes)
      else if (verb === 'answer') this.#answer(source, payload, bytes)
    } catch (error) {
      this.#refuse(source, error instanceof Error ? error.message : String(error))
      if (verb === 'change') this.ask(payload.node)
    }
  }

  #change(source: string, { node, store, head }: Piece, bytes: Uint8Array): void {
    const { seq, stamp, atMs, correlationId } = head
    if (!Number.isSafeInteger(seq) || !isStamp(stamp) || typeof atMs !== 'number') throw new TypeError('its head is wrong')
    const why = typeof correlationId === 'string' ? correlationId : undefined
    const frame: Frame = { node, seq: seq as number, stamp, writer: source, atMs, correlationId: why, parts: decodeParts(bytes) }
    const isOurStore = store === this.#room.log.storeId
    const beganMs = this.#room.clock.monotonicMs()
    const merged = this.#namespace.replica.merge(frame)
    switch (merged.outcome) {
      case 'merged':
        this.#namespace.merged(source, node, { ...merged, beganMs }, isOurStore ? undefined : frame)
        return
      case 'refused':
        this.#refuse(source, merged.reason)
        return
      case 'known':
        return
      case 'gap':
        this.#room.emit('gap', { namespace: this.#namespace.definition.namespace, node })
    }
    // A node of this store has put everything there before it was sent.
    if (isOurStore) this.#quietly(this.#namespace.catchUp())
    else this.ask(node)
  }

  #question(source: string, { node, store, head }: Piece, bytes: Uint8Array): void {
    if (head.to !== undefined && head.to !== this.#room.node) return
    const { carrier, replica } = this.#namespace
    const theirs = headsOf(head.heads)
    if (store === this.#room.log.storeId || carrier === undefined) return
    const isTeller = this.#room.access.mayTell(source, this.#namespace.definition) === undefined
    const isAhead = [...theirs].some(([other, { seq }]) => seq > (replica.heads.get(other)?.seq ?? 0))
    if (isTeller && (isAhead || replica.isBehind(bytes))) this.ask(node)
    // Nothing leaves this process before it is in the store.
    this.#quietly(
      this.#namespace.settled().then(() => {
        const { replica } = this.#namespace
        const answer = replica.answer(bytes, theirs)
        if (answer === undefined) return
        const heads = [...replica.heads].map(([node, { seq, stamp }]) => [node, seq, stamp])
        this.#publish(carrier, 'answer', [source], this.#envelope({ to: node, heads }), answer)
      }),
    )
  }

  #answer(source: string, { node, head }: Piece, bytes: Uint8Array): void {
    if (head.to !== this.#room.node) return
    this.#asked.delete(node)
    const beganMs = this.#room.clock.monotonicMs()
    const merged = this.#namespace.replica.take(bytes, headsOf(head.heads))
    if (merged.outcome === 'refused') this.#refuse(source, merged.reason)
    if (merged.outcome !== 'merged') return
    if (merged.refused !== undefined) this.#refuse(source, merged.refused)
    if (merged.refused === undefined || merged.changes.length > 0) this.#namespace.answered(source, node, { ...merged, beganMs })
  }

  #refuse(from: string, reason: string): void {
    const { namespace } = this.#namespace.definition
    const atMs = this.#room.clock.now()
    this.#room.emit('refused', { namespace, from, reason })
    // One record a minute tells as much as thousands would.
    const once = ['refused', namespace, from, reason, Math.floor(atMs / 60_000)].join('|')
    this.#room.record({ kind: 'refused', namespace, atMs, who: from, node: this.#room.node, reason, once })
  }

  #quietly(work: Promise<void>): void {
    work.catch((error) => this.#room.emit('fault', { error, doing: `keeping "${this.#namespace.definition.namespace}" in step` }))
  }
}

/** @throws TypeError */
function headsOf(list: unknown): Map<string, Head> {
  const heads = new Map<string, Head>()
  if (!Array.isArray(list)) throw new TypeError('its heads are no list')
  for (const [node, seq, stamp = 0] of list as unknown[][]) {
    const isHead = typeof node === 'string' && Number.isSafeInteger(seq) && (seq as number) >= 0 && (stamp === 0 || isStamp(stamp))
    if (!isHead) throw new TypeError('a head is wrong')
    heads.set(node, { seq: seq as number, stamp: stamp as number })
  }
  return heads
}
