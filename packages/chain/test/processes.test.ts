import { type ChildProcess, spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { createChains } from '@switchyard/chain'
import { openStore } from '@switchyard/store'
import { afterAll, describe, expect, it } from 'vitest'

const root = mkdtempSync(join(tmpdir(), 'chain-processes-'))
afterAll(() => rmSync(root, { recursive: true, force: true }))

function start(fixture: string, ...args: string[]): ChildProcess {
  const file = resolve(import.meta.dirname, 'fixtures', fixture)
  return spawn(process.execPath, ['--conditions=@switchyard/source', file, ...args], {
    stdio: ['ignore', 'pipe', 'inherit'],
    env: { ...process.env, NODE_COMPILE_CACHE: join(root, 'compiled') },
  })
}

async function said(child: ChildProcess, word: string): Promise<void> {
  for await (const data of child.stdout!) if (String(data).includes(word)) return
}

function folder(name: string): string {
  const dir = join(root, name)
  mkdirSync(dir)
  return dir
}

describe('several lives of one chain', () => {
  it('[E5][R3] waits on through three restarts, and no longer than it was told to', { timeout: 60_000 }, async () => {
    const dir = folder('waiter')
    const startedMs = Date.now()
    for (let life = 0; life < 3; life++) {
      const child = start('waiter.ts', dir)
      await said(child, 'waiting')
      child.kill('SIGKILL')
      await once(child, 'close')
    }
    const last = start('waiter.ts', dir)
    await once(last, 'close')
    const tookMs = Date.now() - startedMs
    expect(readFileSync(join(dir, 'calls'), 'utf8')).toBe('before\nafter\n')
    using store = openStore({ path: join(dir, 'yard.db') })
    const chains = createChains({ store, call: () => Promise.reject(new Error('none')), command: () => undefined })
    const [chain] = chains.list()
    expect(chain).toMatchObject({ state: 'done' })
    expect(chain!.endedMs! - chain!.startedMs).toBeGreaterThanOrEqual(3_000)
    expect(tookMs).toBeGreaterThanOrEqual(3_000)
  })
})

describe('several processes on one workspace', () => {
  it('[R1][R2] run each chain once, and take over from the one that is killed within a second', { timeout: 60_000 }, async () => {
    const dir = folder('shared')
    const [first, second, third] = ['a', 'b', 'c'].map((name) => start('runner.ts', dir, name, '20')) as [
      ChildProcess,
      ChildProcess,
      ChildProcess,
    ]
    // All from the start: one of them can be through, and what it said be gone, before another is up.
    const through = Promise.all([once(second, 'close'), once(third, 'close')])
    await Promise.all([said(first, 'up'), said(third, 'up')])
    first.kill('SIGKILL')
    await through
    const last = start('runner.ts', dir, 'd', '0')
    await once(last, 'close')
    using store = openStore({ path: join(dir, 'yard.db') })
    const chains = createChains({ store, call: () => Promise.reject(new Error('none')), command: () => undefined })
    const list = chains.list({ limit: 1_000 })
    expect(list.length).toBeGreaterThanOrEqual(40)
    expect(list.filter(({ state }) => state !== 'done')).toEqual([])
    const runnersOf = new Map<string, string[]>()
    for (const line of readFileSync(join(dir, 'calls'), 'utf8').trim().split('\n')) {
      const [key = '', runner = ''] = line.split(' ')
      runnersOf.set(key, [...(runnersOf.get(key) ?? []), runner])
    }
    expect(runnersOf.size).toBe(list.length * 6)
    // What was repeated was under way in the process that was killed.
    for (const [key, runners] of runnersOf) if (runners.length > 1) expect(runners[0], key).toBe('a')
  })

  it('[R2] takes over within a second of the death of the owner', { timeout: 60_000 }, async () => {
    const dir = folder('takeover')
    const owner = start('waiter.ts', dir)
    await said(owner, 'waiting')
    using store = openStore({ path: join(dir, 'yard.db') })
    let tookOver: (() => void) | undefined
    const called = new Promise<void>((resolve) => {
      tookOver = resolve
    })
    const chains = createChains({
      store,
      command: () => ({ plugin: 'x', effect: 'write', idempotent: true }),
      async call() {
        tookOver!()
      },
    })
    // It belongs to the owner, as if it had just begun a step.
    store.transact(() =>
      store.prepare('UPDATE chain_journal SET owner = (SELECT id FROM chain_runner LIMIT 1), due_ms = NULL WHERE path IS NULL').run(),
    )
    store.transact(() => store.prepare(`UPDATE chain_journal SET due_ms = 0 WHERE path = 'pause'`).run())
    await chains.resume()
    owner.kill('SIGKILL')
    await once(owner, 'exit')
    const atMs = performance.now()
    await called
    expect(performance.now() - atMs).toBeLessThan(2_500)
    await chains.close()
  })

  it('[R1] write nothing once another one has taken the chain', async () => {
    const path = join(folder('fenced'), 'yard.db')
    const [one, two] = [openStore({ path }), openStore({ path })]
    const gate = Promise.withResolvers<void>()
    const calls: string[] = []
    const open = (store: ReturnType<typeof openStore>, name: string, isSlow: boolean) =>
      createChains({
        store,
        command: () => ({ plugin: 'x', effect: 'write', idempotent: true }),
        async call(_, input) {
          calls.push(`${name} ${(input as { n: number }).n}`)
          if (isSlow) await gate.promise
          return { by: name }
        },
      })
    const [frozen, alert] = [open(one, 'frozen', true), open(two, 'alert', false)]
    const id = await frozen.start({ name: 'fenced', steps: [1, 2].map((n) => ({ id: `s${n}`, call: 'x.log', input: { n } })) })
    // What happens to a process that shows no sign of life.
    two.transact(() => two.prepare('UPDATE chain_journal SET owner = NULL, due_ms = 0, fence = fence + 1 WHERE path IS NULL').run())
    await alert.resume()
    const report = await alert.wait(id)
    gate.resolve()
    for (let turn = 0; turn < 20; turn++) await new Promise((resolve) => setImmediate(resolve))
    expect(calls).toEqual(['frozen 1', 'alert 1', 'alert 2'])
    expect(frozen.show(id)).toEqual(report)
    expect(report.steps.map(({ output }) => output)).toEqual([{ by: 'alert' }, { by: 'alert' }])
    await frozen.close()
    await alert.close()
    one.close()
    two.close()
  })
})

describe('a disk that fills up', () => {
  it.skipIf(process.getuid?.() !== 0)(
    '[J5] holds the chain until there is space again, and loses and repeats nothing',
    { timeout: 60_000 },
    async ({ skip }) => {
      const disk = folder('disk')
      if (spawnSync('mount', ['-t', 'tmpfs', '-o', 'size=2m', 'tmpfs', disk]).status !== 0) skip('no file system may be mounted here')
      try {
        using store = openStore({ path: join(disk, 'yard.db') })
        const ballast = join(disk, 'ballast')
        const faults: string[] = []
        const calls: string[] = []
        const full = Promise.withResolvers<void>()
        const chains = createChains({
          store,
          command: () => ({ plugin: 'x', effect: 'write', idempotent: false }),
          async call(_, input) {
            const { name } = input as { name: string }
            calls.push(name)
            if (name === 'two') fill(ballast)
            return { text: 'x'.repeat(20_000) }
          },
          onEvent(event) {
            if (event.type !== 'fault') return
            faults.push(String(event.error))
            full.resolve()
          },
        })
        const id = await chains.start({
          name: 'full',
          steps: ['one', 'two', 'three'].map((name) => ({ id: name, call: 'x.log', input: { name } })),
        })
        await full.promise
        expect(calls).toEqual(['one', 'two'])
        await expect(
          chains.start({ name: 'other', steps: [{ id: 'one', call: 'x.log', input: { name: 'x'.repeat(50_000) } }] }),
        ).rejects.toMatchObject({ code: 'STORE_FULL' })
        rmSync(ballast)
        expect(await chains.wait(id)).toMatchObject({ state: 'done' })
        expect(calls).toEqual(['one', 'two', 'three'])
        expect(faults[0]).toMatch(/disk must have space left/)
        expect(chains.list()).toHaveLength(1)
        await chains.close()
      } finally {
        spawnSync('umount', ['-l', disk])
      }
    },
  )
})

function fill(path: string): void {
  for (let size = 65_536; size >= 512; size /= 2) {
    try {
      for (;;) writeFileSync(path, Buffer.alloc(size), { flag: 'a' })
    } catch {
      // Full for this size.
    }
  }
  if (!existsSync(path)) throw new Error('the disk was full before')
}
