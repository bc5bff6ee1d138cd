import { spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { writeFiles } from '@switchyard/testkit'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { FIXTURES } from '../../../test/rule-fixtures.ts'
import { portOf, upstreamsOf, walkDirectives } from '../model/caddyfile.ts'
import { readStack } from '../model/stack.ts'
import { validate } from './validate.ts'

// What our readers and rules say, held against the programs that decide in the end.

const TODAY = '2026-11-21'
let dir: string
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'deploy-agreement-'))
})
afterEach(() => rmSync(dir, { recursive: true, force: true }))

function run(program: string, ...args: string[]): { code: number | null; stdout: string; stderr: string } {
  const env = { PATH: process.env.PATH ?? '', HOME: dir, XDG_DATA_HOME: dir, XDG_CONFIG_HOME: dir, LC_ALL: 'C' }
  const { status, stdout, stderr, error } = spawnSync(program, args, { cwd: dir, env, encoding: 'utf8', timeout: 60_000 })
  if (error !== undefined) throw error
  return { code: status, stdout, stderr }
}

const unmarked = (files: Readonly<Record<string, unknown>>): Record<string, string> =>
  Object.fromEntries(Object.entries(files).map(([path, text]) => [path, String(text).replaceAll('◆', '')]))
const criticalLines = async (): Promise<string[]> =>
  (await validate(dir, { today: TODAY })).findings
    .filter(({ severity }) => severity === 'critical')
    .map(({ file, line }) => `${file}:${line}`)

