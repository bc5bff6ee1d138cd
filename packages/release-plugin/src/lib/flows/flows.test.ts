import { execFileSync } from 'node:child_process'
import { rmSync } from 'node:fs'
import { join } from 'node:path'
import { isSwitchyardError } from '@switchyard/plugin-kit'
import { createTestYard, type TestYard } from '@switchyard/testkit'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { driven } from '../../../test/cut-yard.ts'
import { makeRepository, stateOf, type TestRepository } from '../../../test/repository.ts'
import release from '../../index.ts'
import { openGit } from '../git/git.ts'
import { beginBranch, startOf } from './branch.ts'

let repository: TestRepository
let kit: TestYard

beforeEach(async () => {
  repository = makeRepository()
  kit = await createTestYard({ plugins: [release] })
})
afterEach(async () => {
  await kit[Symbol.asyncDispose]()
  repository.remove()
})

const codeOf = (promise: Promise<unknown>): Promise<string> =>
  promise.then(
    () => 'done',
    (error: unknown) => (isSwitchyardError(error) ? error.code : String(error)),
  )
const call = (name: string, input: object = {}): Promise<unknown> => kit.call(`release.${name}`, { project: repository.root, ...input })

/** Runs a command by a plan that is approved, takes it back, and holds that everything is as before. */
async function thereAndBack(name: string, input: object, between: () => void): Promise<void> {
  const before = stateOf(repository)
  const { id } = await kit.plan(`release.${name}`, { project: repository.root, ...input })
  await kit.approve(id)
  between()
  await kit.undo(id)
  expect(stateOf(repository)).toEqual(before)
}

describe('release.branch', () => {
  it('begins a hotfix at the last release, checks it out, and goes back', async () => {
    repository.git('tag', 'v0.9.0', 'HEAD')
    repository.git('tag', 'v2.0.0-beta.1', 'HEAD')
    await thereAndBack('branch', { name: 'hotfix/tea' }, () => {
      expect(repository.git('branch', '--show-current')).toBe('hotfix/tea')
      expect(repository.git('rev-parse', 'HEAD')).toBe(repository.git('rev-parse', 'v1.0.0^{commit}'))
      expect(repository.read('notes of mine.txt')).toBe('not for git\n')
    })
  })

  it('refuses a name that is taken or is none, a start that is none, and changes that would be carried along', async () => {
    expect(await codeOf(call('branch', { name: 'main' }))).toBe('BRANCH_EXISTS')
    expect(await codeOf(call('branch', { name: '--force' }))).toBe('BAD_REF_NAME')
    expect(await codeOf(call('branch', { name: 'x', from: '--all' }))).toBe('START_UNKNOWN')
    repository.write('tea.txt', 'black\n')
    expect(await codeOf(call('branch', { name: 'x' }))).toBe('DIRTY_TREE')
  })

  it('is begun once for each note, also by a process that died before it was checked out', async () => {
    const git = await openGit(repository.root)
    const start = await startOf(git, 'hotfix/tea', undefined)
    const begin = (): Promise<unknown> => beginBranch(git, start, true, join(repository.folder, 'notes/friday'))
    const first = await begin()
    expect(first).toEqual({ ...start, from: 'v1.0.0', back: 'main' })
    repository.git('switch', '-q', 'main')
    expect(await begin()).toEqual(first)
    expect(repository.git('branch', '--show-current')).toBe('hotfix/tea')
    const tip = repository.commit('fix: less tea')
    expect(await begin()).toEqual(first)
    expect(repository.git('rev-parse', 'hotfix/tea')).toBe(tip)
    expect(await codeOf(beginBranch(git, start, true))).toBe('BRANCH_EXISTS')
  })

  it('checks out the branch that it takes where one of the name is there', async () => {
    repository.git('branch', 'hotfix/tea', 'v1.0.0')
    expect(await call('branch', { name: 'hotfix/tea', reuse: true })).toMatchObject({ isNew: false, back: 'main' })
    expect(repository.git('branch', '--show-current')).toBe('hotfix/tea')
  })

  it('leaves no branch behind where it cannot be checked out', async () => {
    const before = stateOf(repository)
    repository.write('.git/index.lock', '')
    expect(await codeOf(driven(kit, call('branch', { name: 'hotfix/tea' })))).toBe('REPOSITORY_BUSY')
    rmSync(join(repository.root, '.git/index.lock'))
    expect(stateOf(repository)).toEqual(before)
  })

  it('begins where objects have longer names', async () => {
    const root = join(repository.folder, 'sha256')
    const git = (...args: string[]): string => execFileSync('git', ['-C', root, ...args], { encoding: 'utf8' }).trim()
    execFileSync('git', ['init', '-q', '-b', 'main', '--object-format=sha256', root])
    git('-c', 'user.name=Ada', '-c', 'user.email=ada@example.org', 'commit', '-q', '--allow-empty', '-m', 'feat: begin')
    expect(await kit.call('release.branch', { project: root, name: 'hotfix/tea' })).toMatchObject({ commit: git('rev-parse', 'main') })
    expect(git('branch', '--show-current')).toBe('hotfix/tea')
  })

  it('is not removed once it has commits of its own', async () => {
    const { commit } = (await call('branch', { name: 'hotfix/tea' })) as { commit: string }
    repository.commit('fix: less tea')
    expect(await codeOf(call('branch.remove', { name: 'hotfix/tea', commit, back: 'main' }))).toBe('BRANCH_MOVED')
    expect(repository.git('branch', '--show-current')).toBe('hotfix/tea')
  })
})

