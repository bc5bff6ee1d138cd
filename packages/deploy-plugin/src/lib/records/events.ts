import { type Context, defineTopic, type Topic } from '@switchyard/plugin-kit'
import { z } from 'zod'
import { DEPLOYMENT_KINDS, type Deployment } from './deployment.ts'

const deployed = z.object({
  deployment: z.int().describe('Its number in the history'),
  run: z.int().describe('The first of those that are deployed together'),
  kind: z.enum(DEPLOYMENT_KINDS),
  stack: z.string(),
  env: z.string(),
  target: z.string(),
  service: z.string(),
  from: z.string().optional().describe("Release: an image's digest, or a folder"),
  to: z.string().optional(),
  version: z.string().optional(),
  tag: z.string().optional(),
  who: z.string(),
  at: z.string(),
  reason: z.string().optional().describe('What failed, where something did'),
})
type Told = z.output<typeof deployed>

/** A service is about to be brought to a release, back to one, or off its host. */
export const began = defineTopic('deploy/began', deployed, { durable: true })
/** It serves the release. */
export const done = defineTopic('deploy/done', deployed, { durable: true })
/** It ended half-way: a person has to look. */
export const failed = defineTopic('deploy/failed', deployed, { durable: true })
/** Its gate failed, and what ran before serves. */
export const returned = defineTopic('deploy/returned', deployed, { durable: true })
/** A rollback is done: an earlier release serves. */
export const rolledBack = defineTopic('deploy/rolled-back', deployed, { durable: true })
/** It is off its host for good. */
export const destroyed = defineTopic('deploy/destroyed', deployed, { durable: true })

export const topics = [began, done, failed, returned, rolledBack, destroyed]

/** Publishes what became of a deployment; once, however often a step is repeated. Nothing is held up by what cannot be told. */
export async function tell(
  ctx: Context,
  topic: Topic<Told>,
  { id, run, kind, stack, env, target, service, fromRelease, toRelease, version, tag, who }: Deployment,
  reason?: string,
): Promise<void> {
  const payload = {
    ...{ deployment: id, run, kind, stack, env, target, service, who, at: new Date(ctx.clock.now()).toISOString() },
    ...(fromRelease !== undefined && { from: fromRelease }),
    ...(toRelease !== undefined && { to: toRelease }),
    ...(version !== undefined && { version }),
    ...(tag !== undefined && { tag }),
    ...(reason !== undefined && { reason }),
  }
  try {
    await ctx.publish(topic, payload, { idempotencyKey: `${topic.name} ${id}` })
  } catch (error) {
    ctx.log.warn('an event of a deployment was not published', { deployment: id, topic: topic.name, reason: String(error) })
  }
}
