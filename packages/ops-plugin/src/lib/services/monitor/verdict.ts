import type { Clock } from '@switchyard/plugin-kit'
import { z } from 'zod'

/** From best to worst; UNKNOWN says that nobody could look, which is no failure of the service. */
export const STATUSES = ['HEALTHY', 'UNKNOWN', 'DEGRADED', 'UNHEALTHY'] as const
export type Status = (typeof STATUSES)[number]

/** What is wrong, as a closed set that others can decide by. */
export const PROBLEMS = [
  'refused',
  'dns',
  'timeout',
  'reset',
  'unreachable',
  'tls',
  'expired',
  'status',
  'body',
  'slow',
  'exit',
  'gone',
  'stopped',
  'restarting',
  'limit',
  'missing',
  'no-access',
  'not-trusted',
  'not-here',
] as const
export type Problem = (typeof PROBLEMS)[number]

const verdictSchema = z.object({
  status: z.enum(STATUSES),
  problem: z.enum(PROBLEMS).optional(),
  reason: z.string().describe('What was seen'),
  latencyMs: z.number().optional(),
  value: z.number().optional().describe('What was measured'),
  warn: z.number().optional(),
  limit: z.number().optional(),
  unit: z.string().optional(),
})
export type Verdict = z.output<typeof verdictSchema>

/** What a probe may reach. */
export interface ProbeSurroundings {
  readonly clock: Clock
  readonly signal: AbortSignal
  readonly workspace: string
  /** Socket of the container engine, where there is one. */
  readonly engineSocket: string | undefined
  /** Whether a person has allowed what this service runs and discloses. */
  readonly trusted: boolean
  /** Value of an environment variable that a definition names. */
  readonly env: (name: string) => string | undefined
}

export const worse = (a: Status, b: Status): Status => (STATUSES.indexOf(a) >= STATUSES.indexOf(b) ? a : b)
export const isWorse = (a: Status, than: Status): boolean => STATUSES.indexOf(a) > STATUSES.indexOf(than)

export const healthy = (reason: string, measured: Partial<Verdict> = {}): Verdict => ({ status: 'HEALTHY', reason, ...measured })
export const degraded = (problem: Problem, reason: string, measured: Partial<Verdict> = {}): Verdict => ({
  status: 'DEGRADED',
  problem,
  reason,
  ...measured,
})
export const unhealthy = (problem: Problem, reason: string, measured: Partial<Verdict> = {}): Verdict => ({
  status: 'UNHEALTHY',
  problem,
  reason,
  ...measured,
})
export const unknown = (problem: Problem, reason: string): Verdict => ({ status: 'UNKNOWN', problem, reason })

/** Share of a limit from which a measure is DEGRADED where the definition does not say. */
const WARN_SHARE = 0.8

/** Judges a measure by its limits: above `limit` UNHEALTHY, above `warn` DEGRADED. */
export function judge(
  problem: Problem,
  what: string,
  value: number,
  {
    limit,
    warn = limit === undefined ? undefined : limit * WARN_SHARE,
    unit,
  }: { limit?: number | undefined; warn?: number | undefined; unit: string },
): Verdict {
  const measured = { value, unit, ...(warn !== undefined && { warn }), ...(limit !== undefined && { limit }) }
  const told = (bound: number): string => `${what} is ${figure(value)} ${unit}, more than ${figure(bound)} ${unit}`
  if (limit !== undefined && value > limit) return unhealthy(problem, told(limit), measured)
  if (warn !== undefined && value > warn) return degraded(problem, told(warn), measured)
  return healthy(`${what} is ${figure(value)} ${unit}`, measured)
}

export const figure = (value: number): string => String(Math.abs(value) >= 100 ? Math.round(value) : Math.round(value * 10) / 10)

/** The worst of several verdicts about one thing, with the measure of the one that decides. */
export function worst(verdicts: readonly Verdict[]): Verdict {
  return verdicts.reduce((a, b) => (isWorse(b.status, a.status) ? b : a))
}

const checkedSchema = verdictSchema.extend({ check: z.string(), type: z.string() })

export const observationSchema = z.object({
  service: z.string(),
  env: z.string().optional(),
  status: z.enum(STATUSES),
  at: z.string().describe('When it was looked at, ISO 8601'),
  checks: z.array(checkedSchema),
})
export type Observation = z.output<typeof observationSchema>
