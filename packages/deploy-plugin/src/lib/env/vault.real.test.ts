import { execFileSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { decrypt, encrypt, makeKey, readKey } from './vault.ts'

let folder: string
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'switchyard-age-'))
})
afterEach(() => rmSync(folder, { recursive: true, force: true }))

it('encrypt() and makeKey() write what age itself reads, and decrypt() reads what age writes', async () => {
  const key = join(folder, 'age.key')
  const recipient = await makeKey(key, 0)
  const secret = 'DB_PASSWORD=a b\nü=1\n'
  const file = join(folder, '.env.age')
  writeFileSync(file, await encrypt(Buffer.from(secret), [recipient]))
  expect(execFileSync('age', ['-d', '-i', key, file], { encoding: 'utf8' })).toBe(secret)
  const theirs = execFileSync('age', ['-r', recipient, '-a'], { input: secret })
  expect((await decrypt(theirs, readKey(key), '.env.age')).toString()).toBe(secret)
  const binary = execFileSync('age', ['-r', recipient], { input: secret })
  expect((await decrypt(binary, readKey(key), '.env.age')).toString()).toBe(secret)
})
