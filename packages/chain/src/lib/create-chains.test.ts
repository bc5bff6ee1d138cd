import { SwitchyardError } from '@switchyard/contracts'
import { createFakeClock, type FakeClock } from '@switchyard/contracts/testing'
import { openStore, type Store } from '@switchyard/store'
import { afterEach, describe, expect, it } from 'vitest'
import {
  type CallOptions,
  type ChainDefinition,
  type ChainEvent,
  type Chains,
  type ChainsOptions,
  type CommandFacts,
  createChains,
} from '../index.ts'
import type { CallStep } from './definition.ts'

type Handler = (input: Record<string, unknown>, options: CallOptions) => unknown
type Ability = Partial<CommandFacts> & { run?: Handler }

interface Bench {
  readonly chains: Chains
  readonly clock: FakeClock
  /** Every call in order: command and input. */
  readonly calls: string[]
  readonly events: ChainEvent[]
}

const opened: Store[] = []
afterEach(() => {
  for (const store of opened.splice(0)) store.close()
})

/** Chains in memory over commands that are given here; a command that is not does nothing and returns its input. */
function setUp(abilities: Readonly<Record<string, Ability>> = {}, more: Partial<ChainsOptions> = {}): Bench {
  const store = more.store ?? openStore({ path: ':memory:' })
  opened.push(store)
  const clock = createFakeClock()
  const calls: string[] = []
  const events: ChainEvent[] = []
  const chains = createChains({
    store,
    clock,
    random: () => Math.random(),
    command: (id) => ({ plugin: id.split('.')[0]!, effect: 'write', idempotent: true, ...abilities[id] }),
    async call(command, input, options) {
      calls.push(`${command} ${JSON.stringify(input)}`)
      return (await abilities[command]?.run?.(input as Record<string, unknown>, options)) ?? input
    },
    onEvent: (event) => events.push(event),
    ...more,
  })
  // Who waits for a chain that is at work here is told of its end without a look into the journal: it must be what the journal says.
  const { wait } = chains
  chains.wait = async (...given) => {
    const report = await wait(...given)
    expect(report).toStrictEqual(chains.show(report.id))
    return report
  }
  return { chains, clock, calls, events }
}

const fails = (code: string, message: string, retryable = false): Ability => ({
  run: () => {
    throw new SwitchyardError(code, message, { retryable })
  },
})
/** Turns of the event loop, until nothing more happens by itself. */
async function settle(): Promise<void> {
  for (let turn = 0; turn < 40; turn++) await new Promise((resolve) => setImmediate(resolve))
}
const step = (id: string, call: string, input: Record<string, unknown> = {}) => ({ id, call, input })

