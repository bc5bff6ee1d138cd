import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync, statSync, truncateSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { isSwitchyardError } from '@switchyard/contracts'
import { describe, expect, it, onTestFinished } from 'vitest'
import { log } from './fixtures/definitions.ts'
import { createTestYard } from './fixtures/yard.ts'

function temporaryPath(): string {
  const folder = mkdtempSync(join(tmpdir(), 'switchyard-state-'))
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }))
  return join(folder, 'yard.db')
}

/** Runs writers on the file, and kills them all once each has acknowledged some and all together so many; returns each one's last. */
async function killAfter(path: string, names: readonly string[], writes: number): Promise<number[]> {
  const last = names.map(() => 0)
  const children = names.map((name) =>
    spawn(process.execPath, ['--conditions=@switchyard/source', join(import.meta.dirname, 'fixtures', 'writer.ts'), path, name], {
      stdio: ['ignore', 'pipe', 'inherit'],
    }),
  )
  await Promise.all(
    children.map(async (child, index) => {
      const ended = once(child, 'exit')
      for await (const line of createInterface({ input: child.stdout })) {
        last[index] = Number(line)
        if (Math.min(...last) > 0 && last.reduce((sum, n) => sum + n, 0) >= writes) for (const one of children) one.kill('SIGKILL')
      }
      await ended
    }),
  )
  return last
}

describe('what was acknowledged', () => {
  it('[K1] is there after kill -9 during 1,000 writes of two processes, each exactly once', async () => {
    const path = temporaryPath()
    const acknowledged = await killAfter(path, ['a', 'b'], 1_000)
    const yard = createTestYard([log])
    const state = yard.process({ store: yard.newStore(path) })
    const { entries, count } = await state.connect('ops').open(log)
    for (const [index, name] of ['a', 'b'].entries()) {
      for (let n = 1; n <= acknowledged[index]!; n++) expect(entries.get(`${name}-${n}`)).toBe(n)
    }
    expect(count.get()).toBe(entries.size)
    expect(state.verify()).toMatchObject({ sound: true })
  })

  it('[K4] stays when the last write was torn: that one alone is gone', async () => {
    const path = temporaryPath()
    const yard = createTestYard([log])
    await killAfter(path, ['a'], 50)
    const wal = `${path}-wal`
    truncateSync(wal, statSync(wal).size - 100)
    const { entries, count } = await yard
      .process({ store: yard.newStore(path) })
      .connect('ops')
      .open(log)
    expect(entries.size).toBeGreaterThan(30)
    expect(count.get()).toBe(entries.size)
    for (let n = 1; n <= entries.size; n++) expect(entries.get(`a-${n}`)).toBe(n)
  })

  it('[K4] stays when a record of the log is damaged: that one alone is left out, and it is told', async () => {
    const yard = createTestYard([log])
    const store = yard.newStore(temporaryPath())
    const state = yard.process({ store })
    const { entries } = await state.connect('ops').open(log)
    for (let n = 1; n <= 5; n++) await entries.set(`k${n}`, n)
    await state.close()
    const last = store.prepare('SELECT id, parts FROM state_frame ORDER BY id DESC LIMIT 1').get<{ id: number; parts: Uint8Array }>()!
    // Still an update that yjs would take, of another key.
    const damaged = Buffer.from(Buffer.from(last.parts).toString('latin1').replace('k5', 'k6'), 'latin1')
    expect(damaged.equals(last.parts)).toBe(false)
    store.prepare('UPDATE state_frame SET parts = ? WHERE id = ?').run(damaged, last.id)
    const again = yard.process({ store })
    const reopened = await again.connect('ops').open(log)
    await yard.quiet()
    expect(reopened.entries.keys().sort()).toEqual(['k1', 'k2', 'k3', 'k4'])
    expect(again.history({ kind: 'refused' })).toMatchObject([{ who: 'store' }])
  })

  it('[K4] stays when a snapshot is damaged: its document alone is left out, and it is told', async () => {
    const yard = createTestYard([log])
    const store = yard.newStore()
    const state = yard.process({ store })
    const { entries } = await state.connect('ops').open(log)
    for (let n = 0; n < 40; n++) await entries.set(`k${n}`, n)
    await state.compact()
    await state.close()
    store.prepare('UPDATE state_snapshot SET checksum = checksum + 1 WHERE shard = (SELECT min(shard) FROM state_snapshot)').run()
    const again = yard.process({ store })
    const reopened = await again.connect('ops').open(log)
    await yard.quiet()
    expect(reopened.entries.size).toBeGreaterThan(30)
    expect(again.history({ kind: 'refused' })).toMatchObject([{ who: 'store', reason: expect.stringContaining('snapshot') }])
  })

  it('[K1] rejects what cannot be stored, and it is not there', async () => {
    const yard = createTestYard([log])
    const store = yard.newStore()
    const state = yard.process({ store })
    const { entries } = await state.connect('ops').open(log)
    await entries.set('a', 1)
    store.prepare("CREATE TRIGGER full BEFORE INSERT ON state_frame BEGIN SELECT RAISE(ABORT, 'no room'); END").run()
    const refused = Promise.allSettled([entries.set('a', 2), entries.set('b', 3)])
    expect(entries.get('a')).toBe(2)
    expect((await refused).map(({ status }) => status)).toEqual(['rejected', 'rejected'])
    expect(entries.entries()).toEqual([['a', 1]])
    store.prepare('DROP TRIGGER full').run()
    await entries.set('b', 4)
    expect(entries.entries()).toEqual([
      ['a', 1],
      ['b', 4],
    ])
    await yard.quiet()
    expect(yard.messages.filter(({ topic }) => topic === 'state/ops/change')).toHaveLength(2)
  })
})

