// Run with --expose-gc: prints how many bytes of heap a message takes that waits for a handler that is stuck.
import { createBus } from '@switchyard/bus'

const MESSAGES = 50_000
const bus = createBus()
const client = bus.connect('ops')
const { promise: stuck, resolve: release } = Promise.withResolvers<void>()
client.subscribe('plugin/ops/events', () => stuck, { queue: { maxCount: MESSAGES * 2 }, timeoutMs: Number.POSITIVE_INFINITY })

async function publish(): Promise<void> {
  for (let index = 0; index < MESSAGES; index++) await client.publish('plugin/ops/events', { id: index, name: 'api' })
}

function heapBytes(): number {
  globalThis.gc!()
  return process.memoryUsage().heapUsed
}

await client.publish('plugin/ops/events', { id: -1, name: 'api' })
const before = heapBytes()
await publish()
process.stdout.write(`${(heapBytes() - before) / MESSAGES}\n`)
release()
await bus.close()
