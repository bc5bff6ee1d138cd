import { execFileSync } from 'node:child_process'
import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { leaksIn } from './leak-patterns.ts'
import { type LeakSearch, searchHistory } from './leaks.ts'

let root: string
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'switchyard-leaks-'))
  git('init', '-q', '-b', 'main')
})
afterEach(() => rmSync(root, { recursive: true, force: true }))

function git(...args: string[]): string {
  const env = { PATH: process.env.PATH, GIT_CONFIG_NOSYSTEM: '1', GIT_CONFIG_GLOBAL: '/dev/null' }
  const who = ['-c', 'user.name=Ada', '-c', 'user.email=ada@example.org']
  return execFileSync('git', [...who, ...args], { cwd: root, env, encoding: 'utf8' }).trim()
}
function commit(files: Record<string, string>): string {
  for (const [path, text] of Object.entries(files)) {
    mkdirSync(dirname(join(root, path)), { recursive: true })
    writeFileSync(join(root, path), text)
  }
  git('add', '-A', '-f')
  git('commit', '-qm', 'change')
  return git('rev-parse', 'HEAD')
}
const search = (limit = 50): Promise<LeakSearch> => searchHistory(root, { limit, signal: new AbortController().signal })

// Put together, so that no search takes this file for a leak.
const PASSWORD = ['correct', 'Horse', '7battery'].join('-')
const GITHUB = `ghp_${'a1B2c3D4e5'.repeat(4)}`
const PEM = `-----BEGIN ${'RSA '}PRIVATE KEY-----`

describe('searchHistory()', () => {
  it('[L1] finds what is long gone, with commit, file, line and kind, and never the value', async () => {
    const first = commit({ 'src/a b.ts': `one\nconst x = '${GITHUB}'\n`, '.env': `PORT=80\n\nDB_PASSWORD=${PASSWORD}\n` })
    commit({ 'src/a b.ts': 'one\n' })
    git('rm', '-q', '.env')
    git('commit', '-qm', 'gone')
    const second = commit({ 'deploy/key.pem': `${PEM}\n`, 'config.yaml': `url: "postgres://app:${PASSWORD}@db/app"\n` })
    const found = await search()
    expect(found.leaks.map(({ commit: id, file, line, kind }) => [id, file, line, kind])).toEqual([
      [second, 'config.yaml', 1, 'password in a URL'],
      [second, 'deploy/key.pem', 1, 'private key'],
      [first, '.env', 3, 'value of a secret name'],
      [first, 'src/a b.ts', 2, 'GitHub token'],
    ])
    expect(found).toMatchObject({ found: 4, secrets: 3, commits: 4, envFiles: ['.env'] })
    expect(found.leaks[0]?.secret).toBe(found.leaks[2]?.secret)
    // A fingerprint that the value takes part in would let people try values against it.
    expect(new Set(found.leaks.map(({ fingerprint }) => fingerprint)).size).toBe(4)
    expect(JSON.stringify(found)).not.toMatch(new RegExp(`${PASSWORD}|${GITHUB}`))
    expect((await search()).leaks.map(({ fingerprint }) => fingerprint)).toEqual(found.leaks.map(({ fingerprint }) => fingerprint))
  })

  it('[L2] looks at every branch and at stashes, and lists no more than it is asked for', async () => {
    commit({ a: 'x\n' })
    git('checkout', '-qb', 'side')
    commit({ '.env': Array.from({ length: 20 }, (_, index) => `A${index}_TOKEN=${PASSWORD}${index}\n`).join('') })
    git('checkout', '-q', 'main')
    writeFileSync(join(root, 'a'), `key = "${GITHUB}"\n`)
    git('stash', '-q')
    const found = await search(5)
    expect(found).toMatchObject({ found: 21, secrets: 21 })
    expect(found.leaks).toHaveLength(5)
  })

  it('[L2] looks at what a merge adds of its own', async () => {
    commit({ a: 'base\nb\n' })
    git('checkout', '-qb', 'side')
    commit({ a: 'side\nb\n' })
    git('checkout', '-q', 'main')
    commit({ a: 'main\nb\n' })
    git('merge', '-q', '--no-commit', '--strategy=ours', 'side')
    const merge = commit({ a: `main\nb\nurl = https://me:${PASSWORD}@host\n` })
    expect((await search()).leaks).toMatchObject([{ commit: merge, file: 'a', line: 3 }])
  })

  it('[L3] is not led astray by lines that look like those of a diff', async () => {
    commit({ 'a.txt': `++ b/.env\n@@ -1 +9 @@\ncommit 000\n-- x\nurl = https://me:${PASSWORD}@host\n` })
    expect((await search()).leaks).toMatchObject([{ file: 'a.txt', line: 5 }])
  })

  it('[L4] is not hindered by what the repository says of its files', async () => {
    commit({ '.gitattributes': '* -diff diff=evil\n', '.env': `API_TOKEN=${PASSWORD}\n` })
    rmSync(join(root, 'pwned'), { force: true })
    git('config', 'diff.evil.textconv', 'touch pwned; cat')
    git('config', 'diff.external', 'touch pwned')
    git('config', 'core.fsmonitor', 'touch pwned')
    expect((await search()).leaks).toMatchObject([{ file: '.env', line: 1 }])
    expect(existsSync(join(root, 'pwned'))).toBe(false)
  })

  it('[L5] reads a line of 10 MB in pieces, and finds what lies across two', { timeout: 60_000 }, async () => {
    const filler = 'lorem '.repeat(10_900)
    commit({ 'big.txt': `${filler}${GITHUB} ${'ipsum '.repeat(1_700_000)} ${PEM}\nend https://me:${PASSWORD}@host\n` })
    expect((await search()).leaks.map(({ line, kind }) => [line, kind])).toEqual([
      [1, 'GitHub token'],
      [1, 'private key'],
      [2, 'password in a URL'],
    ])
  })

  it('says when there is no repository, and ends when it is told to', async () => {
    commit({ a: 'x\n' })
    const gone = new AbortController()
    gone.abort()
    await expect(searchHistory(root, { limit: 5, signal: gone.signal })).rejects.toThrow()
    rmSync(join(root, '.git'), { recursive: true })
    await expect(search()).rejects.toMatchObject({ code: 'NOT_A_REPOSITORY' })
  })
})

