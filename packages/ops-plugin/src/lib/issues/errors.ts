import { SwitchyardError } from '@switchyard/plugin-kit'

export const issueState = (id: number, doing: string, status: string): SwitchyardError =>
  new SwitchyardError('ISSUE_STATE', `Cannot ${doing} issue ${id} as its state must allow that: it is ${status}`, { data: { id, status } })

export const resolutionMissing = (id: number): SwitchyardError =>
  new SwitchyardError('ISSUE_RESOLUTION', `Cannot close issue ${id} as it must be said what became of it: there is no resolution`, {
    data: { id },
    next: `switchyard ops issue close --id ${id} --resolution "what was done"`,
  })

export const issueNotNamed = (): SwitchyardError =>
  new SwitchyardError('ISSUE_NOT_NAMED', 'Cannot tell which issue is meant as it must be named: neither id nor title is given', {
    next: 'switchyard ops issue list',
  })

export const issueAmbiguous = (title: string, ids: readonly number[]): SwitchyardError =>
  new SwitchyardError('ISSUE_AMBIGUOUS', `Cannot tell which issue "${title}" is as only one may have that title: ${ids.length} have`, {
    data: { title, ids },
    next: `name it by its id: ${ids.join(', ')}`,
  })

export const trackerNotConfigured = (variable: string, tracker: string): SwitchyardError =>
  new SwitchyardError('TRACKER_TOKEN_MISSING', `Cannot reach ${tracker} as there must be a token for it: ${variable} is not set`, {
    data: { tracker, variable },
    next: `export ${variable}=…, with a token that may read and write issues`,
  })

export const trackerInvalid = (repo: string): SwitchyardError =>
  new SwitchyardError('TRACKER_REPO', `Cannot tell the repository as it must read OWNER/NAME: current value is "${repo}"`, {
    data: { repo },
    next: 'add --repo OWNER/NAME',
  })

export const trackerInsecure = (url: string, must: string): SwitchyardError =>
  new SwitchyardError('TRACKER_INSECURE', `Cannot send a token to ${url} as it must ${must}`, { data: { url } })

export const trackerRefused = (tracker: string, status: number, message: string): SwitchyardError => {
  const why =
    status === 401
      ? 'the token is not valid'
      : status === 403
        ? 'the token may not do this'
        : status === 404
          ? 'there is no such repository, or the token may not see it'
          : message
  return new SwitchyardError('TRACKER_REFUSED', `Cannot go on with ${tracker} as it must accept the request: ${why} (${status})`, {
    data: { tracker, status, message },
    ...(status >= 500 && { retryable: true }),
  })
}

export const trackerLimited = (tracker: string, waitMs: number): SwitchyardError =>
  new SwitchyardError(
    'TRACKER_LIMITED',
    `Cannot go on with ${tracker} as it must take more requests: it does in ${Math.ceil(waitMs / 1_000)} s`,
    {
      data: { tracker, waitMs },
      next: 'run the same command again then: what was done is not done twice',
    },
  )

export const trackerUnreachable = (tracker: string, found: string): SwitchyardError =>
  new SwitchyardError('TRACKER_UNREACHABLE', `Cannot go on with ${tracker} as it must answer: ${found}`, {
    data: { tracker },
    retryable: true,
  })

/** It answers, and will answer the same again. */
export const trackerEndless = (tracker: string): SwitchyardError =>
  new SwitchyardError('TRACKER_REFUSED', `Cannot go on with ${tracker} as its pages must come to an end: they go in a circle`, {
    data: { tracker },
  })
