import { execFileSync } from 'node:child_process'
import { definePlugin } from '@switchyard/plugin-kit'
import { createTestYard, pluginContract, type TestYard } from '@switchyard/testkit'
import { describe, it } from 'vitest'
import { mapCommands } from './lib/map/commands.ts'
import { noteCommands } from './lib/notes/commands.ts'
import { planCommands } from './lib/plan/commands.ts'
import { recordCommands } from './lib/records/commands.ts'
import { recordTables } from './lib/records/tables.ts'

/** What plans, tells and records; what cuts needs a repository that it may change, and has tests of its own. */
const release = definePlugin({
  name: 'release',
  version: '0.1.0',
  summary: 'Plans, tells and records releases',
  touches: { plugins: ['ops'] },
  tables: recordTables,
  commands: { ...planCommands, ...mapCommands, ...noteCommands, ...recordCommands },
})

const files = {
  'README.md': 'Hello',
  'package.json': '{ "name": "demo", "version": "1.0.0" }\n',
  '.gitignore': '.switchyard/\n',
  'CHANGELOG.md': '# Changelog\n\nBy hand.\n',
}

async function arrange(kit: TestYard): Promise<void> {
  const git = (...args: string[]): unknown => execFileSync('git', args, { cwd: kit.dir, stdio: 'ignore' })
  git('init', '-q', '-b', 'main')
  git('add', '-A')
  git('-c', 'user.name=Ada', '-c', 'user.email=ada@example.org', 'commit', '-qm', 'feat: brew tea')
  await create(kit, '1.0.0')
}

async function create(kit: TestYard, version: string): Promise<{ release: { id: number }; after: string }> {
  const { id } = await kit.plan('release.create', { version, changelog: '### Added\n\n- Tea' })
  return (await kit.approve(id)) as { release: { id: number }; after: string }
}

await using kit = await createTestYard({ plugins: [release] })
const created = await create(kit, '1.0.0')

describe('release-plugin keeps what every plugin must', () => {
  const inputs = {
    create: [{ version: '1.2.0', changelog: '### Added\n\n- Tea' }],
    update: [{ version: '1.0.0', tag: 'v1.0.0' }],
    restore: [{ records: [{ id: created.release.id, before: null, after: created.after }] }],
  }
  const failing = {
    plan: [{ project: 'nowhere' }, { version: 'banana' }, { since: 'no-such-tag' }, { package: 'nobody' }],
    check: [{ project: 'nowhere' }],
    notes: [{ version: '9.9.9' }],
    create: [{ version: '1.0.0' }, { version: 'banana' }],
    get: [{ version: '9.9.9' }],
    export: [{ file: '../outside.md' }, { file: 'README.md/x.md' }],
    restore: [{ records: [{ id: created.release.id, before: null, after: 'something else' }] }],
  }
  for (const { name, run } of pluginContract(release, { files, inputs, failing, arrange })) it(name, run)
})
