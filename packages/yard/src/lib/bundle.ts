import { readFileSync } from 'node:fs'
import type { Bus } from '@switchyard/bus'
import type { ChainReport } from '@switchyard/chain'
import type { Clock } from '@switchyard/contracts'
import type { Redactor } from '@switchyard/contracts/redact'
import type { Plugin } from '@switchyard/plugin-kit'
import type { Span, TraceStore } from '@switchyard/trace'
import type { Alerts } from '@switchyard/trace/alerts'
import { type IncidentBundle, makeBundle } from '@switchyard/trace/bundle'
import { readLogs } from '@switchyard/trace/logs'
import type { MetricPoint } from '@switchyard/trace/metrics'
import { unknownTrace } from './errors.ts'
import type { PlannedRun } from './yard.ts'
import { logFolder } from './yard-logs.ts'

/** How far around a run others' warnings may have to do with it. */
const AROUND_MS = 30_000
const MAX_LINES = 5_000
const MAX_LINES_AROUND = 500
const MAX_LETTERS = 200

export interface BundleSources {
  readonly dataRoot: string
  readonly clock: Clock
  readonly redactor: Redactor
  readonly traces: Pick<TraceStore, 'run' | 'spans'>
  readonly bus: Pick<Bus, 'durable' | 'breakers'>
  readonly plans: () => readonly PlannedRun[]
  /** Undefined where there is none of that id any more. */
  readonly chain: (id: string) => Promise<ChainReport | undefined>
  readonly alerts: () => Promise<Alerts>
  readonly metrics: () => readonly MetricPoint[]
  readonly plugins: readonly Plugin[]
}

/** Everything about one run, without secrets. @throws TRACE_UNKNOWN */
export async function bundleOf(traceId: string, sources: BundleSources): Promise<IncidentBundle> {
  const { dataRoot, clock, redactor, traces, bus, plans, chain, alerts, metrics, plugins } = sources
  const run = traces.run(traceId)
  if (run === undefined) throw unknownTrace(traceId)
  const spans = traces.spans(traceId)
  const [sinceMs, untilMs] = [run.startMs - AROUND_MS, run.endMs + AROUND_MS]
  const folder = logFolder(dataRoot)
  const letters = bus.durable?.deadLetters.list({ sinceMs: run.startMs, limit: MAX_LETTERS }).letters ?? []
  const around = readLogs(folder, { level: 'warn', sinceMs, untilMs, limit: MAX_LINES_AROUND })
  const news = (await alerts()).news().filter(({ atMs }) => atMs >= sinceMs && atMs < untilMs)
  return makeBundle(
    {
      run,
      spans,
      logs: readLogs(folder, { trace: traceId, limit: MAX_LINES }),
      logsAround: around.filter((line) => line.traceId !== traceId),
      decision: decisionOf(spans),
      plan: plans().find(({ id }) => id === run.planId) ?? null,
      chain: run.chainId === undefined ? null : ((await chain(run.chainId)) ?? null),
      breakers: bus.breakers(),
      deadLetters: letters.filter(({ message }) => message.headers.traceparent?.includes(traceId)),
      alerts: news,
      metrics: metrics(),
      versions: versionsOf(plugins),
    },
    { redactor, nowMs: clock.now() },
  )
}

const ROUTER = 'switchyard.router.'

/** What the router's span says, as data again. */
function decisionOf(spans: readonly Span[]): unknown {
  const route = spans.find(({ attributes }) => attributes['switchyard.op'] === 'route')
  if (route === undefined) return null
  const said = Object.entries(route.attributes).filter(([name]) => name.startsWith(ROUTER))
  return Object.fromEntries(said.map(([name, value]) => [name.slice(ROUTER.length), dataOf(value)]))
}

function dataOf(value: unknown): unknown {
  if (typeof value !== 'string') return value
  try {
    return JSON.parse(value)
  } catch {
    return value
  }
}

function versionsOf(plugins: readonly Plugin[]): Readonly<Record<string, unknown>> {
  const { version } = JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8')) as { version: string }
  return {
    switchyard: version,
    node: process.version,
    sqlite: process.versions.sqlite,
    platform: `${process.platform} ${process.arch}`,
    plugins: Object.fromEntries(plugins.map((plugin) => [plugin.name, plugin.version])),
  }
}
