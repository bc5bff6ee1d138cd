import type { ChainData, Context } from '@switchyard/plugin-kit'
import { environmentOf, markHost, unmarkHost } from '../guard/guard.ts'
import { createDeployments } from '../records/deployments.ts'
import * as events from '../records/events.ts'
import { createResources, type ResourceNote } from '../records/resources.ts'
import { backUpVolume } from './backup.ts'
import { alreadyRetired, deployPlanStale, stepUnknown } from './errors.ts'
import { emptyState, type HostState, type KeptOnHost, readState, servingOf, writeState } from './host-state.ts'
import { holderState, readLock, releaseLock, takeLock } from './lock.ts'
import { folderOf, shortRelease } from './paths.ts'
import { canonical, type DeployPlan, routeId, type ServicePlan } from './plan.ts'
import { restoreVolumes, undoRestore } from './restore.ts'
import { createRuns, type Run, type Runs } from './run.ts'
import { openSession, type Session } from './session.ts'
import { hashOf, hashVariables } from './variables.ts'
import { beforeOf, choosePorts, drain, instanceOf, migrate, passGate, type StepContext, switchOver, wantedOf } from './work-steps.ts'

/** One step of a deployment, as people are told of it; each names its environment. */
export interface DeployStep {
  readonly id: string
  readonly says: string
  /** What can be completed from here on, and is not taken back by itself any more. */
  readonly pivot?: true
}

/** What a deployment does, in order. */
export function stepsOf({ env, services }: DeployPlan): DeployStep[] {
  const steps: DeployStep[] = [{ id: 'begin', says: `${env}: take the lock and see that everything is as planned` }]
  const add = (id: string, one: ServicePlan, says: string, pivot = false): void => {
    steps.push({ id: `${id}:${one.service}`, says: `${env}: ${says}`, ...(pivot && { pivot }) })
  }
  for (const one of services) if (one.fetch !== 'none') add('fetch', one, `${one.fetch} ${one.to.reference}`)
  for (const one of services) {
    const { service, strategy, from, to } = one
    const halts = strategy === 'replace' && from !== undefined
    if (halts) add('halt', one, `stop ${service} in ${from.slot}`)
    if (Object.keys(one.backup).length > 0) add('backup', one, `back up ${Object.keys(one.backup).join(', ')}`)
    if (Object.keys(one.restore).length > 0) add('restore', one, `put ${Object.keys(one.restore).join(', ')} back`)
    if (one.migrate !== 'none') add('migrate', one, `migrate the data of ${service} ${one.migrate}`)
    add('start', one, `start ${service} in ${to.slot}`)
    add('gate', one, `watch ${service} in ${to.slot}`)
  }
  for (const one of services) add('switch', one, `let ${one.service} serve from ${one.to.slot}`)
  for (const one of services)
    if (one.from !== undefined && one.strategy === 'beside')
      add('drain', one, `wait for the last requests of ${one.service} in ${one.from.slot}`)
  // Written before anything of the release before is gone: whoever looks at the host then knows what serves.
  steps.push({ id: 'record', says: `${env}: write down what serves` })
  for (const one of services) if (one.from !== undefined) add('retire', one, `end ${one.service} in ${one.from.slot}`, true)
  steps.push({ id: 'end', says: `${env}: tidy up and give the lock back`, pivot: true })
  return steps
}

/** A deployment as a chain: every step may be repeated, and is taken back also where it failed half-way. */
export function chainOf({ run, plan }: Run, { saga = true }: { saga?: boolean } = {}): ChainData {
  return {
    name: `deploy-${plan.kind}`,
    summary: `${plan.kind === 'apply' ? 'Deploy' : 'Return'} ${plan.stack} ${plan.env}`,
    saga,
    steps: stepsOf(plan).map(({ id, pivot }) => {
      const input = { run, step: id }
      return {
        id: id.replace(':', '-'),
        call: 'deploy.step.do',
        input,
        undo: { call: 'deploy.step.undo', input },
        compensateOnFailure: true,
        retry: { attempts: 3, delay: '1s' },
        ...(pivot && { pivot: true }),
      }
    }),
  }
}

/** Sessions that a run keeps open from its first step to its last, in this process. */
const kept = new Map<number, Session>()

/** Keeps one connection for all steps that are done meanwhile. */
export async function withSession<value>(run: Run, ctx: Context, work: () => Promise<value>): Promise<value> {
  if (kept.has(run.run)) return work()
  const session = await sessionOf(run, ctx)
  kept.set(run.run, session)
  try {
    return await work()
  } finally {
    kept.delete(run.run)
    await session[Symbol.asyncDispose]()
  }
}

