import { nothingToDeploy, replicasRefused } from '../apply/errors.ts'
import { servingOf } from '../apply/host-state.ts'
import { begin, type DeployPlan, fromOf, headOf, type PlanWish, type ServicePlan, sealed } from '../apply/plan.ts'
import type { Session } from '../apply/session.ts'
import { keptVariables } from '../apply/step-context.ts'
import { aloneBecause } from '../rollback/alone.ts'

export interface ScaleWish extends Pick<PlanWish, 'config' | 'env' | 'why'> {
  readonly service: string
  readonly replicas: number
}

/**
 * What it would do to run another number of what serves: those that serve stay, and those that are added are the same in everything.
 * @throws REPLICAS_REFUSED, NOTHING_TO_DEPLOY
 */
export async function planScale(session: Session, wish: ScaleWish, ctx: Parameters<Session['workOf']>[1]): Promise<DeployPlan> {
  const { service, replicas, env } = wish
  const { state } = await begin(session, { ...wish, services: [service] })
  const now = servingOf(state, service)
  if (now === undefined) throw replicasRefused(service, `it is not deployed to "${env}"`)
  if (now.replicas === replicas) throw nothingToDeploy(env)
  const { work } = await session.workOf(service, ctx, {})
  const { handler, hostname, strategy, health, port } = work.config
  if (handler === 'static') throw replicasRefused(service, 'the proxy serves its files itself')
  const alone = aloneBecause(now.spec, strategy)
  if (alone !== undefined && replicas > 1) throw replicasRefused(service, alone)
  if ((await keptVariables(session, service, now.settings)) === undefined)
    throw replicasRefused(service, 'the host does not know which variables it was given: deploy it once more')
  const from = fromOf(now)
  const plan: ServicePlan = {
    service,
    handler,
    because: ['replicas'],
    from,
    to: { ...from, replicas },
    fetch: 'none',
    strategy: 'beside',
    variables: { added: [], removed: [], changed: [] },
    ...(hostname !== undefined && { hostname }),
    route: hostname === undefined ? 'none' : 'change',
    backup: {},
    restore: {},
    migrate: 'none',
    keeps: [],
    drops: [],
  }
  const warnings = [
    ...(hostname === undefined && handler === 'process' && port !== undefined
      ? [`"${service}" has no hostname: nothing leads to its replicas but their own ports`]
      : []),
    ...(health === undefined ? [`"${service}" has no health check: each counts as well while it runs`] : []),
  ]
  const { version } = now
  return sealed({ kind: 'scale', ...headOf(session, { ...wish, version, tag: undefined }), services: [plan], same: [], warnings })
}
