import type { Context } from '@switchyard/plugin-kit'
import { pause } from '../gate/gate.ts'
import { probeOf } from '../gate/probe.ts'
import type { Slot } from '../handlers/handler.ts'
import type { Deployment } from '../records/deployment.ts'
import type { Site } from '../status/site.ts'
import { createWatches } from './watches.ts'

/** What a service was like while it was watched. */
export interface Watched {
  readonly service: string
  readonly deployment: number
  readonly healthy: boolean
  readonly looks: number
  readonly failures: number
  /** What was seen last, or why it is not healthy. */
  readonly told: string
}

export interface WatchOptions {
  readonly forMs: number
  readonly intervalMs: number
  /** Looks in a row that must fail; what has ended needs none but the first. */
  readonly failAfter: number
}

interface Watching {
  readonly deployment: Deployment
  readonly look: () => Promise<{ readonly ok: boolean; readonly told: string; readonly isOver?: boolean }>
  looks: number
  failures: number
  inARow: number
  told: string
  over: boolean
}

/**
 * Looks at services again and again until their time is over or one of them fails: then all that is to know is known. Who else hears of
 * a failure meanwhile, such as from a monitor, ends the watch by its record.
 */
export async function watchServices(
  site: Site,
  deployments: readonly Deployment[],
  { forMs, intervalMs, failAfter }: WatchOptions,
  ctx: Context,
): Promise<readonly Watched[]> {
  const watches = createWatches(ctx)
  const endsMs = ctx.clock.monotonicMs() + forMs
  const all: Watching[] = []
  for (const deployment of deployments) all.push(await watchingOf(site, deployment, ctx))
  for (;;) {
    ctx.signal.throwIfAborted()
    for (const one of all) await lookOnce(one, failAfter)
    for (const one of all) {
      const heard = watches.find(one.deployment.id)
      if (heard?.state === 'unhealthy' || heard?.state === 'rolled-back') {
        one.over = true
        one.told = heard.reason ?? one.told
      }
    }
    const leftMs = endsMs - ctx.clock.monotonicMs()
    if (all.some(({ over }) => over) || leftMs <= 0) break
    ctx.progress({ message: toldOf(all), done: forMs - leftMs, total: forMs })
    await pause(ctx.clock, Math.min(intervalMs, leftMs), ctx.signal)
  }
  return all.map(({ deployment: { id, service }, over, looks, failures, told }) => ({
    service,
    deployment: id,
    healthy: !over,
    looks,
    failures,
    told,
  }))
}

async function lookOnce(one: Watching, failAfter: number): Promise<void> {
  if (one.over) return
  const { ok, told, isOver = false } = await one.look()
  one.looks++
  one.told = told
  one.inARow = ok ? 0 : one.inARow + 1
  if (!ok) one.failures++
  one.over = isOver || one.inARow >= failAfter
}

const toldOf = (all: readonly Watching[]): string => all.map(({ deployment: { service }, told }) => `${service}: ${told}`).join('; ')

async function watchingOf({ session, state }: Site, deployment: Deployment, ctx: Context): Promise<Watching> {
  const { service } = deployment
  const { work, handler } = await session.workOf(service, ctx)
  const serving = state?.services[service]
  const slot: Slot = serving?.slot ?? 'blue'
  const kept = serving?.kept.find(({ release }) => release === serving.release)
  const instance = { slot, release: serving?.release ?? '', spec: kept?.spec ?? {}, port: serving?.ports[slot] }
  const probe = probeOf(work.config.health, work, handler, instance)
  let restartsBefore: number | undefined
  return {
    deployment,
    looks: 0,
    failures: 0,
    inARow: 0,
    told: '',
    over: false,
    async look() {
      const seen = await handler.status(work, slot)
      restartsBefore ??= seen.restarts
      if (seen.state === 'missing' || seen.state === 'stopped') {
        return { ok: false, told: `it ended${seen.ended === undefined ? '' : `: ${seen.ended}`}`, isOver: true }
      }
      if (seen.restarts > restartsBefore) {
        return { ok: false, told: `it was started again ${seen.restarts - restartsBefore} times by itself`, isOver: true }
      }
      if (seen.state === 'starting') return { ok: false, told: seen.ended ?? 'it is starting' }
      return probe(ctx.signal)
    },
  }
}
