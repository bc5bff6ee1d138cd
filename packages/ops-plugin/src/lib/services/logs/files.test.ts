import { mkdtempSync, rmSync, utimesSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import fc from 'fast-check'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { searchFile } from './files.ts'
import type { LogQuery } from './scan.ts'

let dir: string
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'ops-logs-'))
})
afterEach(() => rmSync(dir, { recursive: true, force: true }))

const NOW = Date.UTC(2026, 10, 21, 12)
const at = (minute: number): string => new Date(Date.UTC(2026, 10, 21, 10, minute)).toISOString()
const minuteMs = (minute: number): number => Date.UTC(2026, 10, 21, 10, minute)

function write(name: string, content: string | Buffer, changedMinute = 59): string {
  const path = join(dir, name)
  writeFileSync(path, content)
  utimesSync(path, minuteMs(changedMinute) / 1_000, minuteMs(changedMinute) / 1_000)
  return path
}

async function search(name: string, query: Partial<LogQuery>, goesOn = () => true) {
  const found = await searchFile(join(dir, name), name, { limit: 100, ...query }, { nowMs: NOW, goesOn })
  return { ...found, matches: found.matches, texts: found.entries().map(({ text }) => text) }
}

describe('searchFile()', () => {
  it('finds text, level and time, and gives the last ones up to the limit', async () => {
    write('app.log', [0, 1, 2, 3].map((minute) => `${at(minute)} ${minute === 2 ? 'ERROR' : 'INFO'} step ${minute}\n`).join(''))
    expect((await search('app.log', { text: 'step 1' })).texts).toEqual([`${at(1)} INFO step 1`])
    expect((await search('app.log', { level: 'warn' })).texts).toEqual([`${at(2)} ERROR step 2`])
    expect((await search('app.log', { sinceMs: minuteMs(1), untilMs: minuteMs(2) })).texts).toHaveLength(2)
    expect(await search('app.log', { text: 'step', level: 'info', limit: 2 })).toMatchObject({
      matches: 4,
      texts: [expect.stringContaining('step 2'), expect.stringContaining('step 3')],
    })
  })

  it('gives a stack trace with its entry, also when the text is inside it', async () => {
    const java = `${at(1)} ERROR failed\n\tat a.B.c(B.java:1)\nCaused by: java.io.IOException: disk\n\tat x.Y\n`
    const python = `${at(2)} ERROR crashed\nTraceback (most recent call last):\n  File "a.py", line 1\nValueError: bad\n`
    write('app.log', `${at(0)} INFO a\n${java}${python}${at(3)} INFO z\n`)
    expect((await search('app.log', { text: 'IOException' })).texts).toEqual([java.trimEnd()])
    expect((await search('app.log', { text: 'ValueError' })).texts).toEqual([python.trimEnd()])
    expect((await search('app.log', { level: 'error' })).matches).toBe(2)
    expect((await search('app.log', { text: 'a.B', level: 'error' })).texts).toEqual([java.trimEnd()])
  })

  it('reads what the log was rotated to, oldest first, and only what can hold the time', async () => {
    write('app.log.2.gz', gzipSync(`${at(0)} INFO one\n`), 1)
    write('app.log.1', `${at(10)} INFO two\n`, 11)
    write('app.log', `${at(20)} INFO three\n`, 21)
    write('app.log-20261120.gz', gzipSync('2026-11-20T10:00:00Z INFO zero\n'), 0)
    write('app.log.bak', `${at(5)} INFO not ours\n`)
    write('app.logger', `${at(5)} INFO not ours\n`)
    expect((await search('app.log', { text: 'INFO' })).texts.map((text) => text.split(' ').at(-1))).toEqual(['zero', 'one', 'two', 'three'])
    expect((await search('app.log', { sinceMs: minuteMs(10) })).texts).toHaveLength(2)
    expect((await search('app.log', { sinceMs: minuteMs(12) })).bytes).toBe(`${at(20)} INFO three\n`.length)
  })

  it('replaces bytes that are no UTF-8, and finds what is around them', async () => {
    write('app.log', Buffer.concat([Buffer.from(`${at(0)} ERROR caf`), Buffer.from([0xe9, 0xff, 0x00]), Buffer.from(' broken\n')]))
    const { texts } = await search('app.log', { text: 'broken' })
    expect(texts[0]).toContain('caf\ufffd\ufffd')
  })

  it('reads a damaged archive as far as it goes, and says so', async () => {
    const lines = Array.from({ length: 200_000 }, (_, index) => `${at(0)} INFO ${index} ${(index * 2_654_435_761) % 4_294_967_296}\n`).join(
      '',
    )
    const packed = gzipSync(lines)
    write('app.log.1.gz', packed.subarray(0, packed.length / 2))
    write('app.log', '')
    const found = await search('app.log', { text: 'INFO' })
    expect(found.matches).toBeGreaterThan(10_000)
    expect(found.matches).toBeLessThan(200_000)
    expect(found.problems).toEqual([expect.stringContaining('app.log.1.gz could not be read to its end')])
  })

  it('cuts an entry that is too long, and goes on behind it', async () => {
    write('app.log', `${at(0)} ERROR ${'x'.repeat(9 * 1024 * 1024)}\n${at(1)} ERROR short\n`)
    const { texts } = await search('app.log', { level: 'error' })
    expect(texts.at(-1)).toBe(`${at(1)} ERROR short`)
    expect(Math.max(...texts.map((text) => text.length))).toBeLessThan(20_000)
  })

  it('takes a log that begins in the middle of an entry, or with empty lines', async () => {
    for (const start of ['\n', '\n\n', '\n  at a\n', '  at a\n\n', '}\n\n\n']) {
      write('app.log', `${start}  at needle\n${at(0)} INFO x\n`)
      expect((await search('app.log', { text: 'needle' })).texts).toEqual([expect.stringContaining('at needle')])
      expect((await search('app.log', { text: 'needle', level: 'error' })).matches).toBe(0)
    }
  })

  it('says when a log is not there, is a folder, or names no times', async () => {
    expect((await search('none.log', {})).problems).toEqual(['none.log is not there or no file'])
    write('plain.log', 'hello\n')
    expect(await search('plain.log', { sinceMs: 0 })).toMatchObject({ matches: 1, problems: [expect.stringContaining('no times')] })
  })

  it('stops when it is told to, and says that it is not whole', async () => {
    write('app.log', `${at(0)} INFO ${'x'.repeat(100)}\n`.repeat(100_000))
    let blocks = 0
    const found = await search('app.log', { text: 'INFO' }, () => ++blocks < 2)
    expect(found).toMatchObject({ isWhole: false })
    expect(found.matches).toBeLessThan(100_000)
  })

  it('starts a long log near the time that is asked for', async () => {
    const line = (second: number): string => `${new Date(minuteMs(0) + second * 1_000).toISOString()} INFO ${'x'.repeat(300)} ${second}\n`
    write('app.log', Array.from({ length: 60_000 }, (_, second) => line(second)).join(''), 60_000 / 60)
    const found = await search('app.log', { sinceMs: minuteMs(0) + 59_000_000, limit: 5_000 })
    expect(found.matches).toBe(1_000)
    expect(found.bytes).toBeLessThan(6 * 1024 * 1024)
  })

  it('finds as many lines as a naive search, wherever blocks end', async () => {
    const words = ['needle', 'hay', 'needl', 'eneedle', '']
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.constantFrom(...words), { minLength: 1, maxLength: 40 }),
        fc.integer({ min: 1, max: 300_000 }),
        async (parts, width) => {
          const lines = parts.map((word, index) => `${at(index % 60)} ${word} ${'.'.repeat(width)}`)
          write('app.log', `${lines.join('\n')}\n`)
          const { matches, texts } = await search('app.log', { text: 'needle' })
          const expected = lines.filter((line) => line.includes('needle'))
          expect(matches).toBe(expected.length)
          expect(texts.map((text) => text.slice(0, 40))).toEqual(expected.map((line) => line.slice(0, 40)))
        },
      ),
      { numRuns: 40 },
    )
  })
})
