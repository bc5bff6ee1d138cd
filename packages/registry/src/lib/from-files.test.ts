import { expect, test } from 'vitest'
import type { ForeignPlugin } from './foreign.ts'
import { registeredFromFiles } from './from-files.ts'

const AGENT = { kind: 'agent', name: 'auditor', summary: 'Audits', keywords: [], examples: [], path: 'agents/auditor.md' } as const
const COMMAND = { ...AGENT, kind: 'command', name: 'audit', path: 'commands/audit.md' } as const
const plugin = (more: Partial<ForeignPlugin>): ForeignPlugin => ({
  name: 'web',
  summary: 'Frontend',
  keywords: [],
  dependencies: [],
  items: [AGENT, COMMAND],
  ...more,
})
const invoked = (more: Partial<ForeignPlugin>): string[] =>
  registeredFromFiles(plugin(more), { id: 'mine', folder: '/srv/team' }).entries.map(({ invoke }) =>
    invoke.replace(/^In Claude Code: /, ''),
  )

test('[G1] registeredFromFiles() says how each is used in Claude Code: installed by the marketplace that lists it, whatever it is called here', () => {
  const used = ['use the web:auditor agent', '/web:audit']
  expect(invoked({ marketplace: 'acme', path: 'plugins/web' })).toEqual(['/plugin install web@acme', ...used])
  expect(invoked({ path: 'web' })).toEqual(['start it with --plugin-dir /srv/team/web', ...used])
  expect(invoked({ path: '.claude', isProject: true })).toEqual(['start it in /srv/team', 'use the auditor agent', '/audit'])
})
