import { type Bus, type BusClient, type BusOptions, createBus, createRecorder } from '@switchyard/bus'
import { ServiceBroker } from 'moleculer'
import createEmitter, { type MQEmitter } from 'mqemitter'
import { Qlobber } from 'qlobber'
import { z } from 'zod'
import type { BenchCase } from '../lib/bench.ts'

/** Processor time of an operation in nanoseconds, which other work on the machine moves less than wall time. */
export async function cpuNs(count: number, run: (count: number) => Promise<void>): Promise<number> {
  const start = process.cpuUsage()
  await run(count)
  const { user, system } = process.cpuUsage(start)
  return ((user + system) * 1_000) / count
}

/** As many in a row as a busy plugin sends in one turn of the event loop. */
const BURST = 64
/** What handlers were given goes here, so that nothing of their work is optimised away. */
const sink: { last: unknown } = { last: undefined }

function publishOurs(bus: Bus, client: BusClient, topicAt: (index: number) => string, count: number): Promise<void> {
  return (async () => {
    for (let index = 0; index < count; index++) {
      const published = client.publish(topicAt(index), { id: index, name: 'api' })
      if (index % BURST === BURST - 1) await published
    }
    if (bus.snapshot().published === 0) throw new Error('nothing was published')
  })()
}

async function publishMqemitter(emitter: MQEmitter, topicAt: (index: number) => string, count: number): Promise<void> {
  for (let start = 0; start < count; start += BURST) {
    await new Promise<void>((resolve) => {
      let left = BURST
      for (let index = start; index < start + BURST; index++) {
        emitter.emit({ topic: topicAt(index), payload: { id: index, name: 'api' } }, () => {
          if (--left === 0) resolve()
        })
      }
    })
  }
}

/** Without moleculer's own logging; it would be measured otherwise. */
const QUIET = { logger: false, nodeID: 'bench' } as const

export const EVERYTHING = {
  ...QUIET,
  validator: true,
  requestTimeout: 30_000,
  tracking: { enabled: true, shutdownTimeout: 1_000 },
  circuitBreaker: { enabled: true, threshold: 0.5, windowTime: 300, minRequestCount: 10, halfOpenTime: 60_000 },
  retryPolicy: { enabled: true, retries: 3 },
  bulkhead: { enabled: true, concurrency: 100, maxQueueSize: 1_000 },
  metrics: { enabled: true, reporter: [] },
  tracing: { enabled: true, exporter: [] },
}

const RESILIENT = {
  ...QUIET,
  validator: true,
  circuitBreaker: EVERYTHING.circuitBreaker,
  retryPolicy: EVERYTHING.retryPolicy,
  tracing: EVERYTHING.tracing,
}

export async function startMoleculer(options: object): Promise<ServiceBroker> {
  const broker = new ServiceBroker(options)
  broker.createService({
    name: 'math',
    actions: {
      add: {
        params: { a: 'number', b: 'number' },
        handler: async ({ params }: { params: { a: number; b: number } }) => ({ sum: params.a + params.b }),
      },
    },
  })
  await broker.start()
  await broker.waitForServices('math')
  return broker
}

const input = z.object({ a: z.number(), b: z.number() })
const output = z.object({ sum: z.number() })

/** One after another, or `atOnce` of them together. */
export async function calls(count: number, atOnce: number, call: (index: number) => Promise<unknown>): Promise<void> {
  if (atOnce === 1) {
    for (let index = 0; index < count; index++) sink.last = await call(index)
    return
  }
  for (let start = 0; start < count; start += atOnce) {
    await Promise.all(Array.from({ length: atOnce }, (_, index) => call(start + index)))
  }
}

