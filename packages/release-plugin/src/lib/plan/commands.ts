import { command } from '@switchyard/plugin-kit'
import { PLAN_EXAMPLES } from './examples.ts'
import { planInput } from './input.ts'
import { releasePlan } from './release-plan.ts'

const plan = command({
  summary: 'Plan the next release: its version and why, every file that changes, the changelog, and whether it may happen',
  description:
    'Reads the commits since the last release as Conventional Commits and decides the next version from them, for a project or for each ' +
    'package of a monorepo. Shows every file as a diff, the text of the changelog, tag and commit, what would be published, and the verdict ' +
    'of the readiness policy. Nothing is written, and nothing is sent.',
  examples: PLAN_EXAMPLES.plan,
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
