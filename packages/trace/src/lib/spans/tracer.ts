import type { BusHooks, CallSpan, DeadLetter, SpanTrace } from '@switchyard/bus'
import { type Clock, type Message, systemClock } from '@switchyard/contracts'
import { headersOf, newId, parseTraceContext, type TraceContext, type TraceHeaders } from '../context/trace-context.ts'
import { spanOfCall, spanOfDeadLetter, spanOfDelivery, spanOfPublish, spanOfUndelivered } from './bus-spans.ts'
import { contentOf, isLarge } from './content.ts'
import type { Attributes, AttributeValue, Span, SpanError, SpanEvent, SpanKind, SpanLink } from './span.ts'
import { createTail } from './tail.ts'
import type { TraceStore } from './trace-store.ts'

export interface TracerOptions {
  readonly store: Pick<TraceStore, 'add' | 'addLater' | 'isPressed'>
  /** The part of all traces begun here that are recorded, from 0 to 1; of the others what fails or is slow is kept. @default 1 */
  readonly sample?: number
  /** @default systemClock */
  readonly clock?: Clock
  /** In [0, 1); for ids and sampling. @default Math.random */
  readonly random?: () => number
}

/** Makes spans of what happens in one process. */
export interface Tracer {
  /** Give these to `createBus`, and every call and message is a span. */
  readonly hooks: BusHooks
  /** A span from now on; it is kept when it has ended, and before that where it is `live`. */
  start(name: string, options?: StartOptions): ActiveSpan
  /** For one that is recorded later. */
  newSpanId(): string
  /** One whose ids and times are known. */
  record(span: Span, recorded?: boolean): void
  /** A message that was given up, as `bus.on('dead-letter')` tells. */
  buried(letter: DeadLetter): void
}

export interface StartOptions {
  /** What it is a child of. @default nothing: it begins a trace */
  readonly parent?: TraceContext | Partial<TraceHeaders> | undefined
  /** @default 'internal' */
  readonly kind?: SpanKind
  /** What it is, as `switchyard.op`. */
  readonly op?: string
  /** @default 'switchyard' */
  readonly lane?: string
  readonly attributes?: Attributes
  /** Where it began before now. */
  readonly startMs?: number
  /** Shown as running until it ends; for what may take long. @default false */
  readonly live?: boolean
  readonly links?: readonly SpanLink[]
}

export interface ActiveSpan {
  readonly context: TraceContext
  /** For whatever is called on its behalf. */
  readonly headers: TraceHeaders
  set(attributes: Attributes): void
  /** What went in or came out, without its secrets. */
  content(side: 'input' | 'output', value: unknown): void
  event(name: string, attributes?: Attributes): void
  rename(name: string): void
  /** Only the first end counts. */
  end(end?: { readonly error?: SpanError | undefined; readonly attributes?: Attributes }): void
}

/** A call that took longer is kept, whether its trace is recorded or not. */
const SLOW_MS = 1_000

