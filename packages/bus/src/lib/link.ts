import type { Grant } from '@switchyard/contracts'

/**
 * What connects the buses of several processes. Implementations: memory (tests, several buses in one process) and the
 * hub of a workspace's socket. A link moves frames between processes; topics, queues, deadlines and validation stay with the bus.
 *
 * Rules, each a test of `linkContract`:
 * - [L1] Frames of one sender to one receiver on one subject arrive in the order they were sent, none twice.
 * - [L2] `source` on a received frame is the identity that the sender attached; a frame in another's name never arrives.
 * - [L3] A publish reaches each process that listens with a matching pattern once, and never its own sender.
 * - [L4] A request reaches exactly one process that serves the subject; several take turns. With none, the answer is NO_RESPONDER at once.
 * - [L5] Answers, progress, chunks and cancels go to the peer they name, and are dropped when that one is gone.
 * - [L6] When a peer or the link is lost, `lost` is called once for it; the link comes back by itself and announces again what was attached and listened to.
 * - [L7] What a grant does not allow is refused with FORBIDDEN and harms nobody else.
 * - [L8] `send` returning false means "no credit": the frame was taken, wait for `ready()` before the next. One sender's flood never delays another's urgent frames.
 * - [L9] After `close` nothing arrives, and no timer, socket or listener is left.
 */
export interface Link {
  /** Connects and starts to deliver to `inbox`; resolves when others can be reached. */
  open(inbox: LinkInbox): Promise<void>
  /** Makes an identity of this process known, with what it may do, for the life of the link. */
  attach(identity: string, grant: Grant): Promise<void>
  detach(identity: string): void
  /** Asks for frames: topics that match a pattern, or requests for a subject. The returned function ends it. */
  listen(identity: string, want: 'topic' | 'request', pattern: string): () => void
  /** Whether any other process listens for this subject now; lets the bus skip encoding when nobody does. */
  reaches(kind: 'publish' | 'request', subject: string): boolean
  send(frame: LinkFrame): boolean
  /** Resolves when `send` may be called again. */
  ready(): Promise<void>
  close(): Promise<void>
}

/** Where a link puts what comes in. */
export interface LinkInbox {
  receive(frame: LinkFrame): void
  /** A peer is gone ("*": the link itself): whatever waits for it ends with LINK_LOST. */
  lost(peer: string): void
}

/** One unit between processes. */
export interface LinkFrame {
  readonly kind: 'publish' | 'request' | 'reply' | 'failure' | 'progress' | 'chunk' | 'end' | 'credit' | 'cancel'
  /** The attached identity that sends it. */
  readonly source: string
  /** A plugin's name for a directed publish, else `*`. */
  readonly destination: string
  /** The topic, the request topic or the command id; empty on frames that follow a request. */
  readonly subject: string
  /** Outgoing: the process to reach, empty for publish and request. Incoming: the process it came from. */
  readonly peer: string
  /** The call this belongs to, unique in the process that calls; 0 for publish. */
  readonly call: number
  /** 1 to 10; urgent frames overtake others in the sender's own queue. */
  readonly priority: number
  /** Envelope fields that are not above, as plain JSON values: message id, trace, deadline, sequence, idempotency key. */
  readonly meta: LinkMeta | undefined
  /** Plain JSON data; undefined stays undefined. */
  readonly payload: unknown
}

export interface LinkMeta {
  readonly messageId?: string
  readonly correlationId?: string
  readonly causationId?: string
  readonly sentAtMs?: number
  readonly sequence?: number
  readonly messageType?: string
  readonly idempotencyKey?: string
  /** Milliseconds left when it was sent; a deadline never crosses processes as a wall time. */
  readonly remainingMs?: number
  readonly expiresAtMs?: number
  readonly headers?: Readonly<Record<string, string>>
}
