import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { isSwitchyardError } from '@switchyard/contracts'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { loadPlugins } from './config-plugins.ts'

describe('loadPlugins()', () => {
  let dir: string
  beforeAll(() => {
    dir = mkdtempSync(join(tmpdir(), 'switchyard-plugins-'))
    const sound = "export default { name: 'chat', version: '1.0.0', summary: 'Talks to people', commands: {} }"
    writeFileSync(join(dir, 'good.mjs'), sound)
    writeFileSync(join(dir, 'nothing.mjs'), 'export const chat = 1')
    writeFileSync(join(dir, 'wrong.mjs'), sound.replace("'chat'", "'Chat!'"))
    writeFileSync(join(dir, 'throws.mjs'), "throw new Error('no weather today')")
    mkdirSync(join(dir, 'node_modules/@team'), { recursive: true })
    mkdirSync(join(dir, 'pack'))
    writeFileSync(join(dir, 'pack/package.json'), '{ "name": "@team/chat", "type": "module", "exports": "./index.js" }')
    writeFileSync(join(dir, 'pack/index.js'), sound)
    symlinkSync(join(dir, 'pack'), join(dir, 'node_modules/@team/chat'))
  })
  afterAll(() => rmSync(dir, { recursive: true, force: true }))

  it('imports paths, and packages as the workspace sees them', async () => {
    const plugins = await loadPlugins(dir, [join(dir, 'good.mjs'), '@team/chat'])
    expect(plugins.map(({ name }) => name)).toEqual(['chat', 'chat'])
  })

  it('names each one that cannot be loaded, and why', async () => {
    const wrong = ['gone.mjs', 'nothing.mjs', 'wrong.mjs', 'throws.mjs'].map((name) => join(dir, name))
    const error: unknown = await loadPlugins(dir, [...wrong, 'no-such-package']).catch((reason: unknown) => reason)
    if (!isSwitchyardError(error, 'PLUGIN_UNLOADABLE')) throw new Error('expected PLUGIN_UNLOADABLE', { cause: error })
    const lines = error.message.split('\n')
    expect(lines).toHaveLength(5)
    expect(lines[0]).toContain('gone.mjs" as it must be installed')
    expect(lines[1]).toContain('nothing.mjs" as its module must have a plugin as default export: it has none')
    expect(lines[2]).toContain('wrong.mjs" as its default export must come from definePlugin: must be lower-case words')
    expect(lines[3]).toContain('throws.mjs" as it must load without an error: Error: no weather today')
    expect(lines[4]).toContain('"no-such-package" as it must be installed')
  })
})
