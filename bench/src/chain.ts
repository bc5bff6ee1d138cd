import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { cpSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { DBOS } from '@dbos-inc/dbos-sdk'
import type { Store } from '@switchyard/store'
import { openOurs, threeSteps } from './chain/ours.ts'
import { type Postgres, startPostgres } from './chain/postgres.ts'
import { type BenchCase, limitCase } from './lib/bench.ts'

const CHAINS_A_ROUND = 200
const AT_ONCE = 16
const UNFINISHED = 10_000
const FINISHED = 100_000
/** A chain of three steps writes the first intent, what is between two steps twice, and the end. */
const COMMITS_A_CHAIN = threeSteps.steps.length + 1

/** Chains with a journal that is synced at each commit, on this machine's disk. */
export const chainCases: readonly BenchCase[] = [
  {
    case: 'three steps, one after another',
    unit: 'ms',
    peerName: 'DBOS on Postgres',
    floor: 5,
    better: 'lower',
    async setup() {
      const [ours, peer] = [openChains(), await openDbos()]
      return { ours: () => msEach(ours.run), peer: () => msEach(peer.run), close: () => closeAll([ours, peer]) }
    },
  },
  {
    case: `three steps, ${AT_ONCE} chains at once`,
    unit: '1/s',
    peerName: 'DBOS on Postgres',
    floor: 10,
    better: 'higher',
    async setup() {
      const [ours, peer] = [openChains(), await openDbos()]
      return { ours: () => rate(ours.run), peer: () => rate(peer.run), close: () => closeAll([ours, peer]) }
    },
  },
  {
    case: `three steps against 1.6 times as many raw FULL commits (${COMMITS_A_CHAIN})`,
    unit: 'ms',
    peerName: 'limit',
    floor: 1,
    better: 'lower',
    async setup() {
      const ours = openChains()
      const raw = rawCommits(ours.store)
      return { ours: () => msEach(ours.run), peer: async () => 1.6 * (await msEach(raw)), close: () => ours.close() }
    },
  },
  {
    case: `three steps with ${FINISHED.toLocaleString('en-US')} finished chains in the store against 10`,
    unit: 'ms',
    peerName: 'ours with 10',
    floor: 0.8,
    better: 'lower',
    async setup() {
      const [full, empty] = [openChains(), openChains()]
      for (let number = 0; number < 10; number++) await Promise.all([full.run(), empty.run()])
      multiply(full.store)
      return { ours: () => msEach(full.run), peer: () => msEach(empty.run), close: () => closeAll([full, empty]) }
    },
  },
  limitCase({
    case: `${UNFINISHED.toLocaleString('en-US')} unfinished chains of a killed process, opened and run to their ends`,
    unit: 'ms',
    allowed: 2_000,
    setup: async () => {
      const folder = mkdtempSync(join(tmpdir(), 'bench-chain-'))
      const killed = join(folder, 'killed')
      mkdirSync(killed)
      await leaveUnfinished(join(killed, 'yard.db'))
      let round = 0
      return {
        async measure() {
          const copy = join(folder, `round-${round++}`)
          cpSync(killed, copy, { recursive: true })
          const startedAtMs = performance.now()
          const { chains, close } = openOurs(join(copy, 'yard.db'))
          await chains.resume()
          while (chains.list({ unfinished: true, limit: 1 }).length > 0) await new Promise((resolve) => setTimeout(resolve, 5))
          const tookMs = performance.now() - startedAtMs
          await close()
          rmSync(copy, { recursive: true })
          return tookMs
        },
        close: async () => rmSync(folder, { recursive: true }),
      }
    },
  }),
  limitCase({
    case: 'memory of a waiting chain',
    unit: 'B',
    allowed: 4_096,
    rounds: 3,
    setup: async () => {
      const { chains, close } = openChains()
      const collect = garbageCollector()
      return {
        async measure() {
          const before = collect()
          for (let started = 0; started < UNFINISHED; started += 500)
            await Promise.all(Array.from({ length: 500 }, () => chains.start({ ...waiting })))
          while (chains.list({ unfinished: true, limit: UNFINISHED * 100 }).some(({ state }) => state === 'running'))
            await new Promise((resolve) => setImmediate(resolve))
          return (collect() - before) / UNFINISHED
        },
        close,
      }
    },
  }),
]

const waiting = {
  name: 'waiting',
  steps: [
    { id: 'one', call: 'bench.work', input: { n: 1 } },
    { id: 'pause', wait: '7d' as const },
  ],
}

interface Side {
  run(): Promise<unknown>
  close(): Promise<void>
}

async function closeAll(sides: readonly Side[]): Promise<void> {
  for (const side of sides) await side.close()
}

async function msEach(run: () => Promise<unknown>): Promise<number> {
  const startedAtMs = performance.now()
  for (let number = 0; number < CHAINS_A_ROUND; number++) await run()
  return (performance.now() - startedAtMs) / CHAINS_A_ROUND
}

async function rate(run: () => Promise<unknown>): Promise<number> {
  const startedAtMs = performance.now()
  const each = Math.ceil((CHAINS_A_ROUND * 3) / AT_ONCE)
  await Promise.all(
    Array.from({ length: AT_ONCE }, async () => {
      for (let number = 0; number < each; number++) await run()
    }),
  )
  return (each * AT_ONCE) / ((performance.now() - startedAtMs) / 1_000)
}

function openChains(): Side & Pick<ReturnType<typeof openOurs>, 'chains' | 'store'> {
  const folder = mkdtempSync(join(tmpdir(), 'bench-chain-'))
  const { chains, store, close } = openOurs(join(folder, 'yard.db'))
  return {
    chains,
    store,
    async run() {
      const { state } = await chains.run(threeSteps)
      if (state !== 'done') throw new Error(`Cannot measure a chain that is ${state}`)
    },
    async close() {
      await close()
      rmSync(folder, { recursive: true })
    },
  }
}

const step = async (n: number): Promise<{ n: number }> => ({ n: n + 1 })
const workflow = DBOS.registerWorkflow(
  async () => {
    const one = await DBOS.runStep(() => step(1), { name: 'one' })
    const two = await DBOS.runStep(() => step(one.n), { name: 'two' })
    return DBOS.runStep(() => step(two.n), { name: 'three' })
  },
  { name: 'three-steps' },
)

/** One for both cases: DBOS is one a process. */
let dbos: { postgres: Postgres; users: number } | undefined

async function openDbos(): Promise<Side> {
  if (dbos === undefined) {
    dbos = { postgres: await startPostgres(), users: 0 }
    DBOS.setConfig({ name: 'bench', systemDatabaseUrl: dbos.postgres.url, logLevel: 'error' })
    await DBOS.launch()
  }
  const mine = dbos
  mine.users++
  return {
    run: () => workflow(),
    async close() {
      if (--mine.users > 0) return
      dbos = undefined
      await DBOS.shutdown()
      await mine.postgres.close()
    },
  }
}

function rawCommits(store: Store): () => Promise<void> {
  store.transact(() => store.prepare('CREATE TABLE bench_raw (number INTEGER PRIMARY KEY, text TEXT NOT NULL)').run())
  const insert = store.prepare('INSERT INTO bench_raw (text) VALUES (?)')
  const text = 'x'.repeat(200)
  return async () => {
    for (let commit = 0; commit < COMMITS_A_CHAIN; commit++) store.transact(() => insert.run(text), { durable: true })
  }
}

/** As the journal numbers its rows: those of one chain lie together. */
const ROWS_A_CHAIN = 2 ** 22

/** Fills the journal with copies of its first chain. */
function multiply(store: Store): void {
  const first = store.prepare('SELECT * FROM chain_journal WHERE number < ? * 2').all<Record<string, unknown>>(ROWS_A_CHAIN)
  const columns = Object.keys(first[0]!).filter((column) => column !== 'number' && column !== 'id')
  store.transact(() => {
    store
      .prepare(
        `WITH RECURSIVE count (n) AS (SELECT 1000 UNION ALL SELECT n + 1 FROM count WHERE n < ${999 + FINISHED})
         INSERT INTO chain_journal (number, id, ${columns})
           SELECT n * ${ROWS_A_CHAIN} + number % ${ROWS_A_CHAIN}, iif(path IS NULL, 'c-' || printf('%07d', n), NULL), ${columns}
           FROM count CROSS JOIN chain_journal WHERE number < 2 * ${ROWS_A_CHAIN}`,
      )
      .run()
  })
}

async function leaveUnfinished(path: string): Promise<void> {
  const fixture = fileURLToPath(new URL('./chain/fixtures/unfinished.ts', import.meta.url))
  const child = spawn(process.execPath, ['--conditions=@switchyard/source', fixture, path, String(UNFINISHED)], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  await once(child.stdout, 'data')
  child.kill('SIGKILL')
  await once(child, 'exit')
}

/** Heap in use after a full collection. */
function garbageCollector(): () => number {
  setFlagsFromString('--expose-gc')
  const collect = runInNewContext('gc') as () => void
  return () => {
    collect()
    collect()
    return process.memoryUsage().heapUsed
  }
}
