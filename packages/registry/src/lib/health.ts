/** Where a plugin is in its life. */
export type LifeState = 'registered' | 'ready' | 'degraded' | 'down' | 'gone'

export interface Health {
  readonly state: LifeState
  /** Why it is not ready, for people. */
  readonly reason?: string
  /** What says so. One whose process is gone can be served by another. */
  readonly sign?: 'folder' | 'breaker' | 'process' | 'runs'
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
  /** The best of the processes that serve it; `registered` where none does yet, undefined where it is served right here. */
  readonly process: Pick<Health, 'state' | 'reason'> | undefined
  readonly breaker: 'closed' | 'half-open' | 'open'
  readonly errorRate: number
  readonly runs: number
  /** What took it away, such as a folder that is no more. */
  readonly missing: string | undefined
}

/** What it says that nothing was heard of a process for so long. */
export function heartbeatOf(silentMs: number): { readonly state: 'ready' | 'degraded' | 'down'; readonly missed: number } {
  const missed = Math.max(0, Math.floor(silentMs / HEARTBEAT_MS))
  return { state: missed >= DOWN_AFTER ? 'down' : missed >= SUSPECT_AFTER ? 'degraded' : 'ready', missed }
}

/** How a plugin is, by its signs: the worst of them counts. */
export function healthOf({ process = { state: 'ready' }, breaker, errorRate, runs, missing }: Signs): Health {
  if (missing !== undefined) return { state: 'down', reason: missing, sign: 'folder' }
  if (breaker === 'open') return { state: 'down', reason: 'its breaker is open', sign: 'breaker' }
  if (process.state !== 'ready')
    return { state: process.state, ...(process.reason !== undefined && { reason: process.reason }), sign: 'process' }
  if (breaker === 'half-open') return { state: 'degraded', reason: 'its breaker lets single calls through', sign: 'breaker' }
  if (runs >= LEAST_RUNS && errorRate >= DEGRADED_ERROR_RATE)
    return { state: 'degraded', reason: `${Math.round(errorRate * 100)} % of its latest calls failed`, sign: 'runs' }
  return { state: 'ready' }
}
