import { SwitchyardError } from '@switchyard/plugin-kit'

export const environmentUnknown = (env: string, known: readonly string[]): SwitchyardError =>
  new SwitchyardError('ENVIRONMENT_UNKNOWN', `Cannot deploy to "${env}" as it must be one of the environments: ${known.join(', ')}`, {
    data: { env, known },
    next: 'name one of them, or add it to switchyard.deploy.json',
  })

export const environmentUntyped = (env: string): SwitchyardError =>
  new SwitchyardError('ENVIRONMENT_NOT_CONFIRMED', `Cannot change "${env}" as it is protected and its name must be typed: it was not`, {
    data: { env },
    next: `type it when asked, or pass --confirm ${env}`,
  })

export const environmentMismatch = (env: string, what: string): SwitchyardError =>
  new SwitchyardError('ENVIRONMENT_MISMATCH', `Cannot deploy to "${env}" as configuration, host and request must mean the same: ${what}`, {
    data: { env },
    next: 'see which of them is wrong: the target in switchyard.deploy.json, the env file, or what you asked for',
  })

export const serviceUnknown = (service: string, known: readonly string[]): SwitchyardError =>
  new SwitchyardError('SERVICE_UNKNOWN', `Cannot deploy "${service}" as it must be one of the services: ${known.join(', ')}`, {
    data: { service, known },
  })

/** Only the handler that started something knows how to end it. */
export const handlerChanged = (env: string, service: string, was: string, is: string): SwitchyardError =>
  new SwitchyardError(
    'HANDLER_CHANGED',
    `Cannot work on "${service}" in "${env}" as what started it, "${was}", must run it: it is "${is}" now`,
    {
      data: { env, service, was, is },
      next: `set its "handler" back to "${was}", take it off with: switchyard deploy destroy --env ${env} --service ${service}; then change it`,
    },
  )
