import { readFileSync } from 'node:fs'
import { startCaddy, startEngine } from '@switchyard/testkit/real'
import { describe, expect, it } from 'vitest'
import { createStack, type StackConfig, type TestStack } from './stack.ts'
import { startedFor } from './started.ts'

const real = startedFor({ engine: startEngine, caddy: startCaddy })

/** Writes into its volume, and is well only where it finds its neighbour by name and nothing beyond. */
const webOf = (release: string, more = ''): Record<string, string> => ({
  serve: `echo "${release}" >>/data/log
${more}
n=0; until wget -qO- http://api:8080/ >/www/neighbour; do n=$((n + 1)); [ $n -lt 20 ] || exit 5; sleep 0.2; done
cp=$(cat /data/log); echo "$cp" >/www/index.html
echo ok >/www/healthz
trap 'exit 0' TERM INT
httpd -f -p 8080 -h /www &
wait
`,
})

const configOf = (stack: string): StackConfig => ({
  stack,
  targets: { local: { kind: 'local', engine: real.engine.socket } },
  environments: { production: { target: 'local', protected: true, envFile: '.env.production' } },
  services: {
    web: {
      handler: 'compose',
      port: 8080,
      hostname: `${stack}.test`,
      health: { http: '/healthz' },
      stableForSeconds: 0.5,
      startForSeconds: 15,
      dependsOn: ['api'],
      backup: ['data'],
    },
    api: { handler: 'compose', port: 8080, health: { http: '/' }, stableForSeconds: 0.5, startForSeconds: 15 },
  },
  proxy: { admin: real.caddy.admin },
})
const compose = (web: string): string => `services:
  web:
    image: localhost/${web}
    environment: { TULIPS: "\${TULIPS}" }
    volumes: ["data:/data"]
    networks: [front, back]
  api:
    image: localhost/neighbour:1
    networks: [back]
volumes: { data: {} }
networks: { front: {}, back: {} }
`

interface Everything {
  readonly containers: string
  readonly volumes: string
  readonly networks: string
  readonly data: string
  readonly state: string
}

/** All there is on the engine, with what cannot have been touched without a trace. */
async function everything(stack: TestStack, name: string): Promise<Everything> {
  return {
    containers: real.engine
      .podman('ps', '-a', '--filter', `label=switchyard.stack=${name}`, '--format', '{{.Names}} {{.ID}} {{.Status}}')
      .replace(/Up .*/g, 'Up'),
    volumes: real.engine.podman('volume', 'ls', '-q'),
    networks: real.engine.podman('network', 'ls', '-q'),
    data: real.engine.podman('exec', `${name}-production-web-green`, 'cat', '/data/log'),
    state: readFileSync(`${stack.root}/${name}/production/state.json`, 'utf8'),
  }
}

async function twoReleases(name: string): Promise<TestStack> {
  real.engine.image('neighbour:1', { 'www/index.html': 'neighbour\n' })
  real.engine.image('stage:1', webOf('one'))
  real.engine.image('stage:2', webOf('two'))
  const stack = await createStack(configOf(name), { 'compose.yaml': compose('stage:1'), '.env.production': 'TULIPS=red\n' })
  await stack.call('apply', { env: 'production', confirm: 'production' })
  stack.write('compose.yaml', compose('stage:2'))
  stack.write('.env.production', 'TULIPS=blue\n')
  await stack.call('apply', { env: 'production', confirm: 'production' })
  return stack
}

