import { resolve } from 'node:path'
import { command, definePlugin } from '@switchyard/plugin-kit'
import { scanInput, scanOutput } from './lib/health/schema.ts'
import { issueCommands } from './lib/issues/commands.ts'
import { recordCommands } from './lib/records/commands.ts'
import { RECORD_TABLES } from './lib/records/tables.ts'

const healthScan = command({
  summary: 'Check the health of a project: structure, docs, dependencies, tests, secrets, and all that a Claude Code plugin needs',
  description:
    'Runs every check that applies to the project over a read-only view of its files. Each finding names file and line and how to mend it. ' +
    'The same tree gives the same report; nothing is changed and no network is used.',
  examples: [
    'check the health of this project',
    'how healthy is this repository',
    'scan the project for problems',
    'run a health check',
    'what is the health score of this codebase',
    'are there secrets committed in this repo',
    'is my plugin set up correctly',
    'find broken hooks and missing files in the plugin',
    'give me a quality report for this project',
    'what should I fix first in this repository',
    'is the lock file in sync with package.json',
    'audit the structure of this workspace',
  ],
  input: scanInput,
  output: scanOutput,
  effect: 'read',
  timeoutMs: 60_000,
  async run({ project, strict }, { workspace, signal }) {
    const { scan } = await import('./lib/health/scan.ts')
    return scan(resolve(workspace, project), { strict, signal })
  },
})

/** Operations: what is the state of a project, and what to do about it. */
const ops = definePlugin({
  name: 'ops',
  version: '0.1.0',
  summary: 'Operations: the health of a project, computed and explained',
  capabilities: {
    domains: ['operations', 'health', 'quality'],
    contexts: ['project', 'repository', 'claude-plugin'],
    integrations: ['git', 'npm', 'claude-code'],
  },
  touches: { files: ['**'], programs: ['git'], hosts: ['api.github.com'], plugins: ['chain', 'release', 'deploy'] },
  tables: [RECORD_TABLES],
  commands: { 'health.scan': healthScan, ...recordCommands, ...issueCommands },
})

export default ops
