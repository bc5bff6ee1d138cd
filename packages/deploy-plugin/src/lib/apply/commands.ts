import { type Command, type Context, command, type PlanStep } from '@switchyard/plugin-kit'
import { z } from 'zod'
import type { DeployConfig } from '../config/config.ts'
import type { Planned } from './carry-out.ts'
import { APPLY_EXAMPLES } from './examples.ts'
import type { Run } from './run.ts'
import { runView, viewOf } from './view.ts'

/** A deployment may pull, build and wait for long. */
export const LONGEST_MS = 3_600_000

export const projectField = z.string().default('.').describe('Folder of the project, which holds switchyard.deploy.json')
export const envField = z.string().min(1).describe('Environment, by the exact name it has in switchyard.deploy.json; there is no default')
export const confirmField = z.string().optional().describe("The environment's name once more, where it is protected")
const which = z.object({
  project: projectField,
  env: z.string().min(1).optional().describe('Environment; absent: of whatever environment the newest is'),
  run: z.int().min(1).optional().describe('Number of the deployment; absent: the newest that fits'),
})

/** What does the work is loaded when it is asked for: every start of the program reads this file. */
const loadApply = () => import('./apply.ts')

const applyInput = z.object({
  project: projectField,
  env: envField,
  service: z.array(z.string().min(1)).optional().describe('Only these services; absent: all that changed'),
  version: z.string().min(1).max(100).optional().describe('What people call this release; fills ${VERSION} in the compose file'),
  tag: z.string().min(1).max(200).optional().describe('Tag in the repository that it was made from'),
  why: z.string().min(1).max(500).default('as asked').describe('Reason, for the history'),
  backup: z.boolean().default(false).describe('Back up every named volume first, not only those that the configuration names'),
  again: z.boolean().default(false).describe('Start anew also what has not changed'),
  watch: z.boolean().default(true).describe("False: the environment's own watch is left to somebody else"),
  confirm: confirmField,
})
type ApplyInput = z.output<typeof applyInput>

async function planFor(input: ApplyInput, ctx: Context): Promise<Planned> {
  const [{ planned }, { planApply }] = await Promise.all([import('./carry-out.ts'), import('./plan-apply.ts')])
  return planned(input, ctx, (session, around) => planApply(session, { ...input, ...around, services: input.service }, ctx))
}

const apply = command({
  summary: 'Deploy services to an environment: start the new beside the old, watch it, switch over, and return by itself if it is not well',
  description:
    'Plans what changes, from which digest to which, takes a lock on the host, backs up the volumes that should be, pulls, builds or copies, ' +
    'starts the new release beside the old, waits until it is well, lets the proxy lead to it without a request lost, and ends the old one. ' +
    'Whatever fails, the old release goes on serving, and a page says why. A process that is killed is gone on from by deploy.resume.',
  examples: APPLY_EXAMPLES.apply,
  effect: 'write',
  idempotent: 'key',
  timeoutMs: LONGEST_MS,
  input: applyInput,
  output: runView,
  async plan(input, ctx) {
    const [{ planText }, { plan, config }] = await Promise.all([import('./plan-text.ts'), planFor(input, ctx)])
    const text = planText(plan)
    const watched = input.watch ? watchStep(config, input.env) : undefined
    return watched === undefined ? text : { ...text, steps: [...text.steps, watched] }
  },
  undo: ({ run, project, env }) => ({ command: 'deploy.undo', input: { run, project, env } }),
  async run(input, ctx) {
    const { carryOut } = await import('./carry-out.ts')
    const run = await carryOut(input.confirm, ctx, () => planFor(input, ctx))
    const watched = input.watch ? await watchAfter(run, input.project, ctx) : undefined
    const view = viewOf(run)
    return watched === undefined ? view : { ...view, text: `${view.text}\n\n${watched}` }
  },
})

