import type { Message, MessageHeaders, MessageType } from '@switchyard/contracts'
import { type Ids, type Numbering, type SpanId, type TraceRoot, writeTraceparent } from './ids.ts'

/** Headers besides the trace, as they travel on. */
export type ExtraHeaders = Readonly<Record<string, string>>

/** How another process, or the log, named what is handled here. */
export interface Foreign {
  readonly id: string
  /** In hex; empty for none. */
  readonly span: string
}

/** The same by its number there. */
export class ForeignNumber implements Foreign {
  readonly #numbering: Numbering
  readonly #number: number

  constructor(numbering: Numbering, number: number) {
    this.#numbering = numbering
    this.#number = number
  }

  get id(): string {
    return this.#numbering.uuid(this.#number)
  }

  get span(): string {
    return this.#numbering.span(this.#number)
  }
}

/** What is sent because of something carries its trace on: a message or a call that is being handled. */
export interface Cause {
  readonly ids: Ids
  /** Its id, not yet written. */
  readonly number: number
  readonly foreign: Foreign | undefined
  /** The number of the span of its handling, where one is made: what is sent because of it hangs on that. */
  readonly handling?: number | undefined
  readonly source: string
  /** Made when somebody asks, by `rootOf`. */
  root: TraceRoot | undefined
  readonly parentSpan: SpanId
  readonly extra: ExtraHeaders | undefined
  readonly idempotencyKey: string | undefined
  readonly deadlineAtMs: number
}

export function rootOf(cause: Cause): TraceRoot {
  cause.root ??= cause.ids.root(cause.number)
  return cause.root
}

/** The span that it is, at whoever sent it. */
export function spanOf({ foreign, number }: Cause): SpanId {
  return foreign instanceof ForeignNumber ? foreign : foreign?.span || number
}

/** The span that what it causes is a child of. */
export const parentOf = (cause: Cause): SpanId => cause.handling ?? spanOf(cause)

export const headersOf = (cause: Cause): MessageHeaders => Object.freeze(wireHeaders(cause))

/** The same, for the one who writes them down and lets go of them. */
export function wireHeaders(cause: Cause): MessageHeaders & ExtraHeaders {
  const traceparent = writeTraceparent(cause.ids, rootOf(cause), parentOf(cause))
  return cause.extra === undefined ? { traceparent } : { ...cause.extra, traceparent }
}

/** What most messages share. */
export interface Terms {
  readonly destination: string
  readonly messageType: MessageType
  readonly extra?: ExtraHeaders | undefined
  readonly foreign?: Foreign | undefined
  readonly correlationId?: string | undefined
  readonly causationId?: string | undefined
  readonly idempotencyKey?: string | undefined
  /** Where it is not the message that caused it. */
  readonly parentSpan?: SpanId | undefined
  /** On `monotonicMs`, which no step of the wall clock moves. */
  readonly expiresAtMs?: number | undefined
  /** The same in wall time, as people see it. */
  readonly expiresAtWallMs?: number | undefined
}

export const EVENT_TERMS: Terms = Object.freeze({ destination: '*', messageType: 'event' })
export const REQUEST_TERMS: Terms = Object.freeze({ destination: '*', messageType: 'request' })

/** A message on its way, inside the bus; handlers see a `SealedMessage`. What is only read sometimes is a number until then. */
export class Envelope implements Cause {
  readonly ids: Ids
  readonly number: number
  readonly topic: string
  readonly source: string
  readonly priority: number
  /** Of a durable message it is known once the log has it. */
  sequence: number
  readonly payload: unknown
  readonly bytes: number
  readonly sentAtMs: number
  root: TraceRoot | undefined
  /** The number of what caused it; 0 for nothing. */
  readonly cause: number
  readonly terms: Terms
  #sealed: SealedMessage | undefined = undefined

  constructor(
    ids: Ids,
    topic: string,
    source: string,
    priority: number,
    sequence: number,
    payload: unknown,
    bytes: number,
    sentAtMs: number,
    root: TraceRoot | undefined,
    cause: number,
    terms: Terms,
  ) {
    this.ids = ids
    this.number = ids.next()
    this.topic = topic
    this.source = source
    this.priority = priority
    this.sequence = sequence
    this.payload = payload
    this.bytes = bytes
    this.sentAtMs = sentAtMs
    this.root = root
    this.cause = cause
    this.terms = terms
  }

