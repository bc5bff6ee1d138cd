import { appendFileSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { openYard, type Yard } from '@switchyard/yard'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { builtInPlugins } from '../src/lib/built-in.ts'

const SERVER = `
import { createServer } from 'node:http'
createServer((_, answer) => answer.end()).listen(Number(process.env.PORT), '127.0.0.1')
`

let dir: string
let yard: Yard

const environment = { target: 'here' }
const gate = { port: 8_080, health: { http: '/' }, stableForSeconds: 0, drainSeconds: 0 }
const files = (): Record<string, unknown> => ({
  'switchyard.deploy.json': {
    stack: 'shop',
    targets: { here: { kind: 'local', root: join(dir, 'host') } },
    environments: { staging: environment },
    services: { api: { handler: 'process', source: 'app', command: [process.execPath, 'server.mjs'], ...gate } },
  },
  'switchyard.services.json': {
    services: ['staging', 'live'].map((env) => ({
      name: `shop-${env}`,
      checks: [{ type: 'memory', maxUsedPercent: 100, warnUsedPercent: 100 }],
      logs: [{ file: 'app.log' }],
      remediate: { deployment: { service: 'api', env } },
    })),
  },
})

beforeEach(async () => {
  dir = mkdtempSync(join(tmpdir(), 'deployment-incident-'))
  mkdirSync(join(dir, 'app'))
  for (const [path, value] of Object.entries(files())) writeFileSync(join(dir, path), JSON.stringify(value))
  log(Date.now() - 5_400_000, 'INFO all is well')
  yard = await openYard(dir, { plugins: await builtInPlugins(), memory: true, ask: async () => 'yes' })
}, 60_000)

afterEach(async () => {
  await yard.call('deploy.destroy', { env: 'staging' }).catch(() => {})
  await yard.close()
  rmSync(dir, { recursive: true, force: true })
}, 60_000)

const log = (atMs: number, text: string): void => appendFileSync(join(dir, 'app.log'), `${new Date(atMs).toISOString()} ${text}\n`)

async function deploy(version: string): Promise<void> {
  writeFileSync(join(dir, 'app', 'server.mjs'), `// ${version}\n${SERVER}`)
  await yard.call('deploy.apply', { env: 'staging', version })
}

interface Found {
  verdict: string
  candidates: { cause: string; evidence: string[]; next: string }[]
  timeline: { kind: string; text: string }[]
}
const investigate = async (service: string): Promise<Found> => (await yard.call('ops.investigate', { service })) as Found
const versionNow = async (): Promise<string | undefined> =>
  ((await yard.call('deploy.status', { env: 'staging' })) as { services: { version?: string }[] }).services[0]?.version

it('an incident is put down to the deployment that came before it, and mended by a return to the release before', {
  timeout: 120_000,
}, async () => {
  await deploy('1.0.0')
  await deploy('2.0.0')
  for (let order = 1; order <= 5; order++) log(Date.now(), `ERROR cannot read the basket of order ${order}`)

  // The listener is told in its own time.
  await expect
    .poll(async () => (await investigate('shop-staging')).timeline.map(({ text }) => text).join('\n'), { timeout: 30_000 })
    .toMatch(/deploy\/done, service api, .*version 2\.0\.0/)
  const { verdict, candidates } = await investigate('shop-staging')
  expect(verdict).not.toBe('unknown')
  expect(candidates.map(({ cause }) => cause).join('\n')).toContain('deploy/done, service api, env staging, version 2.0.0')
  expect(candidates.map(({ cause }) => cause).join('\n')).not.toContain('deploy/began')
  expect(candidates[0]?.evidence.join('\n')).toContain('it changed this very service')
  expect(candidates[0]?.next).toBe('switchyard ops remediate --action rollback --service shop-staging')
  expect((await investigate('shop-live')).candidates).toEqual([])

  const plan = await yard.plan('ops.remediate', { service: 'shop-staging', action: 'rollback' })
  expect(plan.plan.steps.map(({ target }) => target)).toContain('staging: api')
  expect(await versionNow()).toBe('2.0.0')
  expect(await yard.approve(plan.id)).toMatchObject({ status: 'HEALTHY', detail: 'deploy.rollback was done' })
  expect(await versionNow()).toBe('1.0.0')
  const { deployments } = (await yard.call('deploy.history', {})) as { deployments: { kind: string; why: string }[] }
  expect(deployments[0]).toMatchObject({ kind: 'rollback', why: 'remedy of shop-staging' })
})

it('a service is scaled by the deploy plugin where the ops plugin is asked to, and verified', { timeout: 120_000 }, async () => {
  await deploy('1.0.0')
  const plan = await yard.plan('ops.remediate', { service: 'shop-staging', action: 'scale', replicas: 2 })
  expect(plan.plan.steps[0]).toMatchObject({ target: 'staging: api', detail: expect.stringContaining('1 -> 2 replicas') })
  expect(await yard.approve(plan.id)).toMatchObject({ status: 'HEALTHY', detail: 'deploy.scale was done' })
  const replicas = async (): Promise<unknown> =>
    ((await yard.call('deploy.status', { env: 'staging' })) as { services: { replicas?: unknown }[] }).services[0]?.replicas
  expect(await replicas()).toEqual({ wanted: 2, running: 2 })
  await deploy('2.0.0')
  expect(await replicas()).toEqual({ wanted: 2, running: 2 })
  const { deployments } = (await yard.call('deploy.history', {})) as { deployments: { kind: string; why: string }[] }
  expect(deployments.map(({ kind, why }) => `${kind}: ${why}`)).toContain('scale: remedy of shop-staging')
})
