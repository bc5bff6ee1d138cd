import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { systemClock } from '@switchyard/contracts'
import { definePlugin } from '@switchyard/plugin-kit'
import { describe, expect, it, onTestFinished } from 'vitest'
import { lamp } from '../../test/fixtures/lamp.ts'
import { openYard } from './open-yard.ts'
import type { Yard, YardOptions } from './yard.ts'

const CHILD = fileURLToPath(new URL('../../test/fixtures/lamp-server.ts', import.meta.url))

function folder(): string {
  const dir = mkdtempSync(join(tmpdir(), 'switchyard-heartbeats-'))
  onTestFinished(() => rmSync(dir, { recursive: true, force: true }))
  return dir
}

/** Another process that serves the plugin until it is told to end. */
async function serve(dir: string): Promise<ChildProcess> {
  const child = spawn(process.execPath, ['--conditions=@switchyard/source', CHILD, dir], { stdio: ['pipe', 'pipe', 'inherit'] })
  onTestFinished(() => void child.kill('SIGKILL'))
  await once(child.stdout!, 'data')
  return child
}

/** What one hears whose heart is the test's to beat: timers of ten seconds run when they are told to. */
async function listen(dir: string, options: Partial<YardOptions> = {}) {
  const beats: (() => void)[] = []
  const warned: string[] = []
  const after: typeof systemClock.after = (delayMs, callback) => {
    if (delayMs !== 10_000) return systemClock.after(delayMs === 1_000 ? 0 : delayMs, callback)
    beats.push(callback)
    return () => {}
  }
  const quiet = { debug() {}, info() {}, error() {}, warn: (text: string) => void warned.push(text) }
  const log: YardOptions['log'] = (name) => (name === 'registry' ? quiet : { ...quiet, warn() {} })
  const clock = { ...systemClock, after }
  const yard = await openYard(dir, { plugins: [], standIns: [lamp], meet: true, clock, log, ...options })
  onTestFinished(() => yard.close())
  const changes: string[] = []
  yard.registry().on((event) => event.type === 'health' && changes.push(`${event.plugin}: ${event.from} ${event.to}`))
  return { yard, changes, warned, beat: () => beats.splice(0).forEach((run) => void run()) }
}

const stateOf = (yard: Yard): string => yard.registry().health('lamp').state

describe('processes that serve plugins', () => {
  it('are ready once they say so, gone when they end, and down when they are killed', { timeout: 60_000 }, async () => {
    const dir = folder()
    const { yard, changes, warned, beat } = await listen(dir)
    expect(stateOf(yard)).toBe('registered')

    const first = await serve(dir)
    await expect.poll(() => changes, { timeout: 20_000 }).toEqual(['lamp: registered ready'])
    expect(yard.registry().processes()).toMatchObject([
      { pid: process.pid, plugins: [], state: 'ready' },
      { pid: first.pid, plugins: ['lamp'], state: 'ready' },
    ])
    expect(await yard.call('lamp.look', {})).toEqual({ pid: first.pid })

    first.stdin!.end()
    await once(first, 'exit')
    await expect.poll(() => changes, { timeout: 20_000 }).toEqual(['lamp: registered ready', 'lamp: ready registered'])
    expect(yard.registry().processes()).toHaveLength(1)

    const second = await serve(dir)
    await expect.poll(() => changes.slice(2), { timeout: 20_000 }).toEqual(['lamp: registered ready'])
    second.kill('SIGKILL')
    await once(second, 'exit')
    // Seen as its socket closes, at the latest with the next beat here, and not after six of its own that never came.
    const lastChange = (): string | undefined => {
      beat()
      return changes.at(-1)
    }
    await expect.poll(lastChange, { timeout: 20_000 }).toBe('lamp: ready down')
    expect(yard.registry().health('lamp')).toMatchObject({ state: 'down', reason: `process ${second.pid} ended without a word` })
    expect(warned).toEqual([`lamp is down: process ${second.pid} ended without a word`])
    // Whoever opens the workspace now is told, too.
    const { yard: late } = await listen(dir, { meet: false })
    expect(late.registry().processes()).toContainEqual(expect.objectContaining({ pid: second.pid, state: 'down' }))

    // It is still asked for, and this process stands in.
    expect(yard.decide('look at the lamp').outcome).toBe('routed')
    expect(await yard.call('lamp.look', {})).toEqual({ pid: process.pid })
    expect(stateOf(yard)).toBe('ready')
  })

  it('beat under the name of each plugin and no other, and leave no trace', async () => {
    const heard: [source: string, payload: unknown][] = []
    const ear = definePlugin({
      name: 'ear',
      version: '1.0.0',
      summary: 'Hears',
      listens: [{ pattern: 'plugin/*/status', handler: (payload, ctx) => void heard.push([ctx.source, payload]) }],
      commands: {},
    })
    const { yard, beat } = await listen(folder(), { plugins: [lamp, ear], standIns: [] })
    await expect.poll(() => heard.length, { timeout: 10_000 }).toBe(2)
    beat()
    await expect.poll(() => heard.length, { timeout: 10_000 }).toBe(4)
    expect(heard.slice(0, 2)).toEqual([
      ['lamp', { status: 'ready', version: '1.2.0', process: process.pid, at: expect.any(String) }],
      ['ear', expect.objectContaining({ status: 'ready', version: '1.0.0' })],
    ])
    await yard.traces.flush()
    expect(yard.traces.runs({ limit: 10 })).toMatchObject({ runs: [] })
  })
})
