import { crdt, defineState } from '@switchyard/plugin-kit'
import { expect, it } from 'vitest'
import { z } from 'zod'
import { createTestYard } from '../../test/fixtures/yard.ts'

const current = defineState('deploy/current', {
  fields: { versions: crdt.map(z.string()), lead: crdt.register(z.string()), deploys: crdt.counter(), tags: crdt.set(z.string()) },
})

async function setUp() {
  const yard = createTestYard([current])
  const store = yard.newStore()
  const state = yard.process({ store, historyCount: 3 })
  return { yard, store, state, deploy: await state.connect('deploy').open(current) }
}

it('[H1] records who changed what, when and why, with hashes of before and after', async () => {
  const { state, deploy, yard } = await setUp()
  await deploy.versions.set('api', '1', { correlationId: 'trace-1' })
  await deploy.versions.set('api', '2', { correlationId: 'trace-2' })
  await deploy.deploys.increment(2)
  const [third, second, first] = state.history({ namespace: 'deploy/current' })
  expect(first).toMatchObject({ kind: 'change', who: 'deploy', correlationId: 'trace-1', atMs: yard.clock.now() })
  expect(first?.changes).toEqual([
    { field: 'versions', key: 'api', op: 'set', value: '1', version: expect.any(String), after: expect.stringMatching(/^[0-9a-f]{16}$/) },
  ])
  expect(second?.changes[0]?.before).toBe(first?.changes[0]?.after)
  expect(second?.changes[0]?.version).toBe(deploy.versions.versioned('api')?.version)
  expect(third?.changes).toEqual([{ field: 'deploys', op: 'increment', value: 2 }])
  expect(state.history({ key: 'api', limit: 1 })).toEqual([second])
})

it('[H1] verify names the first record that does not fit', async () => {
  const { state, deploy, store } = await setUp()
  for (const version of ['1', '2', '3']) await deploy.versions.set('api', version)
  expect(state.verify()).toMatchObject({ sound: true, records: 3, problem: undefined })
  store.prepare(`UPDATE state_record SET body = replace(body, '"2"', '"9"') WHERE id = 2`).run()
  expect(state.verify()).toMatchObject({ sound: false, records: 1, problem: expect.stringContaining('record 2') })
})

it.each(['kind', 'namespace', 'at_ms', 'who', 'node', 'correlation_id', 'body', 'once', 'hash'])(
  '[H1] verify notices another %s',
  async (column) => {
    const { state, deploy, store } = await setUp()
    for (const version of ['1', '2', '3']) await deploy.versions.set('api', version)
    store.prepare(`UPDATE state_record SET ${column} = coalesce(${column}, '') || '1' WHERE id = 2`).run()
    expect(state.verify()).toMatchObject({ sound: false, problem: expect.stringContaining('record 2') })
  },
)

it('[H1] verify notices a record that was taken out', async () => {
  const { state, deploy, store } = await setUp()
  for (const version of ['1', '2', '3']) await deploy.versions.set('api', version)
  store.prepare('DELETE FROM state_record WHERE id = 2').run()
  expect(state.verify()).toMatchObject({ sound: false, problem: expect.stringContaining('record 3') })
})

it('[H3] tells what could be read at a time, also once the history was pruned', async () => {
  const { state, deploy, yard } = await setUp()
  const times: number[] = []
  const steps = [
    () => deploy.versions.set('api', '1'),
    () => deploy.deploys.increment(),
    () => deploy.lead.set('ada'),
    () => deploy.versions.set('api', '2'),
    () => deploy.tags.add('green'),
    () => deploy.versions.delete('api'),
  ]
  for (const step of steps) {
    await step()
    times.push(yard.clock.now())
    yard.clock.advance(1_000)
  }
  expect(state.at('deploy/current', times[0]! - 1)).toEqual({})
  expect(state.at('deploy/current', times[2]!)).toEqual({ versions: { api: '1' }, deploys: 1, lead: 'ada' })
  const last = { versions: {}, deploys: 1, lead: 'ada', tags: ['green'] }
  expect(state.at('deploy/current', times[5]!)).toEqual(last)
  expect((await state.compact()).prunedRecords).toBe(3)
  expect(state.at('deploy/current', times[3]!)).toEqual({ versions: { api: '2' }, deploys: 1, lead: 'ada' })
  expect(state.at('deploy/current', times[5]!)).toEqual(last)
  expect(() => state.at('deploy/current', times[0]!)).toThrow(expect.objectContaining({ code: 'STATE_HISTORY' }))
  expect(state.verify()).toMatchObject({ sound: true, records: 3 })
})

