import { createHash } from 'node:crypto'
import { stat } from 'node:fs/promises'
import { join } from 'node:path'
import type { Plan } from '@switchyard/plugin-kit'
import type { DeployConfig, HandlerName, ServiceConfig } from '../config/config.ts'
import { serviceUnknown } from '../guard/errors.ts'
import { assertSameHost, assertSameVariables, environmentOf, readMark } from '../guard/guard.ts'
import { otherSlot, type Slot } from '../handlers/handler.ts'
import { nothingToDeploy } from './errors.ts'
import { type HostState, readState, servingOf } from './host-state.ts'
import { shortRelease } from './paths.ts'
import type { Session } from './session.ts'
import { differenceOf, hashOf, hashVariables } from './variables.ts'

/** What a deployment will do. What was approved is bound by its id: it is what is done, or nothing is. */
export interface DeployPlan {
  /** SHA-256 of all the rest. */
  readonly id: string
  readonly kind: 'apply' | 'rollback'
  readonly stack: string
  readonly env: string
  readonly target: string
  readonly host: string
  readonly protected: boolean
  readonly version?: string
  readonly tag?: string
  readonly why: string
  /** In the order in which they are started. */
  readonly services: readonly ServicePlan[]
  /** Those that stay as they are. */
  readonly same: readonly string[]
  readonly warnings: readonly string[]
  /** Fingerprint of what the env files were when it was planned, where the host has no key yet to keep their values' own by. */
  readonly files?: string
}

export interface ServicePlan {
  readonly service: string
  readonly handler: HandlerName
  /** What differs from what runs. */
  readonly because: readonly ('new' | 'release' | 'settings' | 'variables' | 'again' | 'asked')[]
  readonly from?: {
    readonly release: string
    readonly reference: string
    readonly slot: Slot
    readonly version?: string
    readonly level?: number
  }
  readonly to: {
    /** Undefined where it is known only once it is pulled or built. */
    readonly release?: string
    readonly reference: string
    readonly slot: Slot
    readonly version?: string
    readonly level?: number
    readonly reversible?: number
  }
  readonly fetch: 'none' | 'pull' | 'build' | 'copy'
  readonly strategy: 'beside' | 'replace'
  /** Why it is replaced rather than started beside. */
  readonly replacedAs?: string
  /** Fingerprint of all its settings but variables; undefined before the first deployment, as the host has no key. */
  readonly specHash?: string
  readonly variables: { readonly added: readonly string[]; readonly removed: readonly string[]; readonly changed: readonly string[] }
  readonly hostname?: string
  readonly route: 'none' | 'keep' | 'add' | 'change'
  /** Volumes to back up: name in the configuration, name on the host. */
  readonly backup: Readonly<Record<string, string>>
  /** Volumes to put back as they were: name in the configuration, file on the host. */
  readonly restore: Readonly<Record<string, string>>
  readonly migrate: 'none' | 'up' | 'down'
  /** Kept for a return once it is done; the newest first. */
  readonly keeps: readonly string[]
  readonly drops: readonly string[]
}

export interface PlanWish {
  readonly config: DeployConfig
  readonly project: string
  readonly env: string
  readonly services?: readonly string[] | undefined
  readonly version?: string | undefined
  readonly tag?: string | undefined
  readonly why: string
  readonly backup: boolean
  /** Also what has not changed. */
  readonly again: boolean
}

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

/** What every plan begins with: the environment is the configuration's, the host's and the request's own. */
export async function begin(
  session: Session,
  { config, env, services }: Pick<PlanWish, 'config' | 'env' | 'services'>,
): Promise<{ state: HostState | undefined; chosen: string[] }> {
  const environment = environmentOf(config, env)
  for (const service of services ?? [])
    if (!Object.hasOwn(config.services, service)) throw serviceUnknown(service, Object.keys(config.services))
  assertSameHost(await readMark(session.host, environment.place.root), config, environment, session.host)
  return { state: await readState(session.host, session.paths), chosen: inOrder(config, services) }
}

export function headOf(
  { host }: Session,
  { config, env, version, tag, why }: Pick<PlanWish, 'config' | 'env' | 'version' | 'tag' | 'why'>,
): Pick<DeployPlan, 'stack' | 'env' | 'target' | 'host' | 'protected' | 'version' | 'tag' | 'why'> {
  const { target, protected: isProtected } = environmentOf(config, env)
  return {
    stack: config.stack,
    env,
    target,
    host: host.label,
    protected: isProtected,
    ...(version !== undefined && { version }),
    ...(tag !== undefined && { tag }),
    why,
  }
}

/** A plan with the id that binds it. */
export const sealed = (plan: Omit<DeployPlan, 'id'>): DeployPlan => ({
  id: createHash('sha256').update(JSON.stringify(plan)).digest('hex'),
  ...plan,
})

