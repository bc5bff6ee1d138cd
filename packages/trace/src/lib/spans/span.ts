/** What a span's attribute can hold, as OpenTelemetry has it. */
export type AttributeValue = string | number | boolean | readonly string[] | readonly number[] | readonly boolean[]

export type Attributes = Readonly<Record<string, AttributeValue>>

/** Which side of what it is: `client` calls, `server` answers, `producer` publishes, `consumer` hears. */
export type SpanKind = 'internal' | 'server' | 'client' | 'producer' | 'consumer'

/** Something that ran, or still runs, in a trace. Ids are lower-case hex, times are milliseconds of the wall clock with fractions. */
export interface Span {
  /** 32 digits. */
  readonly traceId: string
  /** 16 digits. */
  readonly spanId: string
  readonly parentSpanId?: string
  readonly name: string
  readonly kind: SpanKind
  readonly startMs: number
  /** Absent while it runs; the same span comes again once it has ended. */
  readonly durationMs?: number
  /** Absent where it went well or still runs. */
  readonly error?: SpanError
  /** Redacted. What went in and came out is JSON text under `switchyard.input` and `switchyard.output`. */
  readonly attributes: Attributes
  readonly events?: readonly SpanEvent[]
  /** Other traces that have to do with it. */
  readonly links?: readonly SpanLink[]
  /** Whose lane it is in: a plugin, or what a span of somebody else calls its service. */
  readonly lane: string
  /** The instrumentation that made it; absent for ours. */
  readonly scope?: string
  /** W3C `tracestate`. */
  readonly traceState?: string
}

export interface SpanError {
  /** OpenTelemetry's `error.type`; for ours the code of the error. */
  readonly type: string
  readonly message?: string
}

/** A moment within a span. */
export interface SpanEvent {
  readonly name: string
  readonly atMs: number
  readonly attributes?: Attributes
}

export interface SpanLink {
  readonly traceId: string
  readonly spanId: string
  readonly attributes?: Attributes
}
