import { SwitchyardError } from '@switchyard/contracts'

export const noSuchScope = (client: string, scope: string): SwitchyardError =>
  new SwitchyardError(
    'USAGE',
    `Cannot set ${client} up for one project as it must have a configuration there: it has only the user's own`,
    {
      data: { client, scope },
      next: `switchyard mcp install --client ${client} --scope user`,
    },
  )

export const configUnparsable = (path: string, what: string): SwitchyardError =>
  new SwitchyardError('CLIENT_CONFIG_INVALID', `Cannot change ${path} as it must be what its client reads: ${what}`, {
    data: { path },
    next: 'mend it, or add the entry by hand: the same command with --print shows it',
  })

export const configUnreadable = (path: string, what: string, cause?: unknown): SwitchyardError =>
  new SwitchyardError('CLIENT_CONFIG_UNREADABLE', `Cannot change ${path} as it must be a file that you may read: ${what}`, {
    data: { path },
    cause,
    next: `ls -ld ${path}`,
  })

export const configOutside = (path: string, target: string): SwitchyardError =>
  new SwitchyardError('CLIENT_CONFIG_OUTSIDE', `Cannot change ${path} as a project's file must lie in the project: it leads to ${target}`, {
    data: { path, target },
    next: `ls -l ${path}`,
  })

export const configNotOurs = (path: string, name: string): SwitchyardError =>
  new SwitchyardError('CLIENT_CONFIG_TAKEN', `Cannot change "${name}" in ${path} as it must be an entry of ours: it runs something else`, {
    data: { path, name },
    next: 'rename that entry, or --force to replace it',
  })

export const configByHand = (path: string, name: string): SwitchyardError =>
  new SwitchyardError(
    'CLIENT_CONFIG_BY_HAND',
    `Cannot change "${name}" in ${path} as the rest of the file must stay what it is: the entry is written in a way that cannot be changed alone`,
    { data: { path, name }, next: 'change it by hand: the same command with --print shows the entry' },
  )

export const configChanged = (path: string): SwitchyardError =>
  new SwitchyardError('CLIENT_CONFIG_CHANGED', `Cannot change ${path} as nobody else may write it meanwhile: it was just changed`, {
    data: { path },
    next: 'close the client and try again',
    retryable: true,
  })

export const configUnwritable = (path: string, what: string, cause: unknown): SwitchyardError =>
  new SwitchyardError('NOT_WRITABLE', `Cannot write ${path} as its folder must be writable and its disk have room: ${what}`, {
    data: { path },
    cause,
    next: 'df -h . && ls -ld .',
  })
