import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { SwitchyardError } from '@switchyard/contracts'
import { createFakeClock } from '@switchyard/contracts/testing'
import { type ChainData, chains, command, definePlugin, type Plugin } from '@switchyard/plugin-kit'
import { afterEach, describe, expect, it } from 'vitest'
import { z } from 'zod'
import { defaultConfig, openYard, type Yard, type YardOptions } from '../index.ts'

const anything = z.looseObject({})

/** A command that does one thing and says nothing else of itself. */
const does = (run: (input: Record<string, unknown>) => unknown, undo?: (input: Record<string, unknown>) => string) =>
  command({
    summary: 'Does a thing',
    examples: [],
    effect: 'write',
    idempotent: true,
    input: anything,
    output: anything,
    plan: () => ({ summary: 'Do a thing', steps: [{ does: 'run', target: 'thing' }] }),
    run: (input) => (run(input) ?? {}) as Record<string, unknown>,
    ...(undo !== undefined && { undo: (_: unknown, input: Record<string, unknown>) => ({ command: undo(input), input }) }),
  })

/** Calls what it is told to, and says that it changes nothing. */
const peek = command({
  summary: 'Looks, it says',
  examples: [],
  effect: 'read',
  input: z.object({ call: z.string(), given: z.unknown() }),
  output: z.unknown(),
  run: ({ call, given }, ctx) => ctx.call(call, given),
})

/** Does at once what it only ought to plan. */
const scheme = command({
  summary: 'Plans, it says',
  examples: [],
  effect: 'write',
  input: anything,
  output: anything,
  async plan(input, ctx) {
    await ctx.call('ops.note', input)
    return { summary: 'Note', steps: [] }
  },
  run: (input) => input,
})

/** Hands a call of the tests to the yard's chains, under the plugin's own name. */
const relay = command({
  summary: 'Asks for a chain',
  examples: [],
  effect: 'write',
  input: z.object({ verb: z.string(), given: z.unknown(), key: z.string().optional(), timeoutMs: z.number().optional() }),
  output: z.unknown(),
  plan: () => ({ summary: 'Run a chain', steps: [] }),
  run: ({ verb, given, key, timeoutMs }, ctx) =>
    ctx.call(`chain.${verb}`, given, {
      ...(key !== undefined && { idempotencyKey: key }),
      ...(timeoutMs !== undefined && { timeoutMs }),
    }),
})

interface Bench {
  readonly calls: string[]
  readonly plugins: readonly Plugin[]
}

/** `ops` may use chains and call `ships`; `ships` has chains too; `loner` may not use any, and nobody may call it. */
function bench(): Bench {
  const calls: string[] = []
  const log = (name: string) => (input: Record<string, unknown>) => {
    calls.push(`${name} ${JSON.stringify(input)}`)
    if (input.fail === true) throw new Error('no courier today')
    return { said: input.say ?? null }
  }
  const named = (name: string, plugins: string[], commands: Plugin['commands']): Plugin =>
    definePlugin({ name, version: '1.0.0', summary: 'A plugin', touches: { plugins }, commands })
  return {
    calls,
    plugins: [
      named('ops', ['chain', 'ships'], {
        relay,
        peek,
        scheme,
        note: does(log('note'), () => 'ops.unnote'),
        unnote: does(log('unnote')),
        // What the kit's references are for: input and outcome are typed.
        release: command({
          summary: 'Releases as one thing',
          examples: [],
          effect: 'write',
          input: z.object({ say: z.string() }),
          output: z.object({ state: z.string(), said: z.unknown() }),
          plan: ({ say }) => ({ summary: `Say ${say}`, steps: [] }),
          async run({ say }, ctx) {
            const { state, output } = await ctx.call(chains.run, { chain: saying, input: { say } })
            return { state, said: output }
          },
        }),
      }),
      named('ships', ['chain'], { relay, deploy: does(log('deploy'), () => 'ships.recall'), recall: does(log('recall')) }),
      named('loner', [], { relay, secret: does(log('secret')) }),
    ],
  }
}

const saying: ChainData = {
  name: 'saying',
  input: { say: { type: 'string' }, fail: { type: 'boolean', default: false } },
  steps: [
    { id: 'note', call: 'ops.note', input: { say: '${{ input.say }}' } },
    { id: 'deploy', call: 'ships.deploy', input: { say: '${{ input.say }}', fail: '${{ input.fail }}' } },
  ],
  output: '${{ steps.deploy.output.said }}',
}
const asking: ChainData = { name: 'asking', steps: [{ id: 'go', ask: 'Go?' }] }

