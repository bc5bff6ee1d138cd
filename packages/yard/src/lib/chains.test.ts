import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { ChainDefinition } from '@switchyard/chain'
import { createFakeClock } from '@switchyard/contracts/testing'
import { command, definePlugin, defineTopic, SwitchyardError } from '@switchyard/plugin-kit'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { z } from 'zod'
import { defaultConfig, openYard, type Yard } from '../index.ts'

const deployed = defineTopic('ships/deployed', z.object({ version: z.string() }), { durable: true })

const ships = definePlugin({
  name: 'ships',
  version: '1.0.0',
  summary: 'Deploys',
  publishes: [deployed],
  commands: {
    deploy: command({
      summary: 'Deploys a version',
      examples: ['deploy it', 'ship the version', 'bring it out'],
      effect: 'write',
      input: z.object({ version: z.string() }),
      output: z.object({ version: z.string() }),
      plan: ({ version }) => ({ summary: `Deploy ${version}`, steps: [{ does: 'run', target: version }] }),
      async run({ version }, ctx) {
        await ctx.publish(deployed, { version })
        return { version }
      },
    }),
  },
})

let dir: string
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'yard-chains-'))
})
afterEach(() => rmSync(dir, { recursive: true, force: true }))

const DAY_MS = 86_400_000
const clock = createFakeClock()
const open = (): Promise<Yard> => openYard(dir, { plugins: [ships], config: defaultConfig(), clock })

/** What a process does that has the workspace open for a moment. */
async function visit<result>(work: (yard: Yard) => Promise<result>): Promise<result> {
  const yard = await open()
  try {
    return await work(yard)
  } finally {
    await yard.close()
    await clock.advance(10)
  }
}

describe('yard.chains()', () => {
  it('hears an event on a durable topic that no chain was there to hear', async () => {
    const waits = (version: string) => ({ name: 'waits', steps: [{ id: 'event', wait: { event: 'ships/deployed', match: { version } } }] })
    const id = await visit(async (yard) => (await yard.chains()).start(waits('1')))
    await visit((yard) => yard.call('ships.deploy', { version: '2' }))
    // It begins to wait for what has been.
    const late = await visit(async (yard) => (await yard.chains()).start(waits('2')))
    await visit((yard) => yard.call('ships.deploy', { version: '1' }))
    await visit(async (yard) => {
      const chains = await yard.chains()
      await chains.resume()
      expect(await chains.wait(id)).toMatchObject({ state: 'done', output: { version: '1' } })
      expect(chains.show(late).state).toBe('waiting')
    })
  })

  it('forgets what ended a season ago, when it is opened', async () => {
    const { id } = await visit(async (yard) => (await yard.chains()).run({ name: 'brief', steps: [{ id: 'one', value: 1 }] }))
    await clock.advance(89 * DAY_MS)
    expect((await visit(async (yard) => (await yard.chains()).show(id))).state).toBe('done')
    await clock.advance(2 * DAY_MS)
    expect(await visit(async (yard) => (await yard.chains()).list())).toEqual([])
  })

  it('shows a command the key of its step, the same at every try', async () => {
    const keys: (string | undefined)[] = []
    const pays = definePlugin({
      name: 'pays',
      version: '1.0.0',
      summary: 'Pays',
      commands: {
        pay: command({
          summary: 'Pays once for a key',
          examples: [],
          effect: 'write',
          idempotent: 'key',
          costUsd: 1.25,
          input: z.object({}),
          output: z.object({}),
          plan: () => ({ summary: 'Pay', steps: [] }),
          run(_, ctx) {
            keys.push(ctx.idempotencyKey)
            if (keys.length === 1) throw new SwitchyardError('BUSY', 'Cannot pay as the bank must be open: it is not', { retryable: true })
            return {}
          },
        }),
      },
    })
    const yard = await openYard(dir, { plugins: [pays, ships], config: defaultConfig(), memory: true })
    const chains = await yard.chains()
    const definition: ChainDefinition = { name: 'pay', steps: [{ id: 'pay', call: 'pays.pay', retry: { attempts: 3, delay: '1ms' } }] }
    const { id, state } = await chains.run(definition)
    expect([state, keys]).toEqual(['done', [`${id}/pay`, `${id}/pay`]])

    // What may be repeated by its key asks nobody after a crash, and every try may cost.
    const { problems, worstCase } = chains.check(definition)
    expect(problems.map(({ code }) => code)).toEqual(['NO_UNDO'])
    expect(worstCase?.costUsd).toBe(3.75)
    const once: ChainDefinition = { name: 'once', steps: [{ id: 'out', call: 'ships.deploy', input: { version: '1' }, undo: false }] }
    expect(chains.check(once).problems.map(({ code }) => code)).toEqual(['ASKS_AFTER_CRASH'])
    expect(chains.check(once, { plugin: 'pays' }).problems.map(({ code }) => code)).toEqual(['PERMISSION', 'ASKS_AFTER_CRASH'])
    expect(chains.check(once, { plugin: 'ships' }).problems.map(({ code }) => code)).toEqual(['ASKS_AFTER_CRASH'])
    await yard.close()
  })

  it('keeps every step and every undo as a span of one trace, under what started the chain', async () => {
    const yard = await openYard(dir, { plugins: [ships], config: defaultConfig(), memory: true })
    const chains = await yard.chains()
    const definition: ChainDefinition = {
      name: 'spans',
      steps: [
        { id: 'one', call: 'ships.deploy', input: { version: '1' }, undo: { call: 'ships.deploy', input: { version: '0' } } },
        { id: 'two', call: 'ships.deploy', input: { version: 'none' }, timeout: '0ms' },
      ],
    }
    const traceparent = `00-${'a'.repeat(32)}-${'b'.repeat(16)}-01`
    const { traceId } = await chains.run(definition, {}, { traceparent })
    await yard.traces.flush()
    const spans = yard.traces.spans(traceId)
    const chain = spans.find(({ name }) => name === 'chain spans')!
    expect(chain).toMatchObject({
      parentSpanId: 'b'.repeat(16),
      attributes: { 'switchyard.outcome': 'failed' },
      error: { type: 'TIMEOUT' },
    })
    const steps = spans.filter(({ parentSpanId }) => parentSpanId === chain.spanId)
    expect(steps.map(({ name, error }) => [name, error?.type])).toEqual([
      ['step one', undefined],
      ['step two', 'TIMEOUT'],
      ['compensate one', undefined],
    ])
    // Each call hangs on its step, and what serves it on the call.
    for (const step of steps.filter(({ error }) => error === undefined)) {
      const [call] = spans.filter(({ parentSpanId }) => parentSpanId === step.spanId)
      expect(call).toMatchObject({ name: 'ships.deploy', kind: 'client', lane: 'person' })
      expect(spans.find(({ parentSpanId }) => parentSpanId === call!.spanId)).toMatchObject({ kind: 'server', lane: 'ships' })
    }
    expect(yard.traces.run(traceId)).toMatchObject({ name: 'chain spans', state: 'failed' })
    await yard.close()
  })
})
