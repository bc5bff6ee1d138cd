import { SwitchyardError } from '@switchyard/plugin-kit'

export const servicesInvalid = (file: string, mistakes: readonly string[]): SwitchyardError =>
  new SwitchyardError(
    'SERVICES_INVALID',
    `Cannot read ${file} as every entry must be right:\n${mistakes.map((line) => `  ${line}`).join('\n')}`,
    {
      data: { file, mistakes },
      next: `mend ${file}`,
    },
  )

export const servicesUnreadable = (file: string, found: string): SwitchyardError =>
  new SwitchyardError('SERVICES_INVALID', `Cannot read ${file} as it must be a readable text file of at most 1 MB: ${found}`, {
    data: { file },
  })

export const serviceUnknown = (name: string, known: readonly string[]): SwitchyardError =>
  new SwitchyardError(
    'SERVICE_UNKNOWN',
    `Cannot use service "${name}" as it must be defined: ${known.length === 0 ? 'there are none' : `there are ${known.join(', ')}`}`,
    { data: { service: name, known }, next: 'switchyard ops service list' },
  )

export const serviceExists = (name: string): SwitchyardError =>
  new SwitchyardError('SERVICE_EXISTS', `Cannot add service "${name}" as its name must be free: there is one`, {
    data: { service: name },
    next: `switchyard ops service remove --service ${name}`,
  })

export const notAllowedPath = (what: string, path: string): SwitchyardError =>
  new SwitchyardError('PATH_OUTSIDE', `Cannot use ${what} "${path}" as it must be inside the workspace`, { data: { path } })

export const noLogs = (why: string): SwitchyardError =>
  new SwitchyardError('NO_LOGS', `Cannot read logs as a file or a service with logs must be named: ${why}`, {
    next: 'switchyard ops logs --path app.log',
  })

export const badTime = (field: string, text: string): SwitchyardError =>
  new SwitchyardError(
    'TIME_INVALID',
    `Cannot understand ${field} as it must be a time or a duration such as "2h": current value is "${text}"`,
    {
      data: { field, value: text },
    },
  )

export const remediationForbidden = (action: string, service: string, why: string): SwitchyardError =>
  new SwitchyardError('REMEDIATION_FORBIDDEN', `Cannot ${action} "${service}" as its policy must allow it: ${why}`, {
    data: { action, service },
  })

export const remediationImpossible = (action: string, service: string, why: string, next?: string): SwitchyardError =>
  new SwitchyardError('REMEDIATION_IMPOSSIBLE', `Cannot ${action} "${service}" as there must be a way to: ${why}`, {
    data: { action, service },
    ...(next !== undefined && { next }),
  })

/** What a deployment of ours is: one instance a service, on one host. */
export const remediationFailed = (action: string, service: string, why: string): SwitchyardError =>
  new SwitchyardError('REMEDIATION_FAILED', `Cannot ${action} "${service}" to the end: ${why}`, {
    data: { action, service },
    next: `switchyard ops investigate --service ${service}`,
  })

export const incidentUnknown = (id: string): SwitchyardError =>
  new SwitchyardError('INCIDENT_UNKNOWN', `Cannot find incident "${id}" as it must have been opened: there is none`, {
    data: { incident: id },
    next: 'switchyard ops incident list',
  })

export const incidentClosed = (id: string): SwitchyardError =>
  new SwitchyardError('INCIDENT_RESOLVED', `Cannot change incident "${id}" as it must be open: it is resolved`, { data: { incident: id } })

export const reportExists = (path: string): SwitchyardError =>
  new SwitchyardError(
    'REPORT_EXISTS',
    `Cannot write ${path} as there must be nothing of others: a file is there that is no report of ours`,
    {
      data: { path },
    },
  )
