import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import schema from '@microsoft/jest-sarif/lib/schemas/sarif-2.1.0-rtm.5.json' with { type: 'json' }
import { type TestFile, writeFiles } from '@switchyard/testkit'
import Ajv from 'ajv-draft-04'
import addFormats from 'ajv-formats'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { createSource } from '../model/source.ts'
import { planFixes } from './fix.ts'
import { FORMATS } from './formats.ts'
import { renderReport } from './report.ts'
import type { Report } from './schema.ts'
import { suppressor } from './suppressions.ts'
import { type ValidateOptions, validate } from './validate.ts'

const TODAY = '2026-11-21'
let dir: string
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'deploy-validate-'))
})
afterEach(() => rmSync(dir, { recursive: true, force: true }))

function judge(files: Readonly<Record<string, TestFile>>, options: Partial<ValidateOptions> = {}): Promise<Report> {
  writeFiles(dir, files)
  return validate(dir, { today: TODAY, ...options })
}
const rulesOf = ({ findings }: Report): string[] => findings.map(({ rule, line }) => `${rule}:${line}`)
const db = 'services:\n  db:\n    image: postgres:17\n    ports: ["5432:5432"]\n    restart: always\n'

describe('validate()', () => {
  it('finds nothing in a stack of one mind, and passes it', async () => {
    const report = await judge(GOOD_STACK, { strict: true })
    expect(report.findings).toEqual([])
    expect(report).toMatchObject({ verdict: 'pass', stack: { services: 3, sites: 1, units: 1, envFiles: 2 } })
  })

  it('says that there is nothing where there is nothing', async () => {
    expect(await judge({ 'readme.md': 'x' })).toMatchObject({ verdict: 'empty', findings: [] })
  })

  it('fails for what is critical, and for warnings where it is strict', async () => {
    expect((await judge({ 'compose.yaml': db })).verdict).toBe('fail')
    const warned = { 'compose.yaml': 'services:\n  web:\n    image: web:1\n    restart: always\n' }
    expect((await judge(warned)).verdict).toBe('pass')
    expect((await judge(warned, { strict: true })).verdict).toBe('fail')
  })

  it('judges one kind of file where it is asked to, though it reads all', async () => {
    const files = { 'compose.yaml': db, Caddyfile: 'a.example.com {\n\treverse_proxy nobody:80\n}\n' }
    const parts = async (target: 'compose' | 'caddy') =>
      new Set((await judge(files, { target })).findings.map(({ rule }) => rule.split('.')[0]))
    expect(await parts('compose')).toEqual(new Set(['compose']))
    expect(await parts('caddy')).toEqual(new Set(['caddy']))
  })

  it('gives the same bytes for the same files, wherever they lie', async () => {
    const texts = async () =>
      Promise.all(FORMATS.map(async (format) => renderReport(await judge({ ...GOOD_STACK, 'compose.yaml': db }), format)))
    const first = await texts()
    rmSync(dir, { recursive: true })
    dir = mkdtempSync(join(tmpdir(), 'elsewhere-'))
    expect(await texts()).toEqual(first)
  })

  it('keeps a finding’s fingerprint while lines move', async () => {
    const prints = ({ findings }: Report): string[] => findings.map(({ fingerprint }) => fingerprint)
    const before = prints(await judge({ 'compose.yaml': db }))
    expect(prints(await judge({ 'compose.yaml': `# moved\n\n${db}` }))).toEqual(before)
    expect(new Set(before).size).toBe(before.length)
  })
})

describe('suppressions', () => {
  it('take out what they name on their line or the next, until their day', async () => {
    const allowed = (until: string): string =>
      `services:\n  db:\n    image: postgres:17\n    # switchyard:allow compose.database-port${until}: only the test machine runs this\n    ports: ["5432:5432"]\n`
    const has = async (text: string): Promise<boolean> => rulesOf(await judge({ 'compose.yaml': text })).includes('compose.database-port:5')
    expect(await has(allowed(''))).toBe(false)
    expect(await has(allowed(' until 2026-11-21'))).toBe(false)
    expect(await has(allowed(' until 2026-11-20'))).toBe(true)
    expect(await has(allowed('').replace('    ports', '\n    ports'))).toBe(false)
  })

  it('of the file hold for a rule, or for a file of it, and are told when idle or over', async () => {
    const file = JSON.stringify({
      suppress: [
        { rule: 'compose.database-port', file: 'compose.yaml', reason: 'the machine has no network' },
        { rule: 'compose.data-lost', file: 'other.yaml', reason: 'it is made anew each time' },
        { rule: 'compose.limits', reason: 'they were measured once', until: '2026-01-01' },
      ],
    })
    const report = await judge({ 'compose.yaml': db, 'switchyard.validate.json': file })
    expect(report.counts.suppressed).toBe(1)
    expect(report.suppressions.map(({ rule, expired, findings }) => [rule, expired, findings])).toEqual([
      ['compose.database-port', false, 1],
      ['compose.data-lost', false, 0],
      ['compose.limits', true, 0],
    ])
    const text = renderReport(report, 'text')
    expect(text).toContain('the allowance of compose.data-lost is idle')
    expect(text).toContain('the allowance of compose.limits ended on 2026-01-01')
  })
})

