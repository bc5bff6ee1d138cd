import { invalidOptions, type OptionMistake } from './errors.ts'

/** A guard's settings, plain JSON: what a plugin or a command declares. Missing ones take their default. */
export interface GuardOptions {
  /** One attempt's time limit. @default 30000 */
  timeoutMs?: number
  /** Limit for everything together: queue, attempts, waits and alternatives. @default 120000 */
  deadlineMs?: number
  breaker?: BreakerOptions
  retry?: RetryOptions
  bulkhead?: BulkheadOptions
  /** Absent or false: nothing is cached. */
  cache?: CacheOptions | false
}

export interface BreakerOptions {
  /** This many failures within the window open it. @default 5 */
  failures?: number
  /** So does this share of failures, in percent, once the window holds `minCalls`. @default 50 */
  failurePercent?: number
  /** @default 10 */
  minCalls?: number
  /** @default 300000 */
  windowMs?: number
  /** How long it stays open; grows from the third trip in a row on. @default 60000 */
  openMs?: number
  /** The most it grows to. @default 600000 */
  maxOpenMs?: number
  /** Probes at once while half-open. @default 3 */
  probes?: number
  /** Successes in a row that close it. @default 3 */
  successes?: number
}

export interface RetryOptions {
  /** 0 switches retrying off. @default 3 */
  maxRetries?: number
  /** The first wait is a random part of this, doubled each time. @default 1000 */
  delayMs?: number
  /** @default 10000 */
  maxDelayMs?: number
  /** Retries may add this share to the load, in percent. @default 10 */
  budgetPercent?: number
  /** And at least so many a minute, that a quiet guard can retry at all. @default 3 */
  budgetFloor?: number
}

export interface BulkheadOptions {
  /** @default 100 */
  maxConcurrent?: number
  /** Calls that may wait, first come first served; 0 refuses at once. @default 1000 */
  maxQueue?: number
}

export interface CacheOptions {
  /** @default 500 */
  maxEntries?: number
  /** Answers younger than this are served without a call. @default 0 */
  freshMs?: number
  /** For so long after that they are served at once, and one call refreshes them. @default 0 */
  revalidateMs?: number
  /** Answers younger than this stand in for a call that failed. @default 3600000 */
  staleMs?: number
}

/** Every setting, complete. */
export interface GuardSettings {
  readonly timeoutMs: number
  readonly deadlineMs: number
  readonly breaker: Readonly<Required<BreakerOptions>>
  readonly retry: Readonly<Required<RetryOptions>>
  readonly bulkhead: Readonly<Required<BulkheadOptions>>
  readonly cache: Readonly<Required<CacheOptions>> | undefined
}

interface Rule {
  fallback: number
  min: number
  max: number
  whole: boolean
}

/** setTimeout's own limit, a little under 25 days. */
const MAX_MS = 2_147_483_647
const ms = (fallback: number, min = 1): Rule => ({ fallback, min, max: MAX_MS, whole: false })
const count = (fallback: number, min: number, max: number): Rule => ({ fallback, min, max, whole: true })
const percent = (fallback: number, min: number): Rule => ({ fallback, min, max: 100, whole: false })

type Rules<section> = { [name in keyof section]-?: Rule }

const limits: Rules<Pick<GuardOptions, 'timeoutMs' | 'deadlineMs'>> = { timeoutMs: ms(30_000), deadlineMs: ms(120_000) }
const breaker: Rules<BreakerOptions> = {
  failures: count(5, 1, 10_000),
  failurePercent: percent(50, 1),
  minCalls: count(10, 1, 1_000_000),
  windowMs: ms(300_000),
  openMs: ms(60_000),
  maxOpenMs: ms(600_000),
  probes: count(3, 1, 1_000),
  successes: count(3, 1, 1_000),
}
const retry: Rules<RetryOptions> = {
  maxRetries: count(3, 0, 100),
  delayMs: ms(1_000),
  maxDelayMs: ms(10_000),
  budgetPercent: percent(10, 0),
  budgetFloor: count(3, 0, 1_000),
}
const bulkhead: Rules<BulkheadOptions> = { maxConcurrent: count(100, 1, 1_000_000), maxQueue: count(1_000, 0, 1_000_000) }
const cache: Rules<CacheOptions> = {
  maxEntries: count(500, 1, 1_000_000),
  freshMs: ms(0, 0),
  revalidateMs: ms(0, 0),
  staleMs: ms(3_600_000, 0),
}
const sections = { breaker, retry, bulkhead, cache }

type Layer = Record<string, unknown>

/**
 * Settings from any number of layers, the later ones winning: a plugin's, then a command's. Layers may be undefined.
 * @throws VALIDATION with every mistake in `data.mistakes`, each with its path and the value found.
 */
export function parseGuardOptions(...layers: unknown[]): GuardSettings {
  const mistakes: OptionMistake[] = []

  function asLayer(value: unknown, path: string): Layer {
    if (value === undefined) return {}
    if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value as Layer
    mistakes.push({ path, message: `must be an object: ${JSON.stringify(value)}` })
    return {}
  }

  function checkNumber(value: unknown, { min, max, whole }: Rule, path: string): void {
    if (typeof value === 'number' && value >= min && value <= max && (!whole || Number.isInteger(value))) return
    mistakes.push({ path, message: `must be ${whole ? 'a whole number' : 'a number'} from ${min} to ${max}: ${describe(value)}` })
  }

  function settle<section>(rules: Rules<section>, parts: readonly Layer[], prefix: string): Required<section> {
    const settled: Record<string, unknown> = {}
    for (const [name, rule] of Object.entries<Rule>(rules)) settled[name] = rule.fallback
    for (const part of parts) {
      for (const [name, value] of Object.entries(part)) {
        const rule = Object.hasOwn(rules, name) ? rules[name as keyof section] : undefined
        if (rule === undefined) mistakes.push({ path: prefix + name, message: 'is unknown' })
        else if (value !== undefined) {
          checkNumber(value, rule, prefix + name)
          settled[name] = value
        }
      }
    }
    return settled as Required<section>
  }

  const options = layers.map((layer) => asLayer(layer, 'options'))
  const inSection = (name: keyof typeof sections): Layer[] =>
    options.map((layer) => asLayer(name === 'cache' && layer[name] === false ? undefined : layer[name], name))
  const withoutSections = options.map((layer) =>
    Object.fromEntries(Object.entries(layer).filter(([name]) => !Object.hasOwn(sections, name))),
  )
  const lastCache = options.map((layer) => layer.cache).findLast((value) => value !== undefined)

  const settings: GuardSettings = {
    ...settle(limits, withoutSections, ''),
    breaker: settle(breaker, inSection('breaker'), 'breaker.'),
    retry: settle(retry, inSection('retry'), 'retry.'),
    bulkhead: settle(bulkhead, inSection('bulkhead'), 'bulkhead.'),
    cache: lastCache === undefined || lastCache === false ? undefined : settle(cache, inSection('cache'), 'cache.'),
  }
  if (mistakes.length > 0) throw invalidOptions(mistakes)
  return settings
}

const describe = (value: unknown): string => (typeof value === 'number' ? String(value) : (JSON.stringify(value) ?? typeof value))
