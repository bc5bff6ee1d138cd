import { type Context, isSwitchyardError, plans } from '@switchyard/plugin-kit'
import type { Deployment } from './deployment.ts'

/** Whether the yard's plan still waits for a person; so it is taken to where the yard does not say. */
export async function isWaiting(ctx: Pick<Context, 'call' | 'signal'>, plan: string): Promise<boolean> {
  try {
    return (await ctx.call(plans.show, { id: plan })).state === 'waiting'
  } catch (error) {
    ctx.signal.throwIfAborted()
    return !isSwitchyardError(error, 'PLAN_UNKNOWN')
  }
}

/** Without those that were prepared and whose plan was discarded since, or is forgotten: they wait no more. */
export async function withoutDiscarded(
  ctx: Pick<Context, 'call' | 'signal'>,
  deployments: readonly Deployment[],
): Promise<readonly Deployment[]> {
  const named = new Set(deployments.flatMap(({ state, plan }) => (state === 'planned' && plan !== undefined ? [plan] : [])))
  const waiting = new Set<string>()
  for (const plan of named) if (await isWaiting(ctx, plan)) waiting.add(plan)
  return deployments.filter(({ state, plan }) => state !== 'planned' || plan === undefined || waiting.has(plan))
}
