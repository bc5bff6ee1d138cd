import { backupUnknown, irreversible, nothingToDeploy, releaseUnknown } from '../apply/errors.ts'
import type { HostState, KeptOnHost } from '../apply/host-state.ts'
import { servingOf } from '../apply/host-state.ts'
import { shortRelease } from '../apply/paths.ts'
import { begin, type DeployPlan, headOf, type PlanWish, routeId, type ServicePlan, sealed } from '../apply/plan.ts'
import type { Session } from '../apply/session.ts'
import { differenceOf, hashVariables } from '../apply/variables.ts'
import { otherSlot } from '../handlers/handler.ts'

export interface RollbackWish extends Pick<PlanWish, 'config' | 'project' | 'env' | 'services' | 'why'> {
  /** A digest or its beginning, a version, a tag, or the number of a deployment; absent: what served before this. */
  readonly to?: string | undefined
  /** By service; wins over `to`. */
  readonly releases?: Readonly<Record<string, string>>
  /** Put volumes back as they were backed up just before what serves now came. */
  readonly restore: boolean
  /** What has to be typed where data cannot be taken back. */
  readonly word?: string | undefined
}

/** What a person types to go back past what cannot be taken back. */
const WORD = 'lose data'

/** What a return to releases that the host keeps would do. @throws RELEASE_NOT_KEPT, MIGRATION_IRREVERSIBLE, BACKUP_MISSING */
export async function planRollback(session: Session, wish: RollbackWish, ctx: Parameters<Session['workOf']>[1]): Promise<DeployPlan> {
  const { state, chosen } = await begin(session, wish)
  if (state === undefined) throw nothingToDeploy(wish.env)
  const services: ServicePlan[] = []
  const warnings: string[] = []
  const named = wish.services !== undefined && wish.services.length > 0
  for (const service of chosen) {
    const now = servingOf(state, service)
    if (now === undefined || (wish.releases !== undefined && wish.releases[service] === undefined)) continue
    const target = targetOf(state, service, wish, named)
    if (target === undefined || target.release === now.release) continue
    const { work, handler } = await session.workOf(service, ctx)
    if (!(await handler.has(work, target.release))) throw releaseUnknown(service, target.release, [])
    const data = dataSteps(state, service, now, target, wish)
    warnings.push(...data.warnings)
    const variables = differenceOf(target.variables, hashVariables(work.variables, state.key))
    const names = [...variables.added, ...variables.removed, ...variables.changed].filter((name) => name !== 'VERSION')
    if (names.length > 0) warnings.push(`"${service}" gets the variables of now, which differ from those it had: ${names.join(', ')}`)
    const restores = Object.keys(data.restore).length > 0
    const { strategy, because } = restores
      ? { strategy: 'replace' as const, because: 'its data is put back' }
      : strategyOf(target, work.config.strategy)
    if (strategy === 'replace')
      warnings.push(`"${service}" is down from its stop until its first good answer, for ${work.config.startForSeconds} s at most`)
    const { hostname } = work.config
    const isThere = hostname !== undefined && (await session.proxy(ctx.signal)?.hasRoute(routeId(session.stack, session.env, service)))
    services.push({
      service,
      handler: work.config.handler,
      because: ['asked'],
      from: {
        release: now.release,
        reference: now.reference,
        slot: now.slot,
        ...(now.version !== undefined && { version: now.version }),
        ...(now.level !== undefined && { level: now.level }),
      },
      to: {
        release: target.release,
        reference: target.reference,
        slot: otherSlot(now.slot),
        ...(target.version !== undefined && { version: target.version }),
        ...(target.level !== undefined && { level: target.level }),
        ...(target.reversible !== undefined && { reversible: target.reversible }),
      },
      fetch: 'none',
      strategy,
      ...(because !== undefined && { replacedAs: because }),
      variables,
      ...(hostname !== undefined && { hostname }),
      route: hostname === undefined ? 'none' : isThere ? 'keep' : 'add',
      backup: {},
      restore: data.restore,
      migrate: data.migrate,
      keeps: state.services[service]?.kept.map(({ release }) => release).filter((release) => release !== target.release) ?? [],
      drops: [],
    })
  }
  if (services.length === 0) throw nothingToDeploy(wish.env)
  const versions = new Set(services.map(({ to }) => to.version))
  const [version] = versions.size === 1 ? versions : []
  return sealed({ kind: 'rollback', ...headOf(session, { ...wish, version, tag: undefined }), services, same: [], warnings })
}

function targetOf(state: HostState, service: string, { to, releases }: RollbackWish, named: boolean): KeptOnHost | undefined {
  const kept = state.services[service]?.kept ?? []
  const wanted = releases?.[service] ?? to
  const others = kept.filter(({ release }) => release !== state.services[service]?.release)
  if (wanted === undefined) {
    if (others[0] === undefined && named) throw releaseUnknown(service, 'the one before', [])
    return others[0]
  }
  const fits = ({ release, version, tag, deployment }: KeptOnHost): boolean =>
    release === wanted ||
    version === wanted ||
    tag === wanted ||
    String(deployment) === wanted ||
    (wanted.length >= 6 && release.replace(/^sha256:/, '').startsWith(wanted.replace(/^sha256:/, '')))
  const found = kept.filter(fits)
  if (found.length !== 1 && new Set(found.map(({ release }) => release)).size !== 1) {
    throw releaseUnknown(
      service,
      wanted,
      kept.map(({ release, version }) => `${shortRelease(release)}${version === undefined ? '' : ` (${version})`}`),
    )
  }
  return found[0]
}

/** A release of containers says itself whether its ports or its data stand in the way. */
function strategyOf({ spec }: KeptOnHost, asked: 'beside' | 'replace' | undefined): { strategy: 'beside' | 'replace'; because?: string } {
  const { container } = spec as {
    container?: { fixedPorts?: readonly number[]; host?: { Mounts?: readonly { Type: string; ReadOnly?: boolean }[] } }
  }
  const fixed = (container?.fixedPorts?.length ?? 0) > 0
  const writable = container?.host?.Mounts?.some(({ Type, ReadOnly }) => Type === 'volume' && ReadOnly !== true) === true
  const because = fixed ? 'its ports are fixed' : writable ? 'its data may have one user at a time' : undefined
  return { strategy: asked ?? (because === undefined ? 'beside' : 'replace'), ...(because !== undefined && { because }) }
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
