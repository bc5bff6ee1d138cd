import { chmodSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createTestYard } from '@switchyard/testkit'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import ops from '../../index.ts'

const lock = (version: string): string =>
  JSON.stringify({ packages: { '': {}, 'node_modules/a': { version }, 'node_modules/b': { version: '1.0.0' } } })
const files = { 'package.json': '{ "name": "demo" }', 'package-lock.json': lock('1.0.0') }

/** A program named npm that is found first: what it does to the lock file is the test's. */
let folder: string
const path = process.env.PATH
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'ops-npm-'))
  process.env.PATH = `${folder}:${path}`
})
afterEach(() => {
  process.env.PATH = path
  rmSync(folder, { recursive: true })
})
function npm(script: string): void {
  writeFileSync(join(folder, 'npm'), `#!/bin/sh\n${script}\n`)
  chmodSync(join(folder, 'npm'), 0o755)
}

describe('ops.dependency.update', () => {
  it('says what it brought up to date, and puts both files back', async () => {
    await using kit = await createTestYard({ plugins: [ops], files })
    npm(`echo "$@" > args; printf '%s' '${lock('1.2.0')}' > package-lock.json`)
    const { updated, change } = (await kit.call('ops.dependency.update')) as { updated: unknown; change: number }
    expect(updated).toEqual([{ name: 'a', from: '1.0.0', to: '1.2.0' }])
    expect(readFileSync(join(kit.dir, 'args'), 'utf8')).toContain('update --ignore-scripts')
    await kit.call('ops.change.revert', { change })
    expect(readFileSync(join(kit.dir, 'package-lock.json'), 'utf8')).toBe(lock('1.0.0'))
  })

  it('leaves both files as they were when npm fails', async () => {
    await using kit = await createTestYard({ plugins: [ops], files })
    npm('echo broken > package-lock.json; echo no network >&2; exit 1')
    await expect(kit.call('ops.dependency.update')).rejects.toMatchObject({
      code: 'UPDATE_FAILED',
      message: expect.stringContaining('no network'),
    })
    expect(readFileSync(join(kit.dir, 'package-lock.json'), 'utf8')).toBe(lock('1.0.0'))
  })

  it('wants a lock file of npm', async () => {
    await using kit = await createTestYard({ plugins: [ops], files: { 'package.json': '{}' } })
    await expect(kit.call('ops.dependency.update')).rejects.toMatchObject({ code: 'UPDATE_UNSUPPORTED' })
  })
})
