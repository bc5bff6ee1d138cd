import { pluginContract } from '@switchyard/testkit'
import { describe, it } from 'vitest'
import release from './index.ts'

/**
 * What plans and records keeps the whole contract (contract.test.ts). What cuts leaves a journal on purpose, and is tried on real
 * repositories by tests of its own; these rules hold for all of it.
 */
describe('release-plugin, every command of it', () => {
  const failing = {
    cut: [{ project: 'nowhere' }, { version: 'banana' }, { plan: 'no-such-plan-id' }],
    undo: [{}, { version: 'v9.9.9' }],
    resume: [{}, { version: '../../etc' }],
    publish: [{}],
    unpublish: [{}],
    rehearse: [{ project: 'nowhere' }],
    'step.do': [
      { cut: 'cut-0000000000', step: 'files' },
      { cut: '../x', step: 'files' },
    ],
    'step.undo': [{ cut: 'cut-0000000000', step: 'files' }],
    branch: [{ name: '--force' }],
    'branch.remove': [{ name: 'x', commit: 'nothing' }],
    backport: [{ to: 'release/1.x' }],
    'port.pick': [{ branch: 'x', onto: 'nothing', commits: ['nothing'] }],
    'port.unpick': [{ branch: 'x', before: 'nothing', after: 'nothing' }],
  }
  const forAll = pluginContract(release, { failing }).filter(({ name }) => /^\[(D1|D2|D3|E1)\]/.test(name))
  for (const { name, run } of forAll) it(name, run)
})
