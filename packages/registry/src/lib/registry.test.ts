import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createFakeClock } from '@switchyard/contracts/testing'
import { command, definePlugin, type Plugin } from '@switchyard/plugin-kit'
import { hostIdentity, openStore, type Store } from '@switchyard/store'
import { afterEach, describe, expect, it } from 'vitest'
import { z } from 'zod'
import type { ForeignPlugin, ForeignSource } from './foreign.ts'
import { HEARTBEAT_MS } from './health.ts'
import { readMounts } from './mounts.ts'
import type { RegistryNews } from './news.ts'
import { createRegistry, type Registry, type RegistryEvent, type RegistryOptions } from './registry.ts'

const folders: string[] = []
const stores: Store[] = []
afterEach(() => {
  for (const store of stores.splice(0)) store.close()
  for (const folder of folders.splice(0)) rmSync(folder, { recursive: true, force: true })
})

function makeFolder(): string {
  const dir = mkdtempSync(join(tmpdir(), 'switchyard-registry-'))
  folders.push(dir)
  return dir
}

function open(options: Partial<RegistryOptions> = {}) {
  const store = options.store ?? openStore({ path: ':memory:' })
  if (options.store === undefined) stores.push(store)
  const clock = createFakeClock()
  const registry = createRegistry({ clock, ...options, store })
  const events: RegistryEvent[] = []
  registry.on((event) => events.push(event))
  return { registry, clock, store, events }
}

const own = (name = 'notes'): Plugin =>
  definePlugin({
    name,
    version: '1.0.0',
    summary: 'Keeps notes',
    agents: [{ name: 'scribe', summary: 'Writes things down', prompt: 'Write' }],
    commands: {
      add: command({
        summary: 'Write a note down',
        examples: ['remember the milk'],
        effect: 'read',
        input: z.object({}),
        output: z.object({}),
        run: () => ({}),
      }),
    },
  })

const plugin = (name: string, more: Partial<ForeignPlugin> = {}): ForeignPlugin => ({
  name,
  summary: `About ${name}`,
  keywords: [],
  dependencies: [],
  items: [{ kind: 'agent', name: 'helper', summary: `Helps with ${name}`, keywords: [], examples: [], path: 'agents/helper.md' }],
  ...more,
})
const content = (...plugins: ForeignPlugin[]): ForeignSource => ({ name: 'any', plugins, problems: [] })
const source = (id: string, folder: string = makeFolder()) => ({ id, kind: 'folder' as const, location: folder, folder })

/** Registries of one store, as if each were of another process, and what they tell. */
function office(plugins: readonly Plugin[] = []) {
  const store = openStore({ path: ':memory:' })
  stores.push(store)
  const clock = createFakeClock()
  const told: RegistryNews[] = []
  const office = { isRefusing: false }
  const tell = async (news: RegistryNews): Promise<void> => {
    if (office.isRefusing) throw new Error('there is no room')
    told.push(news)
  }
  const openAs = (processId: string, teller = tell): Registry => {
    const registry = createRegistry({ store, clock, plugins, processId, tell: teller })
    registry.snapshot()
    return registry
  }
  return Object.assign(office, { openAs, told, store, clock })
}

