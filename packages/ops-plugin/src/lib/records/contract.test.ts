import { definePlugin } from '@switchyard/plugin-kit'
import { pluginContract, type TestYard } from '@switchyard/testkit'
import { afterAll, beforeAll, describe, it } from 'vitest'
import { type FakeTracker, startFakeTracker } from '../../../test/fake-tracker.ts'
import { dashboardCommands } from '../dashboard/commands.ts'
import { issueCommands } from '../issues/commands.ts'
import { runbookCommands } from '../runbooks/commands.ts'
import { recordCommands } from './commands.ts'
import { ISSUE_LABELS, RECORD_TABLES } from './tables.ts'

// What wants npm is tried with a stand-in for it, in its own test.
const { 'dependency.update': _, ...carriedOut } = runbookCommands
const commands = { ...recordCommands, ...issueCommands, ...carriedOut, ...dashboardCommands }
const plugin = definePlugin({
  name: 'ops',
  version: '1.0.0',
  summary: 'The records of ops, their commands alone',
  touches: { plugins: ['chain', 'release'] },
  tables: [RECORD_TABLES, ISSUE_LABELS],
  commands,
})

const TOKEN = 'a-token-for-the-contract'
const VARIABLES = { GITHUB_TOKEN: TOKEN, GITEA_TOKEN: TOKEN }
let tracker: FakeTracker
const saved = { ...process.env }
beforeAll(async () => {
  tracker = await startFakeTracker({ token: TOKEN })
  tracker.add({ title: 'From elsewhere' })
  Object.assign(process.env, VARIABLES, { GITHUB_API_URL: tracker.url, GITEA_URL: tracker.url })
})
afterAll(async () => {
  await tracker[Symbol.asyncDispose]()
  for (const name of [...Object.keys(VARIABLES), 'GITHUB_API_URL', 'GITEA_URL']) {
    if (saved[name] === undefined) delete process.env[name]
    else process.env[name] = saved[name]
  }
})

const files = {
  'package.json': '{ "name": "demo", "version": "1.0.0" }',
  'other/README.md': 'Other',
  'runbooks/greet.md': '# Greet\n\n## Say\n\n```sh\ntrue\n```\n\n## Sure\n\nask: Go on?\n',
}
const check = (id: string, status: 'pass' | 'fail') => ({
  id,
  domain: 'docs',
  title: id,
  status,
  weight: 5,
  findings: [{ note: 'so it is' }],
  total: 1,
})

/** Project 1, health checks 1 and 2, issues 1 (open) and 2 (closed) by hand and 3 by a scan, executions 1 (Markdown, waiting), 2 and 3 by hand. */
async function arrange({ call }: TestYard): Promise<void> {
  await call('ops.project.register')
  for (const status of ['fail', 'pass']) await call('ops.health.record', { checks: [{ id: 'a', status, message: 'm' }] })
  await call('ops.issue.create', { title: 'Open' })
  await call('ops.issue.create', { title: 'Closed' })
  await call('ops.issue.close', { id: 2, resolution: 'done' })
  await call('ops.issue.file', { checks: [check('docs.readme', 'fail')] })
  await call('ops.runbook.run', { runbook: 'greet' })
  await call('ops.runbook.start', { runbook: 'by hand', totalSteps: 2 })
  await call('ops.runbook.start', { runbook: 'by hand', totalSteps: 2 })
}

const checks = [check('docs.readme', 'pass'), check('docs.license', 'fail')]

describe('the commands of records keep what every plugin must', () => {
  const inputs: Parameters<typeof pluginContract<typeof commands>>[1] = {
    files,
    arrange,
    inputs: {
      'project.register': [{ path: 'other' }, { name: 'renamed' }],
      'project.update': [{ version: '9.9.9', metadata: { a: 1 } }],
      'project.delete': [{ project: 'demo' }],
      'project.list': [{}, { name: 'DEM', limit: 1 }],
      'project.detect': [{}, { path: 'other' }],
      'health.record': [{ checks: [{ id: 'a', status: 'warn', message: 'm' }] }],
      'health.export': [{}, { id: 1, target: 'docs/health.md' }],
      'template.get': [{ category: 'skill-only' }],
      'change.revert': [{ change: 6 }],
      'issue.create': [{ title: 'New' }, { title: 'New there', project: 'other', healthCheck: 1 }],
      'issue.get': [{ id: 1 }, { id: 2 }, { id: 3 }],
      'issue.list': [{}, { status: 'closed' }, { sort: 'updated', status: ['open', 'closed'] }],
      'issue.update': [
        { id: 1, priority: 'low', status: 'in_progress' },
        { id: 2, status: 'open' },
      ],
      'issue.close': [{ id: 1, resolution: 'done' }, { title: 'Open' }],
      'issue.reopen': [{ id: 2 }],
      'issue.delete': [{ id: 1 }, { id: 3 }],
      'issue.triage': [{ checks }],
      'issue.file': [{ checks }, { checks: [check('docs.readme', 'fail')], level: 'warn' }],
      'issue.export': [{ repo: 'acme/demo' }],
      'issue.import': [{ repo: 'acme/demo' }, { tracker: 'gitea', repo: 'acme/demo' }],
      'runbook.show': [{ runbook: 'greet' }],
      'runbook.run': [{ runbook: 'greet' }],
      'runbook.resume': [{ run: 1 }],
      'runbook.step': [{ run: 1, step: 1 }],
      'runbook.get': [{ run: 1 }, { run: 2 }],
      'runbook.start': [{ runbook: 'new', totalSteps: 1 }],
      'runbook.log': [{ run: 2, name: 'first', status: 'pass' }],
      'runbook.finish': [{ run: 3 }, { run: 3, status: 'failed', error: 'why' }],
      dashboard: [{}, { project: 'demo', target: 'pages/status.html' }],
    },
    failing: {
      'project.register': [{ path: 'nowhere' }],
      'project.get': [{ project: 'nobody' }],
      'project.list': [{ cursor: 'x' }],
      'health.get': [{ id: 99 }],
      'health.export': [{ target: '../out.md' }],
      'template.get': [{ category: 'x' }],
      'change.revert': [{ change: 99 }],
      'issue.create': [{ title: 'x', project: 'nobody' }],
      'issue.get': [{ id: 99 }],
      'issue.list': [{ cursor: 'x' }, { since: 'soon' }],
      'issue.update': [{ id: 1, status: 'closed' }],
      'issue.close': [{ id: 2 }, {}],
      'issue.reopen': [{ id: 1 }],
      'issue.export': [{ repo: 'x' }],
      'runbook.run': [{ runbook: 'nothing' }],
      'runbook.step': [{ run: 1, step: 2 }],
      'runbook.log': [{ run: 1, name: 'x', status: 'pass' }],
      'runbook.finish': [{ run: 1 }],
    },
  }
  for (const { name, run } of pluginContract(plugin, inputs)) if (!name.startsWith('[D3]')) it(name, run)
})
