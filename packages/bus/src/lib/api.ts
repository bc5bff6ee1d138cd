import type { Clock, Grant, Message, MessageHeaders, MessageType } from '@switchyard/contracts'
import type { AnswerSource, BreakerChange, BreakerSnapshot, GuardOptions } from '@switchyard/resilience'
import type { Store } from '@switchyard/store'
import type { BreakerRecord } from './breaker-table.ts'
import type { DeadLetter, Delivery, DurableEvent, DurableLog, DurableStart, DurableTopicRule } from './durable.ts'
import type { BusHooks } from './hooks.ts'
import type { Link } from './link.ts'

export interface BusOptions {
  /** @default systemClock */
  clock?: Clock
  /** In [0, 1); for ids and jitter. @default Math.random */
  random?: () => number
  /** Reaches the buses of other processes. Without it everything stays in this one. */
  link?: Link
  /** Keeps durable topics and the states of breakers. */
  store?: Store
  /** Which topics are durable; needs `store`. */
  durable?: readonly DurableTopicRule[]
  /** For tracing and metrics; a hook that is absent costs nothing. */
  hooks?: BusHooks
  /** A larger message is refused with PAYLOAD_TOO_LARGE. @default 1_048_576 (1 MiB) */
  maxMessageBytes?: number
  /** Calls and requests under way at once; beyond it QUEUE_FULL. @default 100_000 */
  maxPending?: number
  /** How calls of a method are guarded, asked once a method; undefined: a timeout alone. */
  guard?: (method: string) => GuardRule | undefined
}

/** What stands between the callers of a method and its servers. */
export interface GuardRule {
  /** Methods with one name share one guard, and so one breaker. @default the plugin's name */
  name?: string
  /** Taken from the first method of the name that is called. */
  options?: GuardOptions
  /** @default 'write' */
  effect?: 'read' | 'write' | 'destroy'
  /** Whether it may run twice. @default effect is 'read' */
  idempotent?: boolean
  /** Methods that answer in its place when it failed for good, tried in order with the same input. */
  alternatives?: readonly string[]
}

/** One process's share of the bus. */
export interface Bus {
  /**
   * A handle that sends and listens as `identity`, whatever a message claims. Several handles of one identity are
   * instances of one plugin: they share the load of its methods.
   * @throws BUS_CLOSED, VALIDATION
   */
  connect(identity: string, options?: ConnectOptions): BusClient
  /** Hears what happens to the bus itself; handlers run at once and what they throw is dropped. The returned function ends it. */
  on<name extends keyof BusEvents>(event: name, handler: (event: BusEvents[name]) => void): () => void
  /** Counters and what is under way, now. */
  snapshot(): BusSnapshot
  /** Resolves when the link is open and everything asked of it so far is known to the others. Without a link at once. */
  ready(): Promise<void>
  /** The durable topics; undefined without `durable` rules. */
  readonly durable: DurableLog | undefined
  /** The breaker of a guard by name; undefined while no method of it has been called. */
  breaker(name: string): BreakerControl | undefined
  /** Those that ever changed, with when and why, of all processes that share the store; without one those of this process. */
  breakers(): readonly BreakerRecord[]
  /** Takes nothing new but what running handlers need to finish; true when all has finished in time. @default timeoutMs 10_000 */
  drain(options?: { timeoutMs?: number }): Promise<boolean>
  /** Ends everything now: pending calls reject with BUS_CLOSED, no timer, socket or listener stays. Closing twice is fine. */
  close(): Promise<void>
}

export interface BreakerControl {
  readonly state: 'closed' | 'open' | 'half-open'
  forceOpen(): void
  reset(): void
  snapshot(): BreakerSnapshot
}

export interface ConnectOptions {
  /** What it may do; absent: everything. */
  grant?: Grant
  /** May subscribe with `observe` and so hear what is directed to others. @default true without a grant, false with one */
  observer?: boolean
}

