import { SwitchyardError } from '@switchyard/plugin-kit'

export const timeInvalid = (field: string, text: string): SwitchyardError =>
  new SwitchyardError('TIME_INVALID', `Cannot use "${field}" as it must be a date, or how long ago: current value is "${text}"`, {
    data: { field },
    next: 'write it as 2026-11-21, 12h or 7d',
  })
