import { execFileSync } from 'node:child_process'
import { chmodSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { isSwitchyardError } from '@switchyard/plugin-kit'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { decodeBytes, type Git, openGit, runGit, splitNul } from './git.ts'
import { branchRef, currentBranch, isRefName, isShallow, listTags, resolveRef, tagRef } from './refs.ts'
import { readStatus } from './status.ts'

let folder: string
let git: Git

const sh = (...args: string[]): string =>
  execFileSync('git', args, { cwd: git?.root ?? folder, encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] }).trim()
const write = (path: string, text: string | Uint8Array): void => writeFileSync(join(git.root, path), text)
const codeOf = (promise: Promise<unknown>): Promise<string | undefined> =>
  promise.then(
    () => undefined,
    (error: unknown) => (isSwitchyardError(error) ? error.code : String(error)),
  )

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'release-git-'))
  await runGit(folder, ['init', '-q', '-b', 'main', 'repo'])
  git = await openGit(join(folder, 'repo'))
  for (const [name, value] of Object.entries({ 'user.name': 'Ada', 'user.email': 'ada@example.org' })) sh('config', name, value)
  write('a.txt', 'one\n')
  sh('add', '.')
  sh('commit', '-qm', 'First')
})
afterEach(() => rmSync(folder, { recursive: true, force: true }))

describe('openGit()', () => {
  it('finds the top of the work tree from a folder below it, and through a link', async () => {
    mkdirSync(join(git.root, 'deep/er'), { recursive: true })
    symlinkSync(join(git.root, 'deep'), join(folder, 'link'))
    expect((await openGit(join(git.root, 'deep/er'))).root).toBe(git.root)
    expect((await openGit(join(folder, 'link'))).root).toBe(git.root)
  })

  it('refuses what is no work tree: a plain folder, a missing one, a bare repository', async () => {
    mkdirSync(join(folder, 'plain'))
    await runGit(folder, ['init', '-q', '--bare', 'bare.git'])
    for (const name of ['plain', 'missing', 'bare.git']) expect(await codeOf(openGit(join(folder, name)))).toBe('NOT_A_REPOSITORY')
  })

  it('says that git is missing where no program of that name is in PATH', async () => {
    expect(await codeOf(openGit(git.root, { env: { PATH: join(folder, 'nothing') } }))).toBe('GIT_MISSING')
  })

  it('is not led to another repository by what a hook leaves in the environment', async () => {
    await runGit(folder, ['init', '-q', 'other'])
    const env = { ...process.env, GIT_DIR: join(folder, 'other/.git'), GIT_WORK_TREE: join(folder, 'other'), GIT_INDEX_FILE: '/nowhere' }
    const found = await openGit(git.root, { env })
    expect(found.root).toBe(git.root)
    expect(await found.text(['ls-files'])).toBe('a.txt')
  })

  it('knows the folder that all work trees share', async () => {
    sh('worktree', 'add', '-q', '--detach', join(folder, 'second'))
    const second = await openGit(join(folder, 'second'))
    expect(second.commonDir).toBe(git.gitDir)
    expect(second.gitDir).not.toBe(git.gitDir)
  })
})

describe('Git', () => {
  it('gives names to git as they are: quotes, shell characters, line ends, bytes that are no UTF-8', async () => {
    const names = ['$(touch pwned)', '`id`', '-rf', '--output=x', 'a\nb', "it's", '; rm *', 'ü.txt', ':(glob)**']
    for (const name of names) write(name, 'x')
    writeFileSync(Buffer.concat([Buffer.from(`${git.root}/`), Buffer.from([0x66, 0xe9])]), 'x')
    await git.run(['add', '--pathspec-from-file=-', '--pathspec-file-nul'], { input: names.join('\0') })
    expect((await git.list(['diff', '--cached', '--name-only', '-z'])).sort()).toEqual([...names].sort())
    const { paths } = await readStatus(git)
    expect(paths.filter(({ kind }) => kind === 'untracked')).toEqual([{ path: 'f\u00e9', state: '??', kind: 'untracked' }])
    expect(existsSync(join(git.root, 'pwned'))).toBe(false)
  })

  it('says what git said where it fails, without the credentials of an address', async () => {
    sh('config', 'alias.say', '!echo "no way to https://ada:s3cr3t-t0ken@localhost:1/x.git" >&2; exit 3')
    const error = await git.run(['say']).catch((reason: unknown) => reason)
    expect(isSwitchyardError(error, 'GIT_FAILED') && error.message).toBe(
      'Cannot go on as "git say" must succeed: it ended with 3: no way to https://***@localhost:1/x.git',
    )
    expect(JSON.stringify(error)).not.toContain('s3cr3t')
  })

  it('says that another git is at work where a lock is held', async () => {
    writeFileSync(join(git.gitDir, 'index.lock'), '')
    write('b.txt', 'x')
    expect(await codeOf(git.run(['add', 'b.txt']))).toBe('REPOSITORY_BUSY')
  })

  it('runs hooks where asked to, and else none', async () => {
    const hook = join(git.gitDir, 'hooks/pre-commit')
    writeFileSync(hook, '#!/bin/sh\necho ran > ran.txt\n')
    chmodSync(hook, 0o755)
    await git.run(['commit', '--allow-empty', '-m', 'quiet'])
    expect(existsSync(join(git.root, 'ran.txt'))).toBe(false)
    await git.run(['commit', '--allow-empty', '-m', 'loud'], { hooks: true })
    expect(readFileSync(join(git.root, 'ran.txt'), 'utf8')).toBe('ran\n')
  })

  it('writes nothing where it only looks', async () => {
    const index = (): string => readFileSync(join(git.gitDir, 'index')).toString('hex')
    const before = index()
    write('a.txt', 'one\n')
    await readStatus(git)
    expect(index()).toBe(before)
  })

  it('ends git, and what git started, once the signal is aborted', async () => {
    const abort = new AbortController()
    const started = join(folder, 'started')
    sh('config', 'alias.hang', `!echo $$ > ${started}.tmp && mv ${started}.tmp ${started} && sleep 600`)
    const hanging = git.run(['hang'], { signal: abort.signal })
    while (!existsSync(started)) await new Promise((resolve) => setImmediate(resolve))
    abort.abort()
    expect(await codeOf(hanging)).toBe('CANCELLED')
    expect(() => process.kill(Number(readFileSync(started, 'utf8')), 0)).toThrow('ESRCH')
    expect(await codeOf(git.run(['version'], { signal: abort.signal }))).toBe('CANCELLED')
  })
})

