import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createFakeClock } from '@switchyard/contracts/testing'
import { command, definePlugin, defineTopic } from '@switchyard/plugin-kit'
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

describe('yard.chains()', () => {
  it('hears an event on a durable topic that no chain was there to hear', async () => {
    const waits = (version: string) => ({ name: 'waits', steps: [{ id: 'event', wait: { event: 'ships/deployed', match: { version } } }] })
    const first = await open()
    await first.call('ships.deploy', { version: '2' })
    await clock.advance(10)
    const chains = await first.chains()
    const id = await chains.start(waits('1'))
    const other = await chains.start(waits('2'))
    await first.close()

    const second = await open()
    await clock.advance(10)
    await second.call('ships.deploy', { version: '1' })
    await second.close()

    const third = await open()
    const resumed = await third.chains()
    await resumed.resume()
    expect(await resumed.wait(id)).toMatchObject({ state: 'done', output: { version: '1' } })
    // Version 2 was deployed before the chain began to wait for it.
    expect(resumed.show(other).state).toBe('waiting')
    await third.close()
  })

  it('forgets what ended a season ago, when it is opened', async () => {
    const first = await open()
    const { id } = await (await first.chains()).run({ name: 'brief', steps: [{ id: 'one', value: 1 }] })
    await first.close()
    await clock.advance(89 * DAY_MS)
    const second = await open()
    expect((await second.chains()).show(id).state).toBe('done')
    await second.close()
    await clock.advance(2 * DAY_MS)
    const third = await open()
    expect((await third.chains()).list()).toEqual([])
    await third.close()
  })
})
