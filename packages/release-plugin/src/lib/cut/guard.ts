import type { Git } from '../git/git.ts'
import { branchRef, resolveRef, tagRef } from '../git/refs.ts'
import { isAncestor, plannedBranch } from './commit.ts'
import { committedOnTop, fileChanged, headMoved, stillOutside, tagChanged } from './errors.ts'
import { lookAt } from './files.ts'
import type { Cut } from './journal.ts'
import { isOurs } from './tag.ts'

/**
 * Refuses before anything here is taken back what could not be taken back whole: so that no release ends as a commit without its
 * tag, and nobody's work is lost.
 * @throws STILL_OUTSIDE, BRANCH_LEFT, COMMITTED_ON_TOP, HEAD_MOVED, FILE_CHANGED, TAG_CHANGED
 */
export async function assertCanBeTakenBack(git: Git, cut: Cut): Promise<void> {
  const { plan, commit } = cut
  if (cut.pushed !== 'no') throw stillOutside('its commit and tags are, or may be, in the remote')
  for (const { id } of plan.publish) {
    const state = cut.published[id]?.state ?? 'no'
    if (state !== 'no') throw stillOutside(`${id} ${state === 'yes' ? 'is' : 'may be'} published`)
  }
  const branch = await plannedBranch(git, cut)
  const tip = await resolveRef(git, branchRef(branch))
  if (tip !== plan.head && tip !== commit) {
    if (commit !== undefined && (await isAncestor(git, commit, tip))) throw committedOnTop(branch, commit)
    // Before there is a tag, somebody else's commit that leaves the files alone is no part of the release and stays.
    if (Object.keys(cut.tags).length > 0 || !(await hasFilesOf(git, plan, tip))) throw headMoved(branch, plan.head, tip)
  }
  if (cut.modes !== undefined) for (const edit of plan.files) if (lookAt(plan.root, edit).found === 'other') throw fileChanged(edit.path)
  for (const [name, known] of Object.entries(cut.tags)) {
    const found = await resolveRef(git, tagRef(name))
    if (found === undefined || found === known) continue
    if (known !== null || !(await isOurs(git, tagRef(name), commit ?? ''))) throw tagChanged(name)
  }
}

/** Whether a commit has at the planned paths what the planned one has. */
async function hasFilesOf(git: Git, { head, files }: Cut['plan'], commit: string | undefined): Promise<boolean> {
  if (commit === undefined) return false
  if (files.length === 0) return true
  const paths = files.map(({ path }) => path)
  return (await git.run(['diff-tree', '-r', '--quiet', head, commit, '--', ...paths], { ok: [0, 1] })).code === 0
}
