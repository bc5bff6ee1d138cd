import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type BusHooks, createBus } from '@switchyard/bus'
import { createTracer, createTraceStore, type Span, type TraceStore } from '@switchyard/trace'
import { calls, EVERYTHING, startMoleculer } from './bus/in-process.ts'
import { type BenchCase, limitCase } from './lib/bench.ts'

/** Turns of the event loop between bursts, as a process has them that also reads sockets and writes files. */
const BURST = 256

/** Processor time of a call in nanoseconds, with turns of the event loop in between. */
async function callNs(count: number, add: (index: number) => Promise<unknown>): Promise<number> {
  const start = process.cpuUsage()
  for (let done = 0; done < count; done += BURST) {
    await calls(BURST, 1, (index) => add(done + index))
    await new Promise((resolve) => setImmediate(resolve))
  }
  const { user, system } = process.cpuUsage(start)
  return ((user + system) * 1_000) / count
}

interface Side {
  add(index: number): Promise<unknown>
  /** One call that makes four others. */
  addFour(index: number): Promise<unknown>
  close(): Promise<void>
}

function createSide(hooks?: BusHooks): Side {
  const bus = createBus({ guard: () => ({ effect: 'read', options: { timeoutMs: 30_000 } }), ...(hooks !== undefined && { hooks }) })
  bus.connect('math').serve('math.add', async (value) => {
    const { a, b } = value as { a: number; b: number }
    return { sum: a + b }
  })
  const caller = bus.connect('caller')
  const four = bus.connect('four')
  four.serve('four.add', async (value, context) => {
    for (let b = 0; b < 4; b++) await context.call('math.add', { a: value, b })
    return null
  })
  return {
    add: (index) => caller.call('math.add', { a: index, b: 1 }),
    addFour: (index) => caller.call('four.add', index),
    close: () => bus.close(),
  }
}

function createTraced(sample = 1) {
  const folder = mkdtempSync(join(tmpdir(), 'bench-trace-'))
  const store = createTraceStore({ path: join(folder, 'trace.db') })
  const { hooks } = createTracer({ store, sample })
  return {
    store,
    hooks,
    async close() {
      await store.close()
      rmSync(folder, { recursive: true, force: true })
    },
  }
}

/** What each call costs more with tracing than without, both measured now; never less than a nanosecond, as noise can make it. */
const addedNs = async (traced: () => Promise<number>, plain: () => Promise<number>): Promise<number> => {
  const without = await plain()
  return Math.max(1, (await traced()) - without)
}

/** Every span is handed over to be kept; what a full store takes of them it takes from the same processor time. */
async function setUpAdded(sample?: number) {
  const traced = createTraced(sample)
  const [plainSide, tracedSide] = [createSide(), createSide(traced.hooks)]
  return {
    measure: () =>
      addedNs(
        () => callNs(128_000, tracedSide.add),
        () => callNs(128_000, plainSide.add),
      ),
    async close() {
      await plainSide.close()
      await tracedSide.close()
      await traced.close()
    },
  }
}

/** The same with nothing but the making of spans: each of them is held until a thousand are, and let go. */
async function setUpMade() {
  let held: unknown[] = []
  const hold = (record: unknown): void => {
    held.push(record)
    if (held.length === 1_024) held = []
  }
  const { hooks } = createTracer({ store: { add: hold, addLater: hold, isPressed: false } })
  const [plainSide, tracedSide] = [createSide(), createSide(hooks)]
  return {
    measure: () =>
      addedNs(
        () => callNs(128_000, tracedSide.add),
        () => callNs(128_000, plainSide.add),
      ),
    async close() {
      await plainSide.close()
      await tracedSide.close()
    },
  }
}

async function setUpMoleculer() {
  const plain = await startMoleculer({ ...EVERYTHING, metrics: { enabled: false }, tracing: { enabled: false } })
  const traced = await startMoleculer({ ...EVERYTHING, metrics: { enabled: false } })
  const add = (broker: typeof plain) => (index: number) => broker.call('math.add', { a: index, b: 1 }) as Promise<unknown>
  return {
    measure: () =>
      addedNs(
        () => callNs(32_000, add(traced)),
        () => callNs(32_000, add(plain)),
      ),
    async close() {
      await plain.stop()
      await traced.stop()
    },
  }
}

const againstMoleculer: BenchCase = {
  case: 'what tracing adds to a call, every span made',
  unit: 'ns cpu',
  peerName: 'moleculer, tracing without an exporter',
  floor: 2,
  better: 'lower',
  async setup() {
    const [ours, peer] = await Promise.all([setUpMade(), setUpMoleculer()])
    return {
      ours: ours.measure,
      peer: peer.measure,
      async close() {
        await ours.close()
        await peer.close()
      },
    }
  },
}

