import { type ChainOutcome, type Context, chains } from '@switchyard/plugin-kit'
import type { DeployConfig } from '../config/config.ts'
import { whoAmI } from '../records/deployment.ts'
import { createDeployments, type Deployments } from '../records/deployments.ts'
import * as events from '../records/events.ts'
import { deployHalfMade, deployReturned, runNotOpen, runUnknown } from './errors.ts'
import type { DeployPlan } from './plan.ts'
import { createRuns, type Run, type Runs } from './run.ts'
import { withSession } from './run-session.ts'
import { chainOf, stepsOf } from './step-list.ts'
import { isRetired, undoStep } from './steps.ts'

/** Begins what a plan says and waits until it is done, or what ran before runs again. @throws what stood in its way, DEPLOY_HALF_MADE */
export async function beginRun(
  plan: DeployPlan,
  { config, project, who = whoAmI() }: { config: DeployConfig; project: string; who?: string },
  ctx: Context,
): Promise<Run> {
  const runs = createRuns(ctx)
  const deployments = createDeployments(ctx)
  // Whole or not at all: an entry of the history without its run could never be gone on with.
  const number = ctx.store.transact(
    () => {
      const begun: Record<string, number> = {}
      for (const one of plan.services) {
        // What a rehearsal needs beside what it rehearses is nobody's deployment.
        if (one.because.includes('needed')) continue
        const { id } = deployments.begin({
          kind: plan.kind,
          stack: plan.stack,
          env: plan.env,
          target: plan.target,
          service: one.service,
          handler: one.handler,
          run: Object.values(begun)[0],
          fromRelease: one.from?.release,
          toRelease: one.to.release,
          version: plan.version ?? one.to.version,
          tag: plan.tag,
          who,
          why: plan.why,
          key: ctx.idempotencyKey,
        })
        begun[one.service] = id
      }
      const [run = 0] = Object.values(begun)
      runs.add({ run, plan, config, project, who, startedMs: ctx.clock.now(), state: 'open', attempt: 0, deployments: begun, facts: {} })
      return run
    },
    { durable: true },
  )
  await tellAll(runs.read(number), events.began, ctx)
  return runChain(runs, number, ctx)
}

/** The run that a call with this key began; also by a process that has died since. */
export function runOfKey(ctx: Context): Run | undefined {
  if (ctx.idempotencyKey === undefined) return undefined
  const row = ctx.store.prepare('SELECT run FROM deploy_deployment WHERE key = ? LIMIT 1').get<{ run: number }>(ctx.idempotencyKey)
  return row && createRuns(ctx).find(row.run)
}

export interface RunWish {
  readonly stack: string
  readonly env?: string | undefined
  readonly run?: number | undefined
}

/** The run of that number, else the newest that fits, else the newest. @throws DEPLOY_RUN_UNKNOWN */
export function runOf(runs: Runs, { stack, env, run }: RunWish, fits: (run: Run) => boolean): Run {
  if (run !== undefined) {
    const found = runs.find(run)
    if (found === undefined || found.plan.stack !== stack || (env !== undefined && found.plan.env !== env)) throw runUnknown(run, env)
    return found
  }
  const all = runs.list({ stack, env })
  const found = all.find(fits) ?? all[0]
  if (found === undefined) throw runUnknown(undefined, env)
  return found
}

/** Completes a run whose process is gone, or that ended half-way; one that is done stays so. @throws DEPLOY_RUN_ENDED, what stands in its way */
export async function resumeRun(found: Run, ctx: Context): Promise<Run> {
  const runs = createRuns(ctx)
  if (found.state === 'done') return found
  if (found.state === 'returned') throw runNotOpen(found.run, found.state)
  takeDeployments(found, createDeployments(ctx))
  if (found.chain !== undefined) {
    const chain = found.chain
    const { state } = await ctx.call(chains.show, { id: chain })
    if (!hasEnded(state))
      return withSession(found, ctx, async () => settle(runs, found.run, await ctx.call(chains.resume, { id: chain }), ctx))
  }
  return runChain(runs, found.run, ctx)
}

/**
 * Takes an unfinished run back, so that what ran before runs again; one that has begun to take that away is completed instead, for a
 * return to be made. @throws DEPLOY_RUN_ENDED
 */
export async function takeRunBack(found: Run, ctx: Context): Promise<Run> {
  const runs = createRuns(ctx)
  if (found.state === 'returned') return found
  if (found.state === 'done') throw runNotOpen(found.run, found.state)
  if (isRetired(found, ctx)) return resumeRun(found, ctx)
  takeDeployments(found, createDeployments(ctx))
  return withSession(found, ctx, async () => {
    if (found.chain !== undefined && !hasEnded((await ctx.call(chains.show, { id: found.chain })).state))
      await ctx.call(chains.cancel, { id: found.chain, undo: true })
    const run = runs.read(found.run)
    if (run.state !== 'open') return run
    // The chain may first have done the step again that was cut short.
    if (isRetired(run, ctx)) return resumeRun(run, ctx)
    for (const { id } of stepsOf(run.plan).toReversed()) await undoStep(run.run, id, ctx)
    return runs.read(found.run)
  })
}

/** The history's entries are this process's from now on. @throws DEPLOYMENT_TAKEN where another one is at work on them */
function takeDeployments(run: Run, deployments: Deployments): void {
  for (const id of Object.values(run.deployments)) if (deployments.find(id)?.state === 'running') deployments.take(id)
}

async function runChain(runs: Runs, number: number, ctx: Context): Promise<Run> {
  const { attempt } = runs.read(number)
  const run = runs.note(number, { attempt: attempt + 1 })
  return withSession(run, ctx, async () => {
    // Past the point from which a deployment is completed, what is undone would be what serves.
    const saga = !isRetired(run, ctx)
    const { id } = await ctx.call(chains.start, { chain: chainOf(run, { saga }) }, { idempotencyKey: `deploy ${number} ${attempt + 1}` })
    runs.note(number, { chain: id })
    return settle(runs, number, await ctx.call(chains.resume, { id }), ctx)
  })
}

/** A run that is done, or the error that says what became of it. */
async function settle(runs: Runs, number: number, outcome: ChainOutcome, ctx: Context): Promise<Run> {
  const run = runs.read(number)
  if (outcome.state === 'done' && run.state === 'done') return run
  const { code, message, next } = run.failure ??
    outcome.error ?? { code: 'DEPLOY_FAILED', message: `the chain is ${outcome.state}`, next: undefined }
  if (run.state === 'returned') throw deployReturned(run, code, message, next)
  await tellAll(run, events.failed, ctx, message)
  throw deployHalfMade(number, code, message, { state: outcome.state, done: outcome.done, notUndone: outcome.notUndone })
}

/** Of a run's deployments those that have not ended. */
async function tellAll(run: Run, topic: typeof events.began, ctx: Context, reason?: string): Promise<void> {
  if (run.plan.kind === 'rehearsal') return
  const deployments = createDeployments(ctx)
  for (const id of Object.values(run.deployments)) {
    const deployment = deployments.find(id)
    if (deployment?.state === 'running') await events.tell(ctx, topic, deployment, reason)
  }
}

const hasEnded = (state: ChainOutcome['state']): boolean => ['done', 'failed', 'undone', 'compensation_failed', 'cancelled'].includes(state)
