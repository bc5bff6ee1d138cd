/** What a message is for. A request wants one answer, a command wants none, an event says what happened. */
export type MessageType = 'event' | 'command' | 'request' | 'response'

/** One message as a handler sees it: frozen, with its sender set by the bus and never by the sender. */
export interface Message<payload = unknown> {
  readonly messageId: string
  /** Shared by all messages of one request. */
  readonly correlationId: string | undefined
  /** The message whose handling caused this one. */
  readonly causationId: string | undefined
  /** When it was published, ISO 8601. */
  readonly timestamp: string
  readonly source: string
  /** A plugin's name, or `*` for whoever listens. */
  readonly destination: string
  readonly topic: string
  readonly messageType: MessageType
  /** 1 to 10, 10 is the most urgent. */
  readonly priority: number
  /** Counts the messages of this source on this topic from 1. */
  readonly sequence: number
  readonly headers: MessageHeaders
  readonly payload: payload
  /** Two messages with one key have one effect at a receiver. */
  readonly idempotencyKey: string | undefined
  /** 1 at the first delivery to this subscription. */
  readonly deliveryAttempt: number
  /** After this moment it is not delivered any more, ISO 8601. */
  readonly expiresAt: string | undefined
}

/** W3C trace context, who asked, and whatever else a sender wants to pass on. */
export interface MessageHeaders {
  readonly traceparent: string
  readonly tracestate?: string
  readonly userId?: string
  readonly sessionId?: string
  readonly [header: string]: string | undefined
}

/** What an identity may do on the bus: topic patterns, and command ids or `plugin.*`. A missing list allows nothing. */
export interface Grant {
  readonly publish: readonly string[]
  readonly hear: readonly string[]
  readonly call: readonly string[]
}
