import type { Clock, SwitchyardError } from '@switchyard/contracts'
import { type BreakerSnapshot, isBreakerSnapshot } from './breaker-snapshot.ts'
import { createCallWindow } from './call-window.ts'
import { Circuit } from './circuit.ts'
import { BREAKER_CODES } from './errors.ts'
import type { BreakerOptions } from './options.ts'

export type BreakerState = 'closed' | 'open' | 'half-open'

/** Why a breaker changed. */
export type BreakerReason = 'failures' | 'rate' | 'probe-failed' | 'cooled-down' | 'recovered' | 'forced' | 'reset'

/** A change that has happened. Forcing and resetting are changes even when the state stays. */
export interface BreakerChange {
  name: string
  from: BreakerState
  to: BreakerState
  reason: BreakerReason
  /** Wall time in milliseconds. */
  at: number
  /** How long it stays open; absent when it does not open, or was opened by hand. */
  openMs?: number
  /** The code of the failure that opened it. */
  errorCode?: string
}

/** What people may see and do to a guard's breaker. */
export interface Breaker {
  readonly state: BreakerState
  /** Opens it until `reset`. */
  forceOpen(): void
  /** Closes it and forgets failures and trips. */
  reset(): void
  /** Store it after each change, and give it to the next `createGuard`. */
  snapshot(): BreakerSnapshot
}

/** The side that the calls see. Times are on the clock's `monotonicMs`. */
export interface Gate extends Breaker {
  /** A ticket to hand back with the result, or `REFUSED`. */
  enter(nowMs: number): number
  succeed(ticket: number): void
  /** Counts errors with one of `BREAKER_CODES`; with any other the call counts as neither. */
  fail(ticket: number, error: SwitchyardError): void
  /** How long a refused caller should wait; undefined while opened by hand. */
  retryAfterMs(nowMs: number): number | undefined
  /** Leaves no timer behind. An open breaker still half-opens when looked at. */
  stop(): void
}

export interface BreakerSetup {
  name: string
  clock: Clock
  random: () => number
  onChange: (change: BreakerChange) => void
  options: Required<BreakerOptions>
  /** What is no snapshot is ignored: a breaker must start. */
  snapshot?: unknown
}

export const REFUSED = -1

/** What a caller is told to wait while probes decide. */
const PROBING_RETRY_MS = 1_000

