import { type Context, isSwitchyardError } from '@switchyard/plugin-kit'
import { z } from 'zod'
import type { DeployConfig } from '../config/config.ts'
import { slotsOf } from '../handlers/slots.ts'
import { isoOf } from '../records/columns.ts'
import { DEPLOYMENT_KINDS, DEPLOYMENT_STATES, type Deployment, RESOURCE_KINDS, type Resource } from '../records/deployment.ts'
import { createDeployments } from '../records/deployments.ts'
import { createResources } from '../records/resources.ts'
import { withoutDiscarded } from '../records/waiting.ts'
import { DRIFTS, findDrift, type Seen } from './drift.ts'
import type { Site } from './site.ts'

export const deploymentView = z.object({
  id: z.int(),
  run: z.int().describe('The first of those that were deployed together'),
  kind: z.enum(DEPLOYMENT_KINDS),
  stack: z.string(),
  env: z.string(),
  target: z.string(),
  service: z.string(),
  handler: z.string(),
  from: z.string().optional().describe("Release: an image's digest, or a folder"),
  to: z.string().optional(),
  version: z.string().optional(),
  tag: z.string().optional(),
  who: z.string(),
  why: z.string(),
  state: z.enum(DEPLOYMENT_STATES),
  plan: z.string().optional().describe('The plan that waits for approval'),
  at: z.string(),
  finishedAt: z.string().optional(),
  tookMs: z.number().optional(),
  error: z.object({ code: z.string(), message: z.string(), next: z.string().optional() }).optional(),
})
export type DeploymentView = z.output<typeof deploymentView>

export function viewOf(one: Deployment): DeploymentView {
  const { id, run, kind, stack, env, target, service, handler, fromRelease, toRelease, version, tag, who, why, state, plan, error } = one
  const { createdMs, startedMs, finishedMs } = one
  return {
    id,
    run,
    kind,
    stack,
    env,
    target,
    service,
    handler,
    ...(fromRelease !== undefined && { from: fromRelease }),
    ...(toRelease !== undefined && { to: toRelease }),
    ...(version !== undefined && { version }),
    ...(tag !== undefined && { tag }),
    who,
    why,
    state,
    ...(plan !== undefined && { plan }),
    at: isoOf(startedMs ?? createdMs),
    ...(finishedMs !== undefined && { finishedAt: isoOf(finishedMs), tookMs: finishedMs - (startedMs ?? createdMs) }),
    ...(error !== undefined && { error: { ...error } }),
  }
}

export const resourceView = z.object({
  kind: z.enum(RESOURCE_KINDS),
  name: z.string(),
  env: z.string(),
  target: z.string(),
  service: z.string().optional(),
  release: z.string().optional(),
  deployment: z.int(),
  who: z.string(),
  why: z.string(),
  createdAt: z.string(),
  updatedAt: z.string(),
})
export type ResourceView = z.output<typeof resourceView>

const resourceViewOf = ({
  kind,
  name,
  env,
  target,
  service,
  release,
  deployment,
  who,
  why,
  createdMs,
  updatedMs,
}: Resource): ResourceView => ({
  kind,
  name,
  env,
  target,
  ...(service !== undefined && { service }),
  ...(release !== undefined && { release }),
  deployment,
  who,
  why,
  createdAt: isoOf(createdMs),
  updatedAt: isoOf(updatedMs),
})

const SERVICE_STATES = ['running', 'starting', 'stopped', 'missing', 'not-deployed', 'unknown'] as const

export const serviceView = z.object({
  env: z.string(),
  target: z.string(),
  service: z.string(),
  handler: z.string(),
  state: z.enum(SERVICE_STATES).describe('unknown: nobody could look, or was asked to'),
  reason: z.string().optional().describe('Why it is unknown'),
  release: z.string().optional().describe('What was recorded; what the host says where nothing was'),
  version: z.string().optional(),
  deployment: deploymentView.optional().describe('That brought it'),
  unfinished: deploymentView.optional().describe('One that runs, or did when its process ended'),
  isStuck: z.boolean().describe('Whether the process of the unfinished one is gone'),
  planned: deploymentView.optional().describe('One that waits for approval'),
  kept: z.array(z.object({ release: z.string(), version: z.string().optional() })).describe('What can be returned to, newest first'),
  restarts: z.int(),
  replicas: z.object({ wanted: z.int(), running: z.int() }).optional().describe('Where several were wanted'),
  drift: z.array(z.object({ kind: z.enum(DRIFTS), text: z.string() })),
})
export type ServiceView = z.output<typeof serviceView>

export interface StackStatus {
  readonly stack: string
  readonly at: string
  readonly services: readonly ServiceView[]
  readonly resources: readonly ResourceView[]
  /** Newest first. */
  readonly history: readonly DeploymentView[]
}

export interface StatusWanted {
  readonly project: string
  readonly config: DeployConfig
  readonly envs: readonly string[]
  readonly services: readonly string[]
  /** Whether the hosts are asked too, or the records alone. */
  readonly look: boolean
  readonly limit: number
}

