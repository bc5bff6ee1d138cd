import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Context } from '@switchyard/plugin-kit'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { parseConfig } from '../config/read-config.ts'
import { localHost } from '../hosts/local.ts'
import { assertSameHost, assertSameVariables, confirmEnvironment, environmentOf, markHost, readMark, unmarkHost } from './guard.ts'

const config = parseConfig(
  JSON.stringify({
    stack: 'shop',
    targets: { one: { kind: 'local' }, two: { kind: 'local' } },
    environments: { staging: { target: 'one' }, preview: { target: 'one' }, production: { target: 'two', protected: true } },
    services: { api: { handler: 'compose' } },
  }),
)

let root: string
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'switchyard-guard-'))
})
afterEach(() => rmSync(root, { recursive: true, force: true }))

const asking = (answer?: string): Context =>
  ({ ask: async () => answer ?? Promise.reject(new Error('nobody answers')) }) as unknown as Context

describe('the environment guard', () => {
  it('takes no other name for an environment, and has no default', () => {
    for (const name of ['', 'prod', 'Production', 'production ', '__proto__', 'constructor'])
      expect(() => environmentOf(config, name)).toThrow(expect.objectContaining({ code: 'ENVIRONMENT_UNKNOWN' }))
    expect(environmentOf(config, 'production')).toMatchObject({ name: 'production', target: 'two', protected: true })
  })

  it('wants the name of a protected one typed, exactly', async () => {
    const production = environmentOf(config, 'production')
    await confirmEnvironment(production, undefined, asking('production'), 'deploy')
    await confirmEnvironment(production, 'production', asking(), 'deploy')
    for (const wrong of ['yes', 'Production', ''])
      await expect(confirmEnvironment(production, wrong, asking('production'), 'deploy')).rejects.toMatchObject({
        code: 'ENVIRONMENT_NOT_CONFIRMED',
      })
    await confirmEnvironment(environmentOf(config, 'staging'), undefined, asking(), 'deploy')
  })

  it('stops where the host serves what the configuration puts elsewhere', async () => {
    const host = localHost('one')
    const check = async (env: string): Promise<void> => assertSameHost(await readMark(host, root), config, environmentOf(config, env), host)
    await check('staging')
    expect(await markHost(host, root, 'shop', environmentOf(config, 'staging'))).toBe(true)
    expect(await markHost(host, root, 'shop', environmentOf(config, 'staging'))).toBe(false)
    await check('staging')
    // Both are on this target, by the configuration.
    await check('preview')
    await expect(check('production')).rejects.toMatchObject({ code: 'ENVIRONMENT_MISMATCH' })
    await unmarkHost(host, root, 'shop', 'staging')
    await check('production')
    await markHost(host, root, 'shop', environmentOf(config, 'production'))
    await expect(check('staging')).rejects.toMatchObject({ code: 'ENVIRONMENT_MISMATCH' })
    writeFileSync(join(root, 'host.json'), '{')
    await expect(check('production')).rejects.toMatchObject({ code: 'ENVIRONMENT_MISMATCH' })
  })

  it('stops where the variables are those of another environment, and tells no value of them', () => {
    assertSameVariables({ APP_ENV: 'staging', NODE_ENV: 'production' }, config, 'staging', '.env')
    assertSameVariables({ APP_ENV: 'something of its own' }, config, 'staging', '.env')
    expect(() => assertSameVariables({ APP_ENV: 'production', SECRET: 'tulips' }, config, 'staging', '.env')).toThrow(
      expect.objectContaining({ code: 'ENVIRONMENT_MISMATCH', message: expect.not.stringContaining('tulips') }),
    )
  })
})