describe('createChains(): the table H of worked examples', () => {
  const tenant = (failing = false): Readonly<Record<string, Ability>> => ({
    'db.create': {
      run: () => ({ dbId: 'db_123', name: 'acme_corp' }),
      undo: () => ({ command: 'db.delete', input: { name: 'acme_corp' } }),
    },
    'realm.create': { run: () => ({ realmId: 'realm_456' }), undo: () => ({ command: 'realm.delete', input: { realm: 'acme-corp' } }) },
    'k8s.deploy': failing ? fails('QUOTA', 'K8s quota exceeded') : {},
  })
  const definition: ChainDefinition = {
    name: 'tenant',
    steps: [step('db', 'db.create'), step('realm', 'realm.create'), step('namespace', 'k8s.deploy', { db: '${{ steps.db.output.dbId }}' })],
  }

  it('H1 runs a saga to its end and compensates nothing', async () => {
    const { chains, calls } = setUp(tenant())
    const report = await chains.run(definition)
    expect(report).toMatchObject({ state: 'done', done: ['db', 'realm', 'namespace'], undone: [], notUndone: [], neverStarted: [] })
    expect(calls).toEqual(['db.create {}', 'realm.create {}', 'k8s.deploy {"db":"db_123"}'])
  })

  it('H2 [U1][U4] takes the realm and then the database back, and reports the original error', async () => {
    const { chains, calls } = setUp(tenant(true))
    const report = await chains.run(definition)
    expect(calls.slice(3)).toEqual(['realm.delete {"realm":"acme-corp"}', 'db.delete {"name":"acme_corp"}'])
    expect(report).toMatchObject({ state: 'undone', done: [], undone: ['realm', 'db'], notUndone: [], failed: ['namespace'] })
    expect(report.error).toMatchObject({ code: 'QUOTA', message: 'K8s quota exceeded' })
  })

  it("H3 [U1] computes compensations from each step's own result", async () => {
    const made = (id: string, call: string, undoCall: string, field: string) => ({
      id,
      call,
      undo: { call: undoCall, input: { [field]: `\${{ output.${field} }}` } },
    })
    const { chains, calls } = setUp({
      'tenant.create': { run: () => ({ tenantId: 't1' }) },
      'keycloak.configure': { run: () => ({ realmId: 'r1' }) },
      'tenant.deploy': { run: () => ({ createdResources: ['a', 'b'] }) },
      'tenant.verify': fails('UNHEALTHY', 'not up'),
    })
    await chains.run({
      name: 'tenant',
      steps: [
        made('create-tenant', 'tenant.create', 'tenant.delete', 'tenantId'),
        made('configure-keycloak', 'keycloak.configure', 'keycloak.remove', 'realmId'),
        made('deploy-tenant-resources', 'tenant.deploy', 'tenant.destroy', 'createdResources'),
        step('verify', 'tenant.verify'),
      ],
    })
    expect(calls.slice(4)).toEqual([
      'tenant.destroy {"createdResources":["a","b"]}',
      'keycloak.remove {"realmId":"r1"}',
      'tenant.delete {"tenantId":"t1"}',
    ])
  })

  it.for(['completed', 'open'])('H4 [E1] skips the pull request unless the work is completed, and goes on: %s', async (status) => {
    const { chains, calls } = setUp({
      'jira.prepare': { run: () => ({ issueKey: 'A-1' }) },
      'jira.work': { run: () => ({ status, branch: 'b' }) },
      'jira.pr': { run: () => ({ prUrl: 'https://pr' }) },
    })
    const report = await chains.run({
      name: 'jira',
      saga: false,
      steps: [
        step('prepare', 'jira.prepare'),
        step('work', 'jira.work', { issueKey: '${{ steps.prepare.output.issueKey }}' }),
        { ...step('pr', 'jira.pr', { branch: '${{ steps.work.output.branch }}' }), when: "${{ steps.work.output.status == 'completed' }}" },
        step('docs', 'jira.docs', { from: '${{ default(steps.pr.output.prUrl, steps.work.output.branch) }}' }),
      ],
    })
    expect(report.skipped).toEqual(status === 'completed' ? [] : ['pr'])
    expect(calls.at(-1)).toBe(`jira.docs {"from":"${status === 'completed' ? 'https://pr' : 'b'}"}`)
  })

  it('H5 [E3] returns the results of a parallel step in the order of its steps, whoever is first', async () => {
    const gates = Array.from({ length: 3 }, () => Promise.withResolvers<unknown>())
    const run = (index: number): Ability => ({ run: () => gates[index]!.promise })
    const { chains } = setUp({ 'a.components': run(0), 'a.infrastructure': run(1), 'a.security': run(2) })
    const id = await chains.start({
      name: 'analyze',
      steps: [
        {
          id: 'all',
          parallel: [step('components', 'a.components'), step('infrastructure', 'a.infrastructure'), step('security', 'a.security')],
        },
      ],
    })
    await settle()
    for (const index of [2, 0, 1]) {
      gates[index]!.resolve({ index })
      await settle()
    }
    const report = await chains.wait(id)
    expect(report.output).toEqual([{ index: 0 }, { index: 1 }, { index: 2 }])
    expect(report.done).toEqual(['security', 'components', 'infrastructure'])
  })

  it.for([
    ['production', ['build {"mode":"prod"}', 'scan {"severity":"high"}', 'deploy {"namespace":"production"}']],
    ['staging', ['build {"mode":"dev"}', 'deploy {"namespace":"development"}']],
  ] as const)('H6, H7 takes the branch for %s', async ([env, expected]) => {
    const { chains, calls } = setUp()
    await chains.run(
      {
        name: 'release',
        input: { env: { type: 'string' } },
        steps: [
          {
            id: 'branch',
            when: "${{ input.env == 'production' }}",
            steps: [
              step('b1', 'x.build', { mode: 'prod' }),
              step('s1', 'x.scan', { severity: 'high' }),
              step('d1', 'x.deploy', { namespace: 'production' }),
            ],
            otherwise: [step('b2', 'x.build', { mode: 'dev' }), step('d2', 'x.deploy', { namespace: 'development' })],
          },
        ],
      },
      { env },
    )
    expect(calls).toEqual(expected.map((call) => `x.${call}`))
  })

  it('H8 [E6] falls back from one to the next, down to a default, and says so', async () => {
    const { chains } = setUp({ 'exec.run': fails('DOWN', 'a'), 'jira.run': fails('DOWN', 'b'), 'own.run': fails('DOWN', 'c') })
    const report = await chains.run({
      name: 'degrade',
      steps: [
        {
          ...step('exec', 'exec.run'),
          onError: 'fallback',
          fallback: [
            {
              ...step('jira', 'jira.run'),
              onError: 'fallback',
              fallback: [{ ...step('own', 'own.run'), onError: 'fallback', fallback: [{ id: 'nothing', value: { findings: [] } }] }],
            },
          ],
        },
      ],
      output: { result: '${{ steps.exec.output }}', degraded: '${{ steps.exec.degraded }}' },
    })
    expect(report).toMatchObject({ state: 'done', output: { result: { findings: [] }, degraded: true }, degraded: ['exec', 'jira', 'own'] })
  })
})

