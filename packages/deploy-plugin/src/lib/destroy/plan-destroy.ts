import { isSwitchyardError } from '@switchyard/plugin-kit'
import type Docker from 'dockerode'
import type { Version } from '../apply/host-state.ts'
import { shortRelease } from '../apply/paths.ts'
import { routeId } from '../apply/plan.ts'
import type { DeployConfig } from '../config/config.ts'
import { networksOf, volumesOf } from '../engine/labelled.ts'
import type { Slot } from '../handlers/slots.ts'
import type { Site } from '../status/site.ts'

/** One thing on a host. */
export interface Thing {
  readonly kind: 'container' | 'process' | 'unit' | 'link' | 'release' | 'route' | 'folder' | 'network' | 'volume' | 'backup' | 'service'
  readonly name: string
  readonly service?: string
  /** Why it stays. */
  readonly because?: string
}

/** What a destruction takes away and what it leaves, each by its own name. */
export interface DestroyPlan {
  readonly env: string
  readonly host: string
  readonly services: readonly ServiceRuin[]
  /** Of all services together, once the last is gone. */
  readonly shared: readonly Thing[]
  readonly stays: readonly Thing[]
  /** Whether nothing of the environment is left afterwards. */
  readonly isWhole: boolean
}

export interface ServiceRuin {
  readonly service: string
  readonly things: readonly Thing[]
  readonly slots: readonly Slot[]
  readonly releases: readonly Version[]
  readonly serves: string
}

const INSTANCES = { compose: 'container', process: 'process', systemd: 'unit', static: 'link' } as const

/** Looks at the host for all there is of the services; reads alone. */
export async function planDestroy(
  site: Site,
  config: DeployConfig,
  { services, volumes }: { readonly services: readonly string[]; readonly volumes: boolean },
): Promise<DestroyPlan> {
  const { session, environment, state } = site
  const there = Object.keys(state?.services ?? {})
  const chosen = there.filter((service) => services.includes(service))
  const forgotten = there.filter((service) => config.services[service] === undefined)
  const isWhole = there.every((service) => chosen.includes(service))
  const ruins: ServiceRuin[] = []
  for (const service of chosen) ruins.push(await ruinOf(site, config, service))
  const around = await aroundOf(site, config)
  const stays: Thing[] = [
    ...forgotten.map(
      (name): Thing => ({ kind: 'service', name, because: 'the configuration names it no more: nobody knows how to end it' }),
    ),
    ...(await backupsOf(site)),
  ]
  const shared: Thing[] = []
  if (isWhole) {
    shared.push(...around.networks)
    if (volumes) shared.push(...around.volumes)
    else stays.push(...around.volumes.map((one): Thing => ({ ...one, because: 'its data is kept unless --volumes is said' })))
    if (state !== undefined) shared.push({ kind: 'folder', name: session.paths.state })
  } else {
    const because = 'other services of the environment may use it'
    stays.push(...[...around.networks, ...around.volumes].map((one): Thing => ({ ...one, because })))
  }
  return { env: environment.name, host: session.host.label, services: ruins, shared, stays, isWhole }
}

async function ruinOf(site: Site, { stack, proxy }: DeployConfig, service: string): Promise<ServiceRuin> {
  const { work, handler, serving } = await site.look(service)
  const { env, config, at } = work
  const slots = (await handler.slots(work)).toSorted()
  const releases = (serving?.kept ?? []).map(({ release, settings }) => ({ release, settings }))
  const own = (thing: Omit<Thing, 'service'>): Thing => ({ ...thing, service })
  return {
    service,
    slots,
    releases,
    serves: serving?.release ?? '?',
    things: [
      ...(config.hostname === undefined || proxy === undefined ? [] : [own({ kind: 'route', name: routeId(stack, env, service) })]),
      ...slots.map((slot) => own({ kind: INSTANCES[config.handler], name: `${stack}-${env}-${service}-${slot}` })),
      ...[...new Set(releases.map(({ release }) => shortRelease(release)))].map((name) => own({ kind: 'release', name })),
      own({ kind: 'folder', name: at.base }),
    ],
  }
}

/** Networks and volumes that were made for the environment, by their labels; those of others have none of ours. */
async function aroundOf(site: Site, { stack, services }: DeployConfig): Promise<{ networks: readonly Thing[]; volumes: readonly Thing[] }> {
  const composed = Object.keys(services).find((name) => services[name]?.handler === 'compose')
  if (composed === undefined) return { networks: [], volumes: [] }
  const { work } = await site.look(composed)
  const labels = { 'switchyard.stack': stack, 'switchyard.env': work.env }
  let engine: Docker
  let networks: Docker.NetworkInspectInfo[]
  try {
    engine = await work.engine()
    networks = await networksOf(engine, labels)
  } catch (error) {
    const isNeeded = Object.values(site.state?.services ?? {}).some(({ handler }) => handler === 'compose')
    if (isNeeded || !isSwitchyardError(error)) throw error
    // Nothing runs there, and what an earlier destruction may have left is found once the engine is back.
    return { networks: [], volumes: [] }
  }
  const volumes = await volumesOf(engine, labels)
  return {
    networks: networks.map(({ Name: name }): Thing => ({ kind: 'network', name })).sort(byName),
    volumes: volumes.map(({ Name: name }): Thing => ({ kind: 'volume', name })).sort(byName),
  }
}

const byName = (one: Thing, other: Thing): number => (one.name < other.name ? -1 : 1)

async function backupsOf({ session: { host, paths } }: Site): Promise<readonly Thing[]> {
  const runs = await host.list(paths.backups)
  return runs.length === 0 ? [] : [{ kind: 'backup', name: paths.backups, because: 'backups are never taken away by us' }]
}
