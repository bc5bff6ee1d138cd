import { join } from 'node:path'
import { openStore } from '@switchyard/store'
import { expect, test } from 'vitest'
import { startChild, temporaryFolder } from './children.ts'

const PROCESSES = 4

async function race(path: string, writes: number): Promise<void> {
  const children = Array.from({ length: PROCESSES }, (_, n) => startChild('writer.ts', path, `writer-${n}`, String(writes)))
  for (const { lines } of children) for await (const _ of lines()) break
  for (const { tell } of children) tell('go')
  expect(await Promise.all(children.map((child) => child.ended()))).toEqual(Array(PROCESSES).fill(0))
}

test('openStore() lets 4 processes write 10,000 times at once: none is locked out, none is lost, no counter is torn', async () => {
  const path = join(temporaryFolder(), 'yard.db')
  await race(path, 10_000 / PROCESSES)
  using store = openStore({ path })
  expect(store.prepare('SELECT value FROM counter_total').get()).toEqual({ value: 10_000 })
  expect(store.prepare('SELECT writer, count(*) AS n, max(n) AS last FROM log_entry GROUP BY writer ORDER BY writer').all()).toEqual(
    Array.from({ length: PROCESSES }, (_, n) => ({ writer: `writer-${n}`, n: 2500, last: 2499 })),
  )
  expect(store.check()).toMatchObject({ problems: [], rooms: { log: 1, counter: 2 } })
})

test('openStore() lets 4 processes create and migrate the same new file at the same moment, ten times over', async () => {
  const folder = temporaryFolder()
  for (let round = 0; round < 10; round++) {
    const path = join(folder, String(round), '.switchyard', 'yard.db')
    await race(path, 2)
    using store = openStore({ path })
    expect(store.prepare('SELECT value FROM counter_total').get()).toEqual({ value: 2 * PROCESSES })
    expect(store.check()).toMatchObject({ problems: [], rooms: { log: 1, counter: 2 }, backups: [] })
  }
})

test('commit() and transact() lose nothing that they acknowledged over 20 times kill -9', async () => {
  const path = join(temporaryFolder(), 'yard.db')
  let acknowledged = 0
  for (let kill = 0; kill < 20; kill++) {
    const child = startChild('acknowledger.ts', path)
    const fatal = acknowledged + 1 + Math.floor(Math.random() * 400)
    for await (const line of child.lines()) {
      acknowledged = Number(line)
      // Not the end of the loop: what it printed before it died counts as well.
      if (acknowledged === fatal) child.process.kill('SIGKILL')
    }
    expect(await child.ended()).toBe('SIGKILL')
    using store = openStore({ path })
    const { n, last } = store.prepare('SELECT count(*) AS n, max(n) AS last FROM log_entry').get<{ n: number; last: number }>() ?? {}
    expect(n).toBe(last)
    expect(last).toBeGreaterThanOrEqual(acknowledged)
    expect(store.check().problems).toEqual([])
    acknowledged = last ?? 0
  }
  expect(acknowledged).toBeGreaterThan(20)
})
