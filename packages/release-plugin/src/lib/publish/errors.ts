import { SwitchyardError } from '@switchyard/plugin-kit'

export const tokenMissing = (forge: string, variables: readonly string[]): SwitchyardError =>
  new SwitchyardError(
    'TOKEN_MISSING',
    `Cannot publish on ${forge} as a token must be in the environment: ${variables.join(' and ')} are not set`,
    {
      data: { forge, variables },
      next: `set ${variables[0]}`,
    },
  )

export const versionTaken = (name: string, version: string): SwitchyardError =>
  new SwitchyardError('VERSION_TAKEN', `Cannot publish ${name} ${version} as the registry may not have it yet: it does`, {
    data: { name, version },
    next: 'release another version: npm never takes one twice',
  })

export const publishFailed = (step: string, told: string): SwitchyardError =>
  new SwitchyardError('PUBLISH_FAILED', `Cannot finish ${step} as it must succeed: ${told === '' ? 'it failed and said nothing' : told}`, {
    data: { step, told },
    next: 'mend what it says, then: switchyard release resume',
  })

/** Whether it arrived cannot be told, so nothing may be taken back yet. */
export const publishUnclear = (step: string, told: string): SwitchyardError =>
  new SwitchyardError('PUBLISH_UNCLEAR', `Cannot tell whether ${step} arrived as the other side must answer: ${told}`, {
    data: { step, told },
    next: 'switchyard release resume asks again',
    retryable: true,
  })

export const programMissing = (program: string): SwitchyardError =>
  new SwitchyardError('PROGRAM_MISSING', `Cannot run ${JSON.stringify(program)} as it must be in PATH: it is not`, { data: { program } })

export const mayHaveRun = (step: string): SwitchyardError =>
  new SwitchyardError('MAY_HAVE_RUN', `Cannot run ${step} again as it may have run already: the process that ran it died`, {
    data: { step },
    next: 'look whether it did, then: switchyard release resume --ran, or --no-ran to run it again',
  })

export const noWayBack = (step: string): SwitchyardError =>
  new SwitchyardError('NO_WAY_BACK', `Cannot take ${step} back as it must have a way back: it has none`, { data: { step } })
