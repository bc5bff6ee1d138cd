import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { command, definePlugin, defineTopic } from '@switchyard/plugin-kit'
import { createTestYard, type TestYard } from '@switchyard/testkit'
import { followRealTime } from '@switchyard/testkit/real'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { z } from 'zod'
import { until } from '../../../test/until.ts'
import deploy from '../../index.ts'

const serviceChanged = defineTopic(
  'ops/service-changed',
  z.object({ service: z.string(), env: z.string().optional(), to: z.string(), at: z.string(), checks: z.array(z.unknown()) }),
  { durable: true },
)

/** Stands in for the ops plugin: tells what a monitor would, and takes issues. */
const issues: unknown[] = []
const ops = definePlugin({
  name: 'ops',
  version: '1.0.0',
  summary: 'Tells what a monitor sees',
  publishes: [serviceChanged],
  commands: {
    tell: command({
      summary: 'Tell that a service is unhealthy',
      examples: ['tell that it is unhealthy'],
      effect: 'read',
      input: z.object({ service: z.string(), to: z.string(), at: z.string() }),
      output: z.object({}),
      async run({ service, to, at }, ctx) {
        await ctx.publish(serviceChanged, { service, to, at, checks: [{ check: 'http', reason: 'it answers 500' }] })
        return {}
      },
    }),
    'issue.create': command({
      summary: 'File an issue',
      examples: ['file an issue'],
      effect: 'write',
      input: z.looseObject({ title: z.string(), description: z.string() }),
      output: z.object({}),
      plan: () => ({ summary: 'File an issue', steps: [] }),
      run(issue) {
        issues.push(issue)
        return {}
      },
    }),
  },
})

/** Answers well until a file says otherwise; its first version always does. */
const SERVER = `
const { existsSync } = require('node:fs')
require('node:http').createServer((_, answer) => {
  if ('VERSION' !== '1.0.0' && existsSync(process.env.SICK)) answer.statusCode = 500
  if ('VERSION' !== '1.0.0' && existsSync(process.env.DEAD)) process.exit(3)
  answer.end('VERSION')
}).listen(process.env.PORT, '127.0.0.1')
`

let kit: TestYard
let moving: Disposable

beforeEach(async () => {
  issues.length = 0
  kit = await createTestYard({ plugins: [deploy, ops] })
  moving = followRealTime(kit)
  writeFileSync(join(kit.dir, 'vars.env'), `SICK=${join(kit.dir, 'sick')}\nDEAD=${join(kit.dir, 'dead')}\n`)
  configure()
}, 60_000)

function configure(watch?: object): void {
  writeFileSync(
    join(kit.dir, 'switchyard.deploy.json'),
    JSON.stringify({
      stack: 'shop',
      targets: { here: { kind: 'local', root: join(kit.dir, 'host') } },
      environments: { staging: { target: 'here', envFile: 'vars.env', ...(watch !== undefined && { watch }) } },
      services: {
        api: {
          handler: 'process',
          source: 'dist',
          command: [process.execPath, 'server.cjs'],
          port: 8_080,
          health: { http: '/' },
          startForSeconds: 600,
          stableForSeconds: 0,
          drainSeconds: 0,
        },
      },
    }),
  )
}

afterEach(async () => {
  await kit.call('deploy.destroy', { env: 'staging' }).catch(() => {})
  moving[Symbol.dispose]()
  await kit[Symbol.asyncDispose]()
}, 60_000)

function release(version: string): void {
  mkdirSync(join(kit.dir, 'dist'), { recursive: true })
  writeFileSync(join(kit.dir, 'dist', 'server.cjs'), SERVER.replaceAll('VERSION', version))
}

const apply = async (version: string): Promise<void> => {
  release(version)
  await kit.call('deploy.apply', { env: 'staging', version, why: version })
}
const makeFile = (name: string): void => writeFileSync(join(kit.dir, name), '')
const served = async (): Promise<string | undefined> =>
  ((await kit.call('deploy.status', { env: 'staging' })) as { services: { version?: string }[] }).services[0]?.version