describe('leaksIn()', () => {
  const kinds = (line: string, path = 'src/x.ts'): string[] => leaksIn(line, path).map(({ kind }) => kind)

  it('[L6] lets placeholders, references and plain words be', () => {
    for (const line of [
      'DB_PASSWORD=changeme',
      'API_KEY=<your key>',
      'TOKEN=${TOKEN}',
      'SECRET=your-secret-here',
      'PASSWORD=xxxxxxxxxxxx',
      'API_TOKEN=',
      'REDIS_URL=redis://cache:6379/0',
      'DATABASE_URL=postgres://db.internal/shop',
    ])
      expect(kinds(line, '.env'), line).toEqual([])
    for (const line of [
      'const password = readPassword(input)',
      'token: string | undefined',
      'passwordHint: "your-favourite-colour"',
      'url: https://example.com/a:b@c',
    ])
      expect(kinds(line), line).toEqual([])
    expect(kinds(`DB_PASSWORD=${PASSWORD}`, '.env.example')).toEqual([])
  })

  it('[L6] takes anything for a secret that an env file gives a secret name, and elsewhere what looks random', () => {
    expect(kinds('DB_PASSWORD=sunshine', '.env.production')).toEqual(['value of a secret name'])
    expect(kinds('HOOK_TOKEN=https://acme.org/hooks/a8Fk2Lq9Zx7Wv3TnB5', '.env')).toEqual(['value of a secret name'])
    expect(kinds('db_password = "sunshine"')).toEqual([])
    expect(kinds(`apiKey: '${'a8Fk2Lq9Zx7Wv3Tn'}'`)).toEqual(['value of a secret name'])
  })

  it('takes no longer for what is made to take long', { timeout: 60_000 }, () => {
    const started = performance.now()
    for (const line of [
      'a'.repeat(200_000),
      'a:'.repeat(100_000),
      `x://${'a'.repeat(200_000)}`,
      `${'-----BEGIN '.repeat(10_000)}`,
      'eyJ'.repeat(50_000),
      '"a.'.repeat(60_000),
    ])
      leaksIn(line, '.env')
    expect(performance.now() - started).toBeLessThan(30_000)
  })
})
