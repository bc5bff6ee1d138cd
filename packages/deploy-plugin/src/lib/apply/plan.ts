import { createHash } from 'node:crypto'
import type { DeployConfig, HandlerName } from '../config/config.ts'
import { serviceUnknown } from '../guard/errors.ts'
import { assertSameHost, environmentOf, readMark } from '../guard/guard.ts'
import { type Side, type Slot, slotsOf } from '../handlers/slots.ts'
import { type HostState, readState, type Serving } from './host-state.ts'
import type { Session } from './session.ts'

/** What a deployment will do. What was approved is bound by its id: it is what is done, or nothing is. */
export interface DeployPlan {
  /** SHA-256 of all the rest. */
  readonly id: string
  readonly kind: 'apply' | 'rollback' | 'scale' | 'rehearsal'
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
  readonly because: readonly ('new' | 'release' | 'settings' | 'variables' | 'replicas' | 'again' | 'asked' | 'needed')[]
  readonly from?: {
    readonly release: string
    readonly settings: string
    readonly reference: string
    readonly slot: Side
    readonly replicas: number
    readonly version?: string
    readonly level?: number
  }
  /** On the side of `from` where only the replicas change. */
  readonly to: {
    /** Undefined where it is known only once it is pulled or built. */
    readonly release?: string
    /** Of a release that the host keeps. */
    readonly settings?: string
    readonly reference: string
    readonly slot: Side
    readonly replicas: number
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
  /** Volumes of which a rehearsal gets a copy: name in the configuration, name on the host. */
  readonly copy?: Readonly<Record<string, string>>
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

/** What every plan begins with: the environment is the configuration's, the host's and the request's own. */
export async function begin(
  session: Session,
  { config, env, services }: Pick<PlanWish, 'config' | 'env' | 'services'>,
): Promise<{ state: HostState | undefined; chosen: string[] }> {
  const environment = environmentOf(config, env)
  for (const service of services ?? [])
    if (!Object.hasOwn(config.services, service)) throw serviceUnknown(service, Object.keys(config.services))
  assertSameHost(await readMark(session.host, environment.place.root), config, environment, session.host)
  return { state: await readState(session.host, session.live), chosen: inOrder(config, services) }
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

/** What serves, as a plan names it. */
export const fromOf = ({ release, settings, reference, slot, replicas, version, level }: Serving): NonNullable<ServicePlan['from']> => ({
  release,
  settings,
  reference,
  slot,
  replicas,
  ...(version !== undefined && { version }),
  ...(level !== undefined && { level }),
})

/** A plan with the id that binds it. */
export const sealed = (plan: Omit<DeployPlan, 'id'>): DeployPlan => ({
  id: createHash('sha256').update(JSON.stringify(plan)).digest('hex'),
  ...plan,
})

/** Those that are chosen, each after those that it depends on. */
export function inOrder(config: DeployConfig, chosen: readonly string[] | undefined): string[] {
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

/** What serves once it is done. */
export const slotsAfter = ({ to }: ServicePlan): Slot[] => slotsOf(to.slot, to.replicas)
/** What serves before. */
export const slotsBefore = ({ from }: ServicePlan): Slot[] => (from === undefined ? [] : slotsOf(from.slot, from.replicas))
/** What is started: of a side that serves already only what is not there. */
export const slotsStarted = (plan: ServicePlan): Slot[] => without(slotsAfter(plan), slotsBefore(plan))
/** What is ended. */
export const slotsEnded = (plan: ServicePlan): Slot[] => without(slotsBefore(plan), slotsAfter(plan))

const without = (slots: readonly Slot[], others: readonly Slot[]): Slot[] => slots.filter((slot) => !others.includes(slot))

/** Whether one side serves before and after, and only its replicas change. */
export const isScaling = ({ from, to }: ServicePlan): boolean => from?.slot === to.slot

export const routeId = (stack: string, env: string, service: string): string => `switchyard-${stack}-${env}-${service}`