describe('docker-compose config', () => {
  const compose = (text: string): Record<string, string> => ({ 'docker-compose.yml': `version: "3.8"\n${text}` })
  const refused: Readonly<Record<string, Record<string, string>>> = {
    'an unknown key': compose('services:\n  a:\n    image: a:1\n    restrat: always\n'),
    'a value of the wrong kind': compose('services:\n  a:\n    image: a:1\n    ports: 80\n'),
    'bad YAML': compose('services:\n  a: [\n'),
    'no image and no build': compose('services:\n  a:\n    restart: always\n'),
    'a volume that is not declared': compose('services:\n  a:\n    image: a:1\n    volumes: ["data:/data:rw"]\n'),
    'a dependency that is not there': compose('services:\n  a:\n    image: a:1\n    depends_on: [b]\n'),
    'a circle of dependencies': compose(
      'services:\n  a:\n    image: a:1\n    depends_on: [b]\n  b:\n    image: b:1\n    depends_on: [a]\n',
    ),
    'an env file that is not there': compose('services:\n  a:\n    image: a:1\n    env_file: a.env\n'),
    'a variable that must be set': compose('services:\n  a:\n    image: a:${TAG:?must be set}\n'),
    'a lone $': compose('services:\n  a:\n    image: a:1\n    command: "$ x"\n'),
    'an extended service that is not there': { 'docker-compose.yml': 'version: "2.4"\nservices:\n  a:\n    extends:\n      service: b\n' },
  }
  for (const [what, files] of Object.entries(refused)) {
    it(`refuses ${what}, and so do we`, async () => {
      writeFiles(dir, files)
      expect(run('docker-compose', 'config', '-q').code).not.toBe(0)
      expect(await criticalLines()).not.toEqual([])
    })
  }

  it('puts variables in as we do, where it knows the form: it is too old for one inside of another', () => {
    const forms = ['$A', '${A}x', '$$A', '${N:-d}', '${N-d}', '${E:-d}', '${E-d}', '${A:-d}', '${A:?m}', '${E?m}', 'a${A}b$A.c']
    const environment = forms.map((form, index) => `      V${index}: '${form}'\n`).join('')
    writeFiles(dir, { ...compose(`services:\n  a:\n    image: a:1\n    environment:\n${environment}`), '.env': 'A=one\nB=two\nE=\n' })
    const { code, stdout } = run('docker-compose', 'config')
    expect(code).toBe(0)
    const theirs = new Map(
      Array.from(stdout.matchAll(/^\s+(V\d+): (.*)$/gm), ([, name = '', value = '']) => [
        name,
        value.replace(/^(['"])(.*)\1$/, '$2').replaceAll('$$', '$'),
      ]),
    )
    const service = readStack(dir).projects[0]?.services.get('a')
    expect(service?.environment.length).toBe(forms.length)
    for (const { name, value } of service?.environment ?? []) expect([name, value]).toEqual([name, theirs.get(name)])
  })

  it('lays files over one another as we do', () => {
    writeFiles(dir, {
      ...compose(
        'services:\n  a:\n    image: a:1\n    command: [x, y]\n    environment: [A=1, B=1]\n    ports: ["80:80"]\n    volumes: ["/x:/x:ro", "/y:/y:ro"]\n',
      ),
      'docker-compose.override.yml':
        'version: "3.8"\nservices:\n  a:\n    image: a:2\n    command: [z]\n    environment:\n      B: "2"\n    ports: ["81:81"]\n    volumes: ["/z:/y:ro"]\n',
    })
    const { stdout } = run('docker-compose', 'config')
    const service = readStack(dir).projects[0]?.services.get('a')
    expect(stdout).toContain(`image: ${service?.image?.name}`)
    for (const { name, value } of service?.environment ?? []) expect(stdout).toMatch(new RegExp(`${name}: '?${value}'?`))
    const mounts = Array.from(stdout.matchAll(/^\s*- (\/\w+:\/\w+):ro/gm), ([, mount]) => mount).sort()
    expect(service?.mounts.map(({ source, target }) => `${source}:${target}`).sort()).toEqual(mounts)
    expect(service?.ports.length).toBe(stdout.match(/published: \d+|- \d+:\d+/g)?.length)
  })
})

describe('caddy adapt', () => {
  /** They use what only a Caddy with plugins has, or what stands where no directive can. */
  const NOT_FOR_STANDARD = ['caddy.directive-unknown', 'caddy.literal-secret']
  const REFUSED = ['caddy.syntax', 'caddy.import', 'caddy.directive-unknown', 'caddy.duplicate-site', 'caddy.port-mixed']
  const fixtures = Object.entries(FIXTURES).filter(([, { pass }]) => 'Caddyfile' in pass)
  const adapt = () => run('caddy', 'adapt', '--config', join(dir, 'Caddyfile'), '--adapter', 'caddyfile')

  for (const [id, { pass, wrong }] of fixtures) {
    if (!NOT_FOR_STANDARD.includes(id)) {
      it(`takes the Caddyfile that passes ${id}, and finds the same hosts and upstreams in it`, () => {
        writeFiles(dir, pass)
        const { code, stdout, stderr } = adapt()
        expect([code, stderr.split('\n').filter((line) => line.startsWith('Error'))]).toEqual([0, []])
        const { hosts, dials } = partsOf(JSON.parse(stdout))
        const [caddyfile] = readStack(dir).caddyfiles
        const sites = caddyfile?.sites ?? []
        expect(
          [...new Set(sites.flatMap(({ addresses }) => addresses.map(({ host }) => host)))].filter((host) => host !== '').sort(),
        ).toEqual(hosts)
        const upstreams = sites.flatMap(({ directives }) =>
          [...walkDirectives(directives)].flatMap(({ directive }) => upstreamsOf(directive)),
        )
        const ours = upstreams.map(({ host, port }) => `${host}:${port ?? 80}`)
        for (const dial of dials.filter((one) => !one.startsWith('unix/') && !one.includes('{'))) expect(ours).toContain(dial)
      })
    }
    if (REFUSED.includes(id)) {
      it(`refuses the Caddyfile that fails ${id}`, () => {
        writeFiles(dir, unmarked(wrong))
        expect(adapt().code).not.toBe(0)
      })
    }
  }

  it('is asked by validate, which then names the line that only Caddy finds wrong, once', async () => {
    writeFiles(dir, { Caddyfile: 'http://a.example.com {\n\treverse_proxy api:80 {\n\t\tlb_polici first\n\t}\n}\n' })
    const { findings, checkedBy } = await validate(dir, { today: TODAY, tools: true })
    expect(checkedBy).toEqual([{ tool: 'caddy adapt', ran: true }])
    expect(
      findings.filter(({ rule }) => rule === 'caddy.adapt').map(({ file, line, column, note }) => `${file}:${line}:${column} ${note}`),
    ).toEqual(['Caddyfile:3:3 caddy says: unrecognized subdirective lb_polici'])
    writeFiles(dir, { Caddyfile: 'http://a.example.com {\n\treverse_prox api:80\n}\n' })
    const rules = (await validate(dir, { today: TODAY, tools: true })).findings.map(({ rule }) => rule)
    expect(rules).toContain('caddy.directive-unknown')
    expect(rules).not.toContain('caddy.adapt')
  })

  it('is not given what would make it read outside of the project', async () => {
    writeFiles(dir, { Caddyfile: 'import /etc/passwd\n' })
    const { findings, checkedBy } = await validate(dir, { today: TODAY, tools: true })
    expect(checkedBy).toEqual([{ tool: 'caddy adapt', ran: false, why: 'Caddyfile imports from outside of the project' }])
    expect(JSON.stringify(findings)).not.toContain('root:')
  })

  it('listens on the ports that we say', () => {
    writeFiles(dir, {
      Caddyfile:
        'a.example.com {\n\trespond a\n}\nhttp://b.example.com {\n\trespond b\n}\n:9000 {\n\trespond c\n}\nhttps://d.example.com:8443 {\n\trespond d\n}\n',
    })
    const { stdout } = adapt()
    const theirs = Array.from(stdout.matchAll(/"listen":\[":(\d+)"\]/g), ([, port]) => Number(port)).sort()
    const ours = readStack(dir).caddyfiles.flatMap(({ sites }) => sites.flatMap(({ addresses }) => addresses.map(portOf)))
    expect(ours.sort()).toEqual(theirs)
  })
})

/** Every host that is matched and every address that is dialled in a configuration of Caddy. */
function partsOf(config: unknown): { hosts: string[]; dials: string[] } {
  const hosts = new Set<string>()
  const dials = new Set<string>()
  const visit = (value: unknown, key: string): void => {
    if (Array.isArray(value)) for (const item of value) visit(item, key)
    else if (typeof value === 'object' && value !== null) for (const [name, inner] of Object.entries(value)) visit(inner, name)
    else if (typeof value === 'string' && key === 'host') hosts.add(value)
    else if (typeof value === 'string' && key === 'dial') dials.add(value)
  }
  visit(config, '')
  return { hosts: [...hosts].sort(), dials: [...dials].sort() }
}

describe('systemd-analyze verify', () => {
  const verify = () => {
    const paths = readStack(dir).units.map(({ source }) => join(dir, source.path))
    const { stderr } = run('systemd-analyze', 'verify', '--man=no', '--recursive-errors=no', ...paths)
    return stderr
      .split('\n')
      .filter((line) => /^\/.*:\d+: /.test(line))
      .map((line) => line.slice(dir.length + 1))
  }

  for (const [id, { pass }] of Object.entries(FIXTURES).filter(([key]) => key.startsWith('systemd.'))) {
    it(`finds nothing in the units that pass ${id}`, () => {
      writeFiles(dir, pass)
      expect(verify()).toEqual([])
    })
  }

  for (const id of ['systemd.syntax', 'systemd.unknown-key', 'systemd.value']) {
    it(`finds what we find in the units that fail ${id}, in the same lines`, async () => {
      writeFiles(dir, unmarked(FIXTURES[id]?.wrong ?? {}))
      const theirs = new Set(verify().map((line) => line.split(': ')[0]))
      const ours = new Set((await validate(dir, { today: TODAY })).findings.map(({ file, line }) => `${file}:${line}`))
      expect(theirs.size).toBeGreaterThan(0)
      expect([...theirs].filter((place) => !ours.has(place ?? ''))).toEqual([])
    })
  }

  it('is asked by validate, which then names what only systemd finds wrong', async () => {
    writeFiles(dir, {
      'a.timer': '[Timer]\nOnCalendar=whenever\n\n[Install]\nWantedBy=timers.target\n',
      'a.service': '[Service]\nExecStart=/bin/true\n',
    })
    const { findings, checkedBy } = await validate(dir, { today: TODAY, tools: true })
    expect(checkedBy).toEqual([{ tool: 'systemd-analyze verify', ran: true }])
    expect(findings.filter(({ rule }) => rule === 'systemd.verify').map(({ file, line }) => `${file}:${line}`)).toEqual(['a.timer:2'])
  })
})
