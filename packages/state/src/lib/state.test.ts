import { crdt, defineState, type StateChange } from '@switchyard/plugin-kit'
import { describe, expect, it } from 'vitest'
import { z } from 'zod'
import { createTestYard } from '../../test/fixtures/yard.ts'
import type { StateConflict, StateEvents } from './api.ts'

const current = defineState('deploy/current', {
  access: 'public',
  fields: {
    versions: crdt.map(z.string()),
    lead: crdt.register(z.object({ name: z.string(), since: z.number().optional() })),
    deploys: crdt.counter(),
    running: crdt.upDownCounter(),
    hosts: crdt.set(z.object({ name: z.string(), zone: z.string() })),
    steps: crdt.list(z.string()),
    notes: crdt.text(),
  },
})
const keys = defineState('deploy/keys', { fields: { secrets: crdt.map(z.string()) } })
const plans = defineState('deploy/plans', { access: 'protected', readers: ['ops'], fields: { next: crdt.register(z.string()) } })
const board = defineState('deploy/board', {
  access: 'public',
  shared: true,
  fields: { tasks: crdt.map(z.string()), votes: crdt.counter() },
})
const imports = { ops: ['deploy/current', 'deploy/keys', 'deploy/plans', 'deploy/board'], guest: ['deploy/plans'] }
const all = [current, keys, plans, board]

describe('the types', () => {
  it('[T6] read what was written, at once and frozen', async () => {
    const deploy = await createTestYard(all).process().connect('deploy').open(current)
    const writes = [
      deploy.versions.set('api', '1.4.0'),
      deploy.lead.set({ name: 'ada', since: undefined }),
      deploy.deploys.increment(3),
      deploy.running.increment(5),
      deploy.running.decrement(2),
      deploy.hosts.add({ name: 'a', zone: 'x' }),
      deploy.hosts.add({ zone: 'x', name: 'a' }),
      deploy.steps.push('second'),
      deploy.steps.insert(0, ['first']),
      deploy.notes.insert(0, 'fine'),
    ]
    expect(deploy.versions.entries()).toEqual([['api', '1.4.0']])
    expect(deploy.lead.get()).toEqual({ name: 'ada' })
    expect(Object.isFrozen(deploy.lead.get())).toBe(true)
    expect([deploy.deploys.get(), deploy.running.get()]).toEqual([3, 3])
    expect(deploy.hosts.values()).toEqual([{ name: 'a', zone: 'x' }])
    expect(deploy.hosts.has({ zone: 'x', name: 'a' })).toBe(true)
    expect(deploy.steps.values()).toEqual(['first', 'second'])
    expect(String(deploy.notes)).toBe('fine')
    await Promise.all(writes)
    await Promise.all([
      deploy.versions.delete('api'),
      deploy.hosts.delete({ name: 'a', zone: 'x' }),
      deploy.steps.delete(0),
      deploy.notes.delete(1, 3),
    ])
    expect([deploy.versions.size, deploy.hosts.size, deploy.steps.values(), String(deploy.notes)]).toEqual([0, 0, ['second'], 'f'])
  })

  it('[T6] refuse what does not fit before anything is changed', async () => {
    const yard = createTestYard(all)
    const state = yard.process()
    const deploy = await state.connect('deploy').open(current)
    expect(() => deploy.versions.set('api', 14 as never)).toThrow(expect.objectContaining({ code: 'STATE_INVALID' }))
    expect(() => deploy.deploys.increment(-1)).toThrow(expect.objectContaining({ code: 'STATE_INVALID' }))
    expect(() => deploy.deploys.increment(0.5)).toThrow(/positive integer/)
    expect(() => deploy.hosts.add({ name: 'a' } as never)).toThrow(/zone/)
    expect(() => deploy.steps.delete(0)).toThrow(RangeError)
    // Half a character: no two replicas would read the same.
    const half = '\ud83d'
    const broken = [
      () => deploy.versions.set('api', half),
      () => deploy.versions.set(half, '1'),
      () => deploy.lead.set({ name: half }),
      () => deploy.notes.insert(0, half),
      () => deploy.notes.insert(0, 5 as never),
    ]
    for (const write of broken) expect(write).toThrow(/well-formed text/)
    await expect(deploy.versions.compareAndSet(half, undefined, '1')).rejects.toThrow(/well-formed text/)
    expect(() => deploy.lead.set(new Date() as never)).toThrow(expect.objectContaining({ code: 'STATE_INVALID' }))
    await yard.quiet()
    expect(await state.read('deploy', 'deploy/current')).toEqual({
      versions: {},
      lead: undefined,
      deploys: 0,
      running: 0,
      hosts: [],
      steps: [],
      notes: '',
    })
    expect(state.history()).toEqual([])
  })

  it('[T1] lets a local write win in the same millisecond and after the clock went back', async () => {
    const yard = createTestYard(all)
    const [a, b] = await Promise.all([yard.process(), yard.process()].map((state) => state.connect('deploy').open(current)))
    await a!.versions.set('api', 'first')
    await yard.quiet()
    await b!.versions.set('api', 'second')
    await yard.quiet()
    yard.clock.jump(-86_400_000)
    await a!.versions.set('api', 'third')
    await yard.quiet()
    expect([a!.versions.get('api'), b!.versions.get('api')]).toEqual(['third', 'third'])
  })
})

