import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { diskChanges, readDisk, writeFiles } from './disk.ts'

let dir: string
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'testkit-disk-'))
})
afterEach(() => rmSync(dir, { recursive: true }))

describe('readDisk()', () => {
  it('tells content, mode, kind and emptiness', () => {
    writeFiles(dir, { 'a.txt': 'a', 'run.sh': { text: 'x', executable: true }, 'b/c.txt': 'c', 'empty/': '', way: { link: 'a.txt' } })
    const before = readDisk(dir)
    expect(diskChanges(before, readDisk(dir))).toEqual([])
    writeFiles(dir, { 'a.txt': 'b' })
    chmodSync(join(dir, 'run.sh'), 0o644)
    rmSync(join(dir, 'empty'), { recursive: true })
    rmSync(join(dir, 'way'))
    writeFiles(dir, { way: { link: 'b' }, new: 'n' })
    expect(diskChanges(before, readDisk(dir)).map(({ path, change }) => `${path} ${change}`)).toEqual([
      'a.txt was: "a", mode 644; is: "b", mode 644',
      'empty is gone; it was: folder',
      'new was not there, and is: "n", mode 644',
      'run.sh was: "x", mode 755; is: "x", mode 644',
      'way was: link to a.txt; is: link to b',
    ])
  })

  it('tells large files apart by more than their length', () => {
    writeFileSync(join(dir, 'big'), 'a'.repeat(1_000))
    const before = readDisk(dir)
    writeFileSync(join(dir, 'big'), 'b'.repeat(1_000))
    expect(diskChanges(before, readDisk(dir))).toHaveLength(1)
  })

  it('sees what plugins keep in the data folder, and not what the yard does', () => {
    writeFiles(dir, { '.switchyard/yard.db': 'x', '.switchyard/plugins/notes/a.json': '{}', 'log/a': 'x', logs: 'x' })
    expect([...readDisk(dir, { ignore: ['log'] }).keys()]).toEqual(['.switchyard/plugins/notes/a.json', 'logs'])
  })
})