const sessionOf = ({ config, plan, project }: Run, { signal }: Context): Promise<Session> =>
  openSession(config, plan.env, { project, version: plan.version, signal })

async function inSession(runId: number, ctx: Context, work: (run: Run, session: Session, runs: Runs) => Promise<void>): Promise<void> {
  const runs = createRuns(ctx)
  const run = runs.read(runId)
  const own = kept.get(runId)
  const session = own ?? (await sessionOf(run, ctx))
  try {
    await work(run, session, runs)
  } finally {
    if (own === undefined) await session[Symbol.asyncDispose]()
  }
}

export async function doStep(runId: number, id: string, ctx: Context): Promise<void> {
  await inSession(runId, ctx, async (run, session, runs) => {
    if (run.state === 'done') return
    const [name, service] = parted(id)
    note(run, ctx, id, service, 'begun')
    try {
      // A run that goes on in another process than it began in has a dead holder's lock.
      await takeLock(session.host, await lockOf(session), { run: String(run.run), who: run.who, nowMs: ctx.clock.now() })
      if (service === undefined) await ofRun(name).run({ run, session, runs, ctx })
      else await ofService(name).run(await stepContext(run, session, runs, service, ctx))
      note(run, ctx, id, service, 'done')
    } catch (error) {
      note(run, ctx, id, service, 'failed', error)
      const { tellWhy } = await import('./page.ts')
      await tellWhy(runs.read(runId), session, id, error, ctx)
      throw error
    }
  })
}

