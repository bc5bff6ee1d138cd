import { createFakeClock } from '@switchyard/contracts/testing'
import { openStore } from '@switchyard/store'
import { expect, test } from 'vitest'
import { openLog, settle, until } from '../../../test/fixtures/durable.ts'

test('[D25] work runs once for a scope and key, and its result is given again, after a restart too', async () => {
  const store = openStore({ path: ':memory:' })
  let runs = 0
  const work = async (): Promise<{ run: number }> => ({ run: ++runs })
  {
    await using first = openLog({ store })
    expect(await first.log.receiveOnce({ scope: 'till', key: 'k' }, work)).toEqual({ run: 1 })
    expect(await first.log.receiveOnce({ scope: 'till', key: 'k' }, work)).toEqual({ run: 1 })
  }
  await using second = openLog({ store })
  expect(await second.log.receiveOnce({ scope: 'till', key: 'k' }, work)).toEqual({ run: 1 })
  expect(await second.log.receiveOnce({ scope: 'stock', key: 'k' }, work)).toEqual({ run: 2 })
  expect(await second.log.receiveOnce({ scope: 'till', key: 'other' }, work)).toEqual({ run: 3 })
})

test('[D25] callers at the same time share one run, in this log and in another', async () => {
  const store = openStore({ path: ':memory:' })
  const clock = createFakeClock()
  await using first = openLog({ store, clock })
  await using second = openLog({ store, clock })
  const gate = Promise.withResolvers<string>()
  let runs = 0
  const work = (): Promise<string> => {
    runs++
    return gate.promise
  }
  const receipt = { scope: 'till', key: 'k' }
  const results = [first.log.receiveOnce(receipt, work), first.log.receiveOnce(receipt, work)]
  await until(() => runs === 1)
  results.push(second.log.receiveOnce(receipt, work))
  await settle()
  gate.resolve('paid')
  await settle()
  clock.advance(20)
  expect(await Promise.all(results)).toEqual(['paid', 'paid', 'paid'])
  expect(runs).toBe(1)
})

test('[D25] nothing is a result too', async () => {
  await using under = openLog()
  let runs = 0
  const work = (): undefined => void runs++ as undefined
  expect(await under.log.receiveOnce({ scope: 's', key: 'k' }, work)).toBeUndefined()
  expect(await under.log.receiveOnce({ scope: 's', key: 'k' }, work)).toBeUndefined()
  expect(await under.log.receiveOnce({ scope: 's', key: 'null' }, () => null)).toBeNull()
  expect(runs).toBe(1)
})

test('[D25] a failure is not a result: everyone who waited is told, and the next one runs again', async () => {
  await using under = openLog()
  let runs = 0
  const work = (): number => {
    if (++runs === 1) throw new Error('not now')
    return runs
  }
  const receipt = { scope: 's', key: 'k' }
  const together = await Promise.allSettled([under.log.receiveOnce(receipt, work), under.log.receiveOnce(receipt, work)])
  expect(together.map(({ status }) => status)).toEqual(['rejected', 'rejected'])
  expect(await under.log.receiveOnce(receipt, work)).toBe(2)
})

test('[D25] a runner that shows no sign of life is replaced, and the result stored first is everybody’s', async () => {
  const store = openStore({ path: ':memory:' })
  const frozen = openLog({ store })
  await using second = openLog({ store })
  const gate = Promise.withResolvers<string>()
  const receipt = { scope: 's', key: 'k' }
  let isRunning = false
  const late = frozen.log.receiveOnce(receipt, () => {
    isRunning = true
    return gate.promise
  })
  await until(() => isRunning)
  let result: string | undefined
  void second.log.receiveOnce(receipt, () => 'second').then((value) => (result = value))
  for (let step = 0; result === undefined && step < 400; step++) {
    second.clock.advance(20)
    await settle(3)
  }
  expect(second.clock.monotonicMs()).toBeGreaterThanOrEqual(3_000)
  expect(result).toBe('second')
  gate.resolve('first')
  expect(await late).toBe('second')
})

test('[D25] a runner that lives is waited for, however long its work takes', async () => {
  const store = openStore({ path: ':memory:' })
  const clock = createFakeClock()
  await using first = openLog({ store, clock })
  await using second = openLog({ store, clock })
  const gate = Promise.withResolvers<string>()
  const receipt = { scope: 's', key: 'k' }
  let isRunning = false
  const result = first.log.receiveOnce(receipt, () => {
    isRunning = true
    return gate.promise
  })
  await until(() => isRunning)
  const other = second.log.receiveOnce(receipt, () => 'second')
  for (let step = 0; step < 200; step++) {
    clock.advance(100)
    await settle(3)
  }
  gate.resolve('first')
  await result
  clock.advance(20)
  expect(await other).toBe('first')
})

test('[D25] a wait for another log ends with the signal and with close', async () => {
  const store = openStore({ path: ':memory:' })
  await using first = openLog({ store })
  const second = openLog({ store })
  const receipt = { scope: 's', key: 'k' }
  let isRunning = false
  void first.log.receiveOnce(receipt, () => {
    isRunning = true
    return new Promise(() => {})
  })
  await until(() => isRunning)
  const controller = new AbortController()
  const aborted = second.log.receiveOnce({ ...receipt, signal: controller.signal }, () => 1)
  await settle()
  controller.abort(new Error('enough'))
  await expect(aborted).rejects.toThrow('enough')
  const waiting = second.log.receiveOnce(receipt, () => 1)
  const refused = expect(waiting).rejects.toMatchObject({ code: 'BUS_CLOSED' })
  await settle()
  await second.log.close()
  await refused
  expect(second.clock.pending).toBe(0)
})

test('[D26] close() waits for work that runs, so that nobody begins it again', async () => {
  const under = openLog()
  const gate = Promise.withResolvers<string>()
  let isRunning = false
  const result = under.log.receiveOnce({ scope: 's', key: 'k' }, () => {
    isRunning = true
    return gate.promise
  })
  await until(() => isRunning)
  let isClosed = false
  const closed = under.log.close().then(() => (isClosed = true))
  await settle()
  expect(isClosed).toBe(false)
  gate.resolve('done')
  await closed
  expect([await result, under.clock.pending]).toEqual(['done', 0])
})

test('[D25] results go after their time', async () => {
  await using under = openLog({ resultRetainMs: 1_000 })
  let runs = 0
  const work = (): number => ++runs
  await under.log.receiveOnce({ scope: 's', key: 'k' }, work)
  under.clock.advance(1_001)
  expect((await under.log.prune()).results).toBe(1)
  expect(await under.log.receiveOnce({ scope: 's', key: 'k' }, work)).toBe(2)
})
