import type { Bus } from '@switchyard/bus'
import type { ChainReport } from '@switchyard/chain'
import { type Clock, isSwitchyardError, systemClock } from '@switchyard/contracts'
import { createRedactor, type Redactor } from '@switchyard/contracts/redact'
import type { HistoryChange, State } from '@switchyard/state'
import type { Run, Span, TraceStore } from '@switchyard/trace'
import type { BusData, LetterRow, LogLine, RunRow, StateRow } from '../model/wire.ts'
import { chainData } from './chain-data.ts'
import { detailOf, rowOf, subjectOf, traceOf } from './columns.ts'
import { decisionData } from './decision-data.ts'
import { letterUnknown, runUnknown } from './errors.ts'
import type { ViewerSource } from './source.ts'
import { topicsOf } from './topics.ts'

/** What one workspace has to show. */
export interface SourceParts {
  readonly traces: Pick<TraceStore, 'runs' | 'run' | 'spans' | 'changes' | 'follow'>
  /** Of one trace, by time. */
  logs(traceId: string): readonly LogLine[]
  /** @throws CHAIN_UNKNOWN */
  chain(id: string): Promise<ChainReport>
  readonly bus: Pick<Bus, 'durable' | 'breakers'>
  state(): Promise<Pick<State, 'list' | 'read' | 'history'>>
  /** Of Switchyard, for who reads an exported run. */
  readonly version: string
  /** In whose name state is read. */
  readonly reader: string
  /** Knows the secrets of this machine. @default what looks like one, or is named so */
  readonly redactor?: Redactor
  /** @default systemClock */
  readonly clock?: Clock
}

const KEPT_LIST_MS = 2_000
const MAX_LETTERS = 200
const MAX_CHANGES = 50
/** How many earlier runs are looked through for one that went well. */
const LOOKED_BACK = 200

