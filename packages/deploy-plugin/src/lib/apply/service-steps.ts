import type { Slot } from '../handlers/slots.ts'
import { createDeployments } from '../records/deployments.ts'
import { backUpVolume } from './backup.ts'
import { deployPlanStale } from './errors.ts'
import { passGate } from './gate-step.ts'
import { canonical, readState, settingsOf } from './host-state.ts'
import { migrate } from './migrate.ts'
import { routeId, slotsEnded, slotsStarted } from './plan.ts'
import { restoreVolumes, undoRestore } from './restore.ts'
import { type Doing, instanceOf, instancesBefore, keepVariables, nothing, type StepContext, wantedOf } from './step-context.ts'
import { drain, switchOver } from './switch.ts'
import { hashOf, hashVariables } from './variables.ts'

/** What is done to one service, and how that is taken back. */
export const serviceSteps: Readonly<Record<string, Doing<StepContext>>> = {
  fetch: {
    async run(step) {
      const { handler, plan, work, runs, run, ctx } = step
      const desired = await wantedOf(step)
      const release = await handler.fetch(
        work,
        { ...desired, fetch: run.facts[plan.service]?.release === undefined ? plan.fetch : 'none' },
        (message) => work.progress(message),
      )
      runs.noteService(run.run, plan.service, { release, fetched: true })
      if (plan.to.release === undefined) createDeployments(ctx).setRelease(run.deployments[plan.service] ?? 0, release)
    },
    async undo(step) {
      const { handler, plan, work, run, session } = step
      const release = run.facts[plan.service]?.release
      const state = await readState(session.host, session.live)
      const isKept = state?.services[plan.service]?.kept.some((one) => one.release === release) === true
      if (release !== undefined && !isKept) await handler.forget(work, release)
    },
  },
  halt: {
    async run(step) {
      for (const { slot, spec } of await instancesBefore(step)) await step.handler.halt(step.work, slot, spec)
    },
    async undo(step) {
      for (const { slot, spec } of await instancesBefore(step)) await step.handler.revive(step.work, slot, spec)
    },
  },
  backup: {
    async run({ plan, work, session, runs, run }) {
      const backups: Record<string, string> = {}
      for (const [key, volume] of Object.entries(plan.backup)) {
        const file = `${session.paths.backups}/${run.run}/${plan.service}-${key}.tar.gz`
        await backUpVolume(work, { image: plan.from?.release ?? '', volume, file })
        backups[key] = file
      }
      runs.noteService(run.run, plan.service, { backups })
    },
    undo: ({ session, run }) => session.host.removeFolder(`${session.paths.backups}/${run.run}`),
  },
  restore: { run: restoreVolumes, undo: undoRestore },
  migrate: {
    run: (step) => migrate(step, step.plan.migrate === 'down' ? 'down' : 'up'),
    async undo(step) {
      const { run, plan, work } = step
      const { migrations } = work.config
      if (run.facts[plan.service]?.migrated === undefined || migrations === undefined) return
      const canReturn = plan.migrate === 'down' || (plan.from?.level ?? 0) >= migrations.reversible
      if (canReturn) await migrate(step, plan.migrate === 'down' ? 'up' : 'down')
    },
  },
  start: { run: start, undo: unstart },
  gate: {
    async run(step) {
      const { plan, handler, work } = step
      const instances = await Promise.all(slotsStarted(plan).map((slot) => instanceOf(step, slot)))
      await passGate(step, instances)
      // Those that are started next may need it, and nobody else serves in its place.
      if (plan.from === undefined) await handler.announce(work, slotsStarted(plan), instances[0]?.spec ?? {})
    },
    undo: nothing,
  },
  switch: {
    run: async (step) => {
      await switchOver(step, 'on')
      step.runs.noteService(step.run.run, step.plan.service, { servesSince: step.ctx.clock.now() })
    },
    async undo(step) {
      const { plan, session, ctx } = step
      if (plan.from !== undefined) return switchOver(step, 'back')
      const proxy = session.proxy(ctx.signal)
      if (plan.hostname !== undefined) await proxy?.removeRoute(routeId(session.stack, session.env, plan.service))
      await session.host.removeFolder(step.work.at.switch)
      await session.host.removeFile(step.work.at.current)
    },
  },
  drain: { run: drain, undo: nothing },
  retire: {
    async run(step) {
      const { plan, handler, work } = step
      const before = await instancesBefore(step)
      for (const slot of slotsEnded(plan)) await handler.stop(work, slot, before[0]?.spec)
    },
    undo: nothing,
  },
}

async function start(step: StepContext): Promise<void> {
  const { handler, work, runs, run, plan, session } = step
  const { service } = plan
  const wanted = await wantedOf(step)
  if (run.facts[service]?.release === undefined) {
    const release = await handler.fetch(work, { ...wanted, fetch: 'none' }, () => {})
    runs.noteService(run.run, service, { release })
  }
  const state = await readState(session.host, session.live)
  if (state === undefined) throw deployPlanStale('the host has lost its state')
  const variables = hashVariables(work.variables, state.key)
  const settings = settingsOf(hashOf(canonical(wanted.spec), state.key), variables, state.key)
  runs.noteService(run.run, service, { variables, settings })
  await keepVariables(session, service, settings, work.variables)
  await session.host.makeFolder(work.at.releases)
  const now = { ...step, run: runs.read(run.run) }
  const isThere = async (slot: Slot): Promise<boolean> =>
    run.facts[service]?.started === true && (await handler.status(work, slot)).state === 'running'
  for (const slot of slotsStarted(plan)) if (!(await isThere(slot))) await handler.start(work, await instanceOf(now, slot))
  runs.noteService(run.run, service, { started: true })
}

async function unstart({ handler, work, plan, runs, run, session }: StepContext): Promise<void> {
  for (const slot of slotsStarted(plan)) await handler.stop(work, slot, undefined)
  const { settings } = run.facts[plan.service] ?? {}
  const state = await readState(session.host, session.live)
  const isKept = state?.services[plan.service]?.kept.some((one) => one.settings === settings) === true
  if (settings !== undefined && !isKept) await session.host.removeFile(work.at.settings(settings))
  runs.noteService(run.run, plan.service, { started: false })
}
