import { hash } from 'node:crypto'
import type { ChainSpan, ChainState } from './chain.ts'
import type { StepRecord } from './journal.ts'
import type { Run } from './run.ts'

/** A chain's place in its trace. */
export interface ChainTrace {
  readonly traceId: string
  /** The chain's own span, whose children its steps are. */
  readonly spanId: string
  /** Two hex digits, as W3C has them. */
  readonly flags: string
  readonly parentSpanId?: string
  readonly traceState?: string
}

const NONE = '0'.repeat(16)

/** The trace that a chain goes on with, or one of its own. */
export function beginTrace(
  given: { traceparent?: string | undefined; tracestate?: string | undefined },
  newHex: (bytes: number) => string,
): ChainTrace {
  const [, traceId, parentSpanId, flags = '01'] =
    /^[0-9a-f]{2}-([0-9a-f]{32})-([0-9a-f]{16})-([0-9a-f]{2})/.exec(given.traceparent ?? '') ?? []
  const spanId = newHex(8)
  if (traceId === undefined || parentSpanId === undefined) return { traceId: newHex(16), spanId, flags }
  return { traceId, spanId, flags, parentSpanId, ...(given.tracestate !== undefined && { traceState: given.tracestate }) }
}

/** As the journal keeps it; those of before had the first two parts alone. */
export const writeTrace = ({ traceId, spanId, flags, parentSpanId = NONE, traceState = '' }: ChainTrace): string =>
  traceId + spanId + flags + parentSpanId + traceState

export function readTrace(text: string): ChainTrace {
  const parentSpanId = text.slice(50, 66)
  const traceState = text.slice(66)
  return {
    traceId: text.slice(0, 32),
    spanId: text.slice(32, 48),
    flags: text.slice(48, 50) || '01',
    ...(parentSpanId !== '' && parentSpanId !== NONE && { parentSpanId }),
    ...(traceState !== '' && { traceState }),
  }
}

/** What a call of a step hands on. */
export function headersFor({ trace: { traceId, flags, traceState } }: Run, spanId: string): Readonly<Record<string, string>> {
  const traceparent = `00-${traceId}-${spanId}-${flags}`
  return traceState === undefined ? { traceparent } : { traceparent, tracestate: traceState }
}

/** How a chain that has ended stands in a list of runs. */
const OUTCOMES: Partial<Readonly<Record<ChainState, string>>> = { done: 'done', undone: 'undone' }

/** The chain itself: without a state it goes on from now, in this process. */
export function tellChain(run: Run, ended?: ChainState): void {
  const { trace, frozen, id, startedMs, clock, error } = run
  const { name } = frozen.root.definition
  const hasFailed = ended !== undefined && ended !== 'done'
  tell(run, {
    op: 'chain',
    spanId: trace.spanId,
    ...(trace.parentSpanId !== undefined && { parentSpanId: trace.parentSpanId }),
    name: `chain ${name}`,
    startMs: startedMs,
    ...(ended !== undefined && { endMs: clock.now() }),
    attributes: {
      'switchyard.chain.id': id,
      'switchyard.chain.name': name,
      ...(ended !== undefined && { 'switchyard.chain.state': ended, 'switchyard.outcome': OUTCOMES[ended] ?? 'failed' }),
    },
    ...(hasFailed && error !== undefined && { error }),
  })
}

/** A step that waits, for a person where it asks; its span is the same in whichever process the wait ends. */
export function tellWait(run: Run, { path, startedMs, endedMs, answer, state, error }: StepRecord, forPerson: boolean): void {
  const by = forPerson && answer !== null ? (JSON.parse(answer) as { by?: unknown }).by : undefined
  tell(run, {
    op: 'chain.wait',
    spanId: hash('sha1', `${run.id}/${path}`).slice(0, 16),
    parentSpanId: run.trace.spanId,
    name: `wait ${path}`,
    startMs: startedMs,
    ...(state !== 'waiting' && { endMs: endedMs ?? run.clock.now() }),
    attributes: {
      'switchyard.chain.id': run.id,
      'switchyard.step': path,
      ...(forPerson && { 'switchyard.waits_for': 'person' }),
      ...(state === 'done' && forPerson && { 'switchyard.approved.by': typeof by === 'string' ? by : 'person' }),
    },
    ...(error !== null && { error }),
  })
}

export function tell(run: Run, span: Omit<ChainSpan, 'traceId' | 'flags' | 'traceState'>): void {
  const { traceId, flags, traceState } = run.trace
  run.emit({ type: 'span', span: { traceId, flags, ...(traceState !== undefined && { traceState }), ...span } })
}
