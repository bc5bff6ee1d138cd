import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { createServer, type Server } from 'node:http'
import type { AddressInfo, createServer as createTcpServer } from 'node:net'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import type { Context } from '@switchyard/plugin-kit'
import type { TestYard } from '@switchyard/testkit'
import { describe, expect, it } from 'vitest'
import { yardWithContext } from '../../../test/with-context.ts'
import { createDeployments } from '../records/deployments.ts'
import { createResources } from '../records/resources.ts'
import { checkCommands } from './commands.ts'
import type { Finding } from './finding.ts'
import { keepLook } from './forecast.ts'

interface Opened extends AsyncDisposable {
  readonly kit: TestYard
  readonly context: Context
  check(input?: object): Promise<{ ready: boolean; text: string; places: { env?: string; ready: boolean; findings: Finding[] }[] }>
  /** The findings of one kind, of the first place. */
  find(check: string, input?: object): Promise<Finding[]>
}

async function opened(files: Record<string, string> = {}): Promise<Opened> {
  const { kit, context } = await yardWithContext(checkCommands, files)
  const check = async (input: object = {}): ReturnType<Opened['check']> =>
    (await kit.call('deploy.check', input)) as Awaited<ReturnType<Opened['check']>>
  return {
    kit,
    context,
    check,
    find: async (name, input = {}) => (await check(input)).places[0]!.findings.filter((one) => one.check === name),
    [Symbol.asyncDispose]: () => kit[Symbol.asyncDispose](),
  }
}

interface Shop {
  readonly compose?: string
  readonly engine?: string
  readonly hostname?: string
  readonly admin?: string
  readonly ports?: string
}

/** A stack of one service on this machine. */
const shop = ({
  engine = '/no/such/engine.sock',
  hostname,
  admin = 'http://127.0.0.1:1',
  compose = '',
}: Shop = {}): Record<string, string> => ({
  'switchyard.deploy.json': JSON.stringify({
    stack: 'shop',
    targets: { here: { kind: 'local', engine }, there: { kind: 'local', engine } },
    environments: { staging: { target: 'here', envFile: '.env.staging' }, production: { target: 'there', protected: true } },
    services: { api: { handler: 'compose', port: 8_080, ...(hostname !== undefined && { hostname }) } },
    ...(hostname !== undefined && { proxy: { admin } }),
  }),
  'compose.yaml': compose,
  '.env.staging': 'TAG=1.2.0\nPASSWORD=hunter2hunter2\n',
})

async function listening(
  server: Server | ReturnType<typeof createTcpServer>,
  at: string | number,
): Promise<AsyncDisposable & { port: number }> {
  if (typeof at === 'string') server.listen(at)
  else server.listen(at, '127.0.0.1')
  await once(server, 'listening')
  const address = server.address()
  return {
    port: typeof address === 'object' ? (address as AddressInfo).port : 0,
    async [Symbol.asyncDispose]() {
      server.close()
      await once(server, 'close')
    },
  }
}

/** What a container engine answers, as Docker documents its API, so far as a check asks. */
const engineOf = (answers: Readonly<Record<string, unknown>>): Server =>
  createServer((asked, answer) => {
    const found = answers[decodeURI(asked.url ?? '')]
    answer.writeHead(found === undefined ? 404 : 200, { 'content-type': 'application/json' })
    answer.end(JSON.stringify(found ?? { message: 'no such thing' }))
  })

const ENGINE = {
  '/version': { Version: '27.3.1', ApiVersion: '1.47', Arch: 'amd64' },
  '/info': { Containers: 3, DockerRootDir: '/var/lib/docker' },
  '/networks': [{ Name: 'edge' }],
  '/containers/json': [],
}