/** What was recorded of a stack, held against what its hosts serve now. */
export async function stackStatus(ctx: Context, wanted: StatusWanted): Promise<StackStatus> {
  const { config, envs, services } = wanted
  const { stack } = config
  const deployments = createDeployments(ctx)
  const planned = await withoutDiscarded(ctx, deployments.list({ stack, state: 'planned', limit: 1_000 }).deployments)
  const views = await Promise.all(envs.map((env) => environmentStatus(ctx, { ...wanted, planned }, env)))
  const isWanted = (one: { env: string; service?: string | undefined }): boolean =>
    envs.includes(one.env) && (one.service === undefined || services.includes(one.service))
  const past = envs
    .flatMap((env) => services.flatMap((service) => deployments.list({ stack, env, service, limit: wanted.limit }).deployments))
    .filter(({ id, state }) => state !== 'planned' || planned.some((one) => one.id === id))
    .sort((one, other) => other.id - one.id)
  return {
    stack,
    at: isoOf(ctx.clock.now()),
    services: views.flat(),
    resources: createResources(ctx).list({ stack }).filter(isWanted).map(resourceViewOf),
    history: past.slice(0, wanted.limit).map(viewOf),
  }
}

/** With the deployments that wait for approval. */
interface Wanted extends StatusWanted {
  readonly planned: readonly Deployment[]
}

async function environmentStatus(ctx: Context, wanted: Wanted, env: string): Promise<readonly ServiceView[]> {
  if (!wanted.look) return wanted.services.map((service) => serviceStatus(ctx, wanted, env, service, { seen: undefined }))
  try {
    const { openSite } = await import('./site.ts')
    await using site = await openSite(ctx, wanted.project, wanted.config, env)
    return await Promise.all(
      wanted.services.map(async (service) => serviceStatus(ctx, wanted, env, service, await lookAt(site, service, ctx))),
    )
  } catch (error) {
    ctx.signal.throwIfAborted()
    // One host that cannot be asked keeps nobody from hearing of the others.
    if (!isSwitchyardError(error)) throw error
    return wanted.services.map((service) => serviceStatus(ctx, wanted, env, service, { seen: undefined, reason: error.message }))
  }
}

interface Look {
  /** Undefined where nobody could look. */
  readonly seen: Seen | undefined
  readonly reason?: string
}

async function lookAt(site: Site, service: string, { signal }: Pick<Context, 'signal'>): Promise<Look> {
  try {
    const { handler, work, serving } = await site.look(service)
    if (serving === undefined) return { seen: { release: undefined, state: undefined, restarts: 0, runs: undefined, ended: undefined } }
    const all = await Promise.all(slotsOf(serving.slot, serving.replicas).map((slot) => handler.status(work, slot)))
    const running = all.filter((one) => one.state === 'running').length
    // What answers is there, though there be fewer of it than there should.
    const { state, ended } = all.find((one) => one.state === 'running') ?? all[0] ?? { state: 'missing' as const }
    const restarts = Math.max(...all.map((one) => one.restarts))
    const runs = all.find((one) => one.release !== undefined && one.release !== serving.release)?.release ?? all[0]?.release
    return { seen: { release: serving.release, state, restarts, runs, ended, replicas: { wanted: serving.replicas, running } } }
  } catch (error) {
    signal.throwIfAborted()
    if (!isSwitchyardError(error)) throw error
    return { seen: undefined, reason: error.message }
  }
}

function serviceStatus(ctx: Context, { config, planned: all }: Wanted, env: string, service: string, { seen, reason }: Look): ServiceView {
  const deployments = createDeployments(ctx)
  const place = { stack: config.stack, env, service }
  const [current] = deployments.current(place)
  const [unfinished] = deployments.unfinished(place)
  const planned = all.find((one) => one.env === env && one.service === service)
  const release = current?.toRelease ?? seen?.release
  return {
    env,
    target: config.environments[env]?.target ?? '?',
    service,
    handler: config.services[service]?.handler ?? '?',
    state: seen === undefined ? 'unknown' : (seen.state ?? 'not-deployed'),
    ...(reason !== undefined && { reason }),
    ...(release !== undefined && { release }),
    ...(current?.version !== undefined && { version: current.version }),
    ...(current !== undefined && { deployment: viewOf(current) }),
    ...(unfinished !== undefined && { unfinished: viewOf(unfinished) }),
    isStuck: unfinished !== undefined && !deployments.isRunning(unfinished.id),
    ...(planned !== undefined && { planned: viewOf(planned) }),
    kept: deployments
      .keptReleases(place)
      .map(({ release: kept, version }) => ({ release: kept, ...(version !== undefined && { version }) })),
    restarts: seen?.restarts ?? 0,
    ...(seen?.replicas !== undefined && seen.replicas.wanted > 1 && { replicas: { ...seen.replicas } }),
    drift: seen === undefined ? [] : findDrift(current?.toRelease, seen).map((one) => ({ ...one })),
  }
}
