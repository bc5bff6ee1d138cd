import { startCaddy, startEngine } from '@switchyard/testkit/real'
import { describe, expect, it } from 'vitest'
import { startLoad } from './load.ts'
import { createStack, type StackConfig } from './stack.ts'
import { startedFor } from './started.ts'

const real = startedFor({ engine: startEngine, caddy: startCaddy })

/** Says which container it is. */
const SERVE = `echo "$HOSTNAME" >/www/index.html
echo ok >/www/healthz
trap 'exit 0' TERM INT
httpd -f -p 8080 -h /www &
wait
`
const configOf = (web: Record<string, unknown> = {}): StackConfig => ({
  stack: 'many',
  targets: { local: { kind: 'local', engine: real.engine.socket } },
  environments: { staging: { target: 'local', envFile: '.env.staging' } },
  services: {
    web: {
      handler: 'compose',
      port: 8080,
      hostname: 'many.test',
      health: { http: '/healthz' },
      stableForSeconds: 0.5,
      startForSeconds: 20,
      drainSeconds: 5,
      ...web,
    },
  },
  proxy: { admin: real.caddy.admin },
})
const compose = (more = ''): string =>
  `services:\n  web:\n    image: "localhost/many:\${VERSION}"\n    environment: { MOOD: "\${MOOD}" }\n${more}`

const names = (): string[] =>
  real.engine.podman('ps', '--filter', 'label=switchyard.stack=many', '--format', '{{.Names}}').split('\n').filter(Boolean).sort()
const moodOf = (name: string): string => real.engine.podman('exec', name, 'sh', '-c', 'echo $MOOD')

describe('several replicas of a service on a real engine', () => {
  it('are added beside those that serve, serve together, follow a deployment, and are taken away again', async () => {
    for (const version of ['1', '2']) real.engine.image(`many:${version}`, { serve: SERVE })
    await using stack = await createStack(configOf(), { 'compose.yaml': compose(), '.env.staging': 'MOOD=fine\n' })
    await stack.call('apply', { env: 'staging', version: '1' })
    // What the project says meanwhile is nobody's business: replicas are alike.
    stack.write('.env.staging', 'MOOD=other\n')
    const { plan } = await stack.kit.plan('deploy.scale', { env: 'staging', service: 'web', replicas: 3 })
    expect(plan.steps[0]?.detail).toContain('1 -> 3 replicas\nstart blue-2, blue-3, and watch them; the others serve on')
    const [before] = names()
    const first = real.engine.podman('inspect', '-f', '{{.Id}}', before ?? '')
    const scaled = await stack.call('scale', { env: 'staging', service: 'web', replicas: 3 })
    expect(scaled).toMatchObject({ state: 'done', services: [{ slot: 'blue' }], text: expect.stringContaining('1 -> 3 replicas') })
    expect(names()).toEqual(['many-staging-web-blue', 'many-staging-web-blue-2', 'many-staging-web-blue-3'])
    expect(real.engine.podman('inspect', '-f', '{{.Id}}', 'many-staging-web-blue')).toBe(first)
    expect(names().map(moodOf)).toEqual(['fine', 'fine', 'fine'])

    const load = await startLoad(real.caddy.port, 'many.test')
    stack.write('.env.staging', 'MOOD=fine\n')
    expect(await stack.call('apply', { env: 'staging', version: '2' })).toMatchObject({ state: 'done', services: [{ slot: 'green' }] })
    expect(names()).toEqual(['many-staging-web-green', 'many-staging-web-green-2', 'many-staging-web-green-3'])
    const seen = await load.stop()
    expect(seen.failed).toEqual([])
    // Each of the three before, and each of the three after.
    expect(Object.keys(seen.pages)).toHaveLength(6)

    const status = (await stack.kit.call('deploy.status', { env: 'staging' })) as { text: string; services: unknown[] }
    expect(status.services).toMatchObject([{ state: 'running', replicas: { wanted: 3, running: 3 }, drift: [] }])
    expect(status.text).toContain('running 3/3')
    real.engine.podman('rm', '-f', '-t', '0', 'many-staging-web-green-2')
    const drifted = (await stack.kit.call('deploy.status', { env: 'staging' })) as { services: unknown[] }
    expect(drifted.services).toMatchObject([{ state: 'running', drift: [{ kind: 'stopped', text: '2 of 3 replicas run' }] }])

    const less = await stack.call('scale', { env: 'staging', service: 'web', replicas: 1 })
    expect(names()).toEqual(['many-staging-web-green'])
    await stack.call('undo', { run: less.run })
    expect(names()).toEqual(['many-staging-web-green', 'many-staging-web-green-2', 'many-staging-web-green-3'])
    expect(await stack.call('rollback', { env: 'staging' })).toMatchObject({ state: 'done', services: [{ slot: 'blue' }] })
    expect(names()).toEqual(['many-staging-web-blue', 'many-staging-web-blue-2', 'many-staging-web-blue-3'])
    await stack.call('destroy', { env: 'staging' })
    expect(names()).toEqual([])
  })

  it('are taken away again where one of them is not well, and refused where they could not stand beside one another', async () => {
    // The second container finds that it is not the first, and ends.
    real.engine.image('many:3', { serve: `test ! -e /shared/taken || exit 4\ntouch /shared/taken\n${SERVE}` })
    const more = '    volumes: ["shared:/shared"]\nvolumes: { shared: {} }\n'
    await using stack = await createStack(configOf({ strategy: 'beside' }), {
      'compose.yaml': compose(more),
      '.env.staging': 'MOOD=fine\n',
    })
    await stack.call('apply', { env: 'staging', version: '3' })
    await expect(stack.call('scale', { env: 'staging', service: 'web', replicas: 2 })).rejects.toMatchObject({
      code: 'GATE_FAILED',
      message: expect.stringContaining('it ended: exit 4'),
      data: { returned: true },
    })
    expect(names()).toEqual(['many-staging-web-blue'])
    const load = await startLoad(real.caddy.port, 'many.test')
    expect((await load.stop()).failed).toEqual([])
    stack.config(({ services }) => {
      delete services.web?.strategy
    })
    await expect(stack.call('scale', { env: 'staging', service: 'web', replicas: 2 })).rejects.toMatchObject({
      code: 'REPLICAS_REFUSED',
      message: expect.stringContaining('its data may have one user at a time'),
    })
    await expect(stack.call('scale', { env: 'staging', service: 'web', replicas: 1 })).rejects.toMatchObject({ code: 'NOTHING_TO_DEPLOY' })
    await stack.call('destroy', { env: 'staging', volumes: true })
  })
})
