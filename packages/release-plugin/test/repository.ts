import { execFileSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import {
  chmodSync,
  cpSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  realpathSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import type { PublishStep, ReleasePlan } from '../src/lib/plan/release-plan.ts'

/** A real repository with a real bare remote, made for one test. */
export interface TestRepository {
  readonly folder: string
  readonly root: string
  readonly remote: string
  git(...args: string[]): string
  /** The same in the remote. */
  there(...args: string[]): string
  write(path: string, text: string | Uint8Array): void
  read(path: string): string
  commit(message: string): string
  hook(name: string, script: string, where?: string): void
  remove(): void
}

/** git as on a machine on which nobody has set anything up. */
export const PLAIN_GIT = { GIT_CONFIG_GLOBAL: '/dev/null', GIT_CONFIG_NOSYSTEM: '1' }

let drawn: string | undefined

/** What every repository of a test begins as, made once a process, as a copy is made faster than fifteen runs of git. */
function firstDraft(): string {
  if (drawn !== undefined) return drawn
  const folder = realpathSync(mkdtempSync(join(tmpdir(), 'release-draft-')))
  process.once('exit', () => rmSync(folder, { recursive: true, force: true }))
  const [root, remote] = [join(folder, 'project'), join(folder, 'remote.git')]
  mkdirSync(root)
  runGit(root, ['init', '-q', '-b', 'main'])
  runGit(folder, ['init', '-q', '--bare', '-b', 'main', remote])
  for (const [name, value] of Object.entries({ 'user.name': 'Ada', 'user.email': 'ada@example.org', 'commit.gpgSign': 'false' }))
    runGit(root, ['config', name, value])
  runGit(root, ['remote', 'add', 'origin', remote])
  writeFileSync(join(root, 'package.json'), `${JSON.stringify({ name: 'tea', version: '1.0.0' }, null, 2)}\n`)
  writeFileSync(join(root, 'CHANGELOG.md'), '# Changelog\n\nWritten by hand.\n')
  writeFileSync(join(root, '.gitignore'), 'ignored/\n.switchyard/\n')
  writeFileSync(join(root, 'tool.sh'), '#!/bin/sh\necho 1.0.0\n', { mode: 0o755 })
  commitAll(root, 'feat: begin')
  runGit(root, ['tag', '-a', '-m', 'Release 1.0.0', 'v1.0.0'])
  runGit(root, ['push', '-q', '-u', 'origin', 'main', 'v1.0.0'])
  writeFileSync(join(root, 'tea.txt'), 'green\n')
  commitAll(root, 'feat: pour tea')
  writeFileSync(join(root, 'notes of mine.txt'), 'not for git\n')
  mkdirSync(join(root, 'ignored'))
  writeFileSync(join(root, 'ignored/cache.bin'), Uint8Array.from([0, 255, 10]))
  drawn = folder
  return folder
}

const runGit = (cwd: string, args: readonly string[]): string =>
  execFileSync('git', args, { cwd, encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'], env: { ...process.env, ...PLAIN_GIT } }).trim()

function commitAll(root: string, message: string): void {
  runGit(root, ['add', '-A'])
  runGit(root, ['commit', '-q', '--allow-empty', '-m', message])
}

export function makeRepository({ at }: { at?: string } = {}): TestRepository {
  const folder = at ?? realpathSync(mkdtempSync(join(tmpdir(), 'release-')))
  const root = at ?? join(folder, 'project')
  const remote = at === undefined ? join(folder, 'remote.git') : join(folder, '..', `${folder.split('/').at(-1)}-remote.git`)
  const draft = firstDraft()
  cpSync(join(draft, 'project'), root, { recursive: true })
  cpSync(join(draft, 'remote.git'), remote, { recursive: true })
  runGit(root, ['remote', 'set-url', 'origin', remote])
  // The index knows files by more than what a copy keeps.
  runGit(root, ['update-index', '-q', '--refresh'])
  const repository: TestRepository = {
    folder,
    root,
    remote,
    git: (...args) => runGit(root, args),
    there: (...args) => runGit(remote, args),
    write(path, text) {
      mkdirSync(dirname(join(root, path)), { recursive: true })
      writeFileSync(join(root, path), text)
    },
    read: (path) => readFileSync(join(root, path), 'utf8'),
    commit(message) {
      commitAll(root, message)
      return runGit(root, ['rev-parse', 'HEAD'])
    },
    hook(name, script, where = join(root, '.git')) {
      mkdirSync(join(where, 'hooks'), { recursive: true })
      writeFileSync(join(where, 'hooks', name), `#!/bin/sh\n${script}\n`)
      chmodSync(join(where, 'hooks', name), 0o755)
    },
    remove() {
      rmSync(folder, { recursive: true, force: true })
      rmSync(remote, { recursive: true, force: true })
    },
  }
  return repository
}

const sha256 = (text: string | Uint8Array): string => createHash('sha256').update(text).digest('hex')

export interface PlanGiven {
  readonly version?: string
  /** Files and what they will hold, beside package.json, CHANGELOG.md, tool.sh and a new docs/next/NEWS.md. */
  readonly files?: Readonly<Record<string, string>>
  readonly tag?: string
  readonly publish?: readonly PublishStep[]
  readonly tests?: ReleasePlan['tests']
  readonly ready?: boolean
}

/** What release.plan would say, by hand: four files, one of them new in folders that are new, one executable. */
export function planOf(
  repository: TestRepository,
  { version = '1.1.0', files = {}, tag = `v${version}`, publish = [], tests = null, ready = true }: PlanGiven = {},
): ReleasePlan {
  const { root, git } = repository
  const texts = {
    'package.json': `${JSON.stringify({ name: 'tea', version }, null, 2)}\n`,
    'CHANGELOG.md': `# Changelog\n\n## [${version}]\n\n- pour tea\n\nWritten by hand.\n`,
    'tool.sh': `#!/bin/sh\necho ${version}\n`,
    'docs/next/NEWS.md': `# ${version}\n`,
    ...files,
  }
  const branch = git('branch', '--show-current') || null
  return {
    format: 1,
    id: sha256(JSON.stringify([version, texts, publish, git('rev-parse', 'HEAD')])),
    root,
    path: '.',
    date: '2026-11-21',
    mode: 'single',
    head: git('rev-parse', 'HEAD'),
    branch,
    remote: 'origin',
    version: { from: '1.0.0', to: version },
    releases: [
      {
        name: 'tea',
        path: '.',
        from: '1.0.0',
        to: version,
        bump: 'minor',
        channel: null,
        isLatest: true,
        since: { tag: 'v1.0.0', commit: git('rev-parse', 'v1.0.0^{commit}') },
        tag: { name: tag, message: `Release ${version}\n\n# not a comment\n- pour tea` },
        packages: [{ name: 'tea', path: '.', from: '1.0.0', to: version, private: false }],
        changelog: { path: 'CHANGELOG.md', section: '- pour tea' },
        reasons: [],
        commits: 1,
      },
    ],
    files: Object.entries(texts).map(([path, after]) => ({ path, before: sumOf(join(root, path)), after, diff: '' })),
    commit: { message: `chore(release): ${version}` },
    tests,
    publish: [...publish],
    readiness: { ready, checks: ready ? [] : [{ id: 'tests', title: 'the tests pass', status: 'fail', found: 'two fail' }] },
    warnings: [],
    text: '',
  }
}

function sumOf(path: string): string | null {
  try {
    return sha256(readFileSync(path))
  } catch {
    return null
  }
}

/** Everything that a release must leave alone or put back: work tree with modes, index, refs and HEAD here, refs in the remote. */
export function stateOf({ root, git, there }: TestRepository): Readonly<Record<string, unknown>> {
  const refs = ['for-each-ref', '--format=%(refname) %(objectname)']
  return {
    head: git('rev-parse', '--symbolic-full-name', 'HEAD'),
    refs: git(...refs),
    index: git('ls-files', '--stage'),
    status: git('status', '--porcelain', '--ignored').replace('\n!! .switchyard/', ''),
    tree: treeOf(root),
    remote: there(...refs),
  }
}

function treeOf(root: string, under = ''): Record<string, string> {
  const found: Record<string, string> = {}
  for (const entry of readdirSync(join(root, under), { withFileTypes: true })) {
    const path = under === '' ? entry.name : `${under}/${entry.name}`
    if (path === '.git' || path === '.switchyard') continue
    const full = join(root, path)
    if (entry.isDirectory()) Object.assign(found, { [`${path}/`]: 'folder' }, treeOf(root, path))
    else if (entry.isSymbolicLink()) found[path] = `-> ${readlinkSync(full)}`
    else found[path] = `${(statSync(full).mode & 0o777).toString(8)} ${sha256(readFileSync(full))}`
  }
  return found
}
