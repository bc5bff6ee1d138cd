import { randomBytes } from 'node:crypto'
import { mkdirSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { type Git, openGit } from '../git/git.ts'
import { branchRef, resolveRef } from '../git/refs.ts'
import { assertFree } from './branch.ts'
import { backportConflict, branchMoved, commitUnknown } from './errors.ts'

export interface Picked {
  readonly before: string
  readonly after: string
  readonly picked: { from: string; to: string }[]
  /** Those whose change the branch has already. */
  readonly skipped: string[]
}

/** Full ids, oldest first as they were given. @throws COMMIT_UNKNOWN */
export async function commitsOf(git: Git, named: readonly string[]): Promise<string[]> {
  const found: string[] = []
  for (const name of named) {
    const commit = await resolveRef(git, `${name}^{commit}`)
    if (commit === undefined) throw commitUnknown(name)
    found.push(commit)
  }
  return found
}

/**
 * Puts commits on a branch that nobody has checked out, each noting where it comes from. They are made in a work tree of their own, and
 * the branch moves to them at once or not at all. May be repeated: what a run that was killed has done is found.
 * @throws BACKPORT_CONFLICT, BRANCH_MOVED, BRANCH_IN_USE
 */
export async function pick(git: Git, branch: string, onto: string, commits: readonly string[], dataDir: string): Promise<Picked> {
  const ref = branchRef(branch)
  await assertFree(git, branch)
  const tip = await resolveRef(git, ref)
  if (tip !== onto) {
    const done = tip === undefined ? undefined : await pickedSince(git, onto, tip)
    if (tip === undefined || done === undefined || !done.every(({ from }) => commits.includes(from))) throw branchMoved(branch, onto)
    return { before: onto, after: tip, picked: done, skipped: commits.filter((commit) => !done.some(({ from }) => from === commit)) }
  }
  const parent = join(dataDir, 'worktrees')
  mkdirSync(parent, { recursive: true, mode: 0o700 })
  const folder = join(parent, randomBytes(6).toString('hex'))
  try {
    await git.run(['worktree', 'add', '--quiet', '--detach', folder, onto])
    const tree = await openGit(folder)
    const skipped: string[] = []
    for (const commit of commits) if (!(await pickOne(tree, git, commit, branch))) skipped.push(commit)
    const after = (await resolveRef(tree, 'HEAD')) ?? onto
    if (after !== onto) await git.run(['update-ref', '-m', 'release: ported', ref, after, onto])
    return { before: onto, after, picked: (await pickedSince(git, onto, after)) ?? [], skipped }
  } finally {
    rmSync(folder, { recursive: true, force: true })
    // Forgets the work tree whose folder is gone, and those of runs that were killed.
    await git.run(['worktree', 'prune']).catch(() => undefined)
  }
}

/**
 * Moves the branch back from what was picked, if nobody went on from there; or removes it, where it was begun for that. May be repeated.
 * @throws BRANCH_MOVED, BRANCH_IN_USE
 */
export async function unpick(
  git: Git,
  branch: string,
  { before, after, remove }: { before: string; after: string; remove: boolean },
): Promise<void> {
  const ref = branchRef(branch)
  const tip = await resolveRef(git, ref)
  if (tip === undefined || (tip === before && !remove)) return
  if (tip !== after && tip !== before) throw branchMoved(branch, after)
  await assertFree(git, branch)
  await git.run(remove ? ['update-ref', '-d', ref, tip] : ['update-ref', '-m', 'release: taken back', ref, before, tip])
}

async function pickOne(tree: Git, git: Git, commit: string, branch: string): Promise<boolean> {
  const parents = (await git.text(['rev-list', '--parents', '-n', '1', commit])).split(' ').length - 1
  const mainline = parents > 1 ? ['-m', '1'] : []
  const { code } = await tree.run(['cherry-pick', '-x', ...mainline, commit], { ok: [0, 1] })
  if (code === 0) return true
  const conflicts = await tree.list(['diff', '--name-only', '--diff-filter=U', '-z'])
  if (conflicts.length > 0) throw backportConflict(commit, branch, conflicts)
  // Its change is there already.
  await tree.run(['cherry-pick', '--skip'])
  return false
}

/** The commits after `onto`, each with what it was picked from, oldest first; undefined where one was not picked. */
async function pickedSince(git: Git, onto: string, tip: string): Promise<{ from: string; to: string }[] | undefined> {
  const log = await git.list(['log', '-z', '--reverse', '--format=%H%n%B', `${onto}..${tip}`])
  const picked: { from: string; to: string }[] = []
  for (const text of log) {
    const from = [...text.matchAll(/^\(cherry picked from commit ([0-9a-f]{40,64})\)$/gm)].at(-1)?.[1]
    if (from === undefined) return undefined
    picked.push({ from, to: text.slice(0, text.indexOf('\n')) })
  }
  return picked
}
