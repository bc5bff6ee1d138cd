import { command } from '@switchyard/plugin-kit'
import { z } from 'zod'
import { planInput } from '../plan/input.ts'
import { REHEARSAL_EXAMPLES } from './examples.ts'
import { rehearsal } from './report.ts'

const rehearse = command({
  summary: 'Rehearse a release: cut it for real in a throwaway clone, with stand-ins for remote, registry and forge',
  description:
    "Runs the very code of release.cut on a clone: commits, tags, pushes to a bare repository and publishes by npm's own program to a small " +
    'registry on this machine. Shows every file, commit, tag and artifact. Nothing of it reaches the project or anybody outside.',
  examples: REHEARSAL_EXAMPLES.rehearse,
  // The repository's own hooks run, and with `full` its scripts: they may do anything, so somebody is asked.
  effect: 'write',
  timeoutMs: 1_800_000,
  input: planInput.extend({
    full: z.boolean().default(false).describe('Install dependencies in the clone, so that tests and packaging scripts run too'),
    hooks: z.boolean().default(true).describe("Let the repository's own hooks run"),
  }),
  output: rehearsal,
  plan: ({ full, hooks }) => ({
    summary: 'Rehearse the release in a throwaway clone',
    steps: [
      {
        does: 'run',
        target: 'a clone in the temporary folder',
        detail: 'what release.cut does, with stand-ins for remote, registry and forge',
      },
    ],
    warnings: [
      ...(hooks ? ["the repository's own hooks run there"] : []),
      ...(full ? ['npm ci, the tests and packaging scripts run there'] : []),
    ],
  }),
  async run({ full, hooks, ...input }, ctx) {
    const { rehearse } = await import('./rehearse.ts')
    return rehearse(input, { full, hooks }, ctx)
  },
})

export const rehearsalCommands = { rehearse }
