import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Context } from '@switchyard/plugin-kit'
import type { TestYard } from '@switchyard/testkit'
import { describe, expect, it } from 'vitest'
import { yardWithContext } from '../../../test/with-context.ts'
import type { DeploymentStart } from '../records/deployment.ts'
import { createDeployments, type Deployments } from '../records/deployments.ts'
import { createResources } from '../records/resources.ts'
import { statusCommands } from './commands.ts'
import { findDrift } from './drift.ts'
import { statusMarkdown } from './markdown.ts'
import { statusPage } from './page.ts'
import type { ServiceView, StackStatus } from './status.ts'
import { parseWhen } from './when.ts'

interface Opened extends AsyncDisposable {
  readonly kit: TestYard
  readonly context: Context
  readonly deployments: Deployments
  status(input?: object): Promise<StackStatus & { text: string }>
}

const config = (dir: string): string =>
  JSON.stringify({
    stack: 'shop',
    targets: { here: { kind: 'local', root: `${dir}/host` } },
    environments: { staging: { target: 'here', envFile: '.env.missing' }, production: { target: 'here', protected: true } },
    services: {
      api: { handler: 'process', source: 'dist', command: ['node', 'server.js'] },
      site: { handler: 'static', source: 'public', hostname: 'shop.example.com' },
    },
    proxy: {},
  })

async function opened(): Promise<Opened> {
  const { kit, context } = await yardWithContext(statusCommands)
  writeFileSync(join(kit.dir, 'switchyard.deploy.json'), config(kit.dir))
  return {
    kit,
    context,
    deployments: createDeployments(context),
    status: async (input = {}) => (await kit.call('deploy.status', input)) as StackStatus & { text: string },
    [Symbol.asyncDispose]: () => kit[Symbol.asyncDispose](),
  }
}

const start = (more: Partial<DeploymentStart> = {}): DeploymentStart => ({
  kind: 'apply',
  stack: 'shop',
  env: 'staging',
  target: 'here',
  service: 'api',
  handler: 'process',
  why: 'release 1.2.0',
  who: 'ada@desk',
  ...more,
})

/** What the host itself keeps of what it serves. */
function hostServes({ kit }: Opened, env: string, service: string, release: string): void {
  const folder = join(kit.dir, 'host', 'shop', env)
  mkdirSync(folder, { recursive: true })
  const kept = [{ release, reference: 'dist', deployment: 1, atMs: 1, spec: {}, specHash: 'h', variables: {} }]
  const services = { [service]: { handler: 'process', slot: 'blue', release, ports: {}, kept } }
  writeFileSync(join(folder, 'state.json'), JSON.stringify({ version: 1, stack: 'shop', env, key: 'k', services }))
}

const of = ({ services }: StackStatus, env: string, service: string): ServiceView =>
  services.find((one) => one.env === env && one.service === service)!

