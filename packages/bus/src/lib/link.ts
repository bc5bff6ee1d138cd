import type { Grant } from '@switchyard/contracts'

/**
 * What connects the buses of several processes. Implementations: memory (tests, several buses in one process) and the
 * hub of a workspace's socket. A link moves frames between processes; topics, queues, deadlines and validation stay with the bus.
 *
 * Rules, each a test of `linkContract`:
 * - [L1] Frames from one process to another arrive in the order they were sent, none twice: publishes of one topic and
 *   priority, and the frames of one call, which all carry the priority of its request.
 * - [L2] `source` and `peer` of a received frame are who really sent it; a frame in another's name never arrives.
 * - [L3] A publish reaches each other process that listens with a matching pattern once, and never its own sender; with a
 *   destination only those where that identity listens.
 * - [L4] A request reaches the one process that `pick` named; several that serve a subject take turns. If that process is gone
 *   or does not serve it any more, a `failure` frame with LINK_LOST or NO_RESPONDER comes back at once.
 * - [L5] Answers, progress, chunks, credits and cancels go to the peer they name, and are dropped when that one is gone.
 * - [L6] When a peer or the link is lost, `lost` is called once for it, after all its frames; the link comes back by itself and
 *   announces again what was attached and listened to.
 * - [L7] What a grant does not allow is refused with FORBIDDEN and harms nobody else.
 * - [L8] `send` returning false means "no credit": the frame was taken, wait for `ready()` before the next one that is not urgent.
 *   One sender's flood never delays another's urgent frames.
 * - [L9] After `close` nothing arrives, and no timer, socket or listener is left.
 */
export interface Link {
  /** Connects and starts to deliver to `inbox`; resolves when others can be reached and `reaches` knows who listens. */
  open(inbox: LinkInbox): Promise<void>
  /** Makes an identity of this process known, with what it may do, for the life of the link; doing it again begins anew. @throws FORBIDDEN */
  attach(identity: string, grant: Grant): Promise<void>
  detach(identity: string): void
  /** Asks for frames: topics that match a pattern, or requests for a subject. The returned function ends it. @throws FORBIDDEN */
  listen(identity: string, want: 'topic' | 'request', pattern: string): () => void
  /** Resolves when the other processes know what was attached and listened to so far. */
  settled(): Promise<void>
  /** Whether any other process listens for this topic now; lets the bus skip encoding when nobody does. */
  reaches(topic: string): boolean
  /** The process that the next request for this subject goes to, `undefined` when no other one serves it. Keep it: a cancel names it, an answer must come from it. */
  pick(subject: string): string | undefined
  /** @throws FORBIDDEN, PAYLOAD_TOO_LARGE. While the link is down a publish is dropped and a request fails with LINK_LOST. */
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
  /** What an operator or a test may want to know. */
  note?(event: LinkEvent): void
}

export type LinkEvent =
  /** Connected, for the first time or again; `hub` is true in the process that opened the hub itself. */
  | { readonly type: 'connected'; readonly hub: boolean }
  /** The answers of `reaches` and `pick` changed. */
  | { readonly type: 'reach' }
  /** Publishes for this process (`peer` empty) or, in the hub's process, for another one were dropped as it did not take them in time. */
  | { readonly type: 'dropped'; readonly peer: string; readonly frames: number }
  /** The hub in this process hung up on a client that broke the rules. */
  | { readonly type: 'cut-off'; readonly peer: string; readonly reason: string }

/** One unit between processes. */
export interface LinkFrame {
  readonly kind: 'publish' | 'request' | 'reply' | 'failure' | 'progress' | 'chunk' | 'end' | 'credit' | 'cancel'
  /** The attached identity that sends it; empty on a failure that the link itself reports. */
  readonly source: string
  /** A plugin's name for a directed publish, else `*`. */
  readonly destination: string
  /** The topic, the request topic or the command id; empty on frames that follow a request. */
  readonly subject: string
  /** Outgoing: the process to reach, empty for publish. Incoming: the process it came from. */
  readonly peer: string
  /** The call this belongs to, unique in the process that calls and below 2^48; 0 for publish. */
  readonly call: number
  /** 1 to 10; 8 and more overtakes everything below, and calls overtake publishes. */
  readonly priority: number
  /** Envelope fields that are not above, as plain JSON values: message id, trace, deadline, sequence, idempotency key. */
  readonly meta: LinkMeta | undefined
  /** Plain JSON data; undefined stays undefined. A failure's is a WireError. */
  readonly payload: unknown
}

export interface LinkMeta {
  readonly messageId?: string | undefined
  /** With `number` in place of `messageId` and the traceparent: the receiver can write them itself should anybody read them. */
  readonly origin?: string | undefined
  readonly number?: number | undefined
  /** A number of the same origin, or 32 digits in hex. */
  readonly trace?: number | string | undefined
  readonly correlationId?: string | undefined
  readonly causationId?: string | undefined
  readonly sentAtMs?: number | undefined
  readonly sequence?: number | undefined
  readonly messageType?: string | undefined
  readonly idempotencyKey?: string | undefined
  /** Milliseconds left when it was sent, rounded down on the way; a deadline never crosses processes as a wall time. */
  readonly remainingMs?: number | undefined
  readonly expiresAtMs?: number | undefined
  readonly headers?: Readonly<Record<string, string>> | undefined
}
