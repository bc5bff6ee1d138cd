import type { SwitchyardError } from '@switchyard/contracts'

/** What a guarded call is given: which attempt this is, how long it has, and when to stop. */
export interface Attempt {
  /** 1 for the first attempt, 2 for the first retry. */
  readonly number: number
  /** When this attempt ends at the latest, on the clock's `monotonicMs`; pass it on so that deadlines shrink as calls nest. */
  readonly deadlineAtMs: number
  /** Aborted by timeout, deadline and cancellation. Made when first looked at: a call that never looks pays nothing. */
  readonly signal: AbortSignal
}

/** Whatever may fail: it may return, reject, throw or never settle. */
export type Call<value> = (attempt: Attempt) => value | PromiseLike<value>

/** What the caller knows about this one call. */
export interface CallRequest<value = unknown> {
  /** Absolute, on the clock's `monotonicMs`; the guard's own `deadlineMs` holds too, the earlier one wins. */
  deadlineAtMs?: number
  /** The clock's `monotonicMs`, if you have read it for this very call: saves reading it again, a tenth of what a guard costs. */
  nowMs?: number
  /** Costs two listeners a call; a caller without a signal of its own should use `Run.cancel`. */
  signal?: AbortSignal
  /** `read` is idempotent unless said otherwise, and the only one that is ever cached. @default 'write' */
  effect?: 'read' | 'write' | 'destroy'
  /** Whether it may run twice; asked after an error that leaves open whether it ran. @default effect is 'read' */
  idempotent?: boolean
  /** Any JSON value; the order of properties does not matter. Without it, or without `cache` settings, nothing is cached. */
  cacheKey?: unknown
  /** Tried in order when the call failed for good, under what is left of the deadline. */
  alternatives?: readonly Alternative<value>[]
  /** The last answer before refusal; present with `undefined` it answers undefined. */
  defaultValue?: value
}

/** Another way to the same answer, such as another plugin. It brings its own guard if it wants one. */
export interface Alternative<value> {
  name: string
  call: Call<value>
}

/** Where an answer came from: `cache` is fresh, `stale` is past its time. A refusal is an error, never an answer. */
export type AnswerSource = 'live' | 'cache' | 'stale' | 'fallback' | 'default'

/** An answer that says which of them it is. */
export interface Answer<value> {
  value: value
  source: AnswerSource
  /** How often the call itself was invoked; 0 when it was refused or answered from the cache. */
  attempts: number
  /** True when the call failed and something else answered. */
  degraded: boolean
  /** Why it is degraded, for people. */
  message?: string
  /** The failure behind a degraded answer. */
  error?: SwitchyardError
  cacheAgeMs?: number
}