describe('deploy.check', () => {
  it('measures this machine before anything is configured', async () => {
    await using it = await opened()
    const { places, text } = await it.check()
    const [place] = places
    expect(place).toMatchObject({ target: 'local', host: 'this machine' })
    expect(place!.findings.map(({ check }) => check)).toEqual(expect.arrayContaining(['disk', 'memory', 'load']))
    const disk = place!.findings.find(({ check }) => check === 'disk')
    expect(disk).toMatchObject({ unit: '%', wanted: 'below 70 %, never above 85 %' })
    expect(text).toContain('] ')
    expect(text.split('\n').every((line) => line.length <= 80)).toBe(true)
  })

  it('[N1] looks at each environment, or at the one that is named, and at none that is not there', async () => {
    await using it = await opened(shop())
    expect((await it.check()).places.map(({ env }) => env)).toEqual(['staging', 'production'])
    expect((await it.check({ env: 'staging' })).places).toHaveLength(1)
    await expect(it.check({ env: 'prod' })).rejects.toMatchObject({ code: 'ENVIRONMENT_UNKNOWN' })
    await expect(it.check({ service: ['web'] })).rejects.toMatchObject({ code: 'SERVICE_UNKNOWN' })
  })

  it('[C9] says who holds a port that a service publishes, by process and program', async () => {
    const holder = spawn(
      process.execPath,
      ['-e', `require('net').createServer().listen(0, '127.0.0.1', function () { console.log(this.address().port) })`],
      { stdio: ['pipe', 'pipe', 'inherit'] },
    )
    try {
      const [port] = (await once(createInterface(holder.stdout), 'line')) as [string]
      await using it = await opened(shop({ compose: `services:\n  api:\n    ports: ["127.0.0.1:${port}:80", "127.0.0.2:${port}:81"]\n` }))
      const ports = await it.find('port', { env: 'staging' })
      expect(ports).toMatchObject([
        { subject: `api: 127.0.0.1:${port}`, level: 'fail', measured: expect.stringContaining(`pid ${holder.pid}`) },
        { subject: `api: 127.0.0.2:${port}`, level: 'ok', measured: 'free' },
      ])
      expect(ports[0]!.advice).toContain(`end process ${holder.pid}`)

      // The same process is in nobody's way once it is known to be what is replaced.
      const { id } = createDeployments(it.context).begin({
        kind: 'apply',
        stack: 'shop',
        env: 'staging',
        target: 'here',
        service: 'api',
        handler: 'process',
        why: 'test',
      })
      createResources(it.context).exists(id, [{ kind: 'process', name: 'api', data: { pid: holder.pid } }])
      expect((await it.find('port', { env: 'staging' }))[0]).toMatchObject({
        level: 'ok',
        measured: expect.stringContaining('which is replaced'),
      })
    } finally {
      holder.kill('SIGKILL')
      await once(holder, 'close')
    }
  })

  it('sees every way in which compose publishes a port', async () => {
    const compose = `
services:
  api:
    ports:
      - "18801"
      - "18802:80"
      - "18803-18804:80-81/tcp"
      - "18805:53/udp"
      - "[::1]:18806:80"
      - "\${NOT_SET:-18807}:80"
      - { target: 80, published: "18808", host_ip: 127.0.0.1 }
      - { target: 80 }
`
    await using it = await opened(shop({ compose }))
    expect((await it.find('port', { env: 'staging' })).map(({ subject }) => subject)).toEqual([
      'api: 18802',
      'api: 18803',
      'api: 18804',
      'api: ::1:18806',
      'api: 18807',
      'api: 127.0.0.1:18808',
    ])
  })

  it('[C10] asks the engine for its version, networks and images, and holds their architecture against its own', async () => {
    const compose = `
services:
  api:
    image: example/api:\${TAG}
    networks: [edge, lost, own]
  worker: { image: "example/worker:2" }
  built: { image: "example/built:1", build: . }
  gone: { image: "example/gone:1" }
networks: { edge: { external: true }, lost: { external: true, name: elsewhere }, own: {} }
`
    await using it = await opened({
      ...shop({ compose }),
      'switchyard.deploy.json': JSON.stringify({
        stack: 'shop',
        targets: { here: { kind: 'local', engine: '/replaced' } },
        environments: { staging: { target: 'here', envFile: '.env.staging' } },
        services: Object.fromEntries(['api', 'worker', 'built', 'gone'].map((name) => [name, { handler: 'compose' }])),
      }),
    })
    const socket = join(it.kit.dir, 'engine.sock')
    const { readFileSync, writeFileSync } = await import('node:fs')
    const file = join(it.kit.dir, 'switchyard.deploy.json')
    writeFileSync(file, readFileSync(file, 'utf8').replace('/replaced', socket))
    await using _ = await listening(
      engineOf({
        ...ENGINE,
        '/images/example/api:1.2.0/json': { Architecture: 'amd64', Size: 52_428_800 },
        '/images/example/worker:2/json': { Architecture: 'arm64', Size: 1_024 },
      }),
      socket,
    )
    const { places, text, ready } = await it.check()
    const seen = places[0]!.findings.filter(({ group }) => group === 'Engine' || group === 'Images')
    expect(seen.map(({ check, subject, level }) => [check, subject, level])).toEqual([
      ['engine', 'Docker', 'ok'],
      ['network', 'edge', 'ok'],
      ['network', 'elsewhere', 'fail'],
      ['image', 'api: example/api:1.2.0', 'ok'],
      ['image', 'worker: example/worker:2', 'fail'],
      ['image', 'built: example/built:1', 'ok'],
      ['image', 'gone: example/gone:1', 'fail'],
    ])
    expect(seen.map(({ measured }) => measured).join()).toContain('on the host, amd64, 50 MB')
    expect(ready).toBe(false)
    expect(text).toContain('NOT READY: staging on this machine')
    expect(text).not.toContain('hunter2')
  })

  it('tells of an engine that is not there only where a service needs one', async () => {
    await using it = await opened(shop({ compose: 'services: { api: { image: "x:1" } }' }))
    expect(await it.find('engine', { env: 'staging' })).toMatchObject([{ level: 'fail', measured: expect.stringContaining('ENOENT') }])
    await using none = await opened()
    expect(await none.find('engine')).not.toContainEqual(expect.objectContaining({ level: 'fail' }))
  })

  it('[C10] [C11] asks the proxy, and where the names lead', async () => {
    await using caddy = await listening(
      createServer((_, answer) => answer.end('{}')),
      0,
    )
    await using it = await opened(shop({ hostname: 'localhost', admin: `http://127.0.0.1:${caddy.port}` }))
    const { places } = await it.check({ env: 'staging' })
    const network = places[0]!.findings.filter(({ group }) => group === 'Network')
    expect(network).toEqual(
      expect.arrayContaining([
        expect.objectContaining({ check: 'proxy', level: 'ok', measured: 'answered 200' }),
        expect.objectContaining({ check: 'dns', subject: 'localhost', level: 'ok' }),
      ]),
    )
    await using without = await opened(shop({ hostname: 'nowhere.invalid' }))
    const [proxy] = await without.find('proxy', { env: 'staging' })
    expect(proxy).toMatchObject({ level: 'fail', measured: expect.stringContaining('ECONNREFUSED') })
    const [name] = await without.find('dns', { env: 'staging' })
    // Without any resolver at hand nobody can say.
    expect(['warn', 'unknown']).toContain(name!.level)
  })

  it('[C7] [C8] forecasts when a disk is full by what it measured before, and adds up what the services may take', async () => {
    const compose = `services: { api: { image: "x:1", mem_limit: 9999g, deploy: { resources: { reservations: { memory: 64m } } } } }`
    await using it = await opened(shop({ compose }))
    const DAY_MS = 86_400_000
    const { clock, store } = it.context
    const nowMs = clock.now()
    const [now] = await it.find('disk', { env: 'staging' })
    store.prepare('DELETE FROM deploy_disk_look').run()
    const { localHost } = await import('../hosts/local.ts')
    const { readFacts } = await import('./facts.ts')
    const facts = await readFacts(localHost('here'), ['/'])
    const { usedKb } = facts.disks[0]!
    for (const day of [3, 2, 1]) {
      keepLook(store, 'this machine', { disks: [{ ...facts.disks[0]!, usedKb: usedKb - day * 1_048_576 }] }, nowMs - day * DAY_MS)
    }
    const [growth] = await it.find('disk-growth', { env: 'staging' })
    expect(growth).toMatchObject({ subject: now!.subject, measured: expect.stringMatching(/^(1|1\.\d|0\.\d|9\d\d) [GM]B a day more/) })
    expect(growth!.advice).toBe('by 4 looks over 3 days')
    expect(await it.find('memory-reserved', { env: 'staging' })).toMatchObject([
      { level: 'warn', measured: expect.stringContaining('64 MB set aside, 9.8 TB at most') },
    ])
  })

  it('keeps a look at the disks once an hour, and lets go of old ones', async () => {
    await using it = await opened()
    const count = (): unknown => it.context.store.prepare('SELECT count(*) AS count FROM deploy_disk_look WHERE mount = ?').get('/')
    await it.check()
    await it.check()
    expect(count()).toEqual({ count: 1 })
    it.kit.clock.advance(3_600_000)
    await it.check()
    expect(count()).toEqual({ count: 2 })
    it.kit.clock.advance(91 * 86_400_000)
    await it.check()
    expect(count()).toEqual({ count: 1 })
  })

  it('[C12] is strict where that is asked for: a warning is then enough', async () => {
    await using it = await opened(shop({ compose: `services: { api: { build: ., mem_limit: 9999g } }` }))
    await using _ = await listening(engineOf(ENGINE), join(it.kit.dir, 'e.sock'))
    const { readFileSync, writeFileSync } = await import('node:fs')
    const file = join(it.kit.dir, 'switchyard.deploy.json')
    writeFileSync(file, readFileSync(file, 'utf8').replaceAll('/no/such/engine.sock', join(it.kit.dir, 'e.sock')))
    const { places } = await it.check({ env: 'staging', strict: true })
    expect(places[0]!.ready).toBe(false)
    const lax = (await it.check({ env: 'staging' })).places[0]!
    expect(lax.ready).toBe(!lax.findings.some(({ level }) => level === 'fail'))
  })

  it('[C13] tells of a host that cannot be reached instead of failing', async () => {
    const files = shop()
    await using it = await opened({
      ...files,
      key: 'no key',
      'switchyard.deploy.json': JSON.stringify({
        stack: 'shop',
        targets: {
          web: { kind: 'ssh', host: '127.0.0.1', port: 1, user: 'nobody', key: '/no/such/key', hostKey: `SHA256:${'A'.repeat(43)}` },
        },
        environments: { production: { target: 'web' } },
        services: { api: { handler: 'compose' } },
      }),
    })
    const { ready, places } = await it.check()
    expect(ready).toBe(false)
    expect(places[0]!.findings).toMatchObject([{ check: 'host', level: 'fail', subject: 'web' }])
  })
})
