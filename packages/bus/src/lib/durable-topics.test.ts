import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Message } from '@switchyard/contracts'
import { createFakeClock } from '@switchyard/contracts/testing'
import { openStore } from '@switchyard/store'
import { expect, onTestFinished, test } from 'vitest'
import { settle, until } from '../../test/fixtures/durable.ts'
import type { Bus, BusOptions, MessageContext } from './api.ts'
import { createBus } from './bus.ts'
import type { DeadLetter } from './durable.ts'
import { createMemoryNetwork } from './link/memory.ts'

function openBus(options: BusOptions = {}): Bus {
  const bus = createBus({
    store: openStore({ path: ':memory:' }),
    durable: [{ topics: 'orders/**' }],
    clock: createFakeClock(),
    ...options,
  })
  onTestFinished(() => bus.close())
  return bus
}

test('createBus() delivers a durable topic to named subscriptions out of the log, and to the others live', async () => {
  const bus = openBus()
  const shop = bus.connect('shop')
  const heard: unknown[] = []
  const ledger = bus.connect('ledger')
  ledger.subscribe('orders/*', (payload, message, context) => heard.push(['named', payload, message.sequence, context.delivery?.attempt]), {
    name: 'bookkeeping',
  })
  ledger.subscribe('orders/*', (payload, message, context) => heard.push(['live', payload, message.sequence, context.delivery]))
  await shop.publish('orders/made', { id: 1 })
  await shop.publish('orders/made', { id: 2 })
  await until(() => heard.length === 4)
  expect(heard).toContainEqual(['named', { id: 1 }, 1, 1])
  expect(heard).toContainEqual(['named', { id: 2 }, 2, 1])
  expect(heard).toContainEqual(['live', { id: 1 }, 1, undefined])
  expect(heard).toContainEqual(['live', { id: 2 }, 2, undefined])
  expect(bus.durable?.stats().messages).toBe(2)
})

test('createBus() keeps trace, key and cause of a message that comes out of the log', async () => {
  const bus = openBus()
  const heard: Message[] = []
  bus.connect('ledger').subscribe(
    'orders/made',
    async (_payload, message, context) => {
      heard.push(message)
      await context.publish('orders/booked', { ok: true })
    },
    { name: 'bookkeeping' },
  )
  bus.connect('audit').subscribe('orders/booked', (_payload, message) => heard.push(message), { name: 'audit' })
  const traceparent = '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01'
  await bus.connect('shop').publish('orders/made', {}, { headers: { traceparent, userId: 'u' }, idempotencyKey: 'k', correlationId: 'c' })
  await until(() => heard.length === 2)
  const [made, booked] = heard
  expect(made).toMatchObject({ source: 'shop', idempotencyKey: 'k', correlationId: 'c', headers: { userId: 'u' } })
  expect(made!.headers.traceparent).toContain('0af7651916cd43dd8448eb211c80319c')
  expect(booked).toMatchObject({ source: 'ledger', causationId: made!.messageId, headers: { userId: 'u' } })
  expect(booked!.headers.traceparent).toContain('0af7651916cd43dd8448eb211c80319c')
})

test('createBus() gives two plugins that chose one name a subscription each', async () => {
  const bus = openBus()
  const heard: string[] = []
  for (const identity of ['ledger', 'audit']) bus.connect(identity).subscribe('orders/*', () => void heard.push(identity), { name: 'main' })
  await bus.connect('shop').publish('orders/made')
  await until(() => heard.length === 2)
  expect(heard.toSorted()).toEqual(['audit', 'ledger'])
})

test('createBus() tells of a dead letter as an event and on system/dead-letter', async () => {
  const bus = openBus()
  const letters: DeadLetter[] = []
  const alerts: unknown[] = []
  bus.on('dead-letter', (letter) => letters.push(letter))
  const ledger = bus.connect('ledger')
  ledger.subscribe('system/dead-letter', (payload) => void alerts.push(payload))
  ledger.subscribe('orders/*', (_payload, _message, { delivery }) => void delivery?.reject('no such customer'), { name: 'bookkeeping' })
  await bus.connect('shop').publish('orders/made', { id: 1 })
  await until(() => alerts.length === 1)
  expect(letters).toMatchObject([{ reason: 'HANDLER_REJECTED', message: { payload: { id: 1 } } }])
  expect(alerts).toMatchObject([{ reason: 'HANDLER_REJECTED', topic: 'orders/made' }])
})

test('[D16] createBus() delivers what is directed to a plugin to that plugin alone', async () => {
  const bus = openBus()
  const heard: string[] = []
  for (const identity of ['ledger', 'audit'])
    bus.connect(identity).subscribe('orders/*', (payload) => void heard.push(`${identity} ${payload}`), { name: 'main' })
  const shop = bus.connect('shop')
  await shop.publish('orders/made', 'secret', { destination: 'ledger' })
  await shop.publish('orders/made', 'open')
  await until(() => heard.length === 3)
  expect(heard.toSorted()).toEqual(['audit open', 'ledger open', 'ledger secret'])
})

