import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { initWorkspace } from './init.ts'

let dir: string
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'switchyard-init-'))
})
afterEach(() => rmSync(dir, { recursive: true, force: true }))

describe('initWorkspace()', () => {
  it('writes the configuration alone where there is no git repository', () => {
    expect(initWorkspace(dir)).toEqual([{ path: join(dir, 'switchyard.config.json'), did: 'created' }])
  })

  it('keeps git from seeing the data folder, and says so', () => {
    mkdirSync(join(dir, '.git'))
    writeFileSync(join(dir, '.gitignore'), 'dist')
    expect(initWorkspace(dir)).toContainEqual({ path: join(dir, '.gitignore'), did: 'changed' })
    expect(readFileSync(join(dir, '.gitignore'), 'utf8')).toBe('dist\n.switchyard/\n')
  })

  it('leaves a .gitignore that names it already', () => {
    mkdirSync(join(dir, '.git'))
    writeFileSync(join(dir, '.gitignore'), '/.switchyard\n')
    expect(initWorkspace(dir)).toHaveLength(1)
  })
})
