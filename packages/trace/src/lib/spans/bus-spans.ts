import type { CallSpan, DeadLetter, DeliverySpan, PublishedSpan, SpanTrace, UndeliveredSpan } from '@switchyard/bus'
import type { Message } from '@switchyard/contracts'
import { parseTraceContext, parseTraceState } from '../context/trace-context.ts'
import { contentOf } from './content.ts'
import type { AttributeValue, Span, SpanError } from './span.ts'

/** What the bus tells of, in OpenTelemetry's words. Written only once it is kept. */

const SYSTEM = 'switchyard'

export function spanOfCall(call: CallSpan): Span {
  const { side, kind, subject, source, identity, trace, startedAtMs, durationMs, code, attempts, headers } = call
  const isServer = side === 'server'
  const attributes: Record<string, AttributeValue> = {
    'switchyard.op': isServer ? 'rpc.server' : 'rpc.client',
    'switchyard.source': source,
  }
  if (kind === 'request') {
    attributes['messaging.system'] = SYSTEM
    attributes['messaging.destination.name'] = subject
  } else {
    attributes['rpc.system'] = SYSTEM
    attributes['rpc.method'] = subject
  }
  if (attempts > 1) attributes['switchyard.attempts'] = attempts
  if (headers?.sessionId !== undefined) attributes['session.id'] = headers.sessionId
  setContent(attributes, 'switchyard.input', call.input)
  setContent(attributes, 'switchyard.output', call.output)
  const error = code === undefined ? undefined : { type: code }
  const span = {
    name: subject,
    kind: isServer ? 'server' : 'client',
    lane: identity,
    startMs: startedAtMs,
    durationMs,
    attributes,
  } as const
  return spanIn(trace, span, error, headers?.tracestate)
}

export function spanOfPublish({ message, receivers, trace, atMs }: PublishedSpan): Span {
  const attributes = messaging(message, 'publish', 'send')
  attributes['switchyard.receivers'] = receivers
  setContent(attributes, 'switchyard.input', message.payload)
  const { topic, source } = message
  return spanIn(
    trace,
    { name: `publish ${topic}`, kind: 'producer', lane: source, startMs: atMs, durationMs: 0, attributes },
    undefined,
    stateOf(message),
  )
}

export function spanOfDelivery({ message, identity, pattern, trace, startedAtMs, durationMs, code }: DeliverySpan): Span {
  const attributes = messaging(message, 'process', 'process')
  attributes['messaging.destination.subscription.name'] = pattern
  if (message.deliveryAttempt > 1) attributes['switchyard.attempts'] = message.deliveryAttempt
  setContent(attributes, 'switchyard.input', message.payload)
  const error = code === undefined ? undefined : { type: code }
  const span = { name: `process ${message.topic}`, kind: 'consumer', lane: identity, startMs: startedAtMs, durationMs, attributes } as const
  return spanIn(trace, span, error, stateOf(message))
}

export function spanOfUndelivered({
  lost: { message, identity, pattern, reason, trace },
  atMs,
}: {
  lost: UndeliveredSpan
  atMs: number
}): Span {
  const verb = reason === 'expired' ? 'expire' : 'drop'
  const attributes = messaging(message, verb, 'settle')
  attributes['messaging.destination.subscription.name'] = pattern
  const error = { type: reason === 'expired' ? 'EXPIRED' : 'QUEUE_FULL' }
  const span = { name: `${verb} ${message.topic}`, kind: 'consumer', lane: identity, startMs: atMs, durationMs: 0, attributes } as const
  return spanIn(trace, span, error, stateOf(message))
}

/** A message that was given up; its trace is the one that it was published in, if that was to be recorded. */
export function spanOfDeadLetter(letter: DeadLetter, spanId: string): Span | undefined {
  const { message, reason, subscription, pattern, attempts, error, firstFailedAtMs, lastFailedAtMs } = letter
  const context = parseTraceContext(message.headers)
  if (context === undefined) return undefined
  const attributes = messaging(message, 'bury', 'settle')
  attributes['messaging.destination.subscription.name'] = subscription || pattern
  attributes['switchyard.dead_letter.id'] = letter.id
  attributes['switchyard.dead_letter.reason'] = reason
  if (attempts.length > 1) attributes['switchyard.attempts'] = attempts.length
  setContent(attributes, 'switchyard.input', message.payload)
  return {
    traceId: context.traceId,
    spanId,
    parentSpanId: context.spanId,
    name: `bury ${message.topic}`,
    kind: 'consumer',
    startMs: firstFailedAtMs,
    durationMs: lastFailedAtMs - firstFailedAtMs,
    lane: subscription.split('/')[0] || 'bus',
    error: { type: error.code || reason, message: error.message },
    attributes,
    ...(context.traceState !== undefined && { traceState: context.traceState }),
  }
}

const OPS = {
  publish: 'bus.publish',
  process: 'bus.deliver',
  expire: 'bus.expired',
  drop: 'bus.dropped',
  bury: 'bus.dead_letter',
} as const

function messaging(message: Message, name: keyof typeof OPS, type: string): Record<string, AttributeValue> {
  const { topic, messageId, correlationId, source, priority } = message
  return {
    'switchyard.op': OPS[name],
    'switchyard.source': source,
    'messaging.system': SYSTEM,
    'messaging.operation.name': name,
    'messaging.operation.type': type,
    'messaging.destination.name': topic,
    'messaging.message.id': messageId,
    ...(correlationId !== undefined && { 'messaging.message.conversation_id': correlationId }),
    ...(priority !== 5 && { 'switchyard.priority': priority }),
  }
}

const stateOf = ({ headers }: Message): string | undefined => headers.tracestate

function setContent(attributes: Record<string, AttributeValue>, name: string, value: unknown): void {
  const text = contentOf(value)
  if (text !== undefined) attributes[name] = text
}

function spanIn(
  { traceId, spanId, parentSpanId }: SpanTrace,
  span: Omit<Span, 'traceId' | 'spanId'>,
  error: SpanError | undefined,
  tracestate: string | undefined,
): Span {
  const traceState = tracestate === undefined ? undefined : parseTraceState(tracestate)
  return {
    traceId,
    spanId,
    ...(parentSpanId !== undefined && { parentSpanId }),
    ...span,
    ...(error !== undefined && { error }),
    ...(traceState !== undefined && { traceState }),
  }
}