export function createTracer({ store, sample = 1, clock = systemClock, random = Math.random }: TracerOptions): Tracer {
  const tail = createTail(store)
  /** More than can be kept is no reason to keep pieces: whole traces are left out. */
  const decide = (): boolean => !store.isPressed && (sample >= 1 || random() < sample)

  /** What holds much is written at once, so that little memory waits. */
  function take<record>(trace: SpanTrace, record: record, write: (record: record) => Span, isFailure: boolean, isHeavy: boolean): void {
    if (isHeavy) take(trace, write(record), itself, isFailure, false)
    else if (trace.recorded) store.addLater(record, write, isFailure)
    else tail.take(trace.key, record, write, isFailure)
  }

  function takeCall(call: CallSpan): void {
    const isHeavy = call.side === 'server' && (isLarge(call.input, 0) || isLarge(call.output, 0))
    take(call.trace, call, spanOfCall, call.code !== undefined || call.durationMs >= SLOW_MS, isHeavy)
  }

  const isHeavy = ({ payload }: Message): boolean => isLarge(payload, 0)

  function keep(span: Span, recorded: boolean): void {
    if (recorded) store.add(span)
    else tail.take(span.traceId, span, itself, span.error !== undefined)
  }

  return {
    hooks: {
      sample: decide,
      minds: (trace, durationMs) => durationMs >= SLOW_MS || tail.hasFailed(trace),
      called: takeCall,
      served: takeCall,
      published: (accepted) => take(accepted.trace, accepted, spanOfPublish, false, isHeavy(accepted.message)),
      delivered: (delivery) => take(delivery.trace, delivery, spanOfDelivery, delivery.code !== undefined, isHeavy(delivery.message)),
      undelivered: (lost) => take(lost.trace, { lost, atMs: clock.now() }, spanOfUndelivered, true, isHeavy(lost.message)),
    },
    start: (name, options = {}) => startSpan(name, options, { clock, random, decide, keep }),
    newSpanId: () => newId(8, random),
    record: (span, recorded = true) => keep(span, recorded),
    buried(letter) {
      const span = spanOfDeadLetter(letter, newId(8, random))
      if (span !== undefined) keep(span, true)
    },
  }
}

const itself = (span: Span): Span => span

interface SpanParts {
  readonly clock: Clock
  readonly random: () => number
  readonly decide: () => boolean
  readonly keep: (span: Span, recorded: boolean) => void
}

function startSpan(name: string, options: StartOptions, { clock, random, decide, keep }: SpanParts): ActiveSpan {
  const { kind = 'internal', op, lane = 'switchyard', live = false, links } = options
  const parent = contextOf(options.parent)
  const context: TraceContext = {
    traceId: parent?.traceId ?? newId(16, random),
    spanId: newId(8, random),
    recorded: parent?.recorded ?? decide(),
    ...(parent?.traceState !== undefined && { traceState: parent.traceState }),
  }
  const startedMonotonicMs = clock.monotonicMs()
  const startMs = options.startMs ?? clock.now()
  const beforeMs = options.startMs === undefined ? 0 : Math.max(0, clock.now() - startMs)
  const attributes: Record<string, AttributeValue> = { ...(op !== undefined && { 'switchyard.op': op }), ...options.attributes }
  const events: SpanEvent[] = []
  let title = name
  let hasEnded = false
  if (live) keep(written(undefined, undefined), context.recorded)

  function written(durationMs: number | undefined, error: SpanError | undefined): Span {
    const { traceId, spanId, traceState } = context
    return {
      traceId,
      spanId,
      ...(parent !== undefined && { parentSpanId: parent.spanId }),
      name: title,
      kind,
      startMs,
      ...(durationMs !== undefined && { durationMs }),
      ...(error !== undefined && { error }),
      attributes: { ...attributes },
      ...(events.length > 0 && { events: [...events] }),
      ...(links !== undefined && links.length > 0 && { links }),
      lane,
      ...(traceState !== undefined && { traceState }),
    }
  }

  return {
    context,
    headers: headersOf(context),
    set: (more) => void Object.assign(attributes, more),
    content(side, value) {
      const text = contentOf(value)
      if (text !== undefined) attributes[`switchyard.${side}`] = text
    },
    event: (event, more) => void events.push({ name: event, atMs: clock.now(), ...(more !== undefined && { attributes: more }) }),
    rename(other) {
      title = other
    },
    end({ error, attributes: more } = {}) {
      if (hasEnded) return
      hasEnded = true
      Object.assign(attributes, more)
      keep(written(beforeMs + clock.monotonicMs() - startedMonotonicMs, error), context.recorded)
    },
  }
}

function contextOf(parent: StartOptions['parent']): TraceContext | undefined {
  if (parent === undefined) return undefined
  return 'traceId' in parent ? parent : parseTraceContext(parent)
}
