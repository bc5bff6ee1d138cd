import { SwitchyardError } from '@switchyard/plugin-kit'

export const releaseCancelled = (): SwitchyardError =>
  new SwitchyardError('CANCELLED', 'Cannot finish as the caller gave up: the signal was aborted')
