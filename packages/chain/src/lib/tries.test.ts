import { SwitchyardError } from '@switchyard/contracts'
import { createFakeClock, type FakeClock } from '@switchyard/contracts/testing'
import { openStore, type Store } from '@switchyard/store'
import { afterEach, describe, expect, it } from 'vitest'
import { type ChainDefinition, type ChainReport, type Chains, type ChainsOptions, type CommandFacts, createChains } from '../index.ts'

const opened: Store[] = []
afterEach(() => {
  for (const store of opened.splice(0)) store.close()
})

interface Bench {
  readonly chains: Chains
  readonly clock: FakeClock
  /** Command and key of every call. */
  readonly calls: string[]
  run(definition: ChainDefinition): Promise<ChainReport>
  /** Lets the time go on until something is over. */
  played<value>(work: Promise<value>): Promise<value>
}

interface Ability extends Partial<CommandFacts> {
  /** How often it fails before it works. */
  readonly fails?: number
  readonly code?: string
}

const undone: Ability = { undo: () => ({ command: 'a.back', input: {} }) }

/** Commands that are neither idempotent nor take a key, unless they are given as more. */
function setUp(abilities: Readonly<Record<string, Ability>>, more: Partial<ChainsOptions> = {}): Bench {
  const store = more.store ?? openStore({ path: ':memory:' })
  opened.push(store)
  const clock = createFakeClock()
  const calls: string[] = []
  const failed = new Map<string, number>()
  const chains = createChains({
    store,
    clock,
    random: () => 0.12345,
    command: (id) => ({ plugin: 'a', effect: 'write', idempotent: id === 'a.back', ...abilities[id] }),
    async call(command, _, { idempotencyKey }) {
      calls.push(`${command} ${idempotencyKey.slice(idempotencyKey.indexOf('/') + 1)}`)
      const { fails = 0, code = 'NO_RESPONDER' } = abilities[command] ?? {}
      const count = failed.get(command) ?? 0
      failed.set(command, count + 1)
      if (count < fails) throw new SwitchyardError(code, `${command} failed`, { retryable: true })
      return { count }
    },
    ...more,
  })
  const { wait } = chains
  chains.wait = async (...given) => {
    const report = await wait(...given)
    expect(report).toStrictEqual(chains.show(report.id))
    return report
  }
  return {
    chains,
    clock,
    calls,
    run: (definition) => played(chains.run(definition)),
    played,
  }

  async function played<value>(work: Promise<value>): Promise<value> {
    let isOver = false
    const over = (): void => {
      isOver = true
    }
    work.then(over, over)
    for (let turn = 0; !isOver && turn < 4_000; turn++) {
      await new Promise((resolve) => setImmediate(resolve))
      if (turn % 20 === 19) await clock.advance(1_000)
    }
    return work
  }
}

const call = (id: string, more: object = {}) => ({ id, call: `a.${id}`, ...more })
const retry = { attempts: 3, delay: '1s' } as const
const saga = (...steps: ChainDefinition['steps']): ChainDefinition => ({ name: 'again', steps })

