import { readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { isSwitchyardError } from '@switchyard/plugin-kit'
import type { Git } from '../git/git.ts'
import { branchRef, currentBranch, resolveRef } from '../git/refs.ts'
import { branchLeft, detachedHead, dirtyTree, fileChanged, headMoved, hookChangedFiles, hookRefused } from './errors.ts'
import { lookAt } from './files.ts'
import type { Cut, Journal } from './journal.ts'

/**
 * Commits exactly the planned files on exactly the planned commit. May be repeated: the commit is noted before the branch moves
 * to it, and the branch moves only from where it was planned to stand.
 * @throws HEAD_MOVED, BRANCH_LEFT, DIRTY_TREE, FILE_CHANGED, HOOK_REFUSED, HOOK_CHANGED_FILES
 */
export async function commitFiles(git: Git, journal: Journal, cut: Cut): Promise<string> {
  const { head } = cut.plan
  const branch = await plannedBranch(git, cut)
  const ref = branchRef(branch)
  const tip = await resolveRef(git, ref)
  // It may have been made already, and somebody may have gone on from it.
  if (cut.commit !== undefined && (await isAncestor(git, cut.commit, tip))) return cut.commit
  if (tip !== head) throw headMoved(branch, head, tip)
  const commit = cut.commit ?? (await makeCommit(git, journal, cut))
  await stage(git, await entriesOf(git, commit, cut))
  try {
    await git.run(['update-ref', '-m', `commit: ${firstLine(cut.plan.commit.message)}`, ref, commit, head])
  } catch (error) {
    const now = await resolveRef(git, ref)
    throw now === head || now === commit ? error : headMoved(branch, head, now)
  }
  if (cut.hooks) await git.run(['hook', 'run', '--ignore-missing', 'post-commit'], { hooks: true, ok: ANY })
  return commit
}

/** Moves the branch back from the release's commit, and the index with it; files are left alone. May be repeated. */
export async function takeCommitBack(git: Git, cut: Cut): Promise<void> {
  const ref = branchRef(await plannedBranch(git, cut))
  // Elsewhere it never came to the commit, and what stands there is somebody's own.
  if (cut.commit !== undefined && (await resolveRef(git, ref)) === cut.commit)
    await git.run(['update-ref', '-m', 'release: taken back', ref, cut.plan.head, cut.commit])
  if (cut.modes !== undefined) await stage(git, await staleEntries(git, cut))
}

/** The branch of the plan, which must be checked out. @throws DETACHED_HEAD, BRANCH_LEFT */
export async function plannedBranch(git: Git, { plan: { branch } }: Pick<Cut, 'plan'>): Promise<string> {
  if (branch === null) throw detachedHead()
  const current = await currentBranch(git)
  if (current !== branch) throw branchLeft(branch, current)
  return branch
}

export async function isAncestor(git: Git, commit: string, of: string | undefined): Promise<boolean> {
  if (of === undefined) return false
  if (commit === of) return true
  return (await git.run(['merge-base', '--is-ancestor', commit, of], { ok: [0, 1, 128] })).code === 0
}

async function makeCommit(git: Git, journal: Journal, cut: Cut): Promise<string> {
  const { root, head, files, commit } = cut.plan
  for (const edit of files) if (lookAt(root, edit).found !== 'after') throw fileChanged(edit.path)
  const tree = await plannedTree(git, journal, cut)
  await stage(git, await entriesOf(git, tree, cut))
  const staged = await git.text(['write-tree'])
  if (staged !== tree) throw dirtyTree(await git.list(['diff-index', '--cached', '--name-only', '-z', tree]))
  let message = withEnd(commit.message)
  if (cut.hooks) {
    await hook(git, 'pre-commit')
    if ((await git.text(['write-tree'])) !== tree) throw hookChangedFiles()
    const draft = join(journal.folderOf(cut.id), 'message')
    writeFileSync(draft, message)
    await hook(git, 'prepare-commit-msg', [draft, 'message'])
    await hook(git, 'commit-msg', [draft])
    message = readFileSync(draft, 'utf8')
  }
  const sign = await isSet(git, 'commit.gpgSign')
  const args = ['-c', 'i18n.commitEncoding=UTF-8', 'commit-tree', tree, '-p', head, ...(sign ? ['-S'] : []), '-F', '-']
  const made = await git.text(args, { input: withEnd(message), env: datesOf(cut) })
  journal.note(cut.id, { commit: made })
  return made
}

/** The tree of the planned commit with the planned files in it, made beside the index, with the filters and modes that git would use. */
async function plannedTree(git: Git, journal: Journal, { id, plan: { head, files } }: Cut): Promise<string> {
  const index = join(journal.folderOf(id), 'index')
  const env = { GIT_INDEX_FILE: index }
  try {
    await git.run(['read-tree', head], { env })
    const input = files.map(({ path }) => path).join('\0')
    if (files.length > 0) await git.run(['add', '--force', '--pathspec-from-file=-', '--pathspec-file-nul'], { input, env })
    return await git.text(['write-tree'], { env })
  } finally {
    rmSync(index, { force: true })
  }
}

/** What a tree holds at the planned paths, as `update-index --index-info` reads it; what it lacks is removed. */
async function entriesOf(git: Git, tree: string, { plan: { head, files } }: Cut): Promise<Map<string, string>> {
  const entries = new Map(files.map(({ path }) => [path, `0 ${'0'.repeat(head.length)}\t${path}`]))
  if (files.length === 0) return entries
  const found = await git.list(['ls-tree', '-r', '-z', '--full-tree', tree, '--', ...files.map(({ path }) => path)])
  for (const line of found) entries.set(line.slice(line.indexOf('\t') + 1), line)
  return entries
}

/** Where the index still holds what the release put there: what HEAD holds instead. What somebody staged meanwhile is left alone. */
async function staleEntries(git: Git, cut: Cut): Promise<Map<string, string>> {
  const { head, files } = cut.plan
  const before = await entriesOf(git, head, cut)
  if (files.length === 0) return before
  const staged = await git.list(['ls-files', '--stage', '-z', '--', ...files.map(({ path }) => path)])
  const now = new Map(staged.map((line) => [line.slice(line.indexOf('\t') + 1), line.split(' ')[1]]))
  for (const { path, after } of files) if (now.get(path) !== (await blobOf(git, path, after))) before.delete(path)
  return before
}

const blobOf = (git: Git, path: string, text: string): Promise<string> =>
  git.text(['hash-object', '--stdin', `--path=${path}`], { input: text })

async function stage(git: Git, entries: ReadonlyMap<string, string>): Promise<void> {
  if (entries.size === 0) return
  const input = [...entries.values()].map((entry) => `${entry}\0`).join('')
  await git.run(['update-index', '-z', '--add', '--index-info'], { input })
}

async function hook(git: Git, name: string, args: readonly string[] = []): Promise<void> {
  try {
    await git.run(['hook', 'run', '--ignore-missing', name, ...(args.length > 0 ? ['--', ...args] : [])], { hooks: true })
  } catch (error) {
    if (!isSwitchyardError(error, 'GIT_FAILED')) throw error
    throw hookRefused(name, String(error.data.told))
  }
}

/** Whether a boolean of git's configuration is true. */
export async function isSet(git: Git, name: string): Promise<boolean> {
  const { stdout } = await git.run(['config', '--type=bool', '--get', name], { ok: [0, 1] })
  return stdout.toString('utf8').trim() === 'true'
}

/** Author and committer as git knows them, at the moment the release was begun: what is made again is the same object. */
export function datesOf({ startedMs }: Pick<Cut, 'startedMs'>): Record<string, string> {
  const minutes = -new Date(startedMs).getTimezoneOffset()
  const zone = `${minutes < 0 ? '-' : '+'}${pad(Math.trunc(Math.abs(minutes) / 60))}${pad(Math.abs(minutes) % 60)}`
  const date = `@${Math.floor(startedMs / 1_000)} ${zone}`
  return { GIT_AUTHOR_DATE: date, GIT_COMMITTER_DATE: date }
}

/** Text files end with a line's end, and so do git's messages. */
export const withEnd = (text: string): string => (text.endsWith('\n') ? text : `${text}\n`)

const pad = (value: number): string => String(value).padStart(2, '0')
const firstLine = (text: string): string => text.split('\n', 1)[0] ?? ''

/** What a hook that comes too late to stop anything may end with. */
const ANY: readonly number[] = Array.from({ length: 256 }, (_, code) => code)
