import { chmodSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { applyChanges, revertChanges } from './change-set.ts'
import { unifiedDiff } from './diff.ts'
import { settle, stepsOf, takeBack, writeSettled } from './generated.ts'
import { hideSecrets, isSecretName, isSecretValue } from './hide-secrets.ts'
import type { Resolution } from './merge.ts'
import { pathInside, readInside } from './project.ts'

let root: string
let dataDir: string
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'switchyard-files-'))
  dataDir = join(root, '.switchyard')
  mkdirSync(dataDir)
})
afterEach(() => rmSync(root, { recursive: true, force: true }))

const read = (path: string): string => readFileSync(join(root, path), 'utf8')
const write = (path: string, text: string): void => writeFileSync(join(root, path), text)
const generate = async (text: string, resolution?: Resolution): Promise<{ state: string | undefined; change: string | undefined }> => {
  const outcomes = await settle(root, dataDir, [{ path: 'deploy/app.conf', text }], resolution)
  return { state: outcomes[0]?.state, change: writeSettled(root, dataDir, outcomes) }
}

describe('settle() and writeSettled()', () => {
  it('[G5] write what is new, and nothing the second time', async () => {
    expect((await generate('a\nb\n')).state).toBe('created')
    const before = readdirSync(dataDir, { recursive: true })
    expect(await generate('a\nb\n')).toEqual({ state: 'unchanged', change: undefined })
    expect(readdirSync(dataDir, { recursive: true })).toEqual(before)
    expect((await generate('a\nc\n')).state).toBe('updated')
    expect(read('deploy/app.conf')).toBe('a\nc\n')
  })

  it('[G1] keep what people changed', async () => {
    await generate('a\nb\nc\nd\n')
    write('deploy/app.conf', 'a # mine\nb\nc\nd\n')
    expect(await generate('a\nb\nc\nd\n')).toEqual({ state: 'unchanged', change: undefined })
    expect((await generate('a\nb\nc\nD\n')).state).toBe('merged')
    expect(read('deploy/app.conf')).toBe('a # mine\nb\nc\nD\n')
    expect((await generate('a\nb\nc\nE\n')).state).toBe('merged')
    expect(read('deploy/app.conf')).toBe('a # mine\nb\nc\nE\n')
  })

  it('[G2] refuse where both changed a line, and write no file at all', async () => {
    await generate('a\nb\n')
    write('deploy/app.conf', 'a\nmine\n')
    const outcomes = await settle(root, dataDir, [
      { path: 'other.conf', text: 'x\n' },
      { path: 'deploy/app.conf', text: 'a\nours\n' },
    ])
    expect(() => writeSettled(root, dataDir, outcomes)).toThrow(
      expect.objectContaining({ code: 'MERGE_CONFLICT', data: { files: [{ path: 'deploy/app.conf', lines: [2], reason: undefined }] } }),
    )
    expect(readdirSync(root).sort()).toEqual(['.switchyard', 'deploy'])
    expect((await generate('a\nours\n', 'mine')).state).toBe('unchanged')
    expect(read('deploy/app.conf')).toBe('a\nmine\n')
    expect((await generate('a\nours 2\n', 'generated')).state).toBe('merged')
    expect(read('deploy/app.conf')).toBe('a\nours 2\n')
  })

  it('[G6] leave what somebody else wrote', async () => {
    mkdirSync(join(root, 'deploy'))
    write('deploy/app.conf', 'theirs\n')
    expect(await generate('ours\n')).toEqual({ state: 'yours', change: undefined })
    expect((await generate('ours\n', 'generated')).state).toBe('updated')
    expect(read('deploy/app.conf')).toBe('ours\n')
  })

  it('[G7] refuse two good halves that make a bad whole', async () => {
    const file = (text: string) => [{ path: 'x', text, check: async (merged: string) => (/A.*D/s.test(merged) ? 'A and D' : undefined) }]
    writeSettled(root, dataDir, await settle(root, dataDir, file('a\nb\nc\nd\n')))
    write('x', 'A\nb\nc\nd\n')
    const [outcome] = await settle(root, dataDir, file('a\nb\nc\nD\n'))
    expect(outcome).toMatchObject({ state: 'conflict', reason: 'merged it would be wrong: A and D' })
  })

  it('[G8] are taken back with all they made, also what they remember', async () => {
    await generate('a\nb\n')
    const first = readdirSync(dataDir, { recursive: true }).sort()
    const bytes = readdirSync(join(dataDir, 'generated')).map((name) => readFileSync(join(dataDir, 'generated', name), 'utf8'))
    const { change } = await generate('a\nc\n')
    expect(takeBack(dataDir, change ?? '')).toEqual(['deploy/app.conf'])
    expect(read('deploy/app.conf')).toBe('a\nb\n')
    expect(readdirSync(dataDir, { recursive: true }).sort()).toEqual(first)
    expect(readdirSync(join(dataDir, 'generated')).map((name) => readFileSync(join(dataDir, 'generated', name), 'utf8'))).toEqual(bytes)
    expect(() => takeBack(dataDir, change ?? '')).toThrow(expect.objectContaining({ code: 'CHANGE_UNKNOWN' }))
    expect(() => takeBack(dataDir, '../x')).toThrow(expect.objectContaining({ code: 'CHANGE_UNKNOWN' }))
  })

  it('[G8] are not taken back over what was done since', async () => {
    const { change = '' } = await generate('a\n')
    write('deploy/app.conf', 'b\n')
    expect(() => takeBack(dataDir, change)).toThrow(expect.objectContaining({ code: 'FILES_CHANGED_SINCE' }))
    expect(read('deploy/app.conf')).toBe('b\n')
  })

  it('shows in its plan the diff, without what looks secret', async () => {
    const outcomes = await settle(root, dataDir, [
      { path: 'x', text: `a: 1\nDB_PASSWORD=hunter2\nURL=redis://me:${'hunter2'}@db\nP: \${P:?no}\n` },
    ])
    expect(await stepsOf(outcomes)).toEqual([
      { does: 'create', target: 'x', detail: '+a: 1\n+DB_PASSWORD=••••\n+URL=redis://me:••••@db\n+P: ${P:?no}' },
    ])
  })
})