describe('access', () => {
  it('[A1] keeps a private namespace off the bus', async () => {
    const yard = createTestYard(all)
    const state = yard.process()
    const other = yard.process()
    await other.connect('deploy').open(keys)
    const mine = await state.connect('deploy').open(keys)
    await mine.secrets.set('token', 'hunter2')
    await state.connect('deploy').open(current)
    await yard.quiet()
    expect(mine.secrets.get('token')).toBe('hunter2')
    expect(yard.messages.length).toBeGreaterThan(0)
    const frames = JSON.stringify(yard.messages.map(({ topic, payload, headers, destination }) => [topic, payload, headers, destination]))
    for (const hidden of ['deploy/keys', 'hunter2', 'token', Buffer.from('hunter2').toString('base64').slice(0, 8)])
      expect(frames).not.toContain(hidden)
  })

  it('[A1] sends a protected one to its readers alone', async () => {
    const yard = createTestYard(all, { imports })
    const heard: unknown[] = []
    for (const plugin of ['guest', 'stranger']) yard.bus.connect(plugin).subscribe('state/**', (payload) => void heard.push(payload))
    const ops = await yard.process().connect('ops').open<typeof plans>('deploy/plans')
    const deploy = await yard.process().connect('deploy').open(plans)
    await deploy.next.set('friday')
    await yard.quiet()
    expect(ops.next.get()).toBe('friday')
    expect(heard).toEqual([])
  })

  it.each([
    ['guest', 'deploy/plans', 'is not named as a reader'],
    ['ops', 'deploy/keys', 'asks for what is private'],
    ['stranger', 'deploy/current', 'imports nothing'],
  ])('[A4] denies %s "%s", as it %s, and records it', async (plugin, namespace) => {
    const yard = createTestYard(all, { imports })
    const state = yard.process()
    await expect(state.connect(plugin).open(namespace)).rejects.toMatchObject({
      code: 'STATE_DENIED',
      data: { who: plugin, action: 'read', namespace },
    })
    await yard.quiet()
    expect(state.history({ kind: 'denied' })).toMatchObject([{ namespace, who: plugin, changes: [] }])
  })

  it('[A2] lets readers write what is shared, and nothing else', async () => {
    const yard = createTestYard(all, { imports })
    const state = yard.process()
    const shared = await state.connect('ops').open<typeof board>('deploy/board')
    await shared.tasks.set('a', 'mine')
    const read = await state.connect('ops').open<typeof current>('deploy/current')
    expect(() => read.versions.set('api', '1')).toThrow(expect.objectContaining({ code: 'STATE_DENIED' }))
    await yard.quiet()
    expect(read.versions.size).toBe(0)
    expect(state.history({ kind: 'denied' })).toMatchObject([{ who: 'ops', reason: expect.stringContaining('write') }])
  })

  it('[A3] refuses a change from a plugin that may not write, records it, and everything else goes on', async () => {
    const yard = createTestYard(all, { imports })
    const victim = yard.process()
    const deploy = await yard.process().connect('deploy').open(current)
    const ops = await victim.connect('ops').open<typeof current>('deploy/current')
    await deploy.versions.set('api', '1')
    await yard.quiet()
    const real = yard.messages.find(({ topic }) => topic === 'state/deploy/change')!
    const forger = yard.bus.connect('stranger')
    await forger.publish('state/deploy/change', { ...(real.payload as object), node: 'forged', head: { seq: 1, stamp: 2 ** 50, atMs: 0 } })
    await yard.quiet()
    await deploy.versions.set('api', '2')
    await yard.quiet()
    expect(ops.versions.get('api')).toBe('2')
    expect(victim.history({ kind: 'refused' })).toMatchObject([{ who: 'stranger', reason: 'only its owner writes it' }])
  })

  it('[A2] an operator reads and writes everything', async () => {
    const state = createTestYard(all, { operators: ['person'] }).process()
    const secrets = await state.connect('person').open(keys)
    await secrets.secrets.set('a', 'b')
    expect(await state.read('person', 'deploy/keys')).toEqual({ secrets: { a: 'b' } })
    expect(state.history()[0]).toMatchObject({ who: 'person' })
  })
})

