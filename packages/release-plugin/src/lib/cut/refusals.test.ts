import { execFileSync } from 'node:child_process'
import { existsSync, mkdirSync, renameSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { isSwitchyardError } from '@switchyard/plugin-kit'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { type CutYard, createCutYard } from '../../../test/cut-yard.ts'
import { makeRepository, type PlanGiven, planOf, stateOf, type TestRepository } from '../../../test/repository.ts'

let repository: TestRepository
let yard: CutYard

beforeEach(async () => {
  repository = makeRepository()
  yard = await createCutYard()
})
afterEach(async () => {
  await yard[Symbol.asyncDispose]()
  repository.remove()
})

const undo = (): Promise<unknown> => yard.call('undo', { project: repository.root })
const codeOf = (promise: Promise<unknown>): Promise<string> =>
  promise.then(
    () => 'done',
    (error: unknown) => (isSwitchyardError(error) ? error.code : String(error)),
  )

/** The code with which a cut ends that must leave everything as it was. */
async function refused(given: PlanGiven = {}, options: { push?: boolean } = {}): Promise<string> {
  const plan = planOf(repository, given)
  const before = stateOf(repository)
  const code = await codeOf(yard.cut(plan, options))
  expect(stateOf(repository)).toEqual(before)
  return code
}

/** A colleague's clone that has pushed a commit of its own. */
function colleaguePushes(): void {
  const clone = join(repository.folder, 'colleague')
  execFileSync('git', ['clone', '-q', repository.remote, clone])
  writeFileSync(join(clone, 'theirs.txt'), 'x')
  const who = ['-c', 'user.name=Bob', '-c', 'user.email=bob@example.org']
  execFileSync('git', ['-C', clone, 'add', '.'])
  execFileSync('git', ['-C', clone, ...who, 'commit', '-qm', 'fix: theirs'])
  execFileSync('git', ['-C', clone, 'push', '-q'])
}

describe('[W2] a cut is refused, and nothing is touched', () => {
  it('where something tracked is changed or staged', async () => {
    repository.write('tea.txt', 'black\n')
    expect(await refused()).toBe('DIRTY_TREE')
    repository.git('add', 'tea.txt')
    expect(await refused()).toBe('DIRTY_TREE')
  })

  it('where the tag exists, here or in the remote', async () => {
    repository.git('tag', 'v1.1.0')
    expect(await refused()).toBe('TAG_EXISTS')
    repository.git('push', '-q', 'origin', 'v1.1.0')
    repository.git('tag', '-d', 'v1.1.0')
    expect(await refused({}, { push: true })).toBe('TAG_EXISTS')
  })

  it('where the remote has commits that are not here', async () => {
    colleaguePushes()
    expect(await refused({}, { push: true })).toBe('REMOTE_MOVED')
  })

  it('where the remote does not answer', async () => {
    repository.git('remote', 'set-url', 'origin', join(repository.folder, 'gone.git'))
    expect(await refused({}, { push: true })).toBe('REMOTE_UNREACHABLE')
  })

  it('where HEAD is detached', async () => {
    repository.git('checkout', '-q', '--detach')
    expect(await refused()).toBe('DETACHED_HEAD')
  })

  it('where another branch is checked out than the plan says, or the branch has moved on', async () => {
    const plan = planOf(repository)
    repository.git('switch', '-qc', 'other')
    expect(await codeOf(yard.cut(plan))).toBe('BRANCH_LEFT')
    repository.git('switch', '-q', 'main')
    repository.commit('feat: one more')
    expect(await codeOf(yard.cut(plan))).toBe('HEAD_MOVED')
  })

  it('where a merge is under way', async () => {
    repository.git('switch', '-qc', 'side', 'HEAD^')
    repository.commit('feat: aside')
    repository.git('switch', '-q', 'main')
    repository.git('merge', '-q', '--no-commit', '--no-ff', 'side')
    expect(await refused()).toBe('REPOSITORY_MID_OPERATION')
  })

  it('where a file is not as it was planned on, or a file lies where a new one would', async () => {
    const plan = planOf(repository)
    mkdirSync(join(repository.root, 'docs/next'), { recursive: true })
    repository.write('docs/next/NEWS.md', 'mine\n')
    expect(await codeOf(yard.cut(plan))).toBe('FILE_CHANGED')
    expect(repository.read('docs/next/NEWS.md')).toBe('mine\n')
  })

  it('where a path would leave the repository, or go through a link', async () => {
    const outside = join(repository.folder, 'outside')
    mkdirSync(outside)
    symlinkSync(outside, join(repository.root, 'linked'))
    repository.commit('feat: link')
    for (const path of ['../outside/x', '/tmp/x', '.git/config', '.GIT/hooks/pre-commit', 'a//b', 'linked/x'])
      expect({ path, code: await refused({ files: { [path]: 'x' } }) }).toEqual({ path, code: 'FILE_NOT_PLAIN' })
    expect(existsSync(join(outside, 'x'))).toBe(false)
  })

  it('where git takes no such tag', async () => {
    for (const tag of ['--delete', 'v1 0', 'a..b', '-f', 'x\ny']) expect(await refused({ tag })).toBe('BAD_REF_NAME')
  })

  it('where readiness or the tests speak against it', async () => {
    expect(await refused({ ready: false })).toBe('NOT_READY')
    expect(await refused({ tests: { path: '.', argv: ['sh', '-c', 'echo two fail >&2; exit 3'] } })).toBe('TESTS_FAILED')
    expect(await refused({ tests: { path: '.', argv: ['no-such-program'] } })).toBe('PROGRAM_MISSING')
  })

  it('where a hook refuses: before the commit, of its message, before the push, in the remote', async () => {
    const hooks = join(repository.root, '.git/hooks')
    for (const hook of ['pre-commit', 'commit-msg']) {
      repository.hook(hook, 'echo "no way" >&2; exit 1')
      expect({ hook, code: await refused() }).toEqual({ hook, code: 'HOOK_REFUSED' })
      rmSync(join(hooks, hook))
    }
    repository.hook('pre-push', 'exit 1')
    expect(await refused({}, { push: true })).toBe('GIT_FAILED')
    rmSync(join(hooks, 'pre-push'))
    repository.hook('pre-receive', 'exit 1', repository.remote)
    expect(await refused({}, { push: true })).toBe('GIT_FAILED')
  })

  it('where a hook stages what was not planned', async () => {
    repository.hook('pre-commit', 'git add -f "notes of mine.txt"')
    const plan = planOf(repository)
    expect(await codeOf(yard.cut(plan))).toBe('HOOK_CHANGED_FILES')
    expect(repository.git('rev-parse', 'HEAD')).toBe(plan.head)
    expect(repository.read('notes of mine.txt')).toBe('not for git\n')
  })

  it('where git does not know who commits', async () => {
    repository.git('config', '--unset', 'user.email')
    const [config, home] = [process.env.GIT_CONFIG_GLOBAL, process.env.GIT_CONFIG_NOSYSTEM]
    process.env.GIT_CONFIG_GLOBAL = '/dev/null'
    process.env.GIT_CONFIG_NOSYSTEM = '1'
    try {
      expect(await refused()).toBe('IDENTITY_MISSING')
    } finally {
      restoreVariable('GIT_CONFIG_GLOBAL', config)
      restoreVariable('GIT_CONFIG_NOSYSTEM', home)
    }
  })

  it('where another git is at work', async () => {
    repository.write('.git/index.lock', '')
    expect(await refused()).toBe('REPOSITORY_BUSY')
  })
})

describe('a cut that can neither go on nor be taken back', () => {
  it('[W5] [S4] stays under way, shuts out others, and is completed once it can be', async () => {
    const away = `${repository.remote}.away`
    repository.hook('pre-push', `mv "${repository.remote}" "${away}"; exit 1`)
    expect(await codeOf(yard.cut(planOf(repository), { push: true }))).toBe('RELEASE_HALF_MADE')
    // Whether the push arrived nobody can tell, so nothing is taken back.
    expect(repository.git('describe')).toBe('v1.1.0')
    expect(await codeOf(yard.cut(planOf(repository, { version: '1.2.0' })))).toBe('CUT_UNDER_WAY')
    renameSync(away, repository.remote)
    rmSync(join(repository.root, '.git/hooks/pre-push'))
    expect(await yard.call('resume', { project: repository.root })).toMatchObject({ state: 'done', pushed: 'yes' })
    expect(repository.there('rev-parse', 'v1.1.0')).toBe(repository.git('rev-parse', 'v1.1.0'))
    expect(await yard.call('resume', { project: repository.root })).toMatchObject({ state: 'done' })
    await undo()
    expect(await codeOf(yard.call('resume', { project: repository.root }))).toBe('NOT_RESUMABLE')
  })
})

describe('a cut does right', () => {
  it('in a shallow clone, pushed too', async () => {
    const shallow = join(repository.folder, 'shallow')
    repository.git('push', '-q')
    execFileSync('git', ['clone', '-q', '--depth', '1', `file://${repository.remote}`, shallow])
    for (const [name, value] of [
      ['user.name', 'Ada'],
      ['user.email', 'a@example.org'],
    ] as const)
      execFileSync('git', ['-C', shallow, 'config', name, value])
    const git = (...args: string[]): string => execFileSync('git', ['-C', shallow, ...args], { encoding: 'utf8' }).trim()
    const { releases, ...plan } = planOf({
      ...repository,
      root: shallow,
      git: (...args) => git(...args.map((arg) => (arg === 'v1.0.0^{commit}' ? 'HEAD' : arg))),
    })
    await yard.cut({ ...plan, releases }, { push: true })
    expect(repository.there('rev-parse', 'main', 'v1.1.0')).toBe(git('rev-parse', 'main', 'v1.1.0'))
  })

  it('[X2] with names that a shell or git would take for something else', async () => {
    const before = stateOf(repository)
    const names = ['-rf', '--amend', '$(touch pwned)', '`id`.json', 'a\nb.json', ':(top)x', 'it\'s "quoted".json', 'ü.json', '*']
    const plan = planOf(repository, { files: Object.fromEntries(names.map((name) => [name, `${name}\n`])), tag: 'v$(id)-`x`' })
    await yard.cut(plan, { push: true })
    for (const name of names) expect(repository.read(name)).toBe(`${name}\n`)
    expect(repository.git('diff', '--name-only', '-z', 'HEAD^').split('\0').filter(Boolean).sort()).toEqual(
      plan.files.map(({ path }) => path).sort(),
    )
    expect(existsSync(join(repository.root, 'pwned'))).toBe(false)
    await undo()
    expect(stateOf(repository)).toEqual(before)
  })

  it('with a message that is none of git’s: comments, options, lines of their own', async () => {
    const plan = planOf(repository)
    const message = '--amend $(id)\n\n# kept\n\nCo-authored-by: "x" <y@z>'
    await yard.cut({ ...plan, commit: { message } })
    expect(repository.git('log', '-1', '--format=%B')).toBe(message)
  })

  it('with line ends that git converts', async () => {
    repository.git('config', 'core.autocrlf', 'true')
    repository.write('.gitattributes', '*.md text eol=crlf\n')
    repository.write('CHANGELOG.md', '# Changelog\r\n')
    repository.commit('feat: windows')
    const before = stateOf(repository)
    await yard.cut(planOf(repository, { files: { 'CHANGELOG.md': '# Changelog\r\n\r\n## 1.1.0\r\n' } }))
    expect(repository.git('status', '--porcelain')).toBe('')
    expect(repository.git('show', 'HEAD:CHANGELOG.md')).toBe('# Changelog\n\n## 1.1.0')
    await undo()
    expect(stateOf(repository)).toEqual(before)
  })

  it('with one commit and a tag for each package', async () => {
    const plan = planOf(repository)
    const second = plan.releases.map((release) => ({ ...release, name: 'cup', to: '3.0.0', tag: { name: 'cup--v3.0.0', message: 'Cup' } }))
    await yard.cut({ ...plan, releases: [...plan.releases, ...second] }, { push: true })
    expect(repository.there('tag', '--points-at', 'main')).toBe('cup--v3.0.0\nv1.1.0')
  })

  it('where a hook adds to the message', async () => {
    repository.hook('commit-msg', 'echo "Change-Id: I1" >> "$1"')
    await yard.cut(planOf(repository))
    expect(repository.git('log', '-1', '--format=%B')).toBe('chore(release): 1.1.0\nChange-Id: I1')
  })

  it('and runs no hooks where it is told not to', async () => {
    repository.hook('pre-commit', 'exit 1')
    await yard.cut(planOf(repository), { hooks: false })
    expect(repository.git('describe')).toBe('v1.1.0')
  })
})

describe('an undo loses nobody’s work', () => {
  it('[U1] refuses past a commit that somebody made on top, and touches nothing then', async () => {
    await yard.cut(planOf(repository))
    repository.write('mine.txt', 'work\n')
    repository.commit('feat: mine')
    const before = stateOf(repository)
    expect(await codeOf(undo())).toBe('COMMITTED_ON_TOP')
    expect(stateOf(repository)).toEqual(before)
  })

  it('refuses where a file of the release was changed since, and touches nothing then', async () => {
    await yard.cut(planOf(repository))
    repository.write('CHANGELOG.md', 'my own words\n')
    const before = stateOf(repository)
    expect(await codeOf(undo())).toBe('FILE_CHANGED')
    expect(stateOf(repository)).toEqual(before)
  })

  it('refuses where the tag was moved, where HEAD is elsewhere, where the branch was reset', async () => {
    await yard.cut(planOf(repository))
    const tag = repository.git('rev-parse', 'v1.1.0')
    repository.git('tag', '-f', 'v1.1.0', 'HEAD^')
    expect(await codeOf(undo())).toBe('TAG_CHANGED')
    repository.git('update-ref', 'refs/tags/v1.1.0', tag)
    repository.git('switch', '-qc', 'other')
    expect(await codeOf(undo())).toBe('BRANCH_LEFT')
    repository.git('switch', '-q', 'main')
    repository.git('reset', '-q', '--hard', 'HEAD~2')
    expect(await codeOf(undo())).toBe('HEAD_MOVED')
  })

  it('[U2] refuses where the remote went on from the release', async () => {
    await yard.cut(planOf(repository), { push: true })
    colleaguePushes()
    const before = stateOf(repository)
    expect(await codeOf(undo())).toBe('STILL_OUTSIDE')
    expect(stateOf(repository)).toEqual(before)
  })

  it('[U3] [S3] keeps what was staged, untracked or ignored meanwhile', async () => {
    await yard.cut(planOf(repository))
    repository.write('tea.txt', 'staged\n')
    repository.git('add', 'tea.txt')
    repository.write('new.txt', 'untracked\n')
    repository.write('docs/next/mine.txt', 'beside a new file\n')
    repository.write('ignored/more.bin', 'ignored\n')
    await undo()
    expect(repository.git('diff', '--cached', '--name-only')).toBe('tea.txt')
    for (const [path, text] of Object.entries({
      'tea.txt': 'staged\n',
      'new.txt': 'untracked\n',
      'docs/next/mine.txt': 'beside a new file\n',
      'ignored/more.bin': 'ignored\n',
    }))
      expect(repository.read(path)).toBe(text)
    expect(existsSync(join(repository.root, 'docs/next/NEWS.md'))).toBe(false)
  })
})

describe('publishing what was cut without a push', () => {
  it('pushes it, and can be undone', async () => {
    const before = stateOf(repository)
    await yard.cut(planOf(repository))
    expect(await yard.call('publish', { project: repository.root })).toMatchObject({ pushed: 'yes', state: 'done', next: null })
    expect(repository.there('rev-parse', 'v1.1.0')).toBe(repository.git('rev-parse', 'v1.1.0'))
    await undo()
    expect(stateOf(repository)).toEqual(before)
  })

  it('leaves commit and tag where the push fails, to be tried again', async () => {
    await yard.cut(planOf(repository))
    const before = stateOf(repository)
    colleaguePushes()
    expect(await codeOf(yard.call('publish', { project: repository.root }))).toBe('RELEASE_HALF_MADE')
    expect({ ...stateOf(repository), remote: '', refs: '' }).toEqual({ ...before, remote: '', refs: '' })
    expect(repository.git('describe')).toBe('v1.1.0')
    expect(await yard.call('status', { project: repository.root })).toMatchObject({ cuts: [{ state: 'done', pushed: 'no' }] })
  })
})

function restoreVariable(name: string, value: string | undefined): void {
  if (value === undefined) delete process.env[name]
  else process.env[name] = value
}
