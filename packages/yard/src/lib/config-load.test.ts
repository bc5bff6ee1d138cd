import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { isSwitchyardError } from '@switchyard/contracts'
import type { GuardOptions } from '@switchyard/resilience'
import { afterEach, beforeEach, describe, expect, expectTypeOf, it } from 'vitest'
import { configJsonSchema, defaultConfig, type YardConfig } from './config.ts'
import { listVariables, variableName } from './config-env.ts'
import { type ConfigSurroundings, loadConfig, userConfigPath } from './config-load.ts'

const USER = '/home/ada/.config/switchyard/config.json'
const PROJECT = '/srv/app/switchyard.config.json'

async function load(files: Record<string, string>, env: ConfigSurroundings['env'] = {}) {
  return loadConfig('/srv/app', { env, platform: 'linux', homeDir: '/home/ada', readText: (path) => files[path] })
}

async function problemsOf(files: Record<string, string>, env: ConfigSurroundings['env'] = {}): Promise<string[]> {
  try {
    await load(files, env)
  } catch (error) {
    if (isSwitchyardError(error, 'CONFIG_INVALID')) return error.message.split('\n')
    throw error
  }
  throw new Error('expected CONFIG_INVALID')
}

describe('loadConfig()', () => {
  it('gives every key its default where nothing is said', async () => {
    const { config, entries } = await load({})
    expect(config).toEqual(defaultConfig())
    expect(config.approval).toEqual({ write: 'ask', destroy: 'type' })
    expect(new Set(entries.map(({ origin }) => origin.from))).toEqual(new Set(['default']))
  })

  it('takes environment over project over user over defaults, key by key, and knows who said it', async () => {
    const { config, entries } = await load(
      {
        [USER]: '{ "logLevel": "debug", "store": { "busyTimeoutMs": 5 }, "guard": { "ops": { "timeoutMs": 9 } } }',
        [PROJECT]: '{\n  // quieter\n  "logLevel": "error",\n  "guard": { "ops": { "retry": { "maxRetries": 0 } } },\n}',
      },
      { SWITCHYARD_BUS_MAX_MESSAGE_BYTES: '2048', SWITCHYARD_LOG_LEVEL: '' },
    )
    expect(config.logLevel).toBe('error')
    expect(config.store.busyTimeoutMs).toBe(5)
    expect(config.bus.maxMessageBytes).toBe(2048)
    expect(config.guard).toEqual({ ops: { timeoutMs: 9, retry: { maxRetries: 0 } } })
    const origins = Object.fromEntries(entries.map(({ key, origin }) => [key, origin]))
    expect(origins).toMatchObject({
      logLevel: { from: 'project', path: PROJECT, line: 3 },
      'store.busyTimeoutMs': { from: 'user', path: USER, line: 1 },
      'bus.maxMessageBytes': { from: 'environment', variable: 'SWITCHYARD_BUS_MAX_MESSAGE_BYTES' },
      'guard.ops.timeoutMs': { from: 'user' },
      'guard.ops.retry.maxRetries': { from: 'project', line: 4 },
      'approval.write': { from: 'default' },
    })
  })

  it('names every problem of every source at once, with line, column, key and value', async () => {
    const text = `{
  "logLevel": "loud",
  "plugin": ["./x.ts"],
  "store": { "busyTimeoutMs": -5, "busytimeout": "hunter2" }
}`
    expect(
      await problemsOf({ [PROJECT]: text, [USER]: '{ "approval": { "destroy": "run" } }' }, { SWITCHYARD_BUS_MAX_MESSAGE_BYTES: 'big' }),
    ).toEqual([
      `${USER}:1:28: approval.destroy must be one of "ask", "type": current value is "run"`,
      'switchyard.config.json:2:15: logLevel must be one of "debug", "info", "warn", "error", "silent": current value is "loud"',
      'switchyard.config.json:3:3: plugin is no key: did you mean "plugins"',
      'switchyard.config.json:4:31: store.busyTimeoutMs must be at least 0: current value is -5',
      'switchyard.config.json:4:35: store.busytimeout is no key: did you mean "busyTimeoutMs"',
      'SWITCHYARD_BUS_MAX_MESSAGE_BYTES: bus.maxMessageBytes must be a number: current value is "big"',
    ])
  })

  it('never shows the value of a key that nobody knows, or whose name says secret', async () => {
    const lines = await problemsOf({ [PROJECT]: '{ "apiKey": "hunter2", "guard": { "secret-vault": { "timeoutMs": "hunter3" } } }' })
    expect(lines.join('\n')).toContain('guard.secret-vault.timeoutMs must be a number: current value is hidden')
    expect(lines.join('\n')).not.toMatch(/hunter/)
  })

  it('points at a syntax error and at a key that is there twice', async () => {
    expect(await problemsOf({ [PROJECT]: '{\n  "logLevel": "warn"\n  "plugins": []\n}' })).toEqual([
      'switchyard.config.json:3:3: must be JSON: a comma is missing',
    ])
    expect(await problemsOf({ [PROJECT]: '{ "logLevel": "warn",\n  "logLevel": "info" }' })).toEqual([
      'switchyard.config.json:2:3: logLevel must be there once: it is there again',
    ])
    expect(
      await problemsOf({ [PROJECT]: '{ "logLevel": "loud",\n  "plugin": [],\n  "logLevel": "louder" "bus": "x",\n  "store": 3 }' }),
    ).toEqual([
      'switchyard.config.json:1:15: logLevel must be one of "debug", "info", "warn", "error", "silent": current value is "loud"',
      'switchyard.config.json:2:3: plugin is no key: did you mean "plugins"',
      'switchyard.config.json:3:3: logLevel must be there once: it is there again',
      'switchyard.config.json:3:24: must be JSON: a comma is missing',
    ])
    expect(await problemsOf({ [PROJECT]: '{ "logLevel": "warn }\n' })).toEqual([
      'switchyard.config.json:1:15: must be JSON: unexpected end of string',
    ])
    expect(await problemsOf({ [PROJECT]: '[]' })).toEqual(['switchyard.config.json:1:1: must be an object: current value is []'])
  })

  it('takes an empty file, a byte order mark and comments', async () => {
    expect((await load({ [PROJECT]: '' })).config).toEqual(defaultConfig())
    expect((await load({ [PROJECT]: '\uFEFF// nothing yet\n{ /* "logLevel": "info" */ }' })).config).toEqual(defaultConfig())
  })

  it('reads a relative plugin path from the folder of whoever says it', async () => {
    expect((await load({ [PROJECT]: '{ "plugins": ["./chat/index.ts", "@team/x"] }' })).config.plugins).toEqual([
      '/srv/app/chat/index.ts',
      '@team/x',
    ])
    expect((await load({ [USER]: '{ "plugins": ["./chat.ts"] }' })).config.plugins).toEqual(['/home/ada/.config/switchyard/chat.ts'])
    expect((await load({}, { SWITCHYARD_PLUGINS: './a.ts, b' })).config.plugins).toEqual(['/srv/app/a.ts', 'b'])
  })

  it('refuses a variable that is nearly a setting and leaves other names alone', async () => {
    expect(await problemsOf({}, { SWITCHYARD_LOGLEVEL: 'info' })).toEqual([
      'SWITCHYARD_LOGLEVEL: is no setting: did you mean SWITCHYARD_LOG_LEVEL',
    ])
    expect((await load({}, { SWITCHYARD_TRACE_COLLECTOR_ADDRESS: 'x' })).config).toEqual(defaultConfig())
    expect(await problemsOf({}, { SWITCHYARD_GUARD: '{' })).toEqual(['SWITCHYARD_GUARD: guard must be a JSON object'])
  })

  describe('with real files', () => {
    let dir: string
    beforeEach(() => {
      dir = mkdtempSync(join(tmpdir(), 'switchyard-config-'))
    })
    afterEach(() => rmSync(dir, { recursive: true, force: true }))

    it('says which file it may not read', async () => {
      const path = join(dir, 'switchyard.config.json')
      writeFileSync(path, '{}')
      chmodSync(path, 0o000)
      const surroundings = { env: {}, platform: 'linux' as const, homeDir: dir }
      if (process.getuid?.() === 0) expect((await loadConfig(dir, surroundings)).config).toEqual(defaultConfig())
      else await expect(loadConfig(dir, surroundings)).rejects.toThrow(`Cannot read ${path}`)
      rmSync(path)
      expect((await loadConfig(dir, surroundings)).config).toEqual(defaultConfig())
    })
  })
})

