import { mkdtempSync, rmSync, symlinkSync, truncateSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { takeSnapshot } from './snapshot.ts'

let dir: string
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'ops-snapshot-'))
})
afterEach(() => rmSync(dir, { recursive: true, force: true }))

describe('takeSnapshot() of a tree that changes while it is read', () => {
  it('follows no link that has taken the place of a file', async () => {
    const path = join(dir, 'a.txt')
    writeFileSync(path, 'mine')
    const snapshot = await takeSnapshot(dir)
    rmSync(path)
    symlinkSync('/etc/passwd', path)
    expect(snapshot.text('a.txt')).toBeUndefined()
  })

  it('reads no file whole that has grown beyond the limit', async () => {
    writeFileSync(join(dir, 'a.txt'), 'small')
    const snapshot = await takeSnapshot(dir)
    truncateSync(join(dir, 'a.txt'), 64 * 1024 * 1024)
    const seen: string[] = []
    expect(await snapshot.inspect(({ path }) => void seen.push(path))).toEqual([{ path: 'a.txt', why: 'unreadable' }])
    expect(seen).toEqual([])
  })
})
