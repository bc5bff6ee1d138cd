import { join } from 'node:path'
import { type Bus, type BusHooks, joinHooks } from '@switchyard/bus'
import type { ChainSpan } from '@switchyard/chain'
import { type Clock, toWireError, type WireError } from '@switchyard/contracts'
import type { Log } from '@switchyard/plugin-kit'
import type { StateEvents } from '@switchyard/state'
import {
  type ActiveSpan,
  type Attributes,
  contentOf,
  createTracer,
  createTraceStore,
  parseTraceContext,
  type Span,
  type SpanError,
  type TraceContext,
  type TraceHeaders,
  type Tracer,
  type TraceStore,
  wordsOf,
} from '@switchyard/trace'
import type { YardConfig } from './config.ts'
import type { Decision } from './yard.ts'

/** The file of a workspace's traces, beside its store. */
const TRACE_FILE = 'trace.db'

/** What a person or a client wants of the workspace: where a trace begins, or goes on. */
export interface Asked {
  /** In plain words, or the command. */
  readonly name: string
  readonly from: 'cli' | 'mcp' | 'plugin'
  /** W3C trace context of whoever asks. */
  readonly traceparent?: string | undefined
  readonly tracestate?: string | undefined
  readonly attributes?: Attributes
}

/** One of them under way. */
export interface Asking {
  /** For everything that is done for it. */
  readonly headers: TraceHeaders
  end(end?: { readonly error?: unknown }): void
}

export interface YardTracesOptions {
  readonly dataRoot: string
  readonly memory: boolean
  readonly config: Pick<YardConfig, 'trace'>
  readonly clock: Clock
  readonly random: () => number
  readonly log: Log
  /** What the yard was opened for, which begins with the first thing that is done. */
  readonly asked?: Asked | undefined
  /** Told of every span that is kept. */
  onBatch?(spans: readonly Span[]): void
  /** Absent where no secret is known. */
  readonly hide?: ((span: Span) => Span) | undefined
}

/** The traces of one workspace as this process makes them. */
export interface YardTraces {
  readonly store: TraceStore
  readonly tracer: Tracer
  /** With what others want of the bus. */
  hooks(...others: readonly BusHooks[]): BusHooks
  /** Hears of what was given up. */
  attach(bus: Bus): void
  begin(asked: Asked): Asking
  /** The headers of what is done: the caller's own trace, or that of what the yard was opened for. */
  headersFor(headers: Readonly<Record<string, string>> | undefined): Readonly<Record<string, string>> | undefined
  /** The command that is called now; the first is what the yard was opened for. */
  calls(commandId: string, headers: Readonly<Record<string, string>> | undefined): void
  /** The trace that a call with these headers belongs to. */
  contextOf(headers: Readonly<Record<string, string>> | undefined): TraceHeaders | undefined
  /** Whoever asked from outside, for a link where the work belongs to an older trace. */
  outside(headers: Readonly<Record<string, string>> | undefined): TraceContext | undefined
  /** Work as a span; what it throws is its error. */
  within<result>(options: WithinOptions, work: (span: ActiveSpan) => Promise<result>): Promise<result>
  /** Something that was asked for failed, and with it what the yard was opened for. */
  failed(error: unknown): void
  /** Keeps how the request was read though nothing is done about it. */
  unanswered(): void
  /** How a request was read. Kept with what is done about it, or when it is said that nothing can be. */
  routed(routing: Routing, headers: Readonly<Record<string, string>> | undefined): void
  chain(span: ChainSpan): void
  /** A change of somebody else that came into what is shared, in the trace that it was made in. */
  merged(change: StateEvents['merged']): void
  close(): Promise<void>
}

interface WithinOptions {
  readonly name: string
  readonly op: string
  readonly parent: TraceHeaders | undefined
  readonly attributes?: Attributes
  readonly live?: boolean
}

/** One decision, with when each of its stages began. */
interface Routing {
  readonly decision: Decision
  /** Wall time. */
  readonly startMs: number
  readonly endMs: number
  readonly stages: readonly { readonly name: string; readonly startMs: number }[]
  /** Why, in whatever words the router has for it; asked once there is time. */
  why(): unknown
}

