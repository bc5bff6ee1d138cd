import { environmentOf, markHost, unmarkHost } from '../guard/guard.ts'
import { SIDES, slotsOf } from '../handlers/slots.ts'
import { createDeployments } from '../records/deployments.ts'
import { createResources } from '../records/resources.ts'
import { runnerState } from '../records/runner.ts'
import { deployPlanStale } from './errors.ts'
import { finishAll } from './finish.ts'
import {
  canonical,
  emptyState,
  type HostState,
  isSame,
  type KeptOnHost,
  keptOf,
  numbersOf,
  portsOf,
  readState,
  type Serving,
  servingOf,
  settingsOf,
  writeState,
} from './host-state.ts'
import { readLock, releaseLock } from './lock.ts'
import { shortRelease } from './paths.ts'
import { type DeployPlan, isScaling, type ServicePlan, slotsEnded } from './plan.ts'
import { choosePorts } from './ports.ts'
import type { Run } from './run.ts'
import type { Session } from './session.ts'
import { type Doing, instanceOf, nothing, type RunContext, type StepContext, stepContext } from './step-context.ts'
import { instanceThing, thingsOf } from './things.ts'
import { hashOf } from './variables.ts'

/** What is done once for all services of a deployment, and how that is taken back. */
export const runSteps: Readonly<Record<string, Doing<RunContext>>> = {
  begin: { run: begin, undo: close },
  record: { run: record, undo: unrecord },
  end: { run: end, undo: nothing },
}

async function begin({ run, session, runs, ctx }: RunContext): Promise<void> {
  const { config, plan } = run
  const environment = environmentOf(config, plan.env)
  const state = await readState(session.host, session.live)
  for (const one of plan.services) {
    const now = servingOf(state, one.service)
    // Killed after it was written down what serves, a run finds itself there.
    if (!isBefore(one, now) && !isAfter(one, now, run))
      throw deployPlanStale(`${plan.env} runs ${tell(now)} ${one.service}, not ${one.from === undefined ? 'none' : tell(one.from)}`)
  }
  if (await markHost(session.host, environment.place.root, config.stack, environment)) runs.note(run.run, { marked: true })
  if (state === undefined) await writeState(session.host, session.paths, emptyState(config.stack, plan.env))
  const taken = portsOf(state)
  for (const { service } of plan.services) {
    const step = await stepContext({ run: runs.read(run.run), session, runs, ctx }, service)
    if (step.run.facts[service]?.ports !== undefined) continue
    for (const own of numbersOf(state?.services[service]?.ports ?? {})) taken.delete(own)
    runs.noteService(run.run, service, { ports: await choosePorts(step, state, taken) })
  }
}

type Telling = Pick<Serving, 'release' | 'replicas'>
const tell = (now: Telling | undefined): string =>
  now === undefined ? 'no' : `${shortRelease(now.release)}${now.replicas === 1 ? '' : `, ${now.replicas} times,`}`

function isBefore({ from }: ServicePlan, now: Serving | undefined): boolean {
  if (from === undefined || now === undefined) return from === now
  return isSame(now, from) && now.slot === from.slot && now.replicas === from.replicas
}

function isAfter({ service, to }: ServicePlan, now: Serving | undefined, { facts }: Run): boolean {
  const release = facts[service]?.release ?? to.release
  return now !== undefined && now.release === release && now.slot === to.slot && now.replicas === to.replicas
}

/** The last thing to be undone: only where everything is back, it is told that it is. */
async function close({ run, session, runs, ctx }: RunContext): Promise<void> {
  const { config, plan } = run
  const state = await readState(session.host, session.paths)
  const held = await readLock(session.host, session.paths.lock)
  const isOurs = held === undefined || held.run === String(run.run)
  if (run.marked === true && isOurs && state !== undefined && Object.keys(state.services).length === 0) {
    const { root } = environmentOf(config, plan.env).place
    await unmarkHost(session.host, root, config.stack, plan.env)
    await session.host.removeFolder(`${session.paths.base}/services`)
    await session.host.removeFile(session.paths.state)
  }
  if (isOurs) {
    await session.host.removeFile(beforeFile(session.paths, run))
    await tidy(session, plan)
  }
  await finishAll(run, ctx, 'returned')
  runs.note(run.run, { state: 'returned' })
  if (held !== undefined && (held.run === String(run.run) || runnerState(held) === 'dead'))
    await releaseLock(session.host, session.paths.lock, String(run.run))
}

