import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createTestYard, type TestYard } from '@switchyard/testkit'
import { followRealTime } from '@switchyard/testkit/real'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { yardWithContext } from '../../../test/with-context.ts'
import deploy from '../../index.ts'
import { createDeployments } from '../records/deployments.ts'
import { destroyCommands } from './commands.ts'

interface Destroyed {
  readonly gone: readonly { kind: string; name: string }[]
  readonly stays: readonly { kind: string; name: string }[]
  readonly text: string
}

let kit: TestYard
let moving: Disposable

beforeEach(async () => {
  kit = await createTestYard({ plugins: [deploy] })
  moving = followRealTime(kit)
  mkdirSync(join(kit.dir, 'dist'))
  writeFileSync(join(kit.dir, 'dist', 'run.sh'), 'exec sleep 600\n')
  const service = { handler: 'process', source: 'dist', command: ['sh', 'run.sh'], stableForSeconds: 0, stopSignal: 'KILL' }
  writeFileSync(
    join(kit.dir, 'switchyard.deploy.json'),
    JSON.stringify({
      stack: 'shop',
      targets: { here: { kind: 'local', root: join(kit.dir, 'host') } },
      environments: { staging: { target: 'here' }, production: { target: 'here', protected: true } },
      services: { api: service, worker: service },
    }),
  )
}, 60_000)

afterEach(async () => {
  for (const env of ['staging', 'production']) await kit.call('deploy.destroy', { env, confirm: env }).catch(() => {})
  moving[Symbol.dispose]()
  await kit[Symbol.asyncDispose]()
}, 60_000)

const states = async (env: string): Promise<unknown> =>
  ((await kit.call('deploy.status', { env })) as { services: { service: string; state: string }[] }).services.map(({ state }) => state)
const names = (things: readonly { kind: string; name: string }[]): readonly string[] => things.map(({ kind, name }) => `${kind} ${name}`)

describe('deploy.destroy', { timeout: 60_000 }, () => {
  it('[X1] plans each thing that goes and each that stays, and does just that', async () => {
    await kit.call('deploy.apply', { env: 'staging' })
    mkdirSync(join(kit.dir, 'host/shop/staging/backups/1'), { recursive: true })
    const { id, plan } = await kit.plan('deploy.destroy', { env: 'staging' })
    const targets = plan.steps.map(({ target }) => target)
    expect(targets).toEqual(expect.arrayContaining(['process shop-staging-api-blue', 'process shop-staging-worker-blue']))
    expect(plan.warnings).toContainEqual(expect.stringMatching(/^stays: backup .*backups/))
    expect(await states('staging')).toEqual(['running', 'running'])

    const { gone, stays, text } = (await kit.approve(id)) as Destroyed
    expect(names(gone)).toEqual(targets)
    expect(names(stays)).toHaveLength(1)
    expect(text).toContain('What stays:')
    expect(await states('staging')).toEqual(['not-deployed', 'not-deployed'])
    expect(existsSync(join(kit.dir, 'host/shop/staging/services/api'))).toBe(false)
    expect(existsSync(join(kit.dir, 'host/shop/staging/backups/1'))).toBe(true)
    expect(await kit.call('deploy.status', { env: 'staging' })).toMatchObject({ resources: [], services: [{ drift: [] }, { drift: [] }] })
    expect(await kit.call('deploy.history', { kind: 'destroy' })).toMatchObject({
      deployments: [
        { service: 'worker', state: 'done' },
        { service: 'api', state: 'done' },
      ],
    })
  })

  it('takes one service alone, and leaves what others may use', async () => {
    await kit.call('deploy.apply', { env: 'staging' })
    const { gone } = (await kit.call('deploy.destroy', { env: 'staging', service: ['worker'] })) as Destroyed
    expect(names(gone).some((name) => name.includes('api'))).toBe(false)
    expect(await states('staging')).toEqual(['running', 'not-deployed'])
    expect(existsSync(join(kit.dir, 'host/shop/staging/state.json'))).toBe(true)
  })

  it('[N2] wants the name of a protected environment typed, and destroys nothing before', async () => {
    await kit.call('deploy.apply', { env: 'production', service: ['api'], confirm: 'production' })
    await expect(kit.call('deploy.destroy', { env: 'production', confirm: 'prod' })).rejects.toMatchObject({
      code: 'ENVIRONMENT_NOT_CONFIRMED',
    })
    await expect(kit.call('deploy.destroy', { env: 'prod', confirm: 'prod' })).rejects.toMatchObject({ code: 'ENVIRONMENT_UNKNOWN' })
    expect(await states('production')).toEqual(['running', 'not-deployed'])
    kit.answer(() => 'production')
    await kit.call('deploy.destroy', { env: 'production' })
    expect(await states('production')).toEqual(['not-deployed', 'not-deployed'])
  })

  it('ends by no other handler what one began', async () => {
    await kit.call('deploy.apply', { env: 'staging', service: ['api'] })
    const file = join(kit.dir, 'switchyard.deploy.json')
    const config = readFileSync(file, 'utf8')
    const { services, ...others } = JSON.parse(config) as { services: Record<string, object> }
    const unit = { handler: 'systemd', source: 'dist', unit: 'api.service' }
    writeFileSync(file, JSON.stringify({ ...others, services: { ...services, api: unit } }))
    writeFileSync(join(kit.dir, 'api.service'), '[Service]\nExecStart=/bin/true\n')
    for (const command of ['apply', 'destroy'])
      await expect(kit.call(`deploy.${command}`, { env: 'staging', service: ['api'] })).rejects.toMatchObject({ code: 'HANDLER_CHANGED' })
    expect(await kit.call('deploy.status', { env: 'staging', service: ['api'] })).toMatchObject({
      services: [{ state: 'unknown', reason: expect.stringContaining('"process"') }],
    })
    writeFileSync(file, config)
    expect(await states('staging')).toEqual(['running', 'not-deployed'])
  })

  it('finds nothing to do the second time', async () => {
    await kit.call('deploy.apply', { env: 'staging', service: ['api'] })
    await kit.call('deploy.destroy', { env: 'staging' })
    expect(((await kit.call('deploy.destroy', { env: 'staging' })) as Destroyed).gone).toEqual([])
    expect((await kit.plan('deploy.destroy', { env: 'staging' })).plan.summary).toContain('Nothing of it')
  })
})

it('deploy.destroy finishes what a process had begun that was killed when all was gone', async () => {
  const config = {
    stack: 'shop',
    targets: { here: { kind: 'local', root: mkdtempSync(join(tmpdir(), 'switchyard-host-')) } },
    environments: { staging: { target: 'here' } },
    services: { api: { handler: 'process', source: 'dist', command: ['sh', 'run.sh'] } },
  }
  const files = { 'switchyard.deploy.json': JSON.stringify(config) }
  const { kit: yard, context } = await yardWithContext(destroyCommands, files)
  await using _ = yard
  const deployments = createDeployments(context)
  const place = { stack: 'shop', env: 'staging', service: 'api', target: 'here', handler: 'process' }
  const { id } = deployments.begin({ ...place, kind: 'destroy', why: 'over' })
  context.store.prepare('UPDATE deploy_deployment SET runner = NULL WHERE id = ?').run(id)
  await yard.call('deploy.destroy', { env: 'staging' })
  expect(deployments.get(id).state).toBe('done')
  expect(deployments.begin({ ...place, kind: 'apply', why: 'again' }).state).toBe('running')
  rmSync(config.targets.here.root, { recursive: true })
})
