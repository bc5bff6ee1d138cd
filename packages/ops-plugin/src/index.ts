import { definePlugin } from '@switchyard/plugin-kit'
import { dashboardCommands } from './lib/dashboard/commands.ts'
import { healthCommands } from './lib/health/commands.ts'
import { issueCommands } from './lib/issues/commands.ts'
import { opsPrompts } from './lib/prompts.ts'
import { recordCommands } from './lib/records/commands.ts'
import { ISSUE_LABELS, RECORD_TABLES } from './lib/records/tables.ts'
import { runbookCommands } from './lib/runbooks/commands.ts'
import { runningServiceCommands } from './lib/services/commands.ts'
import { serviceChanged, serviceListeners } from './lib/services/events.ts'
import { EVENT_ENVIRONMENTS, SERVICE_TABLES } from './lib/services/tables.ts'
import { smokeCommands } from './lib/smoke/commands.ts'

/** Operations: what is the state of a project, and what to do about it. */
const ops = definePlugin({
  name: 'ops',
  version: '0.2.0',
  summary: 'Operations: the health of a project, computed and explained',
  capabilities: {
    domains: ['operations', 'health', 'quality', 'monitoring', 'incidents'],
    contexts: ['project', 'repository', 'claude-plugin', 'service', 'host'],
    integrations: ['git', 'npm', 'claude-code'],
  },
  touches: {
    files: ['**'],
    programs: ['git', 'npm', 'pnpm', 'yarn', 'bun', 'go', 'cargo', 'mypy', 'python3', 'systemctl', 'journalctl', 'apt-get'],
    hosts: ['api.github.com', 'registry.npmjs.org'],
    plugins: ['chain', 'release', 'deploy'],
  },
  publishes: [serviceChanged],
  listens: [...serviceListeners],
  tables: [RECORD_TABLES, SERVICE_TABLES, EVENT_ENVIRONMENTS, ISSUE_LABELS],
  prompts: opsPrompts,
  requests: async () => (await import('./requests.json', { with: { type: 'json' } })).default,
  commands: {
    ...healthCommands,
    ...smokeCommands,
    ...recordCommands,
    ...issueCommands,
    ...runbookCommands,
    ...dashboardCommands,
    ...runningServiceCommands,
  },
})

export default ops
