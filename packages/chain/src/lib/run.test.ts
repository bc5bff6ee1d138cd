import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { SwitchyardError } from '@switchyard/contracts'
import { createFakeClock } from '@switchyard/contracts/testing'
import { openStore, type Store } from '@switchyard/store'
import { afterEach, describe, expect, it, onTestFinished } from 'vitest'
import { type ChainDefinition, type ChainEvent, type Chains, type ChainsOptions, type CommandFacts, createChains } from '../index.ts'

const opened: Store[] = []
afterEach(() => {
  for (const store of opened.splice(0)) store.close()
})

function newStore(): Store {
  const store = openStore({ path: ':memory:' })
  opened.push(store)
  return store
}

const facts: CommandFacts = { plugin: 'a', effect: 'write', idempotent: true }

/** Chains over one command after another; each returns its input. */
function setUp(more: Partial<ChainsOptions> = {}): { chains: Chains; calls: string[] } {
  const calls: string[] = []
  const chains = createChains({
    store: more.store ?? newStore(),
    clock: createFakeClock(),
    command: () => facts,
    async call(command, input) {
      calls.push(command)
      return input
    },
    ...more,
  })
  return { chains, calls }
}

async function settle(): Promise<void> {
  for (let turn = 0; turn < 40; turn++) await new Promise((resolve) => setImmediate(resolve))
}

describe('a start with a key', () => {
  it('[W3] is one where several processes begin at once, and costs those that begin beside it nothing', async () => {
    const dir = mkdtempSync(join(tmpdir(), 'chain-run-'))
    onTestFinished(() => rmSync(dir, { recursive: true }))
    const one: ChainDefinition = { name: 'one', steps: [{ id: 'make', call: 'a.make' }] }
    const other: ChainDefinition = { name: 'other', steps: [{ id: 'make', call: 'a.other' }] }
    const processes = Array.from({ length: 3 }, () => {
      const store = openStore({ path: join(dir, 'yard.db') })
      opened.push(store)
      return setUp({ store })
    })
    // All of them look for the key before any has written it, and each writes both chains with one commit.
    const begun = await Promise.all(processes.map(({ chains }) => Promise.all([chains.start(one, {}, { key: 'k' }), chains.start(other)])))
    expect(new Set(begun.map(([id]) => id)).size).toBe(1)
    expect(new Set(begun.map(([, id]) => id)).size).toBe(3)
    for (const [at, { chains }] of processes.entries()) for (const id of begun[at]!) expect((await chains.wait(id)).state).toBe('done')
    const calls = processes.flatMap((each) => each.calls)
    expect(calls.filter((call) => call === 'a.make')).toHaveLength(1)
    expect(calls.filter((call) => call === 'a.other')).toHaveLength(3)
    for (const { chains } of processes) await chains.close()
  })
})

describe('a chain that comes to rest', () => {
  const asks: ChainDefinition = {
    name: 'asks',
    steps: [
      { id: 'make', call: 'a.make', undo: { call: 'a.drop' } },
      { id: 'go', ask: 'Go?' },
    ],
  }

  it('[R3] hears the answer that comes while it does', async () => {
    const asked = Promise.withResolvers<void>()
    const onEvent = (event: ChainEvent): void => {
      if (event.type === 'chain' && event.state === 'waiting') asked.resolve(chains.answer(event.id, { value: true }))
    }
    const { chains } = setUp({ onEvent })
    const id = await chains.start(asks)
    await asked.promise
    await settle()
    expect(chains.show(id).state).toBe('done')
  })

  it('[R3] hears what another process said while it does', async () => {
    const store = newStore()
    const gate = { isClosed: false, opened: Promise.withResolvers<void>() }
    const clock = createFakeClock()
    const slow: Store = {
      ...store,
      async commit(work, options) {
        if (gate.isClosed) await gate.opened.promise
        return store.commit(work, options)
      },
    }
    const two: ChainDefinition = { name: 'two', steps: [{ id: 'both', parallel: [asks.steps[1]!, { id: 'sure', ask: 'Sure?' }] }] }
    const here = setUp({ store: slow, clock })
    const there = setUp({ store })
    const { id } = await here.chains.run(two)
    await here.chains.answer(id, { path: 'go', value: true })
    gate.isClosed = true
    await settle()
    // It is about to rest here, and the other process says the last word.
    await there.chains.answer(id, { path: 'sure', value: true })
    await clock.advance(1_000)
    gate.opened.resolve()
    await settle()
    expect(here.chains.show(id).state).toBe('done')
  })
})

