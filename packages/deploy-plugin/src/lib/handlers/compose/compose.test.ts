import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { type ContainerSpec, containerSpec } from './container-spec.ts'
import { interpolate } from './interpolate.ts'
import { readCompose } from './read-compose.ts'

let project: string
beforeEach(() => {
  project = mkdtempSync(join(tmpdir(), 'switchyard-compose-'))
})
afterEach(() => rmSync(project, { recursive: true, force: true }))

async function read(
  text: string,
  variables: Record<string, string> = {},
): Promise<{ spec: ContainerSpec; environment: Record<string, string> }> {
  writeFileSync(join(project, 'compose.yaml'), text)
  const compose = await readCompose(project, 'compose.yaml', 'api', variables)
  return {
    spec: containerSpec(compose, { project, prefix: 'shop-staging', name: 'api', image: undefined }),
    environment: compose.environment,
  }
}

describe('interpolate()', () => {
  it.each([
    ['$A and ${A}', '1 and 1'],
    ['$$A', '$A'],
    ['${NONE:-${A}}', '1'],
    ['${NONE-x}', 'x'],
    ['${EMPTY:-x}', 'x'],
    ['${EMPTY-x}', ''],
    ['${A:+there}', 'there'],
    ['${NONE:+there}', ''],
  ])('makes of %s: %s', (text, expected) => {
    expect(interpolate(text, { A: '1', EMPTY: '' }, 'f')).toBe(expected)
  })

  it.each(['${NONE}', '$NONE', '${EMPTY:?must be set}', '${constructor}'])('refuses %s', (text) => {
    expect(() => interpolate(text, { EMPTY: '' }, 'f')).toThrow(expect.objectContaining({ code: 'VARIABLE_MISSING' }))
  })
})

describe('a service of a compose file', () => {
  it('is brought to the engine with all that it says', async () => {
    mkdirSync(join(project, 'conf'))
    writeFileSync(join(project, '.env.api'), 'TOKEN=abc\n')
    const { spec, environment } = await read(
      `x-common: &common { restart: always, labels: { team: tea } }
services:
  api:
    <<: *common
    image: "app:\${VERSION}"
    command: serve --name "the shop"
    env_file: .env.api
    environment: [MODE=fast]
    volumes: [data:/data, ./conf:/conf:ro]
    networks: { back: { aliases: [backend] } }
    ports: ["127.0.0.1:9000:90", "80"]
    stop_grace_period: 1m30s
    mem_limit: 512m
    cap_drop: [ALL]
    deploy: { resources: { limits: { cpus: "0.5" } } }
volumes: { data: }
networks: { back: { internal: true } }
`,
      { VERSION: '3' },
    )
    expect(environment).toEqual({ TOKEN: 'abc', MODE: 'fast' })
    expect(spec).toMatchObject({
      image: 'app:3',
      create: { Cmd: ['serve', '--name', 'the shop'], StopTimeout: 90, Labels: { team: 'tea' } },
      host: {
        RestartPolicy: { Name: 'always' },
        Memory: 512 * 1024 * 1024,
        NanoCpus: 500_000_000,
        CapDrop: ['ALL'],
        PortBindings: { '90/tcp': [{ HostIp: '127.0.0.1', HostPort: '9000' }] },
        Mounts: [
          { Type: 'volume', Source: 'shop-staging-data', Target: '/data' },
          { Type: 'bind', Source: join(project, 'conf'), Target: '/conf', ReadOnly: true },
        ],
      },
      networks: [{ name: 'shop-staging-back', internal: true, aliases: ['backend'] }],
      fixedPorts: [90],
    })
    expect(JSON.stringify(spec)).not.toContain('abc')
  })

  it('is refused whole where something of it would be left out in silence', async () => {
    const text = `services: { api: { image: a, secrets: [x], networks: [nope], volumes: [gone:/x], restart: sometimes, mem_limit: lots } }`
    await expect(read(text)).rejects.toMatchObject({
      code: 'COMPOSE_INVALID',
      data: {
        problems: [
          'services.api: "secrets" is not supported',
          'services.api: mem_limit: "lots" is no size such as "512m"',
          'services.api: restart: "sometimes" is no policy',
          'services.api: volumes: "gone" is not declared',
          'services.api: networks: "nope" is not declared',
        ],
      },
    })
  })

  it.each([
    [
      'a bomb of aliases',
      `a: &a [x,x,x,x,x,x,x,x,x]\nb: &b [*a,*a,*a,*a,*a,*a,*a,*a,*a]\nc: &c [*b,*b,*b,*b,*b,*b,*b,*b,*b]\nd: &d [*c,*c,*c,*c,*c,*c,*c,*c,*c]\nservices: { api: { image: a, command: *d } }`,
    ],
    ['ten megabytes', `services: { api: { image: a } }\n${'# tea\n'.repeat(2_000_000)}`],
    ['what is no YAML', 'services: { api: [\n'],
    ['an env file outside', 'services: { api: { image: a, env_file: ../../etc/passwd } }'],
    ['a service that is not there', 'services: { web: { image: a } }'],
    ['a variable without a value', 'services: { api: { image: a, environment: [HOME] } }'],
  ])('refuses %s', async (_, text) => {
    await expect(read(text)).rejects.toMatchObject({ code: 'COMPOSE_INVALID' })
  })
})
