import type { Context } from '@switchyard/plugin-kit'
import { errorLinesOf } from '../gate/error-lines.ts'
import { gateFailed } from '../gate/errors.ts'
import { pause, watchGate } from '../gate/gate.ts'
import { probeOf } from '../gate/probe.ts'
import type { Desired, Handler, Instance, Slot, Spec, Work } from '../handlers/handler.ts'
import { type CaddyProxy, type Route, setServingSlot } from '../proxy/caddy.ts'
import { proxyNotSwitched } from '../proxy/errors.ts'
import { deployPlanStale, migrationFailed, noFreePort } from './errors.ts'
import { type HostState, type KeptOnHost, readState } from './host-state.ts'
import { canonical, routeId, type ServicePlan } from './plan.ts'
import type { Run, Runs } from './run.ts'
import type { Session } from './session.ts'
import { createHider, hashOf } from './variables.ts'

/** What doing and undoing a step of one service is given. */
export interface StepContext {
  readonly run: Run
  readonly runs: Runs
  readonly plan: ServicePlan
  readonly session: Session
  readonly work: Work
  readonly plain: Work
  readonly handler: Handler
  readonly ctx: Context
}

const LOG_LINES = 400

const keptOf = (state: HostState | undefined, service: string, release: string | undefined): KeptOnHost | undefined =>
  state?.services[service]?.kept.find((one) => one.release === release)

/** What is to be started: of an apply as the project says it now, which must be what was planned; of a rollback as the host kept it. */
export async function wantedOf({ run, plan, session, plain, handler }: StepContext): Promise<Desired> {
  const state = await readState(session.host, session.paths)
  if (run.plan.kind === 'rollback') {
    const kept = keptOf(state, plan.service, plan.to.release)
    if (kept === undefined) throw deployPlanStale(`"${plan.service}" keeps ${plan.to.release} no more`)
    return {
      release: kept.release,
      reference: kept.reference,
      spec: kept.spec,
      strategy: plan.strategy,
      volumes: {},
      warnings: [],
      fetch: 'none',
    }
  }
  const desired = await handler.desired(plain)
  const { release } = run.facts[plan.service] ?? {}
  const known = release ?? plan.to.release
  if (known !== undefined && desired.release !== undefined && desired.release !== known && plan.fetch !== 'build')
    throw deployPlanStale(`${plan.to.reference} became ${desired.release}`)
  if (plan.specHash !== undefined && state !== undefined && hashOf(canonical(desired.spec), state.key) !== plan.specHash)
    throw deployPlanStale(`the settings of "${plan.service}" changed`)
  return known === undefined ? desired : { ...desired, release: known }
}

/** The instance that is deployed. */
export async function instanceOf(step: StepContext): Promise<Instance> {
  const { plan, run } = step
  const { spec, release } = await wantedOf(step)
  const facts = run.facts[plan.service] ?? {}
  const known = facts.release ?? release
  if (known === undefined) throw deployPlanStale(`${plan.to.reference} is not on the host`)
  return { slot: plan.to.slot, release: known, spec, port: facts.ports?.[plan.to.slot] }
}

/** The instance that served before. */
export async function beforeOf({ plan, session }: StepContext): Promise<(Instance & { readonly spec: Spec }) | undefined> {
  if (plan.from === undefined) return undefined
  const state = await readState(session.host, session.paths)
  const kept = keptOf(state, plan.service, plan.from.release)
  if (kept === undefined) return undefined
  return { slot: plan.from.slot, release: kept.release, spec: kept.spec, port: state?.services[plan.service]?.ports[plan.from.slot] }
}

