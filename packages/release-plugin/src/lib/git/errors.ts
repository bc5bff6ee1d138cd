import { SwitchyardError } from '@switchyard/plugin-kit'

export const gitMissing = (): SwitchyardError =>
  new SwitchyardError('GIT_MISSING', "Cannot look at the repository as git's own program must be there: no git in PATH", {
    next: 'install git, then try again',
  })

export const notARepository = (folder: string): SwitchyardError =>
  new SwitchyardError('NOT_A_REPOSITORY', `Cannot release "${folder}" as it must lie in the work tree of a git repository: it does not`, {
    data: { folder },
    next: 'git init, or name the folder of a clone',
  })

export const repositoryNotTrusted = (folder: string): SwitchyardError =>
  new SwitchyardError('REPOSITORY_NOT_TRUSTED', `Cannot read the repository of "${folder}" as it must be your own: somebody else owns it`, {
    data: { folder },
    next: 'git config --global --add safe.directory with its folder, if you trust it',
  })

export const repositoryBusy = (folder: string, lock: string): SwitchyardError =>
  new SwitchyardError(
    'REPOSITORY_BUSY',
    `Cannot change the repository in "${folder}" as no other git may be at work there: ${lock} exists`,
    {
      data: { folder, lock },
      next: `wait for the other git; where none runs any more, remove ${lock}`,
      retryable: true,
    },
  )

/** `told` is what git said; the caller has taken secrets out of it. */
export const gitFailed = (verb: string, exit: number | string, told: string): SwitchyardError =>
  new SwitchyardError('GIT_FAILED', `Cannot go on as "git ${verb}" must succeed: it ended with ${exit}${told === '' ? '' : `: ${told}`}`, {
    data: { verb, exit, told },
  })

export const gitCancelled = (verb: string): SwitchyardError =>
  new SwitchyardError('CANCELLED', `Cannot finish "git ${verb}" as the caller gave up: the signal was aborted`)

export const outputTooLarge = (verb: string, maxBytes: number): SwitchyardError =>
  new SwitchyardError('GIT_OUTPUT_TOO_LARGE', `Cannot read what "git ${verb}" says as it may have ${maxBytes} bytes: it has more`, {
    data: { verb, maxBytes },
  })

export const badRefName = (kind: string, name: string): SwitchyardError =>
  new SwitchyardError('BAD_REF_NAME', `Cannot name a ${kind} ${JSON.stringify(name)} as git must take the name: it does not`, {
    data: { kind, name },
  })
