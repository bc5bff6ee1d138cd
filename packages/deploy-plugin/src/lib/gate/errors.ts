import { SwitchyardError } from '@switchyard/plugin-kit'

export const gateFailed = (service: string, why: string): SwitchyardError =>
  new SwitchyardError('GATE_FAILED', `Cannot let the new release of "${service}" serve as it must show that it is well: ${why}`, {
    data: { service, why },
    next: 'see its log in the report, mend it, then deploy again',
  })