describe('readStatus()', () => {
  it('tells changed, staged, untracked and conflicting paths apart, and how far upstream is', async () => {
    await runGit(folder, ['clone', '-q', 'repo', 'clone'])
    const clone = await openGit(join(folder, 'clone'))
    sh('commit', '--allow-empty', '-qm', 'Second')
    await clone.run(['-c', 'user.name=B', '-c', 'user.email=b@example.org', 'commit', '--allow-empty', '-qm', 'Mine'])
    await clone.run(['fetch', '-q'])
    writeFileSync(join(clone.root, 'a.txt'), 'two\n')
    writeFileSync(join(clone.root, 'new file.txt'), 'x')
    const status = await readStatus(clone)
    expect(status).toMatchObject({ branch: 'main', upstream: 'origin/main', ahead: 1, behind: 1 })
    expect(status.head).toBe(await resolveRef(clone, 'HEAD'))
    expect(status.paths).toEqual([
      { path: 'a.txt', state: '.M', kind: 'changed' },
      { path: 'new file.txt', state: '??', kind: 'untracked' },
    ])
  })

  it('knows a detached head and a repository without commits', async () => {
    sh('checkout', '-q', '--detach')
    expect(await readStatus(git)).toMatchObject({ branch: undefined, upstream: undefined })
    await runGit(folder, ['init', '-q', '-b', 'trunk', 'empty'])
    const empty = await openGit(join(folder, 'empty'))
    expect(await readStatus(empty)).toMatchObject({ head: undefined, branch: 'trunk', paths: [] })
    expect(await resolveRef(empty, 'HEAD')).toBeUndefined()
    expect(await currentBranch(empty)).toBe('trunk')
  })
})

describe('refs', () => {
  it('takes the names that git takes, and no other', async () => {
    const parts = [
      'a',
      'v1.2.3',
      'name--v1.0.0',
      '@scope/x',
      '-x',
      '--force',
      'a b',
      'a..b',
      '.a',
      'a.lock',
      'a/',
      '/a',
      'a//b',
      'a~1',
      'a^',
      'a:b',
    ]
    for (const name of [...parts, '', 'a@{1}', 'a\nb', 'a\\b', 'a*', '[a', 'a.', 'ü', '(detached)', 'a/.b', 'a;b', '$(x)', 'a\x7f']) {
      const { code } = await git.run(['check-ref-format', '--branch', name], { ok: [0, 128] })
      expect({ name, ok: isRefName(name) }).toEqual({ name, ok: code === 0 })
    }
    expect(() => tagRef('--delete')).toThrow('Cannot name a tag "--delete"')
    expect(branchRef('release/1.x')).toBe('refs/heads/release/1.x')
  })

  it('resolves what exists, and nothing that looks like an option', async () => {
    expect(await resolveRef(git, 'HEAD')).toMatch(/^[0-9a-f]{40}$/)
    for (const odd of ['--all', 'refs/tags/none', '-h', '']) expect(await resolveRef(git, odd)).toBeUndefined()
  })

  it('lists tags, annotated and not, with the commit below them', async () => {
    sh('tag', 'light')
    sh('tag', '-a', '-m', 'Words\nand more', 'v1.0.0')
    const head = await resolveRef(git, 'HEAD')
    const [light, heavy] = await listTags(git)
    expect(light).toEqual({ name: 'light', object: head, target: head, isAnnotated: false })
    expect(heavy).toMatchObject({ name: 'v1.0.0', target: head, isAnnotated: true })
    expect(heavy?.object).not.toBe(head)
  })

  it('knows a shallow clone', async () => {
    sh('commit', '--allow-empty', '-qm', 'Second')
    await runGit(folder, ['clone', '-q', '--depth', '1', `file://${git.root}`, 'shallow'])
    expect(await isShallow(await openGit(join(folder, 'shallow')))).toBe(true)
    expect(await isShallow(git)).toBe(false)
  })
})

describe('bytes', () => {
  it('are split at NULs and read as UTF-8, or as Latin-1 where they are none', () => {
    expect(splitNul(Buffer.from('a\0\0b'))).toEqual([Buffer.from('a'), Buffer.from(''), Buffer.from('b')])
    expect(splitNul(Buffer.from('a\0'))).toEqual([Buffer.from('a')])
    expect(splitNul(Buffer.from(''))).toEqual([])
    expect(decodeBytes(Buffer.from('grün'))).toBe('grün')
    expect(decodeBytes(Buffer.from([0x67, 0xfc]))).toBe('gü')
  })
})
