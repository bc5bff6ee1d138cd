import { execFileSync } from 'node:child_process'
import { chmodSync, existsSync, readdirSync, readFileSync, statSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { definePlugin } from '@switchyard/plugin-kit'
import { createTestYard, pluginContract, type TestYard } from '@switchyard/testkit'
import { describe, expect, it } from 'vitest'
import { fileCommands } from '../files/commands.ts'
import { isIgnored } from '../files/git-ignored.ts'
import { envCommands } from './commands.ts'
import { makeKey } from './vault.ts'

const deploy = definePlugin({
  name: 'deploy',
  version: '0.1.0',
  summary: 'Env files and what was done to them',
  commands: { ...envCommands, ...fileCommands },
})

const SCHEMA = `# @defaultSensitive=false
# ---

# Where it listens
# @type=port
PORT=8080
# @required=forEnv(production) @sensitive
API_KEY=
# @sensitive
SESSION_SECRET=randomHex(16)
# @type=enum(dev, prod)
MODE=dev
`
const files = {
  '.env.schema': SCHEMA,
  '.env': 'PORT=80\nMODE=dev\n',
  '.env.staging': 'PORT=80\nAPI_KEY=hunter2-hunter2',
  'compose.yaml':
    'services:\n  api:\n    image: api:1\n    environment:\n      PORT: ${PORT}\n      KEY: ${API_KEY:?set it}\n      MODE: ${MODE:-dev}\n      X: ${NOWHERE}\n',
}
const open = (given: Record<string, string> = files): Promise<TestYard> => createTestYard({ plugins: [deploy], files: given })
async function run(kit: TestYard, command: string, input: object = {}): Promise<{ id: string; result: Record<string, unknown> }> {
  const { id } = await kit.plan(`deploy.env.${command}`, input)
  return { id, result: (await kit.approve(id)) as Record<string, unknown> }
}
const read = (kit: TestYard, path: string): string => readFileSync(join(kit.dir, path), 'utf8')

describe('deploy.env keeps what every plugin must', () => {
  const arrange = async (kit: TestYard): Promise<void> => {
    for (const path of ['.env', '.env.staging']) chmodSync(join(kit.dir, path), 0o600)
    execFileSync('git', ['init', '-q'], { cwd: kit.dir })
    await makeKey(join(kit.dir, 'age.key'), 0)
    if (!existsSync(join(kit.dir, '.env.sealed'))) return
    chmodSync(join(kit.dir, '.env.sealed'), 0o600)
    await run(kit, 'encrypt', { file: '.env.sealed', key: 'age.key' })
  }
  const inputs = {
    'env.create': [{ env: 'production' }],
    'env.encrypt': [{ env: 'staging', key: 'age.key' }],
    'env.decrypt': [{ file: '.env.sealed', key: 'age.key' }],
    'env.unseal': [{ file: '.env.sealed', mode: 0o600, key: 'age.key' }],
    'files.restore': [],
  }
  const failing = {
    'env.create': [{ env: 'staging' }, { file: '../.env' }, { file: 'README' }],
    'env.sync': [{ files: ['.env.nowhere'] }],
    'env.encrypt': [{ file: '.env.nowhere', key: 'age.key' }],
    'env.decrypt': [
      { file: '.env.nowhere', key: 'age.key' },
      { file: '.env.sealed', key: 'no-key' },
    ],
    'files.restore': [{ change: 'nothing' }],
  }
  const ignored = new Set(['files.restore'])
  const rules = pluginContract(deploy, { files: { ...files, '.env.sealed': 'A=1\n' }, inputs, failing, arrange })
  for (const { name, run: rule } of rules) if (![...ignored].some((one) => name.includes(one))) it(name, rule)
})

describe('deploy.env.list', () => {
  it('says what each file covers and lacks, and shows values only when asked', async () => {
    await using kit = await open()
    chmodSync(join(kit.dir, '.env.staging'), 0o600)
    const result = await kit.call('deploy.env.list', {})
    expect(result).toMatchObject({
      wanted: 4,
      files: [
        {
          file: '.env',
          coverage: 50,
          exposed: true,
          missing: [
            { name: 'API_KEY', at: 'compose.yaml:6' },
            { name: 'NOWHERE', at: 'compose.yaml:8' },
          ],
        },
        { file: '.env.staging', env: 'staging', coverage: 75, exposed: false, mode: '600' },
      ],
    })
    expect(JSON.stringify(result)).not.toContain('hunter2')
    const shown = await kit.call('deploy.env.list', { files: ['.env.staging'], values: true })
    expect(shown).toMatchObject({
      files: [
        {
          variables: [
            { name: 'PORT', value: '80' },
            { name: 'API_KEY', value: 'hunter2-hunter2' },
          ],
        },
      ],
    })
  })

  it('looks well at 80 columns', async () => {
    await using kit = await open()
    for (const path of ['.env', '.env.staging']) chmodSync(join(kit.dir, path), 0o600)
    const { text } = (await kit.call('deploy.env.list', {})) as { text: string }
    expect(text).toBe(
      [
        'File          Variables  Covers  Status',
        '.env          2          50 %    lacks 2',
        '.env.staging  2          75 %    lacks 1',
        '',
        'Missing in .env',
        '  Variable  Asked for at',
        '  API_KEY   compose.yaml:6',
        '  NOWHERE   compose.yaml:8',
        '',
        'Missing in .env.staging',
        '  Variable  Asked for at',
        '  NOWHERE   compose.yaml:8',
      ].join('\n'),
    )
  })

  it('leaves links alone, and refuses to be led out of the project', async () => {
    await using kit = await open()
    symlinkSync('/etc/passwd', join(kit.dir, '.env.evil'))
    expect(JSON.stringify(await kit.call('deploy.env.list', {}))).not.toContain('evil')
    for (const path of ['.env.evil', '../.env', '/etc/passwd'])
      await expect(kit.call('deploy.env.list', { files: [path] })).rejects.toMatchObject({ code: 'PATH_REFUSED' })
  })
})

describe('deploy.env.diff', () => {
  it('says which variables are where, and which secret two environments share, without any value', async () => {
    await using kit = await open({ ...files, '.env.production': 'API_KEY=hunter2-hunter2\nPORT=80\nEMPTY=\n' })
    const result = await kit.call('deploy.env.diff', {})
    expect(result).toMatchObject({
      uneven: ['API_KEY', 'EMPTY', 'MODE'],
      shared: ['API_KEY'],
      nowhere: [{ name: 'NOWHERE', at: 'compose.yaml:8' }],
    })
    expect((result as { text: string }).text.split('\n').slice(0, 4)).toEqual([
      'Variable  .env  .env.production  .env.staging',
      'API_KEY   -     yes              yes',
      'EMPTY     -     empty            -',
      'MODE      yes   -                -',
    ])
    expect(JSON.stringify(result)).not.toContain('hunter2')
  })
})

describe('deploy.env.create', () => {
  it('writes the file for its owner alone, makes up secrets, and lets git ignore it', async () => {
    await using kit = await open()
    const { id, result } = await run(kit, 'create', { env: 'production' })
    expect(result).toMatchObject({ file: '.env.production', invented: ['SESSION_SECRET'], files: [{ toFill: ['API_KEY'] }] })
    expect(statSync(join(kit.dir, '.env.production')).mode & 0o777).toBe(0o600)
    expect(read(kit, '.env.production')).toMatch(
      /^# Values for production[^\n]*\n\n# Where it listens\nPORT=8080\n\nAPI_KEY=\n\nSESSION_SECRET=[0-9a-f]{32}\n\nMODE=dev\n$/,
    )
    const secret = /SESSION_SECRET=(\w+)/.exec(read(kit, '.env.production'))?.[1] ?? ''
    expect(JSON.stringify(result)).not.toContain(secret)
    const kept = readdirSync(join(kit.dir, '.switchyard'), { recursive: true, withFileTypes: true }).filter(
      (entry) => entry.isFile() && entry.name.endsWith('.json'),
    )
    for (const entry of kept) expect(readFileSync(join(entry.parentPath, entry.name), 'utf8')).not.toContain(secret)
    expect(isIgnored(read(kit, '.gitignore'), '.env.production')).toBe(true)
    expect(isIgnored(read(kit, '.gitignore'), '.env.example')).toBe(false)
    await kit.undo(id)
    expect(readdirSync(kit.dir).sort()).toEqual(['.env', '.env.schema', '.env.staging', '.switchyard', 'compose.yaml'])
  })

  it('writes nothing over, and no environment that the project does not have', async () => {
    const config = {
      stack: 'shop',
      targets: { here: { kind: 'local' } },
      environments: { staging: { target: 'here', envFile: 'stage.env' } },
      services: { api: { handler: 'compose' } },
    }
    await using kit = await open({ ...files, 'switchyard.deploy.json': JSON.stringify(config) })
    await expect(kit.plan('deploy.env.create', {})).rejects.toMatchObject({ code: 'ENV_FILE_EXISTS' })
    await expect(kit.plan('deploy.env.create', { env: 'prod' })).rejects.toMatchObject({ code: 'ENVIRONMENT_UNKNOWN' })
    expect((await run(kit, 'create', { env: 'staging' })).result).toMatchObject({ file: 'stage.env' })
  })
})

describe('deploy.env.sync', () => {
  it('adds what is missing and touches nothing that is there', async () => {
    await using kit = await open({ ...files, '.env.staging': '# mine\nPORT="8\n0" # odd\nEXTRA=1' })
    const { id, result } = await run(kit, 'sync', { files: ['.env.staging'] })
    expect(result).toMatchObject({
      files: [{ file: '.env.staging', added: ['API_KEY', 'SESSION_SECRET', 'MODE'], toFill: ['API_KEY'] }],
      extra: [{ file: '.env.staging', names: ['EXTRA'] }],
    })
    expect(read(kit, '.env.staging')).toMatch(
      /^# mine\nPORT="8\n0" # odd\nEXTRA=1\n\n# Added from .env.schema\nAPI_KEY=\n\nSESSION_SECRET=[0-9a-f]{32}\n\nMODE=dev\n$/,
    )
    expect((await run(kit, 'sync', { files: ['.env.staging'] })).result).toMatchObject({
      text: 'Nothing was missing.\n\nNot in the schema, in .env.staging: EXTRA',
    })
    await kit.undo(id)
    expect(read(kit, '.env.staging')).toBe('# mine\nPORT="8\n0" # odd\nEXTRA=1')
  })

  it('refuses a file whose lines cannot be read, without what stands in them', async () => {
    await using kit = await open({ ...files, '.env.staging': 'API_KEY="hunter2\n' })
    const refused = kit.plan('deploy.env.sync', {})
    await expect(refused).rejects.toMatchObject({ code: 'ENV_FILE_INVALID', message: expect.stringContaining('1:9') })
    await expect(refused).rejects.toMatchObject({ message: expect.not.stringContaining('hunter2') })
  })
})

describe('deploy.env.validate', () => {
  it('as a gate fails where something is not right, with the worst and no value', async () => {
    await using kit = await open({ ...files, '.env.production': 'PORT=http-hunter2\nAPI_KEY=k\n' })
    const gate = (input: object = {}): Promise<unknown> => kit.call('deploy.env.validate', { env: 'production', gate: true, ...input })
    await expect(gate()).rejects.toMatchObject({ code: 'ENV_INVALID', message: expect.stringContaining('.env.production:1:1') })
    await expect(gate()).rejects.toMatchObject({ message: expect.not.stringContaining('hunter2') })
    writeFileSync(join(kit.dir, '.env.production'), `PORT=80\nAPI_KEY=${'k'.repeat(40)}\nSESSION_SECRET=${'s'.repeat(40)}\nMODE=dev\n`)
    chmodSync(join(kit.dir, '.env.production'), 0o644)
    expect(await gate()).toMatchObject({ ok: true })
    await expect(gate({ strict: true })).rejects.toMatchObject({ code: 'ENV_INVALID', message: expect.stringContaining('(mode)') })
  })

  it('names every mistake by file, line and column, and no value', async () => {
    await using kit = await open({ ...files, '.env.production': 'PORT=http-hunter2\nMODE=changeme\nX=1\nPORT=1\n' })
    chmodSync(join(kit.dir, '.env.production'), 0o600)
    const result = await kit.call('deploy.env.validate', { env: 'production' })
    expect(result).toMatchObject({ ok: false, typed: true, schema: '.env.schema' })
    const { findings, text } = result as { findings: { line: number; rule: string; name?: string }[]; text: string }
    expect(findings.map(({ line, rule, name }) => [line, rule, name])).toEqual([
      [1, 'required', 'API_KEY'],
      [1, 'required', 'SESSION_SECRET'],
      [2, 'type', 'MODE'],
      [2, 'placeholder', 'MODE'],
      [3, 'unknown', 'X'],
      [4, 'duplicate', undefined],
    ])
    expect(text).not.toContain('hunter2')
    expect(text).toMatch(/\n\nFAIL {2}1 file against \.env\.schema, 6 findings$/)
  })

  it('takes the example where there is no schema, and says when there is neither', async () => {
    await using kit = await open({ '.env.example': 'A=1\n', '.env': 'A=2\n' })
    chmodSync(join(kit.dir, '.env'), 0o600)
    expect(await kit.call('deploy.env.validate', { strict: true })).toMatchObject({
      ok: true,
      typed: false,
      schema: '.env.example',
      findings: [],
    })
    await using none = await open({ '.env': 'A=2\n' })
    await expect(none.call('deploy.env.validate', {})).rejects.toMatchObject({ code: 'ENV_SCHEMA_MISSING' })
  })
})

describe('deploy.env.encrypt and deploy.env.decrypt', () => {
  it('take the clear file away and give it back, byte by byte, for its owner alone', async () => {
    await using kit = await open()
    const { id, result } = await run(kit, 'encrypt', { env: 'staging' })
    expect(result).toMatchObject({ encrypted: '.env.staging.age', madeKey: true, recipients: 1, removed: true })
    expect(existsSync(join(kit.dir, '.env.staging'))).toBe(false)
    expect(read(kit, '.env.staging.age')).not.toContain('hunter2')
    await run(kit, 'decrypt', { env: 'staging' })
    expect(read(kit, '.env.staging')).toBe(files['.env.staging'])
    expect(statSync(join(kit.dir, '.env.staging')).mode & 0o777).toBe(0o600)
    const before = read(kit, '.env.staging.age')
    await run(kit, 'encrypt', { env: 'staging' })
    expect(read(kit, '.env.staging.age')).toBe(before)
    await kit.undo(id)
    expect(read(kit, '.env.staging')).toBe(files['.env.staging'])
    expect(existsSync(join(kit.dir, '.env.staging.age'))).toBe(false)
  })

  it('refuse to write over a clear file that says something else, and say nothing of either', async () => {
    await using kit = await open()
    await run(kit, 'encrypt', { env: 'staging', keep: true })
    writeFileSync(join(kit.dir, '.env.staging'), 'API_KEY=other\n')
    const { id } = await kit.plan('deploy.env.decrypt', { env: 'staging' })
    await expect(kit.approve(id)).rejects.toMatchObject({ code: 'ENV_FILE_EXISTS' })
    expect(read(kit, '.env.staging')).toBe('API_KEY=other\n')
  })
})

describe('deploy.env.leaks', () => {
  it('begins as long ago as it is told to, and refuses a time that is none', async () => {
    await using kit = await open({ 'a.txt': 'url = https://me:hunter2-hunter2@host\n' })
    const committedAt = (daysAgo: number): NodeJS.ProcessEnv => {
      const date = new Date(kit.clock.now() - daysAgo * 86_400_000).toISOString()
      return { ...process.env, GIT_AUTHOR_DATE: date, GIT_COMMITTER_DATE: date }
    }
    const git = (daysAgo: number, ...args: string[]): void =>
      void execFileSync('git', ['-c', 'user.name=t', '-c', 'user.email=t@t', ...args], { cwd: kit.dir, env: committedAt(daysAgo) })
    git(20, 'init', '-q')
    git(20, 'add', 'a.txt')
    git(20, 'commit', '-qm', 'x')
    expect(await kit.call('deploy.env.leaks', { since: '3 weeks ago' })).toMatchObject({ found: 1 })
    expect(await kit.call('deploy.env.leaks', { since: '14d' })).toMatchObject({ found: 0 })
    await expect(kit.call('deploy.env.leaks', { since: 'soon' })).rejects.toMatchObject({ code: 'TIME_INVALID' })
  })
})

describe('deploy.env', () => {
  it('says no value in any plan, result, error or file that it keeps', { timeout: 60_000 }, async () => {
    const secret = ['hunter2', 'correct', 'horse'].join('-')
    const env = `API_KEY=${secret}\nDATABASE_URL=postgres://me:${secret}@db/x\nPORT=${secret}\nBAD LINE ${secret}\nQ="${secret}\n`
    await using kit = await open({ ...files, '.env.staging': env, '.env.production': `API_KEY=${secret}\nPORT=${secret}\n` })
    const told: unknown[] = []
    const tell = async (work: Promise<unknown>): Promise<void> => {
      told.push(await work.catch((error: unknown) => (error instanceof Error ? [error.message, error.stack, { ...error }] : error)))
    }
    for (const command of ['list', 'diff', 'validate']) await tell(kit.call(`deploy.env.${command}`, {}))
    for (const [command, input] of [
      ['sync', {}],
      ['sync', { files: ['.env.production'] }],
      ['create', { env: 'staging' }],
      ['create', { env: 'next' }],
      ['encrypt', { env: 'staging', keep: true }],
      ['encrypt', { env: 'production' }],
      ['decrypt', { env: 'production' }],
      ['decrypt', { env: 'production', key: '.env.staging' }],
    ] as const) {
      const planned = kit.plan(`deploy.env.${command}`, input)
      await tell(planned)
      await tell(planned.then(({ id }) => kit.approve(id)))
    }
    expect(told).toHaveLength(19)
    expect(JSON.stringify(told)).not.toContain(secret)
    const kept = readdirSync(join(kit.dir, '.switchyard'), { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile())
    expect(kept.length).toBeGreaterThan(0)
    for (const entry of kept) {
      const bytes = readFileSync(join(entry.parentPath, entry.name))
      expect([entry.name, bytes.includes(secret), bytes.includes(Buffer.from(secret).toString('base64').slice(0, 16))]).toEqual([
        entry.name,
        false,
        false,
      ])
    }
  })

  it('reads an env file of 10 MB, and refuses one of 20', { timeout: 90_000 }, async () => {
    await using kit = await open({
      ...files,
      '.env.big': 'KEY_NUMBER=value # comment\n'.repeat(400_000),
      '.env.huge': 'A'.repeat(20_000_000),
    })
    const { files: listed } = (await kit.call('deploy.env.list', { files: ['.env.big'] })) as {
      files: { count: number; variables: unknown[] }[]
    }
    expect(listed.map(({ count, variables }) => [count, variables.length])).toEqual([[400_000, 500]])
    const judged = (await kit.call('deploy.env.validate', { files: ['.env.big'] })) as { found: number; findings: unknown[]; text: string }
    expect([judged.found > 400_000, judged.findings.length]).toEqual([true, 500])
    await expect(kit.call('deploy.env.validate', { files: ['.env.huge'] })).rejects.toMatchObject({ code: 'FILE_TOO_LARGE' })
  })
})

describe('isIgnored()', () => {
  it('reads a .gitignore as git does, for what env files need', () => {
    expect(isIgnored('.env*\n!.env.example\n', '.env.production')).toBe(true)
    expect(isIgnored('.env*\n!.env.example\n', '.env.example')).toBe(false)
    expect(isIgnored('# .env\n', '.env')).toBe(false)
    expect(isIgnored('/.env\n', 'deploy/.env')).toBe(false)
    expect(isIgnored('*.env\n', 'stage.env')).toBe(true)
    expect(isIgnored('deploy/\n', 'deploy/.env')).toBe(true)
  })
})
