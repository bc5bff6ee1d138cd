import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { cpSync, mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { createChains } from '@switchyard/chain'
import { openStore } from '@switchyard/store'
import { rolldown } from 'rolldown'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { openSagas } from './fixtures/saga.ts'
import type { SagaKind } from './fixtures/saga-definition.ts'

/** Each hits the sagas that are under way in its process, up to six, each at a point of its own. */
const KILLS = 300
/** About as many as six sagas have together. */
const POINTS = 240
/** Processes at once: they wait for the disk more than they compute. */
const LANES = 6
const root = mkdtempSync(join(tmpdir(), 'chain-kill-'))
const script = join(root, 'saga-life.js')
afterAll(() => rmSync(root, { recursive: true, force: true }), 60_000)

// Hundreds of processes: as one file each of them is up in half the time, and none has to make tables.
beforeAll(async () => {
  await using bundle = await rolldown({
    input: resolve(import.meta.dirname, 'fixtures/saga-life.ts'),
    platform: 'node',
    resolve: { conditionNames: ['@switchyard/source', 'node', 'import'] },
    logLevel: 'silent',
  })
  await bundle.write({ file: script, codeSplitting: false })
  await openSagas(join(root, 'new')).close()
}, 60_000)

interface End {
  readonly signal: string | null
  readonly code: number | null
  readonly out: string
}

/** One life of a process up to its end; what it says is heard while it lives. */
async function live(dir: string, mode: 'many' | SagaKind, point = 0, heard?: (life: ChildProcess, out: string) => void): Promise<End> {
  const child = spawn(process.execPath, [script, dir, mode, String(point)], {
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { ...process.env, NODE_COMPILE_CACHE: join(root, 'compiled') },
  })
  let out = ''
  for (const stream of [child.stdout, child.stderr])
    stream.on('data', (data: Buffer) => {
      out += data.toString()
      heard?.(child, out)
    })
  const [code, signal] = (await once(child, 'close')) as [number | null, string | null]
  return { code, signal, out }
}

/** A workspace for one test, from one that is made already. */
function makeWorkspace(name: string): string {
  const dir = join(root, name)
  cpSync(join(root, 'new'), dir, { recursive: true })
  return dir
}

/** Takes up what a process that was killed left, as the next one would. */
async function goOn(dir: string): Promise<void> {
  const { chains, close } = openSagas(dir)
  await chains.resume()
  for (const { id } of chains.list({ unfinished: true, limit: 10_000 })) await chains.wait(id)
  await close()
}

/** All or nothing of every chain, each effect once, and nothing that belongs to no chain. */
function expectSound(dir: string): { hits: number } {
  using store = openStore({ path: join(dir, 'yard.db') })
  const chains = createChains({ store, call: () => Promise.reject(new Error('nothing may be called')), command: () => undefined })
  // What was taken back and done again is under another key.
  const effects = readdirSync(join(dir, 'effects'))
    .map((file) => file.replace(/~\d+$/, ''))
    .sort()
  const expected: string[] = []
  for (const { id, name, state } of chains.list({ limit: 10_000 })) {
    expect(state, id).toBe(name === 'bad-saga' ? 'undone' : 'done')
    if (state === 'done') expected.push(...['first', 'second', 'left', 'right', 'fifth', 'sixth'].map((step) => `${id}+${step}`))
  }
  expect(effects).toEqual(expected.sort())
  // Whoever takes a chain from the dead raises its fence when it is given back, and when it is claimed.
  return store.prepare('SELECT sum(fence - 1) / 2 AS hits FROM chain_journal WHERE path IS NULL').get<{ hits: number }>()!
}

async function inLanes(work: (lane: number) => Promise<void>): Promise<void> {
  await Promise.all(Array.from({ length: LANES }, (_, lane) => work(lane)))
}

describe('a process that is killed', () => {
  it.for(['good', 'bad', 'again'] as const)(
    '[J1][J2][J3][E7] at each point of a %s saga leaves all or nothing, and no effect twice',
    { timeout: 180_000 },
    async (kind) => {
      const whole = makeWorkspace(`${kind}-whole`)
      const { code, out } = await live(whole, kind)
      expect(code, out).toBe(0)
      const points = Number(/ended (\d+)/.exec(out)?.[1])
      expect(points).toBeGreaterThan(kind === 'good' ? 20 : 35)
      expectSound(whole)
      let next = 1
      await inLanes(async () => {
        while (next <= points) {
          const killAt = next++
          const dir = makeWorkspace(`${kind}-${killAt}`)
          const { signal, out } = await live(dir, kind, killAt)
          expect(signal, `point ${killAt}: ${out}`).toBe('SIGKILL')
          await goOn(dir)
          expectSound(dir)
          rmSync(dir, { recursive: true })
        }
      })
    },
  )

  it(`[J2] at ${KILLS} random moments, amid several sagas, leaves all or nothing of each`, { timeout: 180_000 }, async () => {
    let left = KILLS
    let hits = 0
    await inLanes(async (lane) => {
      const dir = makeWorkspace(`random-${lane}`)
      while (left-- > 0) {
        const point = 1 + Math.floor(Math.random() * POINTS)
        // It has gone on by when the signal reaches it: into a commit, or out of one.
        const { signal, code, out } = await live(dir, 'many', point, (life) => life.kill('SIGKILL'))
        expect(signal, `point ${point}, code ${code}: ${out}`).toBe('SIGKILL')
      }
      await goOn(dir)
      hits += expectSound(dir).hits
    })
    expect(hits).toBeGreaterThanOrEqual(KILLS)
  })
})
