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
})
