import { execFileSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { openYard, type Yard } from '@switchyard/yard'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { builtInPlugins } from '../src/lib/built-in.ts'

/** Well until there is the file that it was told of. */
const SERVER = `
import { existsSync, readFileSync } from 'node:fs'
import { createServer } from 'node:http'
const { sick } = JSON.parse(readFileSync('app.json', 'utf8'))
createServer((_, answer) => {
  if (sick !== undefined && existsSync(sick)) answer.statusCode = 500
  answer.end()
}).listen(Number(process.env.PORT), '127.0.0.1')
`

let folder: string
let dir: string
let yard: Yard
const asked: string[] = []

const git = (...args: string[]): string =>
  execFileSync('git', args, {
    cwd: dir,
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'ignore'],
    env: { ...process.env, GIT_CONFIG_GLOBAL: '/dev/null', GIT_CONFIG_NOSYSTEM: '1' },
  }).trim()

function commit(message: string, app: object): void {
  writeFileSync(join(dir, 'app', 'app.json'), JSON.stringify(app))
  git('add', '-A')
  git('-c', 'user.name=Ada', '-c', 'user.email=ada@example.org', 'commit', '-qm', message)
}

beforeEach(async () => {
  asked.length = 0
  folder = mkdtempSync(join(tmpdir(), 'release-and-deploy-'))
  dir = join(folder, 'project')
  mkdirSync(join(dir, 'app'), { recursive: true })
  execFileSync('git', ['init', '-q', '--bare', '-b', 'main', join(folder, 'remote.git')])
  git('init', '-q', '-b', 'main')
  git('config', 'user.name', 'Ada')
  git('config', 'user.email', 'ada@example.org')
  git('remote', 'add', 'origin', join(folder, 'remote.git'))
  const files = {
    '.gitignore': '.switchyard/\n',
    'README.md': '# Shop\n\nSells tea.\n',
    'package.json': `${JSON.stringify({ name: 'shop', version: '1.0.0' }, null, 2)}\n`,
    'app/server.mjs': SERVER,
    'switchyard.deploy.json': JSON.stringify({
      stack: 'shop',
      targets: { here: { kind: 'local', root: join(folder, 'host') } },
      // Longer than the test may take: what the chain watches, nobody watches a second time.
      environments: { staging: { target: 'here', watch: { forSeconds: 1_800 } } },
      services: {
        api: {
          handler: 'process',
          source: 'app',
          command: [process.execPath, 'server.mjs'],
          port: 8_080,
          health: { http: '/' },
          stableForSeconds: 0,
          drainSeconds: 0,
        },
      },
    }),
  }
  for (const [path, text] of Object.entries(files)) writeFileSync(join(dir, path), text)
  commit('feat: sell tea', {})
  git('tag', '-a', 'v1.0.0', '-m', 'v1.0.0')
  git('push', '-q', '-u', 'origin', 'main', '--tags')
  yard = await openYard(dir, {
    plugins: await builtInPlugins(),
    memory: true,
    ask: async ({ text }) => {
      asked.push(text)
      return 'yes'
    },
  })
}, 60_000)

afterEach(async () => {
  await yard.call('deploy.destroy', { env: 'staging' }).catch(() => {})
  await yard.close()
  rmSync(folder, { recursive: true, force: true })
}, 60_000)

const chain = async (watchSeconds: number) =>
  (await yard.chains()).run(await yard.chain('release-and-deploy'), { service: 'api', env: 'staging', watchSeconds })
const running = async (): Promise<string | undefined> =>
  ((await yard.call('deploy.status', { env: 'staging' })) as { services: { state: string; version?: string }[] }).services
    .filter(({ state }) => state === 'running')
    .map(({ version }) => version)[0]

describe('release-and-deploy', { timeout: 120_000 }, () => {
  it('cuts a release, asks, deploys it, watches it, and announces it', async () => {
    commit('feat: sell coffee', { coffee: true })
    git('push', '-q')
    const report = await chain(1)
    expect(report.error).toBeUndefined()
    expect(report.state).toBe('done')
    expect(asked).toContain('Deploy api to staging?')
    expect(git('tag', '--list')).toContain('v1.1.0')
    expect(execFileSync('git', ['tag', '--list'], { cwd: join(folder, 'remote.git'), encoding: 'utf8' })).toContain('v1.1.0')
    expect(await running()).toBe('1.1.0')
  })

  it('takes the deployment and the release back when it turns out not to be healthy', async () => {
    await yard.call('deploy.apply', { env: 'staging', version: '1.0.0', watch: false })
    commit('feat: sell poison', { sick: join(folder, 'sick') })
    git('push', '-q')
    const under = chain(600)
    await expect.poll(running, { timeout: 60_000, interval: 100 }).toBe('1.1.0')
    writeFileSync(join(folder, 'sick'), '')
    const report = await under
    expect(report.error).toMatchObject({ code: 'WATCH_UNHEALTHY' })
    expect(report).toMatchObject({ state: 'undone', notUndone: [] })
    expect(git('tag', '--list').split('\n')).toEqual(['v1.0.0'])
    expect(await running()).toBe('1.0.0')
  })
})
