import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { jetstream, jetstreamManager } from '@nats-io/jetstream'
import { connect } from '@nats-io/transport-node'
import { createDurableLog } from '@switchyard/bus'
import { openStore } from '@switchyard/store'
import type { BenchCase } from '../lib/bench.ts'

const AT_ONCE = 64
const MESSAGES_A_ROUND = 16_000
const PAYLOAD = { orderId: 'o-184467440737', customer: 'c-77', total: 129.95, currency: 'EUR', lines: [{ sku: 'a-1', count: 2 }] }
const HEADERS = { traceparent: '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01' }

/** Acknowledged messages a second, each publisher waiting for its acknowledgement; ours are on disk then, JetStream's are not by its default. */
export const durableCases: readonly BenchCase[] = [
  {
    case: `durable publish, ${AT_ONCE} at once, synchronous FULL`,
    unit: '1/s',
    peerName: 'JetStream file store',
    floor: 1.5,
    better: 'higher',
    async setup() {
      const folder = mkdtempSync(join(tmpdir(), 'bench-durable-'))
      const ours = openOurs(folder)
      const peer = await openJetStream(folder)
      return {
        ours: () => rate(ours.publish),
        peer: () => rate(peer.publish),
        async close() {
          await ours.close()
          await peer.close()
          rmSync(folder, { recursive: true })
        },
      }
    },
  },
]

interface Publisher {
  publish(number: number): Promise<unknown>
  close(): Promise<void>
}

async function rate(publish: (number: number) => Promise<unknown>): Promise<number> {
  let next = 0
  async function publishInTurn(): Promise<void> {
    while (next < MESSAGES_A_ROUND) await publish(next++)
  }
  const startedAtMs = performance.now()
  await Promise.all(Array.from({ length: AT_ONCE }, publishInTurn))
  return MESSAGES_A_ROUND / ((performance.now() - startedAtMs) / 1_000)
}

function openOurs(folder: string): Publisher {
  const store = openStore({ path: join(folder, 'yard.db') })
  const log = createDurableLog({ store, rules: [{ topics: 'orders/**' }] })
  return {
    publish: (number) =>
      log.append({
        messageId: `m-${number}`,
        topic: 'orders/made',
        source: 'shop',
        destination: '*',
        messageType: 'event',
        priority: 5,
        headers: HEADERS,
        payload: PAYLOAD,
        sentAtMs: Date.now(),
      }),
    async close() {
      await log.close()
      store.close()
    },
  }
}

async function openJetStream(folder: string): Promise<Publisher> {
  const port = await freePort()
  const server = spawn('nats-server', ['-js', '-sd', join(folder, 'jetstream'), '-a', '127.0.0.1', '-p', String(port)], {
    stdio: ['ignore', 'ignore', 'pipe'],
  })
  await untilReady(server)
  const connection = await connect({ servers: `127.0.0.1:${port}` })
  const manager = await jetstreamManager(connection)
  await manager.streams.add({ name: 'orders', subjects: ['orders.>'], storage: 'file' })
  const client = jetstream(connection)
  return {
    publish: (number) =>
      client.publish('orders.made', JSON.stringify({ messageId: `m-${number}`, source: 'shop', headers: HEADERS, payload: PAYLOAD })),
    async close() {
      await connection.close()
      server.kill('SIGTERM')
      await once(server, 'exit')
    },
  }
}

async function untilReady(server: ChildProcess): Promise<void> {
  const lines: string[] = []
  for await (const line of createInterface({ input: server.stderr! })) {
    lines.push(line)
    if (!line.includes('Server is ready')) continue
    server.stderr!.resume()
    return
  }
  throw new Error(`Cannot compare with JetStream as nats-server must start (apt-get install nats-server): it said ${lines.join(' | ')}`)
}

async function freePort(): Promise<number> {
  const probe = createServer().listen(0, '127.0.0.1')
  await once(probe, 'listening')
  const address = probe.address()
  probe.close()
  await once(probe, 'close')
  return typeof address === 'object' && address !== null ? address.port : 4222
}
