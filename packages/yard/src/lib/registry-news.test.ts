import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { systemClock } from '@switchyard/contracts'
import { definePlugin, on, type Plugin, registryChanges } from '@switchyard/plugin-kit'
import { readSource } from '@switchyard/registry'
import { describe, expect, it, onTestFinished } from 'vitest'
import { fuse } from '../../test/fixtures/fuse.ts'
import { lamp } from '../../test/fixtures/lamp.ts'
import { openYard } from './open-yard.ts'
import type { Yard, YardOptions } from './yard.ts'

const FUSE_SERVER = fileURLToPath(new URL('../../test/fixtures/fuse-server.ts', import.meta.url))
const { registered, updated, unregistered, health } = registryChanges

/** A plugin of the workspace that hears what the registry tells; what it is told has the shape that the topics promise. */
function ear(name = 'ear', named = false) {
  const heard: string[] = []
  const options = (about: string) => (named ? { name: about } : {})
  const plugin = definePlugin({
    name,
    version: '1.0.0',
    summary: 'Hears',
    listens: [
      on(
        registered,
        ({ plugin, version, origin, offers }) => void heard.push(`+ ${plugin} ${version} ${origin} ${offers}`),
        options('added'),
      ),
      on(updated, ({ plugin, version }) => void heard.push(`~ ${plugin} ${version}`), options('updated')),
      on(unregistered, ({ plugin }) => void heard.push(`- ${plugin}`), options('removed')),
      on(health, ({ plugin, from, to, reason }) => void heard.push(`${plugin}: ${from} ${to}${reason === undefined ? '' : `, ${reason}`}`)),
    ],
    commands: {},
  })
  return { plugin, heard }
}

function workspace(): string {
  const dir = mkdtempSync(join(tmpdir(), 'switchyard-news-'))
  onTestFinished(() => rmSync(dir, { recursive: true, force: true }))
  return dir
}

/** Opened with a heart that beats when the test says so; the first time at once. */
async function open(dir: string, plugins: readonly Plugin[], options: Partial<YardOptions> = {}) {
  const beats: (() => void)[] = []
  const after: typeof systemClock.after = (delayMs, callback) => {
    if (delayMs !== 10_000) return systemClock.after(delayMs === 1_000 ? 0 : delayMs, callback)
    beats.push(callback)
    return () => {}
  }
  const yard = await openYard(dir, { plugins, clock: { ...systemClock, after }, ...options })
  onTestFinished(() => yard.close())
  return { yard, beat: () => beats.splice(0).forEach((run) => void run()) }
}

function add({ registry }: Yard, dir: string, version: string, replace = false, name = 'web'): void {
  const folder = join(dir, name)
  mkdirSync(join(folder, '.claude-plugin'), { recursive: true })
  mkdirSync(join(folder, 'agents'), { recursive: true })
  writeFileSync(join(folder, '.claude-plugin/plugin.json'), JSON.stringify({ name, version, description: 'Frontend' }))
  writeFileSync(join(folder, 'agents/a11y.md'), '---\nname: auditor\ndescription: Audits pages\n---\n')
  registry().addFolder({ id: name, kind: 'folder', location: folder, folder }, readSource(folder), replace)
}

const STALL = {
  name: 'stall',
  command: 'node',
  args: [],
  env: [],
  version: '3.0.0',
  summary: 'Sells',
  tools: [{ name: 'a', inputSchema: {} }],
}