/** Traces a second, each of five calls and so of ten spans. */
const RATE = 2_000
const CALLS = 5
const TICK_MS = 10
const SECONDS = 2

/** So many traces a second for two seconds; how many calls a second the time spent in them would allow. */
async function pacedRate(addFour: (index: number) => Promise<unknown>): Promise<number> {
  const perTick = (RATE * TICK_MS) / 1_000
  const startedMs = performance.now()
  let spentMs = 0
  let made = 0
  while (made < RATE * SECONDS) {
    const due = Math.min(RATE * SECONDS, Math.floor((performance.now() - startedMs) / TICK_MS) * perTick + perTick)
    const burstMs = performance.now()
    for (; made < due; made++) await addFour(made)
    spentMs += performance.now() - burstMs
    await new Promise((resolve) => setTimeout(resolve, 1))
  }
  return (made * CALLS) / (spentMs / 1_000)
}

/** All of the spans are on disk in the end. */
const paced: BenchCase = {
  case: 'calls while 20,000 spans a second are stored',
  unit: '1/s',
  peerName: 'ours without tracing',
  floor: 0.35,
  better: 'higher',
  rounds: 3,
  async setup() {
    const traced = createTraced()
    const [plainSide, tracedSide] = [createSide(), createSide(traced.hooks)]
    return {
      async ours() {
        const before = traced.store.stats().stored
        const rate = await pacedRate(tracedSide.addFour)
        await traced.store.flush()
        const { stored, dropped } = traced.store.stats()
        // Where not all of them are kept, how fast the calls were is worth nothing.
        if (stored - before !== 2 * CALLS * RATE * SECONDS || dropped > 0) return 0
        return rate
      },
      peer: () => pacedRate(plainSide.addFour),
      async close() {
        await plainSide.close()
        await tracedSide.close()
        await traced.close()
      },
    }
  },
}

const RUNS = 10_000
const hex = (number: number, digits: number): string => number.toString(16).padStart(digits, '0')

async function storeOfRuns(): Promise<{ store: TraceStore; close(): Promise<void> }> {
  const { store, close } = createTraced()
  for (let run = 1; run <= RUNS; run++) {
    for (let span = 1; span <= 3; span++) store.add(spanOfRun(run, span))
    if (run % 1_000 === 0) await store.flush()
  }
  return { store, close }
}

function spanOfRun(run: number, span: number): Span {
  const isRoot = span === 1
  return {
    traceId: hex(run, 32),
    spanId: hex(run * 10 + span, 16),
    ...(!isRoot && { parentSpanId: hex(run * 10 + 1, 16) }),
    name: isRoot ? `deploy service ${run % 97} to ${run % 2 === 0 ? 'staging' : 'production'}` : 'ops.health.scan',
    kind: isRoot ? 'server' : 'client',
    startMs: 1_700_000_000_000 + run * 1_000 + span,
    durationMs: run % 500,
    ...(run % 10 === 0 && isRoot && { error: { type: 'TIMEOUT', message: 'it took too long' } }),
    attributes: { 'switchyard.op': isRoot ? 'request' : 'rpc.client', 'switchyard.command': 'deploy.apply' },
    lane: isRoot ? 'person' : 'ops',
  }
}

function listCase(name: string, allowedMs: number, list: (store: TraceStore) => number): BenchCase {
  return limitCase({
    case: name,
    unit: 'ms cpu',
    allowed: allowedMs,
    async setup() {
      const { store, close } = await storeOfRuns()
      return {
        async measure() {
          const start = process.cpuUsage()
          if (list(store) === 0) throw new Error('nothing was listed')
          const { user, system } = process.cpuUsage(start)
          return (user + system) / 1_000
        },
        close,
      }
    },
  })
}

export const traceCases: readonly BenchCase[] = [
  limitCase({ case: 'what tracing adds to a call, every span made', unit: 'ns cpu', allowed: 500, setup: setUpMade }),
  limitCase({ case: 'what tracing adds to a call, and to what the file takes', unit: 'ns cpu', allowed: 500, setup: setUpAdded }),
  limitCase({ case: 'the same with one trace in a hundred', unit: 'ns cpu', allowed: 500, setup: () => setUpAdded(0.01) }),
  againstMoleculer,
  paced,
  listCase('a page of 10,000 runs', 20, (store) => store.runs().runs.length),
  listCase(
    '10,000 runs searched for a word and a state',
    20,
    (store) => store.runs({ text: 'production', states: ['failed', 'done'], limit: 50 }).runs.length,
  ),
  listCase('10,000 runs searched to the last one', 20, (store) => (store.runs({ text: 'nowhere to be found' }).runs.length === 0 ? 1 : 0)),
]