describe('renderReport()', () => {
  it('writes SARIF that its official schema accepts, with every finding at its place', async () => {
    const report = await judge({ 'compose.yaml': db, '[a](b) ü.service': '[Service]\nExecStart=x\n' })
    const ajv = new Ajv.default({ strict: false, allErrors: true, unicodeRegExp: false })
    addFormats.default(ajv)
    const isRight = ajv.compile(schema)
    const sarif = JSON.parse(renderReport(report, 'sarif')) as {
      runs: { results: { locations: { physicalLocation: { region: object } }[] }[] }[]
    }
    expect([isRight(sarif), isRight.errors]).toEqual([true, null])
    expect(sarif.runs[0]?.results.length).toBe(report.findings.length)
    const [first] = report.findings
    expect(sarif.runs[0]?.results[0]?.locations[0]?.physicalLocation.region).toMatchObject({
      startLine: first?.line,
      startColumn: first?.column,
    })
  })

  it('fits 80 columns', async () => {
    const report = await judge({
      'compose.yaml': db,
      'a.service': '[Service]\nExecStart=x\nRestrt=always\n',
      Caddyfile: 'nas.local {\n\treverse_proxy x:1\n}\n',
    })
    for (const line of renderReport(report, 'text').split('\n')) expect(line.length, line).toBeLessThanOrEqual(80)
  })
})

describe('planFixes()', () => {
  const messy = {
    'compose.yaml':
      'version: "3.8" # old\n\n# the stack\nservices:\n  # the api\n  api:\n    image: "api:1"   # pinned\n    ports:\n      - 2222:22\n    volumes:\n      - ./conf:/conf\n    environment: {A: "${A}"}\n',
    '.env.example': '# all of it\nB=1\n',
    '.gitignore': 'dist\n',
    '.env': 'A=1\n',
    'api.service': '[Unit]\nAfter=postgresql network-online.target\n\n[Service]\n; runs it\nExecStart=/bin/api\n',
    Caddyfile: '# at home\nnas.local {\n\trespond ok # fine\n}\n',
    'conf/a': '',
  }

  it('mends all that it can in one go, and leaves every other byte as it was', async () => {
    writeFiles(dir, messy)
    const { changes, after, fixes } = await planFixes(dir, { today: TODAY })
    expect(Object.fromEntries(changes.map(({ path, after: text }) => [path, text]))).toEqual({
      'compose.yaml':
        '# the stack\nservices:\n  # the api\n  api:\n    restart: unless-stopped\n    image: "api:1"   # pinned\n    ports:\n      - "2222:22"\n    volumes:\n      - ./conf:/conf:rw\n    environment: {A: "${A}"}\n',
      '.env.example': '# all of it\nB=1\nA=\n',
      '.gitignore': 'dist\n/.env\n',
      'api.service':
        '[Unit]\nAfter=postgresql.service network-online.target\nWants=network-online.target\n\n[Service]\n; runs it\nExecStart=/bin/api\nRestart=on-failure\n\n[Install]\nWantedBy=multi-user.target\n',
      Caddyfile: '# at home\nnas.local {\n\ttls internal\n\trespond ok # fine\n}\n',
    })
    expect(after.counts.fixable).toBe(0)
    expect(fixes.map(({ rule }) => rule)).toEqual([
      'compose.version-obsolete',
      'compose.restart',
      'compose.port-quotes',
      'compose.mount-mode',
      'caddy.local-host',
      'systemd.network-online',
      'systemd.unit-name',
      'systemd.install',
      'systemd.restart',
      'env.example-incomplete',
      'env.gitignore',
    ])
  })

  it('keeps line ends as they are', async () => {
    const crlf = Object.fromEntries(Object.entries(messy).map(([path, text]) => [path, text.replaceAll('\n', '\r\n')]))
    writeFiles(dir, crlf)
    const { changes } = await planFixes(dir, { today: TODAY })
    expect(changes.length).toBe(5)
    for (const { path, after } of changes) expect([path, String(after).match(/[^\r]\n/g)]).toEqual([path, null])
  })

  it('does not mend what was accepted', async () => {
    writeFiles(dir, { 'compose.yaml': 'services:\n  # switchyard:allow compose.restart: it is started by hand\n  a:\n    image: a:1\n' })
    expect((await planFixes(dir, { today: TODAY })).changes).toEqual([])
  })
})