/** What the environment's configuration has done to a deployment once it serves. */
function watchStep({ environments }: DeployConfig, env: string): PlanStep | undefined {
  const watch = environments[env]?.watch
  if (watch === undefined) return undefined
  const detail = `watch for ${watch.forSeconds} s${watch.rollback ? ', and roll back by itself what fails' : ''}${watch.issue ? '; file an issue' : ''}`
  return { does: 'run', target: env, detail }
}

/** Watches what was deployed where the configuration says so, and says what was seen. @throws WATCH_UNHEALTHY */
async function watchAfter(
  { config, plan, deployments: ids, project: root }: Run,
  project: string,
  ctx: Context,
): Promise<string | undefined> {
  const { env } = plan
  const watch = config.environments[env]?.watch
  if (watch === undefined) return undefined
  const [{ watchDeployments }, { watchText }, { createDeployments }] = await Promise.all([
    import('../watch/watch-deployments.ts'),
    import('../watch/text.ts'),
    import('../records/deployments.ts'),
  ])
  const deployments = Object.values(ids).map((id) => createDeployments(ctx).get(id))
  const seen = await watchDeployments(ctx, { project, env, ...watch }, { root, config, deployments })
  return watchText(env, watch.forSeconds, seen)
}

async function findRun({ project, env, run }: z.output<typeof which>, fits: (run: Run) => boolean, ctx: Context): Promise<Run> {
  const [{ configAt }, { runOf }, { createRuns }, { environmentOf }] = await Promise.all([
    import('./carry-out.ts'),
    loadApply(),
    import('./run.ts'),
    import('../guard/guard.ts'),
  ])
  const { config } = await configAt(project, ctx)
  if (env !== undefined) environmentOf(config, env)
  return runOf(createRuns(ctx), { stack: config.stack, env, run }, fits)
}

const isOpen = ({ state }: Run): boolean => state === 'open'

const resume = command({
  summary: 'Complete a deployment that was interrupted or ended half-way',
  description: 'Goes on from what stands, also after the process was killed or the machine went down: what is done is not done twice.',
  examples: APPLY_EXAMPLES.resume,
  rare: true,
  effect: 'write',
  idempotent: true,
  timeoutMs: LONGEST_MS,
  input: which,
  output: runView,
  async plan(input, ctx) {
    const run = await findRun(input, isOpen, ctx)
    const { stepsOf } = await import('./step-list.ts')
    return {
      summary: `Complete deployment ${run.run} of ${run.plan.stack} to ${run.plan.env}`,
      steps: stepsOf(run.plan).map(({ says }) => ({ does: 'run', target: `${run.plan.env}: ${run.plan.host}`, detail: says })),
    }
  },
  run: async (input, ctx) => viewOf(await (await loadApply()).resumeRun(await findRun(input, isOpen, ctx), ctx)),
})

const undo = command({
  summary: 'Take a deployment back: one that is unfinished step by step, one that is done by a return to what ran before it',
  examples: APPLY_EXAMPLES.undo,
  rare: true,
  effect: 'destroy',
  idempotent: true,
  timeoutMs: LONGEST_MS,
  input: which.extend({ confirm: confirmField }),
  output: runView,
  async plan(input, ctx) {
    const run = await findRun(input, isOpen, ctx)
    if (run.state === 'done') return (await import('../rollback/take-back.ts')).planTakeBack(run, ctx)
    const { stepsOf } = await import('./step-list.ts')
    return {
      summary: `Take deployment ${run.run} of ${run.plan.stack} to ${run.plan.env} back`,
      steps: stepsOf(run.plan)
        .toReversed()
        .map(({ says }) => ({ does: 'run', target: `${run.plan.env}: ${run.plan.host}`, detail: `take back: ${says}` })),
    }
  },
  async run(input, ctx) {
    const found = await findRun(input, isOpen, ctx)
    const run = found.state === 'open' ? await (await loadApply()).takeRunBack(found, ctx) : found
    if (run.state === 'returned') return viewOf(run)
    return viewOf(await (await import('../rollback/take-back.ts')).takeBack(run, input.confirm, ctx))
  },
})

