import type { Clock, Message, MessageHeaders, MessageType } from '@switchyard/contracts'
import type { Store } from '@switchyard/store'

/**
 * Durable topics: what is published there is in the workspace's store before it is acknowledged, and every named
 * subscription gets it at least once. All processes share the file, so nothing here depends on a hub: a lost or late
 * `wake` costs a moment, never a message. The rules [D1] to [D27] are in SPEC.md.
 */
export interface DurableLog {
  /** Whether a rule makes this topic durable. */
  isDurable(topic: string): boolean
  /**
   * Resolves when the message survives power loss. The sequence counts this source on this topic over all processes and restarts.
   * @throws EXPIRED, STORE_FULL (nothing was written), STORE_BUSY, BUS_CLOSED
   */
  append(record: DurableRecord): Promise<Appended>
  /** Looks for new messages at once; call it when another process announced that it appended. */
  wake(): void
  /**
   * Joins the named subscription: one process at a time owns it and is delivered to, the others stand by and take over.
   * @throws DUPLICATE_SUBSCRIPTION when this log has one of the name already
   */
  subscribe(options: DurableSubscribeOptions): DurableSubscription
  /** Ends a named subscription for good in all processes, so that nothing is kept for it any more; false when there is none. */
  forget(name: string): Promise<boolean>
  /** The messages that are kept, oldest first, up to the end as it is at the first step; expired ones are left out. */
  replay(pattern: string, since?: DurableStart): AsyncIterable<Message>
  readonly deadLetters: DeadLetters
  /** Runs `work` once for a scope and key and gives its stored result to every later or concurrent caller of any process. */
  receiveOnce<result>(receipt: Receipt, work: () => result | Promise<result>): Promise<result>
  /** Removes what no rule keeps; runs by itself every minute too. */
  prune(): Promise<PruneReport>
  stats(): DurableStats
  /** Closes all subscriptions; publishing goes on. False when handlers had to be aborted. @default drainMs 5_000 */
  drain(drainMs?: number): Promise<boolean>
  /** Takes nothing new, lets handlers finish for up to `drainMs`, gives its subscriptions to others. The store stays open. */
  close(drainMs?: number): Promise<void>
}

export interface DurableLogOptions {
  store: Store
  /** The first rule whose pattern matches a topic holds for it. */
  rules: readonly DurableTopicRule[]
  /** @default systemClock */
  clock?: Clock
  /** For the jitter of redelivery. @default Math.random */
  random?: () => number
  /** Called after each commit of messages, to tell the other processes; they call `wake`. */
  announce?: () => void
  /** Called for each new dead letter, after it is committed. */
  onDeadLetter?: (letter: DeadLetter) => void
  onEvent?: (event: DurableEvent) => void
  /** How often to look for messages, owners that died and leases to take, when nobody wakes us. @default 250 */
  pollMs?: number
  /** After this long without a sign of life an owner whose process still exists loses its subscriptions. @default 3_000 */
  leaseMs?: number
  deadLetterLimits?: DeadLetterLimits
  /** How long results of `receiveOnce` are kept. @default 86_400_000 (a day) */
  resultRetainMs?: number
}

/** Which topics are durable and how long their messages stay after every named subscription is done with them. */
export interface DurableTopicRule {
  /** A topic pattern. */
  topics: string
  /** @default 604_800_000 (a week) */
  retainMs?: number
  /** Bytes of messages of all topics of this rule together. @default 268_435_456 (256 MiB) */
  retainBytes?: number
  /** Hard limits: beyond them even a message that a subscription still needs goes, as a dead letter QUEUE_OVERFLOW and a `gap` event. @default none */
  limitMs?: number
  limitBytes?: number
  /** What happens to a message that leaves the log and that no named subscription ever asked for: `dead-letter` keeps it as NO_SUBSCRIBER. @default 'drop' */
  unheard?: 'drop' | 'dead-letter'
}

/** What a publisher hands over; the payload is plain JSON data. */
export interface DurableRecord {
  readonly messageId: string
  readonly topic: string
  readonly source: string
  /** A plugin's name or `*`. */
  readonly destination: string
  readonly messageType: MessageType
  readonly priority: number
  readonly headers: MessageHeaders
  readonly payload: unknown
  readonly correlationId?: string | undefined
  readonly causationId?: string | undefined
  /** The message's own id when left out, so that each delivery of it carries the same key. */
  readonly idempotencyKey?: string | undefined
  readonly sentAtMs: number
  readonly expiresAtMs?: number | undefined
}

export interface Appended {
  /** Place in the log, growing over all topics; never used twice. */
  readonly position: number
  readonly sequence: number
}

/** Where to begin: what is published from now on, all that is kept, after a position, or at a wall time. */
export type DurableStart = 'new' | 'start' | { readonly afterPosition: number } | { readonly sinceMs: number }

export interface DurableSubscribeOptions {
  /** Its position is kept under this name; one owner at a time over all processes. */
  name: string
  pattern: string
  /** Used only when the name is new. @default 'new' */
  from?: DurableStart
  /** `auto`: the handler's promise decides; `manual`: `ack` or `nack` does; `none`: done when handed over, at most once. @default 'auto' */
  ack?: 'auto' | 'manual' | 'none'
  /** A delivery that is not settled by then is given up (its signal aborts) and repeated. @default 30_000 */
  visibilityMs?: number
  /** Deliveries of one message, the first included, before it becomes a dead letter. @default 4 */
  maxDeliveries?: number
  backoff?: Backoff
  /** Messages in work at once, never two of one source and topic. @default 1 */
  concurrency?: number
  /** The plugin that listens: messages directed to another one are skipped. Left out, directed messages are heard too. */
  receiver?: string
  /** Messages it refuses are settled without a delivery. */
  filter?: (message: Message) => boolean
  handler: (message: Message, delivery: Delivery) => unknown
}

