import { definePlugin } from '@switchyard/plugin-kit'
import { cutCommands } from './lib/cut/commands.ts'
import * as events from './lib/cut/events.ts'
import { flowCommands } from './lib/flows/commands.ts'
import { mapCommands } from './lib/map/commands.ts'
import { noteCommands } from './lib/notes/commands.ts'
import { planCommands } from './lib/plan/commands.ts'
import { releasePrompts } from './lib/prompts.ts'
import { recordCommands } from './lib/records/commands.ts'
import { recordTables } from './lib/records/tables.ts'
import { rehearsalCommands } from './lib/rehearsal/commands.ts'

/** Releases that happen completely or not at all. */
const release = definePlugin({
  name: 'release',
  version: '0.2.0',
  summary: 'Releases: planned from the commits, shown whole, done completely or not at all',
  capabilities: {
    domains: ['release', 'versions', 'changelog'],
    contexts: ['project', 'repository', 'monorepo'],
    integrations: ['git', 'npm', 'github', 'gitea', 'claude-code'],
  },
  touches: { files: ['**'], programs: ['git', 'npm'], plugins: ['ops', 'chain'] },
  publishes: Object.values(events),
  tables: recordTables,
  prompts: releasePrompts,
  requests: async () => (await import('./requests.json', { with: { type: 'json' } })).default,
  commands: { ...planCommands, ...mapCommands, ...noteCommands, ...recordCommands, ...cutCommands, ...rehearsalCommands, ...flowCommands },
})

export default release
