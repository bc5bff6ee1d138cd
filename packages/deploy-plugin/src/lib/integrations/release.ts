import { resolve } from 'node:path'
import { defineTopic, isSwitchyardError, type ListenContext, on, type PayloadOf, plans } from '@switchyard/plugin-kit'
import { z } from 'zod'
import type { DeployConfig } from '../config/config.ts'
import { createDeployments } from '../records/deployments.ts'
import { isWaiting } from '../records/waiting.ts'

/** What the release plugin publishes once a release is tagged. */
const tagged = defineTopic(
  'release/tagged',
  z.looseObject({ project: z.string(), name: z.string(), version: z.string(), tag: z.string(), prerelease: z.boolean().default(false) }),
)

/**
 * Prepares the deployment of a release: for each environment that is not protected, or all of a project that has protected ones alone, a
 * plan that waits for a person. Nothing is deployed.
 */
async function prepare({ project, version, tag }: PayloadOf<typeof tagged>, ctx: ListenContext): Promise<void> {
  const folder = resolve(ctx.workspace, project)
  const config = await configIn(folder)
  if (config === undefined) return
  for (const env of environmentsFor(config)) {
    try {
      await prepareFor({ folder, config, env, version, tag }, ctx)
    } catch (error) {
      ctx.signal.throwIfAborted()
      // Nothing has changed, or a host does not answer: the release stands all the same, and can be deployed by hand.
      if (!isSwitchyardError(error)) throw error
      ctx.log.warn('no deployment was prepared for the release', { env, tag, code: error.code, reason: error.message })
    }
  }
}

interface Preparation {
  readonly folder: string
  readonly config: DeployConfig
  readonly env: string
  readonly version: string
  readonly tag: string
}

async function prepareFor({ folder, config, env, version, tag }: Preparation, ctx: ListenContext): Promise<void> {
  const deployments = createDeployments(ctx)
  // The event may come twice; the plan of the first time still waits.
  const waiting = deployments.list({ stack: config.stack, env, state: 'planned' }).deployments.find((one) => one.tag === tag)
  if (waiting?.plan !== undefined && (await isWaiting(ctx, waiting.plan))) return
  const why = `release ${tag}`
  const plan = await ctx.call(plans.propose, { command: 'deploy.apply', input: { project: folder, env, version, tag, why } })
  const target = config.environments[env]?.target ?? '?'
  for (const [service, { handler }] of Object.entries(config.services)) {
    deployments.prepare({ kind: 'apply', stack: config.stack, env, target, service, handler, version, tag, why, plan: plan.id })
  }
  ctx.log.info('a deployment of the release waits for approval', { env, tag, plan: plan.id })
}

/** Where a release goes first: what is protected comes by a person's own request, once it has proved itself elsewhere. */
function environmentsFor({ environments }: DeployConfig): readonly string[] {
  const names = Object.keys(environments)
  const open = names.filter((name) => environments[name]?.protected !== true)
  return open.length > 0 ? open : names
}

async function configIn(folder: string): Promise<DeployConfig | undefined> {
  const { readConfig } = await import('../config/read-config.ts')
  try {
    return await readConfig(folder)
  } catch (error) {
    // A project that deploys nothing has nothing to prepare.
    if (isSwitchyardError(error, 'DEPLOY_CONFIG_MISSING')) return undefined
    throw error
  }
}

export const releaseListener = on(tagged, prepare, { name: 'release-tagged' })
