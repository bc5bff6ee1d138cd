import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { changeFile, createFile } from './files.ts'

let dir: string
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'switchyard-files-'))
})
afterEach(() => rmSync(dir, { recursive: true, force: true }))

describe('createFile()', () => {
  it('makes the folders above and never overwrites', () => {
    const path = join(dir, 'a/b.txt')
    expect(createFile(path, 'one')).toEqual({ path, did: 'created' })
    expect(() => createFile(path, 'two')).toThrow('nothing may be overwritten')
    expect(readFileSync(path, 'utf8')).toBe('one')
  })
})

describe('changeFile()', () => {
  it('keeps the mode', () => {
    const path = join(dir, 'run.sh')
    writeFileSync(path, 'a', { mode: 0o750 })
    expect(changeFile(path, (text) => `${text}b`)).toEqual({ path, did: 'changed' })
    expect(readFileSync(path, 'utf8')).toBe('ab')
    expect(statSync(path).mode & 0o777).toBe(0o750)
  })

  it('leaves nothing behind where it fails', () => {
    const path = join(dir, 'taken')
    const becomesFolder = (): string => {
      mkdirSync(path)
      return 'text'
    }
    expect(() => changeFile(path, becomesFolder)).toThrow(`Cannot write ${path}`)
    expect(readdirSync(dir)).toEqual(['taken'])
  })
})
