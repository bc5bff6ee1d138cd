import { SwitchyardError } from '@switchyard/plugin-kit'

const STATUS = 'switchyard release status'

export const cutUnknown = (cut: string, project: string): SwitchyardError =>
  new SwitchyardError(
    'CUT_UNKNOWN',
    `Cannot find the release "${cut}" in ${project} as it must have been cut from this workspace: it was not`,
    {
      data: { cut, project },
      next: STATUS,
    },
  )

export const cutUnderWay = (cut: string): SwitchyardError =>
  new SwitchyardError('CUT_UNDER_WAY', `Cannot begin a release as no other may be under way in this repository: "${cut}" is`, {
    data: { cut },
    next: 'switchyard release resume, or switchyard release undo',
  })

export const journalDamaged = (path: string): SwitchyardError =>
  new SwitchyardError('JOURNAL_DAMAGED', `Cannot read ${path} as it must be the journal of a release: it is not`, { data: { path } })

export const nothingToRelease = (): SwitchyardError =>
  new SwitchyardError('NOTHING_TO_RELEASE', 'Cannot cut a release as a commit since the last one must ask for it: none does', {
    next: 'name a bump to release all the same, such as: switchyard release cut --bump patch',
  })

export const notReady = (failed: readonly string[]): SwitchyardError =>
  new SwitchyardError('NOT_READY', `Cannot cut a release as nothing may speak against it: ${failed.join('; ')}`, {
    data: { failed },
    next: 'switchyard release plan tells how to mend each',
  })

export const planStale = (): SwitchyardError =>
  new SwitchyardError('PLAN_STALE', 'Cannot cut the release as it must be the one that was looked at: something changed since', {
    next: 'switchyard release plan, then try again',
  })

export const detachedHead = (): SwitchyardError =>
  new SwitchyardError('DETACHED_HEAD', 'Cannot cut a release as a branch must be checked out: HEAD is detached', {
    next: 'git switch to the branch that is released',
  })

export const branchLeft = (branch: string, found: string | undefined): SwitchyardError =>
  new SwitchyardError(
    'BRANCH_LEFT',
    `Cannot go on as "${branch}" must be checked out: ${found === undefined ? 'HEAD is detached' : `"${found}" is`}`,
    {
      data: { branch, ...(found !== undefined && { found }) },
      next: `git switch ${branch}`,
    },
  )

export const headMoved = (branch: string, expected: string, found: string | undefined): SwitchyardError =>
  new SwitchyardError(
    'HEAD_MOVED',
    `Cannot go on as "${branch}" must stand where the release knows it, on ${short(expected)}: it stands on ${short(found)}`,
    {
      data: { branch, expected, ...(found !== undefined && { found }) },
      next: 'switchyard release undo, then plan again',
    },
  )

export const committedOnTop = (branch: string, commit: string): SwitchyardError =>
  new SwitchyardError(
    'COMMITTED_ON_TOP',
    `Cannot take the release's commit ${short(commit)} back as it must be the last one of "${branch}": others stand on it`,
    {
      data: { branch, commit },
      next: `git revert ${short(commit)}`,
    },
  )

export const midOperation = (operation: string): SwitchyardError =>
  new SwitchyardError('REPOSITORY_MID_OPERATION', `Cannot cut a release as the repository must be at rest: a ${operation} is under way`, {
    data: { operation },
    next: 'finish it or abort it',
  })

export const dirtyTree = (paths: readonly string[]): SwitchyardError =>
  new SwitchyardError('DIRTY_TREE', `Cannot cut a release as all that git tracks must be committed: ${listed(paths)} changed`, {
    data: { paths },
    next: 'git commit or git stash, then try again',
  })

export const fileChanged = (path: string): SwitchyardError =>
  new SwitchyardError(
    'FILE_CHANGED',
    `Cannot write ${JSON.stringify(path)} as it must be as the release knows it: somebody changed it meanwhile`,
    {
      data: { path },
      next: STATUS,
    },
  )

export const fileNotPlain = (path: string, found: string): SwitchyardError =>
  new SwitchyardError('FILE_NOT_PLAIN', `Cannot write ${JSON.stringify(path)} as it must be a plain file inside the repository: ${found}`, {
    data: { path },
  })

export const tagExists = (tag: string, where: string): SwitchyardError =>
  new SwitchyardError('TAG_EXISTS', `Cannot tag ${tag} as no such tag may exist: there is one ${where}`, {
    data: { tag, where },
    next: 'name another version, or remove the tag if it is a mistake',
  })

export const tagChanged = (tag: string): SwitchyardError =>
  new SwitchyardError('TAG_CHANGED', `Cannot remove the tag ${tag} as it must be the one that the release made: somebody moved it`, {
    data: { tag },
  })

