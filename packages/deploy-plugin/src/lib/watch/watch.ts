import { type Context, isSwitchyardError } from '@switchyard/plugin-kit'
import { readState, servingOf } from '../apply/host-state.ts'
import { readLock } from '../apply/lock.ts'
import { keptVariables } from '../apply/step-context.ts'
import { pause } from '../gate/gate.ts'
import { probeOf } from '../gate/probe.ts'
import { type Side, type Slot, slotsOf } from '../handlers/slots.ts'
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

interface Look {
  readonly ok: boolean
  readonly told: string
  /** One that has ended: no further look is needed. */
  readonly isOver?: boolean
  /** Another deployment is at work, or has taken its place. */
  readonly gaveWay?: 'for-now' | 'for-good'
}

interface Watching {
  readonly deployment: Deployment
  looks: number
  failures: number
  inARow: number
  told: string
  /** `well` also where another deployment took its place: of this one there is nothing more to be seen. */
  end: 'well' | 'ill' | undefined
}

/**
 * Looks at services again and again until their time is over or one of them fails: then all that is to know is known. Who else hears of
 * a failure meanwhile, such as from a monitor, ends the watch by its record. A host that cannot be asked has not failed: it is connected
 * to anew with each look, and where the last one did not succeed either, that is what is thrown. @throws HOST_UNREACHABLE
 */
export async function watchServices(
  open: () => Promise<Site>,
  deployments: readonly Deployment[],
  { forMs, intervalMs, failAfter }: WatchOptions,
  ctx: Context,
): Promise<readonly Watched[]> {
  const watches = createWatches(ctx)
  const endsMs = ctx.clock.monotonicMs() + forMs
  const all = deployments.map((deployment): Watching => ({ deployment, looks: 0, failures: 0, inARow: 0, told: '', end: undefined }))
  const ground = createGround(open, ctx)
  await using _ = ground
  for (;;) {
    ctx.signal.throwIfAborted()
    let lost: unknown
    for (const one of all.filter(({ end }) => end === undefined)) {
      try {
        note(one, await ground.look(one.deployment), failAfter)
      } catch (error) {
        ctx.signal.throwIfAborted()
        if (!isSwitchyardError(error, 'HOST_UNREACHABLE') && !isSwitchyardError(error, 'HOST_TIMEOUT')) throw error
        lost = error
        one.told = `nobody could look: ${error.message}`
        await ground.leave()
      }
    }
    for (const one of all) {
      const heard = watches.find(one.deployment.id)
      if (heard?.state !== 'unhealthy' && heard?.state !== 'rolled-back') continue
      one.end = 'ill'
      one.told = heard.reason ?? one.told
    }
    const leftMs = endsMs - ctx.clock.monotonicMs()
    if (all.some(({ end }) => end === 'ill') || all.every(({ end }) => end !== undefined)) break
    if (leftMs <= 0 && lost !== undefined) throw lost
    if (leftMs <= 0) break
    ctx.progress({ message: toldOf(all), done: forMs - leftMs, total: forMs })
    await pause(ctx.clock, Math.min(intervalMs, leftMs), ctx.signal)
  }
  return all.map(({ deployment: { id, service }, end, looks, failures, told }) => ({
    service,
    deployment: id,
    healthy: end !== 'ill',
    looks,
    failures,
    told,
  }))
}

function note(one: Watching, { ok, told, isOver = false, gaveWay }: Look, failAfter: number): void {
  one.told = told
  if (gaveWay === 'for-good') one.end = 'well'
  if (gaveWay !== undefined) return
  one.looks++
  one.inARow = ok ? 0 : one.inARow + 1
  if (!ok) one.failures++
  if (isOver || one.inARow >= failAfter) one.end = 'ill'
}

const toldOf = (all: readonly Watching[]): string => all.map(({ deployment: { service }, told }) => `${service}: ${told}`).join('; ')

/** What is looked at, connected to when it is needed. */
interface Ground extends AsyncDisposable {
  look(deployment: Deployment): Promise<Look>
  leave(): Promise<void>
}

function createGround(open: () => Promise<Site>, ctx: Context): Ground {
  let site: Site | undefined
  const lookers = new Map<string, () => Promise<Look>>()
  const firstSeen = new Map<string, FirstSeen>()

  async function leave(): Promise<void> {
    lookers.clear()
    await site?.[Symbol.asyncDispose]()
    site = undefined
  }
  return {
    async look({ service }) {
      site ??= await open()
      const looker = lookers.get(service) ?? (await lookerOf(site, service, firstSeen, ctx))
      lookers.set(service, looker)
      return looker()
    },
    leave,
    [Symbol.asyncDispose]: leave,
  }
}

/** What later looks are held against, also over another connection. */
interface FirstSeen {
  readonly slot: Side
  readonly restarts: Partial<Record<Slot, number>>
}

async function lookerOf(
  { session, state }: Site,
  service: string,
  firstSeen: Map<string, FirstSeen>,
  ctx: Context,
): Promise<() => Promise<Look>> {
  const serving = state?.services[service]
  const { work, handler } = await session.workOf(service, ctx, await keptVariables(session, service, serving?.settings))
  const first = firstSeen.get(service) ?? { slot: serving?.slot ?? 'blue', restarts: {} }
  firstSeen.set(service, first)
  const kept = servingOf(state, service)
  const instances = slotsOf(first.slot, serving?.replicas ?? 1).map((slot) => {
    const instance = { slot, release: serving?.release ?? '', spec: kept?.spec ?? {}, port: serving?.ports[slot] }
    return { slot, probe: probeOf(work.config.health, work, handler, instance) }
  })

  async function lookAt({ slot, probe }: (typeof instances)[number]): Promise<Look> {
    const seen = await handler.status(work, slot)
    first.restarts[slot] ??= seen.restarts
    const before = first.restarts[slot]
    if (seen.state === 'missing' || seen.state === 'stopped') {
      return { ok: false, told: `it ended${seen.ended === undefined ? '' : `: ${seen.ended}`}`, isOver: true }
    }
    if (seen.restarts > before) {
      return { ok: false, told: `it was started again ${seen.restarts - before} times by itself`, isOver: true }
    }
    if (seen.state === 'starting') return { ok: false, told: seen.ended ?? 'it is starting' }
    return probe(ctx.signal)
  }

  /** As bad as the worst of its replicas. */
  async function look(): Promise<Look> {
    const looks = await Promise.all(instances.map(lookAt))
    const worst = looks.findIndex(({ isOver }) => isOver === true)
    const found = looks[
      worst < 0
        ? Math.max(
            0,
            looks.findIndex(({ ok }) => !ok),
          )
        : worst
    ] as Look
    const slot = instances[looks.indexOf(found)]?.slot
    return found.ok || instances.length === 1 ? found : { ...found, told: `${slot}: ${found.told}` }
  }

  return async () => {
    const seen = await look()
    if (seen.ok) return seen
    // What another deployment ends has not failed.
    const { host, paths } = session
    const now = (await readState(host, paths))?.services[service]
    if (now?.slot !== first.slot) return { ok: true, told: 'another deployment took its place', gaveWay: 'for-good' }
    return (await readLock(host, paths.lock)) === undefined ? seen : { ok: true, told: 'another deployment is at work', gaveWay: 'for-now' }
  }
}
