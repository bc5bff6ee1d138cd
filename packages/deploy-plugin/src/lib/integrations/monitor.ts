import { defineTopic, type ListenContext, on, type PayloadOf } from '@switchyard/plugin-kit'
import { z } from 'zod'
import { createDeployments } from '../records/deployments.ts'
import { rollBack } from '../watch/roll-back.ts'
import { createWatches } from '../watch/watches.ts'

/** What the ops plugin's monitor publishes when a service counts as something else than before. */
const serviceChanged = defineTopic(
  'ops/service-changed',
  z.looseObject({
    service: z.string(),
    env: z.string().optional(),
    to: z.string(),
    at: z.string(),
    checks: z.array(z.looseObject({ check: z.string(), reason: z.string() })).default([]),
  }),
)

/** Ends the watch of a deployment whose service the monitor calls UNHEALTHY, and takes it back where that was asked for. */
async function hear({ service, env, to, at, checks }: PayloadOf<typeof serviceChanged>, ctx: ListenContext): Promise<void> {
  if (to !== 'UNHEALTHY') return
  const watches = createWatches(ctx)
  const deployments = createDeployments(ctx)
  for (const { deployment: id, rollback } of watches.open()) {
    const deployment = deployments.find(id)
    if (deployment === undefined || !isMeant(deployment, service, env)) continue
    // What was told before the watch began is about the release before.
    if (deployment.finishedMs !== undefined && Date.parse(at) < deployment.finishedMs) continue
    const why = `the monitor found it UNHEALTHY${checks[0] === undefined ? '' : `: ${checks[0].check}: ${checks[0].reason}`}`
    if (!watches.end(id, 'unhealthy', why) || !rollback) continue
    const failed = await rollBack(ctx, '.', deployment, why)
    if (failed === undefined) watches.rolledBack(id)
    else ctx.log.error('failed rolling back what the monitor found unhealthy', { deployment: id, reason: failed })
  }
}

/** The monitor may name a service alone, or together with its stack. */
function isMeant(
  { stack, env, service }: { stack: string; env: string; service: string },
  named: string,
  namedEnv: string | undefined,
): boolean {
  const names = [service, `${stack}-${service}`, `${stack}/${service}`, `${stack}-${env}-${service}`]
  return names.includes(named) && (namedEnv === undefined || namedEnv === env)
}

export const monitorListener = on(serviceChanged, hear, { name: 'ops-monitor' })
