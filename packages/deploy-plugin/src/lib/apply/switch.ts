import { pause } from '../gate/gate.ts'
import { type Side, slotsOf } from '../handlers/slots.ts'
import { type CaddyProxy, type Route, setServingSide } from '../proxy/caddy.ts'
import { proxyNotSwitched } from '../proxy/errors.ts'
import { type HostState, readState } from './host-state.ts'
import { routeId, slotsAfter, slotsBefore, slotsEnded } from './plan.ts'
import { instanceOf, instancesBefore, type StepContext } from './step-context.ts'
import { hashOf } from './variables.ts'

/** How Caddy leads to a service, for both of its sides. */
function routeFor({ plan, work, run }: StepContext, state: HostState | undefined, replicas: number): Route | undefined {
  const { hostname, handler } = work.config
  if (hostname === undefined) return undefined
  const ports = { ...state?.services[plan.service]?.ports, ...run.facts[plan.service]?.ports }
  const placeOf = (side: Side): Route['sides'][Side] => {
    if (handler === 'static') return { folder: work.at.slot(side) }
    return { ports: slotsOf(side, replicas).map((slot) => ports[slot] ?? 1) }
  }
  return {
    id: routeId(work.stack, work.env, work.service),
    hostname,
    switchFolder: work.at.switch,
    sides: { blue: placeOf('blue'), green: placeOf('green') },
    probe: hashOf(routeId(work.stack, work.env, work.service), state?.key ?? 'first').slice(0, 16),
    holdSeconds: plan.strategy === 'replace' ? 30 : 2,
  }
}

/** Lets what is deployed serve, or again what did before: inside the stack by its name, outside through the proxy; and sees that it does. */
export async function switchOver(step: StepContext, way: 'on' | 'back'): Promise<void> {
  const { work, session, plan, handler, ctx } = step
  const { slot: to, replicas } = way === 'back' && plan.from !== undefined ? plan.from : plan.to
  const state = await readState(session.host, session.live)
  const route = routeFor(step, state, replicas)
  const proxy = session.proxy(ctx.signal)
  const spec = way === 'on' ? (await instanceOf(step)).spec : ((await instancesBefore(step))[0]?.spec ?? {})
  await handler.announce(work, way === 'on' ? slotsAfter(plan) : slotsBefore(plan), spec)
  if (route !== undefined && proxy !== undefined) {
    // The route first: it leads to both, and to the one that serves now until the next line.
    await session.host.makeFolder(route.switchFolder)
    if (plan.from === undefined) await setServingSide(session.host, route.switchFolder, to)
    await proxy.ensureRoute(route)
  }
  await setServingSide(session.host, work.at.switch, to)
  if (work.config.handler !== 'compose')
    await session.host.link((await session.host.readLink(work.at.slot(to))) ?? work.at.slot(to), work.at.current)
  if (route !== undefined && proxy !== undefined) await seeThatItServes(proxy, route, to, step)
}

const SEEN_WITHIN_MS = 5_000

async function seeThatItServes(proxy: CaddyProxy, route: Route, to: Side, { work, ctx }: StepContext): Promise<void> {
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

/** Waits until what is ended has answered all it was asked; what takes longer than allowed is cut off when it ends. */
export async function drain(step: StepContext): Promise<void> {
  const { plan, session, work, runs, run, ctx } = step
  const proxy = session.proxy(ctx.signal)
  if (work.config.hostname === undefined || proxy === undefined) return
  const ended = slotsEnded(plan)
  const ports = (await instancesBefore(step)).flatMap(({ slot, port }) => (port !== undefined && ended.includes(slot) ? [port] : []))
  if (ports.length === 0) return
  const until = ctx.clock.monotonicMs() + work.config.drainSeconds * 1000
  let quiet = 0
  let open = 0
  // A request that was led there a moment ago may not be counted yet.
  while (quiet < 3) {
    open = await proxy.pending(ports)
    quiet = open === 0 ? quiet + 1 : 0
    if (ctx.clock.monotonicMs() >= until) break
    if (quiet < 3) await pause(ctx.clock, 100, ctx.signal)
  }
  if (open > 0) {
    runs.noteService(run.run, plan.service, { cut: open })
    ctx.log.warn('requests were cut off as their time was over', { service: plan.service, env: work.env, requests: open })
  }
}
