import type { Span, SpanKind } from './span.ts'

const KINDS: readonly SpanKind[] = ['internal', 'server', 'client', 'producer', 'consumer']

/** What most spans have, in this order; the rest is an object at the end where there is any of it. */
type Written = readonly [
  spanId: string,
  parentSpanId: string,
  name: string,
  kind: number,
  startMs: number,
  durationMs: number,
  lane: string,
  attributes: Span['attributes'],
  rest?: Pick<Span, 'error' | 'events' | 'links' | 'scope' | 'traceState'>,
]

/** A span as one line of JSON, without the id of its trace. */
export function writeSpan(span: Span): string {
  const { spanId, parentSpanId = '', name, kind, startMs, durationMs = -1, lane, attributes } = span
  const { error, events, links, scope, traceState } = span
  const hasRest = error !== undefined || events !== undefined || links !== undefined || scope !== undefined || traceState !== undefined
  const rest = hasRest ? `,${JSON.stringify({ error, events, links, scope, traceState })}` : ''
  return `["${spanId}","${parentSpanId}",${JSON.stringify(name)},${KINDS.indexOf(kind)},${micros(startMs)},${micros(durationMs)},${JSON.stringify(lane)},${JSON.stringify(attributes)}${rest}]`
}

const micros = (ms: number): number => Math.round(ms * 1_000) / 1_000

/** The spans of a list of such lines; `rootParent` is whose child those without a parent are. */
export function readSpans(text: string, traceId: string, rootParent: string | null): Span[] {
  return (JSON.parse(text) as Written[]).map(([spanId, parent, name, kind, startMs, durationMs, lane, attributes, rest]) => {
    const parentSpanId = parent === '' ? rootParent : parent
    return {
      traceId,
      spanId,
      ...(parentSpanId !== null && { parentSpanId }),
      name,
      kind: KINDS[kind]!,
      startMs,
      ...(durationMs >= 0 && { durationMs }),
      attributes,
      lane,
      ...rest,
    }
  })
}
