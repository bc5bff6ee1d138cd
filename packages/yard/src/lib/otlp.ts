import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { type Clock, toWireError } from '@switchyard/contracts'
import type { Log } from '@switchyard/plugin-kit'
import type { Span } from '@switchyard/trace'
import type { OtlpExporter, OtlpResource, OtlpSignal } from '@switchyard/trace/otlp'
import type { YardConfig } from './config.ts'

type Otlp = typeof import('@switchyard/trace/otlp')

/** The way to the collector that the configuration names; loaded with the first thing that is sent. */
export interface YardOtlp {
  /** Spans of ours; those that came in from others are theirs to send. */
  traces(spans: readonly Span[]): void
  /** A request of another signal, made by whoever knows how, with how many points or records it has. */
  send(signal: OtlpSignal, encode: (otlp: Otlp, resource: OtlpResource) => object, count: number): void
  close(): Promise<void>
}

export interface YardOtlpOptions {
  readonly settings: NonNullable<YardConfig['otlp']>
  /** Of the variable that the settings name; they win. */
  readonly headers: Readonly<Record<string, string>>
  readonly clock: Clock
  readonly random: () => number
  readonly log: Log
  /** The workspace's, for what is left when the process ends; undefined where nothing is kept. */
  readonly dataRoot: string | undefined
}

/** What a process may wait for a collector when it ends. */
const CLOSE_MS = 200

export function createYardOtlp({ settings, headers, clock, random, log, dataRoot }: YardOtlpOptions): YardOtlp {
  const folder = dataRoot === undefined ? undefined : join(dataRoot, 'otlp')
  let loading: Promise<{ otlp: Otlp; exporter: OtlpExporter }> | undefined

  async function load(): Promise<{ otlp: Otlp; exporter: OtlpExporter }> {
    const otlp = await import('@switchyard/trace/otlp')
    const { endpoint } = settings
    const outbox = folder === undefined ? undefined : otlp.createOutbox({ folder, endpoint, pid: process.pid, now: () => clock.now() })
    const exporter = otlp.createOtlpExporter({
      endpoint,
      ...(outbox !== undefined && { outbox }),
      headers: { ...settings.headers, ...headers },
      clock,
      random,
      onLost: ({ signal, count, why }) => log.warn(`could not send ${count} ${signal} to the collector`, { why }),
    })
    return { otlp, exporter }
  }

  function send(signal: OtlpSignal, encode: (otlp: Otlp, resource: OtlpResource) => object, count: number): void {
    loading ??= load()
    loading
      .then(({ otlp, exporter }) => exporter.send(signal, encode(otlp, otlp.otlpResource(ownVersion())), count))
      .catch((error: unknown) => log.error(`failed sending ${signal} to the collector`, { error: toWireError(error) }))
  }

  // What an earlier process left goes while this one works, as most have little time at their end.
  if (folder !== undefined && holdsFiles(folder)) {
    loading = load()
    loading.catch(() => {})
  }

  return {
    traces(spans) {
      const own = spans.filter(({ scope, durationMs }) => scope === undefined && durationMs !== undefined)
      if (own.length > 0) send('traces', ({ encodeTraces }, resource) => encodeTraces(own, resource), own.length)
    },
    send,
    async close() {
      const { exporter } = (await loading?.catch(() => undefined)) ?? {}
      await exporter?.close(CLOSE_MS)
    },
  }
}

function holdsFiles(folder: string): boolean {
  try {
    return readdirSync(folder).length > 0
  } catch {
    return false
  }
}

function ownVersion(): string {
  return (JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8')) as { version: string }).version
}
