import { SwitchyardError } from '@switchyard/plugin-kit'

export const nothingToGenerate = (formats: readonly string[]): SwitchyardError =>
  new SwitchyardError(
    'NOTHING_TO_GENERATE',
    `Cannot generate ${formats.join(', ')} as a service of the configuration must need it: none does`,
    {
      data: { formats },
      next: 'a service that is served needs a name: switchyard deploy setup --domain example.com; else go on with: switchyard deploy validate',
    },
  )
