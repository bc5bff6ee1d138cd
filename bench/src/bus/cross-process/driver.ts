import { AT_ONCE, type Measure, ROUND_MS } from './fleet.ts'

/** One client's way to do what is measured. */
export interface Drive {
  request(index: number): Promise<unknown>
  /** Sends a round of messages and waits until all have arrived; absent where it is not compared. */
  oneWay?(): Promise<void>
  urgent?(): Promise<unknown>
  /** Floods with 1 kB messages until the signal. */
  flood?(signal: AbortSignal): Promise<void>
}

/** Says that this process is ready and then measures what it is asked for. */
export function drive(client: Drive): void {
  process.on('message', (what: Measure) => {
    void measure(client, what).then((figure) => process.send!(figure))
  })
  ready()
}

export function ready(): void {
  process.send!('ready')
}

async function measure(client: Drive, what: Measure): Promise<number> {
  if (what === 'urgent') return urgentP99Ms(client)
  if (what === 'requests') return requests(client)
  await client.oneWay!()
  return MESSAGES_A_ROUND
}

/** As many as there are in a round's time. */
async function requests({ request }: Drive): Promise<number> {
  const endMs = performance.now() + ROUND_MS
  let done = 0
  async function inTurn(): Promise<void> {
    while (performance.now() < endMs) await request(done++)
  }
  await Promise.all(Array.from({ length: AT_ONCE }, inTurn))
  return done
}

/** One urgent request after another while the flood goes on. */
async function urgentP99Ms({ urgent, flood }: Drive): Promise<number> {
  const stop = new AbortController()
  const flooding = flood!(stop.signal)
  const latenciesMs: number[] = []
  const endMs = performance.now() + ROUND_MS * 2
  while (performance.now() < endMs) {
    const startedAtMs = performance.now()
    await urgent!()
    latenciesMs.push(performance.now() - startedAtMs)
    await turn()
  }
  stop.abort()
  await flooding
  latenciesMs.sort((a, b) => a - b)
  return latenciesMs[Math.floor(latenciesMs.length * 0.99)]!
}

export function turn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve))
}

export const SMALL = { id: 1, name: 'api' }
export const KILOBYTE = { text: 'x'.repeat(1_000) }
/** As many as are sent in one turn of the event loop. */
export const BURST = 64
export const MESSAGES_A_ROUND = 64_000
