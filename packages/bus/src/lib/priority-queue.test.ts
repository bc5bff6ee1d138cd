import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { PriorityQueue } from './priority-queue.ts'

interface Entry {
  id: number
  priority: number
  sinceMs: number
}

const AGEING_MS = 1_000

/** The rule as it reads: the highest rank, and among equal ranks the first to come. */
function naiveNext(waiting: readonly Entry[], nowMs: number): Entry | undefined {
  const rank = (entry: Entry): number => Math.min(10, entry.priority + Math.floor((nowMs - entry.sinceMs) / AGEING_MS))
  return waiting.reduce<Entry | undefined>((best, entry) => (best === undefined || rank(entry) > rank(best) ? entry : best), undefined)
}

const steps = fc.array(
  fc.oneof(
    fc.record({ do: fc.constant('push' as const), priority: fc.integer({ min: 1, max: 10 }) }),
    fc.record({ do: fc.constant('shift' as const) }),
    fc.record({ do: fc.constant('drop' as const) }),
    fc.record({ do: fc.constant('wait' as const), ms: fc.integer({ min: 1, max: 3_000 }) }),
  ),
  { maxLength: 200 },
)

describe('PriorityQueue', () => {
  it('[Q1] gives out in the order of the rule, whatever comes and waits', () => {
    fc.assert(
      fc.property(steps, (script) => {
        const queue = new PriorityQueue<number>(AGEING_MS)
        let model: Entry[] = []
        let nowMs = 0
        let id = 0
        for (const step of script) {
          if (step.do === 'wait') nowMs += step.ms
          else if (step.do === 'push') {
            model.push({ id: ++id, priority: step.priority, sinceMs: nowMs })
            queue.push(id, step.priority, nowMs)
          } else {
            const lowest = Math.min(...model.map(({ priority }) => priority))
            const expected = step.do === 'shift' ? naiveNext(model, nowMs) : model.find(({ priority }) => priority === lowest)
            expect(step.do === 'shift' ? queue.shift(nowMs) : queue.dropOldest()).toBe(expected?.id)
            model = model.filter((entry) => entry !== expected)
          }
          expect(queue.size).toBe(model.length)
        }
      }),
      { numRuns: 1_000 },
    )
  })

  it('[Q2] never starves the lowest priority under a flood of the highest', () => {
    const queue = new PriorityQueue<string>(AGEING_MS)
    queue.push('patient', 1, 0)
    let servedAtMs = 0
    for (let nowMs = 100; servedAtMs === 0; nowMs += 100) {
      queue.push('urgent', 10, nowMs)
      queue.push('urgent', 10, nowMs)
      if (queue.shift(nowMs) === 'patient') servedAtMs = nowMs
    }
    // Nine levels gained by then, after which only those count that came before it.
    expect(servedAtMs).toBe(9_000)
  })
})
