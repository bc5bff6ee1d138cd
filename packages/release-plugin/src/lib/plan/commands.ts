import { command } from '@switchyard/plugin-kit'
import { planInput } from './input.ts'
import { releasePlan } from './release-plan.ts'

const plan = command({
  summary: 'Plan the next release: its version and why, every file that changes, the changelog, and whether it may happen',
  description:
    'Reads the commits since the last release as Conventional Commits and decides the next version from them, for a project or for each ' +
    'package of a monorepo. Shows every file as a diff, the text of the changelog, tag and commit, what would be published, and the verdict ' +
    'of the readiness policy. Nothing is written, and nothing is sent.',
  examples: [
    'plan the next release',
    'what would the next version be',
    'what is going into the next release',
    'are we ready to release',
    'preview the changelog of the next release',
    'which version comes next and why',
    'plan a beta release',
    'show what a release would change',
    'plan a major release of this project',
    'is this project ready for a release',
    'what has changed since the last release',
    'plan release 2.0.0',
  ],
  input: planInput,
  output: releasePlan,
  effect: 'read',
  timeoutMs: 120_000,
  async run(input, ctx) {
    const { makePlan } = await import('./make-plan.ts')
    return makePlan(input, ctx)
  },
})

export const planCommands = { plan }