describe('applyChanges()', () => {
  it('[F1] writes nothing over what changed since it was looked at', () => {
    write('x', 'now')
    const changes = [
      { path: 'y', before: undefined, after: '1' },
      { path: 'x', before: 'then', after: '2' },
    ]
    expect(() => applyChanges(root, changes, dataDir)).toThrow(expect.objectContaining({ code: 'FILES_CHANGED_SINCE' }))
    expect(readdirSync(root)).toEqual(['.switchyard', 'x'])
  })

  it('[F2] takes back what it wrote where a later file cannot be written', () => {
    write('x', '1')
    const changes = [
      { path: 'x', before: '1', after: '2' },
      { path: 'new/y', before: undefined, after: '1' },
      { path: `${'n'.repeat(250)}`, before: undefined, after: '' },
    ]
    expect(() => applyChanges(root, changes, dataDir)).toThrow()
    expect(read('x')).toBe('1')
    expect(readdirSync(root)).toEqual(['.switchyard', 'x'])
    expect(readdirSync(join(dataDir, 'changes'))).toEqual([])
  })

  it('[F3] keeps modes, and no secret anywhere else', () => {
    write('x', 'A=hunter2\n')
    chmodSync(join(root, 'x'), 0o600)
    const change = applyChanges(root, [{ path: 'x', before: 'A=hunter2\n', after: 'A=hunter2\nB=\n', secret: true }], dataDir) ?? ''
    expect(statSync(join(root, 'x')).mode & 0o777).toBe(0o600)
    expect(readFileSync(join(dataDir, 'changes', `${change}.json`), 'utf8')).not.toMatch(/hunter2|aHVudGVyMg|QT1odW50ZXIy/)
    expect(statSync(join(dataDir, 'changes', `${change}.json`)).mode & 0o077).toBe(0)
    revertChanges(dataDir, change)
    expect(read('x')).toBe('A=hunter2\n')
    expect(statSync(join(root, 'x')).mode & 0o777).toBe(0o600)
  })

  it('[F3] refuses to change the middle of a secret file', () => {
    write('x', 'A=1\n')
    expect(() => applyChanges(root, [{ path: 'x', before: 'A=1\n', after: 'A=2\n', secret: true }], dataDir)).toThrow(TypeError)
    expect(read('x')).toBe('A=1\n')
  })
})

