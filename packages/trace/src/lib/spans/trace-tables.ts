import type { Store } from '@switchyard/store'
import type { Run, RunFilter, RunPage, RunState } from './run.ts'
import type { Span } from './span.ts'
import { readSpans, writeSpan } from './span-text.ts'
import { joined, runOf, type Summary, stateOf, summarize } from './summary.ts'
import { type ChunkRow, makeTables, type RunRow } from './tables.ts'
import type { TraceChange } from './trace-store.ts'

export interface TraceTablesOptions {
  readonly store: Store
  /** This process, as other processes can look whether it lives. */
  readonly owner: string
  isAlive(owner: string): boolean
}

/** What is kept of traces, and how it is read; every call is one transaction or none. */
export interface TraceTables {
  write(spans: readonly Span[], nowMs: number): Promise<void>
  /** The same of what may be there already; resolves with what was not. */
  writeNew(spans: readonly Span[], nowMs: number): Promise<readonly Span[]>
  runs(filter: RunFilter): RunPage
  run(traceId: string): Run | undefined
  spans(traceId: string, afterPosition?: number): readonly Span[]
  position(): number
  changes(afterPosition: number, traceId: string | undefined): TraceChange
  delete(traceId: string): boolean
  /** Removes runs of which nothing came since the moment, and the oldest of what is too much. Resolves with how many. */
  prune(writtenBeforeMs: number, maxBytes: number): Promise<number>
  totals(): { readonly runs: number; readonly bytes: number }
}

const DEFAULT_LIMIT = 100
const MAX_LIMIT = 10_000
/** Rows that are looked at in one go where a filter has to be applied here. */
const SCAN = 500
/** How long it is told that a run was removed, counted in what was written since. */
const WORDS_KEPT = 10_000
const PRUNED_AT_ONCE = 100
/** How long the two sides of a tool call wait for one another. */
const TOOL_USE_KEPT_MS = 7 * 86_400_000

