import { SwitchyardError } from '@switchyard/plugin-kit'

export const composeInvalid = (file: string, problems: readonly string[]): SwitchyardError =>
  new SwitchyardError(
    'COMPOSE_INVALID',
    `Cannot deploy from ${file} as all of it must be understood: ${problems.slice(0, 20).join('; ')}`,
    {
      data: { file, problems },
      next: 'switchyard deploy validate tells more',
    },
  )

export const variableMissing = (file: string, name: string, told: string | undefined): SwitchyardError =>
  new SwitchyardError(
    'VARIABLE_MISSING',
    `Cannot deploy from ${file} as \${${name}} must have a value: ${told === undefined || told === '' ? 'it has none' : told}`,
    { data: { file, name }, next: 'put it into the env file of the environment' },
  )

export const imageChanged = (image: string, planned: string, found: string): SwitchyardError =>
  new SwitchyardError('IMAGE_CHANGED', `Cannot deploy ${image} as it must be the one that was planned, ${planned}: it is ${found}`, {
    data: { image, planned, found },
    next: 'plan it again',
  })
