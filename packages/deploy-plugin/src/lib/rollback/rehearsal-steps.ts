import { backUpVolume, restoreVolume } from '../apply/backup.ts'
import { deployPlanStale } from '../apply/errors.ts'
import { finishAll } from '../apply/finish.ts'
import { passGate } from '../apply/gate-step.ts'
import { portsOf, readState } from '../apply/host-state.ts'
import { releaseLock } from '../apply/lock.ts'
import { migrate } from '../apply/migrate.ts'
import { choosePorts } from '../apply/ports.ts'
import { type Doing, instanceOf, nothing, type RunContext, type StepContext, stepContext, wantedOf } from '../apply/step-context.ts'
import { hashVariables } from '../apply/variables.ts'
import { askedFor } from '../engine/engine.ts'
import { copyFailed, startFailed } from '../handlers/errors.ts'
import type { Instance, Spec } from '../handlers/handler.ts'
import { clearScratch } from './scratch.ts'

/** What a rehearsal does: all of it in a scratch stack, which is gone whichever way it ends. */
export const rehearsalSteps: {
  readonly ofRun: Readonly<Record<string, Doing<RunContext>>>
  readonly ofService: Readonly<Record<string, Doing<StepContext>>>
} = {
  ofRun: {
    begin: { run: begin, undo: (context) => close(context, 'returned') },
    end: { run: (context) => close(context, 'done'), undo: nothing },
  },
  ofService: {
    copy: { run: (step) => (step.handler.fence === undefined ? copyFolder(step) : copyVolumes(step)), undo: nothing },
    migrate: { run: (step) => migrate(step, 'down', (spec) => fenced(step, spec)), undo: nothing },
    start: { run: start, undo: nothing },
    gate: { run: gate, undo: nothing },
  },
}

/** Whatever an earlier one left is gone before this one begins; ports are none of those that serve. */
async function begin(context: RunContext): Promise<void> {
  const { run, runs, session, ctx } = context
  await clearScratch(session, run.plan, ctx)
  const state = await readState(session.host, session.live)
  const taken = portsOf(state)
  for (const { service } of run.plan.services) {
    const step = await stepContext(context, service)
    const ports = step.handler.fence === undefined ? await choosePorts(step, undefined, taken) : {}
    runs.noteService(run.run, service, { ports, copied: [] })
  }
}

async function close(context: RunContext, state: 'done' | 'returned'): Promise<void> {
  const { run, runs, session, ctx } = context
  await clearScratch(session, run.plan, ctx)
  await finishAll(run, ctx, state)
  runs.note(run.run, { state })
  await releaseLock(session.host, session.paths.lock, String(run.run))
  await session.host.removeFolder(session.paths.base)
}

/** A release's folder, so that what it writes beside itself is written nowhere else. */
async function copyFolder(step: StepContext): Promise<void> {
  const { work, session, plan } = step
  const { release } = await instanceOf(step)
  const from = session.live.service(plan.service).release(release)
  const to = work.at.release(release)
  await work.host.removeFolder(to)
  await work.host.makeFolder(work.at.releases)
  const { exit, stderr } = await work.host.run(['cp', '-a', '--', from, to], { signal: work.signal, timeoutMs: 600_000 })
  if (exit !== 0) throw copyFailed(from, work.host.label, stderr.trim().slice(0, 300))
}

/** Volumes of its own, with what is in the real ones, or in the backups that it would be returned with. */
async function copyVolumes(step: StepContext): Promise<void> {
  const { work, session, plan, handler, run, runs } = step
  const { release, spec } = await instanceOf(step)
  const engine = await work.engine()
  for (const { key, of, name } of handler.fence?.(work, spec).volumes ?? []) {
    const copied = Object.values(runs.read(run.run).facts).flatMap((facts) => facts.copied ?? [])
    if (copied.includes(name)) continue
    const backup = plan.restore[key]
    const file = backup ?? `${session.paths.backups}/${plan.service}-${key}.tar.gz`
    const isThere = (await askedFor(`look at the volume ${of}`, () => engine.getVolume(of).inspect())) !== undefined
    // A volume that only this release has is as empty as it would be.
    if (backup === undefined && !isThere) continue
    if (backup === undefined) await backUpVolume(work, { image: release, volume: of, file })
    await restoreVolume(work, { image: release, volume: name, file })
    if (backup === undefined) await work.host.removeFile(file)
    const own = runs.read(run.run).facts[plan.service]?.copied ?? []
    runs.noteService(run.run, plan.service, { release, copied: [...own, name] })
  }
}

const fenced = ({ handler, work }: StepContext, spec: Spec): Spec => handler.fence?.(work, spec).spec ?? spec

async function start(step: StepContext): Promise<void> {
  const { work, handler, plan, run, runs, session } = step
  const state = await readState(session.host, session.live)
  if (state === undefined) throw deployPlanStale('the host has lost its state')
  const { spec } = await wantedOf(step)
  const instance = await instanceOf(step)
  runs.noteService(run.run, plan.service, { release: instance.release, variables: hashVariables(work.variables, state.key) })
  await handler.start(work, { ...instance, spec: fenced(step, spec) })
}

async function gate(step: StepContext): Promise<void> {
  const { handler, work, plan } = step
  const instance = await rehearsed(step)
  await passGate(step, [instance])
  // Those of the scratch stack find it by its name; what runs on the host itself has none to be found by.
  if (handler.fence !== undefined) await handler.announce(work, [plan.to.slot], instance.spec)
}

/** As it is asked: inside the fence by its own address, as no port of the host leads there. */
async function rehearsed(step: StepContext): Promise<Instance> {
  const { work, handler, plan } = step
  const instance = await instanceOf(step)
  if (handler.fence === undefined) return instance
  const { address, ended } = await handler.status(work, plan.to.slot)
  if (address === undefined && ended === undefined) throw startFailed(plan.service, 'it has no address of its own yet')
  return { ...instance, spec: fenced(step, instance.spec), port: work.config.port, ...(address !== undefined && { address }) }
}
