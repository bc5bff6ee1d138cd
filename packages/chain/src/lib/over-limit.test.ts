import { SwitchyardError } from '@switchyard/contracts'
import { createFakeClock } from '@switchyard/contracts/testing'
import { openStore, type Store } from '@switchyard/store'
import { afterEach, describe, expect, it } from 'vitest'
import { type CallOptions, type ChainDefinition, type Chains, type ChainsOptions, createChains } from '../index.ts'

const MINUTE_MS = 60_000

/** What a command is expected to take, and what a call of it does take. */
interface Work {
  readonly expected?: { readonly usd?: number; readonly minutes?: number }
  readonly usd?: number
  readonly minutes?: number
  readonly fails?: string
  readonly whilst?: (options: CallOptions) => Promise<void>
}

const opened: Store[] = []
afterEach(() => {
  for (const store of opened.splice(0)) store.close()
})

/** Chains over commands whose calls end as time is played. */
function setUp(works: Readonly<Record<string, Work>>, { store = memory(), ...more }: Partial<ChainsOptions> = {}) {
  const clock = createFakeClock()
  const calls: string[] = []
  const chains = createChains({
    store,
    clock,
    leaseMs: 3_000,
    command: (id) => ({
      plugin: 'a',
      effect: 'write',
      idempotent: true,
      timeoutMs: 24 * 60 * MINUTE_MS,
      undo: () => ({ command: `${id}-back`, input: {} }),
      estimate: () => ({ costUsd: works[id]?.expected?.usd ?? 0, durationMs: (works[id]?.expected?.minutes ?? 0) * MINUTE_MS }),
      spentUsd: () => works[id]?.usd,
    }),
    async call(command, _, options) {
      calls.push(command)
      const { minutes = 0, fails, whilst } = works[command] ?? {}
      await whilst?.(options)
      if (minutes > 0) await new Promise<void>((resolve) => clock.after(minutes * MINUTE_MS, resolve))
      if (fails !== undefined) throw new SwitchyardError(fails, 'Cannot do it', { retryable: true })
      return {}
    },
    ...more,
  })
  return { chains, clock, calls, store }
}

function memory(): Store {
  const store = openStore({ path: ':memory:' })
  opened.push(store)
  return store
}

async function settle(): Promise<void> {
  for (let turn = 0; turn < 40; turn++) await new Promise((resolve) => setImmediate(resolve))
}
/** Plays time until a chain rests. */
async function rests(chains: Chains, clock: ReturnType<typeof createFakeClock>, id: string) {
  for (let minutes = 0; minutes < 100 && chains.show(id).state === 'running'; minutes++) {
    await settle()
    await clock.advance(MINUTE_MS)
  }
  await settle()
  return chains.show(id)
}

const step = (id: string) => ({ id, call: `a.${id}` })
const chain = (...steps: ChainDefinition['steps']): ChainDefinition => ({ name: 'work', steps })

