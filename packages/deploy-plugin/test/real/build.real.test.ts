import { startEngine } from '@switchyard/testkit/real'
import { describe, expect, it } from 'vitest'
import { createStack } from './stack.ts'
import { startedFor } from './started.ts'

const real = startedFor({ engine: startEngine })

const DOCKERFILE = `FROM localhost/base:1 AS first
ARG GREETING=none
COPY . /www
RUN echo "$GREETING" >/www/greeting
FROM first AS second
RUN touch /www/second
`

describe('a service that is built', () => {
  it('is built on the engine from its folder, is another release when that changes, and says why it cannot be built', async () => {
    real.engine.image('base:1')
    const build = '{ context: app, dockerfile: Shop.Dockerfile, target: first, args: { GREETING: hello } }'
    await using stack = await createStack(
      {
        stack: 'built',
        targets: { local: { kind: 'local', engine: real.engine.socket } },
        environments: { staging: { target: 'local' } },
        services: {
          web: { handler: 'compose', port: 8080, health: { http: '/healthz' }, stableForSeconds: 0.5, startForSeconds: 20 },
        },
      },
      {
        'compose.yaml': `services:\n  web:\n    build: ${build}\n`,
        'app/Shop.Dockerfile': DOCKERFILE,
        'app/.dockerignore': 'secret\n',
        'app/secret': 'tulips\n',
        'app/healthz': 'ok\n',
        'app/index.html': 'one\n',
      },
    )
    const page = (slot: string, path: string): string =>
      real.engine.podman('exec', `built-staging-web-${slot}`, 'wget', '-qO-', `http://127.0.0.1:8080/${path}`)
    const first = await stack.call('apply', { env: 'staging' })
    expect(first).toMatchObject({ state: 'done', services: [{ from: null, to: expect.stringMatching(/^sha256:/), slot: 'blue' }] })
    expect(page('blue', '')).toBe('one')
    expect(page('blue', 'greeting')).toBe('hello')
    const folder = real.engine.podman('exec', 'built-staging-web-blue', 'ls', '/www').split('\n')
    expect(folder).toEqual(['Shop.Dockerfile', 'greeting', 'healthz', 'index.html'])

    stack.write('app/index.html', 'two\n')
    expect(await stack.call('apply', { env: 'staging' })).toMatchObject({ state: 'done', services: [{ slot: 'green' }] })
    expect(page('green', '')).toBe('two')

    stack.write('app/Shop.Dockerfile', DOCKERFILE.replace('echo', 'no-such-program'))
    await expect(stack.call('apply', { env: 'staging' })).rejects.toMatchObject({
      code: 'IMAGE_MISSING',
      message: expect.stringContaining('it could not be built'),
    })
    expect(page('green', '')).toBe('two')
    const to = first.services[0]?.to
    expect(await stack.call('rollback', { env: 'staging' })).toMatchObject({ state: 'done', services: [{ to, slot: 'blue' }] })
    expect(page('blue', '')).toBe('one')
  })
})
