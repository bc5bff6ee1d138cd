import { execFile } from 'node:child_process'
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { createFakeClock } from '@switchyard/contracts/testing'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { levelOverride, setLevelOverride } from './live-level.ts'
import { logFiles } from './log-file.ts'
import type { LogLine } from './log-line.ts'
import { createLogs } from './logs.ts'
import { followLogs, readLogs } from './read-logs.ts'

const TRACE = 'a'.repeat(32)
const SPAN = 'b'.repeat(16)

let root: string
let folder: string
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'logs-'))
  folder = join(root, 'logs')
})
afterEach(() => rmSync(root, { recursive: true }))

const textOfAll = (): string =>
  logFiles(folder)
    .map((path) => readFileSync(path, 'utf8'))
    .join('')

describe('createLogs()', () => {
  it('writes JSON lines that say who, when, and in which trace, span and request', async () => {
    const clock = createFakeClock()
    const logs = createLogs({ folder, clock, pid: 7 })
    logs.of('ops', { traceId: TRACE, spanId: SPAN, requestId: 'r1' }).warn('disk is filling', { percent: 91 })
    logs.of('deploy', { traceId: TRACE }).error('gone')
    logs.of('yard').info('opened')
    await logs.close()
    const lines = textOfAll().trimEnd().split('\n')
    expect(lines.map((line) => JSON.parse(line))).toEqual([
      {
        level: 'warn',
        pid: 7,
        time: clock.now(),
        plugin: 'ops',
        trace_id: TRACE,
        span_id: SPAN,
        request_id: 'r1',
        fields: { percent: 91 },
        msg: 'disk is filling',
      },
      { level: 'error', pid: 7, time: clock.now(), plugin: 'deploy', trace_id: TRACE, request_id: TRACE, msg: 'gone' },
      { level: 'info', pid: 7, time: clock.now(), plugin: 'yard', msg: 'opened' },
    ])
    expect(statSync(folder).mode & 0o777).toBe(0o700)
    expect(statSync(logFiles(folder)[0]!).mode & 0o777).toBe(0o600)
  })

  it('touches no disk while nothing is kept', async () => {
    const logs = createLogs({ folder, clock: createFakeClock() })
    logs.of('ops').debug('too little')
    await logs.close()
    expect(logFiles(folder)).toEqual([])
    expect(readdirSync(root)).toEqual([])
  })

  it('takes secrets out of messages and fields, whole before they are cut', async () => {
    const clock = createFakeClock()
    const told: LogLine[] = []
    const logs = createLogs({ folder, clock, onLine: (line) => told.push(line) })
    const secret = 's3cr3t'.repeat(20)
    logs.of('ops').info(`${'x'.repeat(8_180)} password=${secret}`, { apiKey: secret, nested: { note: `token: ${secret}` } })
    logs.of('ops').info('large', { rows: Array.from({ length: 5_000 }, () => 'row') })
    await logs.close()
    expect(textOfAll()).not.toContain('s3cr3t')
    expect(JSON.stringify(told)).not.toContain('s3cr3t')
    expect(told[1]?.fields).toMatchObject({ cut: expect.stringMatching(/^\{"rows".*…$/) })
  })

  it('follows a level that is set while it runs, within a second, and lets it run out', async () => {
    const clock = createFakeClock()
    const logs = createLogs({ folder, clock, level: 'warn' })
    const { debug } = logs.of('ops')
    debug('1: configured')
    setLevelOverride(folder, { level: 'debug', untilMs: clock.now() + 60_000 })
    debug('2: not looked yet')
    clock.advance(1_000)
    debug('3: set')
    clock.advance(60_000)
    debug('4: run out')
    setLevelOverride(folder, { level: 'debug' })
    clock.advance(1_000)
    debug('5: set again')
    expect(levelOverride(folder)).toEqual({ level: 'debug' })
    setLevelOverride(folder, undefined)
    clock.advance(1_000)
    debug('6: taken back')
    await logs.close()
    expect(readLogs(folder).map(({ message }) => message)).toEqual(['3: set', '5: set again'])
  })

  it('puts a file aside that grows too large, and keeps so many', async () => {
    const clock = createFakeClock()
    const logs = createLogs({ folder, clock, maxBytes: 1_000, generations: 2 })
    for (let number = 0; number < 60; number++) {
      logs.of('ops').error(`line ${String(number).padStart(3, '0')}`)
      clock.advance(1)
      if (number === 0) await new Promise((resolve) => setImmediate(resolve))
    }
    await logs.close()
    expect(logFiles(folder)).toHaveLength(3)
    for (const path of logFiles(folder).slice(0, 2)) expect(statSync(path).size).toBeGreaterThan(500)
    expect(readLogs(folder).at(-1)?.message).toBe('line 059')
    expect(readLogs(folder).some(({ message }) => message === 'line 000')).toBe(false)
  })

  it('fails nobody where it cannot write, and says so once', async () => {
    writeFileSync(join(root, 'file'), '')
    const faults: unknown[] = []
    const logs = createLogs({ folder: join(root, 'file', 'logs'), clock: createFakeClock(), onFault: (error) => faults.push(error) })
    logs.of('ops').error('one')
    logs.of('ops').error('two')
    await logs.close()
    expect(faults).toHaveLength(1)
  })
})

describe('several processes', () => {
  it('write to one log and put files aside without losing, cutting or mixing a line', async () => {
    const script = `
      import { createLogs } from '@switchyard/trace/logs'
      import { systemClock } from '@switchyard/contracts'
      const logs = createLogs({ folder: ${JSON.stringify(folder)}, clock: systemClock, maxBytes: 20_000, generations: 1_000 })
      const { info } = logs.of('ops')
      for (let number = 0; number < 400; number++) {
        info(process.argv[1] + ' ' + number + ' ' + 'x'.repeat(number))
        if (number % 3 === 0) await new Promise((resolve) => setImmediate(resolve))
      }
      await logs.close()`
    const argv = ['--conditions=@switchyard/source', '--input-type=module', '--eval', script]
    const cwd = fileURLToPath(new URL('../../..', import.meta.url))
    await Promise.all(['a', 'b', 'c'].map((name) => promisify(execFile)(process.execPath, [...argv, name], { cwd })))
    const lines = textOfAll().trimEnd().split('\n')
    const seen = lines.map((line) => (JSON.parse(line) as { msg: string }).msg.split(' ').slice(0, 2).join(' '))
    const all = ['a', 'b', 'c'].flatMap((name) => Array.from({ length: 400 }, (_, number) => `${name} ${number}`))
    expect(seen.sort()).toEqual(all.sort())
    expect(logFiles(folder).length).toBeGreaterThan(5)
  }, 60_000)
})

describe('readLogs()', () => {
  it('finds by plugin, level, trace, time and text, and gives the last ones', async () => {
    const clock = createFakeClock(1_000)
    const logs = createLogs({ folder, clock, level: 'debug' })
    logs.of('ops', { traceId: TRACE }).debug('alpha')
    clock.advance(1_000)
    logs.of('ops').warn('beta', { host: 'Web-1' })
    clock.advance(1_000)
    logs.of('deploy').error('gamma')
    await logs.close()
    const messages = (filter: Parameters<typeof readLogs>[1]): string[] => readLogs(folder, filter).map(({ message }) => message)
    expect(messages({})).toEqual(['alpha', 'beta', 'gamma'])
    expect(messages({ plugin: 'ops' })).toEqual(['alpha', 'beta'])
    expect(messages({ level: 'warn' })).toEqual(['beta', 'gamma'])
    expect(messages({ trace: 'aaaa' })).toEqual(['alpha'])
    expect(messages({ sinceMs: 2_000, untilMs: 3_000 })).toEqual(['beta'])
    expect(messages({ text: 'web-1' })).toEqual(['beta'])
    expect(messages({ limit: 2 })).toEqual(['beta', 'gamma'])
    expect(readLogs(join(root, 'nowhere'))).toEqual([])
  })
})

describe('followLogs()', () => {
  it('tells new lines that fit, also those of a file that is put aside meanwhile', async () => {
    const clock = createFakeClock()
    const before = createLogs({ folder, clock })
    before.of('ops').info('before')
    await before.close()
    const told: string[] = []
    const stop = followLogs(folder, { plugin: 'ops' }, ({ message }) => told.push(message), { clock })
    const logs = createLogs({ folder, clock, maxBytes: 400 })
    for (const word of ['ä', 'zwei', 'drei', 'vier', 'fünf', 'sechs']) logs.of('ops').error(word)
    logs.of('deploy').error('not mine')
    await logs.close()
    clock.advance(200)
    expect(told).toEqual(['ä', 'zwei', 'drei', 'vier', 'fünf', 'sechs'])
    stop()
    expect(clock.pending).toBe(0)
  })
})