/** Those that are chosen, each after those that it depends on. */
function inOrder(config: DeployConfig, chosen: readonly string[] | undefined): string[] {
  const wanted = new Set(chosen === undefined || chosen.length === 0 ? Object.keys(config.services) : chosen)
  const all = new Set<string>()
  const visit = (service: string): void => {
    if (all.has(service)) return
    for (const other of config.services[service]?.dependsOn ?? []) visit(other)
    all.add(service)
  }
  for (const service of Object.keys(config.services)) visit(service)
  return [...all].filter((service) => wanted.has(service))
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
  const route = await routeOf(session, service, work.config, state, ctx)
  if (because.length === 0 && route === 'add') because.push('settings')
  if (because.length === 0) return { warnings: [] }
  const { keeps, drops } = keepingOf(state, service, desired.release ?? 'the new one', config.keepReleases)
  const migrate = migrations?.up !== undefined && migrations.level > (before?.level ?? -1) && before !== undefined ? 'up' : 'none'
  return {
    warnings: desired.warnings,
    plan: {
      service,
      handler: work.config.handler,
      because,
      ...(before !== undefined && {
        from: {
          release: before.release,
          reference: before.reference,
          slot: before.slot,
          ...(before.version !== undefined && { version: before.version }),
          ...(before.level !== undefined && { level: before.level }),
        },
      }),
      to: {
        ...(desired.release !== undefined && { release: desired.release }),
        reference: desired.reference,
        slot: before === undefined ? 'blue' : otherSlot(before.slot),
        ...(version !== undefined && { version }),
        ...(migrations !== undefined && { level: migrations.level, reversible: migrations.reversible }),
      },
      fetch: desired.fetch,
      strategy: desired.strategy,
      ...(desired.because !== undefined && { replacedAs: desired.because }),
      ...(specHash !== undefined && { specHash }),
      variables: difference,
      ...(hostname !== undefined && { hostname }),
      route,
      backup: before === undefined ? {} : backupsOf(work.config, desired.volumes, backup),
      restore: {},
      migrate,
      keeps,
      drops,
    },
  }
}

/** Values in one order of keys, so that equal ones have one fingerprint. */
export function canonical(value: unknown): string {
  return JSON.stringify(value, (_, one: unknown) =>
    typeof one === 'object' && one !== null && !Array.isArray(one)
      ? Object.fromEntries(Object.entries(one).sort(([a], [b]) => (a < b ? -1 : 1)))
      : one,
  )
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

export const routeId = (stack: string, env: string, service: string): string => `switchyard-${stack}-${env}-${service}`

/** Which releases can be returned to afterwards, and which are taken away. */
function keepingOf(state: HostState | undefined, service: string, next: string, keep: number): { keeps: string[]; drops: string[] } {
  const { kept = [] } = state?.services[service] ?? {}
  const others = kept.map(({ release }) => release).filter((release) => release !== next)
  return { keeps: others.slice(0, keep), drops: others.slice(keep) }
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

const REASONS: Readonly<Record<ServicePlan['because'][number], string>> = {
  new: 'for the first time',
  release: 'another release',
  settings: 'other settings',
  variables: 'other variables',
  again: 'the same again',
  asked: 'as asked',
}

/** A plan as people approve it. Each step names the environment. */
export function planText(plan: DeployPlan): Plan {
  const { env, stack } = plan
  const at = `${stack} ${env} on ${plan.host}`
  const steps: Plan['steps'][number][] = plan.services.map((one) => ({
    does: one.from === undefined ? 'create' : 'change',
    target: `${env}: ${one.service}`,
    detail: linesOf(one).join('\n'),
  }))
  const what = plan.services.map(({ service }) => service).join(', ')
  const version = plan.version === undefined ? '' : ` ${plan.version}`
  return {
    summary: `${plan.kind === 'apply' ? 'Deploy' : 'Return'} ${what}${version} ${plan.kind === 'apply' ? 'to' : 'in'} ${at}${plan.protected ? ', which is protected' : ''} (plan ${plan.id.slice(0, 12)})`,
    steps,
    ...(plan.warnings.length > 0 && { warnings: plan.warnings }),
  }
}

function linesOf(one: ServicePlan): string[] {
  const { from, to, fetch, strategy, hostname, route, backup, restore, migrate, keeps, drops, variables, because } = one
  const shown = (release: string | undefined, reference: string): string =>
    `${release === undefined ? 'not known yet' : shortRelease(release)} (${reference})`
  const lines = [
    `${from === undefined ? '' : `${shown(from.release, from.reference)} -> `}${shown(to.release, to.reference)}: ${because.map((why) => REASONS[why]).join(', ')}`,
  ]
  const names = [
    ...variables.added.map((name) => `+${name}`),
    ...variables.removed.map((name) => `-${name}`),
    ...variables.changed.map((name) => `~${name}`),
  ]
  if (names.length > 0) lines.push(`variables: ${names.join(' ')}`)
  if (fetch !== 'none') lines.push({ pull: 'pull the image', build: 'build the image', copy: `copy ${to.reference} to the host` }[fetch])
  if (Object.keys(backup).length > 0) lines.push(`back up ${Object.keys(backup).join(', ')}`)
  if (Object.keys(restore).length > 0) lines.push(`put ${Object.keys(restore).join(', ')} back as backed up`)
  if (migrate !== 'none') lines.push(`migrate its data ${migrate}${to.level === undefined ? '' : ` to level ${to.level}`}`)
  if (strategy === 'beside')
    lines.push(`start in ${to.slot}${from === undefined ? '' : `, beside ${from.slot}`}, and watch it; no downtime`)
  else lines.push(`stop ${from?.slot ?? 'nothing'}, start in ${to.slot} and watch it; down meanwhile`)
  if (hostname !== undefined)
    lines.push(`${route === 'keep' ? `let ${to.slot} serve` : `add the route and let ${to.slot} serve`} ${hostname}`)
  if (from !== undefined) lines.push(`end ${from.slot} once its requests are done`)
  if (keeps.length > 0) lines.push(`kept for a return: ${keeps.map(shortRelease).join(', ')}`)
  if (drops.length > 0) lines.push(`taken away: ${drops.map(shortRelease).join(', ')}`)
  return lines
}