export function createSource(parts: SourceParts): ViewerSource {
  const { traces, clock = systemClock, reader, redactor = createRedactor() } = parts
  /** Of the run that was read last, as its spans are asked for one by one. */
  let kept: { readonly id: string; readonly position: number; readonly spans: ReadonlyMap<string, Span> } | undefined

  /** Reading thousands of summaries takes longer than all else of the list. */
  let listed: { readonly limit: number; readonly position: number; readonly atMs: number; readonly rows: readonly RunRow[] } | undefined

  function spansOf(id: string): ReadonlyMap<string, Span> {
    const { position } = traces.changes()
    if (kept?.id !== id || kept.position !== position)
      kept = { id, position, spans: new Map(traces.spans(id).map((span) => [span.spanId, span])) }
    return kept.spans
  }

  /** The last run before it of the same command that went well, asked for in the same words if there is one. */
  function goodOf(run: Run): string | undefined {
    const subject = subjectOf(run)
    const { runs } = traces.runs({ text: subject, states: ['done'], untilMs: run.startMs, limit: LOOKED_BACK })
    const same = runs.filter((one) => subjectOf(one) === subject && one.traceId !== run.traceId)
    return (same.find(({ name }) => name === run.name) ?? same[0])?.traceId
  }

  const letters = () => parts.bus.durable?.deadLetters

  return {
    runs(limit) {
      const { position } = traces.changes()
      const nowMs = clock.now()
      // Whether the process of a run still lives, nothing in the file tells.
      if (listed?.limit !== limit || listed.position !== position || nowMs - listed.atMs > KEPT_LIST_MS)
        listed = { limit, position, atMs: nowMs, rows: traces.runs({ limit }).runs.map(rowOf) }
      return listed.rows
    },
    trace(id) {
      const run = traces.run(id)
      return run === undefined ? undefined : traceOf(run, [...spansOf(id).values()], clock.now(), goodOf(run))
    },
    span(id, spanId) {
      const span = spansOf(id).get(spanId)
      if (span === undefined) return undefined
      return detailOf(
        span,
        parts.logs(id).filter((line) => line.spanId === spanId),
      )
    },
    logs: parts.logs,
    decision(id) {
      const run = traces.run(id)
      return run === undefined ? undefined : decisionData(run, [...spansOf(id).values()])
    },
    async chain(id) {
      const chainId = traces.run(id)?.chainId
      if (chainId === undefined) return undefined
      try {
        return chainData(redactor.value(await parts.chain(chainId)))
      } catch (error) {
        // Chains are forgotten earlier than traces, and somebody else's trace may name one of theirs.
        if (isSwitchyardError(error, 'CHAIN_UNKNOWN')) return undefined
        throw error
      }
    },
    breakers: () =>
      parts.bus.breakers().map(({ name, snapshot: { state, forced, failures }, changes }) => ({
        name,
        state,
        forced,
        failures,
        changes: changes.map(({ at, to, reason, errorCode }) => ({
          atMs: at,
          state: to,
          reason: errorCode === undefined ? reason : `${reason}: ${errorCode}`,
        })),
      })),
    async bus(): Promise<BusData> {
      const durable = parts.bus.durable
      const queues = durable?.stats().subscriptions ?? []
      return {
        topics: await topicsOf({ traces, durable, nowMs: clock.now() }),
        queues: queues.map(({ name, pattern, lag, owner }) => ({ name, pattern, behind: lag, owner })),
      }
    },
    letters() {
      const found = letters()?.list({ limit: MAX_LETTERS }).letters ?? []
      return found.map(
        ({ id, topic, subscription, source, reason, error, attempts, lastFailedAtMs, message }): LetterRow => ({
          id,
          topic,
          subscription,
          source,
          reason,
          error: { code: error.code, message: redactor.text(error.message) },
          attempts: attempts.length,
          failedMs: lastFailedAtMs,
          payload: redactor.value(message.payload),
          ...traceIn(message.headers),
        }),
      )
    },
    async replay(id) {
      const box = letters()
      if (box === undefined) throw letterUnknown(id)
      await box.replay(id)
    },
    async discard(id) {
      if ((await letters()?.discard(id)) !== true) throw letterUnknown(id)
    },
    async state() {
      const state = await parts.state()
      return Promise.all(
        state.list().map(
          async ({ namespace, access, bytes }): Promise<StateRow> => ({
            namespace,
            access,
            bytes,
            content: redactor.value(await state.read(reader, namespace)),
            history: state.history({ namespace, limit: MAX_CHANGES }).map(({ atMs, who, kind, changes, reason, correlationId }) => ({
              atMs,
              who,
              kind,
              what: reason === undefined ? changes.map((change) => changeText(change, redactor)).join(', ') : redactor.text(reason),
              ...(correlationId !== undefined && /^[0-9a-f]{32}$/.test(correlationId) && { traceId: correlationId }),
            })),
          }),
        ),
      )
    },
    async otlp(id) {
      if (traces.run(id) === undefined) throw runUnknown(id)
      const { encodeTraces, otlpResource } = await import('@switchyard/trace/otlp')
      return JSON.stringify(encodeTraces([...spansOf(id).values()], otlpResource(parts.version)))
    },
    follow: (listener) => traces.follow(({ runs }) => listener({ runs: runs.map(rowOf) })),
  }
}

function changeText({ field, key, op, value }: HistoryChange, redactor: Redactor): string {
  const place = key === undefined ? field : `${field}.${key}`
  if (value === undefined) return `${op} ${place}`
  // A name such as "token" is what says that its value is a secret.
  const [shown] = Object.values(redactor.value({ [key ?? field]: value }))
  return `${op} ${place} = ${JSON.stringify(shown)}`
}

function traceIn({ traceparent }: { readonly traceparent?: string | undefined }): { traceId?: string } {
  const [, traceId] = /^[0-9a-f]{2}-([0-9a-f]{32})-/.exec(traceparent ?? '') ?? []
  return traceId === undefined ? {} : { traceId }
}
