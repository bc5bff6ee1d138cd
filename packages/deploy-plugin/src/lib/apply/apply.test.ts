import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { inRealTime } from '@switchyard/testkit/real'
import { describe, expect, it } from 'vitest'
import { createStack, type StackConfig, type TestStack } from '../../../test/real/stack.ts'
import { until } from '../../../test/until.ts'
import type { RunView } from './view.ts'

/** Serves the page that lies beside it and its mood, and ends when the page or a visitor says so. */
const SERVER = `import { readFileSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:http'
const page = readFileSync(new URL('page.txt', import.meta.url), 'utf8').trim()
if (page === 'crash') { console.error('ERROR no configuration in ' + process.env.SECRET); process.exit(3) }
createServer((request, answer) => {
  if (request.url === '/crash') process.exit(1)
  if (page === 'sick') { answer.statusCode = 503; writeFileSync('asked', '') }
  answer.end(page + (process.env.MOOD ?? ''))
}).listen(Number(process.env.PORT), '127.0.0.1')
`
const service = {
  handler: 'process',
  source: 'app',
  command: [process.execPath, 'server.mjs'],
  port: 80,
  health: { http: '/' },
  stableForSeconds: 0,
  startForSeconds: 5,
  stopAfterSeconds: 2,
}

const configOf = (change: Record<string, unknown> = {}): StackConfig => ({
  stack: 'shop',
  targets: { local: { kind: 'local' } },
  environments: { staging: { target: 'local', envFile: '.env.staging' }, production: { target: 'local', protected: true } },
  services: { web: { ...service, ...change } },
  keepReleases: 2,
})

const makeStack = (change: Record<string, unknown> = {}): Promise<TestStack> =>
  createStack(configOf(change), {
    'app/server.mjs': SERVER,
    'app/page.txt': 'one',
    '.env.staging': 'SECRET=tulips-in-may\n',
  })

const pageOf = async ({ services }: RunView): Promise<string> => (await fetch(`http://127.0.0.1:${services[0]?.port}/`)).text()
const deploy = (stack: TestStack, page: string, more: Record<string, unknown> = {}): Promise<RunView> => {
  stack.write('app/page.txt', page)
  return stack.call('apply', { env: 'staging', ...more })
}

