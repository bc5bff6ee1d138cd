import type { Run, RunFilter, RunPage } from './run.ts'
import type { Span } from './span.ts'

/** What was kept since something was last looked at. */
export interface TraceChange {
  /** To go on from with `changes` or `follow`. */
  readonly position: number
  /** Runs that are new or other than before. */
  readonly runs: readonly Run[]
  /** New spans of the trace that is followed, or running ones that ended; empty where none is named. */
  readonly spans: readonly Span[]
  /** Runs that are gone. */
  readonly deleted: readonly string[]
}

export interface ChangeFilter {
  /** Also tells the spans of this trace. */
  readonly traceId?: string
  /** From `changes` or `follow`; without it from now. */
  readonly position?: number
}

export interface TraceStats {
  /** Handed over and not yet on disk. */
  readonly waiting: number
  /** Stored by this process. */
  readonly stored: number
  /** Lost by this process, as more came than could be written or as nothing could be written at all. */
  readonly dropped: number
  readonly runs: number
  /** Of all spans kept, as text. */
  readonly bytes: number
}

/** The spans of one workspace, of all its processes. Reading sees what is on disk: of this process what was handed over before `flush`. */
export interface TraceStore {
  /** Kept soon, with others; lost when the process is killed before. Never throws and never waits. */
  add(span: Span): void
  /** The same of something that becomes a span once there is time for it; `write` must not throw. */
  addLater<record>(record: record, write: (record: record) => Span, isFailure: boolean): void
  /**
   * Keeps spans that somebody else made and resolves with how many were new: what comes again, as after an answer that was lost or
   * out of a file that was read before, is kept once. Rejects where they cannot be kept.
   */
  receive(spans: readonly Span[]): Promise<number>
  /** Whether more comes than can be kept, so that no new trace should be recorded. */
  readonly isPressed: boolean
  /** Newest first. */
  runs(filter?: RunFilter): RunPage
  run(traceId: string): Run | undefined
  /** By when they began; one that still runs has no `durationMs`. */
  spans(traceId: string): readonly Span[]
  /** What is new, now. Cheap where nothing is. */
  changes(filter?: ChangeFilter): TraceChange
  /** Tells what is new, of other processes too, as it comes; the returned function ends it. */
  follow(listener: (change: TraceChange) => void, filter?: ChangeFilter & { readonly pollMs?: number }): () => void
  /** Removes one run, whoever wrote it. Whether it was there. */
  delete(traceId: string): boolean
  /** Resolves when all that was handed over is on disk, or given up. */
  flush(): Promise<void>
  stats(): TraceStats
  /** Keeps what is left, and waits no longer than a second for the disk. */
  close(): Promise<void>
}