/** Our side of a call, bare or with everything on. */
export function createOurs(isBare: boolean, bareOptions: BusOptions = {}): { bus: Bus; add(index: number): Promise<unknown> } {
  const bus = isBare
    ? createBus(bareOptions)
    : createBus({ hooks: createRecorder().hooks, guard: () => ({ effect: 'read', options: { timeoutMs: 30_000 } }) })
  bus.connect('math').serve(
    'math.add',
    async (value) => {
      const { a, b } = value as z.infer<typeof input>
      return { sum: a + b }
    },
    isBare ? {} : { input: (value) => input.parse(value), output: (value) => output.parse(value) },
  )
  const caller = bus.connect('caller')
  return { bus, add: (index) => caller.call('math.add', { a: index, b: 1 }) }
}

function callCase(options: { case: string; peerName: string; floor: number; peer: object; bare: boolean; atOnce: number }): BenchCase {
  return {
    case: options.case,
    unit: 'ns cpu',
    peerName: options.peerName,
    floor: options.floor,
    better: 'lower',
    async setup() {
      const { bus, add } = createOurs(options.bare)
      const broker = await startMoleculer(options.peer)
      return {
        ours: () => cpuNs(128_000, (count) => calls(count, options.atOnce, add)),
        peer: () =>
          cpuNs(options.peer === EVERYTHING ? 12_800 : 64_000, (count) =>
            calls(count, options.atOnce, (index) => broker.call('math.add', { a: index, b: 1 })),
          ),
        async close() {
          await bus.close()
          await broker.stop()
        },
      }
    },
  }
}

/** What the hooks cost where nobody listens: a bus that was given none, beside one that was not given any hooks at all. */
const unheardHooks: BenchCase = {
  case: 'call, bare, with hooks that nobody set',
  unit: 'ns cpu',
  peerName: 'ours without hooks',
  floor: 0.95,
  better: 'lower',
  async setup() {
    const sides = [createOurs(true, { hooks: {} }), createOurs(true)] as const
    const [ours, peer] = sides.map(
      ({ add }) =>
        () =>
          cpuNs(128_000, (count) => calls(count, 1, add)),
    )
    return {
      ours: ours!,
      peer: peer!,
      async close() {
        for (const { bus } of sides) await bus.close()
      },
    }
  },
}

function publishCase(subscribers: number, peerName: 'mqemitter' | 'moleculer emit', floor: number): BenchCase {
  const topic = 'plugin/ops/events'
  const count = subscribers === 1_000 ? 6_400 : 256_000
  return {
    case: `publish to ${subscribers.toLocaleString('en-US')}`,
    unit: 'ns cpu',
    peerName,
    floor,
    better: 'lower',
    async setup() {
      const bus = createBus()
      const client = bus.connect('ops')
      for (let index = 0; index < subscribers; index++) {
        client.subscribe(topic, (payload) => {
          sink.last = payload
        })
      }
      const peer = peerName === 'mqemitter' ? mqemitterPeer(topic, subscribers, count) : await moleculerPeer(subscribers)
      return {
        ours: () => cpuNs(count, (total) => publishOurs(bus, client, () => topic, total)),
        peer: peer.measure,
        async close() {
          await bus.close()
          await peer.close()
        },
      }
    },
  }
}

function mqemitterPeer(topic: string, subscribers: number, count: number): { measure(): Promise<number>; close(): Promise<void> } {
  const emitter = createEmitter()
  for (let index = 0; index < subscribers; index++) {
    emitter.on(topic, (message, done) => {
      sink.last = message
      done()
    })
  }
  return {
    measure: () => cpuNs(count, (total) => publishMqemitter(emitter, () => topic, total)),
    close: () => new Promise((resolve) => emitter.close(() => resolve())),
  }
}

async function moleculerPeer(subscribers: number): Promise<{ measure(): Promise<number>; close(): Promise<void> }> {
  const broker = new ServiceBroker(QUIET)
  for (let index = 0; index < subscribers; index++) {
    broker.createService({
      name: `listener-${index}`,
      events: {
        'plugin.ops.events'(payload: unknown) {
          sink.last = payload
        },
      },
    })
  }
  await broker.start()
  return {
    measure: () =>
      cpuNs(Math.ceil(64_000 / subscribers), async (total) => {
        for (let index = 0; index < total; index++) await broker.emit('plugin.ops.events', { id: index, name: 'api' })
      }),
    close: async () => void (await broker.stop()),
  }
}

