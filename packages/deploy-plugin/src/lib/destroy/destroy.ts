import { randomBytes } from 'node:crypto'
import { isDeepStrictEqual } from 'node:util'
import type { Context } from '@switchyard/plugin-kit'
import { deployPlanStale } from '../apply/errors.ts'
import { readState, writeState } from '../apply/host-state.ts'
import { releaseLock, takeLock } from '../apply/lock.ts'
import { routeId } from '../apply/plan.ts'
import type { DeployConfig } from '../config/config.ts'
import { askedFor } from '../engine/engine.ts'
import { unmarkHost } from '../guard/guard.ts'
import { type Deployment, type Place, whoAmI } from '../records/deployment.ts'
import { createDeployments, type Deployments } from '../records/deployments.ts'
import * as events from '../records/events.ts'
import { createResources } from '../records/resources.ts'
import type { Site } from '../status/site.ts'
import type { DestroyPlan, ServiceRuin } from './plan-destroy.ts'

export interface DestroyWish {
  readonly config: DeployConfig
  readonly why: string
  readonly key: string | undefined
}

/**
 * Takes away what the plan says, service by service, each with a record of its own. Every step looks first at what is there, so that one
 * that was killed half-way is done again and goes on. @throws DEPLOY_LOCKED, DEPLOY_PLAN_STALE where the host was changed since
 */
export async function destroy(
  site: Site,
  plan: DestroyPlan,
  { config, why, key }: DestroyWish,
  ctx: Context,
): Promise<readonly Deployment[]> {
  const { session, environment } = site
  const { host, paths } = session
  const deployments = createDeployments(ctx)
  const ended: Deployment[] = []
  await host.makeFolder(paths.base)
  // One of its own, so that two calls in one process are not one.
  const run = `destroy-${environment.name}-${randomBytes(3).toString('hex')}`
  await takeLock(host, paths.lock, { run, who: whoAmI(), nowMs: ctx.clock.now() })
  try {
    if (!isDeepStrictEqual(await readState(host, paths), site.state))
      throw deployPlanStale(`"${environment.name}" on ${host.label} was changed meanwhile`)
    let first: number | undefined
    for (const ruin of plan.services) {
      const place = { stack: config.stack, env: environment.name, service: ruin.service }
      const started = begin(deployments, place, {
        target: environment.target,
        handler: config.services[ruin.service]?.handler ?? '?',
        fromRelease: ruin.serves,
        why,
        run: first,
        key,
      })
      first ??= started.run
      await events.tell(ctx, events.began, started)
      try {
        await clear(site, config, ruin, started, ctx)
      } catch (error) {
        await events.tell(ctx, events.failed, started, error instanceof Error ? error.message : String(error))
        deployments.finish(started.id, { state: 'failed', error })
        throw error
      }
      ended.push(await done(deployments, started, { gone: ruin.things.map(({ kind, name }) => `${kind} ${name}`) }, ctx))
    }
    // Killed when all was gone and before that was written down.
    for (const { id, kind, service } of deployments.unfinished({ stack: config.stack, env: environment.name }))
      if (kind === 'destroy' && !deployments.isRunning(id) && !plan.services.some((one) => one.service === service))
        if (site.state?.services[service] === undefined) ended.push(await done(deployments, deployments.take(id), {}, ctx))
    if (plan.isWhole) await clearShared(site, config, plan)
    return ended
  } finally {
    await releaseLock(host, paths.lock, run)
  }
}

async function done(deployments: Deployments, started: Deployment, evidence: Deployment['evidence'], ctx: Context): Promise<Deployment> {
  await events.tell(ctx, events.destroyed, started)
  return deployments.finish(started.id, { state: 'done', evidence })
}

interface Start {
  readonly target: string
  readonly handler: string
  readonly fromRelease: string
  readonly why: string
  readonly run: number | undefined
  readonly key: string | undefined
}

/** One that was killed is gone on with, as nothing else can end it. */
function begin(deployments: Deployments, place: Place, start: Start): Deployment {
  const [unfinished] = deployments.unfinished(place)
  if (unfinished?.kind === 'destroy' && !deployments.isRunning(unfinished.id)) return deployments.take(unfinished.id)
  return deployments.begin({ ...place, ...start, kind: 'destroy' })
}

async function clear(
  site: Site,
  config: DeployConfig,
  { service, releases }: ServiceRuin,
  { id }: Deployment,
  ctx: Context,
): Promise<void> {
  const { session } = site
  const { host, paths } = session
  const { work, handler } = await site.look(service)
  const deployments = createDeployments(ctx)
  const step = async (name: string, does: () => Promise<void>): Promise<void> => {
    ctx.signal.throwIfAborted()
    deployments.note(id, { step: name, state: 'begun' })
    work.progress(name)
    await does()
    deployments.note(id, { step: name, state: 'done' })
  }

  const proxy = session.proxy(ctx.signal)
  // First nobody is led to it any more.
  if (work.config.hostname !== undefined && proxy !== undefined)
    await step('route', () => proxy.removeRoute(routeId(config.stack, work.env, service)))
  await step('stop', async () => {
    for (const slot of await handler.slots(work)) await handler.stop(work, slot, undefined)
  })
  await step('releases', async () => {
    for (const one of releases) {
      await handler.forget(work, one.release)
      deployments.forget(work, one)
    }
  })
  await step('folder', () => host.removeFolder(work.at.base))
  await step('state', async () => {
    const state = await readState(host, paths)
    if (state === undefined) return
    const { [service]: _, ...services } = state.services
    await writeState(host, paths, { ...state, services })
  })
  const resources = createResources(ctx)
  resources.gone(
    id,
    resources
      .list({ stack: config.stack, env: work.env, service })
      .filter(({ kind }) => kind !== 'volume')
      .map(({ kind, name }) => ({ kind, name })),
  )
}

async function clearShared(site: Site, config: DeployConfig, { shared }: DestroyPlan): Promise<void> {
  const { session, environment } = site
  const { host, paths } = session
  const around = shared.filter(({ kind }) => kind === 'network' || kind === 'volume')
  const [composed] = Object.keys(config.services).filter((name) => config.services[name]?.handler === 'compose')
  if (around.length > 0 && composed !== undefined) {
    const engine = await (await site.look(composed)).work.engine()
    for (const { kind, name } of around) {
      await askedFor(`remove the ${kind} ${name}`, () => (kind === 'network' ? engine.getNetwork(name) : engine.getVolume(name)).remove())
    }
  }
  await host.removeFile(paths.state)
  await unmarkHost(host, environment.place.root, config.stack, environment.name)
}