describe('pathInside()', () => {
  it('[F4] refuses whatever could lead out of the project', () => {
    symlinkSync('/etc', join(root, 'link'))
    symlinkSync('/etc/passwd', join(root, 'file'))
    mkdirSync(join(root, 'folder'))
    for (const path of ['../x', '/etc/passwd', 'a/../../x', 'link/passwd', 'file', 'folder', '.', '', 'a\0b'])
      expect(() => pathInside(root, path), path).toThrow(expect.objectContaining({ code: 'PATH_REFUSED' }))
    expect(pathInside(root, './a/./b c;$(x)')).toBe('a/b c;$(x)')
    expect(pathInside(root, join(root, 'y'))).toBe('y')
  })

  it('[F5] reads no file beyond its limit', () => {
    write('x', 'a'.repeat(100))
    expect(() => readInside(root, 'x', 99)).toThrow(expect.objectContaining({ code: 'FILE_TOO_LARGE' }))
    expect(readInside(root, 'nowhere')).toBeUndefined()
  })
})

describe('unifiedDiff()', () => {
  it('shows what changes with a little around it', async () => {
    const before = ['1', '2', '3', '4', '5', '6', '7', '8', '9', ''].join('\n')
    expect(await unifiedDiff(before, before.replace('2', 'two').replace('9', '9\n10'))).toBe(
      '@@ line 1 @@\n 1\n-2\n+two\n 3\n 4\n@@ line 8 @@\n 8\n 9\n+10\n ',
    )
  })
})

describe('isSecretName() and isSecretValue()', () => {
  it('know secrets by what people call them and what they look like', () => {
    for (const name of [
      'DB_PASSWORD',
      'API_KEY',
      'STRIPE_SECRET',
      'JWT_SECRET',
      'GITHUB_TOKEN',
      'SECRET_KEY_BASE',
      'DATABASE_URL',
      'PGPASSWORD',
    ])
      expect(isSecretName(name), name).toBe(true)
    for (const name of ['PORT', 'AUTHOR', 'KEYBOARD', 'PASSENGERS', 'NODE_ENV', 'API_URL', 'TOKENIZER', 'PUBLIC_KEYS_PATH'])
      expect(isSecretName(name), name).toBe(false)
    const tokens = [`postgres://me:${'hunter2'}@db/x`, `ghp_${'a'.repeat(36)}`, `AKIA${'A'.repeat(16)}`]
    for (const value of [...tokens, ...tokens]) expect(isSecretValue(value), value).toBe(true)
    expect(hideSecrets(tokens.join(' '))).toBe('postgres://me:••••@db/x •••• ••••')
  })

  it('hide values wherever they stand, and leave names, references and plain values', () => {
    const rows = [
      ['environment: { TOKEN: hunter2, PORT: 80 }', 'environment: { TOKEN: ••••, PORT: 80 }'],
      ['["A=1", "DB_PASSWORD=hunter2"]', '["A=1", "DB_PASSWORD=••••"]'],
      ['{"password":"hunter2 x","user":"me"}', '{"password":••••,"user":"me"}'],
      ["-  API_KEY: 'hunter2' # note", '-  API_KEY: •••• # note'],
      ['P: "${P:?set it}"\nSECRET=$SECRET\nTOKEN_TTL: 30', 'P: "${P:?set it}"\nSECRET=$SECRET\nTOKEN_TTL: 30'],
      ['automountServiceAccountToken: false', 'automountServiceAccountToken: false'],
      ['url: postgres://app:${POSTGRES_PASSWORD}@db/x', 'url: postgres://app:${POSTGRES_PASSWORD}@db/x'],
      ['SECRET=randomHex(32)', 'SECRET=randomHex(32)'],
      ['A: "${API_TOKEN:?set it} ${API_TOKEN:-hunter2}"', 'A: "${API_TOKEN:?set it} ${API_TOKEN:••••}"'],
      ['+-----BEGIN PRIVATE KEY-----\n+MIIEvQ\n+hunter2\n+-----END PRIVATE KEY-----\n+b', '+••••-----END PRIVATE KEY-----\n+b'],
      ['-----BEGIN RSA PRIVATE KEY-----\nhunter2\n… and 9 lines more', '••••'],
      ['Environment=DB_PASSWORD=hunter2 A=1', 'Environment=DB_PASSWORD=•••• A=1'],
    ]
    for (const [text = '', hidden] of rows) expect(hideSecrets(text)).toBe(hidden)
    for (const text of ['A_TOKEN=', 'A=', 'a'].map((one) => one.repeat(50_000))) expect(hideSecrets(text).length).toBeGreaterThan(0)
  })
})