describe('a step that cannot be written down', () => {
  const doubling = (count: number): ChainDefinition => ({
    name: 'doubling',
    steps: [
      { id: 'make', call: 'a.make', undo: { call: 'a.drop' } },
      { id: 'a0', value: 'x'.repeat(1_000) },
      ...Array.from({ length: count }, (_, turn) => ({
        id: `a${turn + 1}`,
        value: [`\${{ steps.a${turn}.output }}`, `\${{ steps.a${turn}.output }}`],
      })),
    ],
  })

  it('[X1] fails as a value that grows without bound, and the chain is taken back', async () => {
    const { chains, calls } = setUp()
    const report = await chains.run(doubling(60))
    expect(report).toMatchObject({ state: 'undone', error: { code: 'STEP_INPUT', message: expect.stringContaining('characters') } })
    expect(calls).toEqual(['a.make', 'a.drop'])
  })

  it('fails as a result that is no JSON, and may have had its effect', async () => {
    const { chains } = setUp({ call: async (command) => (command === 'a.make' ? 1n : {}) })
    const report = await chains.run({ name: 'odd', steps: [{ id: 'make', call: 'a.make' }] })
    expect(report).toMatchObject({ state: 'failed', notUndone: [{ path: 'make', why: 'it may have had effects, nobody knows' }] })
  })

  it('fails all the same when its error carries what is no JSON, or nobody can write down how to take it back', async () => {
    const call = async (command: string): Promise<unknown> => {
      if (command === 'a.break') throw new SwitchyardError('BROKEN', 'it broke', { data: { size: 1n } })
      return {}
    }
    const undo = () => ({ command: 'a.drop', input: { size: 1n } })
    const faults: ChainEvent[] = []
    const onEvent = (event: ChainEvent): void => {
      if (event.type === 'fault') faults.push(event)
    }
    const { chains } = setUp({ call, command: () => ({ ...facts, undo }), onEvent })
    const steps = ['make', 'break'].map((id) => ({ id, call: `a.${id}` }))
    const report = await chains.run({ name: 'odd', steps })
    expect(report).toMatchObject({ state: 'failed', error: { code: 'BROKEN' }, notUndone: [{ path: 'make', why: 'nothing says how' }] })
    expect(report.error).not.toHaveProperty('data')
    expect(faults).toMatchObject([{ doing: 'asking "a.make" how to take "make" back' }])
  })
})

describe('chains.retry()', () => {
  const failing = (): never => {
    throw new SwitchyardError('TIMEOUT', 'too late')
  }
  const risky: ChainDefinition = { name: 'risky', saga: false, steps: [{ id: 'one', call: 'a.one' }] }

  it('[J3] asks before it repeats a call that may have run and may not be repeated', async () => {
    let isLate = true
    const calls: string[] = []
    const { chains } = setUp({
      command: () => ({ ...facts, idempotent: false }),
      async call(command) {
        calls.push(command)
        return isLate ? failing() : {}
      },
    })
    const { id, state } = await chains.run(risky)
    expect(state).toBe('failed')
    isLate = false
    await chains.retry(id)
    expect(await chains.wait(id)).toMatchObject({ state: 'uncertain', waitsFor: [{ path: 'one' }] })
    expect(calls).toEqual(['a.one'])
    await chains.settle(id, { verdict: 'not-run' })
    expect(await chains.wait(id)).toMatchObject({ state: 'done' })
    expect(calls).toEqual(['a.one', 'a.one'])
  })

  it('[J3] asks again when the process dies once more, whatever was said the time before', async () => {
    const store = newStore()
    const once: Partial<ChainsOptions> = { store, command: () => ({ ...facts, idempotent: false }) }
    const die = (): unknown =>
      store.transact(() => store.prepare('UPDATE chain_journal SET owner = NULL, due_ms = 0, fence = fence + 1 WHERE path IS NULL').run())
    const hanging = { ...once, call: () => new Promise<never>(() => {}) }
    const id = await setUp(hanging).chains.start(risky)
    await settle()
    die()
    const second = setUp(hanging)
    await second.chains.resume()
    await second.chains.wait(id)
    await second.chains.settle(id, { verdict: 'not-run' })
    await settle()
    expect(second.chains.show(id).steps).toMatchObject([{ state: 'started', attempts: 2 }])
    die()
    const third = setUp(once)
    await third.chains.resume()
    expect(await third.chains.wait(id)).toMatchObject({ state: 'uncertain' })
    expect(third.calls).toEqual([])
  })

  it('[R1] is one retry, when two processes ask for it at once', async () => {
    const store = newStore()
    let isBroken = true
    const call = async (): Promise<unknown> => (isBroken ? failing() : new Promise(() => {}))
    const first = setUp({ store, call })
    const { id } = await first.chains.run(risky)
    isBroken = false
    let isSecond = false
    // The other process has read that the chain is over; before it writes, the first one has begun again.
    const late: Store = {
      ...store,
      transact(work, options) {
        if (!isSecond) {
          isSecond = true
          void first.chains.retry(id)
        }
        return store.transact(work, options)
      },
    }
    const second = setUp({ store: late, call })
    isSecond = false
    await expect(second.chains.retry(id)).rejects.toMatchObject({ code: 'NOT_RETRYABLE' })
  })
})