describe('a chain with limits', () => {
  it('[L1] begins no step that would overrun its budget, by what the steps before told, and leaves what was done', async () => {
    const { chains, clock, calls } = setUp({
      'a.one': { expected: { usd: 0.1 }, usd: 0.8 },
      'a.two': { expected: { usd: 0.3 } },
    })
    const id = await chains.start(chain(step('one'), step('two'), step('three')), {}, { limits: { budgetUsd: 1 } })
    const report = await rests(chains, clock, id)
    expect(report).toMatchObject({
      state: 'waiting',
      done: ['one'],
      undone: [],
      neverStarted: ['two', 'three'],
      limits: { budgetUsd: 1 },
      spent: { costUsd: 0.8 },
      waitsFor: [
        {
          path: 'two',
          answer: 'approval',
          question:
            'Cannot begin "two" as the whole must cost no more than $1.00: $0.80 is spent, and this is likely to cost $0.30. Go on, with as much again? A no ends it and takes back what was done',
        },
      ],
    })
    expect(report.steps.find(({ path }) => path === 'two')).toMatchObject({
      state: 'waiting',
      error: { code: 'BUDGET_EXCEEDED', data: { step: 'two', spent: { costUsd: 0.8 }, estimate: { costUsd: 0.3 } } },
    })
    expect(calls).toEqual(['a.one'])
  })

  it('[L1] goes on to the very limit, of money and of time', async () => {
    const each = { expected: { usd: 0.1, minutes: 2 }, minutes: 2 }
    const { chains, clock } = setUp({ 'a.one': each, 'a.two': each, 'a.three': each })
    const definition = chain(step('one'), step('two'), step('three'))
    const id = await chains.start(definition, {}, { limits: { budgetUsd: 0.3, maxMs: 6 * MINUTE_MS } })
    expect(await rests(chains, clock, id)).toMatchObject({ state: 'done', spent: { durationMs: 6 * MINUTE_MS } })
    const tight = await chains.start(definition, {}, { limits: { maxMs: 6 * MINUTE_MS - 1 } })
    expect(await rests(chains, clock, tight)).toMatchObject({ state: 'waiting', done: ['one', 'two'], waitsFor: [{ path: 'three' }] })
  })

  it('[L1] holds a step with nothing to add against no budget, and tries none again that it cannot pay', async () => {
    const { chains, clock, calls } = setUp({
      'a.dear': { usd: 5 },
      'a.shaky': { expected: { usd: 0.6 }, fails: 'SHAKY' },
    })
    const id = await chains.start(chain(step('dear'), step('free')), {}, { limits: { budgetUsd: 1 } })
    expect(await rests(chains, clock, id)).toMatchObject({ state: 'done', spent: { costUsd: 5 } })
    const shaky = { ...step('shaky'), retry: { attempts: 5, delay: '1s' as const } }
    const again = await chains.start(chain(shaky), {}, { limits: { budgetUsd: 1 } })
    expect(await rests(chains, clock, again)).toMatchObject({ state: 'undone', error: { code: 'SHAKY' } })
    expect(calls.filter((call) => call === 'a.shaky')).toHaveLength(1)
  })

  it('[L1] tries none again for which nothing is left by then', async () => {
    const works = { 'a.shaky': { expected: { usd: 0.3 }, fails: 'SHAKY' }, 'a.dear': { expected: { usd: 0.6 }, minutes: 5 } }
    // The longest wait, behind the end of the other: what is cut off would be called again to be taken back.
    const { chains, clock, calls } = setUp(works, { random: () => 0.99 })
    const shaky = { ...step('shaky'), retry: { attempts: 2, delay: '9m' as const, maxDelay: '9m' as const } }
    const late = { id: 'late', steps: [{ id: 'while', wait: '1m' as const }, step('dear')] }
    const id = await chains.start(chain({ id: 'both', parallel: [shaky, late] }), {}, { limits: { budgetUsd: 1 } })
    const report = await rests(chains, clock, id)
    expect(report).toMatchObject({ state: 'undone', error: { code: 'SHAKY' } })
    expect(report.spent?.costUsd).toBeCloseTo(0.9)
    expect(calls.filter((call) => call === 'a.shaky')).toHaveLength(1)
  })

  it('[L2] counts the time in which steps are at work, and none in which a person is asked', async () => {
    const thinking = Promise.withResolvers<void>()
    const { chains, clock } = setUp({
      'a.one': { minutes: 3 },
      'a.two': {
        minutes: 1,
        async whilst({ pause }) {
          const goOn = pause?.()
          await thinking.promise
          goOn?.()
        },
      },
      'a.three': { expected: { minutes: 6 } },
    })
    const definition = chain(step('one'), { id: 'sure', ask: 'Go on?' }, step('two'), step('three'))
    const id = await chains.start(definition, {}, { limits: { maxMs: 10 * MINUTE_MS } })
    expect(await rests(chains, clock, id)).toMatchObject({ state: 'waiting', waitsFor: [{ path: 'sure' }] })
    await clock.advance(3 * 24 * 60 * MINUTE_MS)
    await chains.answer(id, { value: true })
    await settle()
    await clock.advance(60 * MINUTE_MS)
    thinking.resolve()
    expect(await rests(chains, clock, id)).toMatchObject({ state: 'done', spent: { durationMs: 4 * MINUTE_MS } })
  })

  it('[L3] lets no steps side by side overrun together, and asks for none while another may make room', async () => {
    const side = chain({ id: 'both', parallel: [step('left'), step('right')] }, step('last'))
    const works: Record<string, Work> = {
      'a.left': { expected: { usd: 0.6 }, usd: 0.2, minutes: 2 },
      'a.right': { expected: { usd: 0.6 }, usd: 0.6 },
    }
    const { chains, clock, calls } = setUp(works)
    const id = await chains.start(side, {}, { limits: { budgetUsd: 1 } })
    await settle()
    expect(calls).toEqual(['a.left'])
    expect(chains.show(id)).toMatchObject({ state: 'running', waitsFor: [] })
    expect((await rests(chains, clock, id)).spent?.costUsd).toBeCloseTo(0.8)
    expect(calls).toEqual(['a.left', 'a.right', 'a.last'])
    works['a.left'] = { expected: { usd: 0.6 }, minutes: 2 }
    const over = await chains.start(side, {}, { limits: { budgetUsd: 1 } })
    expect(await rests(chains, clock, over)).toMatchObject({ state: 'waiting', done: ['left'], waitsFor: [{ path: 'right' }] })
  })

  it('[L3] asks once for all that wait', async () => {
    const dear = { expected: { usd: 0.4 } }
    const { chains, clock, calls } = setUp({ 'a.zero': { usd: 0.9 }, 'a.left': dear, 'a.right': dear })
    const side = chain(step('zero'), { id: 'both', parallel: [step('left'), step('right')] })
    const id = await chains.start(side, {}, { limits: { budgetUsd: 1 } })
    expect((await rests(chains, clock, id)).waitsFor).toMatchObject([{ path: 'left' }])
    await chains.answer(id, { value: true })
    expect(await rests(chains, clock, id)).toMatchObject({ state: 'done' })
    expect(calls).toEqual(['a.zero', 'a.left', 'a.right'])
  })

  it('[L3] asks for another when the one that asked for all is not wanted any more', async () => {
    const dear = { expected: { usd: 0.4 } }
    const { chains, clock } = setUp({
      'a.zero': { usd: 0.9 },
      'a.held': dear,
      'a.other': dear,
    })
    const pair = { id: 'pair', parallel: [step('held'), { id: 'sure', ask: 'Sure?' }] }
    const group = { id: 'group', onError: 'continue' as const, steps: [pair] }
    const definition = chain(step('zero'), { id: 'all', parallel: [group, { id: 'late', steps: [step('other')] }] })
    const id = await chains.start(definition, {}, { limits: { budgetUsd: 1 } })
    expect(await rests(chains, clock, id)).toMatchObject({ state: 'waiting', waitsFor: [{ path: 'held' }, { path: 'sure' }] })
    await chains.answer(id, { path: 'sure', value: false })
    await settle()
    expect(await rests(chains, clock, id)).toMatchObject({ state: 'waiting', waitsFor: [{ path: 'other' }] })
  })

  it('[L4] goes on with as much again after a yes', async () => {
    const each = { expected: { usd: 0.4 }, usd: 0.4 }
    const { chains, clock } = setUp({ 'a.one': each, 'a.two': each, 'a.three': each, 'a.four': each, 'a.five': each })
    const id = await chains.start(
      chain(step('one'), step('two'), step('three'), step('four'), step('five')),
      {},
      { limits: { budgetUsd: 1 } },
    )
    expect(await rests(chains, clock, id)).toMatchObject({ done: ['one', 'two'], waitsFor: [{ path: 'three' }] })
    await chains.answer(id, { value: true })
    expect(await rests(chains, clock, id)).toMatchObject({ done: ['one', 'two', 'three', 'four'], waitsFor: [{ path: 'five' }] })
    await chains.answer(id, { value: 'yes' })
    const ended = await rests(chains, clock, id)
    expect(ended).toMatchObject({ state: 'done', spent: { costUsd: 2 }, limits: { budgetUsd: 2.6 } })
  })

  it('[L4] ends after a no and takes back what was done, whatever the step says about failures', async () => {
    const works = { 'a.one': { usd: 1 }, 'a.two': { expected: { usd: 1 } } }
    const { chains, clock, calls } = setUp(works)
    const definition = chain(step('one'), { ...step('two'), onError: 'continue' as const }, step('three'))
    const id = await chains.start(definition, {}, { limits: { budgetUsd: 1 } })
    await rests(chains, clock, id)
    await expect(chains.answer(id, { value: true, plugin: 'a' })).rejects.toMatchObject({ code: 'FORBIDDEN' })
    await chains.answer(id, { value: false, by: 'ada' })
    await settle()
    expect(chains.show(id)).toMatchObject({ state: 'undone', error: { code: 'REFUSED' }, undone: ['one'], neverStarted: ['three'] })
    expect(calls).toEqual(['a.one', 'a.one-back'])
    const kept = await chains.start(definition, {}, { limits: { budgetUsd: 1 } })
    await rests(chains, clock, kept)
    await chains.cancel(kept, { undo: false })
    await settle()
    expect(chains.show(kept)).toMatchObject({ state: 'cancelled', done: ['one'] })
  })

  it('[L4] puts the question to the person at hand', async () => {
    const asked: string[] = []
    const ask: ChainsOptions['ask'] = async ({ text, choices }) => {
      asked.push(`${text} ${choices?.join('/')}`)
      return 'yes'
    }
    const { chains, clock } = setUp({ 'a.one': { minutes: 90 }, 'a.two': { expected: { minutes: 1.5 } } }, { ask })
    const id = await chains.start(chain(step('one'), step('two')), {}, { limits: { maxMs: 90.5 * MINUTE_MS } })
    expect(await rests(chains, clock, id)).toMatchObject({ state: 'done' })
    expect(asked).toEqual([
      'Cannot begin "two" as the whole must take no longer than 91 min: 90 min are over, and this is likely to take 90 s. Go on, with as much again? A no ends it and takes back what was done yes/no',
    ])
  })

  it('[L5] keeps limits and what is spent over the death of its process; a call that died with it counts as expected', async () => {
    const store = memory()
    const works: Record<string, Work> = {
      'a.one': { usd: 0.3, minutes: 2 },
      'a.two': { expected: { usd: 0.3 }, usd: 0.3, minutes: 5 },
      'a.three': { expected: { usd: 0.2 } },
    }
    const died = setUp(works, { store })
    const id = await died.chains.start(chain(step('one'), step('two'), step('three')), {}, { limits: { budgetUsd: 1 } })
    await settle()
    await died.clock.advance(2 * MINUTE_MS)
    await settle()
    await died.clock.advance(MINUTE_MS)
    expect(died.calls).toEqual(['a.one', 'a.two'])
    // It shows no sign of life any more; what it knew is lost.
    const next = setUp(works, { store })
    await next.clock.advance(12 * 60 * MINUTE_MS)
    await next.chains.resume()
    await next.clock.advance(5_000)
    const report = await rests(next.chains, next.clock, id)
    expect(next.calls).toEqual(['a.two'])
    expect(report).toMatchObject({ state: 'waiting', done: ['one', 'two'], waitsFor: [{ path: 'three' }] })
    expect(report.spent?.costUsd).toBeCloseTo(0.9)
    expect(report.spent?.durationMs).toBe(7 * MINUTE_MS)
    const last = setUp(works, { store })
    await next.chains.close({ drainMs: 0 })
    await last.chains.answer(id, { value: true })
    expect(await rests(last.chains, last.clock, id)).toMatchObject({ state: 'done' })
    expect(last.calls).toEqual(['a.three'])
  })
})
