import { SwitchyardError } from '@switchyard/contracts'
import { createFakeClock } from '@switchyard/contracts/testing'
import fc from 'fast-check'
import { expect, it } from 'vitest'
import { type BreakerState, createBreaker, REFUSED } from './breaker.ts'
import { parseGuardOptions } from './options.ts'

const OPTIONS = {
  failures: 4,
  failurePercent: 50,
  minCalls: 6,
  windowMs: 60_000,
  openMs: 10_000,
  maxOpenMs: 70_000,
  probes: 2,
  successes: 3,
}
const SLICE_MS = OPTIONS.windowMs / 60

interface Past {
  atMs: number
  failed: boolean
}

interface Call {
  life: number
}

/** The breaker as one would explain it: it keeps everything and counts anew each time. */
class Model {
  state: BreakerState = 'closed'
  nowMs = 0
  #past: Past[] = []
  #life = 0
  #openUntilMs = 0
  #forced = false
  #trips = 0
  #closedAtMs = Number.NEGATIVE_INFINITY
  #probes = 0
  #successes = 0
  /** Successes read no clock: they count as of the latest call that began or failed. */
  #seenMs = 0
  readonly #options: typeof OPTIONS

  constructor(options: typeof OPTIONS) {
    this.#options = options
  }

  advance(ms: number): void {
    this.nowMs += ms
    if (this.state === 'open' && !this.#forced && this.nowMs >= this.#openUntilMs) this.#become('half-open')
  }

  begin(): Call | undefined {
    if (this.state === 'open') return undefined
    if (this.state === 'closed') this.#seenMs = this.nowMs
    if (this.state === 'half-open') {
      if (this.#probes === this.#options.probes) return undefined
      this.#probes++
    }
    return { life: this.#life }
  }

  end({ life }: Call, outcome: 'success' | 'failure' | 'neither'): void {
    if (life !== this.#life) return
    if (this.state === 'half-open') {
      this.#probes--
      if (outcome === 'failure') this.#trip()
      if (outcome === 'success') {
        this.#successes++
        if (this.#successes === this.#options.successes) this.#close()
      }
      return
    }
    if (outcome === 'neither') return
    if (outcome === 'failure') this.#seenMs = this.nowMs
    this.#past.push({ atMs: this.#seenMs, failed: outcome === 'failure' })
    if (outcome === 'failure' && (this.#hasTooMany() || this.#hasTooHighARate())) this.#trip()
  }

  forceOpen(): void {
    this.#forced = true
    this.#become('open')
  }

  reset(): void {
    this.#forced = false
    this.#trips = 0
    this.#close()
  }

  #hasTooMany(): boolean {
    return this.#past.filter(({ atMs, failed }) => failed && this.nowMs - atMs <= this.#options.windowMs).length >= this.#options.failures
  }

  #hasTooHighARate(): boolean {
    const slice = (ms: number): number => Math.floor(ms / SLICE_MS)
    const recent = this.#past.filter(({ atMs }) => slice(this.nowMs) - slice(atMs) < 60)
    return (
      recent.length >= this.#options.minCalls &&
      recent.filter(({ failed }) => failed).length / recent.length >= this.#options.failurePercent / 100
    )
  }

  #trip(): void {
    if (this.state === 'closed' && this.nowMs - this.#closedAtMs > this.#options.windowMs) this.#trips = 0
    this.#trips++
    const ceilingMs = Math.min(this.#options.maxOpenMs, this.#options.openMs * 2 ** Math.max(0, this.#trips - 2))
    this.#openUntilMs = this.nowMs + Math.max(this.#options.openMs, ceilingMs * 0.75)
    this.#become('open')
  }

  #close(): void {
    this.#past = []
    this.#closedAtMs = this.nowMs
    this.#become('closed')
  }

  #become(state: BreakerState): void {
    this.state = state
    this.#life++
    this.#probes = 0
    this.#successes = 0
  }
}

const outcome = fc.constantFrom('success' as const, 'failure' as const, 'neither' as const)
const step = fc.oneof(
  { weight: 8, arbitrary: fc.record({ do: fc.constant('call' as const), outcome }) },
  { weight: 4, arbitrary: fc.record({ do: fc.constant('begin' as const) }) },
  { weight: 4, arbitrary: fc.record({ do: fc.constant('end' as const), which: fc.nat(20), outcome }) },
  {
    weight: 4,
    arbitrary: fc.record({ do: fc.constant('advance' as const), ms: fc.oneof(fc.nat(3_000), fc.nat(80_000), fc.constant(10_000)) }),
  },
  { weight: 1, arbitrary: fc.record({ do: fc.constantFrom('forceOpen' as const, 'reset' as const, 'jump' as const) }) },
)

const errors = { failure: new SwitchyardError('TIMEOUT', 'late'), neither: new SwitchyardError('VALIDATION', 'wrong') }

it.each([
  ['by the count of failures', {}],
  ['by their rate', { failures: 1_000 }],
])('createBreaker() agrees with a naive model over random timelines, %s', (_name, override) => {
  fc.assert(
    fc.property(fc.array(step, { minLength: 10, maxLength: 80 }), (steps) => {
      const options = { ...OPTIONS, ...override }
      const clock = createFakeClock()
      let told: BreakerState = 'closed'
      const gate = createBreaker({
        name: 'model',
        clock,
        random: () => 0.5,
        options: parseGuardOptions({ breaker: options }).breaker,
        onChange({ from, to }) {
          // Every change is told, and the chain has no gap.
          expect(from).toBe(told)
          told = to
        },
      })
      const model = new Model(options)
      const open: { ticket: number; call: Call }[] = []

      function begin(): void {
        const ticket = gate.enter(clock.monotonicMs())
        const call = model.begin()
        expect(ticket === REFUSED).toBe(call === undefined)
        if (call !== undefined) open.push({ ticket, call })
      }
      function end(which: number, result: 'success' | 'failure' | 'neither'): void {
        const [one] = open.splice(which, 1)
        if (one === undefined) return
        if (result === 'success') gate.succeed(one.ticket)
        else gate.fail(one.ticket, errors[result])
        model.end(one.call, result)
      }

      for (const action of steps) {
        if (action.do === 'begin') begin()
        else if (action.do === 'end') end(action.which, action.outcome)
        else if (action.do === 'advance') {
          clock.advance(action.ms)
          model.advance(action.ms)
        } else if (action.do === 'jump') clock.jump(-1_000_000)
        else if (action.do === 'call') {
          const before = open.length
          begin()
          if (open.length > before) end(before, action.outcome)
        } else {
          gate[action.do]()
          model[action.do]()
        }
        expect(gate.state).toBe(model.state)
        expect(told).toBe(model.state)
      }
    }),
    { numRuns: 1_000 },
  )
})