describe('chains.cancel()', () => {
  it('stops the undoing when asked to leave what was done', async () => {
    const gate = Promise.withResolvers<void>()
    const calls: string[] = []
    const { chains } = setUp({
      async call(command) {
        calls.push(command)
        if (command === 'a.break') throw new Error('broken')
        if (command === 'b.drop') await gate.promise
        return {}
      },
    })
    const id = await chains.start({
      name: 'stopped',
      steps: [
        { id: 'one', call: 'a.make', undo: { call: 'a.drop' } },
        { id: 'two', call: 'b.make', undo: { call: 'b.drop' } },
        { id: 'three', call: 'a.break' },
      ],
    })
    await settle()
    expect(chains.show(id).state).toBe('undoing')
    await chains.cancel(id, { undo: false })
    gate.resolve()
    await settle()
    expect(chains.show(id)).toMatchObject({ state: 'cancelled', undone: ['two'], done: ['one'], error: { message: 'broken' } })
    expect(calls).not.toContain('a.drop')
  })
})

describe('waiting', () => {
  it('[E5] hears an event that another process began to wait for', async () => {
    const store = newStore()
    const clock = createFakeClock()
    const topics = new Map<string, (payload: unknown) => void>()
    const subscribe: ChainsOptions['subscribe'] = (topic, handler) => {
      topics.set(topic, handler)
      return () => topics.delete(topic)
    }
    const stays = setUp({ store, clock, subscribe })
    await stays.chains.resume()
    const leaves = setUp({ store })
    const id = await leaves.chains.start({ name: 'hears', steps: [{ id: 'event', wait: { event: 'a/deployed' } }] })
    await settle()
    await leaves.chains.close()
    await clock.advance(1_000)
    topics.get('a/deployed')?.({})
    await settle()
    expect(stays.chains.show(id).state).toBe('done')
  })

  it('[E5] waits for an event no longer than it was told to, restarts included', async () => {
    const store = newStore()
    const clock = createFakeClock()
    const both: ChainDefinition = {
      name: 'both',
      steps: [
        {
          id: 'both',
          parallel: [
            { id: 'event', wait: { event: 'a/never' }, timeout: '1m' },
            { id: 'pause', wait: '50s' },
          ],
        },
      ],
    }
    const first = setUp({ store, clock })
    const id = await first.chains.start(both)
    await settle()
    await first.chains.close()
    const second = setUp({ store, clock })
    await second.chains.resume()
    // It is taken up when the pause ends, and its minute must not begin again.
    await clock.advance(51_000)
    await settle()
    expect(second.chains.show(id)).toMatchObject({ state: 'waiting', dueMs: 60_000 + second.chains.show(id).startedMs })
    await clock.advance(10_000)
    await settle()
    expect(second.chains.show(id)).toMatchObject({ error: { code: 'TIMEOUT' }, endedMs: expect.any(Number) })
  })

  it('[E5] fails a wait for a time that takes longer than it may', async () => {
    const clock = createFakeClock()
    const { chains } = setUp({ clock })
    const id = await chains.start({ name: 'long', steps: [{ id: 'long', wait: '1h', timeout: '1m' }] })
    await settle()
    await clock.advance(61_000)
    await settle()
    expect(chains.show(id)).toMatchObject({ error: { code: 'TIMEOUT' }, endedMs: expect.any(Number) })
  })

  it.for([
    [{ ask: 'Go?' }, 'yes', true],
    [{ ask: 'How many?', answer: 'number' }, '5', 5],
    [{ ask: 'Which?', answer: 'text' }, '1.2', '1.2'],
    [{ ask: 'Which?', choices: ['1', '2'] }, '2', '2'],
  ] as const)('takes the answer to %j as a person types it', async ([ask, typed, value]) => {
    const { chains } = setUp()
    const { id } = await chains.run({ name: 'typed', steps: [{ id: 'ask', ...ask }] })
    await chains.answer(id, { value: typed })
    expect(await chains.wait(id)).toMatchObject({ state: 'done', output: { value } })
  })

  it.for([
    [{ ask: 'Go?' }, 'maybe'],
    [{ ask: 'How many?', answer: 'number' }, ''],
    [{ ask: 'How many?', answer: 'number' }, ' '],
    [{ ask: 'Which?', choices: ['1', '2'] }, 2],
  ] as const)('refuses to take %j for an answer', async ([ask, typed]) => {
    const { chains } = setUp()
    const { id } = await chains.run({ name: 'typed', steps: [{ id: 'ask', ...ask }] })
    await expect(chains.answer(id, { value: typed })).rejects.toMatchObject({ code: 'CHAIN_ANSWER' })
  })
})