/** Full jitter between half and all of `initialMs * factor ** n`, never more than `maxMs`. */
export interface Backoff {
  /** @default 1_000 */
  initialMs?: number
  /** @default 2 */
  factor?: number
  /** @default 10_000 */
  maxMs?: number
}

/** One delivery in a handler's hands. What settles it returns false when it is settled or no longer ours. */
export interface Delivery {
  readonly position: number
  /** 1 at the first delivery. A delivery cut short by a dying process counts. */
  readonly attempt: number
  /** Aborts when the delivery is given up: not settled in time, owner lost, or closed. */
  readonly signal: AbortSignal
  ack(): boolean
  /** Deliver again, after the backoff or `delayMs`; a dead letter when this was the last attempt. */
  nack(options?: { delayMs?: number; reason?: string }): boolean
  /** Never deliver again: a dead letter HANDLER_REJECTED now. */
  reject(reason: string): boolean
  /** Starts the time to settle anew, with `ms` to go. */
  extend(ms: number): boolean
}

export interface DurableSubscription {
  readonly name: string
  /** Whether this process is delivered to now. */
  readonly owner: boolean
  /** Resolves once this process owns it. */
  ready(): Promise<void>
  /** Takes nothing new, waits up to `drainMs` for handlers, then aborts them and lets another process take over; false when it had to abort any. @default 5_000 */
  close(drainMs?: number): Promise<boolean>
}

export type DeadLetterReason = 'EXPIRED' | 'MAX_DELIVERIES' | 'SCHEMA_INVALID' | 'QUEUE_OVERFLOW' | 'HANDLER_REJECTED' | 'NO_SUBSCRIBER'

export interface DeadLetter {
  readonly id: number
  readonly reason: DeadLetterReason
  /** Empty for NO_SUBSCRIBER. */
  readonly subscription: string
  readonly pattern: string
  readonly position: number
  readonly topic: string
  readonly source: string
  /** The envelope as it was published. */
  readonly message: Message
  readonly error: DeliveryError
  readonly attempts: readonly DeliveryAttempt[]
  readonly firstFailedAtMs: number
  readonly lastFailedAtMs: number
}

export interface DeliveryError {
  readonly code: string
  readonly message: string
  /** Equal for errors thrown at the same place; empty when nothing was thrown. */
  readonly stackHash: string
}

export interface DeliveryAttempt {
  readonly attempt: number
  readonly startedAtMs: number
  readonly endedAtMs: number
  readonly error: DeliveryError
}

export interface DeadLetterFilter {
  subscription?: string
  /** A topic pattern. */
  topics?: string
  reason?: DeadLetterReason
  sinceMs?: number
}

export interface DeadLetters {
  /** Newest first; pass `next` as `cursor` for the page after it. */
  list(query?: DeadLetterFilter & { limit?: number; cursor?: number }): { letters: DeadLetter[]; next: number | undefined }
  inspect(id: number): DeadLetter | undefined
  /**
   * Publishes it again under a new message id, caused by the old one, and removes the letter, in one transaction.
   * Only the subscription that failed gets it, unless `toAll`.
   * @throws NOT_FOUND; EXPIRED unless a later `expiresAtMs` is given
   */
  replay(id: number, options?: { toAll?: boolean; expiresAtMs?: number }): Promise<Appended & { messageId: string }>
  /** False when there is no such letter. */
  discard(id: number): Promise<boolean>
}

/** Beyond any of these the oldest letters go, with a `dead-letters-dropped` event. */
export interface DeadLetterLimits {
  /** @default 10_000 */
  maxCount?: number
  /** @default 67_108_864 (64 MiB) */
  maxBytes?: number
  /** @default 2_592_000_000 (30 days) */
  maxAgeMs?: number
}

/** Who asks (a subscription or plugin) and the idempotency key of what it received. */
export interface Receipt {
  scope: string
  key: string
  signal?: AbortSignal
}

export interface PruneReport {
  readonly messages: number
  readonly deadLetters: number
  readonly results: number
}

export type DurableEvent =
  | { readonly type: 'subscription-owned'; readonly name: string; readonly fence: number }
  | { readonly type: 'subscription-lost'; readonly name: string; readonly fence: number }
  | {
      readonly type: 'delivery-failed'
      readonly name: string
      readonly position: number
      readonly attempt: number
      readonly error: unknown
    }
  | { readonly type: 'gap'; readonly name: string; readonly fromPosition: number; readonly toPosition: number; readonly messages: number }
  | { readonly type: 'dead-letters-dropped'; readonly count: number }
  /** The store refused; it is tried again at the next poll. */
  | { readonly type: 'store-failed'; readonly error: unknown }

export interface DurableStats {
  readonly messages: number
  readonly bytes: number
  /** 0 when the log is empty. */
  readonly oldestPosition: number
  readonly newestPosition: number
  readonly deadLetters: number
  readonly subscriptions: readonly SubscriptionStats[]
}

export interface SubscriptionStats {
  readonly name: string
  readonly pattern: string
  /** `none`: nobody is alive who wants it; what it needs is kept all the same. */
  readonly owner: 'here' | 'elsewhere' | 'none'
  /** Everything up to here is settled. */
  readonly lowWater: number
  /** Matching messages that are not settled, those in work included. */
  readonly lag: number
  /** How long ago the first of them was sent; 0 where there is none. */
  readonly oldestMs: number
}
