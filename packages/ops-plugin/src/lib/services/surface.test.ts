import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { services } from '../../../test/services.ts'

// What others build on, as literals. Red means: deliberate? Then change it here, in the docs, and in the version.

describe('the surface of running services', () => {
  it('has these commands', () => {
    expect(Object.keys(services.commands).sort()).toEqual([
      'analyze',
      'audit',
      'incident.list',
      'incident.note',
      'incident.open',
      'incident.report',
      'incident.resolve',
      'incident.show',
      'investigate',
      'logs',
      'monitor.check',
      'monitor.watch',
      'remediate',
      'remediation.list',
      'service.add',
      'service.list',
      'service.remove',
      'service.trust',
    ])
  })

  it('tells these events', () => {
    expect(services.publishes?.map(({ name, durable }) => [name, durable])).toEqual([['ops/service-changed', true]])
  })

  it('fails with these codes', () => {
    const codes = readFileSync(new URL('errors.ts', import.meta.url), 'utf8').matchAll(/'([A-Z]{2,}(?:_[A-Z]+)+)'/g)
    expect([...new Set([...codes].map((match) => match[1]))].sort()).toEqual([
      'INCIDENT_RESOLVED',
      'INCIDENT_UNKNOWN',
      'NO_LOGS',
      'PATH_OUTSIDE',
      'REMEDIATION_FAILED',
      'REMEDIATION_FORBIDDEN',
      'REMEDIATION_IMPOSSIBLE',
      'REPORT_EXISTS',
      'SERVICES_INVALID',
      'SERVICE_EXISTS',
      'SERVICE_UNKNOWN',
      'TIME_INVALID',
    ])
  })
})
