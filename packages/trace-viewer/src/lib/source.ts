import type {
  BreakerRow,
  BusData,
  ChainData,
  DecisionData,
  LetterRow,
  LogLine,
  Pulse,
  RunRow,
  SpanDetail,
  StateRow,
  TraceData,
} from '../model/wire.ts'

type Maybe<value> = Promise<value | undefined> | value | undefined
type Soon<value> = Promise<value> | value

/** Where the viewer has everything from. Nothing is asked for before somebody looks at it, and no secret is among it. */
export interface ViewerSource {
  /** Newest first. */
  runs(limit: number): Soon<readonly RunRow[]>
  trace(runId: string): Maybe<TraceData>
  span(runId: string, spanId: string): Maybe<SpanDetail>
  /** By time. */
  logs(runId: string): Soon<readonly LogLine[]>
  /** Undefined where the run came of no request in words. */
  decision(runId: string): Maybe<DecisionData>
  /** Undefined where no chain ran. */
  chain(runId: string): Maybe<ChainData>
  breakers(): Soon<readonly BreakerRow[]>
  bus(): Soon<BusData>
  letters(): Soon<readonly LetterRow[]>
  /** @throws NOT_FOUND */
  replay(letterId: number): Promise<void>
  /** @throws NOT_FOUND */
  discard(letterId: number): Promise<void>
  state(): Soon<readonly StateRow[]>
  /** OTLP JSON. @throws TRACE_UNKNOWN */
  otlp(runId: string): Soon<string>
  /** Tells of runs that are new or changed, of other processes too; the returned function ends it. */
  follow(listener: (pulse: Pulse) => void): () => void
}
