import type { Run, Span } from '@switchyard/trace'
import { FLAG, type RunRow, type SpanColumns, type SpanDetail, type TraceData } from '../model/wire.ts'

/** Beyond so many spans the last ones are left out, as a browser would have no room for them. */
const MAX_SPANS = 500_000

export function rowOf(run: Run): RunRow {
  const { traceId, name, state, startMs, endMs, costUsd, approvedBy, error, lanes, spans } = run
  return {
    id: traceId,
    title: name,
    subject: subjectOf(run),
    status: state,
    startedMs: startMs,
    ...(state !== 'running' && state !== 'waiting' && { durationMs: Math.max(0, endMs - startMs) }),
    ...(costUsd > 0 && { costUsd }),
    ...(approvedBy !== undefined && { approvedBy }),
    ...(error !== undefined && { code: error.type }),
    lanes,
    spans,
  }
}

/** What ran, whatever the words in which it was asked for. */
export const subjectOf = ({ command, name }: Run): string => command ?? name

/** The spans of a run by columns; they come by when they began, and a parent goes before its children. */
export function traceOf(run: Run, all: readonly Span[], nowMs: number, good: string | undefined): TraceData {
  const [spans, places] = parentsFirst(all.length > MAX_SPANS ? all.slice(0, MAX_SPANS) : all)
  let startMs = spans[0]?.startMs ?? run.startMs
  for (const span of spans) if (span.startMs < startMs) startMs = span.startMs
  return {
    run: rowOf(run),
    nowMs,
    startMs,
    spans: columnsOf(spans, places, startMs),
    ...(good !== undefined && { good }),
    ...(all.length > MAX_SPANS && { truncated: true }),
  }
}

function columnsOf(spans: readonly Span[], places: ReadonlyMap<string, number>, beganMs: number): SpanColumns {
  const ids: string[] = []
  const words: string[] = []
  const [parent, name, lane, code]: [number[], number[], number[], number[]] = [[], [], [], []]
  const [startUs, durationUs, flags]: [number[], number[], number[]] = [[], [], []]
  const placeOfWord = new Map<string, number>()
  const wordOf = (text: string): number => {
    let at = placeOfWord.get(text)
    if (at === undefined) {
      at = words.push(text) - 1
      placeOfWord.set(text, at)
    }
    return at
  }
  for (const span of spans) {
    const { spanId, parentSpanId, startMs, durationMs, error } = span
    ids.push(spanId)
    parent.push(parentSpanId === undefined ? -1 : (places.get(parentSpanId) ?? -1))
    name.push(wordOf(span.name))
    lane.push(wordOf(span.lane))
    code.push(error === undefined ? -1 : wordOf(error.type))
    startUs.push(Math.round((startMs - beganMs) * 1_000))
    durationUs.push(durationMs === undefined ? -1 : Math.round(durationMs * 1_000))
    flags.push(flagsOf(span))
  }
  return { ids: ids.join(''), words, parent, name, lane, code, startUs, durationUs, flags }
}

/** Clocks of several processes may have a child begin before its parent. With the place of each. */
function parentsFirst(spans: readonly Span[]): readonly [spans: readonly Span[], places: ReadonlyMap<string, number>] {
  const places = new Map<string, number>()
  let isSorted = true
  for (const [i, { spanId, parentSpanId }] of spans.entries()) {
    if (parentSpanId !== undefined && !places.has(parentSpanId)) isSorted = false
    places.set(spanId, i)
  }
  // A parent that is in none of them looks as if it came later; then all are gone through once more, to the same order.
  if (isSorted) return [spans, places]
  const sorted: Span[] = []
  const taken = new Uint8Array(spans.length)
  for (const start of spans.keys()) {
    const above: number[] = []
    for (let i: number | undefined = start; i !== undefined && taken[i] === 0; ) {
      taken[i] = 1
      above.push(i)
      const parent: string | undefined = spans[i]!.parentSpanId
      i = parent === undefined ? undefined : places.get(parent)
    }
    while (above.length > 0) sorted.push(spans[above.pop()!]!)
  }
  return [sorted, new Map(sorted.map(({ spanId }, i) => [spanId, i]))]
}

/** What a person takes back, and what a chain does. */
const UNDOING: ReadonlySet<unknown> = new Set(['undo', 'compensate'])

function flagsOf({ error, durationMs, name, attributes }: Span): number {
  let flags = 0
  if (error !== undefined) flags |= FLAG.failed
  // Claude Code waits for a person under a name of its own.
  if (attributes['switchyard.waits_for'] === 'person' || name === 'claude_code.tool.blocked_on_user') flags |= FLAG.person
  if (UNDOING.has(attributes['switchyard.op'])) flags |= FLAG.undo
  if (Number(attributes['switchyard.attempts']) > 1) flags |= FLAG.retry
  if (durationMs === undefined) flags |= FLAG.open
  return flags
}

const CONTENT: ReadonlySet<string> = new Set(['switchyard.input', 'switchyard.output'])

export function detailOf(span: Span, logs: SpanDetail['logs']): SpanDetail {
  const { spanId, attributes, error, events = [], kind, scope } = span
  const [input, output] = [contentOf(attributes['switchyard.input']), contentOf(attributes['switchyard.output'])]
  return {
    id: spanId,
    ...(input !== undefined && { input }),
    ...(output !== undefined && { output }),
    ...(error !== undefined && { error: { code: error.type, message: error.message ?? '' } }),
    attributes: {
      ...Object.fromEntries(Object.entries(attributes).filter(([key]) => !CONTENT.has(key))),
      kind,
      ...(scope !== undefined && { scope }),
    },
    events: events.map(({ name, atMs, attributes: more }) => ({ atMs, name, ...(more !== undefined && { attributes: more }) })),
    logs,
  }
}

/** It was written as JSON; what was too long ends in the middle and stays text. */
function contentOf(text: unknown): unknown {
  if (typeof text !== 'string') return text
  try {
    return JSON.parse(text)
  } catch {
    return text
  }
}