describe('createRegistry()', () => {
  it('[G1] holds our plugins and those of others, each once by its name', () => {
    const { registry } = open({ plugins: [own()] })
    registry.addFolder(source('acme'), content(plugin('web'), plugin('notes')))
    expect([...registry.snapshot().plugins.keys()]).toEqual(['notes', 'notes@acme', 'web'])
    expect(registry.snapshot().entries.map(({ id }) => id)).toEqual([
      'notes',
      'notes.add',
      'notes::scribe',
      'notes@acme',
      'notes@acme::helper',
      'web',
      'web::helper',
    ])
    expect(registry.plugin('notes@acme').entries[1]?.invoke).toBe('In Claude Code: use the notes:helper agent')
    expect(registry.search({ text: 'remember the milk' })[0]?.entry).toMatchObject({ id: 'notes.add', invoke: 'switchyard notes add' })
  })

  it('[G2] swaps the whole index at once: who holds one keeps it as it was', () => {
    const { registry } = open()
    registry.addFolder(source('acme'), content(plugin('web')))
    const before = registry.snapshot()
    registry.addFolder(source('other'), content(plugin('api')))
    expect([...before.plugins.keys()]).toEqual(['web'])
    expect(Object.isFrozen(before)).toBe(true)
    expect([...registry.snapshot().plugins.keys()]).toEqual(['web', 'api'])
    expect(registry.snapshot()).toBe(registry.snapshot())
  })

  it('[G3] tells of each change', () => {
    const { registry, events } = open()
    registry.snapshot()
    registry.addFolder(source('acme'), content(plugin('web'), plugin('api')))
    const folder = registry.sources()[0]!.folder!
    registry.addFolder(source('acme', folder), content(plugin('web', { version: '2.0.0' })), true)
    registry.remove('acme')
    registry.addMount({ name: 'stall', command: 'node', args: [], env: [], summary: 'Sells', tools: [] })
    registry.remove('stall')
    expect(events.map((event) => `${event.type} ${event.plugin}`)).toEqual([
      'registered api',
      'registered web',
      'updated web',
      'unregistered api',
      'unregistered web',
      'registered stall',
      'unregistered stall',
    ])
  })

  it('[G9] tells each change once, by the first of the processes that stay', async () => {
    const { openAs, told, clock } = office()
    const [one, two, passing] = [openAs('one'), openAs('two'), openAs('passing')]
    one.beat()
    two.beat()
    passing.addFolder(source('acme'), content(plugin('web', { version: '1.0.0' })))
    passing.addMount({ name: 'stall', command: 'node', args: [], env: [], summary: 'Sells', tools: [] })
    await passing.close()
    expect(told).toEqual([])
    two.snapshot()
    one.look()
    passing.remove('acme')
    one.look()
    two.look()
    for (const registry of [one, two]) await registry.close()
    const at = new Date(clock.now()).toISOString()
    expect(told).toEqual([
      { type: 'registered', plugin: 'web', version: '1.0.0', origin: 'files', source: 'acme', offers: 1, at },
      { type: 'registered', plugin: 'stall', origin: 'mcp', source: 'stall', offers: 0, at },
      { type: 'unregistered', plugin: 'web', at },
    ])
  })

  it('[G9] tells again what could not be told, in its order, and what one was at that died', async () => {
    const desk = office()
    const { openAs, told, clock } = desk
    const registry = openAs('one')
    desk.isRefusing = true
    registry.addFolder(source('acme'), content(plugin('web')))
    await registry.close()
    expect(told).toEqual([])
    registry.remove('acme')
    await registry.close()
    desk.isRefusing = false
    registry.look()
    await registry.close()
    expect(told.map(({ type }) => type)).toEqual(['registered', 'unregistered'])
    // What never comes back is taken for dead in time, and not before.
    const dying = openAs('two', () => new Promise<void>(() => {}))
    dying.addFolder(source('other'), content(plugin('api')))
    registry.look()
    await registry.close()
    expect(told).toHaveLength(2)
    clock.advance(10_000)
    registry.look()
    await registry.close()
    expect(told.slice(2)).toMatchObject([{ type: 'registered', plugin: 'api' }])
  })

  it('[G9] tells how a plugin is for the workspace, also where who saw it died', async () => {
    const { openAs, told, store, clock } = office([own()])
    const states = (): string[] => told.splice(0).map((one) => (one.type === 'health' ? `${one.plugin}: ${one.from} ${one.to}` : one.type))
    const [one, two] = [openAs('one'), openAs('two')]
    const look = async (...registries: readonly Registry[]): Promise<string[]> => {
      for (const registry of registries) registry.look()
      for (const registry of registries) await registry.close()
      return states()
    }
    one.beat()
    two.beat()
    expect(await look(one, two)).toEqual(['notes: registered ready'])
    two.breaker('notes', 'open')
    // As it was for the other, and is not any more once that one looks.
    expect(await look(one)).toEqual([])
    expect(await look(two, one)).toEqual(['notes: ready down'])
    expect([one.health('notes').state, two.health('notes').state]).toEqual(['ready', 'down'])
    two.breaker('notes', 'half-open')
    expect(await look(two, one)).toEqual(['notes: down degraded'])
    const dead = spawn(process.execPath, ['-e', '0'])
    await once(dead, 'exit')
    store.prepare(`UPDATE registry_process SET pid = ? WHERE id = 'two'`).run(dead.pid!)
    expect(await look(one)).toEqual(['notes: degraded ready'])

    // Each counts the same runs, whoever had them.
    expect(one.figures('notes').runs).toBe(0)
    for (let run = 0; run < 6; run++) two.ran('notes.add', { durationMs: 1, code: 'HANDLER_ERROR' })
    await two.close()
    expect(one.figures('notes').runs).toBe(0)
    expect(await look(one)).toEqual(['notes: ready degraded'])
    expect(one.figures('notes').runs).toBe(6)

    // Who comes when nobody is there any more has heard nothing.
    one.leave()
    clock.advance(6 * HEARTBEAT_MS)
    const three = openAs('three')
    three.beat()
    expect(await look(three)).toEqual(['notes: registered degraded'])
  })

  it('[G10] begins anew with what is registered again by a name that was given up', async () => {
    const { openAs, told, clock } = office([own('stall')])
    const registry = openAs('one')
    registry.beat()
    const mount = { name: 'stall', command: 'node', args: [], env: [], summary: 'Sells', tools: [] }
    const folder = makeFolder()
    registry.addMount(mount)
    registry.addFolder(source('acme', folder), content(plugin('web')))
    for (let run = 0; run < 6; run++) registry.ran('stall.add', { durationMs: 1, code: 'HANDLER_ERROR' })
    registry.breaker('stall', 'open')
    await registry.close()
    rmSync(folder, { recursive: true })
    const lookAll = async (): Promise<string[]> => {
      clock.advance(2_001)
      registry.look()
      await registry.close()
      return told.splice(0).map((one) => (one.type === 'health' ? `${one.plugin}: ${one.from} ${one.to}` : `${one.type} ${one.plugin}`))
    }
    expect(await lookAll()).toEqual(['registered stall', 'registered web', 'stall: registered down', 'web: ready down'])
    registry.remove('acme')
    registry.remove('stall')
    registry.addFolder(source('acme'), content(plugin('web')))
    registry.addMount(mount)
    expect(await lookAll()).toEqual([
      'unregistered web',
      'unregistered stall',
      'registered web',
      'registered stall',
      'stall: registered ready',
    ])
    expect(registry.figures('stall')).toMatchObject({ runs: 0 })
  })

  it('[G4] sees what another process adds, and keeps what both count', async () => {
    const path = join(makeFolder(), 'yard.db')
    const [one, two] = [openStore({ path }), openStore({ path })]
    stores.push(one, two)
    const [here, there] = [open({ store: one, plugins: [own()] }), open({ store: two, plugins: [own()] })]
    expect(there.registry.search({ text: 'web' })).toEqual([])
    here.registry.addFolder(source('acme'), content(plugin('web')))
    expect(there.registry.search({ text: 'web' })).toHaveLength(2)
    for (const { registry } of [here, there]) registry.ran('notes.add', { durationMs: 10, code: undefined })
    await Promise.all([here.registry.close(), there.registry.close()])
    expect(open({ store: one }).registry.figures('notes.add')).toMatchObject({ runs: 2, failures: 0 })
  })

  it('[G5] refuses a name that is taken, and a source that was not added', () => {
    const { registry } = open()
    registry.addFolder(source('acme'), content(plugin('web')))
    expect(() => registry.addFolder(source('acme'), content())).toThrow(expect.objectContaining({ code: 'REGISTRY_TAKEN' }))
    expect(() => registry.addFolder(source('no/slash'), content())).toThrow(expect.objectContaining({ code: 'REGISTRY_TAKEN' }))
    expect(() => registry.remove('other')).toThrow(expect.objectContaining({ code: 'REGISTRY_UNKNOWN' }))
    expect(() => registry.plugin('other')).toThrow(expect.objectContaining({ code: 'REGISTRY_UNKNOWN' }))
  })

  it('[G6] says what a plugin needs and does not have', () => {
    const { registry } = open()
    registry.addFolder(
      source('acme'),
      content(
        plugin('a', { version: '1.0.0', dependencies: [{ name: 'b', range: '^2.0.0' }, { name: 'gone' }] }),
        plugin('b', { version: '1.9.0', dependencies: [{ name: 'c' }] }),
        plugin('c', { dependencies: [{ name: 'b', range: '>=1.0.0' }] }),
      ),
    )
    expect(registry.snapshot().problems.map(({ kind, message }) => `${kind}: ${message}`)).toEqual([
      'version: a needs b ^2.0.0: here is 1.9.0',
      'cycle: b needs c needs b',
      'missing: a needs gone, which is not here',
    ])
  })

  it('[H1] follows the heartbeats of plugins that other processes serve', () => {
    const store = openStore({ path: ':memory:' })
    stores.push(store)
    const { registry, clock, events } = open({ store, plugins: [own()], served: () => [], processId: 'here' })
    const there = createRegistry({ store, clock, plugins: [own()], processId: 'there' })
    const look = (afterMs: number): string => {
      clock.advance(afterMs)
      registry.look()
      return registry.health('notes').state
    }
    expect(look(0)).toBe('registered')
    there.beat()
    expect([look(0), look(2 * HEARTBEAT_MS), look(HEARTBEAT_MS), look(3 * HEARTBEAT_MS)]).toEqual(['ready', 'ready', 'degraded', 'down'])
    expect(registry.search({ text: 'note' })).toEqual([])
    // Where it is served, nobody waits for its process.
    expect(there.health('notes').state).toBe('ready')
    there.beat()
    expect(look(0)).toBe('ready')
    there.leave()
    expect([look(0), registry.processes()]).toEqual(['registered', []])
    expect(events.map((event) => event.type === 'health' && `${event.from} ${event.to}`)).toEqual([
      'registered ready',
      'ready degraded',
      'degraded down',
      'down ready',
      'ready registered',
    ])
    registry.breaker('notes', 'open')
    expect(look(0)).toBe('down')
    expect(registry.health('nobody').state).toBe('gone')
  })

  it('[H1] sees at once that a process ended without a word, takes any other that serves the plugin, and remembers it for an hour', async () => {
    const store = openStore({ path: ':memory:' })
    stores.push(store)
    const { registry, clock } = open({ store, plugins: [own()], served: () => [], processId: 'here' })
    const dead = spawn(process.execPath, ['-e', '0'])
    await once(dead, 'exit')
    store
      .prepare('INSERT INTO registry_process (id, pid, host, plugins, since_ms, beat_ms) VALUES (?, ?, ?, ?, ?, ?)')
      .run('dead', dead.pid!, hostIdentity(), '["notes"]', 0, clock.now())
    expect(registry.health('notes')).toEqual({ state: 'down', reason: `process ${dead.pid} ended without a word`, sign: 'process' })
    const other = createRegistry({ store, clock, plugins: [own()], processId: 'other' })
    other.beat()
    expect(registry.health('notes').state).toBe('ready')
    expect(registry.processes().map(({ pid, state }) => [pid, state])).toEqual([
      [dead.pid, 'down'],
      [process.pid, 'ready'],
    ])
    clock.advance(3_600_001)
    other.beat()
    expect(registry.processes()).toHaveLength(1)
  })

  it('[H3] takes a plugin for down whose folder is no more, until it is there again', () => {
    const { registry, clock } = open()
    const folder = makeFolder()
    registry.addFolder(source('acme', folder), content(plugin('web')))
    expect(registry.search({ text: 'web' })).toHaveLength(2)
    rmSync(folder, { recursive: true })
    clock.advance(2_001)
    expect(registry.health('web')).toEqual({ state: 'down', reason: `its folder ${folder} is no more`, sign: 'folder' })
    expect(registry.search({ text: 'web' })).toEqual([])
    expect(registry.search({ text: 'web', down: true })).toHaveLength(2)
  })

  it('[F4] writes figures a second later, and counts what fails against a plugin', async () => {
    const { registry, clock, store } = open({ plugins: [own()] })
    for (let run = 0; run < 6; run++) registry.ran('notes.add', { durationMs: 10, code: 'HANDLER_ERROR' })
    expect(registry.health('notes')).toMatchObject({ state: 'degraded' })
    clock.advance(1_001)
    await registry.close()
    const again = open({ store, plugins: [own()] }).registry
    expect(again.figures('notes')).toMatchObject({ runs: 6, failures: 6 })
    expect(again.health('notes').state).toBe('degraded')
  })

  it('[F3] moves what a run costs by a fifth of what each says, and remembers it', async () => {
    const { registry, store } = open({ plugins: [own()] })
    expect(registry.figures('notes.add')).not.toHaveProperty('costUsd')
    registry.spent('notes.add', 0.1)
    registry.spent('notes.add', 0.2)
    registry.ran('notes.add', { durationMs: 10, code: undefined })
    expect(registry.figures('notes.add')).toMatchObject({ runs: 1, costUsd: expect.closeTo(0.12, 9) })
    await registry.close()
    expect(open({ store, plugins: [own()] }).registry.figures('notes.add')).toMatchObject({ runs: 1, costUsd: expect.closeTo(0.12, 9) })
  })

  it('[G7] keeps how an MCP server is started, and no value of its environment', () => {
    const path = join(makeFolder(), 'yard.db')
    expect(readMounts(path)).toEqual([])
    const store = openStore({ path })
    const mount = {
      name: 'stall',
      command: 'node',
      args: ['x.js'],
      env: ['KEY'],
      summary: 'Sells',
      tools: [{ name: 'a', inputSchema: {} }],
    }
    const { registry } = open({ store, plugins: [own('stall')] })
    registry.addMount(mount)
    expect(() => registry.addMount(mount)).toThrow(expect.objectContaining({ code: 'REGISTRY_TAKEN' }))
    expect(() => registry.addMount({ ...mount, name: 'No Name' })).toThrow(expect.objectContaining({ code: 'REGISTRY_TAKEN' }))
    expect(registry.sources()).toMatchObject([{ id: 'stall', kind: 'mcp', location: 'node x.js' }])
    expect(registry.plugin('stall')).toMatchObject({ origin: 'mcp', source: 'stall' })
    store.close()
    expect(readMounts(path)).toEqual([mount])
  })

  it('[G8] holds a thousand plugins, and asks what a text is about only for what it found', () => {
    const asked: string[] = []
    const classify = (text: string) => {
      asked.push(text)
      return { domains: ['any'], contexts: [], patterns: [] }
    }
    const { registry } = open({ classify })
    registry.addFolder(
      source('many'),
      content(...Array.from({ length: 1_000 }, (_, n) => plugin(`plugin-${n}`, { summary: `Number${n} of many` }))),
    )
    expect(registry.snapshot().plugins.size).toBe(1_000)
    expect(registry.search({ text: 'number777', wants: { domains: ['any'] } })[0]).toMatchObject({
      entry: { id: 'plugin-777' },
      reasons: expect.arrayContaining([{ why: 'domain', what: 'any', points: 30 }]),
    })
    expect(asked.length).toBeLessThan(5)
  })
})
