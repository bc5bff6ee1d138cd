import type { ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import type { BenchCase } from '../lib/bench.ts'
import { AT_ONCE, createFleet, type Measure } from './cross-process/fleet.ts'

type Side = 'ours' | 'nats' | 'moleculer' | 'bare'

/** Two processes and what they meet through, on one core. */
function crossCase(options: { case: string; peer: Side; peerName: string; floor: number; what: Measure }): BenchCase {
  return {
    case: options.case,
    unit: options.what === 'urgent' ? 'ms' : 'µs cpu',
    peerName: options.peerName,
    floor: options.floor,
    better: 'lower',
    async setup() {
      const ours = await SIDES.ours()
      const peer = await SIDES[options.peer]().catch(async (error: unknown) => {
        await ours.close()
        throw error
      })
      for (const side of [ours, peer]) await warmUp(side, options.what)
      return {
        ours: () => ours.measure(options.what),
        peer: () => peer.measure(options.what),
        async close() {
          await ours.close()
          await peer.close()
        },
      }
    },
  }
}

/** Several hundred thousand messages, until V8 has compiled what is hot; a process that serves others has long been there. */
async function warmUp(side: RunningSide, what: Measure): Promise<void> {
  for (let round = 0; round < (what === 'requests' ? 12 : 4); round++) await side.measure(what)
}

interface RunningSide {
  measure(what: Measure): Promise<number>
  close(): Promise<void>
}

const SIDES: Readonly<Record<Side, () => Promise<RunningSide>>> = {
  ours: () =>
    start(async (fleet, folder) => {
      await fleet.start('ours.ts', 'hub', folder)
      await fleet.start('ours.ts', 'server', folder)
      return fleet.start('ours.ts', 'client', folder)
    }),
  nats: () =>
    start(async (fleet) => {
      const port = await freePort()
      await untilListening(fleet.spawn('nats-server', '-a', '127.0.0.1', '-p', port))
      await fleet.start('nats.ts', 'server', port)
      return fleet.start('nats.ts', 'client', port)
    }),
  moleculer: () =>
    start(async (fleet) => {
      const ports = [await freePort(), await freePort()]
      await fleet.start('moleculer.ts', 'server', ...ports)
      return fleet.start('moleculer.ts', 'client', ...ports)
    }),
  bare: () =>
    start(async (fleet, folder) => {
      const path = join(folder, 'bare.sock')
      await fleet.start('bare.ts', 'hub', path)
      await fleet.start('bare.ts', 'server', path)
      return fleet.start('bare.ts', 'client', path)
    }),
}

async function start(bringUp: (fleet: ReturnType<typeof createFleet>, folder: string) => Promise<ChildProcess>): Promise<RunningSide> {
  const folder = mkdtempSync(join(tmpdir(), 'bench-'))
  const fleet = createFleet()
  const close = async (): Promise<void> => {
    await fleet.close()
    rmSync(folder, { recursive: true, force: true })
  }
  try {
    const client = await bringUp(fleet, folder)
    return { measure: (what) => (what === 'urgent' ? fleet.ask(client, what) : fleet.cpuMicros(client, what)), close }
  } catch (error) {
    await close()
    throw error
  }
}

async function untilListening(server: ChildProcess): Promise<void> {
  const failed = once(server, 'error').then(([error]) => {
    throw new Error('Cannot compare with NATS as nats-server must be installed (apt-get install nats-server)', { cause: error })
  })
  failed.catch(() => undefined)
  const listening = async (): Promise<void> => {
    const lines: string[] = []
    for await (const line of createInterface({ input: server.stderr! })) {
      lines.push(line)
      if (line.includes('Server is ready')) {
        server.stderr!.resume()
        return
      }
    }
    throw new Error(`Cannot compare with NATS as nats-server must start (apt-get install nats-server): it said ${lines.join(' | ')}`)
  }
  await Promise.race([failed, listening()])
}

async function freePort(): Promise<string> {
  const probe = createServer().listen(0, '127.0.0.1')
  await once(probe, 'listening')
  const address = probe.address()
  probe.close()
  await once(probe, 'close')
  return String(typeof address === 'object' && address !== null ? address.port : 0)
}

const REQUESTS = {
  case: `request between processes, everything on, ${AT_ONCE} in flight`,
  what: 'requests',
} as const

/** Needs nats-server; everything of one case runs on one core. */
export const crossProcessCases: readonly BenchCase[] = [
  crossCase({ ...REQUESTS, peer: 'nats', peerName: 'nats.js through nats-server', floor: 3 }),
  crossCase({ ...REQUESTS, peer: 'moleculer', peerName: 'moleculer over TCP, everything on', floor: 2 }),
  crossCase({ ...REQUESTS, peer: 'bare', peerName: 'bare two-hop hub', floor: 0.5 }),
  crossCase({
    case: 'one-way between processes',
    peer: 'nats',
    peerName: 'NATS core publish',
    floor: 1.2,
    what: 'one-way',
  }),
  crossCase({
    case: 'p99 of an urgent request while another floods the link with 1 kB messages',
    peer: 'nats',
    peerName: 'NATS',
    floor: 4,
    what: 'urgent',
  }),
]
