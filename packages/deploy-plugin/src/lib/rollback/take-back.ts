import type { Context, Plan } from '@switchyard/plugin-kit'
import { beginRun } from '../apply/apply.ts'
import { type DeployPlan, isScaling } from '../apply/plan.ts'
import { planText } from '../apply/plan-text.ts'
import type { Run } from '../apply/run.ts'
import { openSession } from '../apply/session.ts'
import { confirmEnvironment, environmentOf } from '../guard/guard.ts'

/** What a return to what ran before a finished deployment would do. */
export async function planTakeBack(run: Run, ctx: Context): Promise<Plan> {
  if (run.plan.kind === 'rehearsal') return { summary: `Nothing is left of rehearsal ${run.run} that could be taken back`, steps: [] }
  return planText(await planOf(run, ctx))
}

/** Returns each service of a finished deployment to what it ran before. */
export async function takeBack(run: Run, confirm: string | undefined, ctx: Context): Promise<Run> {
  if (run.plan.kind === 'rehearsal') return run
  const plan = await planOf(run, ctx)
  await confirmEnvironment(environmentOf(run.config, run.plan.env), confirm, ctx, `take deployment ${run.run} back`)
  return beginRun(plan, { config: run.config, project: run.project }, ctx)
}

async function planOf({ config, plan, project, run }: Run, ctx: Context): Promise<DeployPlan> {
  const { env, services } = plan
  await using session = await openSession(config, env, { project, signal: ctx.signal })
  const why = `take deployment ${run} back`
  const [scaled, ...others] = services
  if (scaled?.from !== undefined && others.length === 0 && isScaling(scaled)) {
    const { planScale } = await import('../scale/plan-scale.ts')
    return await planScale(session, { config, env, service: scaled.service, replicas: scaled.from.replicas, why }, ctx)
  }
  const { planRollback } = await import('./plan-rollback.ts')
  const releases = Object.fromEntries(services.flatMap(({ service, from }) => (from === undefined ? [] : [[service, from]])))
  return await planRollback(session, { config, project, env, why, releases, restore: false }, ctx)
}
