import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import {
  startCaddy,
  startEngine,
  startSshd,
  startSystemd,
  type TestCaddy,
  type TestEngine,
  type TestSshd,
  type TestSystemd,
} from '@switchyard/testkit/real'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { startLoad } from './load.ts'
import { createStack, type TestStack } from './stack.ts'

let engine: TestEngine
let caddy: TestCaddy
let systemd: TestSystemd
/** On the machine of that systemd. */
let sshd: TestSshd
/** The host's folder, under the same path for this machine and for its systemd. */
let root: string
const ownPath = process.env.PATH

beforeAll(async () => {
  root = mkdtempSync(join(tmpdir(), 'switchyard-units-'))
  caddy = await startCaddy()
  engine = await startEngine()
  systemd = await startSystemd(engine, { mounts: [`${root}:${root}`] })
  sshd = await startSshd({ inside: systemd })
  process.env.PATH = `${systemd.bin}:${ownPath}`
})
afterAll(async () => {
  process.env.PATH = ownPath
  await sshd?.[Symbol.asyncDispose]()
  systemd?.[Symbol.dispose]()
  await caddy?.[Symbol.asyncDispose]()
  await engine?.[Symbol.asyncDispose]()
  rmSync(root, { recursive: true, force: true })
})

/** Says first what it was given, then serves a folder of its release, and ends with a line of an error. */
const UNIT = `[Unit]
Description=The shop
[Service]
ExecStartPre=/usr/bin/printenv TULIPS
ExecStart=/bin/busybox httpd -f -p 127.0.0.1:\${PORT} -h www
ExecStopPost=/bin/echo ERROR the shop is closed
Restart=on-failure
RestartSec=60
[Install]
WantedBy=multi-user.target
`
const TULIPS = 'red "and" $blue `it\'s` \\ 50%'

let stack: TestStack
async function makeStack(way: 'here' | 'over SSH'): Promise<void> {
  const units = way === 'here' ? { units: join(systemd.root, 'etc/systemd/system') } : {}
  stack = await createStack(
    {
      stack: 'shop',
      targets: { host: { ...(way === 'here' ? { kind: 'local' } : sshd.target), root } },
      environments: { staging: { target: 'host', envFile: '.env.staging' } },
      services: {
        web: {
          handler: 'systemd',
          source: 'app',
          unit: 'web.service',
          ...units,
          port: 8080,
          hostname: 'units.test',
          health: { http: '/healthz' },
          stableForSeconds: 1,
          startForSeconds: 20,
          drainSeconds: 2,
          maxErrorLines: 0,
        },
      },
      proxy: { admin: caddy.admin },
    },
    {
      'app/www/index.html': 'one\n',
      'app/www/healthz': 'ok\n',
      'web.service': UNIT,
      '.env.staging': `TULIPS="${TULIPS.replace(/[\\"$]/g, '\\$&')}"\n`,
    },
  )
}
afterEach(async () => {
  await stack.call('destroy', { env: 'staging' })
  await stack[Symbol.asyncDispose]()
})

const nameOf = (slot: string): string => `shop-staging-web-${slot}.service`
/** What systemd itself says of a slot's unit. */
const shown = (slot: string): Record<string, string> =>
  Object.fromEntries(
    systemd
      .run('systemctl', 'show', '--property=LoadState,ActiveState,UnitFileState', nameOf(slot))
      .split('\n')
      .map((line) => line.split('=') as [string, string]),
  )
const SERVES = { LoadState: 'loaded', ActiveState: 'active', UnitFileState: 'enabled' }
const GONE = { LoadState: 'not-found', ActiveState: 'inactive', UnitFileState: '' }
const failedUnits = (): string => systemd.run('systemctl', 'list-units', '--failed', '--plain', '--no-legend')
const placed = (): string[] =>
  readdirSync(join(systemd.root, 'etc/systemd/system'), { recursive: true, encoding: 'utf8' })
    .filter((path) => path.includes('shop-'))
    .sort()