describe('what the registry tells', () => {
  it('is heard by a plugin of the workspace, once a change, in whichever of its processes it was made', async () => {
    const dir = workspace()
    const [here, there] = [ear(), ear('other')]
    const one = await open(dir, [lamp, here.plugin], { meet: true })
    await expect.poll(() => here.heard, { timeout: 10_000 }).toEqual(['lamp: registered ready', 'ear: registered ready'])
    const two = await open(dir, [there.plugin], { meet: true, standIns: [lamp] })
    await expect.poll(() => there.heard, { timeout: 10_000 }).toEqual(['other: registered ready'])
    expect(one.yard.registry().processes()).toHaveLength(2)
    here.heard.length = 0
    there.heard.length = 0

    add(one.yard, dir, '1.0.0')
    one.yard.registry().addMount(STALL)
    const told = ['+ web 1.0.0 files 1', '+ stall 3.0.0 mcp 1']
    await expect.poll(() => [here.heard, there.heard], { timeout: 10_000 }).toEqual([told, told])
    // The other process sees the same at its next beat, and leaves it at that.
    two.beat()
    add(two.yard, dir, '1.1.0', true)
    two.yard.registry().remove('stall')
    one.beat()
    await expect.poll(() => here.heard.slice(2), { timeout: 10_000 }).toEqual(['~ web 1.1.0', '- stall'])
    rmSync(join(dir, 'web'), { recursive: true })
    const bothBeat = (): readonly string[] => {
      one.beat()
      two.beat()
      return here.heard.slice(4)
    }
    const down = `web: ready down, its folder ${join(dir, 'web')} is no more`
    // It is believed for two seconds that a folder is still there.
    await expect.poll(bothBeat, { timeout: 10_000, interval: 200 }).toEqual([down])
    await expect.poll(() => there.heard, { timeout: 10_000 }).toEqual(here.heard)
  })

  it('is kept for a listener with a name where no process stays, and left to those that do', async () => {
    const dir = workspace()
    const { plugin, heard } = ear('ear', true)
    // Known to the store from its first listening on.
    await (await open(dir, [plugin], { meet: true })).yard.close()
    heard.length = 0
    {
      const { yard } = await open(dir, [plugin])
      add(yard, dir, '1.0.0')
      await yard.close()
    }
    const loose = ear('loose')
    const { yard, beat } = await open(dir, [plugin, loose.plugin], { meet: true })
    await expect.poll(() => heard, { timeout: 10_000 }).toContain('+ web 1.0.0 files 1')
    await expect.poll(() => yard.registry().processes().length, { timeout: 10_000 }).toBe(1)
    const passing = await open(dir, [])
    add(passing.yard, dir, '2.0.0', true)
    await passing.yard.close()
    beat()
    await expect.poll(() => loose.heard, { timeout: 10_000 }).toContain('~ web 2.0.0')
    await expect
      .poll(() => heard.filter((one) => /[+~-] web/.test(one)), { timeout: 10_000 })
      .toEqual(['+ web 1.0.0 files 1', '~ web 2.0.0'])
    expect(yard.registry().plugin('web').version).toBe('2.0.0')
  })

  it('[G9] is all told before a bus is closed, also what another process left to this one', async () => {
    const dir = workspace()
    const { plugin, heard } = ear('ear', true)
    await (await open(dir, [plugin], { meet: true })).yard.close()
    heard.length = 0
    const warned: string[] = []
    const quiet = { debug() {}, info() {}, error() {}, warn: (text: string) => void warned.push(text) }
    const [one, two] = [await open(dir, [], { log: () => quiet }), await open(dir, [], { log: () => quiet })]
    for (const { yard } of [one, two]) yard.registry().snapshot()
    add(one.yard, dir, '1.0.0')
    add(two.yard, dir, '1.0.0', false, 'api')
    await Promise.all([one.yard.close(), two.yard.close()])
    expect(warned).toEqual([])
    await open(dir, [plugin], { meet: true })
    const told = ['+ web 1.0.0 files 1', '+ api 1.0.0 files 1']
    await expect.poll(() => heard.filter((one) => one.startsWith('+')), { timeout: 10_000 }).toEqual(told)
  })

  it('[G9] is the truth of the workspace: what a process saw of a plugin goes with it when it is killed', { timeout: 60_000 }, async () => {
    const dir = workspace()
    const { plugin, heard } = ear()
    const { yard, beat } = await open(dir, [fuse, plugin], { meet: true })
    await expect.poll(() => heard, { timeout: 10_000 }).toContain('fuse: registered ready')
    heard.length = 0
    const child = spawn(process.execPath, ['--conditions=@switchyard/source', FUSE_SERVER, dir], { stdio: ['pipe', 'pipe', 'inherit'] })
    onTestFinished(() => void child.kill('SIGKILL'))
    await once(child.stdout!, 'data')
    await expect.poll(() => heard, { timeout: 20_000 }).toEqual([`fuse: ready down, its breaker is open, as process ${child.pid} sees it`])
    // Not here, so that it can be called from here all the same.
    expect(yard.registry().health('fuse').state).toBe('ready')
    beat()
    child.kill('SIGKILL')
    await once(child, 'exit')
    const afterBeat = (): readonly string[] => {
      beat()
      return heard.slice(1)
    }
    await expect.poll(afterBeat, { timeout: 20_000 }).toEqual(['fuse: down ready'])
  })

  it('[G10] begins anew with a plugin that was unregistered and is registered again', async () => {
    const dir = workspace()
    const { plugin, heard } = ear()
    const { yard, beat } = await open(dir, [plugin], { meet: true })
    const down = `web: ready down, its folder ${join(dir, 'web')} is no more`
    const loseFolder = async (told: readonly string[]): Promise<void> => {
      rmSync(join(dir, 'web'), { recursive: true })
      const afterBeat = (): readonly string[] => {
        beat()
        return heard.filter((one) => /web/.test(one))
      }
      // It is believed for two seconds that a folder is still there.
      await expect.poll(afterBeat, { timeout: 10_000, interval: 200 }).toEqual(told)
    }
    add(yard, dir, '1.0.0')
    await loseFolder(['+ web 1.0.0 files 1', down])
    yard.registry().remove('web')
    add(yard, dir, '1.0.0')
    await loseFolder(['+ web 1.0.0 files 1', down, '- web', '+ web 1.0.0 files 1', down])
  })
})
