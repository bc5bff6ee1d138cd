import type { SwitchyardError } from '@switchyard/contracts'
import { asSwitchyardError } from '@switchyard/contracts'
import type { WheelEntry } from '@switchyard/resilience'
import type { MessageHandler, SubscribeOptions, SubscriptionCounts } from './api.ts'
import { DeliveryContext, type Outlet } from './context.ts'
import type { Core } from './core.ts'
import { type Envelope, Handling, rootOf, spanOf } from './envelope.ts'
import { busClosed, handlerTimedOut, queueFull } from './errors.ts'
import { Trace } from './ids.ts'
import { List, type Listed } from './list.ts'
import { PriorityQueue } from './priority-queue.ts'
import { Ring } from './ring.ts'

/** How many waiting messages a mailbox hands out before others get their turn. */
const TURN = 256
/** Publishers that may wait for room at once, however small the queue. */
const FEWEST_WAITING = 1_000

/** What a publisher waits for: room in every mailbox that had none. */
export class Blocked implements WheelEntry {
  next: WheelEntry['next'] = undefined
  previous: WheelEntry['previous'] = undefined
  tick = 0
  #left = 0
  #settled = false
  readonly #topic: string
  readonly #identities: string[] = []
  readonly promise: Promise<void>
  readonly #resolve: () => void
  readonly #reject: (error: SwitchyardError) => void

  constructor(topic: string) {
    this.#topic = topic
    const { promise, resolve, reject } = Promise.withResolvers<void>()
    this.promise = promise
    this.#resolve = resolve
    this.#reject = reject
  }

  /** Given up: those that have no room by now do not get the message. */
  get over(): boolean {
    return this.#settled
  }

  wait(identity: string): void {
    this.#left++
    this.#identities.push(identity)
  }

