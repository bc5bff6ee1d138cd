import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { crdt, defineState } from '@switchyard/plugin-kit'
import { describe, expect, it, onTestFinished } from 'vitest'
import { z } from 'zod'
import { createTestYard } from './fixtures/yard.ts'

const old = defineState('ops/log', {
  access: 'public',
  shared: true,
  fields: { entries: crdt.map(z.string()), count: crdt.counter(), steps: crdt.list(z.string()) },
})
const next = defineState('ops/log', {
  version: 2,
  access: 'public',
  shared: true,
  fields: { entries: crdt.map(z.number()), count: crdt.counter(), steps: crdt.list(z.number()) },
})
const other = defineState('ops/other', { access: 'public', fields: { values: crdt.map(z.string()) } })

const NEWER = expect.objectContaining({ code: 'STATE_NEWER', next: expect.stringContaining('restart') })

/** Two processes on one store, of which the bus connects none, and a third that can look at it afterwards. */
async function twoVersions() {
  const folder = mkdtempSync(join(tmpdir(), 'switchyard-state-'))
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }))
  const path = join(folder, 'yard.db')
  const imports = { guest: ['ops/log'] }
  const [here, there] = [createTestYard([old, other], { imports }), createTestYard([next, other], { imports })]
  const running = here.process({ store: here.newStore(path) })
  const mine = await running.connect('ops').open(old)
  await Promise.all([mine.entries.set('a', 'text'), mine.count.increment(), mine.steps.push('first')])
  await here.quiet()
  const update = async () => {
    const state = there.process({ store: there.newStore(path) })
    return { state, ...(await state.connect('ops').open(next)) }
  }
  const follow = async () => {
    here.clock.advance(300)
    await here.quiet()
  }
  return { here, there, path, running, mine, update, follow }
}

describe('a newer schema in the log', () => {
  it('[S4] is refused and recorded once; reads go on with what was there, and writes tell what to do', async () => {
    const { running, mine, update, follow } = await twoVersions()
    const refused: unknown[] = []
    running.on('refused', (event) => refused.push(event))
    const faults: unknown[] = []
    running.on('fault', (fault) => faults.push(fault))
    const theirs = await update()
    await theirs.entries.set('a', 14)
    await theirs.steps.push(2)
    for (let turn = 0; turn < 3; turn++) await follow()
    expect([mine.entries.entries(), mine.count.get(), mine.steps.values()]).toEqual([[['a', 'text']], 1, ['first']])
    expect(await running.read('ops', 'ops/log')).toMatchObject({ entries: { a: 'text' } })
    expect(() => mine.entries.set('b', 'late')).toThrow(NEWER)
    await expect(mine.entries.compareAndSet('a', mine.entries.versioned('a')?.version, 'late')).rejects.toThrow(NEWER)
    expect(mine.entries.keys()).toEqual(['a'])
    expect(refused).toMatchObject([{ namespace: 'ops/log', reason: expect.stringMatching(/version 2, newer than 1/) }])
    expect(running.history({ kind: 'refused' })).toMatchObject([{ namespace: 'ops/log', who: 'store' }])
    expect(faults).toEqual([])
    await running.close()
  })

  it('[S4] stops that namespace alone, and the process that is newer goes on', async () => {
    const { there, running, mine, update, follow } = await twoVersions()
    const otherHere = await running.connect('ops').open(other)
    const theirs = await update()
    const otherThere = await theirs.state.connect('ops').open(other)
    await theirs.entries.set('b', 14)
    await follow()
    await Promise.all([otherHere.values.set('here', 'x'), otherThere.values.set('there', 'y'), theirs.entries.set('c', 15)])
    await follow()
    there.clock.advance(300)
    await there.quiet()
    expect(otherHere.values.keys().sort()).toEqual(['here', 'there'])
    expect(otherThere.values.keys().sort()).toEqual(['here', 'there'])
    expect(theirs.entries.get('c')).toBe(15)
    expect(mine.entries.keys()).toEqual(['a'])
  })

  it('[S4] is not lost when the older process compacts, before or after it has met it', async () => {
    const { there, path, running, update, follow } = await twoVersions()
    const theirs = await update()
    // In a document that the older process has too.
    await theirs.entries.set('a', 14)
    await theirs.state.compact()
    await running.compact()
    await theirs.entries.set('b', 15)
    await theirs.state.compact()
    await follow()
    await running.compact()
    await running.close()
    const { entries } = await there
      .process({ store: there.newStore(path) })
      .connect('ops')
      .open(next)
    expect([entries.get('a'), entries.get('b')]).toEqual([14, 15])
  })

  it('[K1] rejects what was written here in the very turn, and it is not there', async () => {
    const { mine, running, update } = await twoVersions()
    const writes = [mine.entries.set('a', 'late'), mine.entries.set('b', 'late'), mine.count.increment(5), mine.steps.push('late')]
    const settled = Promise.allSettled(writes)
    // The newer one is in the store before the turn is over.
    const theirs = await update()
    expect(await settled).toEqual(writes.map(() => ({ status: 'rejected', reason: NEWER })))
    expect([mine.entries.get('a'), mine.entries.size, mine.count.get(), mine.steps.values()]).toEqual(['text', 1, 1, ['first']])
    expect([theirs.entries.size, theirs.count.get()]).toEqual([1, 1])
    await running.close()
  })

  it('[S4] is noticed too where whoever wrote it is not the owner', async () => {
    const { there, path, mine, follow } = await twoVersions()
    const guest = there.process({ store: there.newStore(path), definitions: [] })
    const theirs = await guest.connect('guest').open(next)
    await follow()
    await mine.entries.set('b', 'still fine')
    await theirs.entries.set('c', 14)
    await follow()
    expect(mine.entries.keys()).toEqual(['a', 'b'])
    expect(() => mine.entries.set('d', 'late')).toThrow(NEWER)
  })

  it('[S4] is refused on both ways where the processes share a bus as well', async () => {
    const yard = createTestYard([old])
    const store = yard.newStore()
    const running = yard.process({ store })
    const mine = await running.connect('ops').open(old)
    await mine.entries.set('a', 'text')
    const theirs = await yard
      .process({ store, definitions: [next] })
      .connect('ops')
      .open(next)
    await theirs.entries.set('a', 14)
    await yard.quiet()
    expect(mine.entries.get('a')).toBe('text')
    const refusals = running.history({ kind: 'refused' }).map(({ who }) => who)
    expect(new Set(refusals)).toEqual(new Set(['ops', 'store']))
  })
})
