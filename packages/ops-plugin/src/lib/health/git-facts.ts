import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { GitFacts } from './facts.ts'
import { runGit } from './list-files.ts'

const NEEDS_CARE = 'the repository’s own configuration names programs that git would run'

/**
 * What git says of a work tree that begins at `root`; undefined where none does. A repository whose configuration could make
 * git run something (filters, lazy fetches) is not asked.
 */
export async function readGitFacts(root: string, untracked: readonly string[], signal?: AbortSignal): Promise<GitFacts | undefined> {
  if (!existsSync(join(root, '.git'))) return undefined
  const config = await runGit(root, ['config', '--list', '--name-only', '--show-scope', '-z', '--includes'], signal)
  if (config === undefined) return { changed: 'git does not answer', commits: 'git does not answer' }
  if (namesPrograms(config.stdout)) return { changed: NEEDS_CARE, commits: NEEDS_CARE }
  const [status, count] = await Promise.all([
    runGit(root, ['status', '--porcelain', '-z', '--untracked-files=no', '--no-renames', '--ignore-submodules=all'], signal),
    runGit(root, ['rev-list', '--count', '--max-count=2', 'HEAD'], signal),
  ])
  const tracked = status?.stdout.split('\0').flatMap((line) => (line === '' ? [] : [line.slice(3)]))
  return {
    changed: tracked === undefined ? 'git does not answer' : [...new Set([...tracked, ...untracked])].sort(),
    commits: isShallow(root) ? 'the copy is shallow' : count === undefined ? 0 : Number(count.stdout),
  }
}

/** Scope and name come in turns; a person's own settings are trusted, those that came with the repository are not. */
function namesPrograms(listed: string): boolean {
  const parts = listed.split('\0')
  for (let index = 0; index + 1 < parts.length; index += 2) {
    if (!/^(local|worktree)$/.test(parts[index] ?? '')) continue
    if (/^(filter\.|extensions\.partialclone|remote\..*\.promisor)/i.test(parts[index + 1] ?? '')) return true
  }
  return false
}

/** `.git` is a file where the work tree is one of several. */
function isShallow(root: string): boolean {
  const path = join(root, '.git')
  try {
    const pointer = /^gitdir: (.+)$/m.exec(readFileSync(path, 'utf8'))?.[1]
    return pointer !== undefined && existsSync(join(pointer, '..', '..', 'shallow'))
  } catch {
    return existsSync(join(path, 'shallow'))
  }
}
