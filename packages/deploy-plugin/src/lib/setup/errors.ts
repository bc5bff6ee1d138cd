import { SwitchyardError } from '@switchyard/plugin-kit'

export const nothingToDeploy = (folder: string): SwitchyardError =>
  new SwitchyardError(
    'NOTHING_TO_DEPLOY',
    `Cannot set up ${folder} as there must be something to deploy: no app, Dockerfile or compose file is there`,
    {
      data: { folder },
      next: 'name another folder with --project',
    },
  )

export const sshInvalid = (ssh: string): SwitchyardError =>
  new SwitchyardError('SSH_TARGET_INVALID', `Cannot use ${JSON.stringify(ssh)} as it must be USER@HOST or USER@HOST:PORT`, {
    data: { ssh },
  })

export const hostKeyMissing = (host: string): SwitchyardError =>
  new SwitchyardError(
    'HOST_KEY_MISSING',
    `Cannot set up ${host} as the fingerprint of its key must be known, so that no other host is spoken to`,
    {
      data: { host },
      next: `compare what this prints with the host's own: ssh-keyscan -t ed25519 ${host} | ssh-keygen -lf - ; then pass it with --host-key`,
    },
  )

/** What stands there is not repeated, as it may be a secret. */
export const composeUnreadable = ({ file, line, column }: { file: string; line: number; column: number }): SwitchyardError =>
  new SwitchyardError(
    'COMPOSE_UNREADABLE',
    `Cannot look at the services as ${file} must be YAML that can be read: line ${line}, column ${column} cannot`,
    {
      data: { file, line, column },
      next: 'switchyard deploy validate',
    },
  )
