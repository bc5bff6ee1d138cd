import { SwitchyardError } from '@switchyard/plugin-kit'

export const hostUnreachable = (label: string, cause: unknown): SwitchyardError =>
  new SwitchyardError('HOST_UNREACHABLE', `Cannot work on ${label} as it must answer: ${messageOf(cause)}`, {
    data: { host: label },
    cause,
    retryable: true,
    next: 'see that the machine runs and that its address, port, user and key are right in switchyard.deploy.json',
  })

export const hostKeyMismatch = (label: string, expected: string, found: string, kind: string): SwitchyardError =>
  new SwitchyardError('HOST_KEY_MISMATCH', `Cannot work on ${label} as its host key must be ${expected}: it is ${found} (${kind})`, {
    data: { host: label, expected, found, kind },
    next: 'if you entered the fingerprint of a key of another kind, or set the machine up anew, enter this one; if not, somebody may stand between you and it',
  })

export const hostLoginRefused = (label: string, file: string): SwitchyardError =>
  new SwitchyardError('HOST_LOGIN_INVALID', `Cannot log in to ${label} as the host must accept the key ${file}: it does not`, {
    data: { host: label, file },
    next: `put its public half there: ssh-copy-id -i ${file} to that user, host and port`,
  })

export const hostKeyUnreadable = (label: string, file: string, why: string): SwitchyardError =>
  new SwitchyardError('HOST_LOGIN_INVALID', `Cannot work on ${label} as ${file} must be a private key without a passphrase: ${why}`, {
    data: { host: label, file },
    next: 'name another one as "key" of the target in switchyard.deploy.json',
  })

export const programMissing = (label: string, program: string): SwitchyardError =>
  new SwitchyardError('PROGRAM_MISSING', `Cannot run ${program} on ${label} as it must be installed there: it was not found`, {
    data: { host: label, program },
    next: `install ${program} on it`,
  })

export const hostTimeout = (label: string, program: string, timeoutMs: number): SwitchyardError =>
  new SwitchyardError('HOST_TIMEOUT', `Cannot wait for ${program} on ${label} as it must end within ${timeoutMs} ms: it runs on`, {
    data: { host: label, program, timeoutMs },
  })

export const hostRefused = (label: string, does: string, path: string, cause: unknown): SwitchyardError =>
  new SwitchyardError('HOST_REFUSED', `Cannot ${does} ${path} on ${label} as the host must allow it: ${messageOf(cause)}`, {
    data: { host: label, path },
    cause,
  })

const messageOf = (cause: unknown): string =>
  cause instanceof Error ? cause.message || (cause as NodeJS.ErrnoException).code || 'no answer' : String(cause)
