import { definePlugin } from '@switchyard/plugin-kit'
import { applyCommands } from './lib/apply/commands.ts'
import { runTables } from './lib/apply/run.ts'
import { checkCommands } from './lib/check/commands.ts'
import { destroyCommands } from './lib/destroy/commands.ts'
import { envCommands } from './lib/env/commands.ts'
import { fileCommands } from './lib/files/commands.ts'
import { generateCommands } from './lib/generate/commands.ts'
import { monitorListener } from './lib/integrations/monitor.ts'
import { releaseListener } from './lib/integrations/release.ts'
import { inventoryCommands } from './lib/inventory/commands.ts'
import { deployPrompts } from './lib/prompts.ts'
import { topics } from './lib/records/events.ts'
import { recordTables } from './lib/records/tables.ts'
import { rollbackCommands } from './lib/rollback/commands.ts'
import { scaleCommands } from './lib/scale/commands.ts'
import { setupCommands } from './lib/setup/commands.ts'
import { statusCommands } from './lib/status/commands.ts'
import { validateCommands } from './lib/validate/commands.ts'
import { watchCommands } from './lib/watch/commands.ts'

/** Deployments to machines of your own: checked, health-gated and reversible. */
const deploy = definePlugin({
  name: 'deploy',
  version: '0.2.0',
  summary: 'Deployments to machines of your own: checked, health-gated and reversible',
  capabilities: {
    domains: ['deployment', 'hosting', 'containers', 'rollback'],
    contexts: ['project', 'stack', 'host'],
    integrations: ['docker', 'podman', 'compose', 'caddy', 'systemd', 'ssh'],
  },
  touches: {
    files: ['**'],
    hosts: ['*'],
    programs: ['systemctl', 'systemd-analyze', 'caddy', 'sh', 'tar', 'git'],
    plugins: ['ops', 'chain', 'plan'],
  },
  publishes: topics,
  listens: [releaseListener, monitorListener],
  tables: [...recordTables, ...runTables],
  prompts: deployPrompts,
  requests: async () => (await import('./requests.json', { with: { type: 'json' } })).default,
  // What people want most comes first: an MCP client lists as many as its budget takes.
  commands: {
    ...statusCommands,
    ...checkCommands,
    ...applyCommands,
    ...rollbackCommands,
    ...scaleCommands,
    ...validateCommands,
    ...watchCommands,
    ...setupCommands,
    ...generateCommands,
    ...envCommands,
    ...fileCommands,
    ...destroyCommands,
    ...inventoryCommands,
  },
})

export default deploy
