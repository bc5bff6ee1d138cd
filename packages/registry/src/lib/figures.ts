/** What traffic tells of a plugin or a command. */
export interface Figures {
  readonly runs: number
  readonly failures: number
  /** Moving average of what a run takes; undefined before the first. */
  readonly latencyMs: number | undefined
  /** Moving average, 0 to 1. */
  readonly errorRate: number
  /** Moving average of what a run that said so cost; undefined before the first. */
  readonly costUsd?: number
  /** Share of the runs that went well, with a prior: one that never ran stands behind one that is proven. */
  readonly success: number
}

/** One run, as a span of the bus says. */
export interface Run {
  readonly durationMs: number
  /** The error's code; undefined when it went well. */
  readonly code: string | undefined
}

/** How much the latest run counts in a moving average. */
const LATEST = 0.2
/** As if it had run ten times before, nine of them well. */
const PRIOR_RUNS = 10
const PRIOR_SUCCESS = 0.9

/** What says something of the caller, or of nobody; not of how the plugin is. */
const NOT_ITS_FAULT: ReadonlySet<string> = new Set([
  'VALIDATION',
  'USAGE',
  'CANCELLED',
  'FORBIDDEN',
  'UNKNOWN_METHOD',
  'NEEDS_ANSWER',
  'CIRCUIT_OPEN',
  'BUS_CLOSED',
  'NO_RESPONDER',
  'REFUSED',
])

/** Whether a call that ended with this code says something of its plugin, and not of its caller or of nobody. */
export function isPluginsFault(code: string): boolean {
  return !NOT_ITS_FAULT.has(code)
}

export const NO_FIGURES: Figures = { runs: 0, failures: 0, latencyMs: undefined, errorRate: 0, success: PRIOR_SUCCESS }

/** Figures after one more run. What was the caller's fault does not count. */
export function afterRun(figures: Figures, { durationMs, code }: Run): Figures {
  if (code !== undefined && NOT_ITS_FAULT.has(code)) return figures
  const failed = code === undefined ? 0 : 1
  const { latencyMs = durationMs, errorRate } = figures
  return figuresOf({
    ...figures,
    runs: figures.runs + 1,
    failures: figures.failures + failed,
    latencyMs: latencyMs + LATEST * (durationMs - latencyMs),
    errorRate: errorRate + LATEST * (failed - errorRate),
  })
}

/** Figures after a run that said what it cost. */
export function afterCost(figures: Figures, usd: number): Figures {
  const { costUsd = usd } = figures
  return { ...figures, costUsd: costUsd + LATEST * (usd - costUsd) }
}

/** Figures as they were kept. */
export function figuresOf({ runs, failures, latencyMs, errorRate, costUsd }: Omit<Figures, 'success'>): Figures {
  const cost = costUsd === undefined ? {} : { costUsd }
  return { runs, failures, latencyMs, errorRate, ...cost, success: (runs - failures + PRIOR_RUNS * PRIOR_SUCCESS) / (runs + PRIOR_RUNS) }
}

/** Several commands as one plugin: sums, and averages weighed by how often each ran. */
export function together(all: readonly Figures[]): Figures {
  const runs = all.reduce((sum, one) => sum + one.runs, 0)
  if (runs === 0) return NO_FIGURES
  const mean = (of: (one: Figures) => number): number => all.reduce((sum, one) => sum + of(one) * one.runs, 0) / runs
  return figuresOf({
    runs,
    failures: all.reduce((sum, one) => sum + one.failures, 0),
    latencyMs: mean((one) => one.latencyMs ?? 0),
    errorRate: mean((one) => one.errorRate),
  })
}