export function createTraceTables({ store, owner, isAlive }: TraceTablesOptions): TraceTables {
  makeTables(store)
  const byTrace = store.prepare('SELECT * FROM trace_run WHERE trace = ?')
  const byId = store.prepare('SELECT * FROM trace_run WHERE id = ?')
  const aliasOf = store.prepare('SELECT run, parent FROM trace_alias WHERE trace = ?')
  const addRun = store.prepare(
    `INSERT INTO trace_run (trace, written_ms, started_ms, ended_ms, state, origin, bytes, search, summary) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)
     ON CONFLICT DO NOTHING`,
  )
  const setRun = store.prepare(
    'UPDATE trace_run SET written_ms = ?, started_ms = ?, ended_ms = ?, state = ?, origin = ?, bytes = ?, search = ?, summary = ? WHERE id = ?',
  )
  const addChunk = store.prepare('INSERT INTO trace_chunk (run, parent, spans) VALUES (?, ?, ?)')
  const lastPosition = store.prepare('SELECT coalesce(max(id), 0) AS position FROM trace_chunk')
  const chunksOf = store.prepare('SELECT * FROM trace_chunk WHERE run = ? AND id > ? ORDER BY id')
  const allAliases = store.prepare('SELECT trace FROM trace_alias')
  /** Ids under which traces were before they were joined with others; as good as always there are none. */
  let aliases: ReadonlySet<string> = new Set()

  const position = (): number => lastPosition.get<{ position: number }>()!.position

  /** A trace's row, also under an id that it had before it was joined with another. */
  function rowOf(traceId: string): { row: RunRow; parent: string | null } | undefined {
    const row = byTrace.get<RunRow>(traceId)
    if (row !== undefined) return { row, parent: null }
    const alias = aliasOf.get<{ run: number; parent: string }>(traceId)
    const other = alias === undefined ? undefined : byId.get<RunRow>(alias.run)
    return other === undefined ? undefined : { row: other, parent: alias!.parent }
  }

  function saveTrace(traceId: string, given: readonly Span[], nowMs: number): void {
    const spans = withoutReplaced(given)
    const text = `[${spans.map(writeSpan).join()}]`
    if (!aliases.has(traceId)) {
      // Most traces are new with their first batch, and small.
      const { changes, lastInsertRowid } = addRun.run(traceId, nowMs, ...valuesOf(traceId, summarize(spans, owner), text.length))
      if (changes === 1) return void addChunk.run(Number(lastInsertRowid), null, text)
    }
    const { row, parent } = rowOf(traceId)!
    const summary = summarize(spans, owner, JSON.parse(row.summary) as Summary)
    setRun.run(nowMs, ...valuesOf(row.trace, summary, row.bytes + text.length), row.id)
    addChunk.run(row.id, parent, text)
  }

  function valuesOf(traceId: string, summary: Summary, bytes: number) {
    const { startMs, endMs, from, name, command = '', lanes, planId = '', chainId = '', outcome, firstError } = summary
    const error = outcome?.error ?? firstError
    const search = [traceId, name, command, ...lanes, planId, chainId, error?.type ?? '', error?.message ?? ''].join(' ').toLowerCase()
    return [startMs, endMs, stateOf(summary, () => true), from, bytes, search, JSON.stringify(summary)] as const
  }

  /** Two sides of one tool call: the span of whoever called it, and our request. Whichever comes last joins the two traces. */
  function joinToolUse(span: Span, nowMs: number): void {
    const { attributes, traceId, spanId, name } = span
    const ours = attributes['switchyard.tool_use_id']
    const theirs = span.scope === undefined || name.startsWith('claude_code.tool.') ? undefined : attributes.tool_use_id
    const id = typeof ours === 'string' ? ours : typeof theirs === 'string' ? theirs : undefined
    if (id === undefined) return
    const [call, callSpan, request] = id === ours ? [null, null, traceId] : [traceId, spanId, null]
    store
      .prepare(
        `INSERT INTO trace_tool_use VALUES (?, ?, ?, ?, ?) ON CONFLICT DO UPDATE SET call_trace = coalesce(call_trace, excluded.call_trace),
         call_span = coalesce(call_span, excluded.call_span), request_trace = coalesce(request_trace, excluded.request_trace)`,
      )
      .run(id, call, callSpan, request, nowMs)
    const use = store
      .prepare('SELECT call_trace, call_span, request_trace FROM trace_tool_use WHERE id = ?')
      .get<{ call_trace: string | null; call_span: string | null; request_trace: string | null }>(id)!
    if (use.call_trace !== null && use.request_trace !== null) adopt(use.request_trace, use.call_trace, use.call_span!, nowMs)
  }

  /** Makes all of one trace children of a span of another; what still comes of it goes there too. */
  function adopt(traceId: string, intoTrace: string, parent: string, nowMs: number): void {
    const from = byTrace.get<RunRow>(traceId)
    const into = byTrace.get<RunRow>(intoTrace)
    if (from === undefined || into === undefined || from.id === into.id) return
    leaveWord(traceId)
    // Written anew, so that whoever follows the other trace is told of them.
    store
      .prepare(
        'INSERT INTO trace_chunk (run, parent, spans) SELECT ?, coalesce(parent, ?), spans FROM trace_chunk WHERE run = ? ORDER BY id',
      )
      .run(into.id, parent, from.id)
    store.prepare('DELETE FROM trace_chunk WHERE run = ?').run(from.id)
    store.prepare('UPDATE trace_alias SET run = ? WHERE run = ?').run(into.id, from.id)
    store.prepare('INSERT OR REPLACE INTO trace_alias VALUES (?, ?, ?)').run(traceId, into.id, parent)
    store.prepare('DELETE FROM trace_run WHERE id = ?').run(from.id)
    const summary = joined(JSON.parse(into.summary) as Summary, JSON.parse(from.summary) as Summary)
    setRun.run(nowMs, ...valuesOf(intoTrace, summary, into.bytes + from.bytes), into.id)
  }

  /** Before what it is of is removed, so that its number is the highest. */
  function leaveWord(traceId: string): void {
    const { lastInsertRowid } = addChunk.run(0, null, traceId)
    store.prepare('DELETE FROM trace_chunk WHERE run = 0 AND id < ?').run(Number(lastInsertRowid) - WORDS_KEPT)
  }

  function remove({ id, trace }: RunRow): void {
    leaveWord(trace)
    for (const table of ['trace_chunk', 'trace_alias']) store.prepare(`DELETE FROM ${table} WHERE run = ?`).run(id)
    store.prepare('DELETE FROM trace_run WHERE id = ?').run(id)
  }

  /** One that runs by its row may be of a process that is gone. */
  function shown(row: RunRow): Run {
    const summary = JSON.parse(row.summary) as Summary
    const state = row.state === 'running' ? stateOf(summary, isAlive) : (row.state as RunState)
    return runOf(row.trace, summary, state)
  }

  function save(spans: readonly Span[], nowMs: number): void {
    aliases = new Set(allAliases.all<{ trace: string }>().map(({ trace }) => trace))
    for (const [traceId, own] of Map.groupBy(spans, (span) => span.traceId)) saveTrace(traceId, own, nowMs)
    for (const span of spans) joinToolUse(span, nowMs)
  }

  /** What is kept of a run, and up to where: a large one comes in many pieces, and is not read anew for each. */
  let seen: { run: number; position: number; readonly spans: Map<string, 'open' | 'ended'> } | undefined

  /** Of one trace, those that are not kept yet, each once; one that ran is new again once it has ended. */
  function unknownOf(traceId: string, spans: readonly Span[]): readonly Span[] {
    const run = rowOf(traceId)?.row.id ?? 0
    if (run === 0 || seen?.run !== run) seen = { run, position: 0, spans: new Map() }
    const known = seen.spans
    if (run > 0) {
      for (const { id, spans: text } of chunksOf.all<ChunkRow>(run, seen.position)) {
        for (const { spanId, durationMs } of readSpans(text, traceId, null)) remember(spanId, durationMs)
        seen.position = id
      }
    }
    return spans.filter(({ spanId, durationMs }) => {
      const isKnown = known.get(spanId) === 'ended' || (known.has(spanId) && durationMs === undefined)
      if (!isKnown) remember(spanId, durationMs)
      return !isKnown
    })

    function remember(spanId: string, durationMs: number | undefined): void {
      if (known.get(spanId) !== 'ended') known.set(spanId, durationMs === undefined ? 'open' : 'ended')
    }
  }

  return {
    write(spans, nowMs) {
      return store.commit(() => save(spans, nowMs))
    },
    async writeNew(spans, nowMs) {
      try {
        return await store.commit(() => {
          const fresh = [...Map.groupBy(spans, (span) => span.traceId)].flatMap(([traceId, own]) => unknownOf(traceId, own))
          if (fresh.length > 0) save(fresh, nowMs)
          return fresh
        })
      } catch (error) {
        seen = undefined
        throw error
      }
    },
    runs(filter) {
      const limit = Math.min(Math.max(filter.limit ?? DEFAULT_LIMIT, 1), MAX_LIMIT)
      const { where, values } = conditionsOf(filter)
      const wanted = filter.states === undefined ? undefined : new Set(filter.states)
      const page = store.prepare(
        `SELECT * FROM trace_run WHERE (started_ms, id) < (?, ?) ${where} ORDER BY started_ms DESC, id DESC LIMIT ?`,
      )
      const runs: Run[] = []
      let [beforeMs, beforeId] = readCursor(filter.cursor)
      for (;;) {
        const size = wanted === undefined ? limit - runs.length + 1 : SCAN
        const rows = page.all<RunRow>(beforeMs, beforeId, ...values, size)
        for (const row of rows) {
          if (runs.length === limit) return { runs, cursor: `${beforeMs} ${beforeId}` }
          const run = shown(row)
          if (wanted === undefined || wanted.has(run.state)) runs.push(run)
          beforeMs = row.started_ms
          beforeId = row.id
        }
        if (rows.length < size) return { runs }
      }
    },
    run(traceId) {
      const found = rowOf(traceId)
      return found === undefined ? undefined : shown(found.row)
    },
    spans(traceId, afterPosition = 0) {
      const found = rowOf(traceId)
      if (found === undefined) return []
      const spans = new Map<string, Span>()
      for (const { parent, spans: text } of chunksOf.all<ChunkRow>(found.row.id, afterPosition)) {
        for (const span of readSpans(text, found.row.trace, parent)) {
          // One that ran comes again when it has ended, be it in the wrong order.
          if (span.durationMs !== undefined || spans.get(span.spanId)?.durationMs === undefined) spans.set(span.spanId, span)
        }
      }
      return [...spans.values()].sort((a, b) => a.startMs - b.startMs)
    },
    position,
    changes(afterPosition, traceId) {
      const now = position()
      if (now === afterPosition) return { position: now, runs: [], spans: [], deleted: [] }
      const rows = store
        .prepare('SELECT * FROM trace_run WHERE id IN (SELECT run FROM trace_chunk WHERE id > ?) ORDER BY id')
        .all<RunRow>(afterPosition)
      const gone = store
        .prepare('SELECT spans AS trace FROM trace_chunk WHERE run = 0 AND id > ? ORDER BY id')
        .all<{ trace: string }>(afterPosition)
      return {
        position: now,
        runs: rows.map(shown),
        spans: traceId === undefined ? [] : this.spans(traceId, afterPosition),
        deleted: gone.map(({ trace }) => trace),
      }
    },
    delete(traceId) {
      return store.transact(() => {
        const found = rowOf(traceId)
        if (found === undefined) return false
        remove(found.row)
        return true
      })
    },
    async prune(writtenBeforeMs, maxBytes) {
      const oldest = store.prepare('SELECT * FROM trace_run ORDER BY id LIMIT ?')
      let removed = 0
      for (;;) {
        let excess = this.totals().bytes - maxBytes
        const gone = oldest.all<RunRow>(PRUNED_AT_ONCE).filter(({ written_ms, bytes }) => {
          const goes = written_ms < writtenBeforeMs || excess > 0
          if (goes) excess -= bytes
          return goes
        })
        if (gone.length === 0) return removed
        await store.commit(() => {
          for (const row of gone) remove(row)
          store.prepare('DELETE FROM trace_tool_use WHERE seen_ms < ?').run(writtenBeforeMs - TOOL_USE_KEPT_MS)
        })
        removed += gone.length
      }
    },
    totals: () =>
      store.prepare('SELECT count(*) AS runs, coalesce(sum(bytes), 0) AS bytes FROM trace_run').get<{ runs: number; bytes: number }>()!,
  }
}

