import type { Context } from '@switchyard/plugin-kit'
import type { DeployConfig } from '../config/config.ts'
import type { Deployment } from '../records/deployment.ts'
import { createDeployments } from '../records/deployments.ts'
import { openSite } from '../status/site.ts'
import { type Ill, watchUnhealthy } from './errors.ts'
import { type Watched, watchServices } from './watch.ts'
import { createWatches } from './watches.ts'

/** How long deployments are watched, and what is done where one turns out bad. */
export interface WatchWish {
  readonly project: string
  readonly env: string
  readonly forSeconds: number
  readonly intervalSeconds: number
  readonly failAfter: number
  /** By itself: whoever says so has confirmed a protected environment before. */
  readonly rollback: boolean
  readonly issue: boolean
}

interface Wanted {
  readonly root: string
  readonly config: DeployConfig
  readonly deployments: readonly Deployment[]
}

/** Watches deployments to the end, and writes into the journal what was seen. @throws WATCH_UNHEALTHY, once what was asked for is done */
export async function watchDeployments(ctx: Context, wish: WatchWish, wanted: Wanted): Promise<readonly Watched[]> {
  const { env, forSeconds, intervalSeconds, failAfter, rollback } = wish
  const { root, config, deployments } = wanted
  const watches = createWatches(ctx)
  const untilMs = ctx.clock.now() + forSeconds * 1_000
  for (const { id } of deployments) watches.begin(id, { rollback, untilMs })
  let seen: readonly Watched[]
  try {
    seen = await watchServices(
      () => openSite(ctx, root, config, env),
      deployments,
      { forMs: forSeconds * 1_000, intervalMs: intervalSeconds * 1_000, failAfter },
      ctx,
    )
  } catch (error) {
    for (const { id } of deployments) watches.end(id, 'stopped', error instanceof Error ? error.message : String(error))
    throw error
  }
  const journal = createDeployments(ctx)
  for (const { deployment, healthy, looks, failures, told } of seen) {
    journal.note(deployment, { step: 'watch', state: healthy ? 'done' : 'failed', data: { looks, failures, told } })
  }
  const bad = seen.filter(({ healthy }) => !healthy)
  for (const { deployment } of seen.filter(({ healthy }) => healthy)) watches.end(deployment, bad.length === 0 ? 'healthy' : 'stopped')
  if (bad.length > 0) throw watchUnhealthy(env, await actOn(ctx, wish, wanted, bad))
  return seen
}

/** Rolls back and files issues as far as that was asked for; whoever ended a watch first has begun to roll back already. */
async function actOn(
  ctx: Context,
  { project, rollback, issue }: WatchWish,
  { config, deployments }: Wanted,
  bad: readonly Watched[],
): Promise<readonly Ill[]> {
  const watches = createWatches(ctx)
  const ill: Ill[] = []
  for (const { deployment: id, service, told } of bad) {
    const deployment = deployments.find((one) => one.id === id)
    if (deployment === undefined) continue
    if (!watches.end(id, 'unhealthy', told)) {
      const { state, rollback: isTaken } = watches.find(id) ?? {}
      ill.push({ service, why: told, return: state === 'rolled-back' ? 'done' : isTaken ? 'begun' : 'not-asked' })
      continue
    }
    let failed: string | undefined
    if (rollback) {
      const { rollBack } = await import('./roll-back.ts')
      failed = await rollBack(ctx, project, deployment, told)
      if (failed === undefined) watches.rolledBack(id)
    }
    ill.push({ service, why: told, return: !rollback ? 'not-asked' : failed === undefined ? 'done' : 'failed', ...(failed && { failed }) })
    if (issue) {
      const { fileIssue } = await import('../integrations/issues.ts')
      const isProxied = config.services[service]?.hostname !== undefined
      await fileIssue(ctx, { project, isProxied }, deployment, told)
    }
  }
  return ill
}
