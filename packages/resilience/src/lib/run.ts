import type { SwitchyardError } from '@switchyard/contracts'
import type { AnswerCache } from './answer-cache.ts'
import { type AttemptOwner, CallAttempt, type Layers } from './attempt.ts'
import type { AnswerSource, Call, CallRequest } from './call.ts'
import { canonicalJson } from './canonical-json.ts'
import { cancelled, deadlineExceeded, type FailedAlternative, mayDegrade, refused, toError } from './errors.ts'
import type { Run } from './guard.ts'
import { append, detach, type ListNode } from './list.ts'
import type { GuardSettings } from './options.ts'
import { retryAfter } from './retry.ts'
import type { RetryBudget } from './retry-budget.ts'
import { createWheelEntry } from './timer-wheel.ts'

/** What all runs of one guard share. */
export interface Shared {
  settings: GuardSettings
  layers: Layers
  alternativeLayers: Layers
  budget: RetryBudget
  random: () => number
  cache: AnswerCache | undefined
  /** Whether the breaker would refuse the next attempt. */
  isOpen(): boolean
  /** The ring of runs under way. */
  live: ListNode
}

const LIVE = Object.freeze({ source: 'live', error: undefined, message: undefined, cacheAgeMs: undefined })

/** degrade(deadline(retry(attempt))): callbacks all the way while it goes well, promises once something failed. */
export class GuardRun implements Run, AttemptOwner, ListNode {
  next: ListNode | undefined = undefined
  previous: ListNode | undefined = undefined
  attempts = 0
  /** Only what is not simply live pays for these. */
  #answered: Pick<Run, 'source' | 'error' | 'message' | 'cacheAgeMs'> = LIVE
  readonly #shared: Shared
  readonly #call: Call<unknown>
  readonly #request: CallRequest<unknown>
  readonly #onValue: (value: unknown, run: GuardRun) => void
  readonly #onError: (error: SwitchyardError, run: GuardRun) => void
  #finalAtMs = 0
  #current: { cancel(reason: unknown): void } | undefined = undefined
  #cacheKey: string | undefined = undefined
  #stopListening: (() => void) | undefined = undefined
  #isOver = false

  constructor(
    shared: Shared,
    call: Call<unknown>,
    request: CallRequest<unknown>,
    onValue: (value: unknown, run: GuardRun) => void,
    onError: (error: SwitchyardError, run: GuardRun) => void,
  ) {
    this.#shared = shared
    this.#call = call
    this.#request = request
    this.#onValue = onValue
    this.#onError = onError
  }

  get source(): Run['source'] {
    return this.#answered.source
  }

  get error(): Run['error'] {
    return this.#answered.error
  }

  get message(): Run['message'] {
    return this.#answered.message
  }

  get cacheAgeMs(): Run['cacheAgeMs'] {
    return this.#answered.cacheAgeMs
  }

