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

export const runUnknown = (id: string): SwitchyardError =>
  new SwitchyardError('TRACE_UNKNOWN', `Cannot show the run "${id}" as it must have been traced in this workspace`, {
    data: { run: id },
    next: 'switchyard trace list',
  })

export const noRuns = (): SwitchyardError =>
  new SwitchyardError('TRACE_UNKNOWN', 'Cannot show the last run as something must have run in this workspace: nothing has', {
    next: 'switchyard "check the health of this project"',
  })

const SHOWN_IDS = 3

export const runAmbiguous = (id: string, ids: readonly string[]): SwitchyardError =>
  new SwitchyardError('TRACE_AMBIGUOUS', `Cannot show the run "${id}" as it must be one: ${ids.length} begin like that`, {
    data: { run: id, runs: ids.slice(0, SHOWN_IDS) },
    next: `one of: ${ids.slice(0, SHOWN_IDS).join(', ')}`,
  })
