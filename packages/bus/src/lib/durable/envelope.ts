import type { Message, MessageHeaders, MessageType } from '@switchyard/contracts'
import type { DurableRecord } from '../durable.ts'
import type { Stream } from './streams.ts'

/** A message as it is kept, without what its stream says. */
export interface MessageRow {
  readonly position: number
  readonly stream: number
  readonly sequence: number
  readonly sent_at_ms: number
  readonly expires_at_ms: number | null
  readonly envelope: string
}

interface Envelope {
  readonly messageId: string
  readonly correlationId?: string | undefined
  readonly causationId?: string | undefined
  readonly destination: string
  readonly messageType: MessageType
  readonly priority: number
  readonly headers: MessageHeaders
  readonly idempotencyKey?: string | undefined
  readonly payload?: unknown
}

/** The part of a record that is stored as text. Throws TypeError when the payload is no JSON. */
export function encodeEnvelope(record: DurableRecord): string {
  const envelope: Envelope = {
    messageId: record.messageId,
    correlationId: record.correlationId,
    causationId: record.causationId,
    destination: record.destination,
    messageType: record.messageType,
    priority: record.priority,
    headers: record.headers,
    idempotencyKey: record.idempotencyKey ?? record.messageId,
    payload: record.payload,
  }
  return JSON.stringify(envelope)
}

/** A message of its own for each caller: nothing in it is shared with another delivery. */
export function decodeMessage(
  row: Omit<MessageRow, 'position' | 'stream'>,
  stream: Pick<Stream, 'topic' | 'source'>,
  attempt: number,
): Message {
  const envelope: Envelope = JSON.parse(row.envelope)
  return Object.freeze<Message>({
    messageId: envelope.messageId,
    correlationId: envelope.correlationId,
    causationId: envelope.causationId,
    timestamp: new Date(row.sent_at_ms).toISOString(),
    source: stream.source,
    destination: envelope.destination,
    topic: stream.topic,
    messageType: envelope.messageType,
    priority: envelope.priority,
    sequence: row.sequence,
    headers: Object.freeze(envelope.headers),
    payload: envelope.payload,
    idempotencyKey: envelope.idempotencyKey,
    deliveryAttempt: attempt,
    expiresAt: row.expires_at_ms === null ? undefined : new Date(row.expires_at_ms).toISOString(),
  })
}