describe('release.backport', () => {
  it('puts fixes on a branch that it begins, and leaves what is checked out alone', async () => {
    repository.write('cup.txt', 'whole\n')
    const first = repository.commit('fix: mend the cup')
    repository.write('pot.txt', 'lid on\n')
    repository.commit('fix: put the lid on')
    repository.write('tea.txt', 'work of mine\n')
    await thereAndBack('backport', { commits: [first, 'HEAD'], to: 'release/1.x', from: 'v1.0.0' }, () => {
      expect(repository.git('log', '--format=%s', 'v1.0.0..release/1.x')).toBe('fix: put the lid on\nfix: mend the cup')
      expect(repository.git('log', '-1', '--format=%b', 'release/1.x^')).toBe(`(cherry picked from commit ${first})`)
      expect(repository.git('branch', '--show-current')).toBe('main')
      expect(repository.git('worktree', 'list').split('\n')).toHaveLength(1)
    })
  })

  it('skips what the branch has already, and finds what a run that was killed has done', async () => {
    repository.write('cup.txt', 'whole\n')
    const fix = repository.commit('fix: mend the cup')
    const onto = repository.git('rev-parse', 'v1.0.0^{commit}')
    const port = { commits: [fix], to: 'release/1.x', from: 'v1.0.0' }
    const first = (await call('backport', port)) as { after: string }
    expect(await call('port.pick', { branch: 'release/1.x', onto, commits: [fix] })).toMatchObject({
      before: onto,
      after: first.after,
      picked: [{ from: fix }],
    })
    expect(await call('backport', port)).toMatchObject({ before: first.after, after: first.after, picked: [], skipped: [fix] })
  })

  it('changes nothing where a commit conflicts, and names the files', async () => {
    repository.write('package.json', '{ "name": "tea", "version": "1.0.0", "private": true }\n')
    repository.commit('feat: private')
    repository.write('package.json', '{ "name": "tea", "version": "1.0.0", "private": false }\n')
    const fix = repository.commit('fix: not private')
    const before = stateOf(repository)
    const error: unknown = await call('backport', { commits: [fix], to: 'release/1.x', from: 'v1.0.0' }).catch((reason: unknown) => reason)
    expect(isSwitchyardError(error, 'BACKPORT_CONFLICT') && error.message).toContain('conflicts in "package.json"')
    expect(stateOf(repository)).toEqual(before)
  })

  it('refuses a branch that is checked out, one that it is not told where to begin, and what is no commit', async () => {
    expect(await codeOf(call('backport', { to: 'main' }))).toBe('BRANCH_IN_USE')
    expect(await codeOf(call('backport', { to: 'release/9.x' }))).toBe('BRANCH_UNKNOWN')
    expect(await codeOf(call('backport', { to: 'release/9.x', from: 'v1.0.0', commits: ['--all'] }))).toBe('COMMIT_UNKNOWN')
  })

  it('is not taken back past what somebody put on top', async () => {
    repository.write('cup.txt', 'whole\n')
    repository.commit('fix: mend the cup')
    const { before, after } = (await call('backport', { to: 'release/1.x', from: 'v1.0.0' })) as { before: string; after: string }
    repository.git('switch', '-q', 'release/1.x')
    const mine = repository.commit('fix: mine')
    repository.git('switch', '-q', 'main')
    expect(await codeOf(call('port.unpick', { branch: 'release/1.x', before, after }))).toBe('BRANCH_MOVED')
    expect(repository.git('rev-parse', 'release/1.x')).toBe(mine)
  })
})