const PATTERNS = 10_000

/** Every second one with a wildcard in another place; each topic is a new one. */
const patternAt = (index: number, one: string, many: string): string =>
  index % 3 === 0 ? `plugin/p${index}/${one}` : index % 3 === 1 ? `plugin/${one}/e${index}` : `state/p${index}/${many}`

let topicsMade = 0
function nextTopic(): string {
  const number = topicsMade++
  return number % 2 === 0 ? `plugin/p${number % PATTERNS}/t${number}` : `state/p${number % PATTERNS}/k${number}`
}

function patternCase(peerName: 'qlobber' | 'mqemitter', floor: number): BenchCase {
  const count = 64_000
  return {
    case: '10,000 patterns, distinct topics',
    unit: 'ns cpu',
    peerName,
    floor,
    better: 'lower',
    async setup() {
      const bus = createBus()
      const client = bus.connect('ops')
      const emitter = createEmitter()
      const matcher = new Qlobber<(payload: unknown) => void>({ separator: '/', wildcard_one: '+', wildcard_some: '#', cache_adds: true })
      for (let index = 0; index < PATTERNS; index++) {
        client.subscribe(patternAt(index, '*', '**'), (payload) => {
          sink.last = payload
        })
        const peerPattern = patternAt(index, '+', '#')
        if (peerName === 'qlobber')
          matcher.add(peerPattern, (payload: unknown) => {
            sink.last = payload
          })
        else
          emitter.on(peerPattern, (message, done) => {
            sink.last = message
            done()
          })
      }
      return {
        ours: () => cpuNs(count, (total) => publishOurs(bus, client, nextTopic, total)),
        peer: () =>
          cpuNs(count, async (total) => {
            if (peerName === 'mqemitter') return publishMqemitter(emitter, nextTopic, total)
            for (let index = 0; index < total; index++) {
              const payload = { id: index, name: 'api' }
              for (const handler of matcher.match(nextTopic())) handler(payload)
            }
          }),
        async close() {
          await bus.close()
          await new Promise<void>((resolve) => emitter.close(() => resolve()))
        },
      }
    },
  }
}

/** Everything that happens in one process; the rows that ask for several are beside it. */
export const inProcessCases: readonly BenchCase[] = [
  callCase({ case: 'call, everything on', peerName: 'moleculer, everything on', floor: 6, peer: EVERYTHING, bare: false, atOnce: 1 }),
  callCase({
    case: 'call, everything on, 64 at once',
    peerName: 'moleculer, everything on',
    floor: 6,
    peer: EVERYTHING,
    bare: false,
    atOnce: 64,
  }),
  callCase({
    case: 'call, everything on',
    peerName: 'moleculer with validator, breaker, retry, tracing',
    floor: 1.3,
    peer: RESILIENT,
    bare: false,
    atOnce: 1,
  }),
  callCase({ case: 'call, bare', peerName: 'moleculer default', floor: 1, peer: QUIET, bare: true, atOnce: 1 }),
  callCase({ case: 'call, bare, 64 at once', peerName: 'moleculer default', floor: 1, peer: QUIET, bare: true, atOnce: 64 }),
  unheardHooks,
  publishCase(1, 'mqemitter', 1),
  publishCase(10, 'mqemitter', 1),
  publishCase(1_000, 'mqemitter', 1),
  publishCase(1, 'moleculer emit', 3),
  publishCase(10, 'moleculer emit', 8),
  publishCase(1_000, 'moleculer emit', 20),
  patternCase('qlobber', 1),
  patternCase('mqemitter', 1.4),
]
