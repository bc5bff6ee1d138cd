import { existsSync } from 'node:fs'
import { join } from 'node:path'
import type { Git } from '../git/git.ts'
import { branchRef, resolveRef, tagRef } from '../git/refs.ts'
import { readStatus } from '../git/status.ts'
import type { ReleasePlan } from '../plan/release-plan.ts'
import { plannedBranch } from './commit.ts'
import { dirtyTree, fileChanged, headMoved, identityMissing, midOperation, nothingToRelease, notReady, tagExists } from './errors.ts'
import { lookAt } from './files.ts'
import { assertFollows, lookAtRemote } from './push.ts'

/** What git leaves in its folder while something is under way. */
const OPERATIONS: Readonly<Record<string, string>> = {
  MERGE_HEAD: 'merge',
  CHERRY_PICK_HEAD: 'cherry-pick',
  REVERT_HEAD: 'revert',
  'rebase-merge': 'rebase',
  'rebase-apply': 'rebase',
  BISECT_LOG: 'bisect',
}

/** Everything that can be known to stand in a release's way before anything is changed. @throws the code of the first that does */
export async function preflight(git: Git, plan: ReleasePlan, { push }: { push: boolean }): Promise<void> {
  if (plan.releases.length === 0) throw nothingToRelease()
  const failed = plan.readiness.checks.filter(({ status }) => status === 'fail')
  const branch = await plannedBranch(git, { plan })
  for (const [file, operation] of Object.entries(OPERATIONS)) if (existsSync(join(git.gitDir, file))) throw midOperation(operation)
  const tip = await resolveRef(git, branchRef(branch))
  if (tip !== plan.head) throw headMoved(branch, plan.head, tip)
  const changed = (await readStatus(git)).paths.filter(({ kind }) => kind !== 'untracked').map(({ path }) => path)
  if (changed.length > 0) throw dirtyTree(changed)
  for (const edit of plan.files) if (lookAt(plan.root, edit).found !== 'before') throw fileChanged(edit.path)
  for (const { tag } of plan.releases)
    if ((await resolveRef(git, tagRef(tag.name))) !== undefined) throw tagExists(tag.name, 'in this repository')
  for (const who of ['GIT_AUTHOR_IDENT', 'GIT_COMMITTER_IDENT'])
    if ((await git.run(['-c', 'user.useConfigOnly=true', 'var', who], { ok: [0, 128] })).code !== 0) throw identityMissing()
  if (push) {
    const there = await lookAtRemote(git, plan)
    await assertFollows(git, plan, there.branch, plan.head)
    for (const name of there.tags.keys()) throw tagExists(name, `in ${plan.remote}`)
  }
  if (!plan.readiness.ready) throw notReady(failed.map(({ title, found }) => `${title}: ${found}`))
}
