import type { PublishOptions } from './api.ts'
import { DeliveryContext, type Outlet } from './context.ts'
import type { Core } from './core.ts'
import { type Cause, Envelope, EVENT_TERMS, parentOf, rootOf, type Terms } from './envelope.ts'
import { expired, queueFull } from './errors.ts'
import { checkedDestination, checkedHeaders, checkedKey, checkedPriority, inherited } from './headers.ts'
import { readTraceparent, Trace, type TraceRoot } from './ids.ts'
import { Blocked, type Crowd, type Mailbox } from './mailbox.ts'
import { sealPayload } from './payload.ts'
import { type Route, Source } from './route.ts'
import { soon } from './soon.ts'
import { createTopicTrie } from './topic-trie.ts'

const DONE: Promise<void> = Promise.resolve()
/** After so many rounds of microtasks in a row the event loop gets its turn, so that handlers that publish cannot starve it. */
const ROUNDS = 1_000
/** How long a publisher waits for room at most. */
const BLOCK_MS = 30_000

/** Those who listen in other processes. */
export interface Outward {
  reaches(topic: string): boolean
  /** A promise when the publisher has to wait. @throws what the link refuses */
  publish(envelope: Envelope): Promise<void> | undefined
}

/** Topics that are on disk before they are acknowledged. */
export interface Durably {
  isDurable(topic: string): boolean
  /** Resolves with the message's sequence. */
  append(envelope: Envelope): Promise<number>
}

/** The topics of one process: who listens, and what is on its way to them. */
export class Exchange {
  readonly #core: Core
  readonly #trie = createTopicTrie<Mailbox>()
  readonly crowd: Crowd = { unready: 0 }
  #version = 0
  outward: Outward | undefined
  durable: Durably | undefined
  /** Topics of all senders elsewhere. */
  readonly #foreign = new Source('')
  /** Messages of this turn, each with its receivers as they were when it was published. */
  #batch: Envelope[] = []
  #batchTargets: (readonly Mailbox[])[] = []
  #batchBytes = 0
  /** Not all of one priority, so that the queues have to order them. */
  #mixed = false
  #sparedBatch: Envelope[] = []
  #sparedTargets: (readonly Mailbox[])[] = []
  #scheduled: Mailbox[] = []
  #flushing = false
  #rounds = 0
  /** Wall time of this turn; NaN until read. */
  #nowMs = Number.NaN
  /** What publishers wait for: nothing, unless the event loop has to get its turn first. */
  #turn = DONE
  #endTurn: () => void = () => {}
  #immediate: NodeJS.Immediate | undefined

  constructor(core: Core) {
    this.#core = core
  }

  add(mailbox: Mailbox): void {
    this.#trie.add(mailbox.pattern, mailbox)
    this.#version++
  }

