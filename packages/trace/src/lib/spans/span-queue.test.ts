import { createFakeClock } from '@switchyard/contracts/testing'
import { describe, expect, it } from 'vitest'
import { spanOf } from '../../../test/fixtures/spans.ts'
import type { Span } from './span.ts'
import { createSpanQueue } from './span-queue.ts'

const settle = async (): Promise<void> => {
  for (let turn = 0; turn < 20; turn++) await new Promise((resolve) => setImmediate(resolve))
}

function setUp({ maxWaiting = 1_000 } = {}) {
  const clock = createFakeClock()
  const batches: (readonly Span[])[] = []
  const lost: number[] = []
  const problem: { error: Error | undefined } = { error: undefined }
  const queue = createSpanQueue({
    clock,
    maxWaiting,
    onLost: (count) => lost.push(count),
    async take(spans) {
      if (problem.error !== undefined) throw problem.error
      batches.push(spans)
    },
  })
  const kept = (): readonly Span[] => batches.flat()
  return { clock, queue, batches, kept, lost, problem }
}

describe('createSpanQueue()', () => {
  it('[Q1] turns nothing into a span before there is time for it, and then all that came in together', async () => {
    const { clock, queue, batches } = setUp()
    let written = 0
    const write = (): Span => {
      written++
      return spanOf()
    }
    for (let i = 0; i < 10; i++) queue.addLater(i, write, false)
    expect([written, queue.waiting]).toEqual([0, 10])
    clock.advance(250)
    await settle()
    expect([written, batches.length, queue.waiting]).toEqual([10, 1, 0])
  })

  it('[Q2] keeps them in the order in which they came, in slices with pauses in between', async () => {
    const { clock, queue, batches, kept } = setUp({ maxWaiting: 5_000 })
    const spans = Array.from({ length: 2_000 }, () => spanOf())
    for (const span of spans) queue.add(span)
    for (let turn = 0; turn < 20; turn++) {
      clock.advance(100)
      await settle()
    }
    expect(kept()).toEqual(spans)
    expect(batches.length).toBeGreaterThan(3)
  })

  it('[Q3] loses what comes when it is full, but first what tells of no failure, and says so', async () => {
    const { queue, kept } = setUp({ maxWaiting: 100 })
    for (let i = 0; i < 150; i++) queue.add(spanOf({ name: `fine ${i}` }))
    const failures = Array.from({ length: 50 }, () => spanOf({ error: { type: 'BROKEN' } }))
    for (const span of failures) queue.add(span)
    expect([queue.isPressed, queue.dropped, queue.waiting]).toEqual([true, 50, 150])
    await queue.flush()
    expect(kept().slice(0, 100).at(-1)?.name).toBe('fine 99')
    expect(kept().slice(100)).toEqual(failures)
    expect(queue.isPressed).toBe(false)
  })

  it('[Q4] hands over again what could not be kept, less and less often, and gives it up in the end', async () => {
    const { clock, queue, kept, lost, problem } = setUp()
    problem.error = new Error('no space left')
    const first = spanOf()
    queue.add(first)
    clock.advance(250)
    await settle()
    expect([queue.waiting, kept()]).toEqual([1, []])
    problem.error = undefined
    clock.advance(1_000)
    await settle()
    expect(kept()).toEqual([first])

    problem.error = new Error('no space left')
    queue.add(spanOf())
    for (let i = 0; i < 20; i++) {
      clock.advance(30_000)
      await settle()
    }
    expect([queue.waiting, lost, queue.dropped]).toEqual([0, [1], 1])
  })

  it('[Q5] waits for nothing when it is flushed, and for no second try', async () => {
    const { queue, kept, problem } = setUp()
    for (let i = 0; i < 900; i++) queue.add(spanOf())
    await queue.flush()
    expect(kept().length).toBe(900)
    problem.error = new Error('no')
    queue.add(spanOf())
    await queue.flush()
    expect(queue.waiting).toBe(1)
  })
})
