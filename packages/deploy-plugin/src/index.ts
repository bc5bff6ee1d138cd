import { definePlugin } from '@switchyard/plugin-kit'
import { envCommands } from './lib/env/commands.ts'
import { fileCommands } from './lib/files/commands.ts'
import { validateCommands } from './lib/validate/commands.ts'

/** Deployments to machines of your own: checked, health-gated and reversible. */
const deploy = definePlugin({
  name: 'deploy',
  version: '0.1.0',
  summary: 'Deployments to machines of your own: checked, health-gated and reversible',
  capabilities: {
    domains: ['deployment', 'hosting', 'containers', 'rollback'],
    contexts: ['project', 'stack', 'host'],
    integrations: ['docker', 'podman', 'compose', 'caddy', 'systemd', 'ssh'],
  },
  touches: { files: ['**'], hosts: ['*'], programs: ['systemctl', 'systemd-analyze', 'caddy', 'sh', 'tar'], plugins: ['ops', 'chain'] },
  tables: [],
  commands: {
    ...envCommands,
    ...fileCommands,
    ...validateCommands,
  },
})

export default deploy
