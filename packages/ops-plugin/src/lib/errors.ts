import { SwitchyardError } from '@switchyard/plugin-kit'

export const projectNotFound = (path: string, found: string): SwitchyardError =>
  new SwitchyardError('PROJECT_NOT_FOUND', `Cannot look at project "${path}" as it must be a folder that can be read: ${found}`, {
    data: { path },
    next: 'name a folder, such as: switchyard ops health scan --project .',
  })

export const scanCancelled = (): SwitchyardError =>
  new SwitchyardError('CANCELLED', 'Cannot finish the scan as its caller gave up: the signal was aborted')