/** Ports for both slots: those they had, else ones that follow from their names, else the next that are free. */
export async function choosePorts(
  { plan, work, session }: StepContext,
  state: HostState | undefined,
  taken: Set<number>,
): Promise<Partial<Record<Slot, number>>> {
  if (work.config.port === undefined || work.config.handler === 'static') return {}
  const known = state?.services[plan.service]?.ports ?? {}
  const ports: Partial<Record<Slot, number>> = {}
  for (const slot of ['blue', 'green'] as const) {
    const before = known[slot]
    const serves = plan.from?.slot === slot
    ports[slot] =
      serves && before !== undefined
        ? before
        : await freePort(session, plan.service, candidates(`${work.stack}/${work.env}/${plan.service}/${slot}`, before), taken)
    taken.add(ports[slot])
  }
  return ports
}

const FIRST_PORT = 20_000
const PORTS = 10_000

function candidates(name: string, before: number | undefined): number[] {
  const first = Number.parseInt(hashOf(name, 'port').slice(0, 8), 16)
  const others = Array.from({ length: 50 }, (_, index) => FIRST_PORT + ((first + index * 7) % PORTS))
  return before === undefined ? others : [before, ...others]
}

async function freePort(session: Session, service: string, among: readonly number[], taken: ReadonlySet<number>): Promise<number> {
  for (const port of among) if (!taken.has(port) && (await isFree(session, port))) return port
  throw noFreePort(service)
}

async function isFree({ host }: Session, port: number): Promise<boolean> {
  try {
    const stream = await host.connectPort(port)
    stream.destroy()
    return false
  } catch {
    return true
  }
}

/** Watches the new instance, with the release before as the measure for its log. @throws GATE_FAILED */
export async function passGate(step: StepContext): Promise<void> {
  const { plan, work, handler, runs, run, ctx } = step
  const instance = await instanceOf(step)
  const { startForSeconds, stableForSeconds, maxErrorLines, health } = work.config
  const before = plan.from === undefined || plan.strategy === 'replace' ? [] : await handler.logs(work, plan.from.slot, LOG_LINES)
  let told = ''
  const evidence = await watchGate({
    startForMs: startForSeconds * 1000,
    // Files that are there stay there.
    stableForMs: plan.handler === 'static' ? 0 : stableForSeconds * 1000,
    maxErrorLines,
    errorLinesBefore: errorLinesOf(before).length,
    probe: probeOf(health, work, handler, instance),
    status: () => handler.status(work, instance.slot),
    logs: () => handler.logs(work, instance.slot, LOG_LINES),
    clock: ctx.clock,
    signal: ctx.signal,
    onProbe: ({ ok, told: now }) => {
      const line = ok ? 'answers well' : now
      if (line !== told) work.progress(line)
      told = line
    },
  })
  runs.noteService(run.run, plan.service, { gate: evidence })
  if (!evidence.ok) throw gateFailed(plan.service, evidence.why ?? 'it was not well')
}

/** How Caddy leads to a service, for both of its slots. */
function routeFor({ plan, work, run }: Pick<StepContext, 'plan' | 'work' | 'run'>, state: HostState | undefined): Route | undefined {
  const { hostname, handler } = work.config
  if (hostname === undefined) return undefined
  const ports = { ...state?.services[plan.service]?.ports, ...run.facts[plan.service]?.ports }
  const placeOf = (slot: Slot): Route['slots'][Slot] => {
    if (handler === 'static') return { folder: work.at.slot(slot) }
    return { port: ports[slot] ?? 1 }
  }
  return {
    id: routeId(work.stack, work.env, work.service),
    hostname,
    switchFolder: work.at.switch,
    slots: { blue: placeOf('blue'), green: placeOf('green') },
    probe: hashOf(routeId(work.stack, work.env, work.service), state?.key ?? 'first').slice(0, 16),
    holdSeconds: plan.strategy === 'replace' ? 30 : 2,
  }
}

