import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { command, definePlugin, type Plugin } from '@switchyard/plugin-kit'
import { describe, expect, it, onTestFinished } from 'vitest'
import { z } from 'zod'
import { openYard } from './open-yard.ts'
import type { Yard, YardOptions } from './yard.ts'

async function open(plugins: readonly Plugin[], more: Partial<YardOptions> = {}): Promise<Yard> {
  const dir = mkdtempSync(join(tmpdir(), 'switchyard-versions-'))
  onTestFinished(() => rmSync(dir, { recursive: true }))
  const yard = await openYard(dir, { plugins, memory: true, ...more })
  onTestFinished(() => yard.close())
  return yard
}

const text = z.object({ says: z.string() })

/** Says which version it is, itself and by way of itself. */
const scales = (version: string, more: Partial<Parameters<typeof definePlugin>[0]> = {}): Plugin =>
  definePlugin({
    name: 'scales',
    version,
    summary: 'Weighs things',
    commands: {
      weigh: command({
        summary: 'Weigh a thing',
        examples: ['weigh it'],
        effect: 'read',
        input: z.object({}),
        output: text,
        run: () => ({ says: version }),
      }),
      twice: command({
        summary: 'Weigh a thing twice',
        examples: ['weigh it twice'],
        effect: 'read',
        input: z.object({}),
        output: text,
        run: async (_, ctx) => ({ says: `${version} ${((await ctx.call('scales.weigh', {})) as { says: string }).says}` }),
      }),
    },
    ...more,
  })

/** Asks whichever scales it depends on. */
const shop = (name: string, dependencies: Readonly<Record<string, string>>): Plugin =>
  definePlugin({
    name,
    version: '1.0.0',
    summary: 'Sells by weight',
    dependencies,
    touches: { plugins: ['scales', 'chain'] },
    commands: {
      sell: command({
        summary: 'Sell a thing',
        examples: ['sell it'],
        effect: 'read',
        input: z.object({}),
        output: text,
        run: async (_, ctx) => (await ctx.call('scales.twice', {})) as { says: string },
      }),
      chained: command({
        summary: 'Sell a thing by a chain',
        examples: ['sell it by a chain'],
        effect: 'read',
        input: z.object({}),
        output: text,
        async run(_, ctx) {
          const definition = { name: 'sell', steps: [{ id: 'a', call: 'scales.weigh' }] }
          const done = (await ctx.call('chain.run', { chain: definition })) as unknown
          return { says: JSON.stringify(done) }
        },
      }),
    },
  })

describe('what plugins depend on', () => {
  it('[G6] is said all at once where it is not there, and nothing is opened', async () => {
    const plugins = [
      scales('1.4.0'),
      shop('far', { market: '^1.0.0' }),
      shop('new', { scales: '^2.0.0' }),
      shop('fine', { scales: '^1.2.0' }),
    ]
    const error = await open(plugins).catch((thrown: unknown) => thrown)
    expect(error).toMatchObject({
      code: 'PLUGIN_DEPENDENCIES',
      data: {
        problems: [
          { plugin: 'far', kind: 'missing' },
          { plugin: 'new', kind: 'version' },
        ],
      },
    })
    expect(String(error)).toContain('\n  far needs market ^1.0.0, which is not here\n  new needs scales ^2.0.0: here is 1.4.0')
    // One that another process serves is there.
    await open([shop('fine', { scales: '^1.2.0' })], { standIns: [scales('1.4.0')] })
  })

  it('[G6] is no circle', async () => {
    const [hen, egg] = [shop('hen', { egg: '*' }), shop('egg', { hen: '*' })]
    await expect(open([hen, egg])).rejects.toThrow('hen needs egg needs hen')
  })
})

describe('two versions of a plugin', () => {
  it('[V1] are there at once: people and plugins without a say call the newest, others the newest that they understand', async () => {
    const yard = await open([
      scales('1.3.9'),
      scales('2.1.0'),
      scales('1.4.0'),
      scales('3.0.0-rc.1'),
      shop('old', { scales: '^1.2.0' }),
      shop('current', {}),
      shop('daring', { scales: '>=3.0.0-0' }),
    ])
    const says = async (id: string) => ((await yard.call(id, {})) as { says: string }).says
    expect(await says('scales.twice')).toBe('2.1.0 2.1.0')
    expect(await says('old.sell')).toBe('1.4.0 1.4.0')
    expect(await says('current.sell')).toBe('2.1.0 2.1.0')
    expect(await says('daring.sell')).toBe('3.0.0-rc.1 3.0.0-rc.1')
    expect(await says('old.chained')).toContain('1.4.0')
    expect([...yard.commands.keys()].filter((id) => id.startsWith('scales'))).toEqual(['scales.twice', 'scales.weigh'])
    expect(yard.plugins.filter(({ name }) => name.startsWith('scales'))).toMatchObject([{ version: '2.1.0' }])
    const known = [...yard.registry().snapshot().plugins.values()].filter(({ name }) => name.startsWith('scales'))
    expect(known.map(({ name, version, versionOf }) => [name, version, versionOf])).toEqual([
      ['scales@1-3-9', '1.3.9', 'scales'],
      ['scales', '2.1.0', undefined],
      ['scales@1-4-0', '1.4.0', 'scales'],
      ['scales@3-0-0-rc-1', '3.0.0-rc.1', 'scales'],
    ])
    expect(
      yard
        .registry()
        .search({ text: 'weigh a thing' })
        .map(({ entry }) => entry.id),
    ).not.toContainEqual(expect.stringContaining('@'))
  })

  it('[V3] are refused where they are the same, or would share tables', async () => {
    await expect(open([scales('1.0.0'), scales('1.0.0')])).rejects.toMatchObject({ code: 'MANIFEST_INVALID' })
    const tables = ['CREATE TABLE scales_weight (id INTEGER PRIMARY KEY) STRICT']
    await expect(open([scales('1.0.0'), scales('2.0.0', { tables })])).rejects.toThrow(/tables or shared state.*1\.0\.0 and 2\.0\.0/)
  })

  it('[V2] do not hear one event twice', async () => {
    const heard: string[] = []
    const listening = (version: string) => scales(version, { listens: [{ pattern: 'weighed', handler: () => void heard.push(version) }] })
    const seller = definePlugin({
      ...shop('seller', {}),
      publishes: [{ name: 'weighed', schema: z.object({}) }],
      commands: {
        tell: command({
          summary: 'Tell of it',
          examples: ['tell of it'],
          effect: 'read',
          input: z.object({}),
          output: z.object({}),
          async run(_, ctx) {
            await ctx.publish({ name: 'weighed', schema: z.object({}) }, {})
            return {}
          },
        }),
      },
    })
    const yard = await open([listening('1.0.0'), listening('2.0.0'), seller])
    await yard.call('seller.tell', {})
    await yard.close()
    expect(heard).toEqual(['2.0.0'])
  })
})