async function record(context: RunContext): Promise<void> {
  const { run, session } = context
  const state = await readState(session.host, session.paths)
  if (state === undefined) throw deployPlanStale('the host has lost its state')
  const isRecorded = (await session.host.facts(beforeFile(session.paths, run))) !== undefined
  if (!isRecorded) await session.host.writeFile(beforeFile(session.paths, run), JSON.stringify(state), { mode: 0o600 })
  const services: Record<string, HostState['services'][string]> = { ...state.services }
  for (const plan of run.plan.services) {
    const before = state.services[plan.service]
    const entry = await entryOf(await stepContext(context, plan.service), state)
    const ports = { ...before?.ports, ...run.facts[plan.service]?.ports }
    const slots = SIDES.flatMap((side) => slotsOf(side, plan.to.replicas))
    const { [plan.service]: config } = run.config.services
    services[plan.service] = {
      handler: plan.handler,
      slot: plan.to.slot,
      release: entry.release,
      settings: entry.settings,
      replicas: plan.to.replicas,
      configured: config === undefined || config.handler === 'static' ? 1 : config.replicas,
      ports: Object.fromEntries(slots.flatMap((slot) => (ports[slot] === undefined ? [] : [[slot, ports[slot]]]))),
      // Too many of them only after the release before is retired, so that a step back has all it needs.
      kept: [entry, ...(before?.kept ?? []).filter((one) => !isSame(one, entry))],
    }
  }
  await writeState(session.host, session.paths, { ...state, services })
}

/** A release as the host remembers it. */
async function entryOf(step: StepContext, state: HostState): Promise<KeptOnHost> {
  const { run, plan, ctx } = step
  const facts = run.facts[plan.service] ?? {}
  const { release, spec } = await instanceOf(step)
  const specHash = hashOf(canonical(spec), state.key)
  const variables = { ...facts.variables }
  const settings = facts.settings ?? plan.to.settings ?? settingsOf(specHash, variables, state.key)
  const old = keptOf(state, plan.service, { release, settings })
  // Whoever brought it has brought it still, however many of it there are.
  if (isScaling(plan) && old !== undefined) return old
  return {
    release,
    settings,
    reference: plan.to.reference,
    ...(run.plan.version !== undefined ? { version: run.plan.version } : plan.to.version !== undefined && { version: plan.to.version }),
    ...(run.plan.tag !== undefined ? { tag: run.plan.tag } : old?.tag !== undefined && { tag: old.tag }),
    deployment: run.deployments[plan.service] ?? run.run,
    atMs: ctx.clock.now(),
    spec: { ...spec },
    specHash,
    variables,
    ...(plan.to.level !== undefined && { level: plan.to.level }),
    ...(plan.to.reversible !== undefined && { reversible: plan.to.reversible }),
    backups: { ...facts.backups },
  }
}

async function unrecord({ run, session: { host, paths } }: RunContext): Promise<void> {
  const before = await host.readFile(beforeFile(paths, run))
  if (before !== undefined) await host.writeFile(paths.state, before, { mode: 0o600 })
}

/** Takes away what a process that was killed had half-written; only who has the lock writes there. */
async function tidy({ host, paths }: Session, plan: DeployPlan): Promise<void> {
  const folders = [paths.base, ...plan.services.flatMap(({ service }) => [paths.service(service).base, paths.service(service).releases])]
  for (const folder of folders)
    for (const name of await host.list(folder))
      if (name.endsWith('.draft') || name.endsWith('.broken')) await host.removeFolder(`${folder}/${name}`)
}

/** The host's state as it was before a run wrote down its own. */
const beforeFile = ({ state }: Session['paths'], { run }: Run): string => `${state}.before-${run}`

async function end(context: RunContext): Promise<void> {
  const { run, session, runs, ctx } = context
  const state = await readState(session.host, session.paths)
  const resources = createResources(ctx)
  for (const plan of run.plan.services) {
    const found = state?.services[plan.service]
    const id = run.deployments[plan.service]
    if (state === undefined || found === undefined || id === undefined) continue
    const step = await stepContext(context, plan.service)
    const kept = found.kept.slice(0, run.config.keepReleases + 1)
    await drop(step, kept, found.kept.slice(kept.length))
    state.services[plan.service] = { ...found, kept }
    const [now] = kept
    if (now !== undefined && !isScaling(plan)) {
      const { release, settings, level, reversible, variables, specHash, reference } = now
      const data = {
        reference,
        specHash,
        variables,
        ...(level !== undefined && { level }),
        ...(reversible !== undefined && { reversible }),
      }
      createDeployments(ctx).keep(id, { release, settings, data })
    }
    resources.exists(id, thingsOf(plan, step.work, run))
    const ended = slotsEnded(plan)
    if (ended.length > 0)
      resources.gone(
        id,
        ended.map((slot) => instanceThing(plan.handler, step.work, slot)),
      )
  }
  if (state !== undefined) await writeState(session.host, session.paths, state)
  await session.host.removeFile(beforeFile(session.paths, run))
  await tidy(session, run.plan)
  await finishAll(run, ctx, 'done')
  runs.note(run.run, { state: 'done' })
  await releaseLock(session.host, session.paths.lock, String(run.run))
}

/** Takes releases off the host that are too old to be returned to; what others share with them stays. */
async function drop({ handler, work, session, ctx }: StepContext, kept: readonly KeptOnHost[], old: readonly KeptOnHost[]): Promise<void> {
  for (const one of old) {
    const { release, settings, backups } = one
    if (!kept.some((other) => other.release === release)) await handler.forget(work, release)
    if (!kept.some((other) => other.settings === settings)) await session.host.removeFile(work.at.settings(settings))
    for (const file of Object.values(backups)) await session.host.removeFile(file)
    createDeployments(ctx).forget(work, one)
  }
}