describe('sync', () => {
  it('[S3] tells a joiner what it missed, also when it was much', async () => {
    const yard = createTestYard(all, { imports })
    const deploy = await yard.process().connect('deploy').open(current)
    for (let n = 0; n < 20_000; n++) void deploy.versions.set(`service-${n}`, `1.0.${n} ${'x'.repeat(60)}`)
    await deploy.deploys.increment()
    await yard.quiet()
    const ops = await yard.process().connect('ops').open<typeof current>('deploy/current')
    expect(ops.versions.size).toBe(0)
    await yard.quiet()
    expect([ops.versions.size, ops.deploys.get()]).toEqual([20_000, 1])
  })

  it('[S2] asks for what was lost on the way', async () => {
    const yard = createTestYard(all, { imports })
    const reader = yard.process()
    const gaps: unknown[] = []
    reader.on('gap', (gap) => gaps.push(gap))
    const deploy = await yard.process().connect('deploy').open(board)
    const ops = await reader.connect('ops').open<typeof board>('deploy/board')
    await yard.quiet()
    await deploy.tasks.set('a', '1')
    await yard.quiet()
    const lost = yard.messages.find(({ topic }) => topic === 'state/deploy/change')!
    // Ahead of its turn by two, so that what is between them is missing here.
    await yard.bus
      .connect('deploy')
      .publish('state/deploy/change', { ...(lost.payload as object), head: { seq: 4, stamp: 2 ** 50, atMs: 0 } })
    await yard.quiet()
    await deploy.tasks.set('b', '2')
    await yard.quiet()
    expect(gaps).toHaveLength(1)
    expect(ops.tasks.entries()).toEqual([
      ['a', '1'],
      ['b', '2'],
    ])
  })

  it.each([
    ['a corrupt one', { bytes: Buffer.from('nonsense').toString('base64') }, /checksum/],
    ['one of a newer schema', { version: 2 }, /newer/],
    ['one without a head', { head: { seq: 'x' } }, /head/],
  ])('[S4] refuses %s, records it, and everything else goes on', async (_, change, reason) => {
    const yard = createTestYard(all, { imports })
    const reader = yard.process()
    const refused: StateEvents['refused'][] = []
    reader.on('refused', (event) => refused.push(event))
    const deploy = await yard.process().connect('deploy').open(current)
    const ops = await reader.connect('ops').open<typeof current>('deploy/current')
    await deploy.versions.set('api', '1')
    await yard.quiet()
    const real = yard.messages.find(({ topic }) => topic === 'state/deploy/change')!.payload as Record<string, unknown>
    await yard.bus
      .connect('deploy')
      .publish('state/deploy/change', { ...real, node: 'rogue', head: { seq: 1, stamp: 99, atMs: 0 }, ...change })
    await yard.quiet()
    await deploy.versions.set('api', '2')
    await yard.quiet()
    expect(ops.versions.get('api')).toBe('2')
    expect(refused).toMatchObject([{ from: 'deploy', reason: expect.stringMatching(reason) }])
    expect(reader.history({ kind: 'refused' })).toHaveLength(1)
  })

  it('[S4] refuses values that do not fit the schema', async () => {
    const loose = defineState('deploy/current', { ...current, fields: { ...current.fields, versions: crdt.map(z.any()) } })
    const yard = createTestYard(all, { imports })
    const reader = yard.process()
    const ops = await reader.connect('ops').open<typeof current>('deploy/current')
    const rogue = await yard
      .process({ definitions: [loose] })
      .connect('deploy')
      .open(loose)
    const honest = await yard.process().connect('deploy').open(current)
    await rogue.versions.set('api', 14)
    await honest.versions.set('web', '2')
    await yard.quiet()
    expect(ops.versions.entries()).toEqual([['web', '2']])
    expect(reader.history({ kind: 'refused' })[0]?.reason).toMatch(/does not fit the field "versions"/)
  })

  it.each(['while it listens', 'once it joins'])('[S4] refuses an item that fits another list only, %s', async (when) => {
    const lists = defineState('deploy/lists', { access: 'public', fields: { names: crdt.list(z.string()), sizes: crdt.list(z.number()) } })
    const loose = defineState('deploy/lists', { ...lists, fields: { ...lists.fields, sizes: crdt.list(z.any()) } })
    const yard = createTestYard([lists], { imports: { ops: ['deploy/lists'] } })
    const rogue = await yard
      .process({ definitions: [loose] })
      .connect('deploy')
      .open(loose)
    const reader = yard.process()
    const listen = () => reader.connect('ops').open<typeof lists>('deploy/lists')
    if (when === 'while it listens') await listen()
    await yard.quiet()
    await rogue.names.push('a')
    await rogue.sizes.push(1)
    await yard.quiet()
    await rogue.sizes.push('text')
    await yard.quiet()
    const { names, sizes } = await listen()
    await yard.quiet()
    expect([names.values(), sizes.values()]).toEqual(when === 'while it listens' ? [['a'], [1]] : [[], []])
    expect(reader.history({ kind: 'refused' })[0]?.reason).toMatch(/does not fit the field "sizes"/)
  })

  it('[S4] takes what else is sound of a sender of whom a value was refused', async () => {
    const loose = defineState('deploy/board', { ...board, fields: { ...board.fields, tasks: crdt.map(z.any()) } })
    const yard = createTestYard(all, { imports })
    const reader = yard.process()
    const ops = await reader.connect('ops').open<typeof board>('deploy/board')
    const rogue = await yard
      .process({ definitions: [loose] })
      .connect('deploy')
      .open(loose)
    await yard.quiet()
    await rogue.tasks.set('bad', 14)
    await yard.quiet()
    for (let n = 0; n < 100; n++) await rogue.tasks.set(`good-${n}`, 'fine')
    await rogue.votes.increment(3)
    await yard.quiet()
    expect(ops.votes.get()).toBe(3)
    // All but those that share one of 16 documents with it.
    expect(ops.tasks.size).toBeGreaterThan(80)
    expect(ops.tasks.has('bad')).toBe(false)
    expect(reader.history({ kind: 'refused' })).toHaveLength(1)
  })

  it('[S4] refuses heads that would spoil the clock', async () => {
    const yard = createTestYard(all, { imports })
    const reader = yard.process()
    const ops = await reader.connect('ops').open<typeof board>('deploy/board')
    await (await yard.process().connect('deploy').open(board)).tasks.set('a', '1')
    await yard.quiet()
    const ask = yard.messages.find(({ topic }) => topic === 'state/deploy/ask')!.payload as { node: string; head: object }
    const head = { ...ask.head, to: ask.node, heads: [['far', 1, Number.MAX_SAFE_INTEGER]] }
    await yard.bus.connect('deploy').publish('state/deploy/answer', { ...ask, node: 'far', head })
    await yard.quiet()
    expect(reader.history({ kind: 'refused' })).toMatchObject([{ reason: 'a head is wrong' }])
    await ops.tasks.set('a', '2')
    expect(Number.parseInt(ops.tasks.versioned('a')!.version, 36)).toBeLessThan(2 ** 52)
  })

  it('[S3] answers a question once, however many plugins of the process share the namespace', async () => {
    const yard = createTestYard(all, { imports: { ops: ['deploy/board'], qa: ['deploy/board'], guest: ['deploy/board'] } })
    const state = yard.process()
    const { tasks } = await state.connect('deploy').open(board)
    for (const plugin of ['ops', 'qa', 'guest']) await state.connect(plugin).open('deploy/board')
    await tasks.set('a', '1')
    await yard.quiet()
    yard.messages.length = 0
    const joiner = await yard.process().connect('guest').open<typeof board>('deploy/board')
    await yard.quiet()
    expect(joiner.tasks.get('a')).toBe('1')
    expect(yard.messages.filter(({ topic }) => topic === 'state/deploy/answer')).toHaveLength(1)
  })

  it('[S5] moves everybody to a new epoch without losing what a late one wrote', async () => {
    const yard = createTestYard(all, { imports })
    const [first, second] = [yard.process(), yard.process()]
    const a = await first.connect('deploy').open(board)
    for (let n = 0; n < 6_000; n++) void a.tasks.set(`t${n}`, 'x')
    await a.tasks.set('stays', 'yes')
    await yard.quiet()
    const b = await second.connect('ops').open<typeof board>('deploy/board')
    await yard.quiet()
    for (let n = 0; n < 6_000; n++) if (n % 100 !== 0) void a.tasks.delete(`t${n}`)
    // Written before b hears of the epoch, in the turn in which a moves.
    const late = b.tasks.set('late', 'b')
    const report = await first.compact()
    await late
    await yard.quiet()
    await yard.quiet()
    expect(report.rotated).toBe(16)
    expect(a.tasks.size).toBe(62)
    expect(b.tasks.entries().sort()).toEqual(a.tasks.entries().sort())
    expect(b.tasks.get('late')).toBe('b')
  })

  it('tells watchers what changed, here and elsewhere', async () => {
    const yard = createTestYard(all, { imports })
    const changes: StateChange[] = []
    await yard
      .process()
      .connect('ops')
      .watch('deploy/current', (change) => void changes.push(change))
    const deploy = await yard.process().connect('deploy').open(current)
    await Promise.all([
      deploy.versions.set('api', '0'),
      deploy.versions.set('api', '1'),
      deploy.deploys.increment(2),
      deploy.steps.push('x'),
      deploy.hosts.add({ name: 'a', zone: 'z' }),
    ])
    await yard.quiet()
    expect(changes.map(({ field, key, value, writer, local }) => [field, key, value, writer, local]).sort()).toEqual([
      ['deploys', undefined, 2, 'deploy', false],
      ['hosts', undefined, { name: 'a', zone: 'z' }, 'deploy', false],
      ['steps', undefined, ['x'], 'deploy', false],
      ['versions', 'api', '1', 'deploy', false],
    ])
  })
})

