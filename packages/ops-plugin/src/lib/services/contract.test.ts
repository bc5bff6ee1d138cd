import { pluginContract, type TestYard } from '@switchyard/testkit'
import { describe, it } from 'vitest'
import { services } from '../../../test/services.ts'

/** Always the same answer: what is measured differs from look to look. */
const check = { type: 'process', pidFile: 'one.pid' }
const files = {
  'switchyard.services.json': `${JSON.stringify(
    {
      services: [
        { name: 'api', checks: [check], logs: [{ file: 'app.log' }], remediate: { restart: { unit: 'no-such-unit-here.service' } } },
        { name: 'web', checks: [check], accessLog: 'access.log' },
      ],
    },
    null,
    2,
  )}\n`,
  'one.pid': `${process.pid}\n`,
  'app.log': '2026-01-01T00:00:00Z ERROR connect ECONNREFUSED 10.0.0.5:5432\n',
  'access.log': '1.2.3.4 - - [01/Jan/2026:00:00:00 +0000] "GET / HTTP/1.1" 200 12 "-" "x" 0.010\n',
}

async function arrange(kit: TestYard): Promise<void> {
  const { id } = await kit.plan('ops.incident.open', { title: 'Orders fail' })
  await kit.approve(id)
}

/** A restart that works is tried on a real process in remediate.test.ts. */
const { remediate: _, ...commands } = services.commands

describe('the commands of running services keep what every command must', () => {
  const inputs = {
    'service.add': [
      { service: 'db', address: 'localhost:5432' },
      { service: 'job', checks: [{ type: 'command' as const, argv: ['true'] }] },
    ],
    'service.remove': [{ service: 'api' }, { service: 'web' }],
    'service.trust': [{ service: 'api' }],
    'monitor.watch': [{ rounds: 1 }],
    logs: [{}, { path: ['app.log'], text: 'ECONNREFUSED', level: 'error' as const }],
    'incident.open': [{ title: 'Slow', service: 'api' }],
    'incident.show': [{ id: 1 }],
    'incident.note': [{ id: 1, text: 'looked at it' }],
    'incident.resolve': [{ id: 1 }],
    'incident.report': [{ id: 1 }],
    audit: [{ root: 'nowhere' }],
  }
  const failing = {
    'service.add': [
      { service: 'api', url: 'http://localhost/' },
      { service: 'x', url: 'no address' },
    ],
    'service.remove': [{ service: 'none' }],
    'service.trust': [{ service: 'none' }],
    'monitor.check': [{ service: ['none'] }],
    logs: [{ service: 'none' }, { since: 'whenever' }],
    investigate: [{ service: 'none' }],
    'incident.show': [{ id: 99 }],
    'incident.report': [{ id: 1, path: '../out.md' }],
  }
  const contract = pluginContract({ ...services, commands }, { files, inputs, failing, arrange })
  for (const { name, run } of contract) it(name, run)
})
