import { createHash } from 'node:crypto'
import { stat } from 'node:fs/promises'
import { join } from 'node:path'
import type { DeployConfig, ServiceConfig } from '../config/config.ts'
import { assertSameHandler, assertSameVariables } from '../guard/guard.ts'
import { otherSide } from '../handlers/slots.ts'
import { nothingToDeploy, replicasRefused } from './errors.ts'
import { canonical, type HostState, isSame, type KeptOnHost, labelOf, servingOf, settingsOf, type Version } from './host-state.ts'
import { begin, type DeployPlan, fromOf, headOf, type PlanWish, routeId, type ServicePlan, sealed } from './plan.ts'
import type { Session } from './session.ts'
import { differenceOf, hashOf, hashVariables } from './variables.ts'

type PlanContext = Parameters<Session['workOf']>[1]

/** Finds out what a deployment would change; reads alone. @throws ENVIRONMENT_UNKNOWN, ENVIRONMENT_MISMATCH, NOTHING_TO_DEPLOY */
export async function planApply(session: Session, wish: PlanWish, ctx: PlanContext): Promise<DeployPlan> {
  const { config, env } = wish
  const { state, chosen } = await begin(session, wish)
  const services: ServicePlan[] = []
  const same: string[] = []
  const warnings: string[] = []
  for (const service of chosen) {
    const found = await planService(session, wish, state, service, ctx)
    warnings.push(...found.warnings)
    if (found.plan === undefined) same.push(service)
    else services.push(found.plan)
  }
  if (services.length === 0) throw nothingToDeploy(env)
  const files = state === undefined ? await filesMark(wish) : undefined
  return sealed({
    kind: 'apply',
    ...headOf(session, wish),
    services,
    same,
    warnings: [...warnings, ...services.flatMap((one) => warningsOf(one, config))],
    ...(files !== undefined && { files }),
  })
}

async function planService(
  session: Session,
  { config, env, backup, again, version }: PlanWish,
  state: HostState | undefined,
  service: string,
  ctx: PlanContext,
): Promise<{ plan?: ServicePlan; warnings: readonly string[] }> {
  const { work, plain, handler } = await session.workOf(service, ctx)
  assertSameVariables(work.variables, config, env, work.config.envFile ?? config.environments[env]?.envFile ?? 'the configuration')
  assertSameHandler(env, service, work.config, state?.services[service])
  const desired = await handler.desired(plain)
  const before = servingOf(state, service)
  const specHash = state === undefined ? undefined : hashOf(canonical(desired.spec), state.key)
  const variables = state === undefined ? {} : hashVariables(work.variables, state.key)
  const difference = before === undefined ? { added: [], removed: [], changed: [] } : differenceOf(before.variables, variables)
  const because: ServicePlan['because'][number][] = []
  if (before === undefined) because.push('new')
  else {
    if (desired.release !== before.release) because.push('release')
    if (specHash !== before.specHash) because.push('settings')
    if (difference.added.length + difference.removed.length + difference.changed.length > 0) because.push('variables')
    if (because.length === 0 && again) because.push('again')
  }
  const { migrations, hostname } = work.config
  const replicas = replicasOf(work.config, state, service)
  const route = await routeOf(session, service, work.config, state, ctx)
  if (because.length === 0 && route === 'add') because.push('settings')
  const scales = because.length === 0 && before !== undefined && replicas !== before.replicas
  if (before !== undefined && replicas !== before.replicas) because.push('replicas')
  if (because.length === 0) return { warnings: [] }
  if (replicas > 1 && desired.strategy === 'replace') throw replicasRefused(service, desired.because ?? 'its strategy is "replace"')
  const settings = specHash === undefined || state === undefined ? undefined : settingsOf(specHash, variables, state.key)
  const { keeps, drops } = keepingOf(state, service, { release: desired.release ?? '', settings: settings ?? '' }, config.keepReleases)
  const migrate = migrations?.up !== undefined && migrations.level > (before?.level ?? -1) && before !== undefined ? 'up' : 'none'
  return {
    warnings: desired.warnings,
    plan: {
      service,
      handler: work.config.handler,
      because,
      ...(before !== undefined && { from: fromOf(before) }),
      to: {
        ...(desired.release !== undefined && { release: desired.release }),
        ...(settings !== undefined && { settings }),
        reference: desired.reference,
        slot: scales ? before.slot : before === undefined ? 'blue' : otherSide(before.slot),
        replicas,
        ...(version !== undefined && { version }),
        ...(migrations !== undefined && { level: migrations.level, reversible: migrations.reversible }),
      },
      fetch: desired.fetch,
      strategy: scales ? 'beside' : desired.strategy,
      ...(desired.because !== undefined && !scales && { replacedAs: desired.because }),
      ...(specHash !== undefined && { specHash }),
      variables: difference,
      ...(hostname !== undefined && { hostname }),
      route: route === 'keep' && before?.replicas !== replicas ? 'change' : route,
      backup: before === undefined || scales ? {} : backupsOf(work.config, desired.volumes, backup),
      restore: {},
      migrate,
      keeps,
      drops,
    },
  }
}