describe('conflicts', () => {
  it('[H2] tells of both values, both writers and the winner, once a store', async () => {
    const yard = createTestYard(all, { imports })
    const [here, there] = [yard.process(), yard.process()]
    const told: StateConflict[] = []
    for (const state of [here, there]) state.on('conflict', (conflict) => told.push(conflict))
    const deploy = await here.connect('deploy').open(board)
    const ops = await there.connect('ops').open<typeof board>('deploy/board')
    await yard.quiet()
    await Promise.all([deploy.tasks.set('a', 'by deploy'), ops.tasks.set('a', 'by ops')])
    await yard.quiet()
    expect(deploy.tasks.get('a')).toBe(ops.tasks.get('a'))
    const sides = [told[0]?.winner, told[0]?.loser].map((side) => [side?.writer, side?.value]).sort()
    expect(sides).toEqual([
      ['deploy', 'by deploy'],
      ['ops', 'by ops'],
    ])
    expect(told[0]?.winner.value).toBe(deploy.tasks.get('a'))
    for (const state of [here, there])
      expect(state.history({ kind: 'conflict' })).toMatchObject([{ conflict: { field: 'tasks', key: 'a' } }])
    expect(yard.messages.filter(({ topic }) => topic === 'state/conflict')).toHaveLength(2)
    await ops.tasks.set('a', 'settled')
    await yard.quiet()
    expect(deploy.tasks.get('a')).toBe('settled')
    expect(told).toHaveLength(2)
  })

  it('[H2] says nothing of a write that knew the other', async () => {
    const yard = createTestYard(all, { imports })
    const told: StateConflict[] = []
    const processes = [yard.process(), yard.process()]
    for (const state of processes) state.on('conflict', (conflict) => told.push(conflict))
    const [a, b] = await Promise.all(processes.map((state) => state.connect('deploy').open(board)))
    await a!.tasks.set('a', '1')
    await yard.quiet()
    await b!.tasks.set('a', '2')
    await yard.quiet()
    expect([a!.tasks.get('a'), told]).toEqual(['2', []])
  })
})
