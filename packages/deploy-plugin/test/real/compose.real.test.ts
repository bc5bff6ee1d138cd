import { readFileSync } from 'node:fs'
import { startCaddy, startEngine } from '@switchyard/testkit/real'
import { describe, expect, it } from 'vitest'
import { startLoad } from './load.ts'
import { createStack, type StackConfig } from './stack.ts'
import { startedFor } from './started.ts'

const real = startedFor({ engine: startEngine, caddy: startCaddy })

const compose = (web: string, api = 'api:1'): string => `services:
  web:
    image: localhost/${web}
    environment: { GREETING: hello }
  api:
    image: localhost/${api}
`

const configOf = (hostname: string, stack: string): StackConfig => ({
  stack,
  targets: { local: { kind: 'local', engine: real.engine.socket } },
  environments: { staging: { target: 'local' } },
  services: {
    web: {
      handler: 'compose',
      port: 8080,
      hostname,
      health: { http: '/healthz' },
      stableForSeconds: 1,
      startForSeconds: 20,
      dependsOn: ['api'],
    },
    api: { handler: 'compose', port: 8080, health: { http: '/' }, stableForSeconds: 0.5, startForSeconds: 20 },
  },
  proxy: { admin: real.caddy.admin },
  keepReleases: 3,
})

const page = (version: string): Record<string, string> => ({ 'www/index.html': `${version}\n`, 'www/healthz': 'ok\n' })

describe('a stack of two services on a real engine', () => {
  it('is deployed, changed and deployed again under load without one failed request, and returned two releases back', async () => {
    const digests = ['web-1', 'web-2', 'web-3'].map((name, index) => real.engine.image(`web:${index + 1}`, page(name)))
    real.engine.image('api:1', page('api-1'))
    real.engine.image('api:2', page('api-2'))
    await using stack = await createStack(configOf('shop.test', 'shop'), { 'compose.yaml': compose('web:1') })
    const first = await stack.call('apply', { env: 'staging' })
    expect(first).toMatchObject({
      state: 'done',
      services: [
        { service: 'api', from: null },
        { service: 'web', from: null, to: digests[0], slot: 'blue' },
      ],
    })
    const load = await startLoad(real.caddy.port, 'shop.test')

    stack.write('compose.yaml', compose('web:2', 'api:2'))
    const second = await stack.call('apply', { env: 'staging' })
    expect(second).toMatchObject({
      state: 'done',
      services: [{ service: 'api' }, { service: 'web', from: digests[0], to: digests[1], slot: 'green' }],
    })

    stack.write('compose.yaml', compose('web:3', 'api:2'))
    const third = await stack.call('apply', { env: 'staging' })
    expect(third).toMatchObject({ services: [{ service: 'web', from: digests[1], to: digests[2], slot: 'blue' }], same: ['api'] })

    const back = await stack.call('rollback', { env: 'staging', service: ['web'], to: digests[0] })
    expect(back).toMatchObject({ state: 'done', services: [{ service: 'web', from: digests[2], to: digests[0], slot: 'green' }] })

    const seen = await load.stop()
    expect(seen.failed).toEqual([])
    expect(seen.asked).toBeGreaterThan(500)
    expect(seen.reused).toBeGreaterThan(seen.asked * 0.95)
    expect(Object.keys(seen.pages).sort()).toEqual(['web-1', 'web-2', 'web-3'])
    expect(real.engine.podman('ps', '--format', '{{.Names}}').split('\n').sort()).toEqual([
      'shop-staging-api-green',
      'shop-staging-web-green',
    ])
    // Others of the stack find what serves under the service's own name.
    expect(real.engine.podman('exec', 'shop-staging-web-green', 'wget', '-qO-', 'http://api:8080/')).toBe('api-2')
  })
})

async function failureOf(call: Promise<unknown>): Promise<{ code: string; message: string; data: { page: string } }> {
  try {
    await call
  } catch (error) {
    return error as { code: string; message: string; data: { page: string } }
  }
  throw new Error('it did not fail')
}

describe('a release that is not well', () => {
  it('is returned from by itself while the old one serves throughout, and a page says why', async () => {
    const [good] = [real.engine.image('shop:1', page('good'))]
    real.engine.image('shop:2', {
      'www/index.html': 'broken\n',
      serve: 'echo "ERROR cannot reach the database with $DB_PASSWORD"\nhttpd -p 8080 -h /www\nsleep 3600\n',
    })
    real.engine.image('shop:3', { serve: 'echo "FATAL no configuration"\nexit 3\n' })
    const config = configOf('broken.test', 'broken')
    delete config.services.api
    config.services.web = { ...config.services.web, dependsOn: [], startForSeconds: 3 }
    config.environments.staging = { target: 'local', envFile: '.env.staging' }
    const file = (image: string): string =>
      `services:\n  web:\n    image: localhost/${image}\n    environment: { DB_PASSWORD: "\${DB_PASSWORD}" }\n`
    await using stack = await createStack(config, { 'compose.yaml': file('shop:1'), '.env.staging': 'DB_PASSWORD=tulips-in-may\n' })
    await stack.call('apply', { env: 'staging' })
    const load = await startLoad(real.caddy.port, 'broken.test')

    stack.write('compose.yaml', file('shop:2'))
    stack.write('.env.staging', 'DB_PASSWORD=roses-in-june\n')
    const refused = await failureOf(stack.call('apply', { env: 'staging' }))
    expect(refused).toMatchObject({ code: 'GATE_FAILED', message: expect.stringContaining('What ran before runs again') })
    const why = readFileSync(refused.data.page, 'utf8')
    expect(why).toContain('/healthz answered 404')
    expect(why).toContain('ERROR cannot reach the database with [DB_PASSWORD]')
    expect(why).toMatch(/changed DB_PASSWORD [0-9a-f]{16} -> [0-9a-f]{16}/)
    expect(why).toContain('-> 8080/tcp')
    expect(why).toContain(`Last good: ${good?.slice(0, 19)}`)
    expect(why).not.toMatch(/roses|tulips/)

    stack.write('compose.yaml', file('shop:3'))
    await expect(stack.call('apply', { env: 'staging' })).rejects.toMatchObject({ code: 'GATE_FAILED' })

    const seen = await load.stop()
    expect(seen.failed).toEqual([])
    expect(Object.keys(seen.pages)).toEqual(['good'])
    expect(real.engine.podman('ps', '-a', '--filter', 'label=switchyard.stack=broken', '--format', '{{.Names}}')).toBe(
      'broken-staging-web-blue',
    )
    // Nowhere in the workspace's own files is a value to be found.
    expect(stack.grep('roses-in-june')).toEqual(['.env.staging'])
  })
})