const opened: Yard[] = []
const folders: string[] = []
afterEach(async () => {
  for (const yard of opened.splice(0)) await yard.close()
  for (const folder of folders.splice(0)) rmSync(folder, { recursive: true, force: true })
})

async function open({ plugins }: Pick<Bench, 'plugins'>, dir?: string, more: Partial<YardOptions> = {}): Promise<Yard> {
  const yard = await openYard(dir ?? newFolder(), { plugins, config: defaultConfig(), memory: dir === undefined, ...more })
  opened.push(yard)
  return yard
}

function newFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'yard-chain-service-'))
  folders.push(folder)
  return folder
}

type Said = Record<string, unknown> & { id: string; state: string }
const ask = async (
  yard: Yard,
  plugin: string,
  verb: string,
  given: unknown,
  more: { key?: string; timeoutMs?: number } = {},
): Promise<Said> => (await yard.call(`${plugin}.relay`, { verb, given, ...more })) as Said

describe('the chains of a plugin', () => {
  it('run by name of the call, and say what became of them', async () => {
    const { calls, plugins } = bench()
    const yard = await open({ plugins })
    expect(await yard.call('ops.release', { say: 'ahoy' })).toEqual({ state: 'done', said: 'ahoy' })
    expect(calls).toEqual(['note {"say":"ahoy"}', 'deploy {"say":"ahoy","fail":false}'])
  })

  it('are undone when they fail, which the plugin is told and not thrown', async () => {
    const { calls, plugins } = bench()
    const yard = await open({ plugins })
    const said = await ask(yard, 'ops', 'run', { chain: saying, input: { say: 'a', fail: true } })
    expect(said).toMatchObject({
      state: 'undone',
      undone: ['note'],
      failed: ['deploy'],
      error: { message: expect.stringContaining('no courier') },
    })
    expect(said).not.toHaveProperty('definition')
    expect(calls.at(-1)).toBe('unnote {"say":"a"}')
  })

  it('run by the name of a chain of the workspace', async () => {
    const yard = await open(bench())
    await expect(ask(yard, 'ops', 'run', { chain: 'no-such-chain' })).rejects.toMatchObject({ code: 'CHAIN_UNKNOWN' })
    await expect(ask(yard, 'ops', 'run', { chain: '../secrets' })).rejects.toMatchObject({ code: 'CHAIN_UNKNOWN' })
    await expect(ask(yard, 'ops', 'plan', { chain: 'full-health' })).rejects.toMatchObject({ code: 'CHAIN_INVALID' })
  })

  it('are refused to a plugin that does not name them in touches', async () => {
    const yard = await open(bench())
    await expect(ask(yard, 'loner', 'run', { chain: asking })).rejects.toMatchObject({ code: 'FORBIDDEN' })
  })

  it('[W1] may call only what the plugin may: refused before anything of it runs', async () => {
    const { calls, plugins } = bench()
    const yard = await open({ plugins })
    const steps = [saying.steps[0]!, { id: 'out', call: 'loner.secret' }]
    await expect(ask(yard, 'ops', 'run', { chain: { name: 'out', steps }, input: {} })).rejects.toMatchObject({
      code: 'CHAIN_INVALID',
      data: { problems: expect.arrayContaining([expect.objectContaining({ code: 'PERMISSION' })]) },
    })
    // Nor as an undo, nor in a part, nor in a name that only begins alike.
    const undo = { id: 'note', call: 'ops.note', undo: { call: 'loner.secret' } }
    await expect(ask(yard, 'ops', 'start', { chain: { name: 'out', steps: [undo] } })).rejects.toMatchObject({ code: 'CHAIN_INVALID' })
    await expect(ask(yard, 'ships', 'start', { chain: saying, input: { say: 'a' } })).rejects.toMatchObject({ code: 'CHAIN_INVALID' })
    expect(calls).toEqual([])
  })

  it('[W1] call under the name of the plugin', async () => {
    const sources: string[] = []
    const { plugins } = bench()
    const watcher = definePlugin({
      name: 'watcher',
      version: '1.0.0',
      summary: 'Sees who calls',
      commands: {
        look: { ...does(() => {}), run: (_, ctx) => ({ by: sources.push(String((ctx as unknown as { source: string }).source)) }) },
      },
    })
    const [ops, ...others] = plugins
    const yard = await open({ plugins: [{ ...ops!, touches: { plugins: ['chain', 'watcher'] } }, ...others, watcher] })
    await ask(yard, 'ops', 'run', { chain: { name: 'look', steps: [{ id: 'look', call: 'watcher.look' }] } })
    expect(sources).toEqual(['ops'])
  })

  it('[W3] are one for one key, whoever else uses that key', async () => {
    const { calls, plugins } = bench()
    const yard = await open({ plugins })
    const given = { chain: saying, input: { say: 'once' } }
    const [first, second] = await Promise.all([ask(yard, 'ops', 'run', given, { key: 'k' }), ask(yard, 'ops', 'run', given, { key: 'k' })])
    const third = await ask(yard, 'ops', 'start', { chain: asking }, { key: 'k' })
    expect([second?.id, third.id]).toEqual([first?.id, first?.id])
    expect(calls).toHaveLength(2)
    expect((await ask(yard, 'ships', 'start', { chain: asking }, { key: 'k' })).id).not.toBe(first?.id)
    expect((await ask(yard, 'ops', 'start', { chain: asking })).id).not.toBe(first?.id)
  })

  it('are seen by that plugin alone, and by the person', async () => {
    const yard = await open(bench())
    const { id } = await ask(yard, 'ops', 'run', { chain: asking })
    expect(await ask(yard, 'ops', 'list', { unfinished: true })).toMatchObject({ chains: [{ id, name: 'asking' }] })
    expect(await ask(yard, 'ships', 'list', {})).toEqual({ chains: [] })
    for (const [verb, given] of [
      ['show', {}],
      ['cancel', {}],
      ['retry', {}],
      ['resume', {}],
      ['answer', { value: true }],
    ] as const)
      await expect(ask(yard, 'ships', verb, { id, ...given })).rejects.toMatchObject({ code: 'CHAIN_UNKNOWN' })
    const all = await yard.chains()
    expect(all.list()).toMatchObject([{ id, plugin: 'ops' }])
    expect((await ask(yard, 'ops', 'show', { id })).state).toBe('waiting')
    await all.answer(id, { value: true, by: 'person' })
    expect((await ask(yard, 'ops', 'resume', { id })).state).toBe('done')
  })

  it('[W5] change nothing for a command that reads, as nothing that it calls does', async () => {
    const { calls, plugins } = bench()
    const yard = await open({ plugins })
    const peeked = (call: string, given: unknown): Promise<unknown> => yard.call('ops.peek', { call, given })
    const readOnly = { code: 'READ_ONLY' }
    await expect(peeked('ops.note', {})).rejects.toMatchObject(readOnly)
    await expect(peeked('ops.peek', { call: 'ops.peek', given: { call: 'ships.deploy', given: {} } })).rejects.toMatchObject(readOnly)
    await expect(yard.plan('ops.scheme', {})).rejects.toMatchObject(readOnly)
    const reading = { id: 'look', call: 'ops.peek', input: { call: 'chain.list', given: {} } }
    for (const step of [
      { id: 'note', call: 'ops.note' },
      { ...reading, undo: { call: 'ops.note' } },
    ])
      for (const steps of [[step], [{ id: 'both', parallel: [reading, { ...step, id: 'other' }] }]])
        for (const verb of ['run', 'start'])
          await expect(peeked(`chain.${verb}`, { chain: { name: 'writes', steps } })).rejects.toMatchObject(readOnly)
    expect(await peeked('chain.run', { chain: { name: 'reads', steps: [reading] } })).toMatchObject({ state: 'done' })

    const { id } = await ask(yard, 'ops', 'run', { chain: { name: 'asks', steps: [{ id: 'go', ask: 'Go?', answer: 'text' }] } })
    for (const verb of ['cancel', 'retry', 'resume', 'answer'])
      await expect(peeked(`chain.${verb}`, { id, ...(verb === 'answer' && { value: 'x' }) }), verb).rejects.toMatchObject(readOnly)
    expect(await peeked('chain.show', { id })).toMatchObject({ state: 'waiting' })
    expect(calls).toEqual([])
  })

  it('[W4] are approved by a person, and told other answers by the plugin too', async () => {
    const yard = await open(bench())
    const wants = { id: 'name', ask: 'Which?', answer: 'text' }
    const { id } = await ask(yard, 'ops', 'run', { chain: { name: 'both', steps: [wants, ...asking.steps] } })
    expect(await ask(yard, 'ops', 'answer', { id, value: 'blue' })).toMatchObject({
      state: 'waiting',
      waitsFor: [{ path: 'go', question: 'Go?', answer: 'approval' }],
    })
    const refused = { code: 'FORBIDDEN', next: `switchyard chain approve ${id} --step go` }
    for (const value of [true, false, 'yes', 'nonsense'])
      await expect(ask(yard, 'ops', 'answer', { id, step: 'go', value })).rejects.toMatchObject(refused)
    const all = await yard.chains()
    expect(all.show(id).state).toBe('waiting')
    await all.answer(id, { value: true, by: 'person' })
    expect(await all.wait(id)).toMatchObject({
      state: 'done',
      steps: [{ output: { value: 'blue', by: 'ops' } }, { output: { by: 'person' } }],
    })
  })

  it('[W4] are put to the person at hand, as the run says who that is', async () => {
    const asked: unknown[] = []
    const yard = await open(bench(), undefined, {
      async ask({ text, choices }, headers) {
        // A chain knows of nobody; only who came with the call does.
        if (headers?.sessionId !== 'ann') throw new SwitchyardError('NEEDS_ANSWER', 'Nobody is here')
        asked.push({ text, choices })
        return asked.length === 1 ? 'yes' : 'no'
      },
    })
    const given = { verb: 'run', given: { chain: asking } }
    const run = (headers: Record<string, string>): Promise<unknown> => yard.call('ops.relay', given, { headers })
    expect(await run({ sessionId: 'bob' })).toMatchObject({ state: 'waiting' })
    expect(await run({ sessionId: 'ann' })).toMatchObject({ state: 'done', output: { value: true, by: 'person' } })
    expect(await run({ sessionId: 'ann' })).toMatchObject({ state: 'undone', error: { code: 'REFUSED' } })
    expect(asked).toEqual(Array(2).fill({ text: 'Go?', choices: ['yes', 'no'] }))
  })

  it('can be cancelled and retried by it', async () => {
    const yard = await open(bench())
    const note = { id: 'note', call: 'ops.note' }
    const { id } = await ask(yard, 'ops', 'run', { chain: { name: 'both', steps: [note, asking.steps[0]!] } })
    await expect(ask(yard, 'ops', 'run', { chain: { name: 'x', steps: [] } })).rejects.toMatchObject({ code: 'CHAIN_INVALID' })
    expect((await ask(yard, 'ops', 'cancel', { id, undo: false })).state).toBe('cancelled')
    expect(await ask(yard, 'ops', 'retry', { id })).toMatchObject({ state: 'waiting', waitsFor: [{ path: 'go' }] })
    expect(await ask(yard, 'ops', 'cancel', { id })).toMatchObject({ state: 'undone', undone: ['note'] })
  })

  it('outlive a caller whose time ends', async () => {
    const { plugins } = bench()
    const clock = createFakeClock()
    const yard = await open({ plugins }, undefined, { clock })
    const waits = { name: 'waits', steps: [{ id: 'pause', wait: '10s' }] }
    const given = ask(yard, 'ops', 'run', { chain: waits }, { timeoutMs: 2_000 })
    const refused = expect(given).rejects.toMatchObject({ code: expect.stringMatching(/TIMEOUT|DEADLINE/) })
    const all = await yard.chains()
    while (all.list().length === 0) await new Promise((resolve) => setImmediate(resolve))
    await clock.advance(2_100)
    await refused
    const [{ id } = { id: '' }] = all.list()
    await clock.advance(10_000)
    expect((await all.wait(id)).state).toBe('done')
  })

  it('[W1][W2] go on under the same grant in another process, and in none that has not got the plugin', async () => {
    const dir = newFolder()
    const { calls, plugins } = bench()
    const steps = [asking.steps[0]!, { id: 'deploy', call: 'ships.deploy' }]
    const first = await open({ plugins }, dir)
    const { id } = await ask(first, 'ops', 'start', { chain: { name: 'later', steps } })
    const other = await ask(first, 'ops', 'start', { chain: { name: 'later', steps } })
    await first.close()

    const [ops, ships, loner] = plugins
    const without = await open({ plugins: [ships!, loner!] }, dir)
    const elsewhere = await without.chains()
    await elsewhere.answer(id, { value: true })
    expect(await elsewhere.resume()).toBe(0)
    await without.close()

    // What the plugin may call has become less since it started the chain.
    const less = await open({ plugins: [{ ...ops!, touches: { plugins: ['chain'] } }, ships!] }, dir)
    expect((await less.chains()).show(id).state).toBe('waiting')
    expect(await ask(less, 'ops', 'resume', { id })).toMatchObject({ state: 'undone', error: { code: 'FORBIDDEN' } })
    expect(calls).toEqual([])
    await less.close()

    const again = await open({ plugins }, dir)
    await (await again.chains()).answer(other.id, { value: true })
    expect(await ask(again, 'ops', 'resume', { id: other.id })).toMatchObject({ state: 'done' })
    expect(calls).toEqual(['deploy {}'])
  })
})
