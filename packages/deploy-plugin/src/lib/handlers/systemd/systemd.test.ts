import { chmodSync, existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { delimiter, join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { createStack, type TestStack } from '../../../../test/real/stack.ts'

/** Stands for systemctl where no systemd runs: writes down what it is asked, and says that units run which were started. */
const SYSTEMCTL = `#!/bin/sh
folder=$(dirname "$0")
echo "$*" >>"$folder/asked"
case "$1" in
  restart|start) [ -e "$folder/refuse" ] && { echo "Job for $2 failed" >&2; exit 1; }; touch "$folder/$2" ;;
  stop) rm -f "$folder/$2" ;;
  show) for unit; do :; done
    if [ -e "$folder/$unit" ]; then echo ActiveState=active; else echo ActiveState=failed; echo Result=exit-code; echo ExecMainStatus=3; fi; echo NRestarts=0 ;;
esac
`
const UNIT = '[Unit]\nDescription=The shop\n[Service]\nExecStart=/bin/sleep 1000\n[Install]\nWantedBy=multi-user.target\n'

let stack: TestStack
let bin: string
const { PATH } = process.env

beforeEach(async () => {
  stack = await createStack(
    {
      stack: 'shop',
      targets: { local: { kind: 'local' } },
      environments: { staging: { target: 'local', envFile: '.env.staging' } },
      services: { web: { handler: 'systemd', source: 'app', unit: 'web.service', stableForSeconds: 0, startForSeconds: 2 } },
    },
    { 'app/server.sh': 'one', 'web.service': UNIT, '.env.staging': `QUOTE='a "b" $c'\n` },
  )
  const units = join(stack.root, 'units')
  stack.config(({ services }) => Object.assign(services.web ?? {}, { units }))
  bin = join(stack.root, 'bin')
  for (const folder of [units, bin]) mkdirSync(folder)
  writeFileSync(join(bin, 'systemctl'), SYSTEMCTL)
  writeFileSync(join(bin, 'journalctl'), '#!/bin/sh\necho started\n')
  for (const program of ['systemctl', 'journalctl']) chmodSync(join(bin, program), 0o755)
  process.env.PATH = `${bin}${delimiter}${PATH}`
})
afterEach(async () => {
  process.env.PATH = PATH
  await stack[Symbol.asyncDispose]()
})

/** What systemctl was asked since the last look, but for questions. */
function asked(): string[] {
  const lines = readFileSync(join(bin, 'asked'), 'utf8').trim().split('\n')
  writeFileSync(join(bin, 'asked'), '')
  return lines.filter((line) => !line.startsWith('show'))
}
const units = (): string[] => readdirSync(join(stack.root, 'units')).sort()

describe('a unit of systemd', { timeout: 240_000 }, () => {
  it('is placed, loaded and started beside the one before, which is then taken away', async () => {
    await stack.call('apply', { env: 'staging' })
    expect(asked()).toEqual([
      'daemon-reload',
      'reset-failed shop-staging-web-blue.service',
      'restart shop-staging-web-blue.service',
      // What is first of its kind is there for the others of its stack while they are watched, and once more when it serves.
      'enable shop-staging-web-blue.service',
      'enable shop-staging-web-blue.service',
    ])
    const service = join(stack.root, 'shop/staging/services/web')
    expect(readFileSync(join(stack.root, 'units/shop-staging-web-blue.service'), 'utf8')).toBe(UNIT)
    expect(readFileSync(join(stack.root, 'units/shop-staging-web-blue.service.d/50-switchyard.conf'), 'utf8')).toContain(
      `WorkingDirectory=${service}/blue\nEnvironmentFile=${service}/blue.env\n`,
    )
    expect(readFileSync(join(service, 'blue.env'), 'utf8')).toBe('QUOTE="a \\"b\\" \\$c"\n')

    stack.write('app/server.sh', 'two')
    await stack.call('apply', { env: 'staging' })
    expect(asked()).toEqual([
      'daemon-reload',
      'reset-failed shop-staging-web-green.service',
      'restart shop-staging-web-green.service',
      'enable shop-staging-web-green.service',
      'disable shop-staging-web-blue.service',
      'disable shop-staging-web-blue.service',
      'stop shop-staging-web-blue.service',
      'reset-failed shop-staging-web-blue.service',
      'daemon-reload',
    ])
    expect(units()).toEqual(['shop-staging-web-green.service', 'shop-staging-web-green.service.d'])
  })

  it('that does not start is taken away again, and the one before stays', async () => {
    await stack.call('apply', { env: 'staging' })
    stack.write('app/server.sh', 'two')
    writeFileSync(join(bin, 'refuse'), '')
    await expect(stack.call('apply', { env: 'staging' })).rejects.toMatchObject({
      code: 'START_FAILED',
      message: expect.stringContaining('Job for shop-staging-web-green.service failed'),
    })
    expect(units()).toEqual(['shop-staging-web-blue.service', 'shop-staging-web-blue.service.d'])
    expect(existsSync(join(bin, 'shop-staging-web-blue.service'))).toBe(true)
  })

  it('that systemd would not read is refused before it is loaded', async () => {
    stack.write('web.service', UNIT.replace('/bin/sleep', 'relative/path'))
    await expect(stack.call('apply', { env: 'staging' })).rejects.toMatchObject({ code: 'UNIT_INVALID' })
    expect(asked()).not.toContain('restart shop-staging-web-blue.service')
    stack.write('web.service', 'no unit')
    await expect(stack.call('apply', { env: 'staging' })).rejects.toMatchObject({
      code: 'UNIT_INVALID',
      message: expect.stringContaining('[Service]'),
    })
  })
})