describe('hostile input', () => {
  const SECRET = ['hunter2', 'Xk9qLw7z'].join('')

  it('shows no value of a variable and no secret, whatever is wrong around it', async () => {
    const files = {
      'compose.yaml': `version: "3"\nservices:\n  web:\n    image: https://joe:${SECRET}@host/app\n    container_name: \${NAME}\n    environment:\n      DB_PASSWORD: ${SECRET}\n      OTHER: \${TOKEN}\n    command: --password=${SECRET} --url=postgres://a:${SECRET}@db/x\n    ports: ["\${TOKEN}:80", 22:22]\n    volumes: ["./\${TOKEN}:/x"]\n    labels: ["a=postgres://a:${SECRET}@db/x"]\n    extra_hosts: [\n`,
      'deploy/.env': `NAME=${SECRET}\n`,
      'deploy/compose.yaml': `name: shop\nservices:\n  web:\n    image: a:1\n    container_name: \${NAME}\n    env_file: \${NAME}\n    ports: [22:22]\n    environment:\n      DB_PASSWORD: ${SECRET}\n`,
      '.env': `TOKEN=${SECRET}\nNAME=${SECRET}\n= ${SECRET}\nX="${SECRET}\n`,
      '.env.production': `DB_PASSWORD=${SECRET}\n`,
      '.env.staging': `DB_PASSWORD=${SECRET}\n`,
      '.env.example': `DB_PASSWORD=${SECRET}\n`,
      Caddyfile: `a.example.com {\n\treverse_proxy http://joe:${SECRET}@api:99999 api:{$TOKEN}\n\tbogus_token ${SECRET}\n\tapi_token ${SECRET}\n}\n`,
      'a.service': `[Service]\nEnvironment=DB_PASSWORD=${SECRET}\nExecStart=x --token=${SECRET}\nPassword ${SECRET}\n`,
    }
    const report = await judge(files)
    const { diff } = await planFixes(dir, { today: TODAY })
    const all = [...FORMATS.map((format) => renderReport(report, format)), diff].join('\n')
    expect(report.findings.length).toBeGreaterThan(20)
    expect(all.split('\n').filter((line) => line.includes(SECRET))).toEqual([])
  })

  it('holds findings against allowances by the thousand in a moment', { timeout: 120_000 }, () => {
    const spot = createSource('compose.yaml', '').spot(0)
    const common = { rule: 'compose.limits', file: 'compose.yaml', reason: 'it is a test', spot }
    const all = Array.from({ length: 30_000 }, (_, index) => ({ ...common, lines: [2 * index, 2 * index + 1] as const }))
    const suppressedBy = suppressor([...all, { ...common, rule: 'compose.restart', until: '2026-01-01' }], TODAY)
    const started = performance.now()
    const found = Array.from({ length: 60_000 }, (_, line) => suppressedBy({ ...common, line }))
    expect(found.filter((index, line) => index !== Math.floor(line / 2))).toEqual([])
    expect(suppressedBy({ ...common, line: 60_000 })).toBeUndefined()
    expect(suppressedBy({ ...common, rule: 'compose.restart', line: 1 })).toBeUndefined()
    expect(performance.now() - started).toBeLessThan(20_000)
  })

  it('makes nothing of names with shell characters, markup or escapes', async () => {
    const name = '$(touch x); <b>`a` \u001b[2J'
    const report = await judge({
      'compose.yaml': JSON.stringify({ services: { [name]: { image: name, ports: ['1:2:3:4:5'] } } }),
      '$(id).service': '[Service]\nExecStart=x\n',
    })
    expect(report.findings.length).toBeGreaterThan(3)
    for (const format of FORMATS) expect(renderReport(report, format)).not.toContain('\u001b')
  })

  // What takes the square of its length already does so here, and a whole megabyte takes seconds to parse.
  const BIG = 120_000
  const repeat = (text: string): string => text.repeat(Math.floor(BIG / text.length))
  const numbered = (line: (index: number) => string): string => {
    const lines: string[] = []
    for (let [index, length] = [0, 0]; length < BIG; index++) length += lines[lines.push(line(index)) - 1]?.length ?? 0
    return lines.join('')
  }
  const floods: Readonly<Record<string, Record<string, string>>> = {
    'services that say nothing': { 'compose.yaml': `services:\n${numbered((n) => `  s${n}:\n    x: y\n`)}` },
    'services that depend on one another': {
      'compose.yaml': `services:\n${numbered((n) => `  s${n}: { image: a, depends_on: [s${n + 1}, s0] }\n`)}`,
    },
    'services that extend one another': { 'compose.yaml': `services:\n${numbered((n) => `  s${n}: { image: a, extends: s${n + 1} }\n`)}` },
    'ports by the thousand': {
      'compose.yaml': `services:\n  a:\n    image: a\n    ports:\n${numbered((n) => `    - 10.0.${n % 250}.1:${(n % 60_000) + 1}-${(n % 60_000) + 3}:1-3\n`)}`,
    },
    'a text of variables': { 'compose.yaml': `a: "${repeat('${A:-')}"` },
    'a unit of backslashes': { 'a.service': `[Service]\n${repeat('\\\n')}` },
    'a unit of numbers': { 'a.service': `[Service]\nRestartSec=${repeat('1')}x\nMemoryMax=${'9'.repeat(1000)}\n` },
    'a Caddyfile of braces': { Caddyfile: repeat('a {\n') },
    'a Caddyfile of imports': {
      Caddyfile: `(a) {\n${'\trespond ok\n'.repeat(5_000)}}\nx.example.com {\n${'\timport a b\n'.repeat(5_000)}}\n`,
    },
    'an env file that doubles': {
      '.env': numbered((n) => `A${n + 1}=\${A${n}}\${A${n}}xxxxxxxxxx\n`),
      'compose.yaml': 'services: { a: { image: "${A900}" } }',
    },
    'an env file of quotes': { '.env': repeat('A="\n'), '.env.production': repeat('A=\'"\n') },
  }
  for (const [what, files] of Object.entries(floods)) {
    it(`gets through ${what} in a reasonable time`, { timeout: 120_000 }, async () => {
      const begin = performance.now()
      const report = await judge(files)
      expect(report.findings.length).toBeLessThanOrEqual(500)
      expect(performance.now() - begin).toBeLessThan(60_000)
    })
  }

  it('reads no file of 10 MB', async () => {
    const report = await judge({ 'compose.yaml': `x: "${'a'.repeat(10 * 1024 * 1024)}"\n`, '.env': 'A'.repeat(10 * 1024 * 1024) })
    expect(rulesOf(report)).toEqual(['stack.unreadable:1', 'stack.unreadable:1'])
  })
})