  get deadlineAtMs(): number {
    return Number.POSITIVE_INFINITY
  }

  get parentSpan(): SpanId {
    return this.terms.parentSpan ?? this.cause
  }

  get extra(): ExtraHeaders | undefined {
    return this.terms.extra
  }

  get idempotencyKey(): string | undefined {
    return this.terms.idempotencyKey
  }

  get foreign(): Foreign | undefined {
    return this.terms.foreign
  }

  get messageId(): string {
    return this.foreign?.id ?? this.ids.uuid(this.number)
  }

  get causationId(): string | undefined {
    return this.terms.causationId ?? (this.cause === 0 ? undefined : this.ids.uuid(this.cause))
  }

  get expiresAtMs(): number {
    return this.terms.expiresAtMs ?? Number.POSITIVE_INFINITY
  }

  /** The one object that all handlers see. */
  get sealed(): SealedMessage {
    this.#sealed ??= new SealedMessage(this)
    return this.#sealed
  }
}

/** A message in one handler's hands, as the cause of what that handler sends. */
export class Handling implements Cause {
  readonly #envelope: Envelope
  readonly handling: number

  constructor(envelope: Envelope, handling: number) {
    this.#envelope = envelope
    this.handling = handling
  }

  get ids(): Ids {
    return this.#envelope.ids
  }

  get number(): number {
    return this.#envelope.number
  }

  get foreign(): Foreign | undefined {
    return this.#envelope.foreign
  }

  get source(): string {
    return this.#envelope.source
  }

  get root(): TraceRoot {
    return rootOf(this.#envelope)
  }

  get parentSpan(): SpanId {
    return this.#envelope.parentSpan
  }

  get extra(): ExtraHeaders | undefined {
    return this.#envelope.extra
  }

  get idempotencyKey(): string | undefined {
    return this.#envelope.idempotencyKey
  }

  get deadlineAtMs(): number {
    return this.#envelope.deadlineAtMs
  }
}

/** A message as handlers see it: nothing on it can be changed, so all of them may share it. */
export class SealedMessage implements Message {
  readonly #envelope: Envelope
  #headers: MessageHeaders | undefined = undefined

  constructor(envelope: Envelope) {
    this.#envelope = envelope
    Object.preventExtensions(this)
  }

  get messageId(): string {
    return this.#envelope.messageId
  }

  get correlationId(): string | undefined {
    const { correlationId, messageType } = this.#envelope.terms
    return correlationId ?? (messageType === 'request' ? this.messageId : undefined)
  }

  get causationId(): string | undefined {
    return this.#envelope.causationId
  }

  get timestamp(): string {
    return new Date(this.#envelope.sentAtMs).toISOString()
  }

  get source(): string {
    return this.#envelope.source
  }

  get destination(): string {
    return this.#envelope.terms.destination
  }

  get topic(): string {
    return this.#envelope.topic
  }

  get messageType(): MessageType {
    return this.#envelope.terms.messageType
  }

  get priority(): number {
    return this.#envelope.priority
  }

  get sequence(): number {
    return this.#envelope.sequence
  }

  get headers(): MessageHeaders {
    this.#headers ??= headersOf(this.#envelope)
    return this.#headers
  }

  get payload(): unknown {
    return this.#envelope.payload
  }

  get idempotencyKey(): string | undefined {
    return this.#envelope.idempotencyKey
  }

  get deliveryAttempt(): number {
    return 1
  }

  get expiresAt(): string | undefined {
    const wallMs = this.#envelope.terms.expiresAtWallMs
    return wallMs === undefined ? undefined : new Date(wallMs).toISOString()
  }

  toJSON(): Message {
    const { messageId, correlationId, causationId, timestamp, source, destination, topic, messageType, priority } = this
    const { sequence, headers, payload, idempotencyKey, deliveryAttempt, expiresAt } = this
    return {
      messageId,
      correlationId,
      causationId,
      timestamp,
      source,
      destination,
      topic,
      messageType,
      priority,
      sequence,
      headers,
      payload,
      idempotencyKey,
      deliveryAttempt,
      expiresAt,
    }
  }
}
