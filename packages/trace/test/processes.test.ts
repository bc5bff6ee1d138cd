import { type ChildProcess, fork } from 'node:child_process'
import { mkdtempSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createBus, createHubLink } from '@switchyard/bus'
import { openStore, type Store } from '@switchyard/store'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { createTracer, createTraceStore, type Span } from '../src/index.ts'
import { createTraceTables } from '../src/lib/spans/trace-tables.ts'
import { spanOf, traceOf } from './fixtures/spans.ts'

let folder: string
const running = new Set<ChildProcess>()

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'traced-'))
})

afterEach(async () => {
  for (const child of running) {
    const gone = new Promise((resolve) => child.once('exit', resolve))
    child.kill('SIGKILL')
    await gone
  }
  rmSync(folder, { recursive: true, force: true })
})

function start(identity: string, next = '') {
  const child = fork(join(import.meta.dirname, 'fixtures/traced-process.ts'), [folder, identity, next], {
    execArgv: ['--conditions=@switchyard/source'],
  })
  running.add(child)
  child.once('exit', () => running.delete(child))
  const said: Record<string, unknown>[] = []
  const watchers = new Set<() => void>()
  child.on('message', (message: Record<string, unknown>) => {
    said.push(message)
    for (const look of watchers) look()
  })
  return {
    child,
    said,
    until: (fits: (message: Record<string, unknown>) => boolean): Promise<void> =>
      new Promise((resolve) => {
        const look = (): void => {
          if (said.some(fits)) resolve()
        }
        watchers.add(look)
        look()
      }),
    ended: new Promise((resolve) => child.once('exit', resolve)),
  }
}

function treeOf(spans: readonly Span[], parent?: string, depth = 0): string[] {
  return spans
    .filter(({ parentSpanId }) => parentSpanId === parent)
    .flatMap((span) => [`${'  '.repeat(depth)}${span.lane}: ${span.kind} ${span.name}`, ...treeOf(spans, span.spanId, depth + 1)])
}

describe('a trace over three processes', () => {
  it('[P1] is one tree, whoever wrote which part of it', async () => {
    const one = start('one', 'two')
    const two = start('two', 'three')
    const three = start('three')
    await Promise.all([one, two, three].map(({ until }) => until(({ ready }) => ready !== undefined)))

    const store = createTraceStore({ path: join(folder, 'trace.db') })
    const tracer = createTracer({ store })
    const bus = createBus({ hooks: tracer.hooks, link: createHubLink({ folder }) })
    const person = bus.connect('person')
    await bus.ready()
    const request = tracer.start('pass it on', { op: 'request' })
    const headers = { ...request.headers, tracestate: 'vendor=1' }
    expect(await person.call('one.pass', { hello: 1 }, { headers })).toEqual({ end: 'three', input: { hello: 1 } })
    request.end()
    // Each hears what the three of them published.
    for (const { said, until } of [one, two, three]) await until(() => said.filter(({ heard }) => heard !== undefined).length === 3)
    for (const { child } of [one, two, three]) child.send({ close: true })
    await Promise.all([one, two, three].map(({ ended }) => ended))
    await bus.close()
    await store.flush()

    const spans = store.spans(request.context.traceId)
    const heard = (by: string): string[] => [
      `producer publish plugin/${by}/passed`,
      ...['one', 'two', 'three'].map((who) => `  ${who}: consumer process plugin/${by}/passed`),
    ]
    const tree = treeOf(spans)
    expect(tree.length).toBe(spans.length)
    expect(tree.filter((line) => !line.includes('plugin/'))).toEqual([
      'switchyard: internal pass it on',
      '  person: client one.pass',
      '    one: server one.pass',
      '      one: client two.pass',
      '        two: server two.pass',
      '          two: client three.pass',
      '            three: server three.pass',
    ])
    for (const by of ['one', 'two', 'three']) {
      const at = tree.findIndex((line) => line.includes(heard(by)[0]!))
      expect(
        tree
          .slice(at + 1, at + 4)
          .map((line) => line.trim())
          .sort(),
      ).toEqual(
        heard(by)
          .slice(1)
          .map((line) => line.trim())
          .sort(),
      )
    }
    expect(spans.filter(({ kind }) => kind === 'server').every(({ traceState }) => traceState === 'vendor=1')).toBe(true)
    expect(store.run(request.context.traceId)).toMatchObject({
      state: 'done',
      spans: spans.length,
      lanes: expect.arrayContaining(['one', 'two', 'three']),
    })
    await store.close()
  })

  it('[P2] loses at most the last batch to kill -9, and nothing is damaged', async () => {
    const one = start('one')
    await one.until(({ ready }) => ready !== undefined)
    one.child.send({ flood: true })
    await one.until(({ stored }) => Number(stored) > 2_000)
    one.child.kill('SIGKILL')
    await one.ended
    const stored = Math.max(...one.said.map(({ stored }) => Number(stored ?? 0)))
    const path = join(folder, 'trace.db')
    const file = openStore({ path })
    expect(file.check().problems).toEqual([])
    file.close()
    const store = createTraceStore({ path })
    const { runs } = store.runs({ limit: 10_000 })
    const kept = runs.reduce((sum, run) => sum + run.spans, 0)
    expect(kept).toBeGreaterThanOrEqual(stored)
    // What is there is whole: no run without its spans.
    for (const { traceId, spans } of runs.slice(0, 50)) expect(store.spans(traceId).length).toBe(spans)
    store.add(spanOf())
    await store.flush()
    expect(store.stats()).toMatchObject({ stored: 1, dropped: 0 })
    await store.close()
  })
})