/** What began and ended within one batch needs to be kept once. */
function withoutReplaced(spans: readonly Span[]): readonly Span[] {
  if (spans.every(({ durationMs }) => durationMs !== undefined)) return spans
  const ended = new Set(spans.flatMap(({ spanId, durationMs }) => (durationMs === undefined ? [] : [spanId])))
  return spans.filter(({ spanId, durationMs }) => durationMs !== undefined || !ended.has(spanId))
}

function conditionsOf({ text = '', states, lane, from, sinceMs, untilMs, minDurationMs }: RunFilter): {
  where: string
  values: (string | number)[]
} {
  const conditions: string[] = []
  const values: (string | number)[] = []
  const add = (condition: string, ...given: (string | number)[]): void => {
    conditions.push(`AND ${condition}`)
    values.push(...given)
  }
  for (const word of text.toLowerCase().split(/\s+/)) if (word !== '') add('instr(search, ?) > 0', word)
  // Whether a process lives is no matter of the file.
  if (states !== undefined && states.length > 0) {
    const kept = [...new Set(states.map((state) => (state === 'interrupted' ? 'running' : state)))]
    add(`state IN (${kept.map(() => '?').join()})`, ...kept)
  }
  if (lane !== undefined) add(`EXISTS (SELECT 1 FROM json_each(summary, '$.lanes') WHERE value = ?)`, lane)
  if (from !== undefined) add('origin = ?', from)
  if (sinceMs !== undefined) add('started_ms >= ?', sinceMs)
  if (untilMs !== undefined) add('started_ms < ?', untilMs)
  if (minDurationMs !== undefined) add('ended_ms - started_ms >= ?', minDurationMs)
  return { where: conditions.join(' '), values }
}

function readCursor(cursor: string | undefined): [number, number] {
  const [ms, id] = (cursor ?? '').split(' ').map(Number)
  if (cursor === undefined || ms === undefined || id === undefined || Number.isNaN(ms) || Number.isNaN(id))
    return [Number.MAX_VALUE, Number.MAX_SAFE_INTEGER]
  return [ms, id]
}
