import { expect, it } from 'vitest'
import { ending, never, setUp, turn } from './fixture.ts'

it('bulkhead admits in the order of arrival, and nobody overtakes', async () => {
  const { guard } = setUp({ bulkhead: { maxConcurrent: 2 } })
  const began: number[] = []
  const finish: (() => void)[] = []
  const runs = Array.from({ length: 6 }, (_, i) =>
    guard.run(() => {
      began.push(i)
      return new Promise<void>((resolve) => void finish.push(resolve))
    }),
  )
  expect(began).toEqual([0, 1])
  for (let i = 0; i < 6; i++) {
    finish[i]!()
    await turn()
  }
  await Promise.all(runs)
  expect(began).toEqual([0, 1, 2, 3, 4, 5])
})

it('bulkhead lets nobody overtake who begins when a place has just become free', async () => {
  const { guard, pass } = setUp({ bulkhead: { maxConcurrent: 1 }, timeoutMs: 1_000 })
  const began: string[] = []
  const begin = (name: string, onValue = (): void => {}): unknown =>
    guard.start(
      () => void began.push(name),
      undefined,
      onValue,
      () => {},
    )
  void ending(guard.run(never))
  begin('first', () => void begin('third'))
  begin('second')
  await pass(1_000)
  expect(began).toEqual(['first', 'second', 'third'])
})

it('bulkhead refuses with QUEUE_FULL when the queue is full', async () => {
  const { guard } = setUp({ bulkhead: { maxConcurrent: 1, maxQueue: 2 }, retry: { maxRetries: 0 } })
  const runs = Array.from({ length: 4 }, () => ending(guard.run(never)))
  expect(await runs[3]).toBe('QUEUE_FULL')
  expect(guard.load).toEqual({ running: 1, waiting: 2 })
})

it('bulkhead lets go of those that are cancelled or too late, and they are never called', async () => {
  const { guard, pass, clock } = setUp({ bulkhead: { maxConcurrent: 1 }, timeoutMs: 10_000 })
  const called: string[] = []
  const { promise, resolve: release } = Promise.withResolvers<void>()
  const first = guard.run(() => promise)
  const late = ending(guard.run(() => void called.push('late'), { deadlineAtMs: 500 }))
  const controller = new AbortController()
  const cancelled = ending(guard.run(() => void called.push('cancelled'), { signal: controller.signal }))
  const last = ending(guard.run(() => void called.push('last')))
  controller.abort()
  await pass(500)
  expect(await Promise.all([late, cancelled])).toEqual(['DEADLINE_EXCEEDED', 'CANCELLED'])
  expect(guard.load).toEqual({ running: 1, waiting: 1 })
  release()
  await Promise.all([first, last])
  expect(called).toEqual(['last'])
  expect(guard.breaker.snapshot().failures).toEqual([])
  clock.advance(100)
  expect(clock.pending).toBe(0)
})

it('bulkhead gives the place of a call that timed out to the next, with its full time', async () => {
  const { guard, pass } = setUp({ bulkhead: { maxConcurrent: 1 }, timeoutMs: 1_000 })
  const stuck = ending(guard.run(never))
  let deadlineAtMs = 0
  const next = ending(
    guard.run((attempt) => {
      deadlineAtMs = attempt.deadlineAtMs
      return 'ran'
    }),
  )
  await pass(1_000)
  expect(await Promise.all([stuck, next])).toEqual(['TIMEOUT', 'ran'])
  expect(deadlineAtMs).toBe(2_000)
})

it('bulkhead keeps the time in the queue apart from the time of the call', async () => {
  const { guard, pass } = setUp({ bulkhead: { maxConcurrent: 1 }, timeoutMs: 1_000, deadlineMs: 10_000 })
  const ends = [ending(guard.run(never)), ending(guard.run(never))]
  await pass(2_000)
  expect(await Promise.all(ends)).toEqual(['TIMEOUT', 'TIMEOUT'])
})

it('bulkhead empties a long queue of calls that finish at once without recursion', async () => {
  const { guard, pass } = setUp({ bulkhead: { maxConcurrent: 1, maxQueue: 100_000 }, timeoutMs: 1_000 })
  void ending(guard.run(never))
  let ran = 0
  const runs = Array.from({ length: 100_000 }, () => guard.run(() => ++ran))
  await pass(1_000)
  await Promise.all(runs)
  expect(ran).toBe(100_000)
})
