import type { Clock } from '@switchyard/contracts'
import type { Redactor } from '@switchyard/contracts/redact'
import type { Log } from '@switchyard/plugin-kit'
import { hostIdentity, type Store } from '@switchyard/store'
import type { AlertNotice, Alerts } from '@switchyard/trace/alerts'
import {
  BEAT_MS,
  createMetricStore,
  type MetricPoint,
  type MetricStore,
  type Metrics,
  type MetricsEndpoint,
} from '@switchyard/trace/metrics'
import type { YardConfig } from './config.ts'
import type { Metering } from './metering.ts'

/** How long after something went wrong it is looked at, as more of it may come. */
const SOON_MS = 250
/** How long a command may take that is told of an alert. */
const COMMAND_MS = 10_000

export interface YardWatchOptions {
  readonly workspace: string
  readonly store: Store
  readonly clock: Clock
  readonly random: () => number
  readonly metrics: Metrics
  readonly metering: Metering
  readonly config: Pick<YardConfig, 'metrics' | 'alerts'>
  /** What this process serves as long as it is there; undefined for one that only runs a command. */
  readonly serves: readonly string[] | undefined
  readonly webhookUrl: string | undefined
  readonly redactor: Redactor
  readonly log: Log
  /** For whoever listens on the bus. */
  readonly publish: (notice: AlertNotice) => Promise<void>
  readonly call: (command: string, input: unknown, timeoutMs: number) => Promise<unknown>
  /** Sends what this process has counted to a collector. */
  readonly onBeat: ((points: readonly MetricPoint[]) => void) | undefined
}

/** What all processes of a workspace have counted, and what of it is worth ringing somebody for. */
export interface YardWatch {
  metrics(): readonly MetricPoint[]
  alerts(): Promise<Alerts>
  /** Something went wrong: to be looked at soon by a process that stays, and at its end by another. */
  poke(): void
  /** Where this process stays, beats and looks from now on. */
  start(): Promise<void>
  /** Looks for the last time, while alerts can still be told. */
  lastLook(): Promise<void>
  /** Says for the last time what this process counted. */
  close(): Promise<void>
}

export function createYardWatch(options: YardWatchOptions): YardWatch {
  const { workspace, store, clock, random, metrics, metering, config, serves, webhookUrl, redactor, log } = options
  const { rules, budgetUsdPerDay, repeatHours, command } = config.alerts
  let kept: MetricStore | undefined
  let opened: Promise<Alerts> | undefined
  let endpoint: MetricsEndpoint | undefined
  let cancelBeat: (() => void) | undefined
  let cancelLook: (() => void) | undefined
  let looking: Promise<unknown> = Promise.resolve()
  let isWorthALook = false
  let isClosed = false

  function metricStore(): MetricStore {
    kept ??= createMetricStore({
      store,
      clock,
      id: `${process.pid}-${Math.round(clock.now())}-${random().toString(36).slice(2)}`,
      pid: process.pid,
      host: hostIdentity(),
      plugins: serves ?? [],
    })
    return kept
  }

  const read = (): readonly MetricPoint[] => metricStore().read(metrics.collect())

  function alerts(): Promise<Alerts> {
    opened ??= open()
    return opened
  }

  async function open(): Promise<Alerts> {
    const { createAlerts, oneLine, webhook } = await import('@switchyard/trace/alerts')
    // Its tables cannot be made while alerts are being decided on.
    metricStore()
    return createAlerts({
      store,
      clock,
      read,
      settings: Object.fromEntries(
        Object.entries(rules).map(([id, { forSeconds, clearForSeconds, ...rest }]) => [
          id,
          {
            ...rest,
            ...(forSeconds !== undefined && { forMs: forSeconds * 1_000 }),
            ...(clearForSeconds !== undefined && { clearForMs: clearForSeconds * 1_000 }),
          },
        ]),
      ),
      budgetUsdPerDay,
      repeatMs: repeatHours * 3_600_000,
      redactor,
      sinks: {
        log: (notice) =>
          log[notice.news === 'resolved' || notice.news === 'test' ? 'info' : 'warn'](oneLine(notice), { rule: notice.rule }),
        bus: options.publish,
        ...(command !== undefined && {
          command: async (notice) => void (await options.call(command.name, filled(command.input, notice, oneLine(notice)), COMMAND_MS)),
        }),
        ...(webhookUrl !== undefined && { webhook: webhook(webhookUrl, workspace) }),
      },
      onFault: (sink, error) => log.error(`could not tell ${sink} of an alert`, { error: String(error) }),
    })
  }

  /** One after the other; what fails is said and nobody's failure. */
  function look(work: (alerts: Alerts) => Promise<unknown>): Promise<unknown> {
    looking = looking.then(async () => {
      try {
        await work(await alerts())
      } catch (error) {
        log.error('failed looking for alerts', { error: String(error) })
      }
    })
    return looking
  }

  function beat(): void {
    if (isClosed) return
    try {
      const points = metrics.collect()
      metricStore().beat(points)
      bury()
      options.onBeat?.(points)
    } catch (error) {
      log.warn('failed saying that this process is there', { error: String(error) })
    }
    void look((all) => all.look())
    cancelBeat = clock.after(BEAT_MS, beat)
  }

  function bury(): void {
    for (const plugin of metricStore().bury()) {
      metering.heartbeatLost(plugin)
      isWorthALook = true
    }
  }

  return {
    metrics: read,
    alerts,
    poke() {
      isWorthALook = true
      if (serves === undefined || isClosed) return
      cancelLook ??= clock.after(SOON_MS, () => {
        cancelLook = undefined
        void look((all) => all.look())
      })
    },
    async start() {
      if (serves === undefined) return
      beat()
      const { port } = config.metrics
      if (port === undefined) return
      try {
        const { serveMetrics } = await import('@switchyard/trace/metrics')
        endpoint = await serveMetrics(port, read)
        if (endpoint === undefined) log.info('another process serves the metrics', { port })
        else if (isClosed) await endpoint.close()
      } catch (error) {
        log.error('cannot serve the metrics', { port, error: String(error) })
      }
    },
    async lastLook() {
      isClosed = true
      cancelBeat?.()
      cancelLook?.()
      if (!metrics.isEmpty) {
        try {
          bury()
        } catch (error) {
          log.warn('failed looking for processes that are gone', { error: String(error) })
        }
        if (isWorthALook) await look((all) => all.look())
        else await look((all) => all.lookSometimes())
      }
      await looking
    },
    async close() {
      isClosed = true
      await endpoint?.close()
      if (metrics.isEmpty && kept === undefined) return
      try {
        const points = metrics.collect()
        metricStore().end(points)
        options.onBeat?.(points)
      } catch (error) {
        log.warn('failed keeping what this process counted', { error: String(error) })
      }
    },
  }
}

/** Texts of a command's input with what the alert says in place of `{says}`, `{rule}` and the like. */
function filled(input: unknown, notice: AlertNotice, line: string): unknown {
  if (typeof input === 'string') {
    const words: Readonly<Record<string, unknown>> = { ...notice, line }
    return input.replaceAll(/\{(\w+)\}/g, (whole, name: string) => (Object.hasOwn(words, name) ? String(words[name]) : whole))
  }
  if (Array.isArray(input)) return input.map((one) => filled(one, notice, line))
  if (typeof input !== 'object' || input === null) return input
  return Object.fromEntries(Object.entries(input).map(([key, value]) => [key, filled(value, notice, line)]))
}