describe('createChains(): failing and undoing', () => {
  const undoable = (command: string): Ability => ({ undo: (_, input) => ({ command, input }) })

  it('[U3] repeats a compensation that fails twice and then works', async () => {
    let tries = 0
    const { chains, clock } = setUp({
      'a.make': undoable('a.drop'),
      'a.drop': { run: () => (++tries < 3 ? Promise.reject(new Error('locked')) : {}) },
      'a.break': fails('BROKEN', 'no'),
    })
    const id = await chains.start({ name: 'twice', steps: [step('one', 'a.make'), step('two', 'a.break')] })
    for (let turn = 0; turn < 4; turn++) {
      await settle()
      clock.advance(1_000)
    }
    expect(await chains.wait(id)).toMatchObject({ state: 'undone', undone: ['one'] })
    expect(tries).toBe(3)
  })

  it('[U3][U4] makes a dead letter of one that never works, goes on with the others, and can be retried', async () => {
    let isLocked = true
    const { chains, clock, events } = setUp({
      'a.make': undoable('a.drop'),
      'b.make': undoable('b.drop'),
      'b.drop': { run: () => (isLocked ? Promise.reject(new Error('locked')) : {}) },
      'a.break': fails('BROKEN', 'no'),
    })
    const id = await chains.start({ name: 'never', steps: [step('one', 'a.make'), step('two', 'b.make'), step('three', 'a.break')] })
    for (let turn = 0; turn < 8; turn++) {
      await settle()
      clock.advance(4_000)
    }
    const report = await chains.wait(id)
    expect(report).toMatchObject({ state: 'compensation_failed', undone: ['one'], error: { code: 'BROKEN' } })
    expect(report.notUndone).toEqual([{ path: 'two', why: 'taking it back failed: locked' }])
    expect(events.filter(({ type }) => type === 'compensation-failed')).toMatchObject([{ path: 'two', error: { message: 'locked' } }])
    expect(chains.deadLetters()).toMatchObject([{ id, path: 'two', undo: { command: 'b.drop' }, error: { message: 'locked' } }])
    isLocked = false
    await chains.retry(id)
    expect(await chains.wait(id)).toMatchObject({ state: 'undone', undone: ['one', 'two'], error: { code: 'BROKEN' } })
    expect(chains.deadLetters()).toEqual([])
  })

  it('[U2] takes the failing step back too when it is compensateOnFailure', async () => {
    const { chains, calls } = setUp({ 'a.break': fails('BROKEN', 'half-way') })
    const report = await chains.run({
      name: 'half',
      steps: [
        {
          ...step('one', 'a.break', { name: 'x' }),
          compensateOnFailure: true,
          undo: { call: 'a.drop', input: { name: 'x', of: '${{ output.id }}' } },
        },
      ],
    })
    expect(calls).toEqual(['a.break {"name":"x"}', 'a.drop {"name":"x","of":null}'])
    expect(report).toMatchObject({ state: 'undone', undone: ['one'], failed: [] })
  })

  it('[U5] undoes nothing once the pivot is done, and goes on from there when retried', async () => {
    let isBroken = true
    const { chains, calls } = setUp({
      'a.make': undoable('a.drop'),
      'a.flaky': { run: () => (isBroken ? Promise.reject(new Error('no')) : {}) },
    })
    const id = await chains.start({
      name: 'pivot',
      steps: [step('one', 'a.make'), { ...step('release', 'a.publish'), pivot: true }, step('after', 'a.flaky')],
    })
    expect(await chains.wait(id)).toMatchObject({
      state: 'failed',
      notUndone: [
        { path: 'one', why: 'it cannot be, once "release" is done' },
        { path: 'release', why: 'it cannot be, once "release" is done' },
      ],
    })
    isBroken = false
    await chains.retry(id)
    expect(await chains.wait(id)).toMatchObject({ state: 'done', done: ['one', 'release', 'after'] })
    expect(calls.filter((call) => call.startsWith('a.make'))).toHaveLength(1)
    expect(calls.some((call) => call.startsWith('a.drop'))).toBe(false)
  })

  it('[U6] puts each leaf in one list, and says why something was not undone', async () => {
    const { chains, clock } = setUp({
      'a.make': undoable('a.drop'),
      'a.read': { effect: 'read' },
      'a.slow': { idempotent: false, run: () => new Promise(() => {}) },
    })
    const id = await chains.start({
      name: 'lists',
      steps: [
        step('made', 'a.make'),
        step('read', 'a.read'),
        step('stuck', 'a.nothing'),
        { ...step('skipped', 'a.make'), when: '${{ false }}' },
        { ...step('late', 'a.slow'), timeout: '5s' },
        step('never', 'a.make'),
      ],
    })
    await settle()
    clock.advance(5_000)
    const report = await chains.wait(id)
    expect(report).toMatchObject({
      state: 'failed',
      error: { code: 'TIMEOUT' },
      done: ['read'],
      undone: ['made'],
      notUndone: [
        { path: 'stuck', why: 'nothing says how' },
        { path: 'late', why: 'it may have had effects, nobody knows' },
      ],
      skipped: ['skipped'],
      neverStarted: ['never'],
      failed: [],
    })
  })

  it('[U1][U2] takes back parallel branches in reverse order of completion, and settles what was aborted', async () => {
    const slow = Promise.withResolvers<unknown>()
    let aborted = false
    const { chains, calls } = setUp({
      'a.make': undoable('a.drop'),
      'a.slow': {
        ...undoable('a.drop'),
        takesKey: true,
        run: (_, { signal }) => {
          if (aborted) return { late: true }
          signal.addEventListener('abort', () => (aborted = true))
          return slow.promise
        },
      },
      'a.break': {
        run: async () => {
          await settle()
          throw new Error('no')
        },
      },
    })
    const report = await chains.run({
      name: 'branches',
      steps: [{ id: 'all', parallel: [step('quick', 'a.make', { n: 1 }), step('slow', 'a.slow', { n: 2 }), step('broken', 'a.break')] }],
    })
    expect(aborted).toBe(true)
    expect(report).toMatchObject({ state: 'undone', undone: ['slow', 'quick'], failed: ['broken'] })
    expect(calls.filter((call) => call.startsWith('a.slow'))).toHaveLength(2)
  })

  it('stops at the first failure without undoing where it is no saga', async () => {
    const { chains } = setUp({ 'a.make': undoable('a.drop'), 'a.break': fails('BROKEN', 'no') })
    const report = await chains.run({
      name: 'plain',
      saga: false,
      steps: [step('one', 'a.make'), step('two', 'a.break'), step('three', 'a.make')],
    })
    expect(report).toMatchObject({ state: 'failed', done: ['one'], undone: [], notUndone: [], failed: ['two'], neverStarted: ['three'] })
  })
})

