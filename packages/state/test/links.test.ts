import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { copyFileSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type Bus, createBus, createHubLink, createMemoryNetwork } from '@switchyard/bus'
import { createFakeClock } from '@switchyard/contracts/testing'
import { openStore } from '@switchyard/store'
import { expect, it, onTestFinished, vi } from 'vitest'
import { createState } from '../src/lib/state.ts'
import { log } from './fixtures/definitions.ts'

const turns = async (count: number): Promise<void> => {
  for (let turn = 0; turn < count; turn++) await new Promise((resolve) => setImmediate(resolve))
}

it('[S3] buses that meet over a link agree again after it was cut', async () => {
  const network = createMemoryNetwork()
  const clock = createFakeClock()
  const hosts = await Promise.all(
    Array.from({ length: 3 }, async () => {
      const bus = createBus({ link: network.createLink() })
      await bus.ready()
      const store = openStore({ path: ':memory:' })
      const state = createState({ bus, store, clock, definitions: [log] })
      onTestFinished(async () => {
        await state.close()
        await bus.close()
        store.close()
      })
      return { state, ...(await state.connect('ops').open(log)) }
    }),
  )
  await turns(20)
  for (let round = 0; round < 20; round++) {
    const writes = hosts.map(({ entries, count }, index) => Promise.all([entries.set(`k${round}-${index}`, round), count.increment()]))
    if (round % 4 === 1) network.disrupt()
    await Promise.all(writes)
    if (round % 4 === 3) network.disrupt()
  }
  await turns(20)
  // What was lost last is noticed by the question that everybody asks now and then.
  for (let n = 0; n < 60; n++) {
    clock.advance(250)
    await turns(4)
  }
  for (const { entries, count } of hosts) expect([entries.size, count.get()]).toEqual([60, 60])
  for (const { state } of hosts) expect(state.verify().sound).toBe(true)
})

it('[S3] a host whose store is an old copy is heard again, and gets back what the copy lacks', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'switchyard-state-'))
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }))
  const bus = createBus()
  onTestFinished(() => bus.close())
  const host = async (file: string) => {
    const store = openStore({ path: join(folder, file) })
    const state = createState({ bus, store, definitions: [log] })
    const close = async (): Promise<void> => {
      await state.close()
      store.close()
    }
    return { store, close, ...(await state.connect('ops').open(log)) }
  }
  const other = await host('other.db')
  onTestFinished(other.close)
  const first = await host('first.db')
  await first.entries.set('kept', 1)
  await first.close()
  copyFileSync(join(folder, 'first.db'), join(folder, 'copy.db'))
  const later = await host('first.db')
  await Promise.all([later.entries.set('lost', 2), later.count.increment()])
  await turns(10)
  await later.close()
  const restored = await host('copy.db')
  onTestFinished(restored.close)
  await turns(10)
  await Promise.all([restored.entries.set('new', 3), restored.count.increment()])
  await turns(10)
  for (const { entries, count } of [other, restored]) {
    expect(entries.entries().sort()).toEqual([
      ['kept', 1],
      ['lost', 2],
      ['new', 3],
    ])
    expect(count.get()).toBe(2)
  }
})

it('[S3] processes with stores of their own agree over a hub, and after one was killed', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'switchyard-state-'))
  const bus: Bus = createBus({ link: createHubLink({ folder }) })
  const store = openStore({ path: join(folder, 'here.db') })
  const state = createState({ bus, store, definitions: [log] })
  onTestFinished(async () => {
    await state.close()
    await bus.close()
    store.close()
    rmSync(folder, { recursive: true, force: true })
  })
  await bus.ready()
  const { entries, count } = await state.connect('ops').open(log)
  await entries.set('here', 1)
  const host = async (name: string, writes: number) => {
    const path = join(folder, `${name}.db`)
    const child = spawn(
      process.execPath,
      ['--conditions=@switchyard/source', join(import.meta.dirname, 'fixtures', 'host.ts'), path, folder, name, `${writes}`],
      {
        stdio: ['ignore', 'pipe', 'inherit'],
      },
    )
    onTestFinished(() => void child.kill('SIGKILL'))
    await once(child.stdout, 'data')
    return child
  }
  const [first] = await Promise.all([host('a', 100), host('b', 100)])
  await vi.waitFor(() => expect([entries.size, count.get()]).toEqual([201, 200]), { timeout: 10_000, interval: 20 })
  const gone = once(first, 'exit')
  first.kill('SIGKILL')
  await gone
  await host('a', 50)
  await vi.waitFor(() => expect([entries.size, count.get()]).toEqual([201, 250]), { timeout: 10_000, interval: 20 })
}, 40_000)
