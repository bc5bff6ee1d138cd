import { SwitchyardError } from '@switchyard/plugin-kit'

export const branchExists = (branch: string): SwitchyardError =>
  new SwitchyardError('BRANCH_EXISTS', `Cannot begin the branch "${branch}" as there may be none of that name: there is one`, {
    data: { branch },
    next: `git switch ${branch}, or take another name`,
  })

export const startUnknown = (from: string): SwitchyardError =>
  new SwitchyardError(
    'START_UNKNOWN',
    `Cannot begin a branch at ${JSON.stringify(from)} as it must be a commit, tag or branch here: it is not`,
    {
      data: { from },
    },
  )

export const branchUnknown = (branch: string): SwitchyardError =>
  new SwitchyardError('BRANCH_UNKNOWN', `Cannot port to "${branch}" as the branch must exist, or be told where to begin: it does neither`, {
    data: { branch },
    next: 'pass --from with the tag of the line to be mended',
  })

export const branchMoved = (branch: string, expected: string): SwitchyardError =>
  new SwitchyardError(
    'BRANCH_MOVED',
    `Cannot change "${branch}" as it must stand on ${expected.slice(0, 12)}: somebody moved it meanwhile`,
    {
      data: { branch, expected },
    },
  )

export const branchInUse = (branch: string, folder: string): SwitchyardError =>
  new SwitchyardError('BRANCH_IN_USE', `Cannot change "${branch}" as nobody may have it checked out: it is, in ${folder}`, {
    data: { branch, folder },
    next: 'git switch to another branch there',
  })

export const commitUnknown = (commit: string): SwitchyardError =>
  new SwitchyardError('COMMIT_UNKNOWN', `Cannot port ${JSON.stringify(commit)} as it must be a commit of this repository: it is not`, {
    data: { commit },
  })

export const backportConflict = (commit: string, branch: string, paths: readonly string[]): SwitchyardError =>
  new SwitchyardError(
    'BACKPORT_CONFLICT',
    `Cannot port ${commit.slice(0, 12)} to "${branch}" as it must apply there: it conflicts in ${paths.map((path) => JSON.stringify(path)).join(', ')}. Nothing was changed`,
    { data: { commit, branch, paths }, next: `git switch ${branch} && git cherry-pick -x ${commit.slice(0, 12)}` },
  )

export const backportFailed = (code: string, message: string): SwitchyardError =>
  new SwitchyardError(code, `${message}. Everything that the port had done is taken back`)
