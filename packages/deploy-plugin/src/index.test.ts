import { globSync, readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { pluginContract } from '@switchyard/testkit'
import { describe, expect, it } from 'vitest'
import deploy from './index.ts'
import requests from './requests.json' with { type: 'json' }

const offered = Object.entries(deploy.commands).filter(([, { internal }]) => internal !== true)

// What others build on, as literals. Red means: deliberate? Then change it here, and in the docs.
const COMMANDS = {
  status: 'read',
  history: 'read',
  check: 'read',
  apply: 'write',
  resume: 'write, rare',
  undo: 'destroy, rare',
  unlock: 'destroy, rare',
  rollback: 'destroy',
  scale: 'write, rare',
  validate: 'read',
  fix: 'write',
  watch: 'write',
  setup: 'write',
  generate: 'write',
  'env.list': 'read',
  'env.diff': 'read',
  'env.sync': 'write',
  'env.create': 'write',
  'env.validate': 'read',
  'env.encrypt': 'write, rare',
  'env.decrypt': 'write, rare',
  'env.leaks': 'read, rare',
  destroy: 'destroy, rare',
  targets: 'read, rare',
  'targets.note': 'write, rare',
}
const CODES = [
  'BACKUP_FAILED',
  'BACKUP_MISSING',
  'CANCELLED',
  'CANNOT_DECRYPT',
  'CHANGE_UNKNOWN',
  'COMPOSE_INVALID',
  'COMPOSE_UNREADABLE',
  'COPY_FAILED',
  'CURSOR_INVALID',
  'DEPLOYMENT_ENDED',
  'DEPLOYMENT_TAKEN',
  'DEPLOYMENT_UNFINISHED',
  'DEPLOYMENT_UNKNOWN',
  'DEPLOY_CONFIG_INVALID',
  'DEPLOY_CONFIG_MISSING',
  'DEPLOY_HALF_MADE',
  'DEPLOY_LOCKED',
  'DEPLOY_LOCK_ALIVE',
  'DEPLOY_PLAN_STALE',
  'DEPLOY_RETIRED',
  'DEPLOY_RUN_ENDED',
  'DEPLOY_RUN_UNKNOWN',
  'DEPLOY_STATE_DAMAGED',
  'DEPLOY_STEP_UNKNOWN',
  'ENGINE_MISSING',
  'ENGINE_REFUSED',
  'ENVIRONMENT_MISMATCH',
  'ENVIRONMENT_NOT_CONFIRMED',
  'ENVIRONMENT_UNKNOWN',
  'ENV_FILE_EXISTS',
  'ENV_FILE_INVALID',
  'ENV_FILE_MISSING',
  'ENV_INVALID',
  'ENV_SCHEMA_MISSING',
  'FILES_CHANGED_SINCE',
  'FILE_TOO_LARGE',
  'GATE_FAILED',
  'GIT_FAILED',
  'HANDLER_CHANGED',
  'HOST_KEY_MISMATCH',
  'HOST_KEY_MISSING',
  'HOST_LOGIN_INVALID',
  'HOST_REFUSED',
  'HOST_TIMEOUT',
  'HOST_UNREACHABLE',
  'IMAGE_CHANGED',
  'IMAGE_MISSING',
  'INVENTORY_INSECURE',
  'INVENTORY_NOT_CONFIGURED',
  'INVENTORY_REFUSED',
  'INVENTORY_STRANGE',
  'INVENTORY_UNREACHABLE',
  'KEY_EXPOSED',
  'KEY_INVALID',
  'KEY_MISSING',
  'MERGE_CONFLICT',
  'MIGRATION_FAILED',
  'MIGRATION_IRREVERSIBLE',
  'NOTHING_TO_DEPLOY',
  'NOTHING_TO_GENERATE',
  'NOTHING_TO_WATCH',
  'NOT_AN_ENV_FILE',
  'NOT_A_REPOSITORY',
  'NO_FREE_PORT',
  'PATH_REFUSED',
  'PROGRAM_MISSING',
  'PROJECT_MISSING',
  'PROXY_NOT_SWITCHED',
  'PROXY_REFUSED',
  'PROXY_SERVER_UNKNOWN',
  'PROXY_UNREACHABLE',
  'RECIPIENT_INVALID',
  'REHEARSAL_IMPOSSIBLE',
  'RELEASE_NOT_KEPT',
  'REPLICAS_REFUSED',
  'RESTORE_FAILED',
  'RULE_UNKNOWN',
  'SERVICE_UNKNOWN',
  'SOURCE_CHANGED',
  'SOURCE_INVALID',
  'SSH_TARGET_INVALID',
  'STACK_INVALID',
  'START_FAILED',
  'STOP_FAILED',
  'TIME_INVALID',
  'UNIT_INVALID',
  'VARIABLE_INVALID',
  'VARIABLE_MISSING',
  'WATCH_UNHEALTHY',
]

describe('deploy-plugin', () => {
  it('has these commands, with what each does to the world', () => {
    expect(Object.fromEntries(offered.map(([name, { effect, rare }]) => [name, rare === true ? `${effect}, rare` : effect]))).toEqual(
      COMMANDS,
    )
  })

  it('tells these events', () => {
    expect(deploy.publishes?.map(({ name, durable }) => [name, durable])).toEqual([
      ['deploy/began', true],
      ['deploy/done', true],
      ['deploy/failed', true],
      ['deploy/returned', true],
      ['deploy/rolled-back', true],
      ['deploy/destroyed', true],
    ])
  })

  it('fails with these codes', () => {
    const folder = fileURLToPath(new URL('./lib', import.meta.url))
    const found = new Set(
      globSync('**/*.ts', { cwd: folder, exclude: (path) => path.endsWith('.test.ts') }).flatMap((path) =>
        [...readFileSync(`${folder}/${path}`, 'utf8').matchAll(/new SwitchyardError\(\s*'([A-Z_]+)'/g)].map(([, code]) => code),
      ),
    )
    expect([...found].sort()).toEqual(CODES)
  })

  it('brings for every command at least eight examples and five requests that are none of them', () => {
    const all = new Set(offered.flatMap(([, { examples }]) => examples.map((one) => one.toLowerCase())))
    for (const [name, { examples }] of offered) {
      expect(examples.length, name).toBeGreaterThanOrEqual(8)
      const own = requests.filter(({ command }) => command === `deploy.${name}`)
      expect(own.length, name).toBeGreaterThanOrEqual(5)
      expect(own.filter(({ text }) => all.has(text.toLowerCase()))).toEqual([])
    }
  })

  it('has requests for its own commands alone, whose arguments their schemas know', () => {
    for (const { text, command, args } of requests) {
      const { input } = deploy.commands[command.slice('deploy.'.length) as keyof typeof deploy.commands]
      const shape = (input as unknown as { shape: Record<string, { safeParse(value: unknown): { success: boolean } }> }).shape
      for (const [field, value] of Object.entries(args)) expect(shape[field]?.safeParse(value).success, `${text}: ${field}`).toBe(true)
    }
  })
})

describe('deploy-plugin, every command of it', () => {
  const failing = {
    apply: [{ env: 'nowhere' }, { env: 'staging', project: 'nowhere' }],
    resume: [{}, { run: 99 }],
    undo: [{}, { run: 99 }],
    unlock: [{ env: 'nowhere' }],
    rollback: [{ env: 'nowhere' }, { env: 'nowhere', rehearse: true }],
    scale: [{ env: 'nowhere', service: 'api', replicas: 2 }],
    watch: [{ env: 'nowhere' }],
    destroy: [{ env: 'nowhere' }],
    status: [{ env: 'nowhere' }],
    history: [{ id: 99 }, { since: 'soon' }, { cursor: 'x' }],
    'targets.note': [{ id: 99 }],
    'step.do': [{ run: 99, step: 'begin' }],
    'step.undo': [{ run: 99, step: 'begin' }],
  }
  const forAll = pluginContract(deploy, { failing }).filter(({ name }) => /^\[(D1|D2|D3|E1)\]/.test(name))
  for (const { name, run } of forAll) it(name, run)
})
