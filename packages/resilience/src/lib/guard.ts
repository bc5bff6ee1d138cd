import type { Clock, SwitchyardError } from '@switchyard/contracts'
import type { Breaker, BreakerChange, BreakerSnapshot } from './breaker.ts'
import type { Answer, AnswerSource, Call, CallRequest } from './call.ts'
import type { GuardOptions } from './options.ts'
import type { TimerWheel } from './timer-wheel.ts'

/** What a guard is made of. */
export interface GuardSetup {
  /** Names the guarded thing in errors and events, such as `deploy` or `deploy.apply`. */
  name: string
  clock: Clock
  /** Share one wheel among all guards of a process. @default one of its own */
  wheel?: TimerWheel
  /** In [0, 1); spreads retries and re-openings. @default Math.random */
  random?: () => number
  /** Hears every change of the breaker, after it happened; what it throws is dropped. */
  onChange?: (change: BreakerChange) => void
  /** @default every setting's default */
  options?: GuardOptions
  /** The breaker's state before a restart. */
  snapshot?: BreakerSnapshot
}

/** One call under way, started by `Guard.start`. */
export interface Run {
  readonly source: AnswerSource
  readonly attempts: number
  /** Ends it with CANCELLED, aborts the attempt's signal, frees its place; nothing happens when it has ended. */
  cancel(reason?: unknown): void
}

/** degrade(deadline(retry(breaker(bulkhead(timeout(call)))))) around any call. */
export interface Guard {
  readonly name: string
  readonly breaker: Breaker
  /** @throws CIRCUIT_OPEN, TIMEOUT, DEADLINE_EXCEEDED, CANCELLED, QUEUE_FULL, or the call's own error as a SwitchyardError. */
  run<value>(call: Call<value>, request?: CallRequest<value>): Promise<value>
  /** Like `run`, with where the answer came from. */
  runDetailed<value>(call: Call<value>, request?: CallRequest<value>): Promise<Answer<value>>
  /**
   * Like `run` without a promise of its own, for callers that have one already. Exactly one of the two callbacks is called
   * once, perhaps before `start` returns; neither may throw.
   */
  start<value>(
    call: Call<value>,
    request: CallRequest<value> | undefined,
    onValue: (value: value, run: Run) => void,
    onError: (error: SwitchyardError, run: Run) => void,
  ): Run
  /** Cancels what runs and waits, and leaves no timer behind. */
  close(): void
}
