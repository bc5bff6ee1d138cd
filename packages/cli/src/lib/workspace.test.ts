import { chownSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { findWorkspace } from './workspace.ts'

const ME = process.getuid?.()
const STRANGER = 65534

let dir: string
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'switchyard-workspace-'))
})
afterEach(() => rmSync(dir, { recursive: true, force: true }))

describe('findWorkspace()', () => {
  it('takes the nearest folder with a configuration, a data folder or a repository, else where one is', () => {
    const deep = join(dir, 'a/b')
    mkdirSync(deep, { recursive: true })
    expect(findWorkspace(deep, undefined, ME)).toBe(deep)
    mkdirSync(join(dir, '.git'))
    expect(findWorkspace(deep, undefined, ME)).toBe(dir)
    writeFileSync(join(dir, 'a/switchyard.config.json'), '{}')
    expect(findWorkspace(deep, undefined, ME)).toBe(join(dir, 'a'))
    expect(findWorkspace(deep, '..', ME)).toBe(join(dir, 'a'))
    expect(() => findWorkspace(deep, 'gone', ME)).toThrow('it must be a folder: there is none')
  })

  it.runIf(ME === 0)('passes by what a stranger has put above it (only root can play one)', () => {
    const deep = join(dir, 'a')
    const planted = join(dir, 'switchyard.config.json')
    mkdirSync(deep)
    mkdirSync(join(dir, '.git'))
    writeFileSync(planted, '{}')
    expect(findWorkspace(deep, undefined, ME)).toBe(dir)
    chownSync(planted, STRANGER, STRANGER)
    expect(findWorkspace(deep, undefined, ME)).toBe(deep)
    expect(findWorkspace(deep, undefined, STRANGER)).toBe(dir)
    expect(findWorkspace(dir, undefined, ME)).toBe(dir)
    chownSync(deep, STRANGER, STRANGER)
    expect(findWorkspace(deep, undefined, ME)).toBe(dir)
  })
})