describe('a group that is tried again', () => {
  it('[E7] takes back what it did, last completed first, and begins anew under new keys', async () => {
    const { run, calls } = setUp({ 'a.one': undone, 'a.two': undone, 'a.three': { fails: 1 } })
    const report = await run(saga(call('before'), { id: 'group', retry, steps: [call('one'), call('two'), call('three')] }, call('after')))
    expect(report).toMatchObject({ state: 'done', done: ['before', 'one', 'two', 'three', 'after'], undone: [] })
    expect(calls).toEqual([
      'a.before before',
      'a.one one',
      'a.two two',
      'a.three three',
      'a.back two/undo',
      'a.back one/undo',
      'a.one one~1',
      'a.two two~1',
      'a.three three',
      'a.after after',
    ])
  })

  it('[E7] fails with the error of its last try, and what it did then is undone with the chain', async () => {
    const { run, calls } = setUp({ 'a.one': undone, 'a.two': { fails: 9 } })
    const report = await run(saga({ id: 'group', retry, steps: [call('one'), call('two')] }))
    expect(report).toMatchObject({ state: 'undone', undone: ['one'], failed: ['two'], error: { message: 'a.two failed' } })
    expect(calls.filter((line) => line.startsWith('a.one'))).toEqual(['a.one one', 'a.one one~1', 'a.one one~2'])
    expect(calls.at(-1)).toBe('a.back one~2/undo')
  })

  it('[E7] keeps what nobody can take back and may not run twice; what reads or is idempotent runs again', async () => {
    const { run, calls } = setUp({
      'a.look': { effect: 'read' },
      'a.build': { idempotent: true },
      'a.keyed': { takesKey: true },
      'a.last': { fails: 1 },
    })
    const steps = [call('look'), call('build'), call('keyed'), call('once'), call('last')]
    expect((await run(saga({ id: 'group', retry, steps }))).state).toBe('done')
    expect(calls.map((line) => line.split(' ')[0])).toEqual(
      ['look', 'build', 'keyed', 'once', 'last', 'look', 'build', 'last'].map((name) => `a.${name}`),
    )
  })

  it('[E7] keeps all that is done behind a pivot, and in a chain that is no saga', async () => {
    const abilities = { 'a.one': undone, 'a.two': { fails: 1 } }
    const steps = [{ id: 'group', retry, steps: [call('one'), call('two')] }]
    const pivoted = setUp(abilities)
    expect((await pivoted.run(saga(call('gone', { pivot: true }), ...steps))).state).toBe('done')
    expect(pivoted.calls).toEqual(['a.gone gone', 'a.one one', 'a.two two', 'a.two two'])
    const loose = setUp(abilities)
    expect((await loose.run({ ...saga(...steps), saga: false })).state).toBe('done')
    expect(loose.calls).toEqual(['a.one one', 'a.two two', 'a.two two'])
  })

  it('[E7] is not tried again when the step that failed may not be', async () => {
    for (const code of ['TIMEOUT', 'BUSY']) {
      const { run, calls } = setUp({ 'a.one': undone, 'a.two': { fails: 1, code } })
      const report = await run(saga({ id: 'group', retry, steps: [call('one'), call('two')] }))
      expect(calls).toEqual(['a.one one', 'a.two two', 'a.back one/undo'])
      expect(report.state).toBe(code === 'TIMEOUT' ? 'failed' : 'undone')
    }
    // Unless it can be taken back, although it failed.
    const { run, calls } = setUp({ 'a.two': { fails: 1, code: 'TIMEOUT' } })
    const two = call('two', { compensateOnFailure: true, undo: { call: 'a.back' } })
    expect((await run(saga({ id: 'group', retry, steps: [two] }))).state).toBe('done')
    expect(calls).toEqual(['a.two two', 'a.back two/undo', 'a.two two~1'])
  })

  it('[E7] is tried again only for errors that say so, or that `on` lists', async () => {
    const step = (on: string[]) => saga({ id: 'group', retry: { ...retry, on }, steps: [call('two')] })
    expect((await setUp({ 'a.two': { fails: 1, idempotent: true } }).run(step(['TIMEOUT']))).state).not.toBe('done')
    expect((await setUp({ 'a.two': { fails: 1, idempotent: true } }).run(step(['NO_RESPONDER']))).state).toBe('done')
  })

  it('[E7] side by side: those that were aborted run again too', async () => {
    const { run, calls } = setUp({ 'a.left': undone, 'a.right': { fails: 2 } })
    const group = { id: 'both', retry, parallel: [call('left'), call('right')], concurrency: 1 }
    expect(await run(saga(group))).toMatchObject({ state: 'done', output: [{ count: 2 }, { count: 2 }] })
    expect(calls.filter((line) => !line.startsWith('a.right'))).toEqual([
      'a.left left',
      'a.back left/undo',
      'a.left left~1',
      'a.back left~1/undo',
      'a.left left~2',
    ])
  })

  it('[E7] in a loop and in a part, whose time limits begin anew too', async () => {
    const part: ChainDefinition = { name: 'part', timeout: '5s', steps: [call('one'), { id: 'rest', wait: '3s' }, call('two')] }
    const abilities = { 'a.one': undone, 'a.two': { fails: 1 } }
    const { run, calls } = setUp(abilities, { chain: () => part })
    const loop = { id: 'loop', forEach: [1, 2], retry, do: [{ id: 'sub', chain: 'part' }] }
    expect(await run(saga(loop))).toMatchObject({ state: 'done' })
    expect(calls).toEqual([
      'a.one loop[0]/sub/one',
      'a.two loop[0]/sub/two',
      'a.back loop[0]/sub/one/undo',
      'a.one loop[0]/sub/one~1',
      'a.two loop[0]/sub/two',
      'a.one loop[1]/sub/one',
      'a.two loop[1]/sub/two',
    ])
  })

  it('[E7] a loop that did not come true in its rounds begins with the first one', async () => {
    const { run, calls } = setUp({ 'a.look': { effect: 'read' } })
    const on = ['TOO_MANY_ROUNDS']
    const loop = { id: 'loop', retry: { ...retry, on }, repeat: [call('look')], until: '${{ steps.look.output.count == 3 }}', max: 2 }
    const held: ChainDefinition = saga({ ...loop, delay: '1s' })
    expect(await run(held)).toMatchObject({ state: 'done', output: { count: 3 } })
    expect(calls).toEqual(['a.look loop[0]/look', 'a.look loop[1]/look', 'a.look loop[0]/look', 'a.look loop[1]/look'])
  })

  it('[E7] inside another one: each try of the outer one has all tries of the inner one', async () => {
    const { run, calls } = setUp({ 'a.one': undone, 'a.two': { fails: 3 } })
    const twice = { attempts: 2, delay: '1s' } as const
    const inner = { id: 'inner', retry: twice, steps: [call('one'), call('two')] }
    expect((await run(saga({ id: 'outer', retry: twice, steps: [inner] }))).state).toBe('done')
    expect(calls.filter((line) => line.startsWith('a.one'))).toEqual(['a.one one', 'a.one one~1', 'a.one one~2', 'a.one one~3'])
  })

  it('[E7] has failed when taking back fails, which is a dead letter; `retry` takes it back and goes no further', async () => {
    const { run, chains, calls, played } = setUp({ 'a.one': undone, 'a.two': { fails: 1 }, 'a.back': { fails: 5 } })
    const report = await run(saga({ id: 'group', retry, steps: [call('one'), call('two')] }))
    expect(report).toMatchObject({ state: 'compensation_failed', error: { message: 'a.two failed' }, notUndone: [{ path: 'one' }] })
    expect(chains.deadLetters()).toMatchObject([{ path: 'one' }])
    expect(calls.filter((line) => line.startsWith('a.one'))).toEqual(['a.one one'])
    await chains.retry(report.id)
    expect(await played(chains.wait(report.id))).toMatchObject({ state: 'undone', undone: ['one'] })
  })

  it('[E7] says that it was undone when it is cancelled before it begins anew', async () => {
    const { chains, clock } = setUp({ 'a.one': undone, 'a.two': { fails: 1 } })
    const long = { attempts: 2, delay: '1h' } as const
    const id = await chains.start(saga({ id: 'group', retry: long, steps: [call('one'), call('two')] }))
    while (chains.show(id).state !== 'waiting') await new Promise((resolve) => setImmediate(resolve))
    await chains.cancel(id)
    await clock.advance(1_000)
    expect(await chains.wait(id)).toMatchObject({ state: 'undone', undone: ['one'], neverStarted: [] })
  })

  it.each([
    [{}, { state: 'undone', undone: ['two', 'one'], done: [] }],
    [{ undo: false }, { state: 'cancelled', undone: ['two'], done: ['one'] }],
  ])('[E7] [U1] is cancelled in the middle of being taken back: %j, once each, and nothing begins anew', async (how, becomes) => {
    const [begun, gate] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()]
    const calls: string[] = []
    const { chains, clock } = setUp(
      { 'a.one': undone, 'a.two': undone },
      {
        async call(command, _, { idempotencyKey }) {
          calls.push(`${command} ${idempotencyKey.slice(idempotencyKey.indexOf('/') + 1)}`)
          if (command === 'a.three') throw new SwitchyardError('NO_RESPONDER', 'nobody is there', { retryable: true })
          if (command !== 'a.back') return {}
          begun.resolve()
          await gate.promise
          return {}
        },
      },
    )
    const id = await chains.start(saga({ id: 'group', retry, steps: [call('one'), call('two'), call('three')] }))
    await begun.promise
    await chains.cancel(id, how)
    gate.resolve()
    const ended = chains.wait(id)
    await clock.advance(1_000)
    expect(await ended).toMatchObject({ ...becomes, neverStarted: [] })
    expect(calls).toEqual(['a.one one', 'a.two two', 'a.three three', ...becomes.undone.map((path) => `a.back ${path}/undo`)])
  })

  it('[E7] goes on with taking back, and with its pause, in another process', async () => {
    const store = openStore({ path: ':memory:' })
    const steps = [{ id: 'group', retry: { attempts: 2, delay: '1h' } as const, steps: [call('one'), call('two')] }]
    const first = setUp({ 'a.one': undone, 'a.two': { fails: 1 } }, { store })
    const id = await first.chains.start(saga(...steps))
    while (first.chains.show(id).state !== 'waiting') await new Promise((resolve) => setImmediate(resolve))
    await first.chains.close()
    const second = setUp({ 'a.one': undone }, { store })
    await second.chains.resume()
    expect(second.calls).toEqual([])
    await second.clock.advance(3_600_000)
    expect((await second.chains.wait(id)).state).toBe('done')
    expect(second.calls).toEqual(['a.one one~1', 'a.two two'])
  })

  it('[E7] has all its tries again after `retry`', async () => {
    const { run, chains, played, calls } = setUp({ 'a.two': { fails: 4 } })
    const report = await run({ ...saga({ id: 'group', retry, steps: [call('one'), call('two')] }), saga: false })
    expect(report.state).toBe('failed')
    await chains.retry(report.id)
    expect((await played(chains.wait(report.id))).state).toBe('done')
    expect(calls.filter((line) => line.startsWith('a.two'))).toHaveLength(5)
  })

  it('counts all its tries in the worst case', () => {
    const { chains } = setUp({ 'a.one': { timeoutMs: 10_000, costUsd: 2, ...undone } })
    const { worstCase } = chains.check(saga({ id: 'group', retry, steps: [call('one')] }))
    expect(worstCase).toEqual({ durationMs: 3 * 10_000 + 1_000 + 2_000, costUsd: 6 })
  })
})
