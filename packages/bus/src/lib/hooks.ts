import type { Message } from '@switchyard/contracts'
import type { AnswerSource } from '@switchyard/resilience'
import type { ExtraHeaders } from './envelope.ts'

/** Called at the end of things, once each, with plain objects that were made only because the hook is there. A hook must not throw; what it throws is dropped. */
export interface BusHooks {
  /** Whether a trace that begins here is recorded; the answer goes along with it, through other processes too. @default it is */
  sample?(): boolean
  /**
   * Asked of each call that went well in a trace that is not recorded, by its trace's `key`: false, and `called` and `served` are not
   * told of it, which spares most of what they cost. @default true
   */
  minds?(trace: number | string, durationMs: number): boolean
  /** A message was accepted; `receivers` counts subscriptions in this process. Not told of what nobody hears and nothing caused. */
  published?(accepted: PublishedSpan): void
  /** A subscription's handler ended. */
  delivered?(span: DeliverySpan): void
  /** A subscription lost a message. */
  undelivered?(lost: UndeliveredSpan): void
  /** A call, request or stream ended, seen from its caller. */
  called?(span: CallSpan): void
  /** The same seen from its server. */
  served?(span: CallSpan): void
}

/** Its ids are made when first read, so that keeping a span costs little until somebody looks at it. */
export interface SpanTrace {
  readonly traceId: string
  readonly spanId: string
  readonly parentSpanId: string | undefined
  /** Whether whoever began the trace wants it kept. */
  readonly recorded: boolean
  /** Equal for spans of one trace in this process, and cheaper than the id. */
  readonly key: number | string
}

export interface CallSpan {
  readonly side: 'caller' | 'server'
  readonly kind: 'call' | 'request' | 'stream'
  /** The method or topic. */
  readonly subject: string
  /** Who called. */
  readonly source: string
  /** Whose span it is: the caller's or the server's. */
  readonly identity: string
  readonly trace: SpanTrace
  /** Wall time. */
  readonly startedAtMs: number
  readonly durationMs: number
  /** The error's code; undefined when it went well. */
  readonly code: string | undefined
  readonly attempts: number
  /** Where the answer came from; undefined at the server's side and where the method is not guarded. */
  readonly answer: AnswerSource | undefined
  /** What came along with it besides the trace. */
  readonly headers: ExtraHeaders | undefined
  /** As its server was given it, and what it answered; both frozen. Undefined at the caller's side, and the output of a stream. */
  readonly input: unknown
  readonly output: unknown
}

export interface PublishedSpan {
  readonly message: Message
  readonly receivers: number
  readonly trace: SpanTrace
  /** Wall time, finer than the message's own. */
  readonly atMs: number
}

export interface DeliverySpan {
  readonly message: Message
  readonly identity: string
  readonly pattern: string
  readonly trace: SpanTrace
  readonly startedAtMs: number
  readonly durationMs: number
  readonly code: string | undefined
}

export interface UndeliveredSpan {
  readonly message: Message
  readonly identity: string
  readonly pattern: string
  readonly reason: 'expired' | 'overflow'
  readonly trace: SpanTrace
}

/** One set of hooks that tells several, in order; a trace is recorded when one of them wants it, and none of them can harm another. */
export function joinHooks(...all: readonly BusHooks[]): BusHooks {
  const samplers = all.filter(({ sample }) => sample !== undefined)
  const joined: BusHooks = samplers.length === 0 ? {} : { sample: () => samplers.some((hooks) => hooks.sample!()) }
  const listeners = all.filter(({ called, served }) => called !== undefined || served !== undefined)
  if (listeners.every(({ minds }) => minds !== undefined))
    joined.minds = (trace, durationMs) => listeners.some((hooks) => hooks.minds!(trace, durationMs))
  for (const name of ['published', 'delivered', 'undelivered', 'called', 'served'] as const) {
    for (const hooks of all) join(joined, hooks, name)
  }
  return joined
}

function join<name extends Exclude<keyof BusHooks, 'sample' | 'minds'>>(joined: BusHooks, hooks: BusHooks, name: name): void {
  if (hooks[name] === undefined) return
  const next = (span: never): void => hooks[name]!(span)
  const before = joined[name] as ((span: never) => void) | undefined
  const both = (span: never): void => {
    try {
      before!(span)
    } finally {
      next(span)
    }
  }
  joined[name] = (before === undefined ? next : both) as BusHooks[name]
}
