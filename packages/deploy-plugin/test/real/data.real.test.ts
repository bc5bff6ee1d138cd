import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import { startEngine } from '@switchyard/testkit/real'
import { describe, expect, it } from 'vitest'
import { createStack, type StackConfig } from './stack.ts'
import { startedFor } from './started.ts'

const real = startedFor({ engine: startEngine })

const configOf = (stack: string): StackConfig => ({
  stack,
  targets: { local: { kind: 'local', engine: real.engine.socket } },
  environments: { staging: { target: 'local', envFile: '.env.staging' } },
  services: {
    web: { handler: 'compose', port: 8080, health: { http: '/healthz' }, stableForSeconds: 0.5, startForSeconds: 20, backup: ['data'] },
  },
})

/** Writes down in its volume each release that it was, with the variable it was given. */
const keeper = (name: string): Record<string, string> => ({
  'www/healthz': 'ok\n',
  serve: `echo "${name} $TULIPS" >>/data/log
busybox chown 1234 /data/log
busybox chmod 640 /data/log
trap 'exit 0' TERM INT
httpd -f -p 8080 -h /www &
wait
`,
})
const compose = (image: string): string => `services:
  web:
    image: localhost/${image}
    environment: { TULIPS: "\${TULIPS}" }
    volumes: ["data:/data"]
volumes:
  data: {}
`

describe('a service that writes to a named volume', () => {
  it('[A11] is backed up before the next release, and returned with the data of then', async () => {
    for (const name of ['one', 'two']) real.engine.image(`keeper:${name}`, keeper(name))
    await using stack = await createStack(configOf('keeper'), { 'compose.yaml': compose('keeper:one'), '.env.staging': 'TULIPS=red\n' })
    const inside = (slot: string, ...argv: string[]): string[] =>
      real.engine.podman('exec', `keeper-staging-web-${slot}`, ...argv).split('\n')
    const first = await stack.call('apply', { env: 'staging' })
    stack.write('compose.yaml', compose('keeper:two'))
    await stack.call('apply', { env: 'staging' })
    real.engine.podman('exec', 'keeper-staging-web-green', 'touch', '/data/new')
    expect(inside('green', 'cat', '/data/log')).toEqual(['one red', 'two red'])

    const back = await stack.call('rollback', { env: 'staging', restore: true })
    expect(back).toMatchObject({ state: 'done', services: [{ to: first.services[0]?.to, slot: 'blue' }] })
    expect(inside('blue', 'cat', '/data/log')).toEqual(['one red', 'one red'])
    expect(inside('blue', 'ls', '/data')).toEqual(['log'])
    expect(inside('blue', 'busybox', 'stat', '-c', '%u %a', '/data/log')).toEqual(['1234 640'])
  })

  it('[A11] runs again with its own data and variables where the release it is returned to is not well', async () => {
    real.engine.image('healer:one', { ...keeper('one'), serve: `test ! -e /data/log || exit 3\n${keeper('one').serve}` })
    real.engine.image('healer:two', keeper('two'))
    await using stack = await createStack(configOf('healer'), { 'compose.yaml': compose('healer:one'), '.env.staging': 'TULIPS=red\n' })
    await stack.call('apply', { env: 'staging' })
    stack.write('compose.yaml', compose('healer:two'))
    stack.write('.env.staging', 'TULIPS=blue\n')
    await stack.call('apply', { env: 'staging' })
    stack.write('.env.staging', 'TULIPS=white\n')
    stack.config(({ services }) => Object.assign(services.web ?? {}, { startForSeconds: 2 }))

    await expect(stack.call('rollback', { env: 'staging', restore: true })).rejects.toMatchObject({ data: { returned: true } })
    const log = real.engine.podman('exec', 'healer-staging-web-green', 'cat', '/data/log')
    expect(log.split('\n')).toEqual(['one red', 'two blue', 'two blue'])
    expect(real.engine.podman('ps', '-a', '--filter', 'label=switchyard.stack=healer', '--format', '{{.Names}}')).toBe(
      'healer-staging-web-green',
    )
    expect(readdirSync(join(stack.root, 'healer/staging/services/web'))).not.toContain('green.env')
  })
})
