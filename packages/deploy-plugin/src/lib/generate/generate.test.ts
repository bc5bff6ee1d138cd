import { readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { definePlugin } from '@switchyard/plugin-kit'
import { createTestYard, pluginContract, type TestYard } from '@switchyard/testkit'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { parse, parseAllDocuments } from 'yaml'
import { goTool, handMade, monorepo, nodeShop } from '../../../test/sample-projects.ts'
import { parseDotenv } from '../env/dotenv.ts'
import { parseSchema } from '../env/schema.ts'
import { fileCommands } from '../files/commands.ts'
import { setupCommands } from '../setup/commands.ts'
import { validate } from '../validate/validate.ts'
import { generateCommands } from './commands.ts'
import type { Format } from './formats.ts'
import { flow, map, writeYaml } from './yaml.ts'

const deploy = definePlugin({
  name: 'deploy',
  version: '0.1.0',
  summary: 'Generates files',
  commands: { ...setupCommands, ...generateCommands, ...fileCommands },
})
const read = (kit: TestYard, path: string): string => readFileSync(join(kit.dir, path), 'utf8')
const write = (kit: TestYard, path: string, text: string): void => writeFileSync(join(kit.dir, path), text)
async function open(files: Readonly<Record<string, string>>): Promise<TestYard> {
  const kit = await createTestYard({ plugins: [deploy], files })
  const { id } = await kit.plan('deploy.setup', { stack: 'shop', domain: 'shop.example.com' })
  await kit.approve(id)
  return kit
}
async function run(kit: TestYard, input: object = {}): Promise<{ id: string; states: Record<string, string> }> {
  const { id } = await kit.plan('deploy.generate', input)
  const { files } = (await kit.approve(id)) as { files: { path: string; state: string }[] }
  return { id, states: Object.fromEntries(files.map(({ path, state }) => [path, state])) }
}
const ALL = { formats: ['compose', 'caddy', 'systemd', 'env', 'kubernetes', 'quadlet'] as Format[] }

describe('deploy.generate keeps what every plugin must', () => {
  const config = JSON.stringify({
    stack: 'shop',
    targets: { local: { kind: 'local' } },
    environments: { production: { target: 'local' } },
    services: { api: { handler: 'compose', port: 8080, hostname: 'shop.example.com' } },
    proxy: {},
  })
  const inputs = { generate: [{}, ALL], setup: [{ stack: 'other' }], 'files.restore': [] }
  const failing = { generate: [{ project: 'nowhere' }, { formats: ['systemd' as const] }, { services: ['nobody'] }] }
  const rules = pluginContract(deploy, { files: { ...nodeShop, 'switchyard.deploy.json': config }, inputs, failing })
  for (const { name, run: rule } of rules) if (name.includes('deploy.generate')) it(name, rule)
})

describe('deploy.generate', () => {
  for (const [name, files] of Object.entries({ nodeShop, goTool, monorepo }))
    it(`writes files of which our own rules find nothing to say: ${name}`, { timeout: 60_000 }, async () => {
      await using kit = await open(files)
      await run(kit, ALL)
      const values = parseDotenv(read(kit, '.env.example')).entries.map(({ name: variable }) => `${variable}=${'5d1f0a9c'.repeat(4)}\n`)
      write(kit, '.env', values.join(''))
      write(kit, '.gitignore', '.env\n.env.*\n!.env.example\n!.env.schema\n')
      const { findings, verdict } = await validate(kit.dir, { today: '2026-11-21', strict: true })
      expect(findings.map(({ rule, file, line, note }) => `${file}:${line} ${rule} ${note}`)).toEqual([])
      expect(verdict).toBe('pass')
    })

  it('says what a compose file for a database and an app with secrets has to say', async () => {
    await using kit = await open(nodeShop)
    await run(kit)
    expect(parse(read(kit, 'compose.yaml'))).toMatchObject({
      services: {
        shop: {
          build: { context: '.' },
          ports: ['127.0.0.1:8080:8080'],
          depends_on: { db: { condition: 'service_healthy' }, cache: { condition: 'service_healthy' } },
          environment: {
            PORT: '8080',
            REDIS_URL: 'redis://cache:6379',
            STRIPE_SECRET_KEY: '${STRIPE_SECRET_KEY:?set it in the env file}',
            DATABASE_URL: 'postgres://app:${POSTGRES_PASSWORD:?set it in the env file}@db:5432/shop',
          },
          healthcheck: { test: ['CMD', 'node', '-e', expect.stringContaining("fetch('http://127.0.0.1:8080/healthz')")] },
        },
        db: {
          image: expect.stringMatching(/^postgres:/),
          volumes: ['db-data:/var/lib/postgresql/data'],
          healthcheck: { test: ['CMD', 'pg_isready', '-q', '-U', 'app'] },
        },
      },
      volumes: { 'db-data': {}, 'cache-data': {} },
    })
    expect(read(kit, 'compose.yaml')).not.toContain('ports:\n      - "127.0.0.1:5432')
  })

  it('types variables in a schema that we read ourselves', async () => {
    await using kit = await open(nodeShop)
    await run(kit)
    const { variables, problems } = parseSchema(read(kit, '.env.schema'))
    expect(problems).toEqual([])
    expect(variables.map(({ name, sensitive, required, randomBytes }) => [name, sensitive, required, randomBytes])).toEqual([
      ['POSTGRES_PASSWORD', true, true, 32],
      ['SESSION_SECRET', true, true, 32],
      ['STRIPE_SECRET_KEY', true, true, undefined],
    ])
  })

  it('writes manifests whose parts fit together', async () => {
    await using kit = await open(nodeShop)
    await run(kit, { formats: ['kubernetes'] })
    const [deployment, service, ingress] = parseAllDocuments(read(kit, 'deploy/kubernetes/shop.yaml')).map(
      (document) => document.toJS() as Record<string, never>,
    )
    expect(deployment).toMatchObject({
      kind: 'Deployment',
      spec: {
        template: {
          metadata: { labels: { 'app.kubernetes.io/name': 'shop' } },
          spec: {
            containers: [
              {
                ports: [{ containerPort: 8080 }],
                readinessProbe: { httpGet: { path: '/healthz', port: 'main' } },
                securityContext: { runAsNonRoot: true },
              },
            ],
          },
        },
      },
    })
    expect(service).toMatchObject({
      kind: 'Service',
      spec: { selector: { 'app.kubernetes.io/name': 'shop' }, ports: [{ targetPort: 'main' }] },
    })
    expect(ingress).toMatchObject({ kind: 'Ingress', spec: { rules: [{ host: 'shop.example.com' }] } })
    expect(parse(read(kit, 'deploy/kubernetes/kustomization.yaml'))).toMatchObject({
      resources: ['shop.yaml', 'db.yaml', 'cache.yaml'],
      secretGenerator: [{ name: 'shop-env' }],
    })
    const env =
      (deployment as unknown as { spec: { template: { spec: { containers: { env: { name: string; value?: string }[] }[] } } } }).spec
        .template.spec.containers[0]?.env ?? []
    const names = env.map(({ name }) => name)
    // What is put together from a secret has to come after it.
    expect(names.indexOf('DATABASE_URL')).toBeGreaterThan(names.indexOf('POSTGRES_PASSWORD'))
    expect(env.find(({ name }) => name === 'DATABASE_URL')?.value).toBe('postgres://app:$(POSTGRES_PASSWORD)@db:5432/shop')
  })

  it('takes images and volumes, and never a value, over from a compose file that somebody wrote', async () => {
    const secret = ['hunter', '2hunter2'].join('')
    await using kit = await open({
      ...handMade,
      'docker-compose.yml':
        handMade['docker-compose.yml']?.replace(
          '    image: ghcr',
          `    environment: { TOKEN: "${secret}", URL: "\${URL}" }\n    image: ghcr`,
        ) ?? '',
      '.env': `URL=${secret}\n`,
    })
    await run(kit, { formats: ['kubernetes', 'quadlet'] })
    const written = readdirSync(join(kit.dir, 'deploy'), { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile())
      .map((entry) => readFileSync(join(entry.parentPath, entry.name), 'utf8'))
      .join('')
    expect(written).toContain('image: ghcr.io/acme/app:1.2.3')
    expect(written).toContain('mountPath: /var/lib/postgresql/data')
    expect(written).not.toContain(secret)
  })

  it('[G1] keeps what people changed when the project changes', async () => {
    await using kit = await open(nodeShop)
    await run(kit)
    write(kit, 'compose.yaml', read(kit, 'compose.yaml').replace('memory: 512M', 'memory: 2G # it is a big one'))
    expect((await run(kit)).states).toMatchObject({ 'compose.yaml': 'unchanged' })
    write(kit, 'server.js', `${nodeShop['server.js']}process.env.SMTP_URL\n`)
    expect((await run(kit)).states).toMatchObject({ 'compose.yaml': 'merged', '.env.example': 'updated', Caddyfile: 'unchanged' })
    const text = read(kit, 'compose.yaml')
    expect(text).toContain('memory: 2G # it is a big one')
    expect(text).toContain('SMTP_URL: "${SMTP_URL:?set it in the env file}"')
  })

  it('[G2] refuses where both changed a line: it names the line, and writes neither markers nor anything else', async () => {
    await using kit = await open(nodeShop)
    await run(kit)
    const mine = read(kit, 'compose.yaml').replace('"127.0.0.1:8080:8080"', '"127.0.0.1:9999:8080"')
    write(kit, 'compose.yaml', mine)
    write(kit, 'switchyard.deploy.json', read(kit, 'switchyard.deploy.json').replace('"port": 8080', '"port": 8081'))
    const caddy = read(kit, 'Caddyfile')
    const { id } = await kit.plan('deploy.generate', {})
    await expect(kit.approve(id)).rejects.toMatchObject({ code: 'MERGE_CONFLICT', message: expect.stringMatching(/compose\.yaml:\d+/) })
    expect([read(kit, 'compose.yaml'), read(kit, 'Caddyfile')]).toEqual([mine, caddy])
    expect((await run(kit, { conflicts: 'mine' })).states).toMatchObject({ 'compose.yaml': 'merged', Caddyfile: 'updated' })
    expect(read(kit, 'compose.yaml')).toContain('"127.0.0.1:9999:8080"')
  })

  it('[G6] leaves a Caddyfile alone that somebody else wrote, and says so', async () => {
    await using kit = await open({ ...nodeShop, Caddyfile: 'example.org {\n\trespond hi\n}\n' })
    const { states } = await run(kit)
    expect(states).toMatchObject({ Caddyfile: 'yours', 'compose.yaml': 'created' })
    expect(read(kit, 'Caddyfile')).toBe('example.org {\n\trespond hi\n}\n')
  })

  it('[G8] is taken back whole', async () => {
    await using kit = await open(nodeShop)
    const before = readdirSync(kit.dir).sort()
    const { id } = await run(kit, ALL)
    await kit.undo(id)
    expect(readdirSync(kit.dir).sort()).toEqual(before)
  })

  it('writes what is in names and paths as texts, never as syntax', async () => {
    const config = {
      stack: 'shop',
      targets: { local: { kind: 'local' } },
      environments: { production: { target: 'local' } },
      services: {
        api: {
          handler: 'compose',
          image: 'evil:1\n    privileged: true # $(id) ${HOME}',
          port: 80,
          hostname: 'a.example.com',
          health: { http: "/x'; import os #{env.HOME}\n}" },
        },
        tool: { handler: 'systemd', unit: 'deploy/tool.service', source: 'x', health: { command: ['sh', '-c', 'x; $(id) %h'] }, port: 81 },
      },
      proxy: {},
    }
    await using kit = await createTestYard({
      plugins: [deploy],
      files: {
        'switchyard.deploy.json': JSON.stringify(config),
        'x/index.js': 'process.env.A; listen(1)',
        'x/package.json': '{"main":"index.js","scripts":{"start":"node index.js --flag=$(id)"}}',
      },
    })
    await run(kit, ALL)
    const { services } = parse(read(kit, 'compose.yaml')) as { services: Record<string, Record<string, unknown>> }
    expect(services.api).toMatchObject({ image: 'evil:1\n    privileged: true # $$(id) $${HOME}' })
    expect(services.api).not.toHaveProperty('privileged')
    expect(
      read(kit, 'Caddyfile')
        .split('\n')
        .filter((line) => line === '}'),
    ).toHaveLength(2)
    expect(read(kit, 'deploy/tool.service')).toContain('ExecStart=/usr/bin/env npm start\n')
  })
})

describe('writeYaml()', () => {
  it('is read back as it was by a reader of YAML, whatever texts it is given', { timeout: 60_000 }, () => {
    const text = fc.oneof(
      fc.string({ unit: 'binary' }),
      fc.constantFrom(
        'yes',
        'valueOf',
        'null',
        '1e3',
        '0x1f',
        '012',
        '1:30',
        '~',
        '- a',
        'a: b',
        '# c',
        '&x',
        '*x',
        '!t',
        '%a',
        '"',
        "'",
        '2026-01-01',
        '',
        ' a ',
        'a\nb',
        '30s',
        '-q',
        '--',
        '.5',
        '-1',
      ),
    )
    fc.assert(
      fc.property(
        fc.dictionary(text, fc.oneof(text, fc.integer(), fc.boolean(), fc.array(text, { maxLength: 3 })), { maxKeys: 4 }),
        fc.array(text, { maxLength: 3 }),
        (fields, list) => {
          const written = writeYaml(map({ fields: map(fields), flow: flow(list), maps: [map({ a: 'b', c: list })] }), 'head')
          expect(parse(written, { schema: 'core', version: '1.2' })).toEqual({ fields, flow: list, maps: [{ a: 'b', c: list }] })
          expect(parse(written, { schema: 'yaml-1.1', version: '1.1' })).toEqual({ fields, flow: list, maps: [{ a: 'b', c: list }] })
        },
      ),
      { numRuns: 100 },
    )
  })
})
