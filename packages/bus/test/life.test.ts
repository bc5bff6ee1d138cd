import { execFile } from 'node:child_process'
import { getEventListeners } from 'node:events'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { type Bus, createBus } from '@switchyard/bus'
import { createFakeClock } from '@switchyard/contracts/testing'
import { openStore } from '@switchyard/store'
import { describe, expect, it, vi } from 'vitest'

const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve))
const codeOf = (promise: Promise<unknown>): Promise<unknown> =>
  promise.then(
    () => 'resolved',
    (error: { code?: string }) => error.code,
  )

describe('the life of a bus', () => {
  it('[F1] leaves no timer, socket or listener behind, whatever was under way', async () => {
    const before = process.getActiveResourcesInfo().sort()
    const controller = new AbortController()
    const bus = createBus({ guard: (method) => (method === 'ops.guarded' ? {} : undefined) })
    const ops = bus.connect('ops')
    const ended: Promise<unknown>[] = []
    ops.serve('ops.wait', () => new Promise(() => {}))
    ops.serve('ops.guarded', () => new Promise(() => {}))
    ops.serve('ops.values', async function* () {
      yield 1
      await new Promise(() => {})
    })
    ops.subscribe('a', () => new Promise(() => {}), { queue: { maxCount: 1 } })
    for (let index = 0; index < 3; index++) ended.push(ops.publish('a', index))
    await turn()
    ended.push(ops.publish('a', 'blocked'))
    ended.push(ops.call('ops.wait', {}, { timeoutMs: 60_000, signal: controller.signal }), ops.call('ops.guarded'))
    const stream = ops.stream('ops.values', {}, { signal: controller.signal })
    await stream.next()
    ended.push(stream.next())
    const outcome = Promise.all(ended.map(codeOf))
    await turn()
    await bus.close()
    await bus.close()
    expect(await outcome).toEqual(['resolved', 'resolved', 'resolved', 'resolved', 'BUS_CLOSED', 'BUS_CLOSED', 'BUS_CLOSED'])
    await turn()
    expect(process.getActiveResourcesInfo().sort()).toEqual(before)
    expect(getEventListeners(controller.signal, 'abort')).toEqual([])
    expect(bus.snapshot()).toMatchObject({ state: 'closed', pending: 0, subscriptions: [], methods: [], identities: [] })
    expect(() => bus.connect('x')).toThrow(/closed/)
    for (const late of [ops.publish('a'), ops.call('ops.wait'), ops.request('a'), ops.stream('ops.values').next(), ops.describe('ops')]) {
      expect(await codeOf(late)).toBe('BUS_CLOSED')
    }
  })

  it('[F1] leaves no timer of its clock waiting either, though those keep no process alive', async () => {
    const clock = createFakeClock()
    const bus = createBus({ clock, guard: (method) => (method === 'ops.guarded' ? {} : undefined) })
    const ops = bus.connect('ops')
    ops.serve('ops.guarded', () => new Promise(() => {}))
    ops.serve('ops.wait', () => new Promise(() => {}))
    ops.subscribe('a', () => new Promise(() => {}))
    await ops.publish('a')
    const ended = Promise.all([ops.call('ops.wait'), ops.call('ops.guarded')].map(codeOf))
    await turn()
    expect(clock.pending).toBeGreaterThan(0)
    await bus.close()
    expect(await ended).toEqual(['BUS_CLOSED', 'BUS_CLOSED'])
    expect(clock.pending).toBe(0)
  })

  it('[F2] drains: finishes what runs with all that it needs, takes nothing new, and gives up in time', async () => {
    const bus = createBus()
    const ops = bus.connect('ops')
    const gate = Promise.withResolvers<void>()
    const heard: unknown[] = []
    ops.serve('ops.helper', () => 'helped')
    ops.serve('ops.work', async (_input, context) => {
      await gate.promise
      return context.call('ops.helper')
    })
    ops.subscribe('a', async (payload) => {
      await turn()
      heard.push(payload)
    })
    const work = ops.call('ops.work')
    for (const payload of [1, 2, 3]) await ops.publish('a', payload)
    const drained = bus.drain()
    expect(await codeOf(ops.publish('a', 4))).toBe('BUS_CLOSED')
    expect(await codeOf(ops.call('ops.helper'))).toBe('BUS_CLOSED')
    gate.resolve()
    expect(await work).toBe('helped')
    expect(await drained).toBe(true)
    expect(heard).toEqual([1, 2, 3])
    await bus.close()
    const clock = createFakeClock()
    const stuck = createBus({ clock })
    stuck.connect('ops').serve('ops.wait', () => new Promise(() => {}))
    const waiting = codeOf(stuck.connect('caller').call('ops.wait'))
    const gaveUp = stuck.drain({ timeoutMs: 50 })
    for (let step = 0; step < 12; step++) clock.advance(5)
    expect(await gaveUp).toBe(false)
    await stuck.close()
    expect(await waiting).toBe('BUS_CLOSED')
  })

  it('[F2] drains until the very moment that the last handler ends, whatever the clock says', async () => {
    const bus = createBus({ clock: createFakeClock() })
    const ops = bus.connect('ops')
    const [called, heard] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()]
    ops.serve('ops.work', () => called.promise)
    ops.subscribe('a', () => heard.promise)
    const work = ops.call('ops.work')
    await ops.publish('a')
    let isDrained = false
    const drained = bus.drain().then((all) => {
      isDrained = all
    })
    heard.resolve()
    await turn()
    expect(isDrained).toBe(false)
    called.resolve()
    await drained
    expect(isDrained).toBe(true)
    await work
    await bus.close()
  })

  it('[F3] survives handlers that throw, reject, return nothing, never settle, block for a second, or publish to themselves', async () => {
    const unhandled = vi.fn()
    process.on('unhandledRejection', unhandled)
    const bus = createBus()
    const bad = bus.connect('bad')
    const good = bus.connect('good')
    const thenable = {
      // biome-ignore lint/suspicious/noThenProperty: what a plugin may hand us.
      get then(): never {
        throw new Error('a then that throws')
      },
    }
    const nasty: ((payload: unknown) => unknown)[] = [
      () => {
        throw new Error('thrown')
      },
      async () => {
        throw new Error('rejected')
      },
      () => {
        throw undefined
      },
      () => Promise.reject(),
      () => undefined,
      () => new Promise(() => {}),
      () => thenable,
      (payload) => {
        if (payload === 0) Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 1_000)
      },
    ]
    for (const handler of nasty) bad.subscribe('a', handler)
    let depth = 0
    bad.subscribe('a', (_payload, _message, context) => (depth++ < 100 ? context.publish('b') : undefined))
    bad.subscribe('b', (_payload, _message, context) => (depth++ < 100 ? context.publish('b') : undefined))
    const heard: unknown[] = []
    good.subscribe('a', (payload) => void heard.push(payload))
    for (let index = 0; index < 50; index++) await good.publish('a', index)
    await turn()
    await turn()
    expect(heard).toEqual(Array.from({ length: 50 }, (_, index) => index))
    expect(depth).toBeGreaterThanOrEqual(100)
    expect(bus.snapshot().handlersFailed).toBe(50 * 5)
    nasty.forEach((handler, index) => void bad.serve(`bad.${index}`, handler))
    const codes = await Promise.all(nasty.map((_, index) => codeOf(good.call(`bad.${index}`, 1, { timeoutMs: 100 }))))
    expect(codes).toEqual([
      'HANDLER_ERROR',
      'HANDLER_ERROR',
      'HANDLER_ERROR',
      'HANDLER_ERROR',
      'resolved',
      'TIMEOUT',
      'HANDLER_ERROR',
      'resolved',
    ])
    await bus.close()
    await turn()
    process.off('unhandledRejection', unhandled)
    expect(unhandled).not.toHaveBeenCalled()
  })

  it('[F4] survives listeners and filters that throw', async () => {
    const bus = createBus()
    const ops = bus.connect('ops')
    const heard: unknown[] = []
    bus.on('handler-failed', () => {
      throw new Error('listener')
    })
    bus.on('handler-failed', ({ error }) => void heard.push((error as Error).message))
    ops.subscribe('a', () => {}, {
      filter() {
        throw new Error('filter')
      },
    })
    await ops.publish('a')
    await turn()
    expect(heard).toEqual(['filter'])
    await bus.close()
  })

  it('[F5] uses no more memory after a million messages and half a million calls than before', async () => {
    const script = fileURLToPath(new URL('./fixtures/million.ts', import.meta.url))
    const { stdout } = await promisify(execFile)(process.execPath, ['--expose-gc', '--conditions=@switchyard/source', script])
    const { startBytes, endBytes, delivered } = JSON.parse(stdout) as { startBytes: number; endBytes: number; delivered: number }
    expect(delivered).toBe(1_000_000)
    expect(endBytes / startBytes).toBeLessThan(1.05)
  }, 60_000)

  it('[F6] runs a method once a key over two buses of one store, and keeps a durable message for a named subscription', async () => {
    using store = openStore({ path: ':memory:' })
    const buses: Bus[] = [1, 2].map(() => createBus({ store, durable: [{ topics: 'orders/**' }] }))
    let charged = 0
    for (const bus of buses) bus.connect('shop').serve('shop.charge', () => ++charged)
    const clients = buses.map((bus) => bus.connect('till'))
    const results: unknown[] = []
    for (const client of clients) results.push(await client.call('shop.charge', {}, { idempotencyKey: 'order-1' }))
    expect(results).toEqual([1, 1])
    const heard = Promise.withResolvers<unknown>()
    const live = Promise.withResolvers<unknown>()
    const seen: unknown[] = []
    clients[0]!.subscribe('done', (_payload, { causationId, headers }) => live.resolve([causationId, headers.traceparent.slice(3, 35)]))
    clients[0]!.subscribe(
      'orders/*',
      async (payload, message, context) => {
        seen.push(message.messageId, message.headers.traceparent.slice(3, 35))
        await context.publish('done')
        heard.resolve([payload, message.sequence, message.source, context.delivery?.attempt])
      },
      { name: 'till-orders', from: 'start' },
    )
    await clients[0]!.publish('orders/new', { id: 1 })
    expect(await heard.promise).toEqual([{ id: 1 }, 1, 'till', 1])
    expect(await live.promise).toEqual(seen)
    expect(() => createBus({ durable: [] })).toThrow(/store/)
    for (const bus of buses) await bus.close()
  })

  it('[F8] tells of a dead letter by an event and on a topic', async () => {
    using store = openStore({ path: ':memory:' })
    const bus = createBus({ store, durable: [{ topics: 'orders/**' }] })
    const shop = bus.connect('shop')
    const told = Promise.withResolvers<unknown>()
    const letters: unknown[] = []
    bus.on('dead-letter', ({ reason, topic }) => void letters.push([reason, topic]))
    shop.subscribe('system/dead-letter', (payload, { source }) => told.resolve([source, payload]))
    shop.subscribe('orders/*', (_payload, _message, { delivery }) => void delivery?.reject('no such article'), {
      name: 'packing',
      from: 'start',
      ack: 'manual',
    })
    await shop.publish('orders/new', { id: 1 })
    expect(await told.promise).toEqual([
      'bus',
      expect.objectContaining({ reason: 'HANDLER_REJECTED', subscription: 'shop/packing', topic: 'orders/new', source: 'shop' }),
    ])
    expect(letters).toEqual([['HANDLER_REJECTED', 'orders/new']])
    await bus.close()
  })

  it('[F7] is started and closed again and again without a trace', async () => {
    const before = process.getActiveResourcesInfo().length
    for (let round = 0; round < 200; round++) {
      const bus = createBus()
      const client = bus.connect('a')
      client.serve('a.b', async () => 1)
      await client.call('a.b')
      await bus.close()
    }
    expect(process.getActiveResourcesInfo().length).toBe(before)
  })
})