describe('processes that share a store', () => {
  it('[K2] read the log where the bus does not reach, and keep nothing twice', async () => {
    const path = temporaryPath()
    const [here, there] = [createTestYard([log]), createTestYard([log])]
    const [a, b] = await Promise.all(
      [here, there].map((yard) =>
        yard
          .process({ store: yard.newStore(path) })
          .connect('ops')
          .open(log),
      ),
    )
    await Promise.all([a!.entries.set('a', 1), a!.count.increment(2), b!.entries.set('b', 2), b!.count.increment(3)])
    for (const yard of [here, there]) {
      yard.clock.advance(300)
      await yard.quiet()
    }
    for (const one of [a!, b!])
      expect([one.entries.entries().sort(), one.count.get()]).toEqual([
        [
          ['a', 1],
          ['b', 2],
        ],
        5,
      ])
    expect(here.newStore(path).prepare('SELECT count(*) AS frames FROM state_frame').get()).toEqual({ frames: 2 })
  })

  it('[S5] move to a new epoch together', async () => {
    const path = temporaryPath()
    const [here, there] = [createTestYard([log]), createTestYard([log])]
    const rotator = here.process({ store: here.newStore(path) })
    const a = await rotator.connect('ops').open(log)
    for (let n = 0; n < 6_000; n++) void a.entries.set(`k${n}`, n)
    await a.count.increment()
    const b = await there
      .process({ store: there.newStore(path) })
      .connect('ops')
      .open(log)
    for (let n = 10; n < 6_000; n++) void a.entries.delete(`k${n}`)
    const { rotated, bytesAfter, bytesBefore } = await rotator.compact()
    expect(rotated).toBe(16)
    expect(bytesAfter).toBeLessThan(bytesBefore / 10)
    await Promise.all([b.entries.set('late', 1), b.count.increment()])
    expect([b.entries.size, b.count.get()]).toEqual([11, 2])
    here.clock.advance(300)
    await here.quiet()
    expect([a.entries.size, a.entries.get('late'), a.count.get()]).toEqual([11, 1, 2])
  })

  it('[K3] open from the snapshot alone once the log was compacted', async () => {
    const path = temporaryPath()
    const yard = createTestYard([log])
    const state = yard.process({ store: yard.newStore(path) })
    const { entries } = await state.connect('ops').open(log)
    for (let n = 0; n < 3_000; n++) {
      void entries.set(`k${n % 10}`, n)
      if (n % 3 === 0) await entries.set('last', n)
    }
    const inLog = () => yard.newStore(path).prepare('SELECT count(*) AS frames FROM state_frame').get<{ frames: number }>()!.frames
    // By itself, while it was written.
    expect(inLog()).toBeLessThan(1_000)
    await state.compact()
    expect(inLog()).toBe(0)
    const again = await yard
      .process({ store: yard.newStore(path) })
      .connect('ops')
      .open(log)
    expect([again.entries.size, again.entries.get('k9'), again.entries.get('last')]).toEqual([11, 2_999, 2_997])
  })

  it('[K3] shed what expired while nobody read it', async () => {
    const yard = createTestYard([log])
    const store = yard.newStore()
    const first = yard.process({ store })
    await (await first.connect('ops').open(log)).entries.set('brief', 1, { ttlMs: 100 })
    await first.close()
    yard.clock.jump(200)
    const second = yard.process({ store })
    await second.connect('ops').open(log)
    await second.compact()
    expect(second.history({ key: 'brief', limit: 1 })[0]?.changes).toMatchObject([{ op: 'expire' }])
  })

  it('[M1] [M2] lose no step of two processes at once, by compare-and-set and under a lock', async () => {
    const path = temporaryPath()
    const children = ['a', 'b'].map((name) => {
      const file = join(import.meta.dirname, 'fixtures', 'stepper.ts')
      const child = spawn(process.execPath, ['--conditions=@switchyard/source', file, path, name, '40'], {
        stdio: ['pipe', 'pipe', 'inherit'],
      })
      onTestFinished(() => void child.kill('SIGKILL'))
      return { child, lines: createInterface({ input: child.stdout })[Symbol.asyncIterator]() }
    })
    for (const { lines } of children) expect((await lines.next()).value).toBe('ready')
    for (const { child } of children) child.stdin.write('go')
    const tokens = await Promise.all(
      children.map(async ({ lines }) => {
        const seen: number[] = []
        for await (const line of lines) seen.push(Number(line))
        return seen
      }),
    )
    const yard = createTestYard([log])
    const { entries } = await yard
      .process({ store: yard.newStore(path) })
      .connect('ops')
      .open(log)
    expect([entries.get('by version'), entries.get('by lock')]).toEqual([400, 80])
    expect(new Set(tokens.flat()).size).toBe(80)
    for (const seen of tokens) expect(seen).toEqual(seen.toSorted((a, b) => a - b))
  }, 40_000)

  it('[S3] do not answer one another over the bus', async () => {
    const yard = createTestYard([log])
    const store = yard.newStore()
    const first = await yard.process({ store }).connect('ops').open(log)
    await first.entries.set('a', 1)
    const second = await yard.process({ store }).connect('ops').open(log)
    await first.entries.set('b', 2)
    await yard.quiet()
    expect(second.entries.size).toBe(2)
    expect(yard.messages.filter(({ topic }) => topic === 'state/ops/ask').length).toBeGreaterThan(0)
    expect(yard.messages.filter(({ topic }) => topic === 'state/ops/answer')).toEqual([])
  })

  it('refuse to open what a newer version has written', async () => {
    const yard = createTestYard([log])
    const store = yard.newStore()
    await yard
      .process({ store, definitions: [{ ...log, version: 2 }] })
      .connect('ops')
      .open('ops/log')
    const refusal = await yard
      .process({ store })
      .connect('ops')
      .open(log)
      .catch((error: unknown) => error)
    expect(isSwitchyardError(refusal, 'STATE_NEWER')).toBe(true)
  })
})
