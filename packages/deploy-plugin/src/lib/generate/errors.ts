import { SwitchyardError } from '@switchyard/plugin-kit'

export const nothingToGenerate = (formats: readonly string[]): SwitchyardError =>
  new SwitchyardError(
    'NOTHING_TO_GENERATE',
    `Cannot generate ${formats.join(', ')} as a service of the configuration must need it: none does`,
    {
      data: { formats },
      next: 'look at the services in switchyard.deploy.json',
    },
  )
