import { execFileSync } from 'node:child_process'
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { isSwitchyardError } from '@switchyard/contracts'
import { afterEach, describe, expect, it, vi } from 'vitest'
import { fetchSource, isGitUrl, nameOfUrl, withoutPassword } from './git.ts'

const folders: string[] = []
afterEach(() => {
  vi.unstubAllEnvs()
  for (const folder of folders.splice(0)) rmSync(folder, { recursive: true, force: true })
})

function tempFolder(): string {
  const dir = mkdtempSync(join(tmpdir(), 'switchyard-git-'))
  folders.push(dir)
  return dir
}

function repository(files: Readonly<Record<string, string>>): string {
  const dir = tempFolder()
  const git = (...args: string[]) =>
    execFileSync('git', ['-C', dir, '-c', 'user.name=t', '-c', 'user.email=t@t', ...args], { stdio: 'pipe' })
  git('init', '--quiet')
  for (const [name, text] of Object.entries(files)) writeFileSync(join(dir, name), text)
  git('add', '.')
  git('commit', '--quiet', '-m', 'first')
  return `file://${dir}`
}

const refusal = (url: string, folder: string): string => {
  try {
    fetchSource(url, folder)
    return 'cloned'
  } catch (error) {
    return isSwitchyardError(error, 'REGISTRY_SOURCE') ? `${error.message} ${error.next}` : String(error)
  }
}

describe('fetchSource()', () => {
  it('puts a clone in place of what was there', () => {
    const folder = join(tempFolder(), 'sources', 'one')
    fetchSource(repository({ 'a.md': 'first' }), folder)
    fetchSource(repository({ 'b.md': 'second' }), folder)
    expect(readFileSync(join(folder, 'b.md'), 'utf8')).toBe('second')
    expect(existsSync(join(folder, 'a.md'))).toBe(false)
    expect(readdirSync(join(folder, '..'))).toEqual(['one'])
  })

  it('leaves what was there, and nothing else, where it cannot clone', () => {
    const folder = join(tempFolder(), 'sources', 'one')
    fetchSource(repository({ 'a.md': 'first' }), folder)
    expect(refusal(`file://${join(tempFolder(), 'nowhere')}`, folder)).toContain('git must be able to clone it')
    expect(readFileSync(join(folder, 'a.md'), 'utf8')).toBe('first')
    expect(readdirSync(join(folder, '..'))).toEqual(['one'])
  })

  it('clones into its folder, also where a hook of git runs it', () => {
    const work = tempFolder()
    mkdirSync(join(work, '.git'))
    writeFileSync(join(work, 'a.md'), 'mine')
    const source = repository({ 'a.md': 'theirs' })
    vi.stubEnv('GIT_DIR', join(work, '.git'))
    vi.stubEnv('GIT_WORK_TREE', work)
    const folder = join(tempFolder(), 'sources', 'one')
    fetchSource(source, folder)
    expect(readFileSync(join(work, 'a.md'), 'utf8')).toBe('mine')
    expect(readFileSync(join(folder, 'a.md'), 'utf8')).toBe('theirs')
  })

  it.each([
    'https://user:hunter2@example.invalid/a.git',
    'https://hunter2@example.invalid/a.git',
    'https://user:hun@hunter2@example.invalid/a.git',
    'https://user:hunter2/x@example.invalid/a.git',
    'ssh://git:hunter2@example.invalid/a.git',
    'https://example.invalid/a.git?private_token=hunter2',
    'ftp://user:hunter2@example.invalid/a.git',
    'https://user:hunter2@example.invalid/a b.git',
  ])('starts no git for an address that holds a secret, and does not tell it: %s', (url) => {
    const folder = join(tempFolder(), 'sources', 'one')
    const said = refusal(url, folder)
    expect(said).toMatch(/may carry no|is no address|must be of http/)
    expect(said).not.toContain('hunter2')
    expect(existsSync(folder)).toBe(false)
  })
})

it.each([
  ['https://github.com/acme/tools.git', 'https://github.com/acme/tools.git'],
  ['https://example.com/pkg@1.0/x', 'https://example.com/pkg@1.0/x'],
  ['fatal: https://u:p@example.com/x and ssh://git@host/y', 'fatal: https://example.com/x and ssh://host/y'],
])('withoutPassword() of "%s"', (text, expected) => {
  expect(withoutPassword(text)).toBe(expected)
})

it('isGitUrl() and nameOfUrl() tell an address from a folder, and what its clone is called', () => {
  expect(['https://a.b/c', 'git@a.b:c/d.git', 'ssh://git@a.b/c'].map(isGitUrl)).toEqual([true, true, true])
  expect(['../a', '/a/b', 'a b', '--upload-pack=x', 'ext::sh -c x'].map(isGitUrl)).toEqual([false, false, false, false, false])
  expect(['https://a.b/c.git/', 'git@a.b:c/d.git', 'https://a.b/..'].map(nameOfUrl)).toEqual(['c', 'd', 'source'])
})