  remove(mailbox: Mailbox): void {
    if (this.#trie.remove(mailbox.pattern, mailbox)) this.#version++
    mailbox.close()
    this.#core.delivered += mailbox.delivered
  }

  /** One promise for all, unless the publisher has to wait. @throws VALIDATION, PAYLOAD_TOO_LARGE, EXPIRED */
  publish(source: Source, cause: Cause | undefined, topic: string, payload: unknown, options: PublishOptions | undefined): Promise<void> {
    const route = source.route(topic)
    if (route.version !== this.#version) this.#refresh(route)
    const isOutward = this.outward?.reaches(topic) === true
    const isDurable = this.durable?.isDurable(topic) === true
    const isTraced = cause !== undefined && this.#core.hooks.published !== undefined
    if (route.targets.length === 0 && options === undefined && !isOutward && !isDurable && !isTraced) {
      // Nobody would see the message, so it is only checked and counted.
      sealPayload(payload, this.#core.maxMessageBytes, topic)
      route.sequence++
      this.#core.published++
      return DONE
    }
    const envelope = this.envelope(source, route, cause, payload, options, EVENT_TERMS)
    if (isDurable) return this.#publishDurably(envelope, route)
    if (!isOutward) return this.#take(envelope, route)
    const sent = this.outward!.publish(envelope)
    const taken = this.#take(envelope, route)
    return sent === undefined ? taken : Promise.all([sent, taken]).then(() => undefined)
  }

  /** On disk first; those who listen without a name, here and elsewhere, hear of it then. */
  async #publishDurably(envelope: Envelope, route: Route): Promise<void> {
    envelope.sequence = await this.durable!.append(envelope)
    if (this.outward?.reaches(envelope.topic) === true) await this.outward.publish(envelope)
    if (this.#core.state !== 'closed') await this.#take(envelope, route)
  }

  /** A message of another process. */
  inject(envelope: Envelope): void {
    const route = this.#foreign.route(envelope.topic)
    // Nobody here waits for room: a publisher elsewhere cannot be made to.
    this.#take(envelope, route).catch(() => {})
  }

  /** What a publish becomes, checked and numbered. @throws VALIDATION, PAYLOAD_TOO_LARGE, EXPIRED */
  envelope(
    source: Source,
    route: Route,
    cause: Cause | undefined,
    payload: unknown,
    options: PublishOptions | undefined,
    defaults: Terms,
  ): Envelope {
    const { topic } = route
    const core = this.#core
    const bytes = sealPayload(payload, core.maxMessageBytes, topic)
    // Only a turn of messages ends with a flush, which forgets the time.
    const isOfTurn = defaults === EVENT_TERMS
    if (isOfTurn && Number.isNaN(this.#nowMs)) this.#nowMs = core.clock.now()
    const sentAtMs = isOfTurn ? this.#nowMs : core.clock.now()
    let terms = defaults
    let priority = 5
    let root: TraceRoot | undefined
    if (options !== undefined) {
      priority = checkedPriority(options.priority, topic)
      terms = this.#terms(options, cause, topic, defaults)
      root = cause === undefined ? readTraceparent(core.ids, options.headers?.traceparent)?.root : undefined
    } else if (cause !== undefined && (cause.extra !== undefined || cause.foreign !== undefined || cause.handling !== undefined)) {
      terms = { ...defaults, extra: inherited(cause.extra), causationId: cause.foreign?.id, parentSpan: parentOf(cause) }
    }
    if (cause !== undefined) root = rootOf(cause)
    route.sequence++
    const { identity } = source
    return new Envelope(core.ids, topic, identity, priority, route.sequence, payload, bytes, sentAtMs, root, cause?.number ?? 0, terms)
  }

  #terms(options: PublishOptions, cause: Cause | undefined, topic: string, defaults: Terms): Terms {
    const { destination, messageType, headers, correlationId, causationId, idempotencyKey, ttlMs = Number.POSITIVE_INFINITY } = options
    if (!(ttlMs > 0)) throw expired(topic)
    const { clock, ids } = this.#core
    const isMortal = ttlMs !== Number.POSITIVE_INFINITY
    const extra = inherited(cause?.extra)
    return {
      destination: checkedDestination(destination, topic),
      messageType: messageType ?? defaults.messageType,
      extra: headers === undefined ? extra : checkedHeaders(headers, extra, topic),
      correlationId,
      causationId: causationId ?? cause?.foreign?.id,
      idempotencyKey: checkedKey(idempotencyKey, topic),
      parentSpan: cause === undefined ? readTraceparent(ids, headers?.traceparent)?.span : parentOf(cause),
      expiresAtMs: isMortal ? clock.monotonicMs() + ttlMs : undefined,
      expiresAtWallMs: isMortal ? clock.now() + ttlMs : undefined,
    }
  }

  /** Takes a message for those who listen here. */
  #take(envelope: Envelope, route: Route): Promise<void> {
    if (route.version !== this.#version) this.#refresh(route)
    const all = route.targets
    const { destination } = envelope.terms
    const targets = destination === '*' ? all : all.filter(({ identity, observe }) => identity === destination || observe)
    const core = this.#core
    core.published++
    if (core.hooks.published !== undefined && envelope.foreign === undefined) this.#tellPublished(envelope, targets.length)
    if (targets.length === 0) {
      if (this.#batch.length === 0) this.#nowMs = Number.NaN
      return DONE
    }
    const total = this.#batchBytes + envelope.bytes
    if (this.#batch.length >= route.room || total > route.roomBytes || !this.#allHaveRoom(targets, total))
      return this.#takeSlowly(envelope, targets)
    if (this.#batch.length > 0 && this.#batch[0]!.priority !== envelope.priority) this.#mixed = true
    this.#batch.push(envelope)
    this.#batchTargets.push(targets)
    this.#batchBytes += envelope.bytes
    if (!this.#flushing) this.#wake()
    return this.#turn
  }

  #tellPublished(envelope: Envelope, receivers: number): void {
    const core = this.#core
    const trace = new Trace(core.ids, rootOf(envelope), envelope.number, envelope.parentSpan)
    core.tell(core.hooks.published, { message: envelope.sealed, receivers, trace, atMs: core.wallMs(core.clock.monotonicMs()) })
  }

  #refresh(route: Route): void {
    route.version = this.#version
    route.targets = this.#trie.match(route.topic)
    route.room = Number.POSITIVE_INFINITY
    route.roomBytes = Number.POSITIVE_INFINITY
    for (const { maxCount, maxBytes } of route.targets) {
      if (maxCount < route.room) route.room = maxCount
      if (maxBytes < route.roomBytes) route.roomBytes = maxBytes
    }
  }

  #allHaveRoom(targets: readonly Mailbox[], total: number): boolean {
    const count = this.#batch.length + 1
    for (let index = 0; index < targets.length; index++) {
      const target = targets[index]!
      if (!target.ready && !target.hasRoom(count, total)) return false
    }
    return true
  }

  /** Somebody may have no room: everything goes into the queues, where the overflow rule of each decides. */
  #takeSlowly(envelope: Envelope, targets: readonly Mailbox[]): Promise<void> {
    this.#spill()
    let blocked: Blocked | undefined
    const block = (): Blocked => {
      blocked ??= new Blocked(envelope.topic)
      return blocked
    }
    const refused: string[] = []
    for (const target of targets) if (!target.offer(envelope, block)) refused.push(target.identity)
    if (refused.length > 0) {
      // Nobody will look at a promise that is not returned.
      blocked?.promise.catch(() => {})
      return Promise.reject(queueFull(envelope.topic, refused))
    }
    if (blocked === undefined) return DONE
    this.#core.wheel.add(blocked, Math.min(envelope.expiresAtMs, this.#core.clock.monotonicMs() + BLOCK_MS))
    return blocked.promise
  }

  /** Moves the turn's messages into the queues of their receivers, who have room for them. */
  #spill(): void {
    for (let index = 0; index < this.#batch.length; index++) {
      const envelope = this.#batch[index]!
      for (const target of this.#batchTargets[index]!) target.enqueue(envelope)
    }
    this.#batch.length = 0
    this.#batchTargets.length = 0
    this.#batchBytes = 0
    this.#mixed = false
  }

  /** Lets a mailbox hand out what waits in it, at the next turn. */
  readonly schedule = (mailbox: Mailbox): void => {
    if (mailbox.scheduled) return
    mailbox.scheduled = true
    this.#scheduled.push(mailbox)
    if (!this.#flushing) this.#wake()
  }

  #wake(): void {
    this.#flushing = true
    if (++this.#rounds < ROUNDS) {
      soon(this.#flush)
      return
    }
    this.#rounds = 0
    // Publishers wait too, as a loop of theirs would keep the turn from coming.
    const { promise, resolve } = Promise.withResolvers<void>()
    this.#turn = promise
    this.#endTurn = resolve
    this.#immediate = setImmediate(() => {
      this.#turn = DONE
      this.#flush()
      resolve()
    })
  }

  readonly #flush = (): void => {
    this.#immediate = undefined
    if (this.#mixed) this.#spill()
    const batch = this.#batch
    const batchTargets = this.#batchTargets
    this.#batch = this.#sparedBatch
    this.#batchTargets = this.#sparedTargets
    this.#batchBytes = 0
    this.#nowMs = Number.NaN
    for (let index = 0; index < batch.length; index++) {
      const envelope = batch[index]!
      const targets = batchTargets[index]!
      if (envelope.terms.expiresAtMs === undefined) this.#deliver(envelope, targets)
      else for (const target of targets) target.enqueue(envelope)
    }
    batch.length = 0
    batchTargets.length = 0
    this.#sparedBatch = batch
    this.#sparedTargets = batchTargets
    const scheduled = this.#scheduled
    if (scheduled.length > 0) {
      this.#scheduled = []
      for (const mailbox of scheduled) {
        mailbox.scheduled = false
        mailbox.pump()
      }
    }
    this.#flushing = false
    if (this.#batch.length > 0 || this.#scheduled.length > 0) this.#wake()
    else this.#core.ended()
  }

  #deliver(envelope: Envelope, targets: readonly Mailbox[]): void {
    let context: DeliveryContext | undefined
    let outlet: Outlet | undefined
    for (let place = 0; place < targets.length; place++) {
      const target = targets[place]!
      if (!target.ready) {
        target.enqueue(envelope)
        continue
      }
      // One context does for all handlers of a handle, until one of them keeps it.
      if (context === undefined || outlet !== target.outlet) {
        outlet = target.outlet
        context = new DeliveryContext(outlet, envelope)
      }
      if (target.deliver(envelope, context)) context = undefined
    }
  }

  /** Whether messages are on their way that no mailbox has yet. */
  get busy(): boolean {
    return this.#flushing
  }

  close(): void {
    if (this.#immediate !== undefined) clearImmediate(this.#immediate)
    this.#endTurn()
    this.#batch.length = 0
    this.#batchTargets.length = 0
    this.#scheduled.length = 0
  }
}
