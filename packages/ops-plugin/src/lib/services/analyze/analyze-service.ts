import type { Context } from '@switchyard/plugin-kit'
import type { Service } from '../definition.ts'
import { searchLogs } from '../logs/search.ts'
import { type Sample, samplesOf } from '../monitor/history.ts'
import { type Analysis, analyzeMeasures, type Forecast, forecast, type Measure, readTraffic } from './analyze.ts'

type Series = Omit<Analysis, 'anomalies' | 'notes'> & { anomalies: { at: string; latencyMs: number }[]; notes: string[] }

/** What could be said of one service. */
export interface ServiceAnalysis {
  service: string
  availability?: number
  series: Series[]
  slowest: { path: string; requests: number; p95: number }[]
  failing: { path: string; requests: number; errors: number }[]
  forecasts: (Omit<Forecast, 'atMs'> & { at: string })[]
  problems: string[]
}

const MAX_LINES = 200_000
const SEARCH_LIMIT_MS = 60_000

const iso = (ms: number): string => new Date(ms).toISOString()
const seriesOf = ({ anomalies, notes, ...rest }: Analysis): Series => ({
  ...rest,
  anomalies: anomalies.map(({ atMs, latencyMs }) => ({ at: iso(atMs), latencyMs })),
  notes: [...notes],
})

export async function analyzeService(
  ctx: Context,
  service: Service,
  { sinceMs, untilMs }: { sinceMs: number; untilMs: number },
): Promise<ServiceAnalysis> {
  const samples = samplesOf(ctx.store, service.name, sinceMs, untilMs)
  const known = samples.filter(({ status }) => status !== 'UNKNOWN')
  const up = known.filter(({ status }) => status !== 'UNHEALTHY').length
  const { measures, forecasts } = readSamples(samples)
  const analysis: ServiceAnalysis = {
    service: service.name,
    ...(known.length > 0 && { availability: Math.round((up / known.length) * 10_000) / 100 }),
    series: [...measures].map(([check, list]) => seriesOf(analyzeMeasures(check, list))),
    slowest: [],
    failing: [],
    forecasts: forecasts.map(({ atMs, ...rest }) => ({ ...rest, at: iso(atMs) })),
    problems:
      samples.length === 0 ? [`nobody watched ${service.name} in this time: switchyard ops monitor watch --service ${service.name}`] : [],
  }
  if (service.accessLog === undefined) return analysis
  const endsMs = ctx.clock.monotonicMs() + SEARCH_LIMIT_MS
  const found = await searchLogs(
    [{ file: service.accessLog }],
    { sinceMs, untilMs, limit: MAX_LINES },
    {
      workspace: ctx.workspace,
      engineSocket: undefined,
      signal: ctx.signal,
      nowMs: ctx.clock.now(),
      remainingMs: () => Math.min(ctx.remainingMs(), endsMs - ctx.clock.monotonicMs()),
    },
  )
  const traffic = readTraffic(found.entries)
  analysis.problems.push(...found.sources.flatMap(({ problems }) => problems))
  if (found.matches > found.entries.length)
    analysis.problems.push(`only the last ${found.entries.length} of ${found.matches} requests were read`)
  if (traffic.requests === 0) analysis.problems.push(`${service.accessLog} holds no requests of a known form in this time`)
  else analysis.series.push(seriesOf(analyzeMeasures(`requests in ${service.accessLog}`, traffic.measures)))
  analysis.slowest.push(...traffic.slowest)
  analysis.failing.push(...traffic.failing)
  return analysis
}

function readSamples(samples: readonly Sample[]): { measures: ReadonlyMap<string, Measure[]>; forecasts: Forecast[] } {
  const measures = new Map<string, Measure[]>()
  const levels = new Map<string, { unit: string; limit: number; points: { x: number; y: number }[] }>()
  for (const { atMs, checks } of samples) {
    for (const { check, type, status, latencyMs, value, limit, unit = '' } of checks) {
      if (status !== 'UNKNOWN' && (type === 'http' || type === 'tcp' || type === 'command')) {
        const list = measures.get(check) ?? []
        list.push({ atMs, latencyMs, isError: status === 'UNHEALTHY' })
        measures.set(check, list)
      }
      if (value === undefined || limit === undefined || (type !== 'disk' && type !== 'memory' && type !== 'process')) continue
      const level = levels.get(check) ?? { unit, limit, points: [] }
      level.points.push({ x: atMs, y: value })
      levels.set(check, level)
    }
  }
  const forecasts = [...levels].flatMap(([check, { unit, limit, points }]) => forecast(check, unit, limit, points) ?? [])
  return { measures, forecasts }
}

export function renderAnalysis(services: readonly ServiceAnalysis[]): string {
  if (services.length === 0) return 'No services are defined yet'
  return services
    .map(({ service, availability, series, slowest, failing, forecasts, problems }) =>
      [
        `${service}${availability === undefined ? '' : `: available ${availability} %`}`,
        ...series.flatMap(({ what, count, latency, errors, anomalies, notes }) => [
          `  ${what} (${count})`,
          ...(latency === undefined
            ? []
            : [
                `    latency  p50 ${latency.p50}  p95 ${latency.p95}  p99 ${latency.p99}  max ${latency.max} ms, ${latency.trend}` +
                  (latency.changePercent === undefined ? '' : ` (${latency.changePercent > 0 ? '+' : ''}${latency.changePercent} %)`),
              ]),
          ...(errors === undefined
            ? []
            : [`    errors   ${errors.percent} % (${errors.lowPercent} to ${errors.highPercent}), ${errors.trend}`]),
          ...anomalies.map(({ at, latencyMs }) => `    unusual  ${at}: ${latencyMs} ms`),
          ...notes.map((note) => `    ${note}`),
        ]),
        ...slowest.map(({ path, p95, requests }) => `  slow     ${path}: p95 ${p95} ms in ${requests} requests`),
        ...failing.map(({ path, errors, requests }) => `  failing  ${path}: ${errors} of ${requests} requests`),
        ...forecasts.map(
          ({ what, now, limit, unit, at }) => `  forecast ${what}: ${now} ${unit} now, ${limit} ${unit} on ${at.slice(0, 16)}`,
        ),
        ...problems.map((problem) => `  ${problem}`),
      ].join('\n'),
    )
    .join('\n')
}
