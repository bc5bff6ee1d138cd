import { mkdirSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { definePlugin } from '@switchyard/plugin-kit'
import { createTestYard, pluginContract, type TestYard } from '@switchyard/testkit'
import { describe, expect, it } from 'vitest'
import { goTool, handMade, monorepo, nodeShop } from '../../../test/sample-projects.ts'
import { parseConfig } from '../config/read-config.ts'
import { fileCommands } from '../files/commands.ts'
import { setupCommands } from './commands.ts'
import { detect, slug } from './detect/detect.ts'

const deploy = definePlugin({
  name: 'deploy',
  version: '0.1.0',
  summary: 'Sets deployments up',
  commands: { ...setupCommands, ...fileCommands },
})
const open = (files: Readonly<Record<string, string>>): Promise<TestYard> => createTestYard({ plugins: [deploy], files })
const read = (kit: TestYard, path: string): string => readFileSync(join(kit.dir, path), 'utf8')
async function run(
  kit: TestYard,
  input: object = {},
): Promise<{ id: string; result: { files: { path: string; state: string }[]; text: string } }> {
  const { id } = await kit.plan('deploy.setup', { stack: 'shop', ...input })
  return { id, result: (await kit.approve(id)) as { files: { path: string; state: string }[]; text: string } }
}
const everything = (kit: TestYard): Record<string, string> =>
  Object.fromEntries(
    readdirSync(kit.dir, { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile() && !entry.name.includes('.db'))
      .map((entry) => [join(entry.parentPath, entry.name), readFileSync(join(entry.parentPath, entry.name), 'utf8')]),
  )

describe('deploy.setup keeps what every plugin must', () => {
  const inputs = { setup: [{ stack: 'shop', domain: 'example.com' }], 'files.restore': [] }
  const failing = { setup: [{ project: 'nowhere' }, { ssh: 'nonsense' }, { ssh: 'me@host' }, { stack: 'shop', domain: 'no domain!' }] }
  for (const { name, run: rule } of pluginContract(deploy, { files: nodeShop, inputs, failing }))
    if (!name.includes('files.restore')) it(name, rule)
})

describe('deploy.setup', () => {
  it('finds apps, their ports, health and needs, and writes a configuration that is right', async () => {
    await using kit = await open(nodeShop)
    const { result } = await run(kit, { domain: 'shop.example.com' })
    expect(result).toMatchObject({
      profile: 'full-stack',
      found: { apps: [{ name: 'shop', folder: '.', language: 'node', port: 8080 }], needs: ['postgres', 'redis'] },
    })
    const { services, environments, proxy } = parseConfig(read(kit, 'switchyard.deploy.json'))
    expect(services.shop).toMatchObject({
      handler: 'compose',
      port: 8080,
      hostname: 'shop.example.com',
      health: { http: '/healthz' },
      dependsOn: ['db', 'cache'],
    })
    expect(services.db).toMatchObject({ image: expect.stringMatching(/^postgres:\d+\.\d+/), backup: ['db-data'] })
    expect(environments).toEqual({ production: { target: 'local', protected: true, envFile: '.env.production' } })
    expect(proxy).toEqual({ admin: 'http://127.0.0.1:2019' })
    expect(read(kit, '.env.example')).toMatch(/\nSESSION_SECRET=\n\n[^\n]+\nSTRIPE_SECRET_KEY=\n$/)
    expect(read(kit, 'deploy/CHECKLIST.md')).toContain('- [ ] shop.example.com leads to the host')
  })

  it('knows languages by their files: Go, Python, sites, and the root of a monorepo for none', () => {
    const at = (files: Readonly<Record<string, string>>): TestYard['dir'] => {
      const folder = join(process.env.TMPDIR ?? '/tmp', `switchyard-detect-${Math.random().toString(36).slice(2)}`)
      for (const [path, text] of Object.entries(files)) {
        mkdirSync(join(folder, path, '..'), { recursive: true })
        writeFileSync(join(folder, path), text)
      }
      return folder
    }
    expect(detect(at(goTool)).apps).toMatchObject([
      { name: 'ticker', language: 'go', port: 9000, healthPath: '/health', start: ['./ticker'], variables: ['LOG_LEVEL'] },
    ])
    expect(detect(at(monorepo)).apps).toMatchObject([
      { name: 'api', folder: 'apps/api', language: 'python', port: 8000, needs: ['postgres'], variables: ['API_TOKEN', 'DATABASE_URL'] },
      { name: 'web', folder: 'apps/web', language: 'static', output: 'dist', port: undefined },
    ])
  })

  it('takes services from a compose file that somebody wrote', async () => {
    await using kit = await open(handMade)
    await run(kit, { domain: 'shop.example.com' })
    const { services, environments } = parseConfig(read(kit, 'switchyard.deploy.json'))
    expect(services).toMatchObject({
      app: { file: 'docker-compose.yml', port: 3000, hostname: 'shop.example.com', dependsOn: ['data-base'] },
      'data-base': { service: 'Data_Base', port: 5432, backup: ['pg'] },
    })
    expect(services['data-base']?.hostname).toBeUndefined()
    expect(Object.keys(environments)).toEqual(['staging', 'production'])
  })

  it('writes an SSH host with the fingerprint of its key, and no host without', async () => {
    await using kit = await open(goTool)
    await expect(kit.plan('deploy.setup', { ssh: 'deploy@web-1' })).rejects.toMatchObject({
      code: 'HOST_KEY_MISSING',
      next: expect.stringContaining('ssh-keyscan -t ed25519 web-1'),
    })
    for (const ssh of ['web-1', 'a@-oProxyCommand=x', 'a@b:c', 'a b@c', '$(id)@x'])
      await expect(kit.plan('deploy.setup', { ssh })).rejects.toMatchObject({ code: 'SSH_TARGET_INVALID' })
    await run(kit, { ssh: 'deploy@web-1:2222', hostKey: `SHA256:${'a'.repeat(43)}` })
    expect(parseConfig(read(kit, 'switchyard.deploy.json'))).toMatchObject({
      targets: { server: { kind: 'ssh', host: 'web-1', port: 2222, user: 'deploy' } },
      environments: { production: { target: 'server' } },
    })
  })

  it('changes nothing the second time, and keeps what people changed', async () => {
    await using kit = await open(nodeShop)
    await run(kit)
    const before = everything(kit)
    expect((await run(kit)).result.files.map(({ state }) => state)).toEqual(['unchanged', 'unchanged', 'unchanged'])
    expect(everything(kit)).toEqual(before)

    const config = read(kit, 'switchyard.deploy.json').replace('"keepReleases": 5', '"keepReleases": 9')
    writeFileSync(join(kit.dir, 'switchyard.deploy.json'), config)
    writeFileSync(join(kit.dir, 'deploy/CHECKLIST.md'), read(kit, 'deploy/CHECKLIST.md').replace('- [ ]', '- [x]'))
    writeFileSync(join(kit.dir, 'package.json'), nodeShop['package.json']?.replace('"ioredis": "5.0.0"', '"amqplib": "1.0.0"') ?? '')
    writeFileSync(join(kit.dir, 'server.js'), nodeShop['server.js']?.replace("process.env['REDIS_URL']", 'process.env.AMQP_URL') ?? '')
    const { result } = await run(kit)
    expect(result.files.map(({ state }) => state)).toEqual(['merged', 'updated', 'merged'])
    const { keepReleases, services } = parseConfig(read(kit, 'switchyard.deploy.json'))
    expect([keepReleases, Object.keys(services)]).toEqual([9, ['shop', 'db', 'queue']])
    expect(read(kit, 'deploy/CHECKLIST.md')).toContain('- [x] `switchyard deploy generate`')
  })

  it('keeps what was wished for before, where a later run says nothing of it', async () => {
    await using kit = await open(nodeShop)
    await run(kit, {
      stack: 'store',
      domain: 'shop.example.com',
      profile: 'multi-service',
      ssh: 'deploy@web-1',
      hostKey: `SHA256:${'a'.repeat(43)}`,
    })
    const before = read(kit, 'switchyard.deploy.json')
    await run(kit, { stack: undefined })
    expect(read(kit, 'switchyard.deploy.json')).toBe(before)
    await run(kit, { stack: undefined, domain: 'other.example.com' })
    expect(parseConfig(read(kit, 'switchyard.deploy.json'))).toMatchObject({
      stack: 'store',
      profile: 'multi-service',
      services: { shop: { hostname: 'other.example.com' } },
      environments: { production: { target: 'server' } },
    })
  })

  it('names no env file where nothing can stand in one', async () => {
    await using kit = await open({ 'index.html': '<!doctype html>\n' })
    const { result } = await run(kit)
    expect(result.text).toMatch(/\nNext: switchyard deploy setup --domain NAME, by which it is served$/)
    expect(parseConfig(read(kit, 'switchyard.deploy.json')).environments).toEqual({ production: { target: 'local', protected: true } })
    expect(read(kit, 'deploy/CHECKLIST.md')).not.toContain('env validate')
  })

  it('shows the whole diff in its plan, and is taken back whole', async () => {
    await using kit = await open(goTool)
    const before = readdirSync(kit.dir).sort()
    const { id, plan } = (await kit.plan('deploy.setup', { stack: 'shop' })) as unknown as {
      id: string
      plan?: { steps: { target: string; detail?: string }[] }
    }
    if (plan !== undefined)
      expect(plan.steps.map(({ target }) => target)).toEqual(['switchyard.deploy.json', '.env.example', 'deploy/CHECKLIST.md'])
    await kit.approve(id)
    await kit.undo(id)
    expect(
      readdirSync(kit.dir)
        .filter((name) => name !== '.switchyard')
        .sort(),
    ).toEqual(before.filter((name) => name !== '.switchyard'))
  })

  it('reads nothing through links, and runs nothing that it finds', async () => {
    await using kit = await open({
      ...nodeShop,
      'package.json': '{ "name": "x; touch pwned", "scripts": { "start": "touch pwned" }, "dependencies": { "fastify": "1" } }',
    })
    symlinkSync('/etc', join(kit.dir, 'etc'))
    const { result } = await run(kit)
    expect(result.text).not.toContain('passwd')
    expect(readdirSync(kit.dir)).not.toContain('pwned')
    expect(Object.keys(parseConfig(read(kit, 'switchyard.deploy.json')).services)).toContain('x-touch-pwned')
  })

  it('is not held up by files that are made to', { timeout: 90_000 }, async () => {
    const bomb = `a0: &a0 [x,x,x,x,x,x,x,x,x]\n${Array.from({ length: 12 }, (_, index) => `a${index + 1}: &a${index + 1} [${`*a${index},`.repeat(9)}]\n`).join('')}services: { app: { image: a:1, labels: *a12 } }\n`
    await using kit = await open({
      ...nodeShop,
      'compose.yaml': bomb,
      'big.js': `${'process.env.A || '.repeat(700_000)}`,
      'nested/package.json': `${'{"a":'.repeat(50_000)}`,
      'nested/requirements.txt': 'x'.repeat(900_000),
      'tool/go.mod': `module ${'a/'.repeat(100_000)}\n${'\n'.repeat(300_000)}${'a.'.repeat(200_000)}`,
      'tool/Dockerfile': `FROM a\nRUN a${' '.repeat(500_000)}x\n`,
    })
    await expect(kit.plan('deploy.setup', { stack: 'shop' })).rejects.toMatchObject({
      code: 'COMPOSE_UNREADABLE',
      data: { file: 'compose.yaml' },
    })
    rmSync(join(kit.dir, 'compose.yaml'))
    const { result } = await run(kit)
    expect(result).toMatchObject({
      found: {
        apps: [
          { name: 'shop', language: 'node' },
          { name: 'nested', language: 'python' },
          { name: 'tool', language: 'go' },
        ],
      },
    })
  })

  it('looks at a hundred apps at most, and says that there are more', async () => {
    await using kit = await open(Object.fromEntries(Array.from({ length: 101 }, (_, index) => [`app-${index}/go.mod`, 'module a\n'])))
    const { result } = await run(kit)
    expect(result).toMatchObject({ found: { apps: { length: 100 } }, text: expect.stringContaining('more here than was looked at') })
  })

  it('says when there is nothing to deploy', async () => {
    await using kit = await open({ 'README.md': 'x' })
    await expect(kit.plan('deploy.setup', {})).rejects.toMatchObject({ code: 'NOTHING_TO_DEPLOY' })
  })

  it('looks well at 80 columns', async () => {
    await using kit = await open(nodeShop)
    const { text } = (await run(kit, { domain: 'shop.example.com' })).result
    expect(Math.max(...text.split('\n').map((line) => line.length))).toBeLessThanOrEqual(80)
    expect(text).toContain('Service  Handler  Port  Name\nshop     compose  8080  shop.example.com\n')
  })
})

describe('slug()', () => {
  it('makes names that containers and units can have', () => {
    expect(['@acme/My Shop', '3D_view', '', '--x--', 'a'.repeat(50)].map(slug)).toEqual(['my-shop', 'd-view', 'app', 'x', 'a'.repeat(40)])
  })
})