const GOOD_STACK: Readonly<Record<string, string>> = {
  'compose.yaml': `name: shop
services:
  caddy:
    image: caddy:2.8.4
    restart: unless-stopped
    ports: ["80:80", "443:443"]
    volumes:
      - ./Caddyfile:/etc/caddy/Caddyfile:ro
      - caddy-data:/data
    networks: [front]
    healthcheck: { test: ["CMD", "wget", "-q", "-O-", "http://localhost:2019/config/"] }
    deploy: { resources: { limits: { memory: 128M, cpus: "0.5" } } }
    depends_on:
      api: { condition: service_healthy }
  api:
    image: ghcr.io/example/api:1.4.2
    restart: unless-stopped
    expose: ["8080"]
    environment:
      DATABASE_URL: \${DATABASE_URL:?must be set}
    networks: [front, back]
    healthcheck: { test: ["CMD", "/api", "health"] }
    deploy: { resources: { limits: { memory: 256M, cpus: "1" } } }
    depends_on:
      db: { condition: service_healthy }
  db:
    image: postgres:17.2
    restart: unless-stopped
    environment:
      POSTGRES_PASSWORD_FILE: /run/secrets/db-password
    secrets: [db-password]
    volumes: ["db-data:/var/lib/postgresql/data"]
    networks: [back]
    healthcheck: { test: ["CMD-SHELL", "pg_isready -U postgres"] }
    deploy: { resources: { limits: { memory: 512M, cpus: "1" } } }
networks:
  front:
  back:
volumes:
  caddy-data:
  db-data:
secrets:
  db-password:
    file: ./secrets/db-password
`,
  Caddyfile: `(safe) {
	header {
		Strict-Transport-Security max-age=31536000
		X-Content-Type-Options nosniff
		X-Frame-Options DENY
		Referrer-Policy no-referrer
		Content-Security-Policy "default-src 'self'"
		-Server
	}
}

shop.example.com {
	import safe
	reverse_proxy api:8080
}
`,
  'systemd/backup.service': `[Unit]
Description=Backup
Wants=network-online.target
After=network-online.target

[Service]
ExecStart=/usr/local/bin/backup
User=backup
Restart=on-failure
NoNewPrivileges=yes
ProtectSystem=strict
ProtectHome=yes
PrivateTmp=yes

[Install]
WantedBy=multi-user.target
`,
  '.env': 'DATABASE_URL=postgres://shop@db/shop\n',
  '.env.example': 'DATABASE_URL=postgres://shop@db/shop\n',
  '.gitignore': '.env\nsecrets/\n',
}
