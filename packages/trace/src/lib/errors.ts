import { SwitchyardError } from '@switchyard/contracts'

export const traceStoreClosed = (path: string): SwitchyardError =>
  new SwitchyardError('TRACE_CLOSED', `Cannot keep or read traces as the trace store must be open: "${path}" is closed`, { data: { path } })

export const unknownRule = (id: string, known: readonly string[]): SwitchyardError =>
  new SwitchyardError('ALERT_UNKNOWN', `Cannot find the rule "${id}" as it must be one of: ${known.join(', ')}`, {
    data: { rule: id },
    next: 'switchyard alerts rules',
  })

export const webhookFailed = (why: string): SwitchyardError =>
  new SwitchyardError('WEBHOOK_FAILED', `Cannot tell the webhook of an alert as it must take it: ${why}`, {
    retryable: true,
    next: 'switchyard alerts test',
  })

export const receiverPortTaken = (port: number, why: string): SwitchyardError =>
  new SwitchyardError('USAGE', `Cannot receive traces as port ${port} must be free: ${why}`, {
    data: { port },
    next: `switchyard trace receive --port ${port + 1}`,
  })
