import { SwitchyardError } from '@switchyard/contracts'
import { createFakeClock, type FakeClock } from '@switchyard/contracts/testing'
import { describe, expect, it } from 'vitest'
import { type BreakerChange, createBreaker, type Gate, REFUSED } from './breaker.ts'
import { type BreakerOptions, parseGuardOptions } from './options.ts'

const boom = new SwitchyardError('HANDLER_ERROR', 'boom')

interface Bench {
  clock: FakeClock
  gate: Gate
  changes: BreakerChange[]
  /** One call, begun and ended now; false if it was refused. */
  call(error?: SwitchyardError): boolean
}

function setUp(
  options: BreakerOptions = {},
  { clock = createFakeClock(), snapshot = undefined as unknown, random = () => 0.5 } = {},
): Bench {
  const changes: BreakerChange[] = []
  const gate = createBreaker({
    name: 'deploy',
    clock,
    random,
    onChange: (change) => void changes.push(change),
    options: parseGuardOptions({ breaker: options }).breaker,
    snapshot,
  })
  return {
    clock,
    gate,
    changes,
    call(error) {
      const ticket = gate.enter(clock.monotonicMs())
      if (ticket === REFUSED) return false
      if (error === undefined) gate.succeed(ticket)
      else gate.fail(ticket, error)
      return true
    },
  }
}

function trip(bench: Bench): void {
  for (let i = 0; i < 5; i++) bench.call(boom)
}

const path = (changes: BreakerChange[]): string[] => changes.map(({ from, to, reason }) => `${from} > ${to}: ${reason}`)

/** At t = 15 s, after two successes and five failures. */
function openAt15s(): Bench {
  const bench = setUp()
  const { clock, call } = bench
  clock.advance(9_000)
  call()
  call()
  for (let second = 11; second <= 15; second++) {
    clock.advance(clock.monotonicMs() === 9_000 ? 2_000 : 1_000)
    call(boom)
  }
  return bench
}

