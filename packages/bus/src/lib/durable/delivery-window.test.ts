import fc from 'fast-check'
import { expect, test } from 'vitest'
import { createDeliveryWindow, type Held } from './delivery-window.ts'

const heldAt = (position: number, stream: number): Held => ({
  position,
  stream,
  attempts: 0,
  failures: [],
  restUntilMs: 0,
  isSettled: false,
})

/** The same by looking at everything each time. */
function createNaiveWindow() {
  const all: { entry: Held; isOut: boolean }[] = []
  return {
    hold: (entry: Held) => void all.push({ entry, isOut: false }),
    take(): Held | undefined {
      const next = all.find(
        ({ entry, isOut }, place) => !isOut && !all.slice(0, place).some((before) => before.entry.stream === entry.stream),
      )
      if (next !== undefined) next.isOut = true
      return next?.entry
    },
    handBack(entry: Held): void {
      for (const item of all) if (item.entry === entry) item.isOut = false
    },
    settle: (entry: Held) =>
      void all.splice(
        all.findIndex((item) => item.entry === entry),
        1,
      ),
    lowWater: (seen: number) => (all.length === 0 ? seen : all[0]!.entry.position - 1),
    get size() {
      return all.length
    },
  }
}

const steps = fc.array(
  fc.oneof(
    fc.record({ do: fc.constant('hold' as const), stream: fc.nat(4), gap: fc.integer({ min: 1, max: 3 }) }),
    fc.record({ do: fc.constant('take' as const) }),
    fc.record({ do: fc.constantFrom('settle' as const, 'handBack' as const), which: fc.nat() }),
  ),
  { maxLength: 200 },
)

test('[D9] createDeliveryWindow() agrees with a window that looks at everything', () => {
  fc.assert(
    fc.property(steps, (script) => {
      const window = createDeliveryWindow()
      const naive = createNaiveWindow()
      const out: Held[] = []
      let seen = 0
      for (const step of script) {
        if (step.do === 'hold') {
          seen += step.gap
          const entry = heldAt(seen, step.stream)
          window.hold(entry)
          naive.hold(entry)
        } else if (step.do === 'take') {
          const taken = window.take()
          expect(taken?.position).toBe(naive.take()?.position)
          if (taken !== undefined) out.push(taken)
        } else if (out.length > 0) {
          const [entry] = out.splice(step.which % out.length, 1)
          window[step.do](entry!)
          naive[step.do](entry!)
        }
        expect([window.size, window.lowWater(seen)]).toEqual([naive.size, naive.lowWater(seen)])
      }
    }),
    { numRuns: 2_000 },
  )
})

test('[D9] createDeliveryWindow() keeps its order and its mark when many are settled behind one that takes long', () => {
  const window = createDeliveryWindow()
  window.hold(heldAt(1, 0))
  const slow = window.take()!
  for (let position = 2; position <= 10_000; position++) {
    window.hold(heldAt(position, 1))
    const next = window.take()!
    expect(next.position).toBe(position)
    window.settle(next)
  }
  expect([window.size, window.lowWater(10_000)]).toEqual([1, 0])
  window.settle(slow)
  expect([window.size, window.lowWater(10_000)]).toEqual([0, 10_000])
})
