import type { Clock, SwitchyardError } from '@switchyard/contracts'
import { type Gate, REFUSED } from './breaker.ts'
import type { Bulkhead, Waiter } from './bulkhead.ts'
import type { Attempt, Call } from './call.ts'
import { cancelled, circuitOpen, deadlineExceeded, queueFull, timedOut, toError } from './errors.ts'
import type { TimerWheel, WheelEntry } from './timer-wheel.ts'

/** What one attempt passes through. Alternatives go through neither breaker nor bulkhead: they are somebody else's call. */
export interface Layers {
  name: string
  clock: Clock
  wheel: TimerWheel
  timeoutMs: number
  protection: Protection | undefined
}

interface Protection {
  gate: Gate
  bulkhead: Bulkhead
  maxQueue: number
}

/** Who hears how an attempt ended: exactly one of these, once. */
export interface AttemptOwner {
  onAttemptValue(value: unknown, attempt: CallAttempt): void
  onAttemptError(error: SwitchyardError, attempt: CallAttempt): void
}

/** breaker(bulkhead(timeout(call))), once. It is the entry of its own timeout, so that the wheel allocates nothing. */
export class CallAttempt implements Attempt, WheelEntry {
  next: WheelEntry['next'] = undefined
  previous: WheelEntry['previous'] = undefined
  tick = 0
  readonly number: number
  deadlineAtMs: number
  /** Whether the call was reached. */
  isInvoked = false
  readonly #layers: Layers
  readonly #call: Call<unknown>
  readonly #owner: AttemptOwner
  readonly #finalAtMs: number
  #ticket = REFUSED
  #isOver = false
  #endsByDeadline = false
  #waiter: Waiter | undefined = undefined
  #controller: AbortController | undefined = undefined
  #failure: SwitchyardError | undefined = undefined

  constructor(layers: Layers, call: Call<unknown>, owner: AttemptOwner, number: number, finalAtMs: number) {
    this.#layers = layers
    this.#call = call
    this.#owner = owner
    this.number = number
    this.#finalAtMs = finalAtMs
    this.deadlineAtMs = finalAtMs
  }

  begin(nowMs: number): void {
    const { protection, name } = this.#layers
    if (protection !== undefined) {
      this.#ticket = protection.gate.enter(nowMs)
      if (this.#ticket === REFUSED) {
        this.#end(circuitOpen(name, protection.gate.retryAfterMs(nowMs)))
        return
      }
      if (!protection.bulkhead.tryEnter()) {
        this.#queue(protection)
        return
      }
    }
    this.#invoke(nowMs)
  }

  /** Aborts the signal and ends it with CANCELLED; nothing happens when it is over. */
  cancel(reason: unknown): void {
    if (!this.#isOver) this.#fail(cancelled(this.#layers.name, reason))
  }

  onDue(): void {
    const { name, timeoutMs } = this.#layers
    this.#fail(this.#endsByDeadline ? deadlineExceeded(name) : timedOut(name, timeoutMs))
  }

  get signal(): AbortSignal {
    this.#controller ??= new AbortController()
    if (this.#failure !== undefined) this.#controller.abort(this.#failure)
    return this.#controller.signal
  }

  #queue({ bulkhead, maxQueue }: Protection): void {
    const waiter: Waiter = { next: undefined, previous: undefined, onAdmitted: () => this.#onAdmitted() }
    if (!bulkhead.queue(waiter)) {
      this.#fail(queueFull(this.#layers.name, maxQueue))
      return
    }
    this.#waiter = waiter
    this.#endsByDeadline = true
    this.#layers.wheel.add(this, this.#finalAtMs)
  }

  #onAdmitted(): void {
    this.#waiter = undefined
    this.#endsByDeadline = false
    this.#invoke(this.#layers.clock.monotonicMs())
  }

  #invoke(nowMs: number): void {
    const { timeoutMs, wheel } = this.#layers
    const timeoutAtMs = nowMs + timeoutMs
    this.deadlineAtMs = Math.min(timeoutAtMs, this.#finalAtMs)
    // Closer together than the wheel can tell, it is the timeout: the attempt had its time, and the breaker has to hear of it.
    this.#endsByDeadline = timeoutAtMs - this.#finalAtMs > wheel.granularityMs
    this.isInvoked = true
    let result: unknown
    try {
      const call = this.#call
      result = call(this)
      if (isPromiseLike(result)) {
        this.#follow(result)
        return
      }
    } catch (error) {
      this.#fail(toError(error))
      return
    }
    this.#succeed(result)
  }

  #follow(result: PromiseLike<unknown>): void {
    // In this order: a foreign `then` may call back at once. And it may be over: a call may cancel itself.
    if (!this.#isOver) this.#layers.wheel.add(this, this.deadlineAtMs)
    result.then(
      (value) => this.#succeed(value),
      (error: unknown) => this.#fail(toError(error)),
    )
  }

  #succeed(value: unknown): void {
    // Late: its caller has been told otherwise.
    if (this.#isOver) return
    this.#isOver = true
    const { wheel, protection } = this.#layers
    wheel.cancel(this)
    if (protection !== undefined) {
      protection.gate.succeed(this.#ticket)
      protection.bulkhead.leave()
    }
    this.#owner.onAttemptValue(value, this)
  }

  #fail(error: SwitchyardError): void {
    if (this.#isOver) return
    const { wheel, protection } = this.#layers
    wheel.cancel(this)
    const waiter = this.#waiter
    this.#waiter = undefined
    this.#isOver = true
    if (protection !== undefined) {
      protection.gate.fail(this.#ticket, error)
      if (waiter !== undefined) protection.bulkhead.remove(waiter)
      else if (this.isInvoked) protection.bulkhead.leave()
    }
    this.#end(error)
  }

  #end(error: SwitchyardError): void {
    this.#isOver = true
    this.#failure = error
    this.#controller?.abort(error)
    this.#owner.onAttemptError(error, this)
  }
}

function isPromiseLike(value: unknown): value is PromiseLike<unknown> {
  return typeof value === 'object' && value !== null && 'then' in value && typeof value.then === 'function'
}