describe('deploy.status', () => {
  it('tells of every service in every environment before anything was deployed', async () => {
    await using it = await opened()
    const found = await it.status()
    expect(found.services.map(({ env, service, state }) => [env, service, state])).toEqual([
      ['staging', 'api', 'not-deployed'],
      ['staging', 'site', 'not-deployed'],
      ['production', 'api', 'not-deployed'],
      ['production', 'site', 'not-deployed'],
    ])
    expect(found.text).toContain('shop: 4 services in 2 environments')
    expect((await it.status({ env: 'staging', service: ['api'] })).services).toHaveLength(1)
    await expect(it.status({ env: 'prod' })).rejects.toMatchObject({ code: 'ENVIRONMENT_UNKNOWN' })
  })

  it('[T1] holds what was recorded against what the host keeps and runs', async () => {
    await using it = await opened()
    const { id } = it.deployments.begin(start({ toRelease: 'sha256:aaaaaaaaaaaaaaaa', version: '1.2.0' }))
    it.deployments.finish(id, { state: 'done' })
    expect(of(await it.status(), 'staging', 'api').drift.map(({ kind }) => kind)).toEqual(['gone'])

    hostServes(it, 'staging', 'api', 'sha256:bbbbbbbbbbbbbbbb')
    hostServes(it, 'production', 'api', 'sha256:cccccccccccccccc')
    const found = await it.status()
    const api = of(found, 'staging', 'api')
    expect(api).toMatchObject({ release: 'sha256:aaaaaaaaaaaaaaaa', version: '1.2.0', deployment: { id, who: 'ada@desk' } })
    expect(api.drift.map(({ kind }) => kind)).toEqual(['other-release', 'stopped'])
    expect(of(found, 'production', 'api').drift.map(({ kind }) => kind)).toEqual(['unrecorded', 'stopped'])
    expect(found.text).toContain('! staging/api: the host serves bbbbbbbbbbbb, recorded is aaaaaaaaaaaa')
    expect((await it.status({ look: false })).services.every(({ state, drift }) => state === 'unknown' && drift.length === 0)).toBe(true)
  })

  it('tells of what is planned, what runs, and what stopped half-way', async () => {
    await using it = await opened()
    it.deployments.prepare({ ...start({ version: '1.3.0' }), plan: 'p-7' })
    const { id } = it.deployments.begin(start({ service: 'site', handler: 'static' }))
    expect(await it.status()).toMatchObject({ text: expect.stringContaining('> staging/api: 1.3.0 waits for: switchyard approve p-7') })
    expect(of(await it.status(), 'staging', 'site')).toMatchObject({ unfinished: { id }, isStuck: false })
    it.context.store.prepare('UPDATE deploy_deployment SET runner = NULL WHERE id = ?').run(id)
    const found = await it.status()
    expect(of(found, 'staging', 'site').isStuck).toBe(true)
    expect(found.text).toContain(`! staging/site: deployment ${id} stopped half-way: switchyard deploy resume`)
  })

  it('goes on with the other hosts where one keeps a damaged state, and says why', async () => {
    await using it = await opened()
    hostServes(it, 'staging', 'api', 'sha256:a')
    writeFileSync(join(it.kit.dir, 'host', 'shop', 'staging', 'state.json'), '{')
    const found = await it.status()
    expect(of(found, 'staging', 'api')).toMatchObject({ state: 'unknown', reason: expect.stringContaining('state.json') })
    expect(of(found, 'production', 'api').state).toBe('not-deployed')
  })

  it('[T2] fits into 80 columns and steers no terminal, whatever names and reasons say', async () => {
    await using it = await opened()
    const { id } = it.deployments.begin(
      start({ toRelease: 'sha256:a', version: '1.2.0', why: `\u001b[31m${'x'.repeat(300)}`, who: '\u202Eada' }),
    )
    it.deployments.finish(id, { state: 'failed', error: new Error('it \u001b[2J broke') })
    for (const text of [(await it.status()).text, ((await it.kit.call('deploy.history')) as { text: string }).text]) {
      expect(text.split('\n').every((line) => line.length <= 80)).toBe(true)
      expect(['\u001b', '\u202E'].filter((char) => text.includes(char))).toEqual([])
    }
  })
})

describe('deploy.history', () => {
  it('lists newest first and narrows by environment, state and time', async () => {
    await using it = await opened()
    const { deployments, kit } = it
    deployments.finish(deployments.begin(start()).id, { state: 'done' })
    kit.clock.advance(2 * 86_400_000)
    deployments.finish(deployments.begin(start({ env: 'production' })).id, { state: 'returned' })
    const ids = async (input: object): Promise<unknown> =>
      ((await kit.call('deploy.history', input)) as { deployments: { id: number }[] }).deployments.map(({ id }) => id)
    expect(await ids({})).toEqual([2, 1])
    expect(await ids({ env: 'staging' })).toEqual([1])
    expect(await ids({ state: 'returned' })).toEqual([2])
    expect(await ids({ since: '1d' })).toEqual([2])
    expect(await ids({ until: '1d' })).toEqual([1])
    await expect(ids({ since: 'soon' })).rejects.toMatchObject({ code: 'TIME_INVALID' })
    const first = (await kit.call('deploy.history', { limit: 1 })) as { nextCursor: string; text: string }
    expect(first.text).toContain(`more with --cursor ${first.nextCursor}`)
    expect(await ids({ limit: 1, cursor: first.nextCursor })).toEqual([1])
  })

  it('tells one deployment with its steps, its evidence and why it failed', async () => {
    await using it = await opened()
    const { deployments, kit } = it
    const { id } = deployments.begin(start({ fromRelease: 'sha256:aaaaaaaaaaaa1', version: '1.2.0' }))
    deployments.note(id, { step: 'start', state: 'begun' })
    kit.clock.advance(1_200)
    deployments.note(id, { step: 'start', state: 'done', data: { pid: 7 } })
    deployments.note(id, { step: 'gate', state: 'failed' })
    deployments.finish(id, { state: 'returned', evidence: { failedProbes: 3 }, error: new Error('it answered 500') })
    expect(await kit.call('deploy.history', { id })).toMatchObject({
      deployments: [{ id, state: 'returned', tookMs: 1_200 }],
      steps: [
        { step: 'start', state: 'done', tookMs: 1_200, data: { pid: 7 } },
        { step: 'gate', state: 'failed' },
      ],
      evidence: { failedProbes: 3 },
      text: expect.stringContaining('it answered 500'),
    })
    await expect(kit.call('deploy.history', { id: 99 })).rejects.toMatchObject({ code: 'DEPLOYMENT_UNKNOWN' })
  })
})

