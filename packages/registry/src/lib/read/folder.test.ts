import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { openFolder } from './folder.ts'

test('openFolder() stops looking where too much is asked for, and says so', () => {
  const dir = mkdtempSync(join(tmpdir(), 'switchyard-folder-'))
  try {
    writeFileSync(join(dir, 'a.md'), 'text')
    const folder = openFolder(dir, 3)
    expect([1, 2, 3].map(() => folder.read('a.md'))).toEqual(Array(3).fill({ text: 'text' }))
    expect(folder.read('a.md')).toEqual({ refused: 'too much of the folder was looked at already' })
    expect(folder.names('.')).toEqual([])
    expect(folder.files('.', '.md')).toEqual([])
  } finally {
    rmSync(dir, { recursive: true, force: true })
  }
})