describe('createChains(): steps', () => {
  it('[E4] tries again what may be tried again, and nothing else', async () => {
    let tries = 0
    const flaky = (code: string, idempotent: boolean): Ability => ({
      idempotent,
      run: () => {
        tries++
        throw new SwitchyardError(code, 'later')
      },
    })
    const { chains, clock } = setUp({
      'a.safe': flaky('TIMEOUT', true),
      'a.unsafe': flaky('TIMEOUT', false),
      'a.queued': flaky('QUEUE_FULL', false),
    })
    const counts: number[] = []
    for (const call of ['a.safe', 'a.unsafe', 'a.queued']) {
      tries = 0
      const id = await chains.start({ name: 'retry', steps: [{ ...step('one', call), retry: { attempts: 3, delay: '1s' } }] })
      for (let turn = 0; turn < 4; turn++) {
        await settle()
        clock.advance(10_000)
      }
      await chains.wait(id)
      counts.push(tries)
    }
    expect(counts).toEqual([3, 1, 3])
  })

  it('[E2] aborts the losers of a race and remembers who won', async () => {
    const { chains } = setUp({
      'a.slow': {
        effect: 'read',
        run: (_, { signal }) => new Promise((_, reject) => signal.addEventListener('abort', () => reject(signal.reason))),
      },
    })
    const report = await chains.run({
      name: 'race',
      steps: [{ id: 'race', mode: 'race', parallel: [step('slow', 'a.slow'), step('quick', 'a.quick', { n: 1 })] }],
    })
    expect(report).toMatchObject({ state: 'done', output: { n: 1 }, done: ['quick'], failed: ['slow'] })
  })

  it('[E2] is content with a quorum, and gives up as soon as it is out of reach', async () => {
    const { chains } = setUp({ 'a.break': fails('BROKEN', 'no'), 'a.never': { effect: 'read', run: () => new Promise(() => {}) } })
    const quorum = (id: string, calls: string[]): ChainDefinition => ({
      name: 'quorum',
      steps: [{ id, mode: 'quorum', quorum: 2, parallel: calls.map((call, index) => step(`s${index}`, call, { index })) }],
    })
    expect(await chains.run(quorum('q', ['a.x', 'a.break', 'a.y', 'a.never']))).toMatchObject({
      state: 'done',
      output: [{ index: 0 }, null, { index: 2 }, null],
    })
    expect(await chains.run(quorum('q', ['a.x', 'a.break', 'a.break']))).toMatchObject({ state: 'failed', error: { code: 'BROKEN' } })
  })

  it('[E2] waits for all that are settled, and keeps to its concurrency', async () => {
    let atWork = 0
    let most = 0
    const { chains } = setUp({
      'a.work': {
        run: async ({ index }) => {
          most = Math.max(most, ++atWork)
          await settle()
          atWork--
          if (index === 1) throw new Error('no')
          return { index }
        },
      },
    })
    const report = await chains.run({
      name: 'settled',
      steps: [
        { id: 'all', mode: 'allSettled', concurrency: 2, parallel: [0, 1, 2, 3].map((index) => step(`s${index}`, 'a.work', { index })) },
      ],
    })
    expect(most).toBe(2)
    expect(report.output).toEqual([
      { ok: true, output: { index: 0 }, error: null },
      { ok: false, output: null, error: { code: 'HANDLER_ERROR', message: 'no' } },
      { ok: true, output: { index: 2 }, error: null },
      { ok: true, output: { index: 3 }, error: null },
    ])
  })

  it('runs loops and sub-chains, each turn under its own name', async () => {
    const notify: ChainDefinition = {
      name: 'notify',
      input: { to: { type: 'string' } },
      steps: [step('send', 'mail.send', { to: '${{ input.to }}' })],
      output: '${{ steps.send.output.to }}!',
    }
    const { chains, calls } = setUp(
      { 'a.count': { run: ({ round }) => ({ round }) } },
      { chain: (name) => (name === 'notify' ? notify : undefined) },
    )
    const report = await chains.run(
      {
        name: 'loops',
        input: { people: { type: 'list', items: { type: 'string' } } },
        steps: [
          {
            id: 'each',
            forEach: '${{ input.people }}',
            concurrency: 2,
            do: [{ id: 'tell', chain: 'notify', input: { to: '${{ item }}' } }],
          },
          {
            id: 'until',
            repeat: [step('count', 'a.count', { round: '${{ index }}' })],
            until: '${{ steps.count.output.round >= 2 }}',
            max: 5,
          },
        ],
        output: { told: '${{ steps.each.output }}', rounds: '${{ steps.until.output.round }}' },
      },
      { people: ['ann', 'bob'] },
    )
    expect(report.output).toEqual({ told: ['ann!', 'bob!'], rounds: 2 })
    expect([...report.done].sort()).toEqual([
      'each[0]/tell/send',
      'each[1]/tell/send',
      'until[0]/count',
      'until[1]/count',
      'until[2]/count',
    ])
    expect(calls).toHaveLength(5)
  })

  it('[E5] ends a part that takes too long, and the chain with it', async () => {
    const { chains, clock } = setUp({ 'a.never': { effect: 'read', run: () => new Promise(() => {}) } })
    const id = await chains.start({
      name: 'late',
      steps: [{ id: 'part', timeout: '1m', steps: [{ ...step('one', 'a.never'), timeout: '1h' }] }],
    })
    await settle()
    clock.advance(60_000)
    expect(await chains.wait(id)).toMatchObject({ state: 'undone', error: { code: 'TIMEOUT', data: { step: 'part' } }, failed: ['one'] })
  })

  it('runs 1,000 steps one after another and 1,000 at once', async () => {
    const { chains, calls } = setUp()
    const steps = Array.from({ length: 1_000 }, (_, index) => step(`s${index}`, 'a.work', { index }))
    expect(await chains.run({ name: 'long', steps })).toMatchObject({ state: 'done' })
    expect(await chains.run({ name: 'wide', steps: [{ id: 'all', parallel: steps }] })).toMatchObject({ state: 'done' })
    expect(calls).toHaveLength(2_000)
  })
})