export function createBreaker({ name, clock, random, onChange, options, snapshot }: BreakerSetup): Gate {
  const { failures, failurePercent, minCalls, windowMs, openMs, probes, successes } = options
  const maxOpenMs = Math.max(openMs, options.maxOpenMs)
  const window = createCallWindow(windowMs, failures)
  const circuit = new Circuit({
    failurePercent,
    minCalls,
    counts: {
      onCall: window.countCall,
      onFailure: () => window.countFailure(clock.monotonicMs()),
      get calls() {
        return window.calls
      },
      get failures() {
        return window.failures
      },
    },
  })
  /** Tickets of an earlier state are worthless: a result that comes late says nothing about the state of now. */
  let epoch = 0
  let forced = false
  let trips = 0
  let closedAtMs = Number.NEGATIVE_INFINITY
  let openUntilMs = 0
  let probesRunning = 0
  let probesSucceeded = 0
  let stopWaiting: (() => void) | undefined

  const stateNow = (): BreakerState => (circuit.closed ? 'closed' : circuit.halfOpen ? 'half-open' : 'open')

  function changed(from: BreakerState, reason: BreakerReason, details: Pick<BreakerChange, 'openMs' | 'errorCode'> = {}): void {
    epoch++
    probesRunning = 0
    probesSucceeded = 0
    try {
      onChange({ name, from, to: stateNow(), reason, at: clock.now(), ...details })
    } catch {
      // A listener's fault must not reach the call that happened to change the state.
    }
  }

  function stayOpenFor(ms: number): void {
    stopWaiting?.()
    openUntilMs = clock.monotonicMs() + ms
    stopWaiting = clock.after(ms, coolDown)
  }

  // Called by the timer, and by whoever looks before a late timer does.
  function coolDown(): void {
    if (!circuit.opened || forced || clock.monotonicMs() < openUntilMs) return
    stopWaiting?.()
    circuit.probe()
    changed('open', 'cooled-down')
  }

  /** The second trip in a row is still as long as the first: one failed probe is no pattern. */
  function nextOpenMs(): number {
    const ceilingMs = Math.min(maxOpenMs, openMs * 2 ** (trips - 2))
    return Math.max(openMs, (ceilingMs * (1 + random())) / 2)
  }

  function tripped(from: BreakerState, reason: BreakerReason, errorCode: string): void {
    const quietMs = from === 'closed' ? clock.monotonicMs() - closedAtMs : 0
    trips = quietMs > windowMs ? 1 : trips + 1
    const ms = nextOpenMs()
    stayOpenFor(ms)
    changed(from, reason, { openMs: ms, errorCode })
  }

  function recovered(): void {
    circuit.close()
    window.clear()
    closedAtMs = clock.monotonicMs()
    changed('half-open', 'recovered')
  }

  function takeUp(earlier: BreakerSnapshot): void {
    const wallMs = clock.now()
    const nowMs = clock.monotonicMs()
    // A wall clock that was set back makes times of the past look like the future.
    const times = earlier.failures.map((at) => nowMs - Math.max(0, wallMs - at))
    window.clear(times.sort((a, b) => a - b))
    trips = earlier.trips
    closedAtMs = nowMs
    forced = earlier.forced
    if (earlier.state === 'closed') return
    circuit.open()
    if (forced) return
    const until = earlier.openUntil ?? earlier.at
    stayOpenFor(Math.max(0, Math.min(until - wallMs, until - earlier.at, maxOpenMs)))
  }

  if (isBreakerSnapshot(snapshot)) takeUp(snapshot)

  return {
    enter(nowMs) {
      if (circuit.closed) {
        window.moveTo(nowMs)
        return epoch
      }
      if (circuit.opened && nowMs >= openUntilMs) coolDown()
      if (!circuit.halfOpen || probesRunning >= probes) return REFUSED
      probesRunning++
      return epoch
    },
    succeed(ticket) {
      if (ticket !== epoch) return
      if (circuit.closed) return window.countCall()
      probesRunning--
      probesSucceeded++
      if (probesSucceeded >= successes) recovered()
    },
    fail(ticket, error) {
      if (ticket !== epoch) return
      if (circuit.halfOpen) probesRunning--
      if (!BREAKER_CODES.has(error.code)) return
      const from = stateNow()
      const nowMs = clock.monotonicMs()
      window.moveTo(nowMs)
      circuit.judge(error)
      const isFull = window.isFull(nowMs)
      if (circuit.closed && isFull) circuit.open()
      if (circuit.opened) tripped(from, from === 'half-open' ? 'probe-failed' : isFull ? 'failures' : 'rate', error.code)
    },
    retryAfterMs(nowMs) {
      if (forced) return undefined
      return circuit.opened ? Math.max(0, Math.ceil(openUntilMs - nowMs)) : PROBING_RETRY_MS
    },
    get state() {
      coolDown()
      return stateNow()
    },
    forceOpen() {
      const from = stateNow()
      stopWaiting?.()
      forced = true
      circuit.open()
      changed(from, 'forced')
    },
    reset() {
      const from = stateNow()
      stopWaiting?.()
      forced = false
      trips = 0
      circuit.close()
      window.clear()
      changed(from, 'reset')
    },
    snapshot() {
      const wallMs = clock.now()
      const nowMs = clock.monotonicMs()
      const wallTime = (atMs: number): number => wallMs - nowMs + atMs
      const state = stateNow()
      return {
        state,
        forced,
        at: wallMs,
        ...(state === 'open' && !forced && { openUntil: wallTime(openUntilMs) }),
        trips,
        failures: window.failureTimes(nowMs).map(wallTime),
      }
    },
    stop() {
      stopWaiting?.()
    },
  }
}