const lockView = z.object({ env: z.string(), held: z.boolean(), by: z.string().nullable() })

const unlock = command({
  summary: 'Take a lock away that a dead process or a lost machine left on a host',
  examples: APPLY_EXAMPLES.unlock,
  effect: 'destroy',
  idempotent: true,
  rare: true,
  input: z.object({ project: projectField, env: envField }),
  output: lockView,
  async plan({ project, env }, ctx) {
    const { readLock, tellHolder } = await import('./lock.ts')
    const held = await onHost(project, env, ctx, ({ host, paths }) => readLock(host, paths.lock))
    return {
      summary: `Take the lock of "${env}" away`,
      steps: held === undefined ? [] : [{ does: 'remove', target: `${env}: lock`, detail: `of ${tellHolder(held)}` }],
      warnings: held === undefined ? ['nobody holds it'] : [],
    }
  },
  async run({ project, env }, ctx) {
    const [{ removeLock, tellHolder }, { createDeployments }] = await Promise.all([
      import('./lock.ts'),
      import('../records/deployments.ts'),
    ])
    const held = await onHost(project, env, ctx, async ({ host, paths, stack }) => {
      const removed = await removeLock(host, paths.lock)
      // What that machine had begun can be gone on with from here.
      createDeployments(ctx).disown({ stack, env })
      return removed
    })
    return { env, held: held !== undefined, by: held === undefined ? null : tellHolder(held) }
  },
})

async function onHost<value>(
  folder: string,
  env: string,
  ctx: Context,
  work: (session: import('./session.ts').Session) => Promise<value>,
): Promise<value> {
  const [{ configAt }, { openSession }] = await Promise.all([import('./carry-out.ts'), import('./session.ts')])
  const { config, project } = await configAt(folder, ctx)
  await using session = await openSession(config, env, { project, signal: ctx.signal })
  return await work(session)
}

const stepInput = z.object({ run: z.int(), step: z.string() })
const stepOutput = z.object({ step: z.string() })

async function stepPlan(
  { run: number, step }: z.output<typeof stepInput>,
  ctx: Context,
  does: string,
): Promise<{ summary: string; steps: { does: 'run'; target: string; detail: string }[] }> {
  const [{ createRuns }, { stepsOf }] = await Promise.all([import('./run.ts'), import('./step-list.ts')])
  const { plan } = createRuns(ctx).read(number)
  const says = `${does}${stepsOf(plan).find(({ id }) => id === step)?.says ?? step}`
  return { summary: says, steps: [{ does: 'run', target: `${plan.env}: ${plan.host}`, detail: says }] }
}

const stepDo = command({
  summary: 'Do one step of a deployment that is under way; its chain calls this, nobody else needs to',
  examples: [],
  internal: true,
  effect: 'write',
  idempotent: true,
  timeoutMs: LONGEST_MS,
  input: stepInput,
  output: stepOutput,
  plan: (input, ctx) => stepPlan(input, ctx, ''),
  undo: (_, input) => ({ command: 'deploy.step.undo', input }),
  async run({ run, step }, ctx) {
    await (await import('./steps.ts')).doStep(run, step, ctx)
    return { step }
  },
})

const stepUndo = command({
  summary: 'Take one step of a deployment back; its chain calls this, nobody else needs to',
  examples: [],
  internal: true,
  effect: 'destroy',
  idempotent: true,
  timeoutMs: LONGEST_MS,
  input: stepInput,
  output: stepOutput,
  plan: (input, ctx) => stepPlan(input, ctx, 'take back: '),
  async run({ run, step }, ctx) {
    await (await import('./steps.ts')).undoStep(run, step, ctx)
    return { step }
  },
})

export const applyCommands = { apply, resume, undo, unlock, 'step.do': stepDo, 'step.undo': stepUndo } as const satisfies Readonly<
  Record<string, Command>
>