describe('createChains(): waiting', () => {
  const approval: ChainDefinition = {
    name: 'approval',
    input: { env: { type: 'string' } },
    steps: [
      step('build', 'a.build'),
      { id: 'go', ask: 'Deploy to ${{ input.env }}?', timeout: '1d' },
      step('deploy', 'a.deploy', { by: '${{ steps.go.output.by }}' }),
    ],
  }

  it('[R3] leaves memory while it waits for a person, and goes on with the answer', async () => {
    const { chains, calls } = setUp()
    const asked = await chains.run(approval, { env: 'prod' })
    expect(asked).toMatchObject({ state: 'waiting', waitsFor: [{ path: 'go', question: 'Deploy to prod?' }] })
    await expect(chains.answer(asked.id, { value: 'maybe' })).rejects.toMatchObject({ code: 'CHAIN_ANSWER' })
    await chains.answer(asked.id, { value: true, by: 'ann' })
    expect(await chains.wait(asked.id)).toMatchObject({ state: 'done' })
    expect(calls.at(-1)).toBe('a.deploy {"by":"ann"}')
    await expect(chains.answer(asked.id, { value: true })).rejects.toMatchObject({ code: 'NOT_WAITING' })
  })

  it('takes everything back when the person refuses, or does not answer in time', async () => {
    const { chains, clock } = setUp({ 'a.build': { undo: () => ({ command: 'a.clean', input: {} }) } })
    const refusedChain = await chains.run(approval, { env: 'prod' })
    await chains.answer(refusedChain.id, { value: false })
    expect(await chains.wait(refusedChain.id)).toMatchObject({ state: 'undone', error: { code: 'REFUSED' }, undone: ['build'] })
    const late = await chains.run(approval, { env: 'prod' })
    clock.advance(86_400_000)
    await settle()
    expect(await chains.wait(late.id)).toMatchObject({ state: 'undone', error: { code: 'TIMEOUT' } })
  })

  it('asks the person at hand, and waits where nobody is', async () => {
    const { chains } = setUp({}, { ask: async ({ text }) => (text === 'Deploy to prod?' ? 'yes' : Promise.reject(new Error('nobody'))) })
    expect(await chains.run(approval, { env: 'prod' })).toMatchObject({ state: 'done' })
    expect(await chains.run(approval, { env: 'staging' })).toMatchObject({ state: 'waiting' })
  })

  it('waits for an event with the right fields, and for times', async () => {
    const heard: string[] = []
    const subscribe = (topic: string): (() => void) => {
      heard.push(topic)
      return () => {}
    }
    const { chains, clock } = setUp({}, { subscribe })
    const id = await chains.start(
      {
        name: 'event',
        input: { env: { type: 'string' } },
        steps: [
          { id: 'finished', wait: { event: 'deploy/finished', match: { 'target.env': '${{ input.env }}' } }, timeout: '1h' },
          { id: 'pause', wait: '10m' },
          step('after', 'a.after', { ok: '${{ steps.finished.output.ok }}' }),
        ],
      },
      { env: 'prod' },
    )
    await settle()
    expect(heard).toEqual(['deploy/finished'])
    expect(await chains.deliver('deploy/finished', { target: { env: 'dev' } })).toBe(0)
    expect(await chains.deliver('deploy/finished', { target: { env: 'prod' }, ok: true })).toBe(1)
    expect(await chains.deliver('deploy/finished', { target: { env: 'prod' }, ok: true })).toBe(0)
    await settle()
    expect(chains.show(id)).toMatchObject({ state: 'waiting', waitsFor: [{ path: 'pause' }] })
    clock.advance(600_000)
    await settle()
    expect(await chains.wait(id)).toMatchObject({ state: 'done', output: { ok: true } })
  })
})

