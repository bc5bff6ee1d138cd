import { type ChildProcess, spawn } from 'node:child_process'
import { mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { createChains } from '@switchyard/chain'
import { openStore } from '@switchyard/store'
import { afterAll, describe, expect, it } from 'vitest'
import type { SagaKind } from './fixtures/saga-definition.ts'

const FIXTURE = resolve(import.meta.dirname, 'fixtures/saga.ts')
const KILLS = 300
const root = mkdtempSync(join(tmpdir(), 'chain-kill-'))
afterAll(() => rmSync(root, { recursive: true, force: true }))

interface Life {
  readonly child: ChildProcess
  readonly up: Promise<void>
  readonly exit: Promise<{ signal: string | null; code: number | null; out: string }>
}

function live(dir: string, mode: 'resume' | 'many' | SagaKind, killAt = 0): Life {
  const child = spawn(process.execPath, ['--conditions=@switchyard/source', FIXTURE, dir, mode, String(killAt)], {
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { ...process.env, NODE_COMPILE_CACHE: join(root, 'compiled') },
  })
  let out = ''
  const up = new Promise<void>((resolve) => {
    child.stdout.on('data', (data: Buffer) => {
      out += data.toString()
      if (out.includes('up\n')) resolve()
    })
    child.once('exit', () => resolve())
  })
  child.stderr.on('data', (data: Buffer) => {
    out += data.toString()
  })
  return { child, up, exit: new Promise((resolve) => child.once('close', (code, signal) => resolve({ code, signal, out }))) }
}

async function ended(life: Life): Promise<string> {
  const { code, out } = await life.exit
  expect(code, out).toBe(0)
  return out
}

/** All or nothing of every chain, each effect once, and nothing that belongs to no chain. */
function expectSound(dir: string): { done: number; undone: number } {
  using store = openStore({ path: join(dir, 'yard.db') })
  const chains = createChains({ store, call: () => Promise.reject(new Error('nothing may be called')), command: () => undefined })
  // What was taken back and done again is under another key.
  const effects = readdirSync(join(dir, 'effects'))
    .map((file) => file.replace(/~\d+$/, ''))
    .sort()
  const expected: string[] = []
  const counts = { done: 0, undone: 0 }
  for (const { id, name, state } of chains.list({ limit: 10_000 })) {
    expect(state, id).toBe(name === 'bad-saga' ? 'undone' : 'done')
    if (state === 'done') expected.push(...['first', 'second', 'left', 'right', 'fifth', 'sixth'].map((step) => `${id}+${step}`))
    counts[state as 'done' | 'undone']++
  }
  expect(effects).toEqual(expected.sort())
  return counts
}

describe('a process that is killed', () => {
  it.for(['good', 'bad', 'again'] as const)(
    '[J1][J2][J3][E7] at each point of a %s saga leaves all or nothing, and no effect twice',
    { timeout: 120_000 },
    async (mode) => {
      const whole = join(root, `${mode}-whole`)
      const points = Number(/ended (\d+)/.exec(await ended(live(whole, mode)))?.[1])
      expect(points).toBeGreaterThan(mode === 'good' ? 20 : 35)
      expectSound(whole)
      let next = 1
      const lane = async (): Promise<void> => {
        while (next <= points) {
          const killAt = next++
          const dir = join(root, `${mode}-${killAt}`)
          expect((await live(dir, mode, killAt).exit).signal, `point ${killAt}`).toBe('SIGKILL')
          await ended(live(dir, 'resume'))
          expectSound(dir)
        }
      }
      await Promise.all([lane(), lane(), lane()])
    },
  )

  it(`[J2] at ${KILLS} random moments leaves all or nothing of every saga`, { timeout: 180_000 }, async () => {
    let kills = 0
    const lane = async (number: number): Promise<{ done: number; undone: number }> => {
      const dir = join(root, `random-${number}`)
      while (kills < KILLS) {
        kills++
        const life = live(dir, 'many')
        await life.up
        setTimeout(() => life.child.kill('SIGKILL'), Math.random() * 15)
        await life.exit
      }
      await ended(live(dir, 'resume'))
      return expectSound(dir)
    }
    const counts = await Promise.all([lane(1), lane(2), lane(3)])
    expect(counts.reduce((sum, { done, undone }) => sum + done + undone, 0)).toBeGreaterThan(KILLS)
  })
})
