import { withoutSecrets } from '@switchyard/contracts/redact'
import { wordsOf } from '../spans/content.ts'
import type { Attributes, Span, SpanEvent, SpanKind, SpanLink } from '../spans/span.ts'
import { listOf, nanosOf, type OtlpResource, readAttributes, readNanos, recordOf, writeAttributes } from './values.ts'

/** Spans as OTLP in JSON has them, one way and the other. */

const SCOPE = 'switchyard'
const LANE = 'switchyard.lane'
/** By OTLP's numbers; 0 says nothing. */
const KINDS: readonly SpanKind[] = ['internal', 'internal', 'server', 'client', 'producer', 'consumer']
const FAILED = 2

/** An `ExportTraceServiceRequest`, and so one line of an OTLP file. Spans that still run are left out: OTLP knows only those that ended. */
export function encodeTraces(spans: readonly Span[], resource: OtlpResource): object {
  const ended = spans.filter(({ durationMs }) => durationMs !== undefined)
  const resourceSpans = [...Map.groupBy(ended, serviceOf)].map(([service, own]) => ({
    resource: service === undefined ? resource : { attributes: writeAttributes({ 'service.name': service }) },
    scopeSpans: [...Map.groupBy(own, ({ scope }) => scope ?? SCOPE)].map(([name, of]) => ({ scope: { name }, spans: of.map(writeSpan) })),
  }))
  return { resourceSpans }
}

/** Spans of others are of services of others. */
const serviceOf = ({ scope, lane }: Span): string | undefined => (scope === undefined ? undefined : lane)

function writeSpan(span: Span): object {
  const { traceId, spanId, parentSpanId, traceState, name, kind, startMs, durationMs = 0, error, events, links, lane, scope } = span
  const attributes: Attributes = {
    ...span.attributes,
    ...(scope === undefined && { [LANE]: lane }),
    ...(error !== undefined && { 'error.type': error.type }),
  }
  return {
    traceId,
    spanId,
    ...(parentSpanId !== undefined && { parentSpanId }),
    ...(traceState !== undefined && { traceState }),
    name,
    kind: KINDS.lastIndexOf(kind),
    startTimeUnixNano: nanosOf(startMs),
    endTimeUnixNano: nanosOf(startMs + durationMs),
    attributes: writeAttributes(attributes),
    ...(events !== undefined && {
      events: events.map((event) => ({
        timeUnixNano: nanosOf(event.atMs),
        name: event.name,
        attributes: writeAttributes(event.attributes ?? {}),
      })),
    }),
    ...(links !== undefined && { links: links.map((link) => ({ ...link, attributes: writeAttributes(link.attributes ?? {}) })) }),
    status: error === undefined ? {} : { code: FAILED, ...(error.message !== undefined && { message: error.message }) },
  }
}

export interface DecodedTraces {
  readonly spans: readonly Span[]
  /** What could not be read as a span. */
  readonly rejected: number
}

const TRACE_ID = /^(?!0{32})[0-9a-f]{32}$/
const SPAN_ID = /^(?!0{16})[0-9a-f]{16}$/
const MAX_NAME = 300
const MAX_EVENTS = 100

/** Reads what another program sent as traces, and believes of it what makes sense; secrets are taken out. */
export function decodeTraces(body: unknown): DecodedTraces {
  const spans: Span[] = []
  let rejected = 0
  for (const { resource, scopeSpans } of listOf(recordOf(body).resourceSpans).map(recordOf)) {
    const service = readAttributes(recordOf(resource).attributes)['service.name']
    for (const { scope, spans: given } of listOf(scopeSpans).map(recordOf)) {
      const scopeName = recordOf(scope).name
      for (const one of listOf(given)) {
        const span = readSpan(recordOf(one), typeof service === 'string' ? service : 'unknown', String(scopeName ?? ''))
        if (span === undefined) rejected++
        else spans.push(span)
      }
    }
  }
  return { spans, rejected }
}

function readSpan(given: Readonly<Record<string, unknown>>, service: string, scope: string): Span | undefined {
  const traceId = idOf(given.traceId, TRACE_ID)
  const spanId = idOf(given.spanId, SPAN_ID)
  const startMs = readNanos(given.startTimeUnixNano)
  if (traceId === undefined || spanId === undefined || startMs === undefined || typeof given.name !== 'string') return undefined
  const parentSpanId = idOf(given.parentSpanId, SPAN_ID)
  const endMs = readNanos(given.endTimeUnixNano)
  const { [LANE]: lane, 'error.type': type, ...attributes } = withoutSecrets(readAttributes(given.attributes))
  const { code, message } = recordOf(given.status)
  const hasFailed = code === FAILED || code === 'STATUS_CODE_ERROR'
  const events = listOf(given.events).slice(0, MAX_EVENTS).flatMap(readEvent)
  const links = listOf(given.links).slice(0, MAX_EVENTS).flatMap(readLink)
  const isOurs = scope === SCOPE
  return {
    traceId,
    spanId,
    ...(parentSpanId !== undefined && { parentSpanId }),
    name: wordsOf(given.name, MAX_NAME),
    kind: KINDS[Number(given.kind)] ?? 'internal',
    startMs,
    ...(endMs !== undefined && { durationMs: Math.max(0, endMs - startMs) }),
    ...(hasFailed && {
      error: {
        type: typeof type === 'string' ? type : 'error',
        ...(typeof message === 'string' && message !== '' && { message: wordsOf(message, 500) }),
      },
    }),
    attributes,
    ...(events.length > 0 && { events }),
    ...(links.length > 0 && { links }),
    lane: isOurs && typeof lane === 'string' ? lane : service.slice(0, MAX_NAME),
    ...(!isOurs && { scope: scope.slice(0, MAX_NAME) }),
  }
}

function readEvent(given: unknown): SpanEvent[] {
  const { name, timeUnixNano, attributes } = recordOf(given)
  const atMs = readNanos(timeUnixNano)
  if (typeof name !== 'string' || atMs === undefined) return []
  return [{ name: wordsOf(name, MAX_NAME), atMs, attributes: withoutSecrets(readAttributes(attributes)) }]
}

function readLink(given: unknown): SpanLink[] {
  const { traceId, spanId, attributes } = recordOf(given)
  const ids = [idOf(traceId, TRACE_ID), idOf(spanId, SPAN_ID)] as const
  if (ids[0] === undefined || ids[1] === undefined) return []
  return [{ traceId: ids[0], spanId: ids[1], attributes: withoutSecrets(readAttributes(attributes)) }]
}

/** In hex of either case; programs that write base64, which is against the standard for JSON, are not understood. */
function idOf(given: unknown, form: RegExp): string | undefined {
  const id = typeof given === 'string' ? given.toLowerCase() : ''
  return form.test(id) ? id : undefined
}
