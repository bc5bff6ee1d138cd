import { SwitchyardError } from '@switchyard/contracts'

export const traceStoreClosed = (path: string): SwitchyardError =>
  new SwitchyardError('TRACE_CLOSED', `Cannot keep or read traces as the trace store must be open: "${path}" is closed`, { data: { path } })
