import { chmodSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { readConfig, writeConfig } from './config-file.ts'

let dir: string
let path: string
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'switchyard-config-'))
  path = join(dir, 'config.json')
})
afterEach(() => rmSync(dir, { recursive: true, force: true }))

const options = { now: new Date(Date.UTC(2026, 10, 21, 9, 45, 2, 7)), mode: 0o600 }

describe('writeConfig()', () => {
  it('names the copy after the time and never writes over one', () => {
    writeFileSync(path, 'one')
    expect(writeConfig(path, readConfig(path, undefined), 'two', options)).toBe(`${path}.backup-20261121T094502007Z`)
    expect(() => writeConfig(path, readConfig(path, undefined), 'three', options)).toThrow(
      expect.objectContaining({ code: 'NOT_WRITABLE' }),
    )
    expect(readFileSync(path, 'utf8')).toBe('two')
    expect(readFileSync(`${path}.backup-20261121T094502007Z`, 'utf8')).toBe('one')
    expect(readdirSync(dir)).toHaveLength(2)
  })

  it.for([
    ['changed', 'one'],
    ['made', undefined],
  ] as const)('leaves a file alone that somebody else has %s meanwhile', ([, before]) => {
    if (before !== undefined) writeFileSync(path, before)
    const read = readConfig(path, undefined)
    writeFileSync(path, 'theirs')
    expect(() => writeConfig(path, read, 'ours', options)).toThrow(
      expect.objectContaining({ code: 'CLIENT_CONFIG_CHANGED', retryable: true }),
    )
    expect(readFileSync(path, 'utf8')).toBe('theirs')
    expect(readdirSync(dir)).toEqual(['config.json'])
  })
})

describe('readConfig()', () => {
  it.skipIf(process.getuid?.() === 0)('says so where a file may not be read', () => {
    writeFileSync(path, '{}')
    chmodSync(path, 0o200)
    expect(() => readConfig(path, undefined)).toThrow(expect.objectContaining({ code: 'CLIENT_CONFIG_UNREADABLE' }))
  })
})
