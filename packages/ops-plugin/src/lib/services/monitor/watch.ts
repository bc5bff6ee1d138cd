import type { Context } from '@switchyard/plugin-kit'
import { isSwitchyardError } from '@switchyard/plugin-kit'
import { pause } from '../deadline.ts'
import type { Service, ServicesFile } from '../definition.ts'
import { keepEvent, serviceChanged } from '../events.ts'
import { surroundings } from '../services-file.ts'
import { checkServices } from './check-service.ts'
import { forgetOld, record } from './history.ts'
import { type Settled, settle } from './settle.ts'
import type { Observation, Status } from './verdict.ts'

export interface WatchOptions {
  /** How long, by the clock. */
  readonly forMs: number
  /** How often, instead of each service's own. */
  readonly intervalMs?: number | undefined
  /** The most looks at each service. */
  readonly rounds?: number | undefined
  /** Whether remedies whose policy is auto are tried. */
  readonly remediate: boolean
}

export interface Change {
  readonly service: string
  readonly from?: Status
  readonly to: Status
  readonly at: string
  readonly why: string
}

export interface Watched {
  readonly service: string
  readonly status: Status
  readonly looks: number
  /** Share of looks that were HEALTHY or DEGRADED among those that could tell, in percent. */
  readonly availability?: number
}

/** Looks at each service again and again, keeps what it saw, and tells every change. One service that hangs holds up no other. */
export async function watchServices(
  ctx: Context,
  file: ServicesFile,
  services: readonly Service[],
  options: WatchOptions,
): Promise<{ readonly services: readonly Watched[]; readonly changes: readonly Change[] }> {
  const changes: Change[] = []
  const endsMs = ctx.clock.monotonicMs() + options.forMs
  forgetOld(ctx.store, ctx.clock.now())
  const watched = await Promise.all(services.map((service) => watchService(service)))
  return { services: watched, changes }

  async function watchService(service: Service): Promise<Watched> {
    const intervalMs = options.intervalMs ?? service.intervalMs
    let [looks, told, up] = [0, 0, 0]
    let status: Status = 'UNKNOWN'
    for (;;) {
      const startedMs = ctx.clock.monotonicMs()
      const [observation] = await checkServices([service], () => surroundings(ctx, file, service))
      looks++
      if (observation!.status !== 'UNKNOWN') told++
      if (observation!.status === 'HEALTHY' || observation!.status === 'DEGRADED') up++
      status = await keep(service, observation!)
      const nextMs = startedMs + intervalMs
      if (looks === options.rounds || nextMs >= endsMs) break
      const gaveUp = await pause(ctx.clock, Math.max(0, nextMs - ctx.clock.monotonicMs()), ctx.signal)
      if (gaveUp) break
    }
    return { service: service.name, status, looks, ...(told > 0 && { availability: Math.round((up / told) * 10_000) / 100 }) }
  }

  async function keep(service: Service, observation: Observation): Promise<Status> {
    const nowMs = ctx.clock.now()
    const { before, after } = record(ctx.store, observation, nowMs, (settled) => settle(settled, observation.status, nowMs, service))
    if (before?.status !== after.status && !(before === undefined && after.status === 'HEALTHY'))
      await tell(service, observation, before, after)
    return after.status
  }

  async function tell(service: Service, { checks }: Observation, before: Settled | undefined, { status, sinceMs }: Settled): Promise<void> {
    const failing = checks.filter((check) => check.status !== 'HEALTHY')
    const why = failing.map(({ reason }) => reason).join('; ') || 'all checks pass'
    const at = new Date(sinceMs).toISOString()
    const change = { service: service.name, ...(before !== undefined && { from: before.status }), to: status, at }
    changes.push({ ...change, why })
    const summary = `${service.name} went from ${before?.status ?? 'unwatched'} to ${status}: ${why}`
    keepEvent(ctx.store, { atMs: sinceMs, topic: serviceChanged.name, service: service.name, summary })
    ctx.progress({ message: summary })
    await ctx.publish(serviceChanged, {
      ...change,
      ...(service.env !== undefined && { env: service.env }),
      checks: failing.map(({ check, status, problem, reason }) => ({ check, status, reason, ...(problem !== undefined && { problem }) })),
    })
    if (options.remediate && status === 'UNHEALTHY' && service.remediate.policy.restart === 'auto') await restart(service)
  }

  async function restart({ name }: Service): Promise<void> {
    ctx.progress({ message: `restarting ${name}, as its policy allows` })
    try {
      await ctx.call('ops.remediate', { service: name, action: 'restart', automatic: true })
    } catch (error) {
      ctx.signal.throwIfAborted()
      // The watch goes on: that a remedy failed is written down where it was tried.
      const why = isSwitchyardError(error) ? error.message : String(error)
      ctx.log.warn(`failed restarting ${name}`, { why })
      ctx.progress({ message: `${name} was not restarted: ${why}` })
    }
  }
}
