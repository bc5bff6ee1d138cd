import { isTopic, type MessageType } from '@switchyard/contracts'
import type { PublishOptions } from './api.ts'
import type { Core } from './core.ts'
import { type Cause, Envelope, type ExtraHeaders, type Rarely, rootOf } from './envelope.ts'
import { expired, invalidTopic, queueFull } from './errors.ts'
import { checkedDestination, checkedHeaders, checkedPriority, inherited } from './headers.ts'
import { readTraceparent, type SpanId, type TraceRoot } from './ids.ts'
import { Blocked, type Mailbox } from './mailbox.ts'
import { sealPayload } from './payload.ts'
import { Recent } from './recent.ts'
import { soon } from './soon.ts'
import { createTopicTrie } from './topic-trie.ts'

const DONE: Promise<void> = Promise.resolve()
/** Topics a source keeps at hand. */
const ROUTES = 8_192
/** After so many rounds of microtasks in a row the event loop gets its turn, so that handlers that publish cannot starve it. */
const ROUNDS = 1_000
/** How long a publisher waits for room at most. */
const BLOCK_MS = 30_000

/** What a source knows of a topic it publishes to. */
interface Route {
  readonly topic: string
  sequence: number
  /** Of the subscriptions that `targets` was found in. */
  version: number
  targets: readonly Mailbox[]
  /** Messages and bytes that all targets have room for while nothing waits. */
  room: number
  roomBytes: number
}

/** All routes of one identity in this process, whatever handle it uses. */
export class Source {
  readonly identity: string
  #sequenceFloor = 0
  readonly #routes = new Recent<Route>(ROUTES, (forgotten) => {
    // A topic that comes back goes on behind what any forgotten one had reached, so that sequences never repeat.
    for (const { sequence } of forgotten.values()) if (sequence > this.#sequenceFloor) this.#sequenceFloor = sequence
  })

  constructor(identity: string) {
    this.identity = identity
  }

  /** @throws VALIDATION */
  route(topic: string): Route {
    const known = this.#routes.get(topic)
    if (known !== undefined) return known
    if (typeof topic !== 'string' || !isTopic(topic)) throw invalidTopic('publish', topic)
    const route: Route = { topic, sequence: this.#sequenceFloor, version: -1, targets: [], room: 0, roomBytes: 0 }
    this.#routes.set(topic, route)
    return route
  }
}

/** The topics of one process: who listens, and what is on its way to them. */
export class Exchange {
  readonly #core: Core
  readonly #trie = createTopicTrie<Mailbox>()
  #version = 0
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

  /** What a publish becomes, checked and numbered. @throws VALIDATION, PAYLOAD_TOO_LARGE, EXPIRED */
  envelope(
    source: Source,
    cause: Cause | undefined,
    topic: string,
    messageType: MessageType,
    payload: unknown,
    options: PublishOptions | undefined,
  ): Envelope {
    const route = source.route(topic)
    const core = this.#core
    const bytes = sealPayload(payload, core.maxMessageBytes, topic)
    if (Number.isNaN(this.#nowMs)) this.#nowMs = core.clock.now()
    let type = messageType
    let destination = '*'
    let priority = 5
    let root: TraceRoot | undefined
    let parentSpan: SpanId = 0
    let causeNumber = 0
    let extra: ExtraHeaders | undefined
    let rarely: Rarely | undefined
    if (cause !== undefined) {
      root = rootOf(cause)
      parentSpan = cause.number
      causeNumber = cause.number
      extra = inherited(cause.extra)
    }
    if (options !== undefined) {
      destination = checkedDestination(options.destination, topic)
      priority = checkedPriority(options.priority, topic)
      type = options.messageType ?? messageType
      if (options.headers !== undefined) {
        extra = checkedHeaders(options.headers, extra, topic)
        if (cause === undefined) {
          const parent = readTraceparent(core.ids, options.headers.traceparent)
          root = parent?.root
          parentSpan = parent?.span ?? 0
        }
      }
      rarely = this.#rarely(options, topic)
    }
    route.sequence++
    return new Envelope(
      core.ids,
      core.ids.next(),
      topic,
      source.identity,
      destination,
      type,
      priority,
      route.sequence,
      payload,
      bytes,
      this.#nowMs,
      root,
      parentSpan,
      causeNumber,
      extra,
      rarely,
    )
  }

  #rarely({ correlationId, causationId, idempotencyKey, ttlMs }: PublishOptions, topic: string): Rarely | undefined {
    if (correlationId === undefined && causationId === undefined && idempotencyKey === undefined && ttlMs === undefined) return undefined
    if (ttlMs === undefined || ttlMs === Number.POSITIVE_INFINITY) return { correlationId, causationId, idempotencyKey }
    if (!(ttlMs > 0)) throw expired(topic)
    return {
      correlationId,
      causationId,
      idempotencyKey,
      expiresAtMs: this.#core.clock.monotonicMs() + ttlMs,
      expiresAtWallMs: this.#core.clock.now() + ttlMs,
    }
  }

  /** Takes a message for those who listen here; the promise is one and the same unless the publisher has to wait. */
  take(envelope: Envelope, source: Source): Promise<void> {
    const route = source.route(envelope.topic)
    if (route.version !== this.#version) this.#refresh(route)
    let { targets } = route
    if (envelope.destination !== '*') {
      targets = targets.filter(({ identity, observe }) => identity === envelope.destination || observe)
    }
    const core = this.#core
    core.published++
    if (core.hooks.published !== undefined) core.hook(() => core.hooks.published?.(envelope.sealed, targets.length))
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
    return DONE
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
    this.#immediate = setImmediate(this.#flush)
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
      const mayGoStraight = envelope.rarely?.expiresAtMs === undefined
      for (let place = 0; place < targets.length; place++) {
        const target = targets[place]!
        if (target.ready && mayGoStraight) target.deliver(envelope)
        else target.enqueue(envelope)
      }
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
  }

  /** Whether messages are on their way that no mailbox has yet. */
  get busy(): boolean {
    return this.#flushing
  }

  close(): void {
    if (this.#immediate !== undefined) clearImmediate(this.#immediate)
    this.#batch.length = 0
    this.#batchTargets.length = 0
    this.#scheduled.length = 0
  }
}