describe('deploy.watch', { timeout: 60_000 }, () => {
  it('lets pass what stays well, and writes that into the journal', async () => {
    await apply('1.0.0')
    expect(await kit.call('deploy.watch', { env: 'staging', forSeconds: 1, intervalSeconds: 0.2 })).toMatchObject({
      services: [{ service: 'api', healthy: true, failures: 0 }],
      text: expect.stringContaining('staging stayed well for 1 s'),
    })
    const { steps } = (await kit.call('deploy.history', { id: 1 })) as { steps: { step: string; state: string }[] }
    expect(steps.at(-1)).toMatchObject({ step: 'watch', state: 'done' })
  })

  it('[W1] [W2] says what failed, rolls back only where that is asked for, and files an issue with its labels', async () => {
    await apply('1.0.0')
    await apply('2.0.0')
    makeFile('sick')
    await expect(kit.call('deploy.watch', { env: 'staging', intervalSeconds: 0.1, failAfter: 2, issue: true })).rejects.toMatchObject({
      code: 'WATCH_UNHEALTHY',
      data: { service: 'api', rolledBack: false },
      message: expect.stringContaining('answered 500'),
    })
    expect(await served()).toBe('2.0.0')
    expect(issues).toMatchObject([
      {
        title: 'api 2.0.0 is not well in staging after deployment 2',
        labels: ['Component/Infra', 'Component/Deploy'],
      },
    ])
  })

  it('[W1] rolls back by itself what ended, without waiting for more looks to fail', async () => {
    await apply('1.0.0')
    await apply('2.0.0')
    makeFile('dead')
    await expect(
      kit.call('deploy.watch', { env: 'staging', intervalSeconds: 0.1, rollback: true, forSeconds: 3_600 }),
    ).rejects.toMatchObject({
      code: 'WATCH_UNHEALTHY',
      data: { rolledBack: true },
    })
    expect(await served()).toBe('1.0.0')
    const { deployments } = (await kit.call('deploy.history')) as { deployments: { kind: string; state: string; why: string }[] }
    expect(deployments.map(({ kind, state }) => [kind, state])).toEqual([
      ['rollback', 'done'],
      ['apply', 'rolled-back'],
      ['apply', 'done'],
    ])
    expect(deployments[0]!.why).toContain('watch of deployment 2')
  })

  it('[W3] hears from a monitor that a service it watches is unhealthy, and of nothing else', async () => {
    await apply('1.0.0')
    await apply('2.0.0')
    const watching = kit.call('deploy.watch', { env: 'staging', intervalSeconds: 0.1, rollback: true, forSeconds: 3_600 })
    const failed = expect(watching).rejects.toMatchObject({
      code: 'WATCH_UNHEALTHY',
      message: expect.stringContaining('the monitor found it'),
    })
    await looked()
    const at = (ms: number): string => new Date(kit.clock.now() + ms).toISOString()
    await kit.call('ops.tell', { service: 'other', to: 'UNHEALTHY', at: at(0) })
    await kit.call('ops.tell', { service: 'api', to: 'DEGRADED', at: at(0) })
    await kit.call('ops.tell', { service: 'api', to: 'UNHEALTHY', at: at(-3_600_000) })
    await kit.call('ops.tell', { service: 'shop-api', to: 'UNHEALTHY', at: at(0) })
    await failed
    await rolledBack()
    expect(await served()).toBe('1.0.0')
  })

  it('[W5] gives way to another deployment, and takes that one back by no means', async () => {
    await apply('1.0.0')
    await apply('2.0.0')
    const watching = kit.call('deploy.watch', { env: 'staging', intervalSeconds: 0.1, rollback: true, forSeconds: 3_600 })
    await looked()
    await apply('3.0.0')
    expect(await watching).toMatchObject({ services: [{ healthy: true, told: 'another deployment took its place' }] })
    expect(await served()).toBe('3.0.0')
  })

  it('has nothing to watch before anything is deployed', async () => {
    await expect(kit.call('deploy.watch', { env: 'staging' })).rejects.toMatchObject({ code: 'NOTHING_TO_WATCH' })
    await expect(kit.call('deploy.watch', { env: 'prod' })).rejects.toMatchObject({ code: 'ENVIRONMENT_UNKNOWN' })
  })
})

describe('deploy.apply where the environment says to watch', { timeout: 60_000 }, () => {
  it('[W4] says so in its plan, watches for as long, and tells what it saw', async () => {
    configure({ forSeconds: 1, intervalSeconds: 0.2 })
    release('1.0.0')
    const { id, plan } = await kit.plan('deploy.apply', { env: 'staging', version: '1.0.0' })
    expect(plan.steps.at(-1)).toEqual({ does: 'run', target: 'staging', detail: 'watch for 1 s' })
    expect(await kit.approve(id)).toMatchObject({ state: 'done', text: expect.stringContaining('staging stayed well for 1 s') })
    const { steps } = (await kit.call('deploy.history', { id: 1 })) as { steps: { step: string; state: string }[] }
    expect(steps.at(-1)).toMatchObject({ step: 'watch', state: 'done' })
  })

  it('[W4] returns by itself from what turns out bad only where that is configured, and destroys nothing', async () => {
    await apply('1.0.0')
    configure({ forSeconds: 300, intervalSeconds: 0.1, failAfter: 2, rollback: true, issue: true })
    const applying = expect(apply('2.0.0')).rejects.toMatchObject({ code: 'WATCH_UNHEALTHY', data: { rolledBack: true } })
    await looked()
    makeFile('sick')
    await applying
    expect(await served()).toBe('1.0.0')
    expect(issues).toHaveLength(1)
    const { deployments } = (await kit.call('deploy.history')) as { deployments: { kind: string; state: string }[] }
    expect(deployments.map(({ kind, state }) => [kind, state])).toEqual([
      ['rollback', 'done'],
      ['apply', 'rolled-back'],
      ['apply', 'done'],
    ])
  })

  it('[W4] leaves what turns out bad to a person where nothing else is configured', async () => {
    await apply('1.0.0')
    configure({ forSeconds: 300, intervalSeconds: 0.1, failAfter: 2 })
    const applying = expect(apply('2.0.0')).rejects.toMatchObject({
      code: 'WATCH_UNHEALTHY',
      data: { rolledBack: false },
      next: 'switchyard deploy rollback --env staging --service api',
    })
    await looked()
    makeFile('sick')
    await applying
    expect(await served()).toBe('2.0.0')
    expect(issues).toEqual([])
  })
})

const looked = (): Promise<void> => until(() => kit.progress.some(({ message }) => message.startsWith('api: / answered 200')))
const rolledBack = (): Promise<void> => until(async () => (await served()) === '1.0.0')
