import { backupUnknown, irreversible, nothingToReturn, releaseUnknown } from '../apply/errors.ts'
import { type HostState, isSame, type KeptOnHost, labelOf, type Serving, servingOf, type Version } from '../apply/host-state.ts'
import { begin, type DeployPlan, fromOf, headOf, type PlanWish, routeId, type ServicePlan, sealed } from '../apply/plan.ts'
import type { Session } from '../apply/session.ts'
import { keptVariables } from '../apply/step-context.ts'
import { differenceOf, hashVariables } from '../apply/variables.ts'
import { assertSameHandler } from '../guard/guard.ts'
import { otherSide } from '../handlers/slots.ts'
import { aloneBecause } from './alone.ts'

export interface RollbackWish extends Pick<PlanWish, 'config' | 'project' | 'env' | 'services' | 'why'> {
  /** A digest or its beginning, a version, a tag, or the number of a deployment; absent: what served before this. */
  readonly to?: string | undefined
  /** By service, exactly; wins over `to`, and whatever is not among them stays. */
  readonly releases?: Readonly<Record<string, Version>>
  /** Put volumes back as they were backed up just before what serves now came. */
  readonly restore: boolean
  /** What has to be typed where data cannot be taken back. */
  readonly word?: string | undefined
}

type PlanContext = Parameters<Session['workOf']>[1]

/** What a person types to go back past what cannot be taken back. */
export const WORD = 'lose data'

/** What a return to releases that the host keeps would do. @throws RELEASE_NOT_KEPT, MIGRATION_IRREVERSIBLE, BACKUP_MISSING */
export async function planRollback(session: Session, wish: RollbackWish, ctx: PlanContext): Promise<DeployPlan> {
  const { services, warnings } = await returnsOf(session, wish, ctx)
  return sealed({ kind: 'rollback', ...headOf(session, { ...wish, ...versionOf(services) }), services, same: [], warnings })
}

/** The one version that all services are returned to, if there is one. */
export function versionOf(services: readonly ServicePlan[]): { version: string | undefined; tag: undefined } {
  const [version, ...others] = new Set(services.map(({ to }) => to.version))
  return { version: others.length === 0 ? version : undefined, tag: undefined }
}

/** Each service that would be returned, with what stands in the way of none. */
export async function returnsOf(
  session: Session,
  wish: RollbackWish,
  ctx: PlanContext,
): Promise<{ state: HostState; services: ServicePlan[]; warnings: string[] }> {
  const { state, chosen } = await begin(session, wish)
  if (state === undefined) throw nothingToReturn(wish.env)
  const services: ServicePlan[] = []
  const warnings: string[] = []
  for (const service of chosen) {
    const now = servingOf(state, service)
    if (now === undefined || (wish.releases !== undefined && wish.releases[service] === undefined)) continue
    const target = targetOf(state, service, wish)
    if (target === undefined || isSame(target, now)) continue
    const found = await returnOf(session, wish, state, { service, now, target }, ctx)
    services.push(found.plan)
    warnings.push(...found.warnings)
  }
  if (services.length === 0) throw nothingToReturn(wish.env)
  return { state, services, warnings }
}

interface Return {
  readonly service: string
  readonly now: Serving
  readonly target: KeptOnHost
}

async function returnOf(
  session: Session,
  wish: RollbackWish,
  state: HostState,
  { service, now, target }: Return,
  ctx: PlanContext,
): Promise<{ plan: ServicePlan; warnings: readonly string[] }> {
  const { work, handler } = await session.workOf(service, ctx, {})
  assertSameHandler(wish.env, service, work.config, state.services[service])
  if (!(await handler.has(work, target.release))) throw releaseUnknown(service, target.release, [])
  const data = dataSteps(state, service, now, target, wish)
  const warnings = [...data.warnings]
  const given = await givenTo(session, state, service, target, ctx)
  warnings.push(...given.warnings)
  const because = Object.keys(data.restore).length > 0 ? 'its data is put back' : aloneBecause(target.spec, work.config.strategy)
  const strategy = because === undefined ? 'beside' : 'replace'
  if (strategy === 'replace')
    warnings.push(`"${service}" is down from its stop until its first good answer, for ${work.config.startForSeconds} s at most`)
  const { hostname } = work.config
  const isThere = hostname !== undefined && (await session.proxy(ctx.signal)?.hasRoute(routeId(session.stack, wish.env, service)))
  const plan: ServicePlan = {
    service,
    handler: work.config.handler,
    because: ['asked'],
    from: fromOf(now),
    to: {
      release: target.release,
      settings: target.settings,
      reference: target.reference,
      slot: otherSide(now.slot),
      replicas: now.replicas,
      ...(target.version !== undefined && { version: target.version }),
      ...(target.level !== undefined && { level: target.level }),
      ...(target.reversible !== undefined && { reversible: target.reversible }),
    },
    fetch: 'none',
    strategy,
    ...(because !== undefined && { replacedAs: because }),
    variables: given.difference,
    ...(hostname !== undefined && { hostname }),
    route: hostname === undefined ? 'none' : isThere ? 'keep' : 'add',
    backup: {},
    restore: data.restore,
    migrate: data.migrate,
    keeps: state.services[service]?.kept.filter((one) => !isSame(one, target)).map(labelOf) ?? [],
    drops: [],
  }
  return { plan, warnings }
}

