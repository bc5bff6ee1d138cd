import { SwitchyardError } from '@switchyard/plugin-kit'

export const installFailed = (told: string): SwitchyardError =>
  new SwitchyardError('INSTALL_FAILED', `Cannot rehearse with tests and scripts as "npm ci" must succeed in the clone: ${told}`, {
    data: { told },
  })