describe('a rehearsed return on a real engine', () => {
  it('[A12] runs in a scratch stack with copies, that nobody outside reaches and that reaches nobody, and leaves nothing', async () => {
    await using stack = await twoReleases('stage')
    const before = await everything(stack, 'stage')
    const { plan } = await stack.kit.plan('deploy.rollback', { env: 'production', rehearse: true })
    expect(plan.summary).toContain('Rehearse the return of web in a scratch stack beside stage production')
    expect(plan.steps.map(({ does, target }) => `${does} ${target}`)).toEqual([
      'run production: api',
      'run production: web',
      'remove stage-production_rehearsal',
    ])
    const seen: string[] = []
    const watching = setInterval(() => {
      const running = real.engine.podman('ps', '--format', '{{.Names}} {{.Ports}}').split('\n')
      const isNew = running.some((line) => line.includes('_rehearsal') && !seen.includes(line.trim()))
      const networks = isNew ? real.engine.podman('network', 'ls', '--format', '{{.Name}} internal={{.Internal}}').split('\n') : []
      for (const line of [...running, ...networks]) if (!seen.includes(line.trim())) seen.push(line.trim())
    }, 500)
    // A protected environment is not changed by it: nobody has to type its name.
    const done = await stack.call('rollback', { env: 'production', rehearse: true }).finally(() => clearInterval(watching))
    expect(done).toMatchObject({ state: 'done', services: [{ service: 'api' }, { service: 'web', port: null }] })
    expect(done.text).toContain('Rehearsed')
    const scratch = seen.filter((line) => line.includes('_rehearsal'))
    expect(scratch).toEqual(expect.arrayContaining(['stage-production_rehearsal-api-blue', 'stage-production_rehearsal-web-blue']))
    expect(scratch.filter((line) => line.includes('-> '))).toEqual([])
    expect(scratch).toContain('stage-production_rehearsal-back internal=true')
    expect(scratch.filter((line) => line.includes('internal=false'))).toEqual([])
    expect(await everything(stack, 'stage')).toEqual(before)
    const history = (await stack.kit.call('deploy.history', { env: 'production' })) as { deployments: { kind: string; state: string }[] }
    expect(history.deployments[0]).toMatchObject({ kind: 'rehearsal', state: 'done', service: 'web' })
    // With the data of then, as a return with --restore would have it: its backup is proved too.
    expect(await stack.call('rollback', { env: 'production', rehearse: true, restore: true })).toMatchObject({ state: 'done' })
    expect(await everything(stack, 'stage')).toEqual(before)
  })

  it('[A12] tells by a page why it fails, and leaves nothing then either', async () => {
    // The first cannot bear what the second has written.
    const alone = (name: string, more = ''): Record<string, string> => ({
      serve: `${more}\necho ${name} >>/data/log\necho ok >/www/healthz\ntrap 'exit 0' TERM INT\nhttpd -f -p 8080 -h /www &\nwait\n`,
    })
    real.engine.image('other:1', alone('one', 'grep -q two /data/log && exit 6'))
    real.engine.image('other:2', alone('two'))
    const config = configOf('other')
    delete config.services.api
    Object.assign(config.services.web ?? {}, { dependsOn: [] })
    const file = (image: string): string => compose(image).replace('[front, back]', '[front]')
    await using stack = await createStack(config, { 'compose.yaml': file('other:1'), '.env.production': 'TULIPS=red\n' })
    await stack.call('apply', { env: 'production', confirm: 'production' })
    stack.write('compose.yaml', file('other:2'))
    await stack.call('apply', { env: 'production', confirm: 'production' })
    const before = await everything(stack, 'other')
    // With the data of then it is well, with that of now it is not.
    expect(await stack.call('rollback', { env: 'production', rehearse: true, restore: true })).toMatchObject({ state: 'done' })
    const failed = await stack.call('rollback', { env: 'production', rehearse: true }).then(
      () => undefined,
      (error: unknown) => error as { code: string; message: string; data: { page: string } },
    )
    expect(failed).toMatchObject({ code: 'GATE_FAILED', message: expect.stringContaining('exit 6') })
    expect(failed?.message).toContain('Nothing is left of the rehearsal')
    expect(readFileSync(failed?.data.page ?? '', 'utf8')).toMatch(/^# Rehearsal \d+ of other beside production failed/)
    expect(await everything(stack, 'other')).toEqual(before)
  })
})