describe('a file of traces that cannot be written', () => {
  const tablesOf = (store: Store) => createTraceTables({ store, owner: '1 here', isAlive: () => true })
  const batch = (number: number): Span[] =>
    Array.from({ length: 50 }, () => spanOf({ traceId: traceOf(number), attributes: { text: 'x'.repeat(1_000) } }))

  it('[P3] on a full disk keeps what it has whole, and takes more once there is space', async () => {
    const path = join(folder, 'full.db')
    const store = openStore({ path })
    const tables = tablesOf(store)
    await tables.write(batch(1), 1)
    store.prepare(`PRAGMA max_page_count = ${Math.ceil(statSync(path).size / 4096) + 2}`).get()
    await expect(tables.write(batch(2), 2)).rejects.toMatchObject({ code: 'STORE_FULL' })
    expect([tables.spans(traceOf(1)).length, tables.run(traceOf(2))]).toEqual([50, undefined])
    store.prepare('PRAGMA max_page_count = 100000').get()
    await tables.write(batch(2), 3)
    expect(tables.spans(traceOf(2)).length).toBe(50)
    store.close()
  })

  it('[P4] that another process holds for long: nobody waits for it, and what waits is kept when it is free', async () => {
    const path = join(folder, 'busy.db')
    const store = createTraceStore({ path })
    store.add(spanOf({ traceId: traceOf(1) }))
    await store.flush()
    const other = openStore({ path })
    other.prepare('BEGIN IMMEDIATE').run()
    const tracer = createTracer({ store })
    const bus = createBus({ hooks: tracer.hooks })
    const client = bus.connect('ops')
    client.serve('ops.check', () => 1)
    await client.call('ops.check')
    // From here on a write waits for the lock, and calls go on beside it.
    const refused = store.flush()
    const slowest = await slowestOf(199, () => client.call('ops.check'))
    await refused
    expect(store.stats()).toMatchObject({ waiting: 400, dropped: 0 })
    expect(slowest).toBeLessThan(500)
    other.prepare('COMMIT').run()
    other.close()
    await store.flush()
    expect(store.stats()).toMatchObject({ waiting: 0, stored: 401, dropped: 0 })
    await bus.close()
    await store.close()
  })

  async function slowestOf(count: number, work: () => Promise<unknown>): Promise<number> {
    let slowest = 0
    for (let i = 0; i < count; i++) {
      const startMs = performance.now()
      await work()
      await new Promise((resolve) => setImmediate(resolve))
      slowest = Math.max(slowest, performance.now() - startMs)
    }
    return slowest
  }
})