/** What a client and the context of a handler have in common: ways to reach others. */
export interface Sender {
  /**
   * Resolves when the message is accepted, or on disk where its topic is durable; never with a subscriber's failure.
   * The payload is plain JSON data and is frozen, not copied. Topics have no wildcards.
   * @throws VALIDATION, FORBIDDEN, EXPIRED, PAYLOAD_TOO_LARGE, BUS_CLOSED; QUEUE_FULL when a subscriber refused it or had no room in time
   */
  publish(topic: string, payload?: unknown, options?: PublishOptions): Promise<void>
  /** Asks whoever responds to the topic, one of them in turn. @throws like `call` */
  request(topic: string, payload?: unknown, options?: RequestOptions): Promise<unknown>
  /**
   * Calls a method such as `ops.health.scan` and resolves with its own result.
   * @throws NO_RESPONDER, UNKNOWN_METHOD, VALIDATION, FORBIDDEN, TIMEOUT, DEADLINE_EXCEEDED, CANCELLED, CIRCUIT_OPEN, QUEUE_FULL,
   * LINK_LOST, BUS_CLOSED, PAYLOAD_TOO_LARGE; the handler's own SwitchyardError; HANDLER_ERROR for anything else it threw
   */
  call(method: string, input?: unknown, options?: CallOptions): Promise<unknown>
  /** Like `call`, with where the answer came from. */
  callDetailed(method: string, input?: unknown, options?: CallOptions): Promise<CallAnswer>
  /** Iterates over what a method yields; the server runs at most `window` values ahead. Ending the loop cancels the server. */
  stream(method: string, input?: unknown, options?: StreamOptions): AsyncIterableIterator<unknown>
}

/** A plugin's handle. */
export interface BusClient extends Sender {
  readonly identity: string
  /** @throws VALIDATION, FORBIDDEN, BUS_CLOSED */
  subscribe(pattern: string, handler: MessageHandler, options?: SubscribeOptions): Subscription
  /** Answers requests whose topic matches; the handler's result is the answer. The returned function ends it, running ones finish. */
  respond(pattern: string, handler: MessageHandler): () => void
  /**
   * Serves a method, whose id begins with this identity and a dot. A second handle of the identity shares the load.
   * An async generator makes it a stream. The returned function ends it, running calls finish.
   * @throws DUPLICATE_METHOD when this handle serves it already, FORBIDDEN, VALIDATION, BUS_CLOSED
   */
  serve(method: string, handler: MethodHandler, options?: ServeOptions): () => void
  /** Methods with this id, or all of a plugin's, that are served in this process or, with a link, in another. */
  describe(name: string): Promise<readonly MethodDescription[]>
  /** Stops listening, serving and sending as this handle alone; waits for calls that it is serving. @default drainMs 5_000 */
  close(options?: { drainMs?: number }): Promise<void>
}

export interface PublishOptions {
  /** A plugin's name, or `*`. @default '*' */
  destination?: string
  /** @default 'event' */
  messageType?: Exclude<MessageType, 'request' | 'response'>
  /** 1 to 10, 10 is the most urgent. @default 5 */
  priority?: number
  /** The trace goes on with `traceparent`; in a handler use its context instead. */
  headers?: Readonly<Record<string, string>>
  correlationId?: string
  causationId?: string
  idempotencyKey?: string
  /** After this long it is not delivered any more. @default forever */
  ttlMs?: number
}

export interface CallOptions {
  /** Shortened to what is left of the caller's own deadline. @default 30_000 */
  timeoutMs?: number
  /** Aborting it rejects at once with CANCELLED and reaches the handler's signal. */
  signal?: AbortSignal
  /** @default 5 */
  priority?: number
  headers?: Readonly<Record<string, string>>
  idempotencyKey?: string
  /** Called in order, never after the call has ended; what it throws is dropped. */
  onProgress?: (value: unknown) => void
  /** Answers in place of a refusal, when the method is guarded. */
  defaultValue?: unknown
}

export interface RequestOptions extends Omit<CallOptions, 'defaultValue'> {
  /** Only this plugin may answer. @default whoever responds */
  destination?: string
  correlationId?: string
}

export interface StreamOptions extends Omit<CallOptions, 'defaultValue'> {
  /** Values on their way at most. @default 16 */
  window?: number
}

/** An answer that says which of them it is. */
export interface CallAnswer {
  readonly value: unknown
  readonly source: AnswerSource
  /** True when the call failed and something else answered. */
  readonly degraded: boolean
  readonly attempts: number
  /** Why it is degraded, for people. */
  readonly message?: string
  readonly cacheAgeMs?: number
}

export type MessageHandler = (payload: unknown, message: Message, context: MessageContext) => unknown
export type MethodHandler = (input: unknown, context: HandlerContext) => unknown

/** What a handler is given beside its input. Whatever it sends goes on in the same trace, deadline and cause. */
export interface HandlerContext extends Sender {
  /** Who sent the message or called. */
  readonly source: string
  /** Aborted when the caller gave up, the time ran out, or the handle or bus closes. Made when first looked at. */
  readonly signal: AbortSignal
  /** On the clock's `monotonicMs`; Infinity without one. */
  readonly deadlineAtMs: number
  remainingMs(): number
  readonly headers: MessageHeaders
  readonly idempotencyKey: string | undefined
  /** Tells the caller how far it has come; nothing happens when nobody listens or the call has ended. */
  progress(value: unknown): void
}

