import type { Context } from '@switchyard/plugin-kit'
import { createDeployments } from '../records/deployments.ts'
import { alreadyRetired, notTakenBack, stepUnknown } from './errors.ts'
import { readLock, takeLock } from './lock.ts'
import type { Run } from './run.ts'
import { inSession } from './run-session.ts'
import type { Session } from './session.ts'
import { type Doing, type RunContext, type StepContext, stepContext } from './step-context.ts'
import { stepsOf } from './step-list.ts'

/** What each step of a run does: those of a rehearsal have the same names, and do it where nothing serves. */
interface Doings {
  readonly ofRun: Readonly<Record<string, Doing<RunContext>>>
  readonly ofService: Readonly<Record<string, Doing<StepContext>>>
}

async function doingsOf({ plan: { kind } }: Run): Promise<Doings> {
  if (kind === 'rehearsal') return (await import('../rollback/rehearsal-steps.ts')).rehearsalSteps
  const [{ runSteps: ofRun }, { serviceSteps: ofService }] = await Promise.all([import('./run-steps.ts'), import('./service-steps.ts')])
  return { ofRun, ofService }
}

async function go(way: 'run' | 'undo', id: string, context: RunContext): Promise<void> {
  const { ofRun, ofService } = await doingsOf(context.run)
  const [name, service] = parted(id)
  if (service === undefined) return found(ofRun, name)[way](context)
  return found(ofService, name)[way](await stepContext(context, service))
}

function found<context>(doings: Readonly<Record<string, Doing<context>>>, name: string): Doing<context> {
  const doing = doings[name]
  if (doing === undefined) throw stepUnknown(name)
  return doing
}

/** Does one step. */
export async function doStep(runId: number, id: string, ctx: Context): Promise<void> {
  await inSession(runId, ctx, async (context) => {
    const { run, session, runs } = context
    if (run.state === 'done') return
    note(run, ctx, id, 'begun')
    try {
      // A run that goes on in another process than it began in has a dead holder's lock.
      await takeLock(session.host, await lockOf(session), { run: String(run.run), who: run.who, nowMs: ctx.clock.now() })
      await go('run', id, context)
      note(run, ctx, id, 'done')
    } catch (error) {
      note(run, ctx, id, 'failed', error)
      const { tellWhy } = await import('./page.ts')
      await tellWhy(runs.read(runId), session, id, error, ctx)
      throw error
    }
  })
}

/** Takes one step back. */
export async function undoStep(runId: number, id: string, ctx: Context): Promise<void> {
  await inSession(runId, ctx, async (context) => {
    const { run, session } = context
    if (run.state !== 'open') return
    // What the old release would serve from is gone, or is about to be.
    if (isRetired(run, ctx)) throw alreadyRetired(runId)
    const done = stepsLeft(run, ctx)
    // What begins is taken back last, and tells that all is: a step that could not be taken back is not forgotten.
    if (id === 'begin' && done.length > 0) throw notTakenBack(runId, done)
    const held = await readLock(session.host, session.paths.lock)
    // Without the lock nothing of it was ever done, unless a person took that away; or another one is at work.
    if (held === undefined ? done.length === 0 : held.run !== String(run.run)) {
      if (id === 'begin') await go('undo', id, context)
      return
    }
    await takeLock(session.host, session.paths.lock, { run: String(run.run), who: run.who, nowMs: ctx.clock.now() })
    await go('undo', id, context)
    note(run, ctx, id, 'undone')
  })
}

/** What was begun beside the lock, and is not taken back. */
function stepsLeft({ deployments }: Run, ctx: Context): string[] {
  const history = createDeployments(ctx)
  const left = Object.values(deployments).flatMap((id) => history.steps(id).filter(({ state }) => state !== 'undone'))
  return [...new Set(left.map(({ step }) => step))].filter((step) => step !== 'begin')
}

/** Whether a run has begun to take away what ran before. */
export function isRetired({ deployments }: Run, ctx: Context): boolean {
  const history = createDeployments(ctx)
  return Object.values(deployments).some((id) => history.steps(id).some(({ step }) => step.startsWith('retire:') || step === 'end'))
}

function parted(id: string): [name: string, service: string | undefined] {
  const at = id.indexOf(':')
  return at < 0 ? [id, undefined] : [id.slice(0, at), id.slice(at + 1)]
}

async function lockOf({ host, paths }: Session): Promise<string> {
  await host.makeFolder(paths.base)
  return paths.lock
}

function note(run: Run, ctx: Context, step: string, state: 'begun' | 'done' | 'failed' | 'undone', error?: unknown): void {
  const deployments = createDeployments(ctx)
  const [, service] = parted(step)
  const data = error === undefined ? {} : { code: (error as { code?: string }).code ?? 'HANDLER_ERROR' }
  const says = stepsOf(run.plan).find(({ id }) => id === step)?.says
  if (state === 'begun' && says !== undefined) ctx.progress({ message: says })
  // One write to the disk for all of them.
  ctx.store.transact(
    () => {
      for (const [name, id] of Object.entries(run.deployments))
        if (service === undefined || service === name) deployments.note(id, { step, state, data })
    },
    { durable: true },
  )
}
