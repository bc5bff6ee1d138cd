import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { command, definePlugin, defineTopic } from '@switchyard/plugin-kit'
import { createTestYard, type TestYard } from '@switchyard/testkit'
import { followRealTime } from '@switchyard/testkit/real'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { z } from 'zod'
import { until } from '../../../test/until.ts'
import deploy from '../../index.ts'

const tagged = defineTopic(
  'release/tagged',
  z.object({
    project: z.string(),
    cut: z.string(),
    name: z.string(),
    version: z.string(),
    tag: z.string(),
    commit: z.string(),
    prerelease: z.boolean(),
  }),
  { durable: true },
)

/** Stands in for the release plugin: tags, and does nothing else. */
const release = definePlugin({
  name: 'release',
  version: '1.0.0',
  summary: 'Tags releases',
  publishes: [tagged],
  commands: {
    tag: command({
      summary: 'Tag a release',
      examples: ['tag a release'],
      effect: 'read',
      input: z.object({ version: z.string(), folder: z.string().default('.') }),
      output: z.object({}),
      async run({ version, folder }, ctx) {
        await ctx.publish(tagged, {
          project: join(ctx.workspace, folder),
          cut: `cut-${version}`,
          name: 'shop',
          version,
          tag: `v${version}`,
          commit: 'abc',
          prerelease: false,
        })
        return {}
      },
    }),
  },
})

let kit: TestYard
let moving: Disposable

beforeEach(async () => {
  kit = await createTestYard({ plugins: [deploy, release] })
  moving = followRealTime(kit)
  mkdirSync(join(kit.dir, 'dist'))
  writeFileSync(join(kit.dir, 'dist', 'run.sh'), 'exec sleep 600\n')
}, 60_000)

afterEach(async () => {
  await kit.call('deploy.destroy', { env: 'staging' }).catch(() => {})
  moving[Symbol.dispose]()
  await kit[Symbol.asyncDispose]()
}, 60_000)

function configure(environments: object): void {
  writeFileSync(
    join(kit.dir, 'switchyard.deploy.json'),
    JSON.stringify({
      stack: 'shop',
      targets: { here: { kind: 'local', root: join(kit.dir, 'host') } },
      environments,
      services: { api: { handler: 'process', source: 'dist', command: ['sh', 'run.sh'], stableForSeconds: 0, stopSignal: 'KILL' } },
    }),
  )
}

const waiting = () => kit.yard.plans().filter(({ state }) => state === 'waiting')

describe('release/tagged', { timeout: 60_000 }, () => {
  it('prepares a deployment that waits for a person, to where nothing is protected', async () => {
    configure({ staging: { target: 'here' }, production: { target: 'here', protected: true } })
    await kit.call('release.tag', { version: '1.2.0' })
    await until(() => waiting().length > 0)
    const [plan] = waiting()
    expect(plan).toMatchObject({
      command: 'deploy.apply',
      input: { env: 'staging', version: '1.2.0', tag: 'v1.2.0', why: 'release v1.2.0' },
    })
    const status = async (): Promise<unknown> => kit.call('deploy.status', { env: 'staging' })
    expect(await status()).toMatchObject({ services: [{ state: 'not-deployed', planned: { plan: plan!.id, version: '1.2.0' } }] })

    await kit.approve(plan!.id)
    expect(await status()).toMatchObject({
      services: [{ state: 'running', version: '1.2.0', deployment: { tag: 'v1.2.0', plan: plan!.id } }],
    })
    expect(await status()).not.toHaveProperty('services.0.planned')
  })

  it('has nothing wait any more whose plan was discarded', async () => {
    configure({ staging: { target: 'here' } })
    await kit.call('release.tag', { version: '1.2.0' })
    await until(() => waiting().length > 0)
    const [plan] = waiting()
    await until(async () => JSON.stringify(await kit.call('deploy.history')).includes(plan!.id))
    kit.yard.discard(plan!.id)
    expect(await kit.call('deploy.status', { env: 'staging' })).not.toHaveProperty('services.0.planned')
    expect(await kit.call('deploy.status', { env: 'staging' })).toMatchObject({ history: [] })
    expect(await kit.call('deploy.history')).toMatchObject({ deployments: [] })
  })

  it('lets the plan of a newer release take the place of the one that waits', async () => {
    configure({ staging: { target: 'here' } })
    await kit.call('release.tag', { version: '1.2.0' })
    await until(() => waiting().length === 1)
    await kit.call('release.tag', { version: '1.3.0' })
    await until(() => waiting().length === 2)
    expect(await kit.call('deploy.history', { state: 'planned' })).toMatchObject({ deployments: [{ version: '1.3.0' }] })
  })

  it('prepares nothing for a project that deploys nothing', async () => {
    mkdirSync(join(kit.dir, 'library'))
    configure({ staging: { target: 'here' } })
    await kit.call('release.tag', { version: '1.2.0', folder: 'library' })
    // Events are heard in order: once this one is, the one before was.
    await kit.call('release.tag', { version: '1.3.0' })
    await until(() => waiting().length > 0)
    expect(waiting().map(({ input }) => (input as { version: string }).version)).toEqual(['1.3.0'])
  })
})
