import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { inRealTime } from '@switchyard/testkit/real'
import { describe, expect, it } from 'vitest'
import { createStack, type StackConfig, type TestStack } from '../../../test/real/stack.ts'
import type { RunView } from './view.ts'

/** Serves the page that lies beside it, ends when the page says so, and tells its variables' names. */
const SERVER = `import { appendFileSync, readFileSync } from 'node:fs'
import { createServer } from 'node:http'
const page = readFileSync(new URL('page.txt', import.meta.url), 'utf8').trim()
if (page === 'crash') { console.error('ERROR no configuration in ' + process.env.SECRET); process.exit(3) }
createServer((request, answer) => {
  if (request.url === '/crash') process.exit(1)
  answer.statusCode = page === 'sick' ? 503 : 200
  answer.end(page)
}).listen(Number(process.env.PORT), '127.0.0.1')
`
const MIGRATE = `import { appendFileSync } from 'node:fs'
appendFileSync(process.env.LEVELS, process.argv[2] + '\\n')
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
    'app/migrate.mjs': MIGRATE,
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
    const failed = await deploy(stack, page).then(
      () => undefined,
      (error: unknown) => error as { code: string; data: { page: string } },
    )
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

  it('does what was approved, or nothing', async () => {
    await using stack = await makeStack()
    await deploy(stack, 'one')
    stack.write('app/page.txt', 'two')
    const { id, plan } = await stack.kit.plan('deploy.apply', { env: 'staging' })
    expect(plan.steps[0]).toMatchObject({ does: 'change', target: 'staging: web' })
    expect(plan.steps[0]?.detail).toMatch(/^sha256:[0-9a-f]{12} \(app\) -> sha256:[0-9a-f]{12} \(app\): another release\n/)
    stack.write('app/page.txt', 'three')
    await expect(inRealTime(stack.kit, () => stack.kit.approve(id))).rejects.toMatchObject({ code: 'PLAN_STALE' })
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

  it('is taken back as a whole by its undo', async () => {
    await using stack = await makeStack()
    await deploy(stack, 'one')
    stack.write('app/page.txt', 'two')
    const { id } = await stack.kit.plan('deploy.apply', { env: 'staging' })
    await inRealTime(stack.kit, () => stack.kit.approve(id))
    await inRealTime(stack.kit, () => stack.kit.undo(id))
    expect(readFileSync(join(stack.root, 'shop/staging/services/web/current/page.txt'), 'utf8')).toBe('one')
  })

  it('brings data up, and takes it back only as far as that can be', async () => {
    const argv = [process.execPath, 'migrate.mjs']
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

  it('returns by digest, version or number to what the host keeps, and to nothing else', async () => {
    await using stack = await makeStack()
    const runs: RunView[] = []
    for (const page of ['one', 'two', 'three', 'four']) runs.push(await deploy(stack, page, { version: `v-${page}` }))
    const to = async (wanted: string): Promise<string> => pageOf(await stack.call('rollback', { env: 'staging', to: wanted }))
    await expect(to('v-one')).rejects.toMatchObject({ code: 'RELEASE_NOT_KEPT' })
    expect(await to('v-two')).toBe('two')
    expect(await to((runs[3]?.services[0]?.to ?? '').slice(0, 19))).toBe('four')
    expect(await to(String(runs[2]?.run))).toBe('three')
    await expect(to('sha256:')).rejects.toMatchObject({ code: 'RELEASE_NOT_KEPT' })
    const { plan } = await stack.kit.plan('deploy.rollback', { env: 'staging', to: 'v-two' })
    expect(plan.steps[0]?.detail).toContain('as asked')
    expect(plan.summary).toContain('Return web v-two in shop staging')
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
})
