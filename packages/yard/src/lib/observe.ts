import type { Clock } from '@switchyard/contracts'
import { createRedactor, type Redactor } from '@switchyard/contracts/redact'
import type { Span } from '@switchyard/trace'
import type { LogLine } from '@switchyard/trace/logs'
import { createMetrics, type MetricPoint, type Metrics } from '@switchyard/trace/metrics'
import type { YardConfig } from './config.ts'
import { createMetering, type Metering } from './metering.ts'
import type { YardOtlp } from './otlp.ts'
import { createYardLogs, type LogOf } from './yard-logs.ts'

/** How long lines wait for others that go to a collector with them. */
const GATHER_MS = 1_000

export interface ObservationOptions {
  readonly dataRoot: string
  readonly memory: boolean
  readonly config: Pick<YardConfig, 'logs'>
  readonly clock: Clock
  readonly secrets: readonly string[]
  /** Also hears of every line. */
  readonly beside: LogOf | undefined
  readonly breakerOf: (method: string) => string | undefined
  /** The way to a collector, where there is one. */
  readonly otlp: () => YardOtlp | undefined
}

/** What one process says and counts of itself. */
export interface Observation {
  readonly redactor: Redactor
  /** A span without the secrets that are known; absent where none is. */
  readonly hide: ((span: Span) => Span) | undefined
  readonly log: LogOf
  readonly metrics: Metrics
  readonly metering: Metering
  /** Sends what this process has counted to the collector. */
  sendMetrics(points: readonly MetricPoint[]): void
  /** Hands what is left to the collector. */
  flush(): void
  close(): Promise<void>
}

export function createObservation({ dataRoot, memory, config, clock, secrets, beside, breakerOf, otlp }: ObservationOptions): Observation {
  const redactor = createRedactor({ known: secrets })
  const metrics = createMetrics()
  const metering = createMetering({ metrics, breakerOf })
  const startMs = clock.now()
  let lines: LogLine[] = []
  let cancel: (() => void) | undefined
  const logs = createYardLogs({ dataRoot, memory, config: config.logs, clock, redactor, beside, onLine: gather })

  /** What the way to the collector says of itself stays here, as it would go in circles. */
  function gather(line: LogLine): void {
    if (otlp() === undefined || line.plugin === 'otlp') return
    lines.push(line)
    cancel ??= clock.after(GATHER_MS, flush)
  }

  function flush(): void {
    cancel?.()
    cancel = undefined
    if (lines.length === 0) return
    const sent = lines
    lines = []
    otlp()?.send('logs', ({ encodeLogs }, resource) => encodeLogs(sent, resource), sent.length)
  }

  return {
    redactor,
    hide: secrets.length === 0 ? undefined : (span) => (textsOf(span).some(redactor.holdsKnown) ? redactor.value(span) : span),
    log: logs.of,
    metrics,
    metering,
    sendMetrics(points) {
      const nowMs = clock.now()
      if (points.length > 0)
        otlp()?.send('metrics', ({ encodeMetrics }, resource) => encodeMetrics(points, { startMs, nowMs, resource }), points.length)
    },
    flush,
    async close() {
      flush()
      metering.close()
      await logs.close()
    },
  }
}

/** All that words of somebody may be in. */
function textsOf({ name, error, attributes, events = [] }: Span): readonly string[] {
  const values = [attributes, ...events.map((event) => event.attributes ?? {})].flatMap((one) => Object.values(one).flat())
  return [name, error?.message, ...events.map((event) => event.name), ...values].filter((value) => typeof value === 'string')
}
