import { existsSync, mkdirSync, readFileSync } from 'node:fs'
import { dirname } from 'node:path'
import semver from 'semver'
import { dirtyTree } from '../cut/errors.ts'
import { writeDurably } from '../cut/journal.ts'
import type { Git } from '../git/git.ts'
import { branchRef, currentBranch, noObject, resolveRef } from '../git/refs.ts'
import { readStatus } from '../git/status.ts'
import { branchExists, branchInUse, branchMoved, startUnknown } from './errors.ts'

export interface BranchStart {
  readonly branch: string
  readonly commit: string
  /** Where it begins, in words. */
  readonly from: string
}

/** Where a branch would begin: at what is named, or at the highest release that is part of what is checked out. @throws START_UNKNOWN */
export async function startOf(git: Git, branch: string, from: string | undefined): Promise<BranchStart> {
  branchRef(branch)
  const start = from ?? (await lastRelease(git)) ?? 'HEAD'
  const commit = await resolveRef(git, `${start}^{commit}`)
  if (commit === undefined) throw startUnknown(start)
  return { branch, commit, from: start }
}

async function lastRelease(git: Git): Promise<string | undefined> {
  if ((await resolveRef(git, 'HEAD')) === undefined) return undefined
  const tags = await git.text(['for-each-ref', '--merged=HEAD', '--format=%(refname:lstrip=2)', 'refs/tags/'])
  const versions = tags.split('\n').flatMap((tag) => {
    const version = semver.valid(/(?:^|--|@|\/)v?(\d.*)$/.exec(tag)?.[1] ?? '')
    return version === null || semver.prerelease(version) !== null ? [] : [{ tag, version }]
  })
  return versions.sort((a, b) => semver.rcompare(a.version, b.version))[0]?.tag
}

/** A branch as it was begun. */
export interface Begun extends BranchStart {
  /** What was checked out before; null where HEAD was detached. */
  readonly back: string | null
}

/**
 * Makes a branch, and checks it out where that is asked for; where that fails there is none. What is begun is noted in `note` first: a
 * call that comes again with the same note, also after its process died half-way, completes what the first began.
 * @throws BRANCH_EXISTS, DIRTY_TREE
 */
export async function beginBranch(git: Git, start: BranchStart, checkOut: boolean, note?: string): Promise<Begun> {
  const known = note === undefined || !existsSync(note) ? undefined : (JSON.parse(readFileSync(note, 'utf8')) as Begun)
  const begun = known ?? { ...start, back: (await currentBranch(git)) ?? null }
  const { branch, commit, from } = begun
  const ref = branchRef(branch)
  const isThere = (await resolveRef(git, ref)) !== undefined
  if (known === undefined && isThere) throw branchExists(branch)
  if (note !== undefined && known === undefined) {
    mkdirSync(dirname(note), { recursive: true, mode: 0o700 })
    writeDurably(note, JSON.stringify(begun), 0o600)
  }
  if (!isThere) await git.run(['update-ref', '-m', `branch: begun at ${from.replaceAll('\n', ' ')}`, ref, commit, noObject(commit)])
  try {
    if (checkOut) await checkOutBranch(git, branch)
  } catch (error) {
    if (!isThere) await git.run(['update-ref', '-d', ref, commit])
    throw error
  }
  return begun
}

/** Checks a branch out that is there, unless it is already. @throws DIRTY_TREE */
export async function checkOutBranch(git: Git, branch: string): Promise<void> {
  if ((await currentBranch(git)) === branch) return
  await assertClean(git)
  await git.run(['switch', '--quiet', '--no-guess', branch])
}

/**
 * Removes a branch that is still where it began, after going back from it. May be repeated.
 * @throws BRANCH_MOVED where it has commits of its own, DIRTY_TREE, BRANCH_IN_USE
 */
export async function removeBranch(git: Git, branch: string, commit: string, back: string | null): Promise<void> {
  const ref = branchRef(branch)
  const tip = await resolveRef(git, ref)
  if (tip === undefined) return
  if (tip !== commit) throw branchMoved(branch, commit)
  if ((await currentBranch(git)) === branch) {
    await assertClean(git)
    await git.run(back === null ? ['checkout', '--quiet', '--detach', commit] : ['switch', '--quiet', '--no-guess', back])
  }
  await assertFree(git, branch)
  await git.run(['update-ref', '-d', ref, commit])
}

/** @throws BRANCH_IN_USE where a work tree has it checked out: its files would no longer be what git thinks */
export async function assertFree(git: Git, branch: string): Promise<void> {
  const fields = await git.list(['worktree', 'list', '--porcelain', '-z'])
  let folder = ''
  for (const field of fields) {
    if (field.startsWith('worktree ')) folder = field.slice('worktree '.length)
    if (field === `branch refs/heads/${branch}`) throw branchInUse(branch, folder)
  }
}

async function assertClean(git: Git): Promise<void> {
  const changed = (await readStatus(git)).paths.filter(({ kind }) => kind !== 'untracked').map(({ path }) => path)
  if (changed.length > 0) throw dirtyTree(changed)
}
