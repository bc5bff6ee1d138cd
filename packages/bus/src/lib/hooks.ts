import type { Message } from '@switchyard/contracts'

/** Called at the end of things, once each, with plain objects that were made only because the hook is there. A hook must not throw; what it throws is dropped. */
export interface BusHooks {
  /** A message was accepted; `receivers` counts subscriptions in this process. */
  published?(accepted: { readonly message: Message; readonly receivers: number }): void
  /** A subscription's handler ended. */
  delivered?(span: DeliverySpan): void
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
}

export interface CallSpan {
  readonly kind: 'call' | 'request' | 'stream'
  /** The method or topic. */
  readonly subject: string
  readonly source: string
  readonly trace: SpanTrace
  /** Wall time. */
  readonly startedAtMs: number
  readonly durationMs: number
  /** The error's code; undefined when it went well. */
  readonly code: string | undefined
  readonly attempts: number
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
