import type { Message } from '@switchyard/contracts'
import { createFakeClock } from '@switchyard/contracts/testing'
import { openStore } from '@switchyard/store'
import { expect, test } from 'vitest'
import { openLog, settle, until } from '../../../test/fixtures/durable.ts'

const SECOND = 1_000
const DAY = 24 * 3_600_000

async function readAll(messages: AsyncIterable<Message>): Promise<Message[]> {
  const all: Message[] = []
  for await (const message of messages) all.push(message)
  return all
}

async function collect(messages: AsyncIterable<Message>): Promise<unknown[]> {
  return (await readAll(messages)).map(({ payload }) => payload)
}

test('[D22] age removes what every named subscription is done with, each topic by its first rule', async () => {
  await using under = openLog({
    rules: [
      { topics: 'short/**', retainMs: 10 * SECOND },
      { topics: '**', retainMs: 100 * SECOND },
    ],
  })
  await under.publish('short/a', 1)
  await under.publish('long/a', 2)
  under.clock.advance(11 * SECOND)
  await under.publish('short/a', 3)
  expect((await under.log.prune()).messages).toBe(1)
  expect(await collect(under.log.replay('**'))).toEqual([2, 3])
  under.clock.advance(101 * SECOND)
  await under.log.prune()
  expect(under.log.stats()).toMatchObject({ messages: 0, bytes: 0, oldestPosition: 0 })
})

test('[D22] size removes the oldest of a rule until the rest fits', async () => {
  await using under = openLog({ rules: [{ topics: 'a', retainBytes: 5_000 }, { topics: '**' }] })
  for (let count = 0; count < 2_000; count++) void under.publish(count % 2 === 0 ? 'a' : 'b', 'x'.repeat(700))
  await until(() => under.log.stats().messages === 2_000)
  expect((await under.log.prune()).messages).toBe(995)
  const kept = await readAll(under.log.replay('a'))
  expect(kept.map(({ sequence }) => sequence)).toEqual([996, 997, 998, 999, 1_000])
  expect((await readAll(under.log.replay('b'))).length).toBe(1_000)
})

test('[D22] what a named subscription has not settled stays, also while nobody owns it; forget ends that', async () => {
  await using under = openLog({ rules: [{ topics: '**', retainMs: SECOND, retainBytes: 1 }] })
  const heard: unknown[] = []
  const subscription = under.log.subscribe({
    name: 's',
    pattern: 'a',
    ack: 'manual',
    concurrency: 2,
    handler: ({ payload, source }, delivery) => {
      heard.push(payload)
      if (source === 'quick') delivery.ack()
    },
  })
  await subscription.ready()
  await under.publish('a', 1)
  await under.publish('a', 2, { source: 'quick' })
  await under.publish('a', 3)
  await under.publish('b', 4)
  await until(() => heard.length === 2)
  await settle()
  await subscription.close(0)
  under.clock.advance(DAY)
  await under.log.prune()
  expect(await collect(under.log.replay('**'))).toEqual([1, 3])
  expect(under.letters).toEqual([])
  expect([await under.log.forget('s'), await under.log.forget('s')]).toEqual([true, false])
  await under.log.prune()
  expect(await collect(under.log.replay('**'))).toEqual([])
})

test('[D23] beyond a hard limit even what is needed goes, as dead letters and a gap that say so', async () => {
  await using under = openLog({ rules: [{ topics: '**', limitMs: 10 * SECOND }] })
  const subscription = under.log.subscribe({ name: 's', pattern: '*', handler: () => new Promise(() => {}) })
  await subscription.ready()
  await subscription.close(0)
  await under.publish('a', 1)
  await under.publish('b', 2)
  under.clock.advance(11 * SECOND)
  await under.publish('a', 3)
  await under.log.prune()
  expect(under.events).toContainEqual({ type: 'gap', name: 's', fromPosition: 1, toPosition: 2, messages: 2 })
  expect(under.letters.map(({ reason, subscription: name, message }) => [reason, name, message.payload])).toEqual([
    ['QUEUE_OVERFLOW', 's', 1],
    ['QUEUE_OVERFLOW', 's', 2],
  ])
  const heard: unknown[] = []
  under.log.subscribe({ name: 's', pattern: '*', handler: ({ payload }) => heard.push(payload) })
  await until(() => heard.length === 1)
  expect(heard).toEqual([3])
})

test('[D24] a message that nobody ever asked for becomes a dead letter when its rule wants that', async () => {
  await using under = openLog({
    rules: [
      { topics: 'a', retainMs: SECOND, unheard: 'dead-letter' },
      { topics: 'b', retainMs: SECOND },
    ],
  })
  await under.publish('a', 1)
  await under.publish('b', 2)
  under.clock.advance(2 * SECOND)
  await under.log.prune()
  expect(under.letters.map(({ reason, subscription, message }) => [reason, subscription, message.payload])).toEqual([
    ['NO_SUBSCRIBER', '', 1],
  ])
})

test('[D17] a clock that jumps ahead removes nothing, neither messages nor letters nor results', async () => {
  await using under = openLog({ rules: [{ topics: '**', retainMs: SECOND }] })
  under.log.subscribe({ name: 's', pattern: 'a', handler: (_message, delivery) => void delivery.reject('no') })
  await under.publish('a', 1)
  await until(() => under.letters.length === 1)
  await under.log.receiveOnce({ scope: 's', key: 'k' }, () => 1)
  under.clock.jump(1_000 * DAY)
  expect(await under.log.prune()).toEqual({ messages: 0, deadLetters: 0, results: 0 })
})

test('[D22] pruning goes on by itself every minute', async () => {
  await using under = openLog({ rules: [{ topics: '**', retainMs: SECOND }] })
  await under.publish('a', 1)
  under.clock.advance(60 * SECOND)
  await until(() => under.log.stats().messages === 0)
  await settle()
  await under.publish('a', 2)
  under.clock.advance(60 * SECOND)
  await until(() => under.log.stats().messages === 0)
})

test('[D15] replay() gives what is kept from a position or a time, without what has expired', async () => {
  const store = openStore({ path: ':memory:' })
  const clock = createFakeClock()
  await using under = openLog({ store, clock })
  for (let count = 1; count <= 600; count++) void under.publish(count % 2 === 0 ? 'even' : 'odd', count)
  await under.publish('odd', 'short', { expiresAtMs: clock.now() + SECOND })
  clock.advance(SECOND)
  const sinceMs = clock.now()
  await under.publish('even', 'late')
  expect(await collect(under.log.replay('even'))).toEqual([...Array.from({ length: 300 }, (_, index) => (index + 1) * 2), 'late'])
  expect(await collect(under.log.replay('*', { afterPosition: 599 }))).toEqual([600, 'late'])
  expect(await collect(under.log.replay('*', { sinceMs }))).toEqual(['late'])
  expect(await collect(under.log.replay('*', 'new'))).toEqual([])
})
