import type { Context } from '@switchyard/plugin-kit'
import type { LogSource, Service, ServicesFile } from './definition.ts'
import { findEngineSocket } from './engine.ts'
import { eventsWithin, type PastEvent } from './events.ts'
import { type Findings, investigate } from './investigate/investigate.ts'
import { type LogSearch, searchLogs } from './logs/search.ts'
import { samplesOf } from './monitor/history.ts'

export interface Asked {
  readonly services: readonly Service[]
  readonly paths: readonly string[]
  readonly sinceMs: number
  readonly untilMs: number
}

export interface Investigation extends Findings {
  readonly logs: readonly LogSearch['sources'][number][]
  readonly entries: number
}

const MAX_ENTRIES = 20_000
const SEARCH_LIMIT_MS = 60_000
/** A change some time before the window may be what began it. */
const BEFORE_WINDOW_MS = 45 * 60_000

/** Gathers what is known of a time and reads it: logs, the logs before, samples, and what other plugins did. */
export async function investigateServices(
  ctx: Context,
  file: ServicesFile,
  { services, paths, sinceMs, untilMs }: Asked,
): Promise<Investigation> {
  const { workspace, signal, clock, store } = ctx
  const sources: readonly LogSource[] = [...paths.map((path) => ({ file: path })), ...services.flatMap(({ logs }) => logs)]
  const endsMs = clock.monotonicMs() + SEARCH_LIMIT_MS
  const around = {
    workspace,
    engineSocket: findEngineSocket(file.engine),
    signal,
    nowMs: clock.now(),
    remainingMs: () => Math.min(ctx.remainingMs(), endsMs - clock.monotonicMs()),
  }
  const query = { level: 'warn' as const, limit: MAX_ENTRIES }
  const earlierMs = sinceMs - (untilMs - sinceMs)
  const now = await searchLogs(sources, { ...query, sinceMs, untilMs }, around)
  const before = await searchLogs(sources, { ...query, sinceMs: earlierMs, untilMs: sinceMs - 1 }, around)
  // Quiet logs are evidence too, as long as there are any.
  const any = before.matches > 0 ? before : await searchLogs(sources, { limit: 1, sinceMs: earlierMs, untilMs: sinceMs - 1 }, around)
  const one = services.length === 1 ? services[0] : undefined
  const service = one?.name
  const events = eventsWithin(store, sinceMs - BEFORE_WINDOW_MS, untilMs)
  const findings = investigate({
    sinceMs,
    untilMs,
    entries: now.entries,
    before: before.entries,
    hasBefore: any.matches > 0,
    events: one === undefined ? events : eventsOf(one, events),
    samples: service === undefined ? [] : samplesOf(store, service, sinceMs, untilMs),
    service,
  })
  return { ...findings, logs: now.sources, entries: now.matches }
}

/** What may be about a service: under its own name where the deploy plugin knows it by another, and nothing of another environment. */
function eventsOf({ name, env, remediate: { deployment } }: Service, events: readonly PastEvent[]): readonly PastEvent[] {
  const place = deployment?.env ?? env
  return events
    .filter((event) => event.env === undefined || place === undefined || event.env === place)
    .map((event) => (event.topic.startsWith('deploy/') && event.service === deployment?.service ? { ...event, service: name } : event))
}