test('[D4] createBus() refuses a durable message that has expired, and delivers none later', async () => {
  const clock = createFakeClock()
  const bus = openBus({ clock })
  const shop = bus.connect('shop')
  const heard: unknown[] = []
  await expect(shop.publish('orders/made', 1, { ttlMs: 0 })).rejects.toMatchObject({ code: 'EXPIRED' })
  await shop.publish('orders/made', 2, { ttlMs: 1_000 })
  clock.advance(1_000)
  bus.connect('ledger').subscribe('orders/*', (payload) => void heard.push(payload), { name: 'late', from: 'start' })
  await until(() => bus.durable!.stats().deadLetters === 1)
  expect(heard).toEqual([])
})

test('[D18] a link tells the other processes to look, so that nobody waits for a poll', async () => {
  const store = openStore({ path: ':memory:' })
  const network = createMemoryNetwork()
  const listener = openBus({ store, link: network.createLink() })
  const publisher = openBus({ store, link: network.createLink() })
  const heard: unknown[] = []
  listener.connect('ledger').subscribe('orders/*', (payload) => void heard.push(payload), { name: 'main' })
  const shop = publisher.connect('shop')
  await Promise.all([listener.ready(), publisher.ready()])
  await settle()
  for (let count = 1; count <= 3; count++) await shop.publish('orders/made', count)
  // The clock of both stands still.
  await until(() => heard.length === 3)
  expect(heard).toEqual([1, 2, 3])
})

test('createBus() refuses durable topics without a store, and a named subscription without durable topics', async () => {
  expect(() => createBus({ durable: [{ topics: '**' }] })).toThrow(expect.objectContaining({ code: 'VALIDATION' }))
  const bus = createBus()
  expect(() => bus.connect('a').subscribe('b', () => {}, { name: 'c' })).toThrow(expect.objectContaining({ code: 'VALIDATION' }))
  await bus.close()
})

test('[D26] drain() lets durable handlers finish and takes nothing more out of the log; the next bus goes on', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'switchyard-durable-'))
  onTestFinished(() => rmSync(folder, { recursive: true }))
  const store = openStore({ path: join(folder, 'yard.db') })
  const clock = createFakeClock()
  const gate = Promise.withResolvers<void>()
  const heard: unknown[] = []
  const first = createBus({ store, durable: [{ topics: '**' }], clock })
  const handler = async (payload: unknown): Promise<void> => {
    heard.push(payload)
    await gate.promise
  }
  first.connect('ledger').subscribe('a', handler, { name: 's' })
  const shop = first.connect('shop')
  await shop.publish('a', 1)
  await shop.publish('a', 2)
  await until(() => heard.length === 1)
  let isDrained = false
  const drained = first.drain().then((all) => (isDrained = all))
  await settle()
  expect(isDrained).toBe(false)
  gate.resolve()
  await until(() => {
    clock.advance(5)
    return isDrained
  })
  await drained
  expect(heard).toEqual([1])
  await first.close()
  expect(clock.pending).toBe(0)

  const second = createBus({ store, durable: [{ topics: '**' }], clock })
  second.connect('ledger').subscribe('a', (payload) => void heard.push(payload), { name: 's' })
  await until(() => heard.length === 2)
  expect(heard).toEqual([1, 2])
  await second.close()
  store.close()
})

test('[D26] a handle’s close gives back its durable subscriptions and touches no other', async () => {
  const bus = openBus()
  const heard: string[] = []
  const contexts: MessageContext[] = []
  const ledger = bus.connect('ledger')
  ledger.subscribe('orders/*', (_payload, _message, context) => void contexts.push(context), { name: 'main' })
  bus.connect('audit').subscribe('orders/*', () => void heard.push('audit'), { name: 'main' })
  const shop = bus.connect('shop')
  await shop.publish('orders/made')
  await until(() => heard.length === 1 && contexts.length === 1)
  await ledger.close()
  await shop.publish('orders/made')
  await until(() => heard.length === 2)
  expect(contexts.length).toBe(1)
  expect(
    bus
      .durable!.stats()
      .subscriptions.map(({ owner }) => owner)
      .toSorted(),
  ).toEqual(['here', 'none'])
})

test('[D26] a handle’s close waits for durable handlers as long as it is told to', async () => {
  const clock = createFakeClock()
  const bus = openBus({ clock })
  const ledger = bus.connect('ledger')
  let signal: AbortSignal | undefined
  ledger.subscribe(
    'orders/*',
    (_payload, _message, context) => {
      signal = context.signal
      return new Promise(() => {})
    },
    { name: 'main' },
  )
  await bus.connect('shop').publish('orders/made')
  await until(() => signal !== undefined)
  const closed = ledger.close({ drainMs: 1_000 })
  await settle()
  clock.advance(999)
  await settle()
  expect(signal!.aborted).toBe(false)
  clock.advance(1)
  await closed
  expect(signal!.aborted).toBe(true)
})