describe('createBreaker()', () => {
  it('[C1] opens at the fifth failure', () => {
    const { clock, gate, changes } = openAt15s()
    expect(clock.monotonicMs()).toBe(15_000)
    expect(gate.state).toBe('open')
    expect(changes).toEqual([
      { name: 'deploy', from: 'closed', to: 'open', reason: 'failures', at: clock.now(), openMs: 60_000, errorCode: 'HANDLER_ERROR' },
    ])
  })

  it('[C2] refuses every call until it has been open for 60 s', () => {
    const { clock, gate, call } = openAt15s()
    for (let second = 15; second < 75; second++) {
      expect(call()).toBe(false)
      expect(gate.retryAfterMs(clock.monotonicMs())).toBe((75 - second) * 1_000)
      clock.advance(1_000 - (second === 74 ? 1 : 0))
    }
    expect(call()).toBe(false)
  })

  it('[C3] is half-open at 75 s, by itself, and lets the next call through', () => {
    const { clock, gate, changes, call } = openAt15s()
    clock.advance(60_000)
    expect(path(changes).at(-1)).toBe('open > half-open: cooled-down')
    expect(gate.state).toBe('half-open')
    expect(call()).toBe(true)
  })

  it('[C4] closes after the third success, with no failure remembered', () => {
    const { clock, gate, changes, call } = openAt15s()
    clock.advance(60_000)
    for (const state of ['half-open', 'half-open', 'closed']) {
      clock.advance(1_000)
      call()
      expect(gate.state).toBe(state)
    }
    expect(path(changes).at(-1)).toBe('half-open > closed: recovered')
    expect(gate.snapshot().failures).toEqual([])
    for (let i = 0; i < 4; i++) call(boom)
    expect(gate.state).toBe('closed')
  })

  it('[C5] opens again at the first failure, and is half-open again 60 s later', () => {
    const { clock, gate, changes, call } = openAt15s()
    clock.advance(61_000)
    call()
    clock.advance(1_000)
    call(boom)
    expect(path(changes).at(-1)).toBe('half-open > open: probe-failed')
    clock.advance(59_999)
    expect(gate.state).toBe('open')
    clock.advance(1)
    expect(clock.monotonicMs()).toBe(137_000)
    expect(gate.state).toBe('half-open')
  })

  it('[B1] remembers failures through any number of successes', () => {
    const { gate, call } = setUp({ failurePercent: 100 })
    for (let i = 0; i < 4; i++) call(boom)
    for (let i = 0; i < 500; i++) call()
    expect(gate.state).toBe('closed')
    call(boom)
    expect(gate.state).toBe('open')
  })

  it('[B1] counts failures at most 300 s apart, and none older', () => {
    const within = setUp()
    within.call(boom)
    within.clock.advance(300_000)
    for (let i = 0; i < 4; i++) within.call(boom)
    expect(within.gate.state).toBe('open')

    const apart = setUp()
    apart.call(boom)
    apart.clock.advance(300_001)
    for (let i = 0; i < 4; i++) apart.call(boom)
    expect(apart.gate.state).toBe('closed')
  })

  it('[B2] opens when half of ten calls failed, and not at nine calls', () => {
    const options = { failures: 1_000 }
    const nine = setUp(options)
    for (let i = 0; i < 9; i++) nine.call(boom)
    expect(nine.gate.state).toBe('closed')

    const half = setUp(options)
    for (let i = 0; i < 5; i++) half.call()
    for (let i = 0; i < 4; i++) half.call(boom)
    expect(half.gate.state).toBe('closed')
    half.call(boom)
    expect(half.changes).toMatchObject([{ reason: 'rate' }])

    const less = setUp(options)
    for (let i = 0; i < 6; i++) less.call()
    for (let i = 0; i < 5; i++) less.call(boom)
    expect(less.gate.state).toBe('closed')
  })

  it('[B3] counts only what says that the guarded thing is unwell', () => {
    const { gate, call } = setUp()
    const codes = [
      'DEADLINE_EXCEEDED',
      'CANCELLED',
      'VALIDATION',
      'EXPIRED',
      'CIRCUIT_OPEN',
      'FORBIDDEN_ROUTE',
      'RATE_LIMITED',
      'BUDGET_EXCEEDED',
    ]
    for (const code of codes) for (let i = 0; i < 20; i++) call(new SwitchyardError(code, code))
    expect(gate.state).toBe('closed')
    for (const code of ['TIMEOUT', 'NO_RESPONDER', 'QUEUE_FULL', 'PLUGIN_DOWN', 'RESOURCE_LIMIT']) call(new SwitchyardError(code, code))
    expect(gate.state).toBe('open')
  })

  it('[B4] lets three of a hundred probes through at once, and each that ends makes room', () => {
    const bench = setUp()
    trip(bench)
    bench.clock.advance(60_000)
    const tickets = Array.from({ length: 100 }, () => bench.gate.enter(bench.clock.monotonicMs()))
    const admitted = tickets.filter((ticket) => ticket !== REFUSED)
    expect(admitted).toHaveLength(3)
    bench.gate.fail(admitted[0]!, new SwitchyardError('VALIDATION', 'neither a success nor a failure'))
    expect(bench.gate.state).toBe('half-open')
    expect(bench.gate.enter(bench.clock.monotonicMs())).not.toBe(REFUSED)
    expect(bench.gate.enter(bench.clock.monotonicMs())).toBe(REFUSED)
  })

  it('[B5] gives nothing on results of calls that began in an earlier state', () => {
    const bench = setUp()
    const { clock, gate } = bench
    const early = Array.from({ length: 4 }, () => gate.enter(clock.monotonicMs()))
    trip(bench)
    clock.advance(60_000)
    for (const ticket of early.slice(0, 3)) gate.succeed(ticket)
    expect(gate.state).toBe('half-open')
    gate.fail(early[3]!, boom)
    expect(gate.state).toBe('half-open')
  })

  it('[B6] stays open longer from the third trip in a row on, up to the cap', () => {
    const bench = setUp({ maxOpenMs: 400_000 })
    trip(bench)
    for (let i = 0; i < 6; i++) {
      bench.clock.advance(400_000)
      bench.call(boom)
    }
    const openMs = bench.changes.flatMap((change) => change.openMs ?? [])
    // Half-way between half the ceiling and the ceiling, as random is 0.5.
    expect(openMs).toEqual([60_000, 60_000, 90_000, 180_000, 300_000, 300_000, 300_000])
  })

  it('[B6] takes trips shortly after a recovery for the same row', () => {
    const bench = setUp()
    for (let i = 0; i < 3; i++) {
      trip(bench)
      bench.clock.advance(60_000)
      for (let success = 0; success < 3; success++) bench.call()
      expect(bench.gate.state).toBe(i < 2 ? 'closed' : 'open')
    }
    expect(bench.changes.flatMap((change) => change.openMs ?? [])).toEqual([60_000, 60_000, 90_000])
  })

  it('[B6] starts over once it stayed closed for a whole window', () => {
    const bench = setUp()
    trip(bench)
    for (let i = 0; i < 3; i++) {
      bench.clock.advance(600_000)
      bench.call(boom)
    }
    expect(bench.changes.at(-1)?.openMs).toBeGreaterThan(60_000)
    bench.clock.advance(600_000)
    for (let i = 0; i < 3; i++) bench.call()
    bench.clock.advance(300_001)
    trip(bench)
    expect(bench.changes.at(-1)?.openMs).toBe(60_000)
  })

  it('[B7] stays open when opened by hand, until it is reset', () => {
    const { clock, gate, changes, call } = setUp()
    gate.forceOpen()
    clock.advance(86_400_000)
    expect(call()).toBe(false)
    expect(gate.retryAfterMs(clock.monotonicMs())).toBeUndefined()
    gate.reset()
    expect(call()).toBe(true)
    gate.reset()
    expect(path(changes)).toEqual(['closed > open: forced', 'open > closed: reset', 'closed > closed: reset'])
    expect(clock.pending).toBe(0)
  })

  it('[B7] forgets earlier trips when it is reset', () => {
    const bench = setUp()
    trip(bench)
    for (let i = 0; i < 3; i++) {
      bench.clock.advance(600_000)
      bench.call(boom)
    }
    bench.gate.reset()
    trip(bench)
    bench.clock.advance(60_000)
    bench.call(boom)
    expect(bench.changes.flatMap((change) => change.openMs ?? []).slice(-2)).toEqual([60_000, 60_000])
  })

  it('[B8] survives a restart: it opens, waits and closes as if nothing had happened', () => {
    const first = setUp()
    trip(first)
    first.clock.advance(20_000)
    const stored: unknown = JSON.parse(JSON.stringify(first.gate.snapshot()))

    // Another process: its monotonic time begins at 0, ten seconds later.
    const second = setUp({}, { clock: createFakeClock(first.clock.now() + 10_000), snapshot: stored })
    expect(second.gate.state).toBe('open')
    expect(second.call()).toBe(false)
    second.clock.advance(29_999)
    expect(second.gate.state).toBe('open')
    second.clock.advance(1)
    expect(second.gate.state).toBe('half-open')

    const third = setUp({}, { clock: createFakeClock(second.clock.now()), snapshot: second.gate.snapshot() })
    expect(third.gate.state).toBe('half-open')
    expect(path(third.changes)).toEqual(['open > half-open: cooled-down'])
  })

  it('[B8] takes up failures that are still young enough, and a forced state', () => {
    const first = setUp()
    first.call(boom)
    first.clock.advance(200_000)
    for (let i = 0; i < 3; i++) first.call(boom)
    const second = setUp({}, { clock: createFakeClock(first.clock.now() + 50_000), snapshot: first.gate.snapshot() })
    second.call(boom)
    expect(second.gate.state).toBe('open')

    const late = setUp({}, { clock: createFakeClock(first.clock.now() + 150_000), snapshot: first.gate.snapshot() })
    late.call(boom)
    expect(late.gate.state).toBe('closed')

    first.gate.forceOpen()
    const forced = setUp({}, { clock: createFakeClock(first.clock.now() + 86_400_000), snapshot: first.gate.snapshot() })
    expect(forced.gate.state).toBe('open')
    expect(forced.clock.pending).toBe(0)
  })

  it('[B8] waits no longer than it would have when the wall clock was set back meanwhile', () => {
    const first = setUp()
    trip(first)
    first.clock.advance(20_000)
    const second = setUp({}, { clock: createFakeClock(first.clock.now() - 86_400_000), snapshot: first.gate.snapshot() })
    second.clock.advance(40_000)
    expect(second.gate.state).toBe('half-open')
  })

  it.each([
    null,
    'open',
    {},
    { state: 'open' },
    { state: 'ajar', forced: false, at: 0, trips: 0, failures: [] },
    { state: 'open', forced: false, at: 0, trips: 0, failures: ['yesterday'] },
    { state: 'open', forced: false, at: '0', trips: 0, failures: [] },
  ])('[B8] starts closed with %j for a snapshot', (snapshot) => {
    expect(setUp({}, { snapshot }).gate.state).toBe('closed')
  })

  it('[B9] takes no notice of jumps of the wall clock', () => {
    const bench = setUp()
    trip(bench)
    bench.clock.jump(86_400_000)
    expect(bench.gate.state).toBe('open')
    bench.clock.jump(-2 * 86_400_000)
    bench.clock.advance(60_000)
    expect(bench.gate.state).toBe('half-open')
  })

  it('[B9] half-opens on time although its timer is late', () => {
    const clock = createFakeClock()
    const late = { now: clock.now, monotonicMs: clock.monotonicMs, after: () => () => {} }
    const changes: BreakerChange[] = []
    const gate = createBreaker({
      name: 'deploy',
      clock: late,
      random: () => 0,
      onChange: (change) => void changes.push(change),
      options: parseGuardOptions().breaker,
    })
    for (let i = 0; i < 5; i++) gate.fail(gate.enter(0), boom)
    clock.advance(60_000)
    expect(gate.enter(60_000)).not.toBe(REFUSED)
    expect(path(changes)).toEqual(['closed > open: failures', 'open > half-open: cooled-down'])
  })

  it('tells every change once, and survives a listener that throws', () => {
    const clock = createFakeClock()
    let told = 0
    const gate = createBreaker({
      name: 'deploy',
      clock,
      random: () => 0,
      onChange() {
        told++
        throw new Error('listener')
      },
      options: parseGuardOptions().breaker,
    })
    for (let i = 0; i < 5; i++) gate.fail(gate.enter(0), boom)
    clock.advance(60_000)
    expect(gate.state).toBe('half-open')
    expect(told).toBe(2)
  })

  it('leaves no timer after stop', () => {
    const bench = setUp()
    trip(bench)
    expect(bench.clock.pending).toBe(1)
    bench.gate.stop()
    expect(bench.clock.pending).toBe(0)
  })
})
