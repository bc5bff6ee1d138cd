/** Where a plugin is in its life. */
export type LifeState = 'registered' | 'ready' | 'degraded' | 'down' | 'gone'

export interface Health {
  readonly state: LifeState
  /** Why it is not ready, for people. */
  readonly reason?: string
}

export const HEARTBEAT_MS = 10_000
const SUSPECT_AFTER = 3
const DOWN_AFTER = 6
/** Of the latest runs, weighed as `errorRate` is. */
const DEGRADED_ERROR_RATE = 0.5
/** Fewer runs say nothing of how it is. */
const LEAST_RUNS = 5

/** What is known of how a plugin is. */
export interface Signs {
  /** Whether its process says every ten seconds that it is there; others are there as long as they are registered. */
  readonly beats: boolean
  readonly lastBeatMs: number | undefined
  readonly breaker: 'closed' | 'half-open' | 'open'
  readonly errorRate: number
  readonly runs: number
  /** What took it away, such as a folder that is no more. */
  readonly missing: string | undefined
}

/** How a plugin is, by its signs: the worst of them counts. */
export function healthOf({ beats, lastBeatMs, breaker, errorRate, runs, missing }: Signs, nowMs: number): Health {
  if (missing !== undefined) return { state: 'down', reason: missing }
  if (breaker === 'open') return { state: 'down', reason: 'its breaker is open' }
  if (beats && lastBeatMs === undefined) return { state: 'registered', reason: 'its process was not heard of yet' }
  const missed = beats ? Math.floor((nowMs - lastBeatMs!) / HEARTBEAT_MS) : 0
  if (missed >= DOWN_AFTER) return { state: 'down', reason: `${missed} heartbeats were missed` }
  if (missed >= SUSPECT_AFTER) return { state: 'degraded', reason: `${missed} heartbeats were missed` }
  if (breaker === 'half-open') return { state: 'degraded', reason: 'its breaker lets single calls through' }
  if (runs >= LEAST_RUNS && errorRate >= DEGRADED_ERROR_RATE)
    return { state: 'degraded', reason: `${Math.round(errorRate * 100)} % of its latest calls failed` }
  return { state: 'ready' }
}
