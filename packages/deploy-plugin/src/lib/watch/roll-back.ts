import type { Context } from '@switchyard/plugin-kit'
import type { Deployment } from '../records/deployment.ts'

/** Takes a deployment back by the command for it; undefined where that worked, else why it did not. */
export async function rollBack(ctx: Context, project: string, { env, service, id }: Deployment, why: string): Promise<string | undefined> {
  try {
    // Whoever asked for the watch has typed the name of a protected environment.
    await ctx.call('deploy.rollback', {
      project,
      env,
      service: [service],
      why: `watch of deployment ${id}: ${why}`.slice(0, 300),
      confirm: env,
    })
    return undefined
  } catch (error) {
    ctx.signal.throwIfAborted()
    return error instanceof Error ? error.message : String(error)
  }
}