it('[H3] tells it on another host too, which knows of the outcome alone', async () => {
  const shared = defineState('deploy/shared', { ...current, access: 'public', shared: true })
  const yard = createTestYard([shared])
  const [here, there] = [yard.process(), yard.process()]
  const [a, b] = await Promise.all([here, there].map((state) => state.connect('deploy').open(shared)))
  await yard.quiet()
  await Promise.all([a!.deploys.increment(2), a!.versions.set('api', '1'), a!.tags.add('green')])
  await yard.quiet()
  await Promise.all([b!.deploys.increment(3), b!.versions.delete('api'), b!.lead.set('ada')])
  await yard.quiet()
  for (const state of [here, there]) {
    expect(state.at('deploy/shared', yard.clock.now())).toEqual({ deploys: 5, versions: {}, tags: ['green'], lead: 'ada' })
    expect(state.history({ namespace: 'deploy/shared' }).map(({ who }) => who)).toEqual(['deploy', 'deploy'])
  }
})

const runbook = defineState('deploy/runbook', {
  access: 'public',
  shared: true,
  fields: { steps: crdt.list(z.string()), notes: crdt.text(), runs: crdt.counter(), lead: crdt.register(z.string()) },
})

it('[H3] tells what lists and texts held, on each host, whoever edited, also once the history was pruned', async () => {
  const yard = createTestYard([runbook])
  const [here, there, late] = [yard.process({ historyCount: 2 }), yard.process(), yard.process()]
  const [a, b] = await Promise.all([here, there].map((state) => state.connect('deploy').open(runbook)))
  await yard.quiet()
  await Promise.all([a!.steps.push('first'), a!.notes.insert(0, 'fine')])
  await yard.quiet()
  await Promise.all([b!.steps.insert(0, ['zeroth']), b!.notes.delete(0, 1), a!.notes.insert(4, '!')])
  await yard.quiet()
  const then = yard.clock.now()
  const expected = { steps: ['zeroth', 'first'], notes: 'ine!' }
  yard.clock.advance(1)
  await b!.steps.delete(0)
  await yard.quiet()
  for (const state of [here, there]) expect(state.at('deploy/runbook', then)).toEqual(expected)
  expect((await here.compact()).prunedRecords).toBe(2)
  expect(here.at('deploy/runbook', then)).toEqual(expected)
  expect(here.at('deploy/runbook', yard.clock.now())).toEqual({ steps: ['first'], notes: 'ine!' })
  await late.connect('deploy').open(runbook)
  await yard.quiet()
  expect(late.at('deploy/runbook', yard.clock.now())).toEqual({ steps: ['first'], notes: 'ine!' })
})

it('[H3] leaves out what had expired by then, whether or not it was swept', async () => {
  const yard = createTestYard([runbook])
  const [here, there] = [yard.process(), yard.process()]
  const [a] = await Promise.all([here, there].map((state) => state.connect('deploy').open(runbook)))
  await yard.quiet()
  await a!.lead.set('ada', { ttlMs: 10_000 })
  await yard.quiet()
  const then = yard.clock.now()
  yard.clock.jump(10_001)
  for (const state of [here, there]) {
    expect(state.at('deploy/runbook', then)).toEqual({ lead: 'ada' })
    expect(state.at('deploy/runbook', yard.clock.now())).toEqual({ lead: undefined })
  }
})

it('[H3] counts what was added in the very turn in which another host was heard', async () => {
  const yard = createTestYard([runbook])
  const [here, there] = [yard.process(), yard.process()]
  const [a, b] = await Promise.all([here, there].map((state) => state.connect('deploy').open(runbook)))
  await yard.quiet()
  here.on('merged', () => void a!.runs.increment(2))
  await b!.runs.increment(3)
  await yard.quiet()
  expect(a!.runs.get()).toBe(5)
  for (const state of [here, there]) expect(state.at('deploy/runbook', yard.clock.now())).toEqual({ runs: 5 })
})

it('[H1] does not let the history outgrow its limit by itself', async () => {
  const yard = createTestYard([runbook])
  const store = yard.newStore()
  // Each process writes too little to notice; what those before it wrote counts.
  for (let process = 0; process < 8; process++) {
    const state = yard.process({ store, historyCount: 100 })
    const { runs } = await state.connect('deploy').open(runbook)
    for (let n = 0; n < 100; n++) await runs.increment()
    await state.close()
  }
  const state = yard.process({ store })
  expect(state.verify()).toMatchObject({ sound: true })
  expect(state.verify().records).toBeLessThan(500)
  expect(state.at('deploy/runbook', yard.clock.now())).toEqual({ runs: 800 })
})
