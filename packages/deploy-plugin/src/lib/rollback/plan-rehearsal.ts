import { type HostState, keptOf, type Serving, servingOf } from '../apply/host-state.ts'
import { type DeployPlan, headOf, inOrder, type ServicePlan, sealed } from '../apply/plan.ts'
import type { Session } from '../apply/session.ts'
import type { DeployConfig } from '../config/config.ts'
import { asked } from '../engine/engine.ts'
import { rehearsalImpossible } from '../handlers/errors.ts'
import type { Work } from '../handlers/handler.ts'
import { type RollbackWish, returnsOf, versionOf, WORD } from './plan-rollback.ts'

type PlanContext = Parameters<Session['workOf']>[1]

/**
 * What a rehearsal of a return would do: the releases that would be returned to, with those of now that they depend on, in a scratch stack
 * that is gone afterwards. @throws RELEASE_NOT_KEPT, BACKUP_MISSING, REHEARSAL_IMPOSSIBLE
 */
export async function planRehearsal(session: Session, wish: RollbackWish, ctx: PlanContext): Promise<DeployPlan> {
  // Nothing that serves is lost by it: what a return would need a word for can be tried without.
  const { state, services: returned } = await returnsOf(session, { ...wish, word: WORD }, ctx)
  const warnings: string[] = []
  const services: ServicePlan[] = []
  for (const service of neededBy(wish.config, returned)) {
    const plan = returned.find((one) => one.service === service) ?? neededPlan(wish.config, state, service)
    if (plan === undefined) continue
    const found = await rehearsalOf(session, state, plan, ctx)
    services.push(found.plan)
    warnings.push(...found.warnings)
  }
  return sealed({ kind: 'rehearsal', ...headOf(session, { ...wish, ...versionOf(returned) }), services, same: [], warnings })
}

/** Those that would be returned and all that they depend on, in the order in which they are started. */
function neededBy({ services, ...config }: DeployConfig, returned: readonly ServicePlan[]): string[] {
  const all = new Set<string>()
  const visit = (service: string): void => {
    if (all.has(service)) return
    all.add(service)
    for (const other of services[service]?.dependsOn ?? []) visit(other)
  }
  for (const { service } of returned) visit(service)
  return inOrder({ services, ...config }, [...all])
}

function neededPlan({ services }: DeployConfig, state: HostState, service: string): ServicePlan | undefined {
  const now = servingOf(state, service)
  const config = services[service]
  if (now === undefined || config === undefined) return undefined
  return {
    service,
    handler: config.handler,
    because: ['needed'],
    to: toOf(now),
    fetch: 'none',
    strategy: 'beside',
    variables: { added: [], removed: [], changed: [] },
    route: 'none',
    backup: {},
    restore: {},
    migrate: 'none',
    keeps: [],
    drops: [],
  }
}

const toOf = ({ release, settings, reference, slot, version }: Serving): ServicePlan['to'] => ({
  release,
  settings,
  reference,
  slot,
  replicas: 1,
  ...(version !== undefined && { version }),
})

async function rehearsalOf(
  session: Session,
  state: HostState,
  { hostname: _, replacedAs: __, ...plan }: ServicePlan,
  ctx: PlanContext,
): Promise<{ plan: ServicePlan; warnings: readonly string[] }> {
  const { service, to, restore, migrate } = plan
  const { work, handler } = await session.workOf(service, ctx, {})
  const kept = keptOf(state, service, { release: to.release ?? '', settings: to.settings ?? '' })
  const bare: ServicePlan = { ...plan, to: { ...to, replicas: 1 }, strategy: 'beside', route: 'none', keeps: [], drops: [] }
  if (handler.fence === undefined) {
    const warnings = [
      `"${service}" runs on the host itself, which nothing keeps it apart from: what its variables lead to is the real thing`,
      ...(migrate === 'none' ? [] : [`"${service}": its data is not migrated, as there is no copy of it`]),
    ]
    return { plan: { ...bare, migrate: 'none' }, warnings: plan.handler === 'static' ? [] : warnings }
  }
  const { volumes } = handler.fence(work, kept?.spec ?? {})
  await assertReachable(work)
  const copy = Object.fromEntries(volumes.flatMap(({ key, of }) => (restore[key] === undefined ? [[key, of]] : [])))
  const names = Object.keys(copy)
  const warnings =
    names.length === 0 ? [] : [`"${service}": ${names.join(', ')} is copied while it is in use, which not every database survives`]
  return { plan: { ...bare, copy }, warnings }
}

/** The host itself can ask what is in a network that leads nowhere, unless its engine keeps networks to itself. */
async function assertReachable({ engine: connect, service }: Work): Promise<void> {
  const engine = await connect()
  const { SecurityOptions: options } = (await asked('look at the engine', () => engine.info())) as { SecurityOptions?: readonly string[] }
  if (options?.some((one) => /rootless/.test(one)) === true)
    throw rehearsalImpossible(service, 'its engine runs without root, and nothing outside can ask what is in a network that leads nowhere')
}
