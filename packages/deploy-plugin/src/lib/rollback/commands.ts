import { type Command, type Context, command } from '@switchyard/plugin-kit'
import { z } from 'zod'
import { carriedOut } from '../apply/carried-out.ts'
import type { Planned } from '../apply/carry-out.ts'
import { confirmField, envField, LONGEST_MS, projectField } from '../apply/commands.ts'
import { APPLY_EXAMPLES } from '../apply/examples.ts'
import { runView } from '../apply/view.ts'

const rollbackInput = z.object({
  project: projectField,
  env: envField,
  service: z.array(z.string().min(1)).optional().describe('Only these services; absent: all that have a release to return to'),
  to: z.string().min(1).optional().describe('Digest or its beginning, version, tag, or number of a deployment; absent: what served before'),
  restore: z.boolean().default(false).describe('Put volumes back as they were backed up; what is overwritten is backed up too'),
  rehearse: z.boolean().default(false).describe('Only try it: in a scratch stack that nobody is led to and that is gone afterwards'),
  word: z.string().optional().describe('"lose data", where a migration cannot be taken back'),
  why: z.string().min(1).max(500).default('as asked').describe('Reason, for the history'),
  confirm: confirmField,
})
type RollbackInput = z.output<typeof rollbackInput>

async function planFor(input: RollbackInput, ctx: Context): Promise<Planned> {
  const { planned } = await import('../apply/carry-out.ts')
  return planned(input, ctx, async (session, around) => {
    const wish = { ...input, ...around, services: input.service }
    if (!input.rehearse) return (await import('./plan-rollback.ts')).planRollback(session, wish, ctx)
    return (await import('./plan-rehearsal.ts')).planRehearsal(session, wish, ctx)
  })
}

const rollback = command({
  summary: 'Return services to a release that the host keeps, by digest, with what that means for their data',
  description:
    'Goes the way of a deployment: the old release starts beside what serves, with the settings it had, is watched, and takes over. Past a ' +
    'migration that cannot be taken back it goes only with a backup (--restore) or a typed word. With --rehearse nothing that serves is touched.',
  examples: APPLY_EXAMPLES.rollback,
  effect: 'destroy',
  idempotent: 'key',
  timeoutMs: LONGEST_MS,
  input: rollbackInput,
  output: runView,
  ...carriedOut(planFor),
})

export const rollbackCommands = { rollback } as const satisfies Readonly<Record<string, Command>>
