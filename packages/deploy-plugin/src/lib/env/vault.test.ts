import { chmodSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { seal } from './seal.ts'
import { decrypt, encrypt, keyPath, makeKey, publicKeyOf, readKey, recipientsIn } from './vault.ts'

let folder: string
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'switchyard-vault-'))
})
afterEach(() => rmSync(folder, { recursive: true, force: true }))

const SECRET = Buffer.from('DB_PASSWORD=hunter2\n')

describe('encrypt() and decrypt()', () => {
  it('[V1] give back the same bytes to whoever has a key of theirs, and to nobody else', async () => {
    const [mine, yours, other] = ['mine', 'yours', 'other'].map((name) => join(folder, name)) as [string, string, string]
    const recipients = [await makeKey(mine, 0), await makeKey(yours, 0)]
    await makeKey(other, 0)
    const encrypted = await encrypt(SECRET, recipients)
    expect(encrypted).toMatch(/^-----BEGIN AGE ENCRYPTED FILE-----\n/)
    expect(encrypted).not.toContain('hunter2')
    for (const path of [mine, yours]) expect(await decrypt(Buffer.from(encrypted), readKey(path), 'x')).toEqual(SECRET)
    await expect(decrypt(Buffer.from(encrypted), readKey(other), '.env.age')).rejects.toMatchObject({ code: 'CANNOT_DECRYPT' })
  })

  it('[V2] refuse a file of which one sign was changed', async () => {
    const path = join(folder, 'key')
    const encrypted = await encrypt(SECRET, [await makeKey(path, 0)])
    const lines = encrypted.split('\n')
    const last = lines.length - 3
    lines[last] = (lines[last] ?? '').replace(/./, (sign) => (sign === 'A' ? 'B' : 'A'))
    await expect(decrypt(Buffer.from(lines.join('\n')), readKey(path), 'x')).rejects.toMatchObject({ code: 'CANNOT_DECRYPT' })
    await expect(decrypt(Buffer.from('rubbish'), readKey(path), 'x')).rejects.toMatchObject({ code: 'CANNOT_DECRYPT' })
  })

  it('refuse what is no public key', async () => {
    await expect(encrypt(SECRET, ['age1nonsense'])).rejects.toMatchObject({ code: 'RECIPIENT_INVALID' })
  })
})

describe('seal()', () => {
  it('[F1] takes no clear file away that somebody wrote to while it was encrypted', async () => {
    const clear = join(folder, '.env')
    writeFileSync(clear, SECRET)
    const vault = { root: folder, dataDir: join(folder, 'data'), key: join(folder, 'key'), nowMs: 0 }
    const sealing = seal(vault, '.env', false)
    writeFileSync(clear, 'DB_PASSWORD=newer\n')
    await expect(sealing).rejects.toMatchObject({ code: 'FILES_CHANGED_SINCE' })
    expect(readFileSync(clear, 'utf8')).toBe('DB_PASSWORD=newer\n')
  })
})

describe('key files', () => {
  it('[V3] are made for their owner alone, and refused where others can read them', async () => {
    const path = join(folder, 'key')
    const recipient = await makeKey(path, Date.parse('2026-01-31T00:00:00Z'))
    expect(statSync(path).mode & 0o777).toBe(0o600)
    expect(readFileSync(path, 'utf8')).toMatch(/^# created: 2026-01-31T00:00:00.000Z\n# public key: age1\w+\nAGE-SECRET-KEY-[0-9A-Z-]+\n$/)
    expect(await publicKeyOf(readKey(path))).toBe(recipient)
    chmodSync(path, 0o640)
    expect(() => readKey(path)).toThrow(expect.objectContaining({ code: 'KEY_EXPOSED', next: `chmod 600 ${path}` }))
  })

  it('say what is wrong with them without what they hold', async () => {
    const path = join(folder, 'key')
    expect(() => readKey(path)).toThrow(expect.objectContaining({ code: 'KEY_MISSING' }))
    writeFileSync(path, 'hunter2', { mode: 0o600 })
    expect(() => readKey(path)).toThrow(expect.objectContaining({ code: 'KEY_INVALID', message: expect.not.stringContaining('hunter2') }))
    await expect(publicKeyOf('AGE-SECRET-KEY-1HUNTER2')).rejects.toMatchObject({
      code: 'KEY_INVALID',
      message: expect.not.stringContaining('HUNTER'),
    })
  })

  it('are where they are named, or in the data folder', () => {
    expect(keyPath(undefined, '/shop', '/shop/.switchyard/deploy')).toBe('/shop/.switchyard/deploy/age.key')
    expect(keyPath('keys/a', '/shop', '/data')).toBe('/shop/keys/a')
    expect(keyPath('/keys/a', '/shop', '/data')).toBe('/keys/a')
    expect(keyPath('~/a', '/shop', '/data')).toMatch(/^\/.*\/a$/)
  })
})

describe('recipientsIn()', () => {
  it('reads one public key a line', () => {
    expect(recipientsIn('# team\nage1a\n\n age1b # ada\r\n')).toEqual(['age1a', 'age1b'])
  })
})
