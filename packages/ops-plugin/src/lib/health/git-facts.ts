import { existsSync } from 'node:fs'
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
  const [status, count, shallow] = await Promise.all([
    runGit(root, ['status', '--porcelain', '-z', '--untracked-files=no', '--no-renames', '--ignore-submodules=all'], signal),
    runGit(root, ['rev-list', '--count', '--max-count=2', 'HEAD'], signal),
    runGit(root, ['rev-parse', '--is-shallow-repository'], signal),
  ])
  const tracked = status?.stdout.split('\0').flatMap((line) => (line === '' ? [] : [line.slice(3)]))
  return {
    changed: tracked === undefined ? 'git does not answer' : [...new Set([...tracked, ...untracked])].sort(),
    commits: shallow?.stdout.trim() === 'true' ? 'the copy is shallow' : count === undefined ? 0 : Number(count.stdout),
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
