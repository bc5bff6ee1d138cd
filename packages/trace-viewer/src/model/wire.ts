import type { WireError } from '@switchyard/contracts'
import type { RunState } from '@switchyard/trace'

export type RunStatus = RunState
export const RUN_STATUSES = [
  'running',
  'waiting',
  'failed',
  'undone',
  'interrupted',
  'done',
  'decided',
  'unclear',
] as const satisfies readonly RunStatus[]

/** One line of the list of runs. */
export interface RunRow {
  /** The trace's id. */
  readonly id: string
  /** What was asked for, in whatever words. */
  readonly title: string
  /** What ran: a command or a chain. Runs of one subject can be compared. */
  readonly subject: string
  readonly status: RunStatus
  readonly startedMs: number
  /** Absent while it runs. */
  readonly durationMs?: number | undefined
  readonly costUsd?: number | undefined
  readonly approvedBy?: string | undefined
  /** Of what went wrong. */
  readonly code?: string | undefined
  /** Plugins, and services of others, in the order in which they came up. */
  readonly lanes: readonly string[]
  readonly spans: number
}

/** What a span is, beside its name: one bit each. */
export const FLAG = { failed: 1, person: 2, undo: 4, retry: 8, open: 16 } as const

/**
 * The spans of one trace by columns, so that a hundred thousand of them are read at once and drawn at once. A parent stands before its
 * children; `-1` is no parent, no code, or no end yet.
 */
export interface SpanColumns {
  /** All ids one after another, 16 letters each. */
  readonly ids: string
  /** Names, lanes and codes, each once. */
  readonly words: readonly string[]
  readonly parent: readonly number[]
  readonly name: readonly number[]
  readonly lane: readonly number[]
  readonly code: readonly number[]
  /** Since the trace began. */
  readonly startUs: readonly number[]
  readonly durationUs: readonly number[]
  readonly flags: readonly number[]
}

export interface TraceData {
  readonly run: RunRow
  /** The server's clock when it was read; what is open reaches until then. */
  readonly nowMs: number
  /** When the first span began. */
  readonly startMs: number
  readonly spans: SpanColumns
  /** The last run of the same subject that went well, if there is one. */
  readonly good?: string | undefined
  /** Whether spans were left out, as there were too many. */
  readonly truncated?: boolean | undefined
}

export interface LogLine {
  readonly atMs: number
  readonly level: 'trace' | 'debug' | 'info' | 'warn' | 'error' | 'fatal'
  readonly message: string
  readonly plugin?: string | undefined
  readonly spanId?: string | undefined
  readonly fields?: Readonly<Record<string, unknown>> | undefined
}

/** What happened in a span at one moment: a message, a change of a breaker, an approval. */
interface SpanEvent {
  readonly atMs: number
  readonly name: string
  readonly attributes?: Readonly<Record<string, unknown>> | undefined
}

/** All that is known of one span; secrets are gone before it comes here. */
export interface SpanDetail {
  readonly id: string
  readonly input?: unknown
  readonly output?: unknown
  readonly error?: WireError | undefined
  readonly attributes: Readonly<Record<string, unknown>>
  readonly events: readonly SpanEvent[]
  readonly logs: readonly LogLine[]
}

interface Candidate {
  readonly command: string
  /** From 0 to 1, calibrated. */
  readonly confidence: number
}

/** What the router made of one part of a request. */
export interface DecisionPart {
  readonly command: string
  /** The one that was taken first. */
  readonly candidates: readonly Candidate[]
  readonly evidence: readonly { readonly seen: string; readonly as: string; readonly points: number }[]
  readonly actAbove?: number | undefined
  readonly wouldChange?: string | undefined
  /** Words that were read as something else. */
  readonly reread: readonly { readonly text: string; readonly as: string }[]
}

export interface DecisionData {
  readonly request: string
  readonly outcome: string
  readonly question?: string | undefined
  readonly parts: readonly DecisionPart[]
}

export type StepMark = 'done' | 'failed' | 'undone' | 'undo-failed' | 'running' | 'waiting' | 'skipped' | 'aborted' | 'open'

/** A step of a chain and what is in it; the sides of a parallel step are its children. */
export interface ChainNode {
  readonly id: string
  readonly text: string
  readonly kind: 'step' | 'parallel' | 'group'
  readonly mark: StepMark
  readonly note?: string | undefined
  readonly tookMs?: number | undefined
  readonly turns?: number | undefined
  readonly children: readonly ChainNode[]
}

export interface ChainData {
  readonly id: string
  readonly name: string
  readonly state: string
  readonly error?: WireError | undefined
  readonly nodes: readonly ChainNode[]
  readonly waitsFor: readonly { readonly path: string; readonly question?: string | undefined }[]
  readonly undone: readonly string[]
  readonly notUndone: readonly { readonly path: string; readonly why: string }[]
}

type BreakerState = 'closed' | 'open' | 'half-open'

export interface BreakerRow {
  readonly name: string
  readonly state: BreakerState
  readonly forced?: boolean | undefined
  readonly failures: readonly number[]
  /** Oldest first. */
  readonly changes: readonly { readonly atMs: number; readonly state: BreakerState; readonly reason?: string | undefined }[]
}

export interface TopicRow {
  readonly topic: string
  readonly messages: number
  /** A minute of the last few, oldest first. */
  readonly perMinute: readonly number[]
  readonly lastMs?: number | undefined
  readonly durable: boolean
}

/** A subscription whose messages are kept until it has had them. */
interface QueueRow {
  readonly name: string
  readonly pattern: string
  /** Messages that it has not had yet, those at work included. */
  readonly behind: number
  /** Whether a process that runs is given them: this one, another, or none. */
  readonly owner: 'here' | 'elsewhere' | 'none'
}

export interface BusData {
  readonly topics: readonly TopicRow[]
  readonly queues: readonly QueueRow[]
}

export interface LetterRow {
  readonly id: number
  readonly topic: string
  readonly subscription: string
  readonly source: string
  readonly reason: string
  readonly error: { readonly code: string; readonly message: string }
  readonly attempts: number
  readonly failedMs: number
  readonly payload: unknown
  readonly traceId?: string | undefined
}

export interface StateRow {
  readonly namespace: string
  readonly access: string
  readonly bytes: number
  readonly content: Readonly<Record<string, unknown>>
  readonly history: readonly StateChangeRow[]
}

interface StateChangeRow {
  readonly atMs: number
  readonly who: string
  readonly kind: 'change' | 'conflict' | 'denied' | 'refused'
  readonly what: string
  /** The trace in which it was written. */
  readonly traceId?: string | undefined
}

/** What the page's address for live changes sends: which parts of what is shown are worth asking for again. */
export interface Pulse {
  /** Runs that are new or changed. */
  readonly runs: readonly RunRow[]
}

/** What a file that needs no server holds of one run. */
export interface Exported {
  readonly trace: TraceData
  readonly details: Readonly<Record<string, SpanDetail>>
  readonly decision?: DecisionData | undefined
  readonly chain?: ChainData | undefined
  readonly logs: readonly LogLine[]
  /** The last good run, for the comparison. */
  readonly good?: TraceData | undefined
}
