import { existsSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createFakeClock } from '@switchyard/contracts/testing'
import { openStore } from '@switchyard/store'
import { afterAll, afterEach, describe, expect, it } from 'vitest'
import { spanOf, traceOf } from '../../../test/fixtures/spans.ts'
import { createTraceStore, type TraceStoreOptions } from './create-trace-store.ts'
import type { Span } from './span.ts'
import type { TraceChange, TraceStore } from './trace-store.ts'

const folder = mkdtempSync(join(tmpdir(), 'traces-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))

const opened: TraceStore[] = []
let files = 0
const newFile = (): string => join(folder, `trace-${files++}.db`)

function open(options: Partial<TraceStoreOptions> = {}): TraceStore {
  const store = createTraceStore({ path: ':memory:', ...options })
  opened.push(store)
  return store
}

afterEach(async () => {
  for (const store of opened.splice(0)) await store.close()
})

async function kept(spans: readonly Span[], options: Partial<TraceStoreOptions> = {}): Promise<TraceStore> {
  const store = open(options)
  for (const span of spans) store.add(span)
  await store.flush()
  return store
}

/** The tables as they were before positions went, and before it was kept when something came. */
const earlyLayout = (hasWritten: boolean): string => `
  CREATE TABLE trace_run (
    id INTEGER PRIMARY KEY, trace TEXT NOT NULL UNIQUE, position INTEGER NOT NULL, started_ms REAL NOT NULL, ended_ms REAL NOT NULL,
    ${hasWritten ? 'written_ms REAL NOT NULL,' : ''} state TEXT NOT NULL, origin TEXT NOT NULL, bytes INTEGER NOT NULL,
    search TEXT NOT NULL, summary TEXT NOT NULL
  ) STRICT;
  CREATE INDEX trace_run_started ON trace_run (started_ms, id);
  CREATE INDEX trace_run_position ON trace_run (position);
  CREATE TABLE trace_chunk (
    id INTEGER PRIMARY KEY, run INTEGER NOT NULL, position INTEGER NOT NULL, parent TEXT, spans TEXT NOT NULL
  ) STRICT;
  CREATE INDEX trace_chunk_run ON trace_chunk (run, position);
  CREATE TABLE trace_alias (trace TEXT PRIMARY KEY, run INTEGER NOT NULL, parent TEXT NOT NULL) STRICT, WITHOUT ROWID;
  CREATE INDEX trace_alias_run ON trace_alias (run);
  CREATE TABLE trace_tool_use (
    id TEXT PRIMARY KEY, call_trace TEXT, call_span TEXT, request_trace TEXT, seen_ms REAL NOT NULL
  ) STRICT, WITHOUT ROWID;
  CREATE TABLE trace_deleted (position INTEGER NOT NULL, trace TEXT NOT NULL, PRIMARY KEY (position, trace)) STRICT, WITHOUT ROWID`

const request = (number: number, more: Partial<Span> = {}): Span =>
  spanOf({
    traceId: traceOf(number),
    name: `request ${number}`,
    startMs: 1_000 * number,
    attributes: { 'switchyard.op': 'request' },
    ...more,
  })

describe('createTraceStore()', () => {
  it('[S1] gives back every part of a span, by when it began', async () => {
    const whole = spanOf({
      parentSpanId: 'a'.repeat(16),
      kind: 'consumer',
      error: { type: 'TIMEOUT', message: 'too late' },
      attributes: { text: 'a "quoted" \u0000 one', number: 1.5, flag: true, list: ['a', 'b'] },
      events: [{ name: 'retry', atMs: 5, attributes: { attempt: 2 } }],
      links: [{ traceId: traceOf(9), spanId: 'b'.repeat(16) }],
      scope: 'somebody',
      traceState: 'a=1',
    })
    const earlier = spanOf({ startMs: 1, name: 'earlier' })
    const store = await kept([whole, earlier])
    expect(store.spans(whole.traceId)).toEqual([earlier, whole])
    expect(store.spans(traceOf(77))).toEqual([])
  })

  it('[S2] shows one that runs until it comes again with its end', async () => {
    const { durationMs: _, ...running } = spanOf()
    const store = await kept([running])
    expect(store.spans(running.traceId)).toEqual([running])
    expect(store.run(running.traceId)).toMatchObject({ state: 'running', spans: 1 })
    store.add({ ...running, durationMs: 7 })
    await store.flush()
    expect(store.spans(running.traceId)).toEqual([{ ...running, durationMs: 7 }])
    expect(store.run(running.traceId)).toMatchObject({ spans: 1 })
  })

  it('[S3] leaves no file where nothing was kept', async () => {
    const path = newFile()
    const store = open({ path })
    expect([store.runs(), store.run(traceOf(1)), store.spans(traceOf(1)), store.delete(traceOf(1))]).toEqual([
      { runs: [] },
      undefined,
      [],
      false,
    ])
    await store.close()
    expect(existsSync(path)).toBe(false)
  })

  it('[S4] lists runs newest first, page by page, without gaps or repeats', async () => {
    const store = await kept(Array.from({ length: 250 }, (_, i) => request(i + 1, { startMs: 1_000 * Math.floor(i / 10) })))
    const seen: string[] = []
    let cursor: string | undefined
    do {
      const page = store.runs({ limit: 37, ...(cursor !== undefined && { cursor }) })
      seen.push(...page.runs.map(({ traceId }) => traceId))
      cursor = page.cursor
    } while (cursor !== undefined)
    expect(new Set(seen).size).toBe(250)
    expect(seen.length).toBe(250)
    expect(store.runs({ cursor: 'nonsense' }).runs.length).toBe(100)
  })

  it('[S5] filters by words, state, lane, origin, time and duration', async () => {
    const store = await kept([
      request(1, {
        name: 'Deploy the SHOP',
        lane: 'deploy',
        durationMs: 5_000,
        attributes: { 'switchyard.op': 'request', 'switchyard.from': 'mcp' },
      }),
      request(2, { name: 'scan', error: { type: 'CIRCUIT_OPEN', message: '100% of "it" failed' } }),
      request(3, { name: 'wait', attributes: { 'switchyard.op': 'request', 'switchyard.from': 'cli' } }),
      spanOf({
        traceId: traceOf(3),
        parentSpanId: 'a'.repeat(16),
        durationMs: 10,
        attributes: { 'switchyard.op': 'undo' },
        startMs: 9_000,
      }),
    ])
    const found = (filter: Parameters<TraceStore['runs']>[0]) => store.runs(filter).runs.map(({ traceId }) => Number.parseInt(traceId, 16))
    expect(found({ text: 'shop deploy' })).toEqual([1])
    expect(found({ text: 'shop scan' })).toEqual([])
    expect(found({ text: '100% of "it"' })).toEqual([2])
    expect(found({ text: '_%' })).toEqual([])
    expect(found({ states: ['failed'] })).toEqual([2])
    expect(found({ states: ['undone', 'done'] })).toEqual([3, 1])
    expect(found({ states: ['interrupted'] })).toEqual([])
    expect(found({ lane: 'deploy' })).toEqual([1])
    expect(found({ lane: 'dep' })).toEqual([])
    expect(found({ from: 'mcp' })).toEqual([1])
    expect(found({ sinceMs: 2_000, untilMs: 3_000 })).toEqual([2])
    expect(found({ minDurationMs: 4_000 })).toEqual([3, 1])
  })

  it('[S6] tells what another process wrote, removed, and how what ran has ended', async () => {
    const path = newFile()
    const clock = createFakeClock()
    const writer = await kept([request(1), request(2)], { path })
    const reader = open({ path, clock })
    const changes: TraceChange[] = []
    const stop = reader.follow((change) => changes.push(change), { traceId: traceOf(3) })
    clock.advance(250)
    expect(changes).toEqual([])
    const { durationMs: _, ...running } = request(3)
    writer.add(running)
    await writer.flush()
    clock.advance(250)
    writer.add({ ...running, durationMs: 4 })
    writer.delete(traceOf(1))
    await writer.flush()
    clock.advance(250)
    stop()
    writer.add(request(4))
    await writer.flush()
    clock.advance(1_000)
    expect(changes.map(({ runs, spans, deleted }) => [runs.map(({ state }) => state), spans.length, deleted])).toEqual([
      [['running'], 1, []],
      [['done'], 1, [traceOf(1)]],
    ])
    expect(reader.changes({ position: changes[0]!.position }).runs.map(({ traceId }) => traceId)).toEqual([traceOf(3), traceOf(4)])
  })

  it('[S7] forgets runs that are too old, and the oldest of what is too much', async () => {
    const path = newFile()
    const clock = createFakeClock(0)
    const day = 86_400_000
    await kept([request(1)], { path, clock })
    clock.advance(10 * day)
    // Of long ago, but kept now, as an import is.
    await kept([request(2)], { path, clock })
    clock.advance(10 * day)
    const store = await kept([request(3)], { path, clock })
    expect(store.runs().runs.map(({ name }) => name)).toEqual(['request 3', 'request 2'])
    const big = { text: 'x'.repeat(10_000) }
    clock.advance(day)
    const small = await kept(
      Array.from({ length: 30 }, (_, i) => request(10 + i, { startMs: 20 * day + 10 + i, attributes: big })),
      { path, clock, maxBytes: 100_000 },
    )
    expect(small.stats().bytes).toBeLessThanOrEqual(100_000)
    expect(small.runs().runs[0]?.name).toBe('request 39')
    expect(small.spans(traceOf(10))).toEqual([])
    expect(small.spans(traceOf(39)).length).toBe(1)
  })

  it('[S8] says what stands: waiting for a person whoever is gone, interrupted where its process is', async () => {
    const path = newFile()
    const { durationMs: _, ...running } = request(1)
    const { durationMs: __, ...waiting } = spanOf({ traceId: traceOf(2), attributes: { 'switchyard.waits_for': 'person' } })
    const store = await kept([running, request(2, { startMs: 1 }), waiting], { path })
    // As if another process of this host, that is no more, had written it.
    const file = openStore({ path })
    const pid = String(process.pid)
    file.transact(() => file.prepare(`UPDATE trace_run SET summary = replace(summary, '"owner":"' || ?, '"owner":"4194399')`).run(pid))
    file.close()
    expect(store.runs().runs.map(({ traceId, state }) => [Number.parseInt(traceId, 16), state])).toEqual([
      [1, 'interrupted'],
      [2, 'waiting'],
    ])
    expect(store.runs({ states: ['interrupted'] }).runs.length).toBe(1)
    expect(store.runs({ states: ['running'] }).runs).toEqual([])
  })

  it('[S9] sums up a run: its words, who approved, how long that took, what failed, what it cost', async () => {
    const traceId = traceOf(5)
    const at = (startMs: number, durationMs: number, more: Partial<Span>): Span =>
      spanOf({ traceId, startMs, durationMs, parentSpanId: 'f'.repeat(16), ...more })
    const store = await kept([
      at(100, 900, {
        name: 'ops.do',
        lane: 'ops',
        attributes: { 'switchyard.attempts': 3, 'switchyard.cost_usd': 0.25 },
        error: { type: 'TIMEOUT' },
      }),
      at(50, 40, {
        name: 'approval',
        lane: 'person',
        attributes: { 'switchyard.waits_for': 'person', 'switchyard.approved.by': 'ada', 'switchyard.plan.id': 'p-1' },
      }),
      at(0, 1_200, {
        name: 'deploy the shop',
        attributes: { 'switchyard.op': 'request', 'switchyard.from': 'cli' },
        error: { type: 'TIMEOUT', message: 'late' },
      }),
    ])
    expect(store.run(traceId)).toEqual({
      traceId,
      name: 'deploy the shop',
      state: 'failed',
      from: 'cli',
      startMs: 0,
      endMs: 1_200,
      spans: 3,
      errors: 2,
      error: { type: 'TIMEOUT', message: 'late' },
      retries: 1,
      lanes: ['ops', 'person'],
      costUsd: 0.25,
      approvedBy: 'ada',
      waitedMs: 40,
      planId: 'p-1',
    })
  })

  it.each([
    ['a decision alone', { route: 'routed' }, 'decided'],
    ['a plan that nobody approved', { route: 'routed', plan: true }, 'decided'],
    ['what was not understood', { route: 'abstain' }, 'unclear'],
    ['what was answered with a question', { route: 'ask' }, 'unclear'],
    ['what a person made clear and then declined', { plan: true, route: 'ask' }, 'decided'],
    ['what a person made clear and had done', { route: 'ask', act: 'notes.read' }, 'done'],
    ['a plan made by a plugin, as nothing but a plan', { plan: true, act: 'notes.write#plan' }, 'decided'],
  ] as const)(
    '[S9] tells what was done from what was not: %s',
    async (_, { route, plan, act }: { route?: string; plan?: boolean; act?: string }, state) => {
      const spans = [
        request(1, { durationMs: 10 }),
        ...(plan === true ? [request(1, { name: 'plan notes.write', attributes: { 'switchyard.op': 'plan' } })] : []),
        ...(act === undefined ? [] : [request(1, { name: act, attributes: { 'switchyard.op': 'rpc.client' } })]),
        ...(route === undefined
          ? []
          : [request(1, { name: 'route', attributes: { 'switchyard.op': 'route', 'switchyard.router.outcome': route } })]),
      ]
      const store = await kept(spans)
      expect(store.run(traceOf(1))?.state).toBe(state)
      expect(store.runs({ states: [state] }).runs.length).toBe(1)
    },
  )

  it.each(['the first layout', 'the second one'])('[S13] goes on with a file of %s, and keeps what is in it', async (which) => {
    const path = newFile()
    const early = openStore({ path })
    early.migrate('trace', [earlyLayout(which === 'the second one')])
    const span = ['0000000000000001', '', 'then', 0, 1_000, 5, 'ops', {}]
    const summary = { startMs: 1_000, endMs: 1_005, name: 'then', nameRank: 3, nameMs: 1_000, from: 'cli', spans: 1 }
    const more = { errors: 0, retries: 0, lanes: ['ops'], costUsd: 0, waitedMs: 0, open: {} }
    const run = early.prepare(
      `INSERT INTO trace_run (trace, position, started_ms, ended_ms, ${which === 'the second one' ? 'written_ms,' : ''} state, origin, bytes, search, summary)
       VALUES (?, 7, 1000, 1005, ${which === 'the second one' ? '2000,' : ''} 'done', 'cli', 60, 'then', ?)`,
    )
    run.run(traceOf(1), JSON.stringify({ ...summary, ...more }))
    early.prepare('INSERT INTO trace_chunk (run, position, spans) VALUES (1, 7, ?)').run(JSON.stringify([span]))
    early.close()
    const clock = createFakeClock(5_000)
    const store = await kept([request(2)], { path, clock })
    expect(store.runs().runs.map(({ name }) => name)).toEqual(['request 2', 'then'])
    store.add(spanOf({ traceId: traceOf(1), name: 'now' }))
    await store.flush()
    expect(store.spans(traceOf(1)).map(({ name }) => name)).toEqual(['then', 'now'])
    const again = open({ path, clock })
    expect(again.stats().runs).toBe(2)
  })

  it('[S12] keeps what others made once, however often it comes, and what ran anew when it has ended', async () => {
    const path = newFile()
    const told: number[] = []
    const store = open({ path, onBatch: (spans) => told.push(spans.length) })
    const own = request(1)
    store.add(own)
    await store.flush()
    const sent = [1, 1, 2].map((number) => spanOf({ traceId: traceOf(number), scope: 'somebody' }))
    const { durationMs: _, ...begun } = spanOf({ traceId: traceOf(2), scope: 'somebody' })
    expect(await store.receive([...sent, begun, sent[0]!])).toBe(4)
    expect(await store.receive([...sent, begun])).toBe(0)
    const other = open({ path })
    expect(await other.receive([own, ...sent, { ...begun, durationMs: 5 }, begun])).toBe(1)
    expect(await store.receive([...sent, { ...begun, durationMs: 5 }])).toBe(0)
    expect(store.runs().runs.map(({ spans, state }) => [spans, state])).toEqual([
      [2, 'done'],
      [3, 'done'],
    ])
    expect(told).toEqual([1, 4])
    expect(store.delete(traceOf(2))).toBe(true)
    expect(await store.receive(sent)).toBe(1)
  })

  it('[S12] tells whoever hands them over when they could not be kept, and takes them then', async () => {
    const path = newFile()
    const store = await kept([request(1)], { path })
    const other = openStore({ path })
    other.prepare(`CREATE TRIGGER refuse BEFORE INSERT ON trace_chunk BEGIN SELECT raise(ABORT, 'no'); END`).run()
    const sent = [spanOf({ traceId: traceOf(1), scope: 'somebody' })]
    await expect(store.receive(sent)).rejects.toThrow('no')
    other.prepare('DROP TRIGGER refuse').run()
    other.close()
    expect(await store.receive(sent)).toBe(1)
    expect(store.run(traceOf(1))?.spans).toBe(2)
  })

  it.each(['ours first', 'theirs first'])('[S10] joins a tool call of somebody else with our trace of it, %s', async (order) => {
    const ours = request(7, { attributes: { 'switchyard.op': 'request', 'switchyard.tool_use_id': 'toolu_1' } })
    const child = spanOf({ traceId: traceOf(7), parentSpanId: ours.spanId, name: 'ops.health.scan' })
    const call = spanOf({
      traceId: traceOf(8),
      name: 'claude_code.tool',
      scope: 'com.anthropic.claude_code.tracing',
      attributes: { tool_use_id: 'toolu_1' },
    })
    const store = open()
    for (const spans of order === 'ours first' ? [[ours, child], [call]] : [[call], [ours, child]]) {
      for (const span of spans) store.add(span)
      await store.flush()
    }
    const late = spanOf({ traceId: traceOf(7), parentSpanId: ours.spanId, name: 'late', startMs: Date.UTC(2027, 0, 1) })
    store.add(late)
    await store.flush()
    const spans = store.spans(traceOf(8))
    expect(store.spans(traceOf(7))).toEqual(spans)
    expect(spans.every(({ traceId }) => traceId === traceOf(8))).toBe(true)
    expect(spans.map(({ spanId, parentSpanId }) => [spanId, parentSpanId]).sort()).toEqual(
      [
        [ours.spanId, call.spanId],
        [child.spanId, ours.spanId],
        [late.spanId, ours.spanId],
        [call.spanId, undefined],
      ].sort(),
    )
    expect(store.runs().runs).toMatchObject([{ traceId: traceOf(8), name: 'request 7', spans: 4 }])
    expect(store.delete(traceOf(7))).toBe(true)
    expect(store.runs().runs).toEqual([])
  })

  it('[S11] waits in the background while another process writes, and loses nothing', async () => {
    const path = newFile()
    const store = await kept([request(1)], { path })
    const other = openStore({ path })
    const { promise: released, resolve: release } = Promise.withResolvers<void>()
    other.transact(() => {
      store.add(request(2))
      void store.flush().then(release)
      // Held over a turn of nobody's: the commit of the store has to wait for this one.
      other.prepare('DELETE FROM trace_alias').run()
    })
    await released
    other.close()
    expect(store.runs().runs.length).toBe(2)
  })
})