/** What a release is given: the variables it had, and how they differ from those of what serves now. */
async function givenTo(
  session: Session,
  state: HostState,
  service: string,
  target: KeptOnHost,
  ctx: PlanContext,
): Promise<{ difference: ReturnType<typeof differenceOf>; warnings: string[] }> {
  const now = servingOf(state, service)?.variables ?? {}
  const difference = differenceOf(now, target.variables)
  const names = Object.values(difference)
    .flat()
    .filter((name) => name !== 'VERSION')
  if ((await keptVariables(session, service, target.settings)) !== undefined)
    return {
      difference,
      warnings: names.length === 0 ? [] : [`"${service}" gets the variables it had: ${names.join(', ')} differ from now`],
    }
  // A host that was deployed to before it kept them.
  const { work } = await session.workOf(service, ctx)
  const since = Object.values(differenceOf(target.variables, hashVariables(work.variables, state.key))).flat()
  const warnings = since.length === 0 ? [] : [`"${service}" gets the variables of now, which differ from those it had: ${since.join(', ')}`]
  return { difference: { added: [], removed: [], changed: [] }, warnings }
}

function targetOf(state: HostState, service: string, { to: wanted, releases, services }: RollbackWish): KeptOnHost | undefined {
  const serving = state.services[service]
  const kept = serving?.kept ?? []
  const others = kept.filter((one) => serving === undefined || !isSame(one, serving))
  const exactly = releases?.[service]
  if (exactly !== undefined) {
    const found = kept.find((one) => isSame(one, exactly))
    if (found === undefined) throw releaseUnknown(service, exactly.release, kept.map(labelOf))
    return found
  }
  if (wanted === undefined) {
    const isNamed = services !== undefined && services.length > 0
    if (others[0] === undefined && isNamed) throw releaseUnknown(service, 'the one before', [])
    return others[0]
  }
  const fits = ({ release, version, tag, deployment }: KeptOnHost): boolean =>
    release === wanted ||
    version === wanted ||
    tag === wanted ||
    String(deployment) === wanted ||
    (wanted.length >= 6 && release.replace(/^sha256:/, '').startsWith(wanted.replace(/^sha256:/, '')))
  const found = kept.filter(fits)
  if (new Set(found.map(({ release }) => release)).size !== 1) throw releaseUnknown(service, wanted, kept.map(labelOf))
  // Of one release with several settings the newest, but for that which serves.
  return others.find((one) => found.includes(one)) ?? found[0]
}

interface DataSteps {
  readonly migrate: ServicePlan['migrate']
  readonly restore: Readonly<Record<string, string>>
  readonly warnings: readonly string[]
}

/** What happens to a service's data on the way back from `now` to `target`. */
function dataSteps(
  state: HostState,
  service: string,
  now: KeptOnHost,
  target: KeptOnHost,
  { restore, word, config }: RollbackWish,
): DataSteps {
  const warnings: string[] = []
  // Each release keeps what was backed up just before it came: of those that came after the target, the first has its data.
  const kept = state.services[service]?.kept ?? []
  const since = kept.filter(({ atMs }) => atMs > target.atMs).sort((one, other) => one.atMs - other.atMs)
  const backups = since.find((one) => Object.keys(one.backups).length > 0)?.backups ?? {}
  if (restore) {
    if (Object.keys(backups).length === 0) throw backupUnknown(service)
    warnings.push(
      `"${service}": what was written to ${Object.keys(backups).join(', ')} since ${new Date(target.atMs).toISOString()} is no longer in use; a backup of it is made`,
    )
    return { migrate: 'none', restore: backups, warnings }
  }
  const [from, to] = [now.level, target.level ?? 0]
  if (from === undefined || from <= to) return { migrate: 'none', restore: {}, warnings }
  const reversible = Math.max(...since.map((one) => one.reversible ?? 0), now.reversible ?? 0)
  if (to < reversible) {
    if (word !== WORD) throw irreversible(service, from, to, reversible)
    warnings.push(
      `"${service}": its data stays at level ${from}, which cannot be taken back to ${to}: the release may not read it, or lose some`,
    )
    return { migrate: 'none', restore: {}, warnings }
  }
  const down = config.services[service]?.migrations?.down
  warnings.push(
    down === undefined
      ? `"${service}": its data stays at level ${from}; there is no command that takes it down to ${to}`
      : `"${service}": its data is migrated down from level ${from} to ${to}`,
  )
  return { migrate: down === undefined ? 'none' : 'down', restore: {}, warnings }
}