export function createYardTraces(options: YardTracesOptions): YardTraces {
  const { dataRoot, memory, config, clock, random, log, asked, onBatch, hide } = options
  const { sample, keepDays, maxMegabytes } = config.trace
  const store = createTraceStore({
    path: memory ? ':memory:' : join(dataRoot, TRACE_FILE),
    clock,
    keepMs: keepDays * 86_400_000,
    maxBytes: maxMegabytes * 1_048_576,
    ...(onBatch !== undefined && { onBatch }),
    ...(hide !== undefined && { hide }),
    onLost: (count, error) => log.warn(`lost ${count} spans`, { error: toWireError(error) }),
  })
  const tracer = createTracer({ store, sample, clock, random })
  let own: (Asking & { readonly span: ActiveSpan }) | undefined
  let ownError: unknown
  let ownCommand: string | undefined
  /** Decisions about which nothing was done yet. */
  let unused: Routing[] = []
  const stops: (() => void)[] = []

  function start({ name, from, traceparent, tracestate, attributes }: Asked, startMs?: number): Asking & { readonly span: ActiveSpan } {
    const title = wordsOf(name, 300)
    const span = tracer.start(title, {
      op: 'request',
      kind: 'server',
      live: true,
      ...(startMs !== undefined && { startMs }),
      parent: traceparent === undefined ? undefined : { traceparent, ...(tracestate !== undefined && { tracestate }) },
      attributes: { 'switchyard.from': from, 'switchyard.request': title, ...attributes },
    })
    return { span, headers: span.headers, end: ({ error } = {}) => span.end({ error: errorOf(error) }) }
  }

  function ownHeaders(): TraceHeaders | undefined {
    if (asked === undefined) return undefined
    if (own === undefined) {
      own = start(asked, unused[0]?.startMs)
      for (const routing of unused) tell(routing, own.headers)
      unused = []
    }
    return own.headers
  }

  function tell(routing: Routing, parent: TraceHeaders): void {
    const { decision, startMs, endMs, stages } = routing
    const context = parseTraceContext(parent)
    if (context === undefined) return
    const { traceId, recorded, traceState } = context
    const routeId = tracer.newSpanId()
    const shared = { traceId, kind: 'internal', lane: 'router', ...(traceState !== undefined && { traceState }) } as const
    for (const [index, { name, startMs: stageMs }] of stages.entries()) {
      const durationMs = (stages[index + 1]?.startMs ?? endMs) - stageMs
      const ids = { spanId: tracer.newSpanId(), parentSpanId: routeId }
      tracer.record({ ...shared, ...ids, name, startMs: stageMs, durationMs, attributes: { 'switchyard.op': name } }, recorded)
    }
    const { outcome, parts, question } = decision
    const candidates = parts.flatMap(({ command, confidence, alternatives }, part) =>
      [{ command, confidence }, ...alternatives].map((one) => ({ part, ...one })),
    )
    const span: Span = {
      ...shared,
      spanId: routeId,
      parentSpanId: context.spanId,
      name: 'route',
      startMs,
      durationMs: endMs - startMs,
      attributes: {
        'switchyard.op': 'route',
        'switchyard.router.outcome': outcome,
        'switchyard.router.candidates': JSON.stringify(candidates),
        'switchyard.router.why': contentOf(routing.why()) ?? '',
        ...(question !== undefined && { 'switchyard.router.question': wordsOf(question) }),
      },
    }
    tracer.record(span, recorded)
  }

  return {
    store,
    tracer,
    hooks: (...others) => joinHooks(...others, tracer.hooks),
    attach(bus) {
      stops.push(bus.on('dead-letter', (letter) => tracer.buried(letter)))
    },
    begin: (given) => start(given),
    headersFor(headers) {
      if (headers?.traceparent !== undefined) return headers
      const context = ownHeaders()
      return context === undefined ? headers : { ...headers, ...context }
    },
    calls(commandId, headers) {
      if (headers?.traceparent !== undefined || ownCommand !== undefined || ownHeaders() === undefined) return
      ownCommand = commandId
      own!.span.set({ 'switchyard.command': commandId })
    },
    contextOf(headers) {
      const { traceparent, tracestate } = headers ?? {}
      if (traceparent !== undefined) return { traceparent, ...(tracestate !== undefined && { tracestate }) }
      return ownHeaders()
    },
    outside(headers) {
      return parseTraceContext(headers?.traceparent === undefined ? (asked ?? {}) : headers)
    },
    failed(error) {
      ownError = error
    },
    unanswered: () => void ownHeaders(),
    async within({ name, op, parent, attributes, live = false }, work) {
      const span = tracer.start(name, { op, parent, live, ...(attributes !== undefined && { attributes }) })
      try {
        const result = await work(span)
        span.end()
        return result
      } catch (error) {
        span.end({ error: errorOf(error) })
        ownError = error
        throw error
      }
    },
    routed(routing, headers) {
      const { traceparent, tracestate } = headers ?? {}
      if (traceparent !== undefined) tell(routing, { traceparent, ...(tracestate !== undefined && { tracestate }) })
      else if (own !== undefined) tell(routing, own.headers)
      else if (asked !== undefined) unused = [...unused, routing].slice(-5)
    },
    chain({ op, flags, endMs, error, attributes, traceState, ...span }) {
      const isRecorded = (Number.parseInt(flags, 16) & 1) === 1
      const known: Span = {
        ...span,
        kind: 'internal',
        lane: 'chain',
        ...(endMs !== undefined && { durationMs: endMs - span.startMs }),
        ...(error !== undefined && { error: errorOf(error)! }),
        attributes: { 'switchyard.op': op, ...attributes },
        ...(traceState !== undefined && { traceState }),
      }
      tracer.record(known, isRecorded)
      if (op === 'chain' && own?.span.context.traceId === span.traceId && endMs !== undefined) {
        own.span.set({ 'switchyard.outcome': attributes['switchyard.outcome'] as string })
        ownError = error
      }
    },
    merged({ namespace, from, node, correlationId = '' }) {
      if (!/^[0-9a-f]{32}$/.test(correlationId)) return
      tracer.record({
        traceId: correlationId,
        spanId: tracer.newSpanId(),
        name: `merge ${namespace}`,
        kind: 'consumer',
        lane: 'state',
        startMs: clock.now(),
        durationMs: 0,
        attributes: {
          'switchyard.op': 'state.merge',
          'switchyard.namespace': namespace,
          'switchyard.source': from,
          'switchyard.from_node': node,
        },
      })
    },
    async close() {
      for (const stop of stops.splice(0)) stop()
      own?.end({ error: ownError })
      await store.close()
    },
  }
}

/** What a span says of an error: its code, and its words without secrets. Takes what was thrown, or an error as it travels. */
function errorOf(error: unknown): SpanError | undefined {
  if (error === undefined) return undefined
  const { code, message } = isWireError(error) ? error : toWireError(error)
  return { type: code, message: wordsOf(message, 500) }
}

function isWireError(error: unknown): error is WireError {
  const { code, message } = (error ?? {}) as Partial<WireError>
  return typeof code === 'string' && typeof message === 'string' && !(error instanceof Error)
}