/** Takes one step back. */
export async function undoStep(runId: number, id: string, ctx: Context): Promise<void> {
  await inSession(runId, ctx, async (run, session, runs) => {
    if (run.state !== 'open') return
    // What the old release would serve from is gone, or is about to be.
    if (isRetired(run, ctx)) throw alreadyRetired(runId)
    const [name, service] = parted(id)
    const held = await readLock(session.host, session.paths.lock)
    // Without the lock nothing of it was ever done, or another one is at work.
    if (held?.run !== String(run.run)) {
      if (name === 'begin') await ofRun('begin').undo({ run, session, runs, ctx })
      return
    }
    await takeLock(session.host, session.paths.lock, { run: String(run.run), who: run.who, nowMs: ctx.clock.now() })
    if (service === undefined) await ofRun(name).undo({ run, session, runs, ctx })
    else await ofService(name).undo(await stepContext(run, session, runs, service, ctx))
    note(run, ctx, id, service, 'undone')
  })
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

function note(
  run: Run,
  ctx: Context,
  step: string,
  service: string | undefined,
  state: 'begun' | 'done' | 'failed' | 'undone',
  error?: unknown,
): void {
  const deployments = createDeployments(ctx)
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

async function stepContext(run: Run, session: Session, runs: Runs, service: string, ctx: Context): Promise<StepContext> {
  const plan = run.plan.services.find((one) => one.service === service)
  if (plan === undefined) throw stepUnknown(service)
  return { run, runs, plan, session, ctx, ...(await session.workOf(service, ctx)) }
}

interface RunContext {
  readonly run: Run
  readonly runs: Runs
  readonly session: Session
  readonly ctx: Context
}
interface Doing<context> {
  run(context: context): Promise<void>
  undo(context: context): Promise<void>
}

function ofRun(name: string): Doing<RunContext> {
  const found = OF_RUN[name]
  if (found === undefined) throw stepUnknown(name)
  return found
}
function ofService(name: string): Doing<StepContext> {
  const found = OF_SERVICE[name]
  if (found === undefined) throw stepUnknown(name)
  return found
}
const nothing = async (): Promise<void> => {}

const OF_RUN: Readonly<Record<string, Doing<RunContext>>> = {
  begin: { run: begin, undo: close },
  record: { run: record, undo: unrecord },
  end: { run: end, undo: nothing },
}

const OF_SERVICE: Readonly<Record<string, Doing<StepContext>>> = {
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
      const state = await readState(session.host, session.paths)
      const isKept = state?.services[plan.service]?.kept.some((one) => one.release === release) === true
      if (release !== undefined && !isKept) await handler.forget(work, release)
    },
  },
  halt: {
    async run(step) {
      const before = await beforeOf(step)
      if (before !== undefined) await step.handler.halt(step.work, before.slot, before.spec)
    },
    async undo(step) {
      const before = await beforeOf(step)
      if (before !== undefined) await step.handler.revive(step.work, before.slot, before.spec)
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
  start: {
    async run(step) {
      const { handler, work, runs, run, plan, session } = step
      const wanted = await wantedOf(step)
      if (run.facts[plan.service]?.release === undefined) {
        const release = await handler.fetch(work, { ...wanted, fetch: 'none' }, () => {})
        runs.noteService(run.run, plan.service, { release })
      }
      const state = await readState(session.host, session.paths)
      if (state === undefined) throw deployPlanStale('the host has lost its state')
      runs.noteService(run.run, plan.service, { variables: hashVariables(work.variables, state.key) })
      await session.host.makeFolder(work.at.releases)
      const instance = await instanceOf({ ...step, run: runs.read(run.run) })
      if (run.facts[plan.service]?.started === true && (await handler.status(work, instance.slot)).state === 'running') return
      await handler.start(work, instance)
      runs.noteService(run.run, plan.service, { started: true })
    },
    async undo({ handler, work, plan, runs, run }) {
      await handler.stop(work, plan.to.slot, undefined)
      runs.noteService(run.run, plan.service, { started: false })
    },
  },
  gate: { run: passGate, undo: nothing },
  switch: {
    run: async (step) => {
      await switchOver(step, step.plan.to.slot)
      step.runs.noteService(step.run.run, step.plan.service, { servesSince: step.ctx.clock.now() })
    },
    async undo(step) {
      const { plan, session, ctx } = step
      if (plan.from !== undefined) return switchOver(step, plan.from.slot)
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
      if (plan.from === undefined) return
      const state = await readState(step.session.host, step.session.paths)
      const spec = state?.services[plan.service]?.kept.find(({ release }) => release === plan.from?.release)?.spec
      await handler.stop(work, plan.from.slot, spec)
      // Of a container that was set aside.
      await work.host.removeFile(work.at.variables(plan.from.slot))
    },
    undo: nothing,
  },
}

async function begin({ run, session, runs, ctx }: RunContext): Promise<void> {
  const { config, plan } = run
  const environment = environmentOf(config, plan.env)
  const state = await readState(session.host, session.paths)
  for (const { service, from, to } of plan.services) {
    const now = servingOf(state, service)
    // Killed after it was written down what serves, a run finds itself there.
    if (now?.release !== from?.release && now?.release !== (run.facts[service]?.release ?? to.release))
      throw deployPlanStale(
        `${plan.env} runs ${now === undefined ? 'no' : shortRelease(now.release)} ${service}, not ${from === undefined ? 'none' : shortRelease(from.release)}`,
      )
  }
  if (await markHost(session.host, environment.place.root, config.stack, environment)) runs.note(run.run, { marked: true })
  if (state === undefined) await writeState(session.host, session.paths, emptyState(config.stack, plan.env))
  const taken = new Set(Object.values(state?.services ?? {}).flatMap(({ ports }) => Object.values(ports)))
  for (const { service } of plan.services) {
    const step = await stepContext(runs.read(run.run), session, runs, service, ctx)
    if (step.run.facts[service]?.ports !== undefined) continue
    for (const own of Object.values(state?.services[service]?.ports ?? {})) taken.delete(own)
    runs.noteService(run.run, service, { ports: await choosePorts(step, state, taken) })
  }
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
  if (held !== undefined && (held.run === String(run.run) || holderState(held) === 'dead'))
    await releaseLock(session.host, session.paths.lock, String(run.run))
}

async function record({ run, session, ctx }: RunContext): Promise<void> {
  const state = await readState(session.host, session.paths)
  if (state === undefined) throw deployPlanStale('the host has lost its state')
  const isRecorded = (await session.host.facts(beforeFile(session.paths, run))) !== undefined
  if (!isRecorded) await session.host.writeFile(beforeFile(session.paths, run), JSON.stringify(state), { mode: 0o600 })
  const services: Record<string, HostState['services'][string]> = { ...state.services }
  for (const plan of run.plan.services) {
    const step = await stepContext(run, session, createRuns(ctx), plan.service, ctx)
    const instance = await instanceOf(step)
    const before = state.services[plan.service]
    const facts = run.facts[plan.service] ?? {}
    const old = before?.kept.find(({ release }) => release === instance.release)
    const entry: KeptOnHost = {
      release: instance.release,
      reference: plan.to.reference,
      ...(run.plan.version !== undefined ? { version: run.plan.version } : plan.to.version !== undefined && { version: plan.to.version }),
      ...(run.plan.tag !== undefined ? { tag: run.plan.tag } : old?.tag !== undefined && { tag: old.tag }),
      deployment: run.deployments[plan.service] ?? run.run,
      atMs: ctx.clock.now(),
      spec: { ...instance.spec },
      specHash: hashOf(canonical(instance.spec), state.key),
      variables: { ...facts.variables },
      ...(plan.to.level !== undefined && { level: plan.to.level }),
      ...(plan.to.reversible !== undefined && { reversible: plan.to.reversible }),
      backups: { ...facts.backups },
    }
    const others = (before?.kept ?? []).filter(({ release }) => release !== instance.release)
    services[plan.service] = {
      handler: plan.handler,
      slot: plan.to.slot,
      release: instance.release,
      ports: { ...before?.ports, ...facts.ports },
      // Too many of them only after the release before is retired, so that a step back has all it needs.
      kept: [entry, ...others],
    }
  }
  await writeState(session.host, session.paths, { ...state, services })
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

async function end({ run, session, runs, ctx }: RunContext): Promise<void> {
  const state = await readState(session.host, session.paths)
  const deployments = createDeployments(ctx)
  const resources = createResources(ctx)
  for (const plan of run.plan.services) {
    const found = state?.services[plan.service]
    const id = run.deployments[plan.service]
    if (state === undefined || found === undefined || id === undefined) continue
    const { work, handler } = await session.workOf(plan.service, ctx)
    const [now, ...others] = found.kept
    const drops = others.slice(run.config.keepReleases)
    for (const { release, backups } of drops) {
      await handler.forget(work, release)
      for (const file of Object.values(backups)) await session.host.removeFile(file)
      deployments.forget({ stack: work.stack, env: work.env, service: work.service }, release)
    }
    if (drops.length > 0) state.services[plan.service] = { ...found, kept: found.kept.slice(0, run.config.keepReleases + 1) }
    if (now !== undefined) {
      const { level, reversible, variables, specHash, reference } = now
      deployments.keep(id, {
        release: now.release,
        data: { reference, specHash, variables, ...(level !== undefined && { level }), ...(reversible !== undefined && { reversible }) },
      })
    }
    resources.exists(id, thingsOf(plan, work, run))
    if (plan.from !== undefined) resources.gone(id, [instanceThing(plan.handler, work.stack, work.env, plan.service, plan.from.slot)])
  }
  if (state !== undefined) await writeState(session.host, session.paths, state)
  await session.host.removeFile(beforeFile(session.paths, run))
  await tidy(session, run.plan)
  await finishAll(run, ctx, 'done')
  runs.note(run.run, { state: 'done' })
  await releaseLock(session.host, session.paths.lock, String(run.run))
}

const KINDS = { compose: 'container', process: 'process', systemd: 'unit', static: 'link' } as const

function instanceThing(
  handler: ServicePlan['handler'],
  stack: string,
  env: string,
  service: string,
  slot: string,
): Pick<ResourceNote, 'kind' | 'name'> {
  return { kind: KINDS[handler], name: `${stack}-${env}-${service}-${slot}` }
}

function thingsOf(plan: ServicePlan, work: StepContext['work'], run: Run): ResourceNote[] {
  const { ports, release } = run.facts[plan.service] ?? {}
  const port = ports?.[plan.to.slot]
  const things: ResourceNote[] = [
    {
      ...instanceThing(plan.handler, work.stack, work.env, plan.service, plan.to.slot),
      release,
      data: { slot: plan.to.slot, ...(port !== undefined && { port }) },
    },
  ]
  if (plan.handler === 'compose')
    things.push({
      kind: 'image',
      name: `localhost/switchyard/${work.stack}-${work.env}-${plan.service}:${folderOf(release ?? '')}`,
      release,
    })
  else things.push({ kind: 'folder', name: work.at.release(release ?? ''), release })
  if (plan.hostname !== undefined)
    things.push({ kind: 'route', name: routeId(work.stack, work.env, plan.service), data: { hostname: plan.hostname } })
  return things
}

/** Ends the history's entries of a run; those that have ended already stay as they are. */
async function finishAll(run: Run, ctx: Context, state: 'done' | 'returned'): Promise<void> {
  const deployments = createDeployments(ctx)
  for (const [service, id] of Object.entries(run.deployments)) {
    const deployment = deployments.find(id)
    if (deployment?.state !== 'running') continue
    const { gate, ports, cut, servesSince } = run.facts[service] ?? {}
    const evidence = {
      ...(gate !== undefined && { gate }),
      ...(ports !== undefined && { ports }),
      ...(cut !== undefined && { cut }),
      ...(servesSince !== undefined && { servesSince: new Date(servesSince).toISOString() }),
      ...(state === 'returned' && run.page !== undefined && { report: run.page }),
    }
    // Told first: whoever is killed in between does this step once more, and tells nothing twice.
    const topic = state === 'returned' ? events.returned : run.plan.kind === 'rollback' ? events.rolledBack : events.done
    await events.tell(ctx, topic, deployment, state === 'returned' ? run.failure?.message : undefined)
    deployments.finish(id, { state, evidence, ...(state === 'returned' && run.failure !== undefined && { error: run.failure }) })
  }
}