describe('deploy.apply with programs', { timeout: 240_000 }, () => {
  it('starts the new beside the old, and ends the old once the new is well', async () => {
    await using stack = await makeStack()
    const one = await deploy(stack, 'one')
    expect(await pageOf(one)).toBe('one')
    const two = await deploy(stack, 'two')
    expect(two).toMatchObject({ state: 'done', services: [{ from: one.services[0]?.to, slot: 'green' }] })
    expect(await pageOf(two)).toBe('two')
    await expect(pageOf(one)).rejects.toThrow('fetch failed')
    expect(readFileSync(join(stack.root, 'shop/staging/services/web/current/page.txt'), 'utf8')).toBe('two')
    await expect(stack.call('apply', { env: 'staging' })).rejects.toMatchObject({ code: 'NOTHING_TO_DEPLOY' })
    expect(stack.grep('tulips')).toEqual(['.env.staging'])
  })

  it.each([
    ['sick', '/ answered 503'],
    ['crash', 'it was started again'],
  ])('returns from a release that is %s, and says why', async (page, why) => {
    await using stack = await makeStack()
    const one = await deploy(stack, 'one')
    const failing = deploy(stack, page).then(
      () => undefined,
      (error: unknown) => error as { code: string; data: { page: string } },
    )
    // What is known to be sick need not be waited for.
    const isOver = failing.then(() => true)
    const asked = join(stack.root, 'shop/staging/services/web/green/asked')
    await Promise.race([isOver, until(() => existsSync(asked))])
    stack.kit.clock.advance(5_000)
    const failed = await failing
    expect(failed).toMatchObject({ code: 'GATE_FAILED', message: expect.stringContaining(why) })
    const told = readFileSync(failed?.data.page ?? '', 'utf8')
    expect(told).toContain(why)
    expect(told).not.toContain('tulips')
    expect(await pageOf(one)).toBe('one')
    const folder = join(stack.root, 'shop/staging')
    expect(existsSync(join(folder, 'lock.json'))).toBe(false)
    expect(readdirSync(join(folder, 'services/web/releases'))).toHaveLength(1)
    expect(await pageOf(await deploy(stack, 'two'))).toBe('two')
  })

  it('leaves nothing of a first deployment that fails', async () => {
    await using stack = await makeStack()
    await expect(deploy(stack, 'crash')).rejects.toMatchObject({ code: 'GATE_FAILED' })
    expect(readdirSync(join(stack.root, 'shop/staging'))).toEqual([])
    expect(JSON.parse(readFileSync(join(stack.root, 'host.json'), 'utf8'))).toEqual({ version: 1, stacks: {} })
  })

  it('keeps a program running that ends by itself', async () => {
    await using stack = await makeStack()
    const one = await deploy(stack, 'one')
    const url = `http://127.0.0.1:${one.services[0]?.port}`
    await fetch(`${url}/crash`).catch(() => {})
    await expect
      .poll(
        () =>
          fetch(url).then(
            (answer) => answer.text(),
            () => 'down',
          ),
        { timeout: 20_000 },
      )
      .toBe('one')
  })

  it('does what was approved or nothing, and is taken back as a whole by its undo', async () => {
    await using stack = await makeStack()
    await deploy(stack, 'one')
    stack.write('app/page.txt', 'two')
    const { id, plan } = await stack.kit.plan('deploy.apply', { env: 'staging' })
    expect(plan.steps[0]).toMatchObject({ does: 'change', target: 'staging: web' })
    expect(plan.steps[0]?.detail).toMatch(/^sha256:[0-9a-f]{12} \(app\) -> sha256:[0-9a-f]{12} \(app\): another release\n/)
    stack.write('app/page.txt', 'three')
    await expect(inRealTime(stack.kit, () => stack.kit.approve(id))).rejects.toMatchObject({ code: 'PLAN_STALE' })
    const again = await stack.kit.plan('deploy.apply', { env: 'staging' })
    const served = (): string => readFileSync(join(stack.root, 'shop/staging/services/web/current/page.txt'), 'utf8')
    await inRealTime(stack.kit, () => stack.kit.approve(again.id))
    expect(served()).toBe('three')
    await inRealTime(stack.kit, () => stack.kit.undo(again.id))
    expect(served()).toBe('one')
  })

  it('asks for the name of a protected environment, and takes no other', async () => {
    await using stack = await makeStack()
    await expect(stack.call('apply', { env: 'production', confirm: 'staging' })).rejects.toMatchObject({
      code: 'ENVIRONMENT_NOT_CONFIRMED',
    })
    await expect(stack.call('apply', { env: 'prod' })).rejects.toMatchObject({ code: 'ENVIRONMENT_UNKNOWN' })
    stack.kit.answer(({ text }) => (text.includes('"production"') ? 'production' : undefined))
    expect(await stack.call('apply', { env: 'production' })).toMatchObject({ state: 'done', env: 'production' })
  })

  it('brings data up, and takes it back only as far as that can be', async () => {
    const argv = ['sh', '-c', 'echo "$0" >>"$LEVELS"']
    const levels = (level: number, reversible: number): object => ({ level, reversible, up: [...argv, 'up'], down: [...argv, 'down'] })
    await using stack = await makeStack({ migrations: levels(1, 1) })
    const file = join(stack.kit.dir, 'levels')
    stack.write('.env.staging', `LEVELS=${file}\n`)
    const told = (): string[] => (existsSync(file) ? readFileSync(file, 'utf8').trim().split('\n') : [])
    await deploy(stack, 'one')
    expect(told()).toEqual([])
    stack.config(({ services }) => Object.assign(services.web ?? {}, { migrations: levels(2, 1) }))
    await deploy(stack, 'two')
    expect(told()).toEqual(['up'])
    await stack.call('rollback', { env: 'staging' })
    expect(told()).toEqual(['up', 'down'])
    stack.config(({ services }) => Object.assign(services.web ?? {}, { migrations: levels(3, 3) }))
    await deploy(stack, 'three')
    await expect(stack.call('rollback', { env: 'staging' })).rejects.toMatchObject({ code: 'MIGRATION_IRREVERSIBLE' })
    await expect(stack.call('rollback', { env: 'staging', word: 'yes' })).rejects.toMatchObject({ code: 'MIGRATION_IRREVERSIBLE' })
    expect(await pageOf(await stack.call('rollback', { env: 'staging', word: 'lose data' }))).toMatch(/^(one|two)$/)
    expect(told()).toEqual(['up', 'down', 'up'])
  })

  it('[A9] tells a release by its settings too: other variables are deployed, rehearsed and returned from', async () => {
    await using stack = await makeStack()
    const mood = (name: string): void => stack.write('.env.staging', `MOOD=-${name}-in-may\n`)
    mood('calm')
    const calm = await deploy(stack, 'page')
    mood('wild')
    const { plan } = await stack.kit.plan('deploy.apply', { env: 'staging' })
    expect(plan.steps[0]?.detail).toContain('other variables\nvariables: ~MOOD')
    const wild = await stack.call('apply', { env: 'staging' })
    expect(wild).toMatchObject({ services: [{ from: calm.services[0]?.to, to: calm.services[0]?.to, slot: 'green' }] })
    expect(await pageOf(wild)).toBe('page-wild-in-may')

    const back = { env: 'staging', to: String(calm.run) }
    const rehearsed = await stack.call('rollback', { ...back, rehearse: true })
    expect(rehearsed).toMatchObject({ state: 'done', text: expect.stringContaining('The scratch stack is gone') })
    expect(readdirSync(join(stack.root, 'shop'))).toEqual(['staging'])
    expect(await pageOf(wild)).toBe('page-wild-in-may')

    expect(await pageOf(await stack.call('rollback', back))).toBe('page-calm-in-may')
    expect(stack.grep('-in-may')).toEqual(['.env.staging'])
    const { services } = (await stack.kit.call('deploy.status', { env: 'staging' })) as {
      services: { kept: unknown[]; drift: unknown[] }[]
    }
    expect(services).toMatchObject([{ kept: [{}, {}], drift: [] }])
    const { deployments } = (await stack.kit.call('deploy.history', { env: 'staging' })) as {
      deployments: Record<'kind' | 'state', string>[]
    }
    expect(deployments.map(({ kind, state }) => `${kind} ${state}`)).toEqual([
      'rollback done',
      'rehearsal done',
      'apply rolled-back',
      'apply done',
    ])
    // The project still says wild: that is a difference that can be deployed.
    expect((await stack.kit.plan('deploy.apply', { env: 'staging' })).plan.steps[0]?.detail).toContain('variables: ~MOOD')
  })

  it('runs as many as are wanted, and keeps that number until the configuration says another one', async () => {
    await using stack = await makeStack()
    const one = await deploy(stack, 'one')
    const ports = (): number[] => {
      const state = readFileSync(join(stack.root, 'shop/staging/state.json'), 'utf8')
      const { slot, ports: all } = (JSON.parse(state) as { services: { web: { slot: string; ports: Record<string, number> } } }).services
        .web
      return Object.entries(all).flatMap(([name, port]) => (name === slot || name.startsWith(`${slot}-`) ? [port] : []))
    }
    const pages = (): Promise<string[]> => Promise.all(ports().map(async (port) => (await fetch(`http://127.0.0.1:${port}/`)).text()))
    await stack.call('scale', { env: 'staging', service: 'web', replicas: 2 })
    expect(ports()[0]).toBe(one.services[0]?.port)
    expect(await pages()).toEqual(['one', 'one'])
    await deploy(stack, 'two')
    expect(await pages()).toEqual(['two', 'two'])
    // What an approved scale did is taken back by its undo.
    const { id } = await stack.kit.plan('deploy.scale', { env: 'staging', service: 'web', replicas: 1 })
    await inRealTime(stack.kit, () => stack.kit.approve(id))
    expect(await pages()).toEqual(['two'])
    await inRealTime(stack.kit, () => stack.kit.undo(id))
    expect(await pages()).toEqual(['two', 'two'])
    stack.config(({ services }) => Object.assign(services.web ?? {}, { replicas: 3 }))
    const more = await stack.kit.plan('deploy.apply', { env: 'staging' })
    expect(more.plan.steps[0]?.detail).toContain('another number of replicas\n2 -> 3 replicas\nstart green-3, and watch them')
    await stack.call('destroy', { env: 'staging' })
    expect(readdirSync(join(stack.root, 'shop/staging/services'))).toEqual([])
  })
})