describe('userConfigPath()', () => {
  it.each([
    ['linux', {}, '/home/ada/.config/switchyard/config.json'],
    ['linux', { XDG_CONFIG_HOME: '/etc/xdg/ada' }, '/etc/xdg/ada/switchyard/config.json'],
    ['linux', { XDG_CONFIG_HOME: 'relative' }, '/home/ada/.config/switchyard/config.json'],
    ['darwin', {}, '/home/ada/Library/Application Support/switchyard/config.json'],
    ['win32', { APPDATA: 'C:\\Users\\ada\\AppData\\Roaming' }, 'C:\\Users\\ada\\AppData\\Roaming\\switchyard\\config.json'],
  ] as const)('on %s with %j is %s', (platform, env, path) => {
    expect(userConfigPath({ platform, env, homeDir: '/home/ada' })).toBe(path)
  })
})

describe('the configuration', () => {
  it('has these keys and variables and no others', async () => {
    expect(listVariables().map(({ name, path }) => `${path.join('.')} ${name}`)).toEqual([
      'plugins SWITCHYARD_PLUGINS',
      'logLevel SWITCHYARD_LOG_LEVEL',
      'approval.write SWITCHYARD_APPROVAL_WRITE',
      'approval.destroy SWITCHYARD_APPROVAL_DESTROY',
      'names SWITCHYARD_NAMES',
      'model.baseUrl SWITCHYARD_MODEL_BASE_URL',
      'model.name SWITCHYARD_MODEL_NAME',
      'model.keyVariable SWITCHYARD_MODEL_KEY_VARIABLE',
      'model.timeoutMs SWITCHYARD_MODEL_TIMEOUT_MS',
      'prices SWITCHYARD_PRICES',
      'guard SWITCHYARD_GUARD',
      'trace.sample SWITCHYARD_TRACE_SAMPLE',
      'trace.keepDays SWITCHYARD_TRACE_KEEP_DAYS',
      'trace.maxMegabytes SWITCHYARD_TRACE_MAX_MEGABYTES',
      'logs.level SWITCHYARD_LOGS_LEVEL',
      'logs.maxBytes SWITCHYARD_LOGS_MAX_BYTES',
      'logs.generations SWITCHYARD_LOGS_GENERATIONS',
      'metrics.port SWITCHYARD_METRICS_PORT',
      'alerts.rules SWITCHYARD_ALERTS_RULES',
      'alerts.budgetUsdPerDay SWITCHYARD_ALERTS_BUDGET_USD_PER_DAY',
      'alerts.repeatHours SWITCHYARD_ALERTS_REPEAT_HOURS',
      'alerts.command.name SWITCHYARD_ALERTS_COMMAND_NAME',
      'alerts.command.input SWITCHYARD_ALERTS_COMMAND_INPUT',
      'alerts.webhookVariable SWITCHYARD_ALERTS_WEBHOOK_VARIABLE',
      'otlp.endpoint SWITCHYARD_OTLP_ENDPOINT',
      'otlp.headers SWITCHYARD_OTLP_HEADERS',
      'otlp.headersVariable SWITCHYARD_OTLP_HEADERS_VARIABLE',
      'store.busyTimeoutMs SWITCHYARD_STORE_BUSY_TIMEOUT_MS',
      'bus.maxMessageBytes SWITCHYARD_BUS_MAX_MESSAGE_BYTES',
    ])
    expect(variableName(['store', 'busyTimeoutMs'])).toBe('SWITCHYARD_STORE_BUSY_TIMEOUT_MS')
  })

  it('takes for guards exactly what the room resilience takes', async () => {
    type Settings = YardConfig['guard'][string]
    expectTypeOf<Settings>().toExtend<GuardOptions>()
    expectTypeOf<keyof Settings>().toEqualTypeOf<keyof GuardOptions>()
    expectTypeOf<keyof NonNullable<Settings['breaker']>>().toEqualTypeOf<keyof NonNullable<GuardOptions['breaker']>>()
    expectTypeOf<keyof NonNullable<Settings['retry']>>().toEqualTypeOf<keyof NonNullable<GuardOptions['retry']>>()
    expectTypeOf<keyof NonNullable<Settings['bulkhead']>>().toEqualTypeOf<keyof NonNullable<GuardOptions['bulkhead']>>()
    expectTypeOf<keyof Extract<Settings['cache'], object>>().toEqualTypeOf<keyof Extract<GuardOptions['cache'], object>>()
  })

  it('has a JSON schema that describes every key and refuses others', async () => {
    const schema = configJsonSchema() as { properties: Record<string, { description?: string }>; additionalProperties: unknown }
    expect(schema.additionalProperties).toBe(false)
    for (const [key, { description }] of Object.entries(schema.properties)) expect(description, key).toMatch(/\w{3}/)
  })
})