/** Lets the new instance serve: inside the stack by its name, outside through the proxy; and sees that it does. */
export async function switchOver(step: StepContext, to: Slot): Promise<void> {
  const { work, session, plan, handler, ctx } = step
  const state = await readState(session.host, session.paths)
  const route = routeFor(step, state)
  const proxy = session.proxy(ctx.signal)
  const spec = to === plan.to.slot ? (await instanceOf(step)).spec : ((await beforeOf(step))?.spec ?? {})
  await handler.announce(work, to, spec)
  if (route !== undefined && proxy !== undefined) {
    // The route first: it leads to both, and to the one that serves now until the next line.
    await session.host.makeFolder(route.switchFolder)
    if (plan.from === undefined) await setServingSlot(session.host, route.switchFolder, to)
    await proxy.ensureRoute(route)
  }
  await setServingSlot(session.host, work.at.switch, to)
  if (work.config.handler !== 'compose') await session.host.link(await targetOf(step, to), work.at.current)
  if (route !== undefined && proxy !== undefined) await seeThatItServes(proxy, route, to, step)
}

async function targetOf({ session, work }: StepContext, slot: Slot): Promise<string> {
  return (await session.host.readLink(work.at.slot(slot))) ?? work.at.slot(slot)
}

const SEEN_WITHIN_MS = 5_000

async function seeThatItServes(proxy: CaddyProxy, route: Route, to: Slot, { work, ctx }: StepContext): Promise<void> {
  const until = ctx.clock.monotonicMs() + SEEN_WITHIN_MS
  let found = ''
  for (;;) {
    try {
      const { text, status } = await proxy.visit(route, '/', {
        headers: { 'switchyard-probe': route.probe },
        timeoutMs: 2_000,
        signal: ctx.signal,
      })
      found = text === 'blue' || text === 'green' ? `it leads to ${text}` : `it answered ${status}, as if it had no such route`
      if (text === to) break
    } catch (error) {
      ctx.signal.throwIfAborted()
      found = (error as Error).message
    }
    if (ctx.clock.monotonicMs() > until) throw proxyNotSwitched(route.hostname, to, found)
    await pause(ctx.clock, 100, ctx.signal)
  }
  const { health } = work.config
  if (health === undefined || !('http' in health)) return
  const { status } = await proxy.visit(route, health.http, { timeoutMs: health.timeoutMs, signal: ctx.signal })
  if (status < 200 || status > 399) throw proxyNotSwitched(route.hostname, to, `${health.http} answers ${status} through it`)
}

/** Waits until the slot that served has answered all it was asked; what takes longer than allowed is cut off when it ends. */
export async function drain(step: StepContext): Promise<void> {
  const { plan, session, work, runs, run, ctx } = step
  const proxy = session.proxy(ctx.signal)
  const before = await beforeOf(step)
  if (before?.port === undefined || work.config.hostname === undefined || proxy === undefined) return
  const until = ctx.clock.monotonicMs() + work.config.drainSeconds * 1000
  let quiet = 0
  let open = 0
  // A request that was led there a moment ago may not be counted yet.
  while (quiet < 3) {
    open = await proxy.pending(before.port)
    quiet = open === 0 ? quiet + 1 : 0
    if (ctx.clock.monotonicMs() >= until) break
    if (quiet < 3) await pause(ctx.clock, 100, ctx.signal)
  }
  if (open > 0) {
    runs.noteService(run.run, plan.service, { cut: open })
    ctx.log.warn('requests were cut off as their time was over', { service: plan.service, env: work.env, requests: open })
  }
}

const MIGRATE_MS = 1_800_000

/** Brings a service's data up or down by its own command. @throws MIGRATION_FAILED */
export async function migrate(step: StepContext, way: 'up' | 'down'): Promise<void> {
  const { work, handler, plan, runs, run } = step
  const argv = work.config.migrations?.[way]
  if (argv === undefined) return
  // Up by the program that wants it so; down by the one that knows what it had done.
  const forUp = run.plan.kind === 'apply'
  const instance = forUp ? await instanceOf(step) : ((await beforeOf(step)) ?? (await instanceOf(step)))
  const { exit, told } = await handler.exec(work, instance, argv, MIGRATE_MS)
  if (exit !== 0) throw migrationFailed(plan.service, way, String(exit), createHider(work.variables)(told).slice(-300))
  runs.noteService(run.run, plan.service, { migrated: way })
}
