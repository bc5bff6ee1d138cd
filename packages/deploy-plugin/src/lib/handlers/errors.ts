import { SwitchyardError } from '@switchyard/plugin-kit'

export const sourceInvalid = (source: string, why: string): SwitchyardError =>
  new SwitchyardError('SOURCE_INVALID', `Cannot release the folder ${source} as all in it must be plain files: ${why}`, {
    data: { source },
  })

export const sourceChanged = (source: string): SwitchyardError =>
  new SwitchyardError('SOURCE_CHANGED', `Cannot release the folder ${source} as it must be what was planned: it changed meanwhile`, {
    data: { source },
    next: 'plan it again once nothing writes to it',
  })

export const copyFailed = (source: string, host: string, why: string): SwitchyardError =>
  new SwitchyardError('COPY_FAILED', `Cannot bring ${source} to ${host} as every file must arrive: ${why}`, {
    data: { source, host },
    retryable: true,
  })

export const startFailed = (service: string, why: string): SwitchyardError =>
  new SwitchyardError('START_FAILED', `Cannot start "${service}" as the host must run it: ${why}`, { data: { service } })

export const stopFailed = (service: string, why: string): SwitchyardError =>
  new SwitchyardError('STOP_FAILED', `Cannot stop "${service}" as its process must end: ${why}`, { data: { service }, retryable: true })

export const unitInvalid = (unit: string, why: string): SwitchyardError =>
  new SwitchyardError('UNIT_INVALID', `Cannot use the unit ${unit} as systemd must accept it: ${why}`, { data: { unit } })

export const variableInvalid = (name: string): SwitchyardError =>
  new SwitchyardError('VARIABLE_INVALID', `Cannot give the service the variable "${name}" as its name must be letters, digits and "_"`, {
    data: { name },
  })

export const rehearsalImpossible = (service: string, why: string): SwitchyardError =>
  new SwitchyardError(
    'REHEARSAL_IMPOSSIBLE',
    `Cannot rehearse the return of "${service}" as it must be kept apart from what serves: ${why}`,
    { data: { service, why } },
  )