  admitted(wheel: { cancel(entry: WheelEntry): void }): void {
    if (--this.#left > 0 || this.#settled) return
    this.#settled = true
    wheel.cancel(this)
    this.#resolve()
  }

  fail(error: SwitchyardError): void {
    if (this.#settled) return
    this.#settled = true
    this.#reject(error)
  }

  onDue(): void {
    this.fail(queueFull(this.#topic, this.#identities))
  }
}

/** How many mailboxes of an exchange are not ready; while there are none, nobody has to look at each. */
export interface Crowd {
  unready: number
}

/** One subscription: what waits for its handler, and what its handler is doing. */
export class Mailbox {
  readonly pattern: string
  readonly identity: string
  readonly observe: boolean
  readonly maxCount: number
  /** True when a message may go straight to the handler: open, nothing waits, and the handler has a place free. */
  ready = true
  delivered = 0
  readonly outlet: Outlet
  readonly #handler: MessageHandler
  /** No filter and nobody who measures: the handler is all there is. */
  readonly #isPlain: boolean
  closed = false
  /** Stands in the exchange's list of those that have something to do. */
  scheduled = false
  failed = 0
  expired = 0
  dropped = 0
  readonly #core: Core
  readonly #crowd: Crowd
  readonly #filter: SubscribeOptions['filter']
  readonly #concurrency: number
  readonly maxBytes: number
  readonly #overflow: 'block' | 'drop-oldest' | 'reject'
  readonly #timeoutMs: number
  readonly #queue: PriorityQueue<Envelope>
  readonly #blocked = new Ring<{ envelope: Envelope; blocked: Blocked }>()
  readonly #tasks = new List<Task>()
  readonly #schedule: (mailbox: Mailbox) => void
  #bytes = 0

  constructor(
    core: Core,
    outlet: Outlet & { identity: string },
    pattern: string,
    handler: MessageHandler,
    options: SubscribeOptions,
    schedule: (mailbox: Mailbox) => void,
    crowd: Crowd,
  ) {
    const { filter, concurrency = 1, queue = {}, priorityAgeingMs = 1_000, timeoutMs = 30_000, observe = false } = options
    this.#core = core
    this.outlet = outlet
    this.#crowd = crowd
    this.#isPlain = filter === undefined && core.hooks.delivered === undefined
    this.pattern = pattern
    this.identity = outlet.identity
    this.observe = observe
    this.#handler = handler
    this.#filter = filter
    this.#concurrency = concurrency
    this.maxCount = queue.maxCount ?? 10_000
    this.maxBytes = queue.maxBytes ?? 67_108_864
    this.#overflow = queue.overflow ?? 'block'
    this.#timeoutMs = timeoutMs
    this.#queue = new PriorityQueue(priorityAgeingMs)
    this.#schedule = schedule
  }

  /** Whether `count` more messages of `bytes` together find room without anybody waiting or losing. */
  hasRoom(count: number, bytes: number): boolean {
    return this.#queue.size + count <= this.maxCount && this.#bytes + bytes <= this.maxBytes && this.#blocked.size === 0
  }

  /** Into the queue; the caller knows that there is room. */
  enqueue(envelope: Envelope): void {
    if (this.closed) return
    this.#setReady(false)
    this.#queue.push(envelope, envelope.priority, this.#core.clock.monotonicMs())
    this.#bytes += envelope.bytes
    this.#schedule(this)
  }

  /** Into the queue by the overflow rule: `false` when refused; with `blocked` the publisher waits for it. */
  offer(envelope: Envelope, blocked: () => Blocked): boolean {
    if (this.closed) return true
    if (this.hasRoom(1, envelope.bytes)) {
      this.enqueue(envelope)
      return true
    }
    if (envelope.bytes > this.maxBytes) return this.#drop(envelope, false)
    if (this.#overflow === 'reject') return this.#drop(envelope, false)
    if (this.#overflow === 'drop-oldest') {
      while (!this.hasRoom(1, envelope.bytes)) {
        const oldest = this.#queue.dropOldest()
        if (oldest === undefined) break
        this.#bytes -= oldest.bytes
        this.#drop(oldest, true)
      }
      this.enqueue(envelope)
      return true
    }
    // Publishers that do not wait for their turn must not make an unbounded queue of another kind.
    if (this.#blocked.size >= Math.max(this.maxCount, FEWEST_WAITING)) return this.#drop(envelope, false)
    const waiter = blocked()
    waiter.wait(this.identity)
    this.#blocked.push({ envelope, blocked: waiter })
    return true
  }

  #drop(envelope: Envelope, result: boolean): boolean {
    this.dropped++
    this.#core.dropped++
    if (this.#core.hooks.undelivered !== undefined) this.#tellUndelivered(envelope, 'overflow')
    this.#core.emit('dropped', { reason: 'overflow', topic: envelope.topic, source: envelope.source, identity: this.identity })
    return result
  }

  /** Hands waiting messages out while the handler has places free. */
  pump(): void {
    for (let turn = 0; this.#queue.size > 0 && this.#tasks.size < this.#concurrency && !this.closed; turn++) {
      if (turn === TURN) {
        this.#schedule(this)
        return
      }
      const nowMs = this.#core.clock.monotonicMs()
      const envelope = this.#queue.shift(nowMs)!
      this.#bytes -= envelope.bytes
      this.#admit()
      if (envelope.expiresAtMs <= nowMs) this.#expire(envelope)
      else this.deliver(envelope, new DeliveryContext(this.outlet, envelope))
    }
    this.#settleReady()
    this.#core.ended()
  }

  #settleReady(): void {
    this.#setReady(!this.closed && this.#queue.size === 0 && this.#tasks.size < this.#concurrency)
  }

  #setReady(ready: boolean): void {
    if (ready === this.ready) return
    this.ready = ready
    this.#crowd.unready += ready ? -1 : 1
  }

  /** Lets publishers in that waited for room. */
  #admit(): void {
    for (let next = this.#blocked.peek(); next !== undefined; next = this.#blocked.peek()) {
      const { envelope, blocked } = next
      if (!blocked.over) {
        if (this.#queue.size + 1 > this.maxCount || (this.#bytes + envelope.bytes > this.maxBytes && this.#queue.size > 0)) return
        this.#queue.push(envelope, envelope.priority, this.#core.clock.monotonicMs())
        this.#bytes += envelope.bytes
        blocked.admitted(this.#core.wheel)
      } else this.#drop(envelope, false)
      this.#blocked.shift()
    }
  }

  #tellUndelivered(envelope: Envelope, reason: 'expired' | 'overflow'): void {
    const core = this.#core
    core.tell(core.hooks.undelivered, {
      message: envelope.sealed,
      identity: this.identity,
      pattern: this.pattern,
      reason,
      trace: new Trace(core.ids, rootOf(envelope), core.ids.next(), spanOf(envelope)),
    })
  }

  #expire(envelope: Envelope): void {
    this.expired++
    this.#core.expired++
    if (this.#core.hooks.undelivered !== undefined) this.#tellUndelivered(envelope, 'expired')
    this.#core.emit('dropped', { reason: 'expired', topic: envelope.topic, source: envelope.source, identity: this.identity })
  }

  /** To the handler, now; whatever it does stays here. True when it keeps the context. */
  deliver(envelope: Envelope, context: DeliveryContext): boolean {
    if (!this.#isPlain) return this.#deliverWatched(envelope)
    this.delivered++
    try {
      const result = this.#handler(envelope.payload, envelope.sealed, context)
      if (result === undefined) return context.isWatched
      if (isThenable(result)) {
        this.#follow(result, envelope, context, undefined)
        return true
      }
    } catch (error) {
      this.fail(envelope, error)
    }
    return context.isWatched
  }

  #deliverWatched(envelope: Envelope): boolean {
    if (this.#filter !== undefined && !this.#accepts(envelope)) return false
    this.delivered++
    const isTraced = this.#core.hooks.delivered !== undefined
    const number = isTraced ? this.#core.ids.next() : 0
    const context = new DeliveryContext(this.outlet, envelope, isTraced ? new Handling(envelope, number) : envelope)
    const end = isTraced ? this.#startSpan(envelope, number) : undefined
    try {
      const result = this.#handler(envelope.payload, envelope.sealed, context)
      if (isThenable(result)) this.#follow(result, envelope, context, end)
      else end?.(undefined)
    } catch (error) {
      end?.(error)
      this.fail(envelope, error)
    }
    return false
  }

  #startSpan(envelope: Envelope, number: number): (error: unknown) => void {
    const core = this.#core
    const startMs = core.clock.monotonicMs()
    const trace = new Trace(core.ids, rootOf(envelope), number, spanOf(envelope))
    return (error) =>
      core.tell(core.hooks.delivered, {
        message: envelope.sealed,
        identity: this.identity,
        pattern: this.pattern,
        trace,
        startedAtMs: core.wallMs(startMs),
        durationMs: core.clock.monotonicMs() - startMs,
        code: error === undefined ? undefined : asSwitchyardError(error).code,
      })
  }

  #accepts(envelope: Envelope): boolean {
    try {
      return this.#filter!(envelope.sealed) === true
    } catch (error) {
      this.fail(envelope, error)
      return false
    }
  }

  #follow(result: PromiseLike<unknown>, envelope: Envelope, context: DeliveryContext, end: ((error: unknown) => void) | undefined): void {
    const task = new Task(this, envelope, context, end)
    this.#tasks.add(task)
    if (this.#tasks.size >= this.#concurrency) this.#setReady(false)
    if (this.#timeoutMs !== Number.POSITIVE_INFINITY) this.#core.wheel.add(task, this.#core.clock.monotonicMs() + this.#timeoutMs)
    Promise.resolve(result).then(
      () => this.#finish(task, undefined, false),
      (error: unknown) => this.#finish(task, error, true),
    )
  }

  #finish(task: Task, error: unknown, failed: boolean): void {
    // Its place was taken back before, because its time was up.
    if (task.isOver) return
    task.isOver = true
    this.#tasks.remove(task)
    this.#core.wheel.cancel(task)
    if (failed) this.fail(task.envelope, error)
    task.end?.(failed ? (error ?? null) : undefined)
    if (this.#queue.size > 0 || this.#blocked.size > 0) this.pump()
    else {
      this.#settleReady()
      this.#core.ended()
    }
  }

  giveUp(task: Task): void {
    const error = handlerTimedOut(task.envelope.topic, this.#timeoutMs)
    DeliveryContext.abort(task.context, error)
    this.#finish(task, error, true)
  }

  fail(envelope: Envelope, error: unknown): void {
    this.failed++
    this.#core.handlersFailed++
    this.#core.emit('handler-failed', { identity: this.identity, pattern: this.pattern, topic: envelope.topic, error })
  }

  /** Whether a drain has to wait for it. */
  get busy(): boolean {
    return this.#tasks.size > 0 || this.#queue.size > 0
  }

  close(): void {
    if (this.closed) return
    // It takes itself out of the crowd for good.
    this.#setReady(true)
    this.closed = true
    this.ready = false
    this.#queue.clear()
    this.#bytes = 0
    for (let next = this.#blocked.shift(); next !== undefined; next = this.#blocked.shift()) next.blocked.admitted(this.#core.wheel)
    const error = busClosed(`handle "${this.pattern}"`, 'handle')
    for (const task of this.#tasks.toArray()) {
      task.isOver = true
      this.#tasks.remove(task)
      this.#core.wheel.cancel(task)
      DeliveryContext.abort(task.context, error)
      task.end?.(error)
    }
    this.#core.ended()
  }

  get counts(): SubscriptionCounts {
    return {
      pattern: this.pattern,
      identity: this.identity,
      delivered: this.delivered,
      failed: this.failed,
      expired: this.expired,
      dropped: this.dropped,
      running: this.#tasks.size,
      waiting: this.#queue.size + this.#blocked.size,
      waitingBytes: this.#bytes,
      oldestMs: this.#queue.oldestMs(this.#core.clock.monotonicMs()),
      fill: Math.max((this.#queue.size + this.#blocked.size) / this.maxCount, this.#bytes / this.maxBytes),
    }
  }
}

/** A handler that has not settled yet. */
class Task implements WheelEntry, Listed {
  listNext: this | undefined = undefined
  listPrevious: this | undefined = undefined
  isOver = false
  next: WheelEntry['next'] = undefined
  previous: WheelEntry['previous'] = undefined
  tick = 0
  readonly #mailbox: Mailbox
  readonly envelope: Envelope
  readonly context: DeliveryContext
  readonly end: ((error: unknown) => void) | undefined

  constructor(mailbox: Mailbox, envelope: Envelope, context: DeliveryContext, end: ((error: unknown) => void) | undefined) {
    this.#mailbox = mailbox
    this.envelope = envelope
    this.context = context
    this.end = end
  }

  onDue(): void {
    this.#mailbox.giveUp(this)
  }
}

function isThenable(value: unknown): value is PromiseLike<unknown> {
  return typeof value === 'object' && value !== null && 'then' in value && typeof value.then === 'function'
}