/** The context of `subscribe` and `respond`. */
export interface MessageContext extends HandlerContext {
  readonly message: Message
  /** For manual acknowledgement; undefined on transient topics. */
  readonly delivery: Delivery | undefined
}

export interface SubscribeOptions {
  /** Messages it refuses are not delivered; a filter that throws refuses, and counts as a failure. */
  filter?: (message: Message) => boolean
  /** Handlers at work at once. @default 1 */
  concurrency?: number
  queue?: QueueOptions
  /** A waiting message gains one level of priority for each of these. @default 1_000 */
  priorityAgeingMs?: number
  /** A handler that has not settled by then is given up: its signal aborts and its place is free. @default 30_000 */
  timeoutMs?: number
  /** Also hears what is directed to others; only for an observer. @default false */
  observe?: boolean
  /** Makes the subscription a durable one, whose position is kept under `identity/name`. All below is for durable ones. */
  name?: string
  /** Used only when the name is new. @default 'new' */
  from?: DurableStart
  /** @default 'auto' */
  ack?: 'auto' | 'manual' | 'none'
  /** @default 4 */
  maxDeliveries?: number
}

export interface QueueOptions {
  /** @default 10_000 */
  maxCount?: number
  /** @default 67_108_864 (64 MiB) */
  maxBytes?: number
  /** What happens to a message that finds no room: its publisher waits, the oldest of the lowest priority goes, or it is refused. @default 'block' */
  overflow?: 'block' | 'drop-oldest' | 'reject'
}

export interface Subscription {
  /** Nothing is delivered after it returns; for a durable one, await it. Calling it twice is fine. */
  close(): Promise<void>
  stats(): SubscriptionCounts
}

export interface SubscriptionCounts {
  readonly pattern: string
  readonly identity: string
  readonly delivered: number
  readonly failed: number
  readonly expired: number
  /** For want of room. */
  readonly dropped: number
  readonly running: number
  readonly waiting: number
  readonly waitingBytes: number
  /** How long the one that came first of those that wait has waited; 0 where none does. */
  readonly oldestMs: number
  /** The part of its room that is taken, by count or bytes; above 1 where publishers wait. */
  readonly fill: number
}

export interface ServeOptions {
  /** Returns the input as the handler wants it, or throws; runs before the handler. A zod schema's `parse` fits. */
  input?: (value: unknown) => unknown
  /** The same for the result. */
  output?: (value: unknown) => unknown
  /** Shown by `describe`, plain JSON data. */
  description?: Readonly<Record<string, unknown>>
}

export interface MethodDescription {
  readonly method: string
  /** How many serve it in that process. */
  readonly servers: number
  readonly description: Readonly<Record<string, unknown>>
}

/** What `bus.on` tells. */
export interface BusEvents {
  /** A subscriber's handler or filter threw, rejected or ran out of time. */
  'handler-failed': { readonly identity: string; readonly pattern: string; readonly topic: string; readonly error: unknown }
  /** A message was not delivered to a subscription, or to nobody at all. */
  dropped: { readonly reason: 'expired' | 'overflow'; readonly topic: string; readonly source: string; readonly identity: string }
  /** An answer came after its call had ended, or twice, or from someone who was not asked. */
  'reply-dropped': { readonly reason: 'late' | 'foreign'; readonly subject: string; readonly source: string }
  breaker: BreakerChange
  'dead-letter': DeadLetter
  durable: DurableEvent
  /** A peer, or "*" the link itself, is gone. */
  'link-lost': { readonly peer: string }
  /** Something that has no caller to tell failed: a link that cannot attach, a breaker that cannot be stored. */
  fault: { readonly error: unknown; readonly doing: string }
}

export interface BusSnapshot {
  readonly state: 'open' | 'draining' | 'closed'
  readonly identities: readonly string[]
  readonly methods: readonly string[]
  readonly subscriptions: readonly SubscriptionCounts[]
  /** Calls and requests made here that have not ended. */
  readonly pending: number
  /** Handlers of calls and requests at work here. */
  readonly serving: number
  readonly published: number
  readonly delivered: number
  readonly handlersFailed: number
  readonly expired: number
  readonly dropped: number
  readonly repliesDropped: number
  /** Calls that got what an earlier one with their idempotency key came to. */
  readonly deduplicated: number
  readonly breakers: Readonly<Record<string, 'closed' | 'open' | 'half-open'>>
  /** Answers that may be given again, by guards that keep any, with the ages of the first and the last of them. */
  readonly caches: Readonly<Record<string, { readonly entries: number; readonly oldestMs: number; readonly newestMs: number }>>
}