describe('createChains(): control', () => {
  it('cancels and takes back, or leaves, what was done', async () => {
    const endless: Ability = {
      effect: 'read',
      run: (_, { signal }) => new Promise((_, reject) => signal.addEventListener('abort', () => reject(signal.reason))),
    }
    const { chains } = setUp({ 'a.make': { undo: () => ({ command: 'a.drop', input: {} }) }, 'a.endless': endless })
    const definition: ChainDefinition = { name: 'stop', steps: [step('one', 'a.make'), step('two', 'a.endless')] }
    const [undo, keep] = [await chains.start(definition), await chains.start(definition)]
    await settle()
    await chains.cancel(undo)
    await chains.cancel(keep, { undo: false })
    expect(await chains.wait(undo)).toMatchObject({ state: 'undone', undone: ['one'], error: { code: 'CHAIN_CANCELLED' } })
    expect(await chains.wait(keep)).toMatchObject({ state: 'cancelled', done: ['one'], undone: [] })
    await expect(chains.cancel(keep)).rejects.toMatchObject({ code: 'CHAIN_ENDED' })
  })

  it('goes on from the step that failed when retried, and refuses where nothing stands', async () => {
    let isBroken = true
    const { chains, calls } = setUp({ 'a.flaky': { run: () => (isBroken ? Promise.reject(new Error('no')) : {}) } })
    const id = await chains.start({ name: 'retry', saga: false, steps: [step('one', 'a.make'), step('two', 'a.flaky')] })
    expect(await chains.wait(id)).toMatchObject({ state: 'failed' })
    isBroken = false
    await chains.retry(id)
    expect(await chains.wait(id)).toMatchObject({ state: 'done' })
    expect(calls.filter((call) => call.startsWith('a.make'))).toHaveLength(1)
    await expect(chains.retry(id)).rejects.toMatchObject({ code: 'NOT_RETRYABLE' })
  })

  it('[J4] goes on with the definition that it started with', async () => {
    const versions = { sub: 1 }
    const sub = (): ChainDefinition => ({ name: 'sub', steps: [step('one', 'a.make', { version: versions.sub })] })
    const store = openStore({ path: ':memory:' })
    const first = setUp({}, { store, chain: sub })
    const asked = await first.chains.run({
      name: 'main',
      steps: [
        { id: 'go', ask: 'Go?' },
        { id: 'part', chain: 'sub' },
      ],
    })
    await first.chains.close()
    versions.sub = 2
    const second = setUp({}, { store, chain: sub })
    await second.chains.answer(asked.id, { value: true })
    await second.chains.wait(asked.id)
    expect(second.calls).toEqual(['a.make {"version":1}'])
  })

  it('tells whoever watches of every change, and makes a span of every call', async () => {
    const { chains, events } = setUp()
    const traceparent = `00-${'ab'.repeat(16)}-${'cd'.repeat(8)}-01`
    const id = await chains.start(
      { name: 'watched', steps: [step('one', 'a.one'), { id: 'go', ask: 'Go?' }, step('two', 'a.two')] },
      {},
      { traceparent },
    )
    const states: string[] = []
    for await (const { state, steps } of chains.watch(id)) {
      states.push(`${state} ${steps.map((one) => `${one.path}:${one.state}`).join(' ')}`)
      if (state === 'waiting') await chains.answer(id, { value: true })
    }
    expect(states.at(-1)).toBe('done one:done go:done two:done')
    expect(states.some((state) => state.startsWith('waiting'))).toBe(true)
    const spans = events.flatMap((event) => (event.type === 'span' ? [event.span] : []))
    expect(new Set(spans.map(({ traceId }) => traceId))).toEqual(new Set(['ab'.repeat(16)]))
    const ended = spans.filter(({ endMs }) => endMs !== undefined)
    const chain = ended.find(({ op }) => op === 'chain')
    expect(ended.map(({ name, parentSpanId }) => [name, parentSpanId])).toEqual([
      ['step one', chain?.spanId],
      ['wait go', chain?.spanId],
      ['step two', chain?.spanId],
      ['chain watched', 'cd'.repeat(8)],
    ])
    expect(ended[1]?.attributes).toMatchObject({ 'switchyard.waits_for': 'person', 'switchyard.approved.by': 'person' })
    expect(chain?.attributes).toMatchObject({ 'switchyard.outcome': 'done', 'switchyard.chain.id': id })
    // Each was told of when it began, under the same id.
    const begun = new Set(spans.filter(({ endMs }) => endMs === undefined).map(({ spanId }) => spanId))
    expect(ended.every(({ spanId }) => begun.has(spanId))).toBe(true)
  })

  it('goes on in the trace of its start in whichever process takes it up, with the state of others in it', async () => {
    const store = openStore({ path: ':memory:' })
    const first = setUp({}, { store })
    const context = { traceparent: `00-${'ab'.repeat(16)}-${'cd'.repeat(8)}-00`, tracestate: 'vendor=1' }
    const id = await first.chains.start({ name: 'handed-on', steps: [{ id: 'go', ask: 'Go?' }, step('one', 'a.one')] }, {}, context)
    await first.chains.wait(id)
    await first.chains.close()
    const headers: unknown[] = []
    const second = setUp({ 'a.one': { run: (_, options) => void headers.push(options.headers) } }, { store })
    await second.chains.answer(id, { value: true, by: 'ada' })
    await second.chains.wait(id)
    const spansOf = (events: readonly ChainEvent[]) => events.flatMap((event) => (event.type === 'span' ? [event.span] : []))
    const waits = [...spansOf(first.events), ...spansOf(second.events)].filter(({ op }) => op === 'chain.wait')
    expect(new Set(waits.map(({ spanId }) => spanId)).size).toBe(1)
    expect(waits.at(-1)?.attributes['switchyard.approved.by']).toBe('ada')
    expect(new Set(spansOf(second.events).map(({ traceId, flags, traceState }) => `${traceId} ${flags} ${traceState}`))).toEqual(
      new Set([`${'ab'.repeat(16)} 00 vendor=1`]),
    )
    expect(headers.at(-1)).toMatchObject({ traceparent: expect.stringMatching(/-00$/), tracestate: 'vendor=1' })
  })

  it('refuses wrong definitions and wrong input before anything is written', async () => {
    const { chains } = setUp()
    const definition: ChainDefinition = {
      name: 'strict',
      input: { env: { type: 'string', enum: ['dev', 'prod'] } },
      steps: [step('one', 'a.one', { of: '${{ steps.two.output }}' })],
    }
    await expect(chains.start(definition, { env: 'dev' })).rejects.toMatchObject({ code: 'CHAIN_INVALID' })
    const right = { ...definition, steps: [step('one', 'a.one')] }
    await expect(chains.start(right, { env: 'moon', extra: 1 })).rejects.toMatchObject({
      code: 'CHAIN_INPUT',
      data: { mistakes: { length: 2 } },
    })
    expect(chains.list()).toEqual([])
  })

  it('forgets old chains when told to', async () => {
    const store = openStore({ path: ':memory:' })
    const { chains, clock } = setUp({}, { store })
    const definition = { name: 'old', steps: [step('one', 'a.one')] }
    const definitions = (): unknown => store.prepare('SELECT count(*) AS count FROM chain_definition').get()
    const old = await chains.run(definition)
    clock.advance(1_000)
    const young = await chains.run({ name: 'young', steps: [step('one', 'a.one')] })
    expect(chains.prune(clock.now())).toBe(1)
    expect(chains.list().map(({ id }) => id)).toEqual([young.id])
    expect(() => chains.show(old.id)).toThrow(expect.objectContaining({ code: 'CHAIN_UNKNOWN' }))
    expect(definitions()).toEqual({ count: 1 })
    const again = await chains.run(definition)
    expect(setUp({}, { store }).chains.show(again.id)).toMatchObject({ state: 'done', definition: { name: 'old' } })
  })
})