describe('deploy.apply with files', { timeout: 240_000 }, () => {
  it('lays releases side by side, and refuses what is not plain', async () => {
    await using stack = await createStack(
      {
        stack: 'docs',
        targets: { local: { kind: 'local' } },
        environments: { live: { target: 'local' } },
        services: { site: { handler: 'static', source: 'site' } },
      },
      { 'site/index.html': 'one', 'site/a b/ü.txt': 'x' },
    )
    await stack.call('apply', { env: 'live' })
    stack.write('site/index.html', 'two')
    await stack.call('apply', { env: 'live' })
    const site = join(stack.root, 'docs/live/services/site')
    expect(readFileSync(join(site, 'current/index.html'), 'utf8')).toBe('two')
    expect(readFileSync(join(site, 'current/a b/ü.txt'), 'utf8')).toBe('x')
    await stack.call('rollback', { env: 'live' })
    expect(readFileSync(join(site, 'current/index.html'), 'utf8')).toBe('one')
    const { symlinkSync } = await import('node:fs')
    symlinkSync('/etc/passwd', join(stack.kit.dir, 'site/secret'))
    await expect(stack.call('apply', { env: 'live' })).rejects.toMatchObject({ code: 'SOURCE_INVALID' })
  })

  it('returns by digest, version or number to what the host keeps, and to nothing else', async () => {
    await using stack = await createStack(
      {
        stack: 'docs',
        targets: { local: { kind: 'local' } },
        environments: { staging: { target: 'local' } },
        services: { site: { handler: 'static', source: 'site' } },
        keepReleases: 2,
      },
      { 'site/index.html': '' },
    )
    const runs: RunView[] = []
    for (const page of ['one', 'two', 'three', 'four']) {
      stack.write('site/index.html', page)
      runs.push(await stack.call('apply', { env: 'staging', version: `v-${page}` }))
    }
    const to = async (wanted: string): Promise<string> => {
      await stack.call('rollback', { env: 'staging', to: wanted })
      return readFileSync(join(stack.root, 'docs/staging/services/site/current/index.html'), 'utf8')
    }
    await expect(to('v-one')).rejects.toMatchObject({ code: 'RELEASE_NOT_KEPT' })
    expect(await to('v-two')).toBe('two')
    expect(await to((runs[3]?.services[0]?.to ?? '').slice(0, 19))).toBe('four')
    expect(await to(String(runs[2]?.run))).toBe('three')
    await expect(to('sha256:')).rejects.toMatchObject({ code: 'RELEASE_NOT_KEPT' })
    const { plan } = await stack.kit.plan('deploy.rollback', { env: 'staging', to: 'v-two' })
    expect(plan.steps[0]?.detail).toContain('as asked')
    expect(plan.summary).toContain('Return site v-two in docs staging')
  })
})