describe.each(['here', 'over SSH'] as const)('a service of a real systemd %s', (way) => {
  beforeEach(() => makeStack(way))

  it('is started, followed by the next release and returned, while visitors ask without a failure', async () => {
    const first = await stack.call('apply', { env: 'staging' })
    expect(first).toMatchObject({ state: 'done', services: [{ service: 'web', from: null, slot: 'blue' }] })
    expect(shown('blue')).toEqual(SERVES)
    expect(systemd.run('journalctl', '-u', nameOf('blue'), '-o', 'cat').split('\n')).toContain(TULIPS)
    const load = await startLoad(caddy.port, 'units.test')

    stack.write('app/www/index.html', 'two\n')
    expect(await stack.call('apply', { env: 'staging' })).toMatchObject({ state: 'done', services: [{ slot: 'green' }] })
    expect(shown('green')).toEqual(SERVES)
    expect(shown('blue')).toEqual(GONE)

    // Blue's journal tells of the error with which the first release ended there; the one that comes now has none.
    stack.write('app/www/index.html', 'three\n')
    expect(await stack.call('apply', { env: 'staging' })).toMatchObject({ state: 'done', services: [{ slot: 'blue' }] })

    const to = first.services[0]?.to
    expect(await stack.call('rollback', { env: 'staging', to })).toMatchObject({ state: 'done', services: [{ to, slot: 'green' }] })
    expect(shown('green')).toEqual(SERVES)
    expect(shown('blue')).toEqual(GONE)
    const seen = await load.stop()
    expect(seen.failed).toEqual([])
    expect(Object.keys(seen.pages).sort()).toEqual(['one', 'three', 'two'])
    expect(placed()).toEqual([
      `multi-user.target.wants/${nameOf('green')}`,
      nameOf('green'),
      `${nameOf('green')}.d`,
      `${nameOf('green')}.d/50-switchyard.conf`,
    ])
  })

  it('that is not well is returned from, and leaves neither a unit nor a failed one behind', async () => {
    stack.config(({ services }) => Object.assign(services.web ?? {}, { startForSeconds: 4 }))
    await stack.call('apply', { env: 'staging' })
    const before = placed()
    stack.write('web.service', UNIT.replace('-h www', '-h nowhere').replace('on-failure', 'no'))
    stack.write('app/www/index.html', 'never served\n')
    await expect(stack.call('apply', { env: 'staging' })).rejects.toMatchObject({ data: { returned: true } })
    expect(shown('blue')).toEqual(SERVES)
    expect(shown('green')).toEqual(GONE)
    expect(failedUnits()).toBe('')
    expect(placed()).toEqual(before)
  })
})

describe('a service of a real systemd', () => {
  beforeEach(() => makeStack('here'))

  it('is rehearsed without a trace, and runs as several units that start with the host', async () => {
    await stack.call('apply', { env: 'staging' })
    stack.write('app/www/index.html', 'two\n')
    await stack.call('apply', { env: 'staging' })
    const before = placed()
    expect(await stack.call('rollback', { env: 'staging', rehearse: true })).toMatchObject({ state: 'done' })
    expect(placed()).toEqual(before)
    expect(readdirSync(join(root, 'shop'))).toEqual(['staging'])
    await stack.call('scale', { env: 'staging', service: 'web', replicas: 2 })
    expect([shown('green'), shown('green-2')]).toEqual([SERVES, SERVES])
    await stack.call('scale', { env: 'staging', service: 'web', replicas: 1 })
    expect([shown('green'), shown('green-2')]).toEqual([SERVES, GONE])
    expect(placed()).toEqual(before)
  })

  it('that is replaced in its place runs again when the next one fails', async () => {
    stack.config(({ services }) => Object.assign(services.web ?? {}, { strategy: 'replace', drainSeconds: 0 }))
    await stack.call('apply', { env: 'staging' })
    const started = (): string => systemd.run('systemctl', 'show', '--value', '--property=ExecMainStartTimestampMonotonic', nameOf('blue'))
    const at = started()
    stack.write('app/www/healthz', 'ill\n')
    stack.write('web.service', UNIT.replace('-h www', '-h ..'))
    stack.config(({ services }) => Object.assign(services.web ?? {}, { startForSeconds: 1 }))
    await expect(stack.call('apply', { env: 'staging' })).rejects.toMatchObject({ code: 'GATE_FAILED', data: { returned: true } })
    expect(shown('blue')).toEqual(SERVES)
    expect(started()).not.toBe(at)
  })

  it('has its variables and its port in what is run beside it', async () => {
    const told = join(stack.root, 'told')
    const say = ['/bin/sh', '-c', 'printf %s "$TULIPS" >"$0"', told]
    const health = { command: ['/bin/sh', '-c', 'busybox wget -qO- "http://127.0.0.1:$PORT/healthz"'] }
    stack.config(({ services }) => Object.assign(services.web ?? {}, { health }))
    await stack.call('apply', { env: 'staging' })
    stack.config(({ services }) => Object.assign(services.web ?? {}, { migrations: { level: 1, reversible: 0, up: say } }))
    stack.write('app/www/index.html', 'two\n')
    await stack.call('apply', { env: 'staging' })
    expect(readFileSync(told, 'utf8')).toBe(TULIPS)
    expect(existsSync(join(root, 'shop/staging/services/web/blue.once.env'))).toBe(false)
  })
})