describe('createChains(): a call that may have run', () => {
  /** A chain whose second step was under way when its process died, on a store that lives on. */
  async function leave(ability: Ability, more: Partial<CallStep> = {}): Promise<{ id: string; store: Store; left: readonly string[] }> {
    const store = openStore({ path: ':memory:' })
    const never: Ability = { ...ability, run: () => new Promise(() => {}) }
    const { chains, calls } = setUp({ 'a.make': { undo: () => ({ command: 'a.drop', input: {} }) }, 'a.risky': never }, { store })
    const id = await chains.start({
      name: 'dies',
      steps: [step('one', 'a.make'), { ...step('two', 'a.risky'), ...more }, step('three', 'a.last')],
    })
    await settle()
    store.transact(() => store.prepare('UPDATE chain_journal SET owner = NULL, due_ms = 0, fence = fence + 1 WHERE path IS NULL').run())
    return { id, store, left: calls }
  }
  const once: Ability = { idempotent: false, undo: () => ({ command: 'a.unrisk', input: {} }) }

  it('[J3] is repeated with its key where the command allows that', async () => {
    for (const ability of [{ idempotent: true }, { idempotent: false, takesKey: true }, { idempotent: false, effect: 'read' as const }]) {
      const { id, store } = await leave(ability)
      const keys: string[] = []
      const risky: Ability = {
        ...ability,
        run: (_, { idempotencyKey }) => {
          keys.push(idempotencyKey)
          return {}
        },
      }
      const { chains, calls } = setUp({ 'a.risky': risky }, { store })
      await chains.resume()
      expect(await chains.wait(id)).toMatchObject({ state: 'done' })
      expect(calls).toEqual(['a.risky {}', 'a.last {}'])
      expect(keys).toEqual([`${id}/two`])
      expect(chains.show(id).steps.find(({ path }) => path === 'two')).toMatchObject({ attempts: 2 })
    }
  })

  it('[J3] counts as failed, and is taken back, where it is compensateOnFailure', async () => {
    const { id, store } = await leave(once, { compensateOnFailure: true, undo: { call: 'a.unrisk', input: {} } })
    const { chains, calls } = setUp({ 'a.risky': once }, { store })
    await chains.resume()
    expect(await chains.wait(id)).toMatchObject({ state: 'undone', error: { code: 'STEP_UNCERTAIN' }, undone: ['two', 'one'] })
    expect(calls).toEqual(['a.unrisk {}', 'a.drop {}'])
  })

  it.for([
    ['ran', 'done', ['a.last {}'], ['one', 'two', 'three']],
    ['not-run', 'done', ['a.risky {}', 'a.last {}'], ['one', 'two', 'three']],
    ['failed', 'undone', ['a.drop {}'], []],
  ] as const)('[J3] waits for a person otherwise, who says it %s', async ([verdict, state, expected, done]) => {
    const { id, store } = await leave(once)
    const { chains, calls } = setUp({ 'a.risky': once }, { store })
    await chains.resume()
    const asked = await chains.wait(id)
    expect(asked).toMatchObject({
      state: 'uncertain',
      waitsFor: [{ path: 'two', question: expect.stringMatching(/Cannot tell whether "two" ran/) }],
    })
    expect(calls).toEqual([])
    await expect(chains.settle(id, { path: 'one', verdict })).rejects.toMatchObject({ code: 'NOT_WAITING' })
    await chains.settle(id, { verdict, output: { from: 'a person' } })
    expect(await chains.wait(id)).toMatchObject({ state, done })
    expect(calls).toEqual(expected)
  })

  it('[U2] is settled before a cancelled chain is taken back', async () => {
    const { id, store } = await leave({ ...once, takesKey: true })
    const { chains, calls } = setUp({ 'a.risky': { ...once, takesKey: true } }, { store })
    await chains.cancel(id)
    expect(await chains.wait(id)).toMatchObject({ state: 'undone', undone: ['two', 'one'], error: { code: 'CHAIN_CANCELLED' } })
    expect(calls).toEqual(['a.risky {}', 'a.unrisk {}', 'a.drop {}'])
  })

  it('[U2] is said to be left where nobody can know, when the chain is cancelled', async () => {
    const { id, store } = await leave(once)
    const { chains, calls } = setUp({ 'a.risky': once }, { store })
    await chains.cancel(id)
    expect(await chains.wait(id)).toMatchObject({
      state: 'failed',
      undone: ['one'],
      notUndone: [{ path: 'two', why: 'it may have had effects, nobody knows' }],
    })
    expect(calls).toEqual(['a.drop {}'])
  })

  it('[J2] undoing goes on where it was when the process died', async () => {
    const store = openStore({ path: ':memory:' })
    const broken = fails('BROKEN', 'no')
    const make = (command: string): Ability => ({ undo: () => ({ command, input: {} }) })
    const first = setUp(
      { 'a.make': make('a.drop'), 'b.make': make('b.drop'), 'a.drop': { run: () => new Promise(() => {}) }, 'a.break': broken },
      { store },
    )
    const id = await first.chains.start({ name: 'back', steps: [step('one', 'a.make'), step('two', 'b.make'), step('three', 'a.break')] })
    await settle()
    expect(first.calls.slice(3)).toEqual(['b.drop {}', 'a.drop {}'])
    store.transact(() => store.prepare('UPDATE chain_journal SET owner = NULL, due_ms = 0, fence = fence + 1 WHERE path IS NULL').run())
    const second = setUp({}, { store })
    await second.chains.resume()
    expect(await second.chains.wait(id)).toMatchObject({ state: 'undone', undone: ['two', 'one'], error: { code: 'BROKEN' } })
    expect(second.calls).toEqual(['a.drop {}'])
  })

  it('[E3] a race that was decided stays decided, whoever answers faster after the crash', async () => {
    const store = openStore({ path: ':memory:' })
    const race: ChainDefinition = {
      name: 'race',
      steps: [
        { id: 'race', mode: 'race', parallel: [step('slow', 'a.slow', { n: 1 }), step('quick', 'a.quick', { n: 2 })] },
        { id: 'go', ask: 'Go?' },
        step('after', 'a.after', { won: '${{ steps.race.output.n }}' }),
      ],
    }
    const first = setUp({ 'a.slow': { run: () => new Promise(() => {}) } }, { store })
    const { id } = await first.chains.run(race)
    await first.chains.close()
    // As if it had died after the winner was written down and before the loser's end was.
    store.transact(() => store.prepare(`UPDATE chain_journal SET state = 'started' WHERE path = 'slow'`).run())
    const second = setUp({}, { store })
    await second.chains.answer(id, { value: true })
    expect(await second.chains.wait(id)).toMatchObject({ state: 'done' })
    expect(second.calls).toEqual(['a.after {"won":2}'])
  })

  it('[R4] close gives its chains back at once', async () => {
    const store = openStore({ path: ':memory:' })
    const first = setUp({ 'a.slow': { run: () => new Promise(() => {}) } }, { store })
    const id = await first.chains.start({ name: 'handed', steps: [step('one', 'a.slow')] })
    await settle()
    await first.chains.close({ drainMs: 0 })
    await expect(first.chains.start({ name: 'late', steps: [step('one', 'a.one')] })).rejects.toMatchObject({ code: 'CHAINS_CLOSED' })
    const second = setUp({}, { store })
    expect(await second.chains.resume()).toBe(1)
    expect(await second.chains.wait(id)).toMatchObject({ state: 'done' })
    expect(first.clock.pending).toBe(0)
  })

  it('[R4] close lets a call that is under way end, and begins no other', async () => {
    const store = openStore({ path: ':memory:' })
    const gate = Promise.withResolvers<unknown>()
    const first = setUp({ 'a.risky': { idempotent: false, run: () => gate.promise } }, { store })
    const id = await first.chains.start({ name: 'drained', steps: [step('one', 'a.risky'), step('two', 'a.two')] })
    await settle()
    const closing = first.chains.close()
    await settle()
    gate.resolve({ n: 1 })
    await closing
    expect(first.calls).toEqual(['a.risky {}'])
    const second = setUp({}, { store })
    await second.chains.resume()
    expect(await second.chains.wait(id)).toMatchObject({ state: 'done', done: ['one', 'two'] })
    expect(second.calls).toEqual(['a.two {}'])
  })
})
