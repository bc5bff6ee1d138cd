import type { Clock, SwitchyardError } from '@switchyard/contracts'
import { createAnswerCache } from './answer-cache.ts'
import type { Layers } from './attempt.ts'
import { type Breaker, type BreakerChange, createBreaker } from './breaker.ts'
import { createBulkhead } from './bulkhead.ts'
import type { Answer, AnswerSource, Call, CallRequest } from './call.ts'
import { guardClosed } from './errors.ts'
import { createRing, isEmptyRing } from './list.ts'
import { type GuardOptions, type GuardSettings, parseGuardOptions } from './options.ts'
import { createRetryBudget } from './retry-budget.ts'
import { GuardRun, type Shared } from './run.ts'
import { createTimerWheel, type TimerWheel } from './timer-wheel.ts'

/** What a guard is made of. */
export interface GuardSetup {
  /** Names the guarded thing in errors and events, such as `deploy` or `deploy.apply`. */
  name: string
  clock: Clock
  /** Share one among all guards of a process. @default one of its own */
  wheel?: TimerWheel
  /** In [0, 1); spreads retries and re-openings. @default Math.random */
  random?: () => number
  /** Hears every change of the breaker, after it happened; what it throws is dropped. */
  onChange?: (change: BreakerChange) => void
  /** Checked as `parseGuardOptions` does, whose result may be given too. @default every setting's default */
  options?: GuardOptions | GuardSettings
  /** A stored `BreakerSnapshot`; anything else is ignored, as a breaker must start. */
  snapshot?: unknown
}

/** One call under way, started by `Guard.start`. */
export interface Run {
  readonly source: AnswerSource
  /** How often the call was invoked so far; 0 when it was refused or answered from the cache. */
  readonly attempts: number
  /** Why the answer is not what was asked for: set with sources `fallback`, `default`, and `stale` after a failure. */
  readonly error: SwitchyardError | undefined
  /** The same for people. */
  readonly message: string | undefined
  readonly cacheAgeMs: number | undefined
  /** Ends it with CANCELLED, aborts the attempt's signal and frees its place; nothing happens when it has ended. */
  cancel(reason?: unknown): void
}

/** degrade(deadline(retry(breaker(bulkhead(timeout(call)))))) around any call. */
export interface Guard {
  readonly name: string
  readonly breaker: Breaker
  /** Calls that run and calls that wait for a place. */
  readonly load: { running: number; waiting: number }
  /** Answers that may be given again, with the ages of the first and the last of them; undefined where none is kept. */
  readonly cached: { readonly entries: number; readonly oldestMs: number; readonly newestMs: number } | undefined
  /** @throws CIRCUIT_OPEN, TIMEOUT, DEADLINE_EXCEEDED, CANCELLED, QUEUE_FULL, or the call's own error as a SwitchyardError. */
  run<value>(call: Call<value>, request?: CallRequest<value>): Promise<value>
  /** Like `run`, with where the answer came from. */
  runDetailed<value>(call: Call<value>, request?: CallRequest<value>): Promise<Answer<value>>
  /**
   * Like `run` without a promise of its own, for callers that have one already. Exactly one of the two callbacks is called,
   * once, perhaps before `start` returns; neither may throw.
   */
  start<value>(
    call: Call<value>,
    request: CallRequest<value> | undefined,
    onValue: (value: value, run: Run) => void,
    onError: (error: SwitchyardError, run: Run) => void,
  ): Run
  /** Cancels what runs and waits, refuses what comes, and leaves no timer of its own behind. */
  close(): void
}

const NO_REQUEST: CallRequest<never> = Object.freeze({})

export function createGuard({ name, clock, wheel, random = Math.random, onChange = () => {}, options, snapshot }: GuardSetup): Guard {
  const settings = parseGuardOptions(options)
  const ownWheel = wheel ?? createTimerWheel(clock)
  const gate = createBreaker({ name, clock, random, onChange, options: settings.breaker, snapshot })
  const { maxConcurrent, maxQueue } = settings.bulkhead
  const bulkhead = createBulkhead(maxConcurrent, maxQueue)
  const alternativeLayers: Layers = { name, clock, wheel: ownWheel, timeoutMs: settings.timeoutMs, protection: undefined }
  const shared: Shared = {
    settings,
    layers: { ...alternativeLayers, protection: { gate, bulkhead, maxQueue } },
    alternativeLayers,
    budget: createRetryBudget(settings.retry.budgetPercent, settings.retry.budgetFloor, clock.monotonicMs),
    random,
    cache: settings.cache && createAnswerCache(settings.cache.maxEntries, maxAgeMs(settings.cache)),
    isOpen: () => gate.state === 'open',
    live: createRing(),
  }
  let isClosed = false

  function start<value>(
    call: Call<value>,
    request: CallRequest<value> | undefined,
    onValue: (value: value, run: GuardRun) => void,
    onError: (error: SwitchyardError, run: GuardRun) => void,
  ): GuardRun {
    // What goes in as a value comes out as one: from the call, the cache of this request's key, an alternative or the default.
    const run = new GuardRun(shared, call, request ?? NO_REQUEST, onValue as (value: unknown, run: GuardRun) => void, onError)
    if (isClosed) onError(guardClosed(name), run)
    else run.begin()
    return run
  }

  return {
    name,
    breaker: gate,
    get load() {
      return { running: bulkhead.running, waiting: bulkhead.waiting }
    },
    get cached() {
      const { cache } = shared
      return cache && { entries: cache.size, ...cache.ages(clock.monotonicMs()) }
    },
    run: (call, request) => new Promise((resolve, reject) => void start(call, request, resolve, reject)),
    runDetailed: (call, request) =>
      new Promise((resolve, reject) => void start(call, request, (value, run) => resolve(toAnswer(value, run)), reject)),
    start,
    close() {
      isClosed = true
      gate.stop()
      while (!isEmptyRing(shared.live)) (shared.live.next as GuardRun).cancel(guardClosed(name))
      shared.cache?.clear()
      if (wheel === undefined) ownWheel.stop()
    },
  }
}

const maxAgeMs = ({ freshMs, revalidateMs, staleMs }: NonNullable<GuardSettings['cache']>): number =>
  Math.max(freshMs + revalidateMs, staleMs)

function toAnswer<value>(value: value, { source, attempts, error, message, cacheAgeMs }: Run): Answer<value> {
  return {
    value,
    source,
    attempts,
    degraded: error !== undefined,
    ...(message !== undefined && { message }),
    ...(error !== undefined && { error }),
    ...(cacheAgeMs !== undefined && { cacheAgeMs }),
  }
}
