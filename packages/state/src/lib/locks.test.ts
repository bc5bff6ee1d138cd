import { crdt, defineState } from '@switchyard/plugin-kit'
import { describe, expect, it } from 'vitest'
import { z } from 'zod'
import { createTestYard } from '../../test/fixtures/yard.ts'

const current = defineState('deploy/current', {
  access: 'public',
  shared: true,
  fields: { versions: crdt.map(z.string()), turn: crdt.register(z.number()) },
})

async function twoProcesses() {
  const yard = createTestYard([current])
  const store = yard.newStore()
  const [a, b] = [yard.process({ store }), yard.process({ store })]
  return { yard, a, b, here: await a.connect('deploy').open(current), there: await b.connect('deploy').open(current) }
}

describe('compareAndSet()', () => {
  it('[M1] lets one of many win, in all processes of a store', async () => {
    const { here, there } = await twoProcesses()
    const results = await Promise.all([here, there, here, there].map(({ turn }, n) => turn.compareAndSet(undefined, n)))
    expect(results.filter(Boolean)).toHaveLength(1)
    const winner = results.indexOf(true)
    const { version } = here.turn.versioned() ?? there.turn.versioned()!
    expect(await there.turn.compareAndSet(version, 9)).toBe(true)
    expect(there.turn.get()).toBe(9)
    expect(await here.turn.compareAndSet(version, 10)).toBe(false)
    expect([here.turn.get(), winner]).toEqual([9, 0])
  })

  it('[M1] never loses a step when all count by it', async () => {
    const { here, there } = await twoProcesses()
    const step = async ({ turn }: typeof here): Promise<void> => {
      for (;;) {
        const seen = turn.versioned()
        if (await turn.compareAndSet(seen?.version, (seen?.value ?? 0) + 1)) return
      }
    }
    await Promise.all(Array.from({ length: 40 }, (_, n) => step(n % 2 === 0 ? here : there)))
    await here.turn.compareAndSet('none', 0)
    expect(here.turn.get()).toBe(40)
  })

  it('[M2] writes with a lock only while it is held', async () => {
    const { a, here, yard } = await twoProcesses()
    const lock = await a.connect('deploy').lock('deploy/api', { ttlMs: 1_000 })
    expect(await here.versions.compareAndSet('api', undefined, '1', { lock })).toBe(true)
    yard.clock.jump(1_001)
    const { version } = here.versions.versioned('api')!
    await expect(here.versions.compareAndSet('api', version, '2', { lock })).rejects.toMatchObject({ code: 'STATE_LOCK_LOST' })
    expect(here.versions.get('api')).toBe('1')
  })
})

describe('a value with a time to live', () => {
  it('is gone when its time is over, also for others and after it was swept', async () => {
    const { yard, here, there, a } = await twoProcesses()
    await Promise.all([here.versions.set('api', '1', { ttlMs: 1_000 }), here.versions.set('web', '1')])
    await yard.quiet()
    expect(there.versions.versioned('api')?.expiresMs).toBeGreaterThan(yard.clock.now())
    yard.clock.jump(1_001)
    for (const { versions } of [here, there])
      expect([versions.get('api'), versions.has('api'), versions.keys(), versions.size]).toEqual([undefined, false, ['web'], 1])
    yard.clock.advance(300)
    await yard.quiet()
    expect(a.history({ key: 'api', limit: 1 })[0]?.changes).toMatchObject([{ op: 'expire' }])
  })
})

describe('lock()', () => {
  it('[M2] is held by one writer or many readers', async () => {
    const { a, b } = await twoProcesses()
    const [deploy, ops, guest] = [a.connect('deploy'), b.connect('ops'), b.connect('guest')]
    const write = await deploy.lock('shared/api')
    await expect(ops.lock('shared/api')).rejects.toMatchObject({ code: 'STATE_LOCKED', data: { holders: ['deploy'] } })
    await write.release()
    await using first = await ops.lock('shared/api', { mode: 'read' })
    await using second = await guest.lock('shared/api', { mode: 'read' })
    expect(second.token).toBeGreaterThan(first.token)
    await expect(deploy.lock('shared/api')).rejects.toMatchObject({ code: 'STATE_LOCKED' })
  })

  it('[M2] may be taken again by its holder, and is free after as many releases', async () => {
    const { a, b } = await twoProcesses()
    const outer = await a.connect('deploy').lock('shared/api')
    const inner = await b.connect('deploy').lock('shared/api')
    expect(inner.token).toBe(outer.token)
    await expect(a.connect('deploy').lock('shared/api', { holder: 'another run' })).rejects.toMatchObject({ code: 'STATE_LOCKED' })
    await inner.release()
    await inner.release()
    await expect(a.connect('ops').lock('shared/api')).rejects.toMatchObject({ code: 'STATE_LOCKED' })
    await outer.release()
    await (await a.connect('ops').lock('shared/api')).release()
  })

  it('[M2] ends with its time, and the next token is larger', async () => {
    const { a, b, yard } = await twoProcesses()
    const late = await a.connect('deploy').lock('shared/api', { ttlMs: 1_000 })
    yard.clock.jump(500)
    await late.renew()
    yard.clock.jump(1_001)
    const next = await b.connect('ops').lock('shared/api')
    expect(next.token).toBeGreaterThan(late.token)
    await expect(late.renew()).rejects.toMatchObject({ code: 'STATE_LOCK_LOST' })
    await late.release()
    await expect(a.connect('deploy').lock('shared/api')).rejects.toMatchObject({ code: 'STATE_LOCKED' })
  })

  it('[M2] waits as long as it is told, for a lock that comes free and for one that does not', async () => {
    const { a, b, yard } = await twoProcesses()
    const held = await a.connect('deploy').lock('shared/api')
    const patient = b.connect('ops').lock('shared/api', { waitMs: 10_000 })
    const impatient = b.connect('guest').lock('shared/api', { waitMs: 100 })
    impatient.catch(() => {})
    await yard.quiet()
    await expect(impatient).rejects.toMatchObject({ code: 'STATE_LOCKED' })
    await held.release()
    await yard.quiet()
    await (await patient).release()
  })

  it('[A4] is denied under the name of another plugin', async () => {
    const { a } = await twoProcesses()
    await expect(a.connect('ops').lock('deploy/api')).rejects.toMatchObject({ code: 'STATE_DENIED' })
  })
})
