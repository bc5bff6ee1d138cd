import { systemClock } from '@switchyard/contracts'
import { createFakeClock } from '@switchyard/contracts/testing'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { createTimerWheel, createWheelEntry, type TimerWheel, type WheelEntry } from './timer-wheel.ts'

/** A wheel whose timer goes off when told, however late. */
function createBlockedWheel(): { wheel: TimerWheel; wakeAt(ms: number): void; block(ms: number): void } {
  let nowMs = 0
  let wake = (): void => {}
  const wheel = createTimerWheel({
    now: () => nowMs,
    monotonicMs: () => nowMs,
    after(_delayMs, callback) {
      wake = callback
      return () => {}
    },
  })
  return {
    wheel,
    wakeAt(ms) {
      nowMs = ms
      wake()
    },
    block(ms) {
      nowMs += ms
    },
  }
}

describe('createTimerWheel()', () => {
  it('fires what is due, never early and at most a granularity late', () => {
    const clock = createFakeClock()
    const wheel = createTimerWheel(clock, { granularityMs: 4 })
    const firedAt: number[] = []
    clock.advance(1)
    wheel.add(
      createWheelEntry((nowMs) => void firedAt.push(nowMs)),
      10,
    )
    clock.advance(8)
    expect(firedAt).toEqual([])
    clock.advance(100)
    expect(firedAt).toEqual([12])
  })

  it('fires waits much longer than one turn of the wheel', () => {
    const clock = createFakeClock()
    const wheel = createTimerWheel(clock)
    let firedAtMs = 0
    const entry = createWheelEntry((nowMs) => {
      firedAtMs = nowMs
    })
    wheel.add(entry, 60_000)
    clock.advance(59_999)
    expect(firedAtMs).toBe(0)
    clock.advance(1)
    expect(firedAtMs).toBe(60_000)
  })

  it('fires what is past due in the next tick, not within add', () => {
    const clock = createFakeClock()
    const wheel = createTimerWheel(clock)
    clock.advance(1_000)
    let fired = 0
    wheel.add(
      createWheelEntry(() => void fired++),
      5,
    )
    expect(fired).toBe(0)
    clock.advance(4)
    expect(fired).toBe(1)
  })

  it('agrees with a naive list, for any adds, moves and cancels', () => {
    const step = fc.oneof(
      fc.record({ do: fc.constant('add' as const), id: fc.nat(9), inMs: fc.nat(12_000) }),
      fc.record({ do: fc.constant('cancel' as const), id: fc.nat(9), inMs: fc.constant(0) }),
      fc.record({ do: fc.constant('advance' as const), id: fc.constant(0), inMs: fc.nat(6_000) }),
    )
    fc.assert(
      fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
        const clock = createFakeClock()
        const wheel = createTimerWheel(clock, { granularityMs: 4 })
        const due = new Map<number, number>()
        const entries = Array.from({ length: 10 }, (_, id) =>
          createWheelEntry((nowMs) => {
            const dueMs = due.get(id)
            expect(dueMs).toBeDefined()
            expect(nowMs).toBeGreaterThanOrEqual(dueMs!)
            // One granularity to round up, one because something past due waits for the next tick.
            expect(nowMs - dueMs!).toBeLessThan(8)
            due.delete(id)
          }),
        )
        for (const { do: action, id, inMs } of steps) {
          if (action === 'add') {
            due.set(id, clock.monotonicMs() + inMs)
            wheel.add(entries[id]!, clock.monotonicMs() + inMs)
          } else if (action === 'cancel') {
            due.delete(id)
            wheel.cancel(entries[id]!)
          } else clock.advance(inMs)
          for (const dueMs of due.values()) expect(clock.monotonicMs() - dueMs).toBeLessThan(8)
          expect(wheel.size).toBe(due.size)
        }
        clock.advance(20_000)
        expect(due.size).toBe(0)
        expect(clock.pending).toBe(0)
      }),
      { numRuns: 300 },
    )
  })

  it('skips nothing when the event loop was blocked for many turns', () => {
    const { wheel, wakeAt } = createBlockedWheel()
    const fired: number[] = []
    for (const dueMs of [10, 50, 3_000, 9_000, 20_001])
      wheel.add(
        createWheelEntry(() => void fired.push(dueMs)),
        dueMs,
      )
    wakeAt(20_000)
    expect(fired.toSorted((a, b) => a - b)).toEqual([10, 50, 3_000, 9_000])
    wakeAt(20_004)
    expect(fired).toContain(20_001)
  })

  it('skips nothing when an entry takes long and adds another', () => {
    const { wheel, wakeAt, block } = createBlockedWheel()
    const fired: number[] = []
    wheel.add(
      createWheelEntry(() => {
        block(10)
        wheel.add(
          createWheelEntry(() => {}),
          1_000,
        )
      }),
      10,
    )
    for (const dueMs of [20, 24])
      wheel.add(
        createWheelEntry(() => void fired.push(dueMs)),
        dueMs,
      )
    wakeAt(12)
    wakeAt(30)
    expect(fired).toEqual([20, 24])
  })

  it('lets an entry cancel and add others while it fires', () => {
    const clock = createFakeClock()
    const wheel = createTimerWheel(clock)
    const fired: string[] = []
    const second = createWheelEntry(() => void fired.push('second'))
    const third = createWheelEntry(() => void fired.push('third'))
    const first = createWheelEntry(() => {
      fired.push('first')
      wheel.cancel(second)
      wheel.add(third, 0)
    })
    wheel.add(first, 40)
    wheel.add(second, 40)
    clock.advance(200)
    expect(fired).toEqual(['first', 'third'])
  })

  it('fires the others when an entry throws', () => {
    const clock = createFakeClock()
    const wheel = createTimerWheel(clock)
    let fired = 0
    wheel.add(
      createWheelEntry(() => {
        throw new Error('boom')
      }),
      40,
    )
    wheel.add(
      createWheelEntry(() => void fired++),
      40,
    )
    expect(() => clock.advance(200)).toThrow('boom')
    clock.advance(200)
    expect(fired).toBe(1)
  })

  it('shares one timer among ten thousand waits and needs none for a call that ends in time', () => {
    const clock = createFakeClock()
    let timers = 0
    const counting = {
      ...clock,
      now: clock.now,
      after: (delayMs: number, callback: () => void) => {
        timers++
        return clock.after(delayMs, callback)
      },
    }
    const wheel = createTimerWheel(counting)
    for (let i = 0; i < 10_000; i++) {
      const entry = createWheelEntry(() => {})
      wheel.add(entry, 30_000 + i)
      if (i % 2 === 0) wheel.cancel(entry)
    }
    expect(timers).toBe(1)
    expect(clock.pending).toBe(1)
    expect(wheel.size).toBe(5_000)
  })

  it('leaves no timer once it is empty, and none at all after stop', () => {
    const clock = createFakeClock()
    const wheel = createTimerWheel(clock)
    const entry: WheelEntry = createWheelEntry(() => {})
    wheel.add(entry, 30_000)
    wheel.cancel(entry)
    clock.advance(100)
    expect(clock.pending).toBe(0)
    wheel.add(entry, 30_000)
    wheel.stop()
    expect(clock.pending).toBe(0)
    expect(wheel.size).toBe(0)
  })

  it('never keeps the process alive', () => {
    const before = process.getActiveResourcesInfo().length
    const wheel = createTimerWheel(systemClock)
    wheel.add(
      createWheelEntry(() => {}),
      performance.now() + 60_000,
    )
    expect(process.getActiveResourcesInfo().length).toBe(before)
    wheel.stop()
  })

  it('refuses a granularity that is no duration', () => {
    expect(() => createTimerWheel(createFakeClock(), { granularityMs: 0 })).toThrow(RangeError)
  })
})