describe('findDrift()', () => {
  const seen = { release: 'a', state: 'running', restarts: 0, runs: 'a', ended: undefined } as const
  it('[T1] sees none where all three tell the same, and each way in which they differ', () => {
    expect(findDrift('a', seen)).toEqual([])
    const kinds = (recorded: string | undefined, more: object): unknown => findDrift(recorded, { ...seen, ...more }).map(({ kind }) => kind)
    expect(kinds('a', { release: undefined, state: undefined, runs: undefined })).toEqual(['gone'])
    expect(kinds(undefined, {})).toEqual(['unrecorded'])
    expect(kinds('b', {})).toEqual(['other-release'])
    expect(kinds('a', { state: 'stopped', ended: 'exit 1' })).toEqual(['stopped'])
    expect(kinds('a', { runs: 'c' })).toEqual(['foreign'])
    expect(kinds('a', { restarts: 3 })).toEqual(['restarting'])
    expect(kinds(undefined, { release: undefined, state: undefined, runs: undefined })).toEqual([])
  })
})

describe('statusPage() and statusMarkdown()', () => {
  it('[T2] let nothing out of what somebody wrote', async () => {
    await using it = await opened()
    const evil = '"><script>alert(1)</script>|`${x}`\n# [a](b)'
    const { id } = it.deployments.begin(start({ toRelease: evil, version: evil, why: evil, who: evil }))
    createResources(it.context).exists(id, [{ kind: 'container', name: evil }])
    it.deployments.finish(id, { state: 'done' })
    const found = await it.status()
    const page = statusPage(found)
    expect(page).not.toContain('<script')
    expect(page).toContain('&lt;script&gt;')
    const markdown = statusMarkdown(found)
    expect(markdown).not.toContain('<script')
    expect(markdown.split('\n').filter((line) => line.startsWith('# '))).toHaveLength(1)
    const html = await it.status({ format: 'html' })
    expect(html.text).toMatch(/^<!doctype html>/)
    expect((await it.status({ format: 'markdown' })).text).toMatch(/^# Deployed: shop/)
  })
})

describe('parseWhen()', () => {
  const nowMs = Date.parse('2026-11-21T12:00:00Z')
  it.each([
    ['12h', '2026-11-21T00:00:00Z'],
    ['2 days ago', '2026-11-19T12:00:00Z'],
    ['today', '2026-11-21T00:00:00Z'],
    ['yesterday', '2026-11-20T00:00:00Z'],
    ['2026-11-01', '2026-11-01T00:00:00Z'],
    ['2026-11-01 10:30', '2026-11-01T10:30:00Z'],
    ['2026-11-01T10:30:00+02:00', '2026-11-01T08:30:00Z'],
  ])('reads %s', (text, at) => {
    expect(parseWhen('since', text, nowMs)).toBe(Date.parse(at))
  })
  it('refuses anything else', () => {
    for (const text of ['soon', '', '12', '2026-13-01', '1 year', '2 months', '5 mo'])
      expect(() => parseWhen('since', text, nowMs)).toThrow('must be a date')
  })
})