export const identityMissing = (): SwitchyardError =>
  new SwitchyardError('IDENTITY_MISSING', 'Cannot commit as git must know who you are: no user.name or user.email', {
    next: 'git config user.name and git config user.email',
  })

export const hookRefused = (hook: string, told: string): SwitchyardError =>
  new SwitchyardError(
    'HOOK_REFUSED',
    `Cannot commit as the repository's ${hook} hook must agree: it refused${told === '' ? '' : `: ${told}`}`,
    {
      data: { hook, told },
      next: 'mend what it says, or pass --no-hooks',
    },
  )

export const hookChangedFiles = (): SwitchyardError =>
  new SwitchyardError(
    'HOOK_CHANGED_FILES',
    'Cannot commit as the commit must hold what was planned: the pre-commit hook changed what is staged',
    {
      next: 'pass --no-hooks',
    },
  )

export const remoteMissing = (): SwitchyardError =>
  new SwitchyardError('REMOTE_MISSING', 'Cannot push as the repository must have a remote: it has none', {
    next: 'git remote add origin, or release without --push',
  })

export const remoteMoved = (remote: string, branch: string): SwitchyardError =>
  new SwitchyardError(
    'REMOTE_MOVED',
    `Cannot push as "${branch}" of ${remote} must be where this one comes from: it has commits that are not here`,
    {
      data: { remote, branch },
      next: `git pull ${remote} ${branch}`,
    },
  )

export const remoteUnreachable = (remote: string, cause: unknown): SwitchyardError =>
  new SwitchyardError('REMOTE_UNREACHABLE', `Cannot tell what ${remote} holds as it must answer: it does not`, {
    data: { remote },
    cause,
    retryable: true,
  })

export const stillOutside = (what: string): SwitchyardError =>
  new SwitchyardError('STILL_OUTSIDE', `Cannot take the release back as nobody outside may have it: ${what}`, {
    data: { what },
    next: 'switchyard release resume completes it',
  })

export const notUndoable = (cut: string, why: string): SwitchyardError =>
  new SwitchyardError('NOT_UNDOABLE', `Cannot undo the release "${cut}" as ${why}`, { data: { cut }, next: STATUS })

export const notResumable = (cut: string, state: string): SwitchyardError =>
  new SwitchyardError('NOT_RESUMABLE', `Cannot go on with the release "${cut}" as it must be under way: it is ${state}`, {
    data: { cut, state },
    next: STATUS,
  })

const short = (commit: string | undefined): string => commit?.slice(0, 12) ?? 'nothing'

const listed = (paths: readonly string[]): string => {
  const shown = paths.slice(0, 5).map((path) => JSON.stringify(path))
  return paths.length > shown.length ? `${shown.join(', ')} and ${paths.length - shown.length} more` : shown.join(', ')
}

export const stepUnknown = (step: string): SwitchyardError =>
  new SwitchyardError('STEP_UNKNOWN', `Cannot do step "${step}" as the release must have it: it has none of that name`, { data: { step } })

/** The release ended, and nothing of it is left; the code is that of what stopped it. */
export const releaseFailed = (cut: string, code: string, message: string, next: string | undefined): SwitchyardError =>
  new SwitchyardError(code, `${message}. Everything that the release had done is taken back`, {
    data: { cut, undone: true },
    ...(next !== undefined && { next }),
  })

export const releaseHalfMade = (
  cut: string,
  code: string,
  message: string,
  { done, notUndone, state }: { done: readonly string[]; notUndone: readonly { path: string; why: string }[]; state: string },
): SwitchyardError =>
  new SwitchyardError(
    'RELEASE_HALF_MADE',
    `Cannot finish the release "${cut}" as every step must succeed: ${message}. These steps stand: ${done.join(', ') || 'none'}`,
    {
      data: { cut, code, state, done, notUndone },
      next: 'switchyard release resume completes it, switchyard release undo takes it back',
    },
  )

export const notPublishable = (cut: string, state: string): SwitchyardError =>
  new SwitchyardError('NOT_PUBLISHABLE', `Cannot push the release "${cut}" as it must be done: it is ${state}`, {
    data: { cut, state },
    next: state === 'open' ? 'switchyard release resume' : 'switchyard release cut',
  })

export const testsFailed = (argv: readonly string[], code: number | string, told: string): SwitchyardError =>
  new SwitchyardError(
    'TESTS_FAILED',
    `Cannot cut a release as the tests must succeed: "${argv.join(' ')}" ended with ${code}${told === '' ? '' : `: ${told}`}`,
    {
      data: { argv, exit: code, told },
      next: 'mend them, then try again',
    },
  )
