import type { Commit } from '../commits/commit.ts'
import { visible } from '../notes/visible.ts'
import type { Bump, Reason } from '../plan/release-plan.ts'

/** What a commit alone asks for. */
export type Ask = 'major' | 'minor' | 'patch' | 'none'

const RANK: Readonly<Record<Ask, number>> = { major: 3, minor: 2, patch: 1, none: 0 }

/** By the rules of Conventional Commits; types are the same in small and capital letters. */
export function askOf({ type, breaking, reverts }: Pick<Commit, 'type' | 'breaking' | 'reverts'>): Ask {
  if (breaking) return 'major'
  if (type === 'feat' || type === 'feature') return 'minor'
  return type === 'fix' || type === 'perf' || type === 'revert' || reverts !== null ? 'patch' : 'none'
}

/** The most that any of them asks for. Wants commits without those that are taken back again. */
export function askOfAll(commits: readonly Commit[]): Ask {
  let most: Ask = 'none'
  for (const commit of commits) {
    const ask = askOf(commit)
    if (RANK[ask] > RANK[most]) most = ask
  }
  return most
}

/** Why, commit by commit: first what asks for something, the strongest first. */
export function reasonsOf(commits: readonly Commit[], taken: ReadonlySet<Commit>): Reason[] {
  const reasons = commits.map((commit) => ({
    rank: taken.has(commit) ? -1 : RANK[askOf(commit)],
    reason: reasonOf(commit, taken.has(commit)),
  }))
  return reasons.sort((a, b) => b.rank - a.rank).map(({ reason }) => reason)
}

function reasonOf(commit: Commit, isTakenBack: boolean): Reason {
  const asks: Bump = isTakenBack ? 'none' : askOf(commit)
  const { id, type, scope, breaking, author } = commit
  return {
    commit: id,
    subject: visible(commit.header),
    type,
    scope: scope === null ? null : visible(scope),
    breaking,
    author: visible(author.name),
    asks,
    why: isTakenBack ? 'it and its revert cancel out' : WHY[asks](commit),
  }
}

const WHY: Readonly<Record<Ask, (commit: Commit) => string>> = {
  major: ({ breakingNotes }) =>
    breakingNotes.length > 0 ? 'its footer says that it breaks something' : 'its "!" says that it breaks something',
  minor: () => 'it adds a feature',
  patch: ({ type, reverts }) => {
    if (type === 'fix') return 'it fixes something'
    return type === 'perf' ? 'it makes something faster' : `it takes back ${reverts?.slice(0, 7) ?? 'an earlier change'}`
  },
  none: ({ type }) => (type === null ? 'it is no Conventional Commit' : `"${type}" changes nothing for users`),
}
