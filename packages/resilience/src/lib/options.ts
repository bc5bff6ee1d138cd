/** A guard's settings, plain JSON: what a plugin or a command declares. Missing ones take their default. */
export interface GuardOptions {
  /** One attempt's time limit. @default 30000 */
  timeoutMs?: number
  /** Limit for everything together: queue, attempts, waits and alternatives. @default 120000 */
  deadlineMs?: number
  breaker?: BreakerOptions
  retry?: RetryOptions
  bulkhead?: BulkheadOptions
  /** Absent: nothing is cached. */
  cache?: CacheOptions
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
