import { type Command, type Context, command } from '@switchyard/plugin-kit'
import { z } from 'zod'
import { configAt, confirmField, envField, LONGEST_MS, projectField } from '../apply/commands.ts'
import { APPLY_EXAMPLES } from '../apply/examples.ts'
import type { DeployPlan } from '../apply/plan.ts'
import { runView, viewOf } from '../apply/view.ts'
import type { DeployConfig } from '../config/config.ts'

const rollbackInput = z.object({
  project: projectField,
  env: envField,
  service: z.array(z.string().min(1)).optional().describe('Only these services; absent: all that have a release to return to'),
  to: z.string().min(1).optional().describe('Digest or its beginning, version, tag, or number of a deployment; absent: what served before'),
  restore: z.boolean().default(false).describe('Put volumes back as they were backed up; what is overwritten is backed up too'),
  word: z.string().optional().describe('"lose data", where a migration cannot be taken back'),
  why: z.string().min(1).max(500).default('as asked').describe('Reason, for the history'),
  confirm: confirmField,
})
type RollbackInput = z.output<typeof rollbackInput>

async function planFor(input: RollbackInput, ctx: Context): Promise<{ plan: DeployPlan; config: DeployConfig; folder: string }> {
  const { config, folder } = await configAt(input.project, ctx)
  const [{ openSession }, { planRollback }] = await Promise.all([import('../apply/session.ts'), import('./plan-rollback.ts')])
  await using session = await openSession(config, input.env, { project: folder, signal: ctx.signal })
  return { plan: await planRollback(session, { ...input, services: input.service, config, project: folder }, ctx), config, folder }
}

const rollback = command({
  summary: 'Return services to a release that the host keeps, by digest, with what that means for their data',
  description:
    'Goes the way of a deployment: the old release starts beside what serves, is watched, and takes over. Past a migration that cannot be ' +
    'taken back it goes only with a backup (--restore) or a typed word.',
  examples: APPLY_EXAMPLES.rollback,
  effect: 'destroy',
  idempotent: 'key',
  timeoutMs: LONGEST_MS,
  input: rollbackInput,
  output: runView,
  async plan(input, ctx) {
    const { planText } = await import('../apply/plan.ts')
    return planText((await planFor(input, ctx)).plan)
  },
  undo: ({ run, project, env }) => ({ command: 'deploy.undo', input: { run, project, env } }),
  async run(input, ctx) {
    const [{ beginRun, resumeRun, runOfKey }, { confirmEnvironment, environmentOf }] = await Promise.all([
      import('../apply/apply.ts'),
      import('../guard/guard.ts'),
    ])
    const known = runOfKey(ctx)
    if (known !== undefined) return viewOf(await resumeRun(known, ctx))
    const { plan, config, folder } = await planFor(input, ctx)
    await confirmEnvironment(
      environmentOf(config, input.env),
      input.confirm,
      ctx,
      `return ${plan.services.map(({ service }) => service).join(', ')}`,
    )
    return viewOf(await beginRun(plan, { config, project: folder }, ctx))
  },
})

export const rollbackCommands = { rollback } as const satisfies Readonly<Record<string, Command>>
