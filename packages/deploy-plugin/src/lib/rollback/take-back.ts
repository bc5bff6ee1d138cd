import type { Context, Plan } from '@switchyard/plugin-kit'
import { beginRun } from '../apply/apply.ts'
import { type DeployPlan, planText } from '../apply/plan.ts'
import type { Run } from '../apply/run.ts'
import { openSession } from '../apply/session.ts'
import { confirmEnvironment, environmentOf } from '../guard/guard.ts'
import { planRollback } from './plan-rollback.ts'

/** What a return to what ran before a finished deployment would do. */
export async function planTakeBack(run: Run, ctx: Context): Promise<Plan> {
  return planText(await planOf(run, ctx))
}

/** Returns each service of a finished deployment to what it ran before. */
export async function takeBack(run: Run, confirm: string | undefined, ctx: Context): Promise<Run> {
  const plan = await planOf(run, ctx)
  await confirmEnvironment(environmentOf(run.config, run.plan.env), confirm, ctx, `take deployment ${run.run} back`)
  return beginRun(plan, { config: run.config, project: run.project }, ctx)
}

async function planOf({ config, plan, project, run }: Run, ctx: Context): Promise<DeployPlan> {
  await using session = await openSession(config, plan.env, { project, signal: ctx.signal })
  const releases = Object.fromEntries(plan.services.flatMap(({ service, from }) => (from === undefined ? [] : [[service, from.release]])))
  return await planRollback(session, { config, project, env: plan.env, why: `take deployment ${run} back`, releases, restore: false }, ctx)
}
