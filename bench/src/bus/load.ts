import { execFile } from 'node:child_process'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { type Bus, createBus } from '@switchyard/bus'
import { type BenchCase, limitCase, median } from '../lib/bench.ts'
import { calls, cpuNs, createOurs, EVERYTHING, startMoleculer } from './in-process.ts'

const run = promisify(execFile)

/** Without the payload's own, some 80 bytes. */
const QUEUED_MESSAGE_BYTES = 500
const FLAT = 1.15
/** Most of it is the machine's: a collection takes one, a time slice of somebody else's process three. */
const HALF_LOAD_P99_MICROS = 5_000
/** Of short stretches the middle one counts: a stall of the machine spoils one or two of them. */
const STRETCHES = 7
const CAPACITY_CALLS = 3_200
const HALF_LOAD_MS = 50

type Calling = (index: number) => Promise<unknown>

/** How long the slowest hundredth takes, in µs from when it was due, when calls come at half the rate that `loaded` could answer them at. */
async function p99AtHalfLoad(call: Calling, loaded = call): Promise<number> {
  const figures: number[] = []
  for (let stretch = 0; stretch < STRETCHES; stretch++) figures.push(await stretchP99(call, loaded))
  return median(figures)
}

async function stretchP99(call: Calling, loaded: Calling): Promise<number> {
  const startedAtMs = performance.now()
  await calls(CAPACITY_CALLS, 64, loaded)
  const everyMs = ((performance.now() - startedAtMs) / CAPACITY_CALLS) * 2
  const latenciesMs = new Float64Array(Math.floor(HALF_LOAD_MS / everyMs))
  let answered = 0
  const beginMs = performance.now()
  async function ask(index: number): Promise<void> {
    await call(index)
    latenciesMs[index] = performance.now() - beginMs - index * everyMs
    answered++
  }
  for (let index = 0; answered < latenciesMs.length; ) {
    const due = Math.min(latenciesMs.length, (performance.now() - beginMs) / everyMs)
    // What has fallen behind is not made at once, as a bulkhead would rightly refuse it; its time runs all the same.
    for (let burst = 0; burst < 64 && index < due; burst++) void ask(index++)
    await new Promise((resolve) => setImmediate(resolve))
  }
  latenciesMs.sort()
  return latenciesMs[Math.floor(latenciesMs.length * 0.99)]! * 1_000
}

/** A bus on which so many plugins serve a method and listen to a topic, and one calls and tells them in turn. */
function createCrowd(plugins: number): { bus: Bus; once(index: number): Promise<unknown> } {
  const bus = createBus()
  for (let number = 0; number < plugins; number++) {
    const plugin = bus.connect(`p${number}`)
    plugin.serve(`p${number}.add`, (value) => value)
    plugin.subscribe(`plugin/p${number}/events`, () => undefined)
  }
  const caller = bus.connect('caller')
  const methods = Array.from({ length: plugins }, (_, number) => `p${number}.add`)
  const topics = Array.from({ length: plugins }, (_, number) => `plugin/p${number}/events`)
  return {
    bus,
    async once(index) {
      await caller.publish(topics[index % plugins]!, { id: index })
      return caller.call(methods[index % plugins]!, { id: index })
    },
  }
}

function crowdCase(plugins: number): BenchCase {
  return limitCase({
    case: `call and publish on a bus of ${plugins} plugins, against one of 1`,
    unit: 'times the cpu',
    allowed: FLAT,
    async setup() {
      const [alone, crowd] = [createCrowd(1), createCrowd(plugins)]
      const cost = (once: (index: number) => Promise<unknown>): Promise<number> => cpuNs(64_000, (count) => calls(count, 1, once))
      await cost(alone.once)
      await cost(crowd.once)
      return {
        measure: async () => {
          const one = await cost(alone.once)
          return (await cost(crowd.once)) / one
        },
        async close() {
          await alone.bus.close()
          await crowd.bus.close()
        },
      }
    },
  })
}

/** What one figure of speed does not say: memory, the slowest calls, and how all of it grows. */
export const loadCases: readonly BenchCase[] = [
  limitCase({
    case: 'heap of a queued message',
    unit: 'bytes',
    allowed: QUEUED_MESSAGE_BYTES,
    setup: async () => ({
      async measure() {
        const args = ['--expose-gc', '--conditions=@switchyard/source', join(import.meta.dirname, 'queued.ts')]
        return Number((await run(process.execPath, args)).stdout)
      },
      close: async () => undefined,
    }),
  }),
  {
    case: 'p99 of calls at half of what the peer can do, everything on',
    unit: 'µs',
    peerName: 'moleculer, everything on',
    // A load so light shows the machine more than either side.
    floor: 0.8,
    better: 'lower',
    async setup() {
      const { bus, add } = createOurs(false)
      const broker = await startMoleculer(EVERYTHING)
      const callPeer = (index: number): Promise<unknown> => broker.call('math.add', { a: index, b: 1 })
      return {
        ours: () => p99AtHalfLoad(add, callPeer),
        peer: () => p99AtHalfLoad(callPeer),
        async close() {
          await bus.close()
          await broker.stop()
        },
      }
    },
  },
  limitCase({
    case: 'p99 of calls at half of what we can do, everything on',
    unit: 'µs',
    allowed: HALF_LOAD_P99_MICROS,
    setup: async () => {
      const { bus, add } = createOurs(false)
      return { measure: () => p99AtHalfLoad(add), close: () => bus.close() }
    },
  }),
  crowdCase(10),
  crowdCase(100),
]