async function routeOf(
  session: Session,
  service: string,
  { hostname }: ServiceConfig,
  state: HostState | undefined,
  ctx: PlanContext,
): Promise<ServicePlan['route']> {
  const proxy = session.proxy(ctx.signal)
  if (hostname === undefined || proxy === undefined) return 'none'
  const isThere = await proxy.hasRoute(routeId(session.stack, session.env, service))
  return isThere && state?.services[service] !== undefined ? 'keep' : 'add'
}

/** As many as serve, until the configuration wants another number than it did when they came. */
function replicasOf(config: ServiceConfig, state: HostState | undefined, service: string): number {
  const wanted = config.handler === 'static' ? 1 : config.replicas
  const before = state?.services[service]
  return before === undefined || before.configured !== wanted ? wanted : before.replicas
}

/** Which releases can be returned to afterwards, and which are taken away. */
function keepingOf(state: HostState | undefined, service: string, next: Version, keep: number): { keeps: string[]; drops: string[] } {
  const others = (state?.services[service]?.kept ?? []).filter((one) => !isSame(one, next))
  const told = (one: KeptOnHost): string => `${labelOf(one)}${Object.keys(one.backups).length === 0 ? '' : ' with its backup'}`
  return { keeps: others.slice(0, keep).map(labelOf), drops: others.slice(keep).map(told) }
}

function backupsOf(config: ServiceConfig, volumes: Readonly<Record<string, string>>, all: boolean): Record<string, string> {
  const asked = config.handler === 'compose' ? config.backup : []
  return Object.fromEntries(Object.entries(volumes).filter(([key]) => all || asked.includes(key)))
}

function warningsOf({ service, strategy, replacedAs, to, backup, migrate, because, handler }: ServicePlan, config: DeployConfig): string[] {
  const one = config.services[service]
  const all: string[] = []
  if (strategy === 'replace' && !because.includes('new'))
    all.push(
      `"${service}" is down from its stop until its first good answer, for ${one?.startForSeconds ?? 60} s at most${replacedAs === undefined ? '' : `, as ${replacedAs}`}`,
    )
  if (to.release === undefined) all.push(`"${service}": which digest it is, is known only once it is on the host`)
  if (one?.health === undefined && handler !== 'static') all.push(`"${service}" has no health check: it counts as well while it runs`)
  if (Object.keys(backup).length > 0 && strategy === 'beside') all.push(`"${service}": its volumes are backed up while it writes to them`)
  if (migrate === 'up' && one?.migrations !== undefined && one.migrations.reversible >= one.migrations.level)
    all.push(`"${service}": data level ${to.level} cannot be taken back without loss`)
  if (one?.hostname === undefined && strategy === 'beside' && one?.port !== undefined && handler === 'process')
    all.push(`"${service}" has no hostname: nothing leads to it but its port, which changes with each deployment`)
  return all
}

/** Whether an env file is written to between a first plan and its approval is seen by this. */
async function filesMark({ config, env, project }: PlanWish): Promise<string> {
  const files = [config.environments[env]?.envFile, ...Object.values(config.services).map(({ envFile }) => envFile)]
  const facts: string[] = []
  for (const file of files) {
    if (file === undefined) continue
    const found = await stat(join(project, file)).catch(() => undefined)
    facts.push(`${file} ${found?.mtimeMs} ${found?.size}`)
  }
  return createHash('sha256').update(facts.join('\n')).digest('hex').slice(0, 16)
}
