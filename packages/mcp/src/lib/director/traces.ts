import { findRun, type Run, type Span, type TraceStore } from '@switchyard/trace'
import { withoutSecrets } from '@switchyard/yard/config'
import type { z } from 'zod'
import { noSuchSpan } from '../errors.ts'
import type { runChoice, runFilter } from './definition.ts'

/** Of a run's spans; a model reads no more of them, and looks at one by its id. */
const MAX_SPANS = 100

/** Looking at what ran is no run that somebody looks for. */
const LOOKING = 'director.trace.'
/** How many of those may stand between two others. */
const MAX_LOOKS = 100

type Reading = Pick<TraceStore, 'run' | 'runs' | 'spans' | 'flush'>

/** What ran in the workspace, newest first. */
export async function listRuns(traces: Reading, { text, state, limit }: z.output<typeof runFilter>): Promise<readonly RunLine[]> {
  await traces.flush()
  return latest(traces, limit, { ...(text !== undefined && { text }), ...(state !== undefined && { states: [state] }) }).map(lineOf)
}

/** One run as a tree, or one of its spans with what went in and came out. @throws TRACE_UNKNOWN, TRACE_AMBIGUOUS, NOT_FOUND */
export async function showRun(traces: Reading, { id, span }: z.output<typeof runChoice>): Promise<Readonly<Record<string, unknown>>> {
  await traces.flush()
  const run = findRun(traces, id === 'last' ? (latest(traces, 1)[0]?.traceId ?? id) : id)
  const spans = traces.spans(run.traceId)
  if (span !== undefined) return detailOf(spans, run, span)
  const rows = treeOf(spans)
  // What failed first, then what lies on top.
  const rank = ({ depth, error }: SpanRow): number => (error === undefined ? depth : -1)
  const kept = new Set(rows.toSorted((a, b) => rank(a) - rank(b)).slice(0, MAX_SPANS))
  const left = rows.length - kept.size
  return { ...lineOf(run), tree: rows.filter((row) => kept.has(row)), ...(left > 0 && { left }) }
}

function latest(traces: Reading, limit: number, filter: Parameters<Reading['runs']>[0] = {}): readonly Run[] {
  const { runs } = traces.runs({ ...filter, limit: limit + MAX_LOOKS })
  return runs.filter(({ command }) => command?.startsWith(LOOKING) !== true).slice(0, limit)
}

interface RunLine {
  readonly id: string
  readonly request: string
  readonly state: Run['state']
  readonly [fact: string]: unknown
}

function lineOf({ traceId, name, state, from, startMs, endMs, error, command, approvedBy, planId, chainId, costUsd, spans }: Run): RunLine {
  return {
    id: traceId,
    request: name,
    state,
    from,
    began: new Date(startMs).toISOString(),
    ...(state !== 'running' && state !== 'waiting' && { tookMs: Math.round(endMs - startMs) }),
    ...(error !== undefined && { error }),
    ...(command !== undefined && { command }),
    ...(approvedBy !== undefined && { approvedBy }),
    ...(planId !== undefined && { plan: planId }),
    ...(chainId !== undefined && { chain: chainId }),
    ...(costUsd > 0 && { costUsd }),
    spans,
  }
}

interface SpanRow {
  readonly depth: number
  readonly span: string
  readonly name: string
  /** Whose it is. */
  readonly lane: string
  readonly atMs: number
  /** Absent while it runs. */
  readonly tookMs?: number
  readonly error?: string
}

/** Each span behind its parent, children by when they began; one whose parent is not there is on top. */
function treeOf(spans: readonly Span[]): readonly SpanRow[] {
  const beganMs = spans[0]?.startMs ?? 0
  const known = new Set(spans.map(({ spanId }) => spanId))
  const below = Map.groupBy(spans, ({ parentSpanId = '' }) => (known.has(parentSpanId) ? parentSpanId : ''))
  const rows: SpanRow[] = []
  const waiting = (below.get('') ?? []).map((span) => ({ span, depth: 0 })).reverse()
  for (let next = waiting.pop(); next !== undefined; next = waiting.pop()) {
    const { span, depth } = next
    rows.push(rowOf(span, depth, beganMs))
    for (const child of (below.get(span.spanId) ?? []).toReversed()) waiting.push({ span: child, depth: depth + 1 })
  }
  return rows
}

function rowOf({ spanId, name, lane, startMs, durationMs, error }: Span, depth: number, beganMs: number): SpanRow {
  return {
    depth,
    span: spanId,
    name,
    lane,
    atMs: Math.round(startMs - beganMs),
    ...(durationMs !== undefined && { tookMs: Math.round(durationMs) }),
    ...(error !== undefined && { error: error.type }),
  }
}

function detailOf(spans: readonly Span[], run: Run, id: string): Readonly<Record<string, unknown>> {
  const found = spans.find(({ spanId }) => spanId === id)
  if (found === undefined) throw noSuchSpan(id, run.traceId)
  const { attributes, error, events, parentSpanId } = found
  const { depth: _, ...row } = rowOf(found, 0, spans[0]!.startMs)
  // What was recorded by us holds no secret; what others sent may.
  return withoutSecrets({
    run: run.traceId,
    ...row,
    ...(parentSpanId !== undefined && { parent: parentSpanId }),
    ...(error !== undefined && { error }),
    attributes,
    ...(events !== undefined && { events }),
  })
}
