export type { Run, RunFilter, RunPage, RunState } from './lib/spans/run.ts'
export type { Attributes, AttributeValue, Span, SpanError, SpanEvent, SpanKind, SpanLink } from './lib/spans/span.ts'
export type { ChangeFilter, TraceChange, TraceStats, TraceStore } from './lib/spans/trace-store.ts'