  /** `isRefresh` goes past the cache, to fill it. */
  begin(isRefresh = false): void {
    const { layers, settings, budget, live, cache } = this.#shared
    const { deadlineAtMs, signal } = this.#request
    const nowMs = this.#request.nowMs ?? layers.clock.monotonicMs()
    const ownDeadlineAtMs = nowMs + settings.deadlineMs
    this.#finalAtMs = deadlineAtMs !== undefined && deadlineAtMs < ownDeadlineAtMs ? deadlineAtMs : ownDeadlineAtMs
    append(live, this)
    if (signal !== undefined && !this.#listenTo(signal)) return
    if (cache !== undefined && this.#answerFromCache(cache, nowMs, isRefresh)) return
    budget.earn()
    if (nowMs >= this.#finalAtMs) {
      this.#recoverFrom(deadlineExceeded(layers.name))
      return
    }
    const attempt = new CallAttempt(layers, this.#call, this, 1, this.#finalAtMs)
    this.#current = attempt
    attempt.begin(nowMs)
  }

  cancel(reason?: unknown): void {
    if (this.#isOver) return
    this.#finish()
    // Its place is free before anybody hears of it.
    this.#current?.cancel(reason)
    this.#onError(cancelled(this.#shared.layers.name, reason), this)
  }

  onAttemptValue(value: unknown): void {
    this.attempts++
    this.#answerLive(value)
  }

  onAttemptError(error: SwitchyardError, attempt: CallAttempt): void {
    if (attempt.isInvoked) this.attempts++
    if (!this.#isOver) this.#recoverFrom(error)
  }

  #recoverFrom(error: SwitchyardError): void {
    if (this.#mayRetry(error) || this.#mayDegrade(error)) void this.#recover(error)
    else this.#refuse(error)
  }

  #mayRetry(error: SwitchyardError): boolean {
    return error.retryable && error.code !== 'CIRCUIT_OPEN' && this.#shared.settings.retry.maxRetries > 0
  }

  #mayDegrade(error: SwitchyardError): boolean {
    const { alternatives = [] } = this.#request
    return mayDegrade(error) && (alternatives.length > 0 || this.#cacheKey !== undefined || 'defaultValue' in this.#request)
  }

  async #recover(first: SwitchyardError): Promise<void> {
    let failure = first
    if (this.#mayRetry(first)) {
      try {
        return this.#answerLive(await this.#retry(first))
      } catch (error) {
        failure = this.#finalFailure(first, toError(error))
      }
    }
    if (this.#mayDegrade(failure)) await this.#degrade(failure)
    else this.#refuse(failure)
  }

  /** A breaker that opened and a deadline that passed meanwhile are consequences; what failed says more. */
  #finalFailure(first: SwitchyardError, last: SwitchyardError): SwitchyardError {
    if (last.code === 'CIRCUIT_OPEN') return first
    if (last.code === 'DEADLINE_EXCEEDED' && last.cause === undefined) return deadlineExceeded(this.#shared.layers.name, first)
    return last
  }

  #retry(first: SwitchyardError): Promise<unknown> {
    const { settings, budget, random, layers, isOpen } = this.#shared
    return retryAfter(first, {
      options: settings.retry,
      budget,
      random,
      idempotent: this.#request.idempotent ?? this.#request.effect === 'read',
      remainingMs: () => this.#finalAtMs - layers.clock.monotonicMs(),
      isPointless: () => this.#isOver || isOpen(),
      wait: (ms) => this.#wait(ms),
      attempt: (number) => this.#attempt(layers, this.#call, number),
    })
  }

  /** Alternatives in order, then the last good answer, then the default, then refusal. */
  async #degrade(failure: SwitchyardError): Promise<void> {
    const { alternativeLayers, cache } = this.#shared
    const { alternatives = [] } = this.#request
    const failed: FailedAlternative[] = []
    for (const { name, call } of alternatives) {
      if (alternativeLayers.clock.monotonicMs() >= this.#finalAtMs) break
      try {
        const value = await this.#attempt(alternativeLayers, call, 1)
        return this.#answerInstead(value, 'fallback', failure, `"${name}"`)
      } catch (thrown) {
        const { code, message } = toError(thrown)
        failed.push({ name, code, message })
      }
    }
    const cached = this.#cacheKey === undefined ? undefined : cache?.get(this.#cacheKey, alternativeLayers.clock.monotonicMs())
    if (cached !== undefined) return this.#answerInstead(cached.value, 'stale', failure, 'an earlier answer', cached.ageMs)
    if ('defaultValue' in this.#request) return this.#answerInstead(this.#request.defaultValue, 'default', failure, 'the default')
    this.#refuse(failed.length > 0 ? refused(alternativeLayers.name, failure, failed) : failure)
  }

  /** False if it is aborted already. */
  #listenTo(signal: AbortSignal): boolean {
    const onAbort = (): void => this.cancel(signal.reason)
    if (signal.aborted) onAbort()
    else {
      signal.addEventListener('abort', onAbort)
      this.#stopListening = () => signal.removeEventListener('abort', onAbort)
    }
    return !this.#isOver
  }

  #answerFromCache(cache: AnswerCache, nowMs: number, isRefresh: boolean): boolean {
    const { effect, cacheKey } = this.#request
    this.#cacheKey = effect === 'read' && cacheKey !== undefined ? canonicalJson(cacheKey) : undefined
    const { freshMs = 0, revalidateMs = 0 } = this.#shared.settings.cache ?? {}
    if (this.#cacheKey === undefined || isRefresh || freshMs + revalidateMs === 0) return false
    const cached = cache.get(this.#cacheKey, nowMs)
    if (cached === undefined || cached.ageMs >= freshMs + revalidateMs) return false
    if (cached.ageMs >= freshMs) this.#refresh(cache, this.#cacheKey)
    this.#answered = { ...LIVE, source: cached.ageMs < freshMs ? 'cache' : 'stale', cacheAgeMs: cached.ageMs }
    this.#answer(cached.value)
    return true
  }

  #refresh(cache: AnswerCache, key: string): void {
    if (!cache.beginRefreshing(key)) return
    const done = (): void => cache.doneRefreshing(key)
    new GuardRun(this.#shared, this.#call, { effect: 'read', cacheKey: this.#request.cacheKey }, done, done).begin(true)
  }

  #attempt(layers: Layers, call: Call<unknown>, number: number): Promise<unknown> {
    return new Promise((resolve, reject) => {
      // Cancelled in one of the gaps that promises leave.
      if (this.#isOver) return reject(cancelled(layers.name, undefined))
      const count = (attempt: CallAttempt): void => {
        if (call === this.#call && attempt.isInvoked) this.attempts++
      }
      const owner: AttemptOwner = {
        onAttemptValue(value, attempt) {
          count(attempt)
          resolve(value)
        },
        onAttemptError(error, attempt) {
          count(attempt)
          reject(error)
        },
      }
      const attempt = new CallAttempt(layers, call, owner, number, this.#finalAtMs)
      this.#current = attempt
      attempt.begin(layers.clock.monotonicMs())
    })
  }

  #wait(ms: number): Promise<void> {
    const { wheel, clock, name } = this.#shared.layers
    return new Promise((resolve, reject) => {
      const pause = createWheelEntry(() => resolve())
      this.#current = {
        cancel() {
          wheel.cancel(pause)
          reject(cancelled(name, undefined))
        },
      }
      wheel.add(pause, clock.monotonicMs() + ms)
    })
  }

  #answerLive(value: unknown): void {
    if (this.#isOver) return
    if (this.#cacheKey !== undefined) this.#shared.cache?.put(this.#cacheKey, value, this.#shared.layers.clock.monotonicMs())
    this.#answer(value)
  }

  #answerInstead(value: unknown, source: AnswerSource, error: SwitchyardError, by: string, cacheAgeMs?: number): void {
    if (this.#isOver) return
    const message = `"${this.#shared.layers.name}" failed with ${error.code}; answered by ${by}`
    this.#answered = { source, error, message, cacheAgeMs }
    this.#answer(value)
  }

  #answer(value: unknown): void {
    if (this.#isOver) return
    this.#finish()
    this.#onValue(value, this)
  }

  #refuse(error: SwitchyardError): void {
    if (this.#isOver) return
    this.#finish()
    this.#onError(error, this)
  }

  #finish(): void {
    this.#isOver = true
    detach(this)
    this.#stopListening?.()
  }
}
