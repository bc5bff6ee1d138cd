import { isSwitchyardError, SwitchyardError } from '@switchyard/contracts'
import { createFakeClock } from '@switchyard/contracts/testing'
import { openStore } from '@switchyard/store'
import { describe, expect, test } from 'vitest'
import { openLog, settle, until } from '../../../test/fixtures/durable.ts'
import type { Delivery } from '../durable.ts'

const SECOND = 1_000
const DAY = 24 * 3_600_000

async function codeOf(promise: Promise<unknown>): Promise<string> {
  const error = await promise.then(
    () => undefined,
    (reason: unknown) => reason,
  )
  return isSwitchyardError(error) ? error.code : String(error)
}

describe('append', () => {
  test('[D2] positions grow over all topics and are not given again after everything was pruned', async () => {
    await using under = openLog({ rules: [{ topics: '**', retainMs: SECOND }] })
    const positions = [await under.publish('a'), await under.publish('b'), await under.publish('a')].map(({ position }) => position)
    under.clock.advance(2 * SECOND)
    await under.log.prune()
    expect(positions).toEqual([1, 2, 3])
    expect(under.log.stats().messages).toBe(0)
    expect((await under.publish('a')).position).toBe(4)
  })

  test('[D3] the sequence counts a source on a topic from 1, in all logs of the store and after a restart', async () => {
    const store = openStore({ path: ':memory:' })
    await using first = openLog({ store })
    await using second = openLog({ store })
    const sequences = [
      await first.publish('orders/made'),
      await second.publish('orders/made'),
      await first.publish('orders/made', 1, { source: 'other' }),
      await first.publish('orders/paid'),
      await first.publish('orders/made'),
    ].map(({ sequence }) => sequence)
    await using third = openLog({ store })
    expect(sequences).toEqual([1, 2, 1, 1, 3])
    expect((await third.publish('orders/made')).sequence).toBe(4)
  })

  test('[D3] many at once keep the order in which they were handed over', async () => {
    await using under = openLog()
    const appended = await Promise.all(Array.from({ length: 100 }, () => under.publish('a')))
    expect(appended.map(({ sequence }) => sequence)).toEqual(Array.from({ length: 100 }, (_, index) => index + 1))
  })

  test('[D4] a message that has expired is refused', async () => {
    await using under = openLog()
    expect(await codeOf(under.publish('a', 1, { expiresAtMs: under.clock.now() }))).toBe('EXPIRED')
    expect(under.log.stats().messages).toBe(0)
  })

  test('[D1] a payload that is no JSON is refused alone', async () => {
    await using under = openLog()
    const [good, bad] = await Promise.allSettled([under.publish('a', 1), under.publish('a', 1n)])
    expect([good.status, bad.status]).toEqual(['fulfilled', 'rejected'])
    expect(under.log.stats().messages).toBe(1)
  })

  test('[D5] a transaction that fails rejects every message of it, and the next ones count on from what is there', async () => {
    const store = openStore({ path: ':memory:' })
    let isFull = true
    await using under = openLog({
      store: {
        ...store,
        commit: (work, options) =>
          isFull && options?.durable
            ? store.commit(() => {
                work()
                throw new SwitchyardError('STORE_FULL', 'full')
              }, options)
            : store.commit(work, options),
      },
    })
    expect(await Promise.all([codeOf(under.publish('a')), codeOf(under.publish('b'))])).toEqual(['STORE_FULL', 'STORE_FULL'])
    isFull = false
    expect(await under.publish('b')).toEqual({ position: 1, sequence: 1 })
    expect(await under.publish('a')).toEqual({ position: 2, sequence: 1 })
  })

  test('isDurable() goes by the rules', async () => {
    await using under = openLog({ rules: [{ topics: 'orders/**' }, { topics: 'plugin/*/events' }] })
    expect(['orders', 'orders/a/b', 'plugin/x/events', 'plugin/x'].map(under.log.isDurable)).toEqual([true, true, true, false])
  })
})

describe('subscribe', () => {
  test('[D8] a new name begins where it is told to', async () => {
    await using under = openLog()
    await under.publish('a', 1)
    under.clock.advance(SECOND)
    const secondAtMs = under.clock.now()
    const { position } = await under.publish('a', 2)
    await under.publish('a', 3)
    const heard: Record<string, unknown[]> = { new: [], start: [], position: [], time: [] }
    const starts = { new: 'new', start: 'start', position: { afterPosition: position }, time: { sinceMs: secondAtMs } } as const
    for (const name of ['new', 'start', 'position', 'time'] as const)
      await under.log.subscribe({ name, pattern: 'a', from: starts[name], handler: ({ payload }) => heard[name]!.push(payload) }).ready()
    await under.publish('a', 4)
    await until(() => Object.values(heard).every((payloads) => payloads.at(-1) === 4))
    expect(heard).toEqual({ new: [4], start: [1, 2, 3, 4], position: [3, 4], time: [2, 3, 4] })
  })

  test('[D8] [D11] a known name goes on behind what is settled, with its new pattern', async () => {
    const store = openStore({ path: ':memory:' })
    const heard: unknown[] = []
    {
      await using first = openLog({ store })
      first.log.subscribe({ name: 's', pattern: 'a', from: 'start', handler: ({ payload }) => heard.push(payload) })
      await first.publish('a', 1)
      await first.publish('b', 2)
      await until(() => heard.length === 1)
      await first.log.close()
    }
    await using second = openLog({ store })
    await second.publish('a', 3)
    await second.publish('b', 4)
    second.log.subscribe({ name: 's', pattern: '*', handler: ({ payload }) => heard.push(payload) })
    await until(() => heard.length === 3)
    expect(heard).toEqual([1, 3, 4])
  })

  test('[D10] a message has what was published, its own key or its id as one, and is nobody else’s', async () => {
    await using under = openLog()
    const heard: unknown[] = []
    const payload = { list: [1] }
    await under.publish('orders/made', payload, { messageId: 'm', correlationId: 'c', causationId: 'b', idempotencyKey: 'k', priority: 9 })
    await under.publish('orders/made', undefined, { messageId: 'n', expiresAtMs: under.clock.now() + SECOND })
    for (const name of ['one', 'two'])
      under.log.subscribe({ name, pattern: '**', from: 'start', handler: (message) => heard.push(message) })
    await until(() => heard.length === 4)
    const [first, ...others] = heard.filter((message) => typeof message === 'object' && message !== null && 'payload' in message)
    expect(first).toEqual({
      messageId: 'm',
      correlationId: 'c',
      causationId: 'b',
      timestamp: '2026-01-01T00:00:00.000Z',
      source: 'shop',
      destination: '*',
      topic: 'orders/made',
      messageType: 'event',
      priority: 9,
      sequence: 1,
      headers: { traceparent: '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01' },
      payload: { list: [1] },
      idempotencyKey: 'k',
      deliveryAttempt: 1,
      expiresAt: undefined,
    })
    expect(others).toContainEqual(
      expect.objectContaining({ messageId: 'n', payload: undefined, idempotencyKey: 'n', expiresAt: '2026-01-01T00:00:01.000Z' }),
    )
    expect(new Set(heard).size).toBe(4)
  })

  test('[D9] a failing message holds back its source and topic, and nothing else', async () => {
    await using under = openLog()
    const heard: string[] = []
    under.log.subscribe({
      name: 's',
      pattern: '**',
      handler: ({ topic, source, payload, deliveryAttempt }) => {
        heard.push(`${source}:${topic}:${payload}:${deliveryAttempt}`)
        if (payload === 1 && deliveryAttempt === 1) throw new Error('not now')
      },
    })
    await under.publish('a', 1)
    await under.publish('a', 2)
    await under.publish('b', 3)
    await under.publish('a', 4, { source: 'other' })
    await until(() => heard.length === 3)
    await settle()
    expect(heard).toEqual(['shop:a:1:1', 'shop:b:3:1', 'other:a:4:1'])
    under.clock.advance(SECOND)
    await until(() => heard.length === 5)
    expect(heard.slice(3)).toEqual(['shop:a:1:2', 'shop:a:2:1'])
  })

  test('[D9] concurrency counts over sources and topics, never two of one', async () => {
    await using under = openLog()
    const running: string[] = []
    const most = { all: 0, same: 0 }
    const gates: (() => void)[] = []
    under.log.subscribe({
      name: 's',
      pattern: '*',
      concurrency: 3,
      async handler({ topic }) {
        running.push(topic)
        most.all = Math.max(most.all, running.length)
        most.same = Math.max(most.same, running.filter((other) => other === topic).length)
        await new Promise<void>((resolve) => gates.push(resolve))
        running.splice(running.indexOf(topic), 1)
      },
    })
    for (let index = 0; index < 20; index++) await under.publish(`t${index % 5}`, index)
    for (let done = 0; done < 20; done++) {
      await until(() => gates.length > 0)
      gates.shift()!()
    }
    await until(() => under.log.stats().subscriptions[0]!.lag === 0)
    expect(most).toEqual({ all: 3, same: 1 })
  })

  test('[D12] with manual acknowledgement only ack settles, and it counts once', async () => {
    await using under = openLog()
    const deliveries: Delivery[] = []
    under.log.subscribe({ name: 's', pattern: 'a', ack: 'manual', handler: (_message, delivery) => void deliveries.push(delivery) })
    await under.publish('a', 1)
    await under.publish('a', 2)
    await until(() => deliveries.length === 1)
    await settle()
    expect(deliveries.length).toBe(1)
    expect([deliveries[0]!.ack(), deliveries[0]!.ack(), deliveries[0]!.nack(), deliveries[0]!.extend(1)]).toEqual([
      true,
      false,
      false,
      false,
    ])
    await until(() => deliveries.length === 2)
    expect(deliveries.map(({ position, attempt }) => [position, attempt])).toEqual([
      [1, 1],
      [2, 1],
    ])
  })

  test('[D12] without acknowledgement a message is done when it is handed over', async () => {
    const store = openStore({ path: ':memory:' })
    const clock = createFakeClock()
    let calls = 0
    {
      await using first = openLog({ store, clock })
      first.log.subscribe({
        name: 's',
        pattern: 'a',
        ack: 'none',
        handler: () => {
          calls++
          return new Promise(() => {})
        },
      })
      await first.publish('a', 1)
      await until(() => calls === 1)
    }
    await using second = openLog({ store, clock })
    second.log.subscribe({ name: 's', pattern: 'a', ack: 'none', handler: () => void calls++ })
    await second.publish('a', 2)
    await until(() => calls === 2)
    await settle()
    expect([calls, second.log.stats().subscriptions[0]!.lag, second.letters.length]).toEqual([2, 0, 0])
  })

  test('[D13] what is not settled in time is given up and delivered again; extend gives more time', async () => {
    await using under = openLog()
    const deliveries: Delivery[] = []
    under.log.subscribe({
      name: 's',
      pattern: 'a',
      visibilityMs: 10 * SECOND,
      handler: (_message, delivery) => {
        deliveries.push(delivery)
        return new Promise(() => {})
      },
    })
    await under.publish('a')
    await until(() => deliveries.length === 1)
    const [first] = deliveries
    const { signal } = first!
    under.clock.advance(9 * SECOND)
    expect(first!.extend(20 * SECOND)).toBe(true)
    under.clock.advance(19 * SECOND)
    expect(signal.aborted).toBe(false)
    under.clock.advance(SECOND)
    expect(signal.aborted).toBe(true)
    expect(first!.ack()).toBe(false)
    await settle()
    under.clock.advance(SECOND)
    await until(() => deliveries.length === 2)
    expect(deliveries[1]!.attempt).toBe(2)
    expect(under.events).toContainEqual(
      expect.objectContaining({ type: 'delivery-failed', error: expect.objectContaining({ code: 'TIMEOUT' }) }),
    )
  })

  test('[D14] deliveries back off 1, 2, 4 s and end as a dead letter that says everything', async () => {
    await using under = openLog()
    const startedAtMs = under.clock.now()
    const atMs: number[] = []
    under.log.subscribe({
      name: 's',
      pattern: 'a/*',
      handler: () => {
        atMs.push(under.clock.now() - startedAtMs)
        throw new SwitchyardError('TIMEOUT', 'the till does not answer')
      },
    })
    await under.publish('a/b', { order: 1 }, { messageId: 'm' })
    for (let attempt = 1; attempt <= 4; attempt++) {
      await until(() => atMs.length === attempt)
      await settle()
      under.clock.advance(SECOND * 2 ** (attempt - 1))
    }
    await until(() => under.letters.length === 1)
    expect(atMs).toEqual([0, 1_000, 3_000, 7_000])
    const error = { code: 'TIMEOUT', message: 'the till does not answer', stackHash: expect.stringMatching(/^[0-9a-f]{16}$/) }
    expect(under.letters[0]).toEqual({
      id: 1,
      reason: 'MAX_DELIVERIES',
      subscription: 's',
      pattern: 'a/*',
      position: 1,
      topic: 'a/b',
      source: 'shop',
      message: expect.objectContaining({ messageId: 'm', payload: { order: 1 }, sequence: 1 }),
      error,
      attempts: atMs.map((ms, index) => ({ attempt: index + 1, startedAtMs: startedAtMs + ms, endedAtMs: startedAtMs + ms, error })),
      firstFailedAtMs: startedAtMs,
      lastFailedAtMs: startedAtMs + 7_000,
    })
    expect(new Set(under.letters[0]!.attempts.map((attempt) => attempt.error.stackHash)).size).toBe(1)
    expect(under.log.deadLetters.inspect(1)).toEqual(under.letters[0])
  })

  test('[D14] nack says when, reject and SCHEMA_INVALID say never', async () => {
    await using under = openLog()
    const heard: string[] = []
    under.log.subscribe({
      name: 's',
      pattern: '*',
      handler: ({ payload }, delivery) => {
        heard.push(`${payload}:${delivery.attempt}`)
        if (payload === 'later' && delivery.attempt === 1) delivery.nack({ delayMs: 5 * SECOND })
        if (payload === 'never') delivery.reject('no such customer')
        if (payload === 'wrong') throw new SwitchyardError('SCHEMA_INVALID', 'total must be a number')
      },
    })
    for (const [topic, payload] of [
      ['a', 'later'],
      ['b', 'never'],
      ['c', 'wrong'],
    ] as const)
      await under.publish(topic, payload)
    await until(() => under.letters.length === 2)
    under.clock.advance(5 * SECOND - 1)
    await settle()
    expect(heard).toEqual(['later:1', 'never:1', 'wrong:1'])
    under.clock.advance(1)
    await until(() => heard.length === 4)
    expect(heard[3]).toBe('later:2')
    expect(under.letters.map(({ reason, error }) => [reason, error.message])).toEqual([
      ['HANDLER_REJECTED', 'no such customer'],
      ['SCHEMA_INVALID', 'total must be a number'],
    ])
  })

  test('[D15] what expires while it waits, at first or between deliveries, is a dead letter and not delivered', async () => {
    await using under = openLog()
    const heard: unknown[] = []
    await under.publish('a', 'too late', { expiresAtMs: under.clock.now() + SECOND })
    await under.publish('b', 'fails first', { expiresAtMs: under.clock.now() + 3 * SECOND })
    under.clock.advance(2 * SECOND)
    under.log.subscribe({
      name: 's',
      pattern: '*',
      from: 'start',
      handler: ({ payload }) => {
        heard.push(payload)
        throw new Error('not now')
      },
    })
    await until(() => under.letters.length === 1 && heard.length === 1)
    await settle()
    under.clock.advance(SECOND)
    await until(() => under.letters.length === 2)
    expect(heard).toEqual(['fails first'])
    expect(under.letters.map(({ reason, message, attempts }) => [reason, message.payload, attempts.length])).toEqual([
      ['EXPIRED', 'too late', 0],
      ['EXPIRED', 'fails first', 1],
    ])
  })

  test('[D16] what is directed to another receiver, or refused by the filter, is not delivered', async () => {
    await using under = openLog()
    const heard: unknown[] = []
    under.log.subscribe({
      name: 's',
      pattern: '*',
      receiver: 'till',
      filter: ({ payload }) => payload !== 'dull',
      handler: ({ payload }) => heard.push(payload),
    })
    await under.publish('a', 'for us', { destination: 'till' })
    await under.publish('a', 'for others', { destination: 'stock' })
    await under.publish('a', 'dull')
    await under.publish('a', 'for all')
    await until(() => heard.length === 2)
    await until(() => under.log.stats().subscriptions[0]!.lag === 0)
    expect(heard).toEqual(['for us', 'for all'])
  })

  test('[D17] a wall clock that jumps in both directions neither loses nor hurries a delivery', async () => {
    await using under = openLog({ rules: [{ topics: '**', retainMs: DAY }] })
    const heard: string[] = []
    under.log.subscribe({
      name: 's',
      pattern: '*',
      handler: ({ payload, deliveryAttempt }) => {
        heard.push(`${payload}:${deliveryAttempt}`)
        if (deliveryAttempt < 3) throw new Error('not now')
      },
    })
    await under.publish('a', 1)
    await until(() => heard.length === 1)
    await settle()
    under.clock.jump(365 * DAY)
    await under.log.prune()
    under.clock.advance(999)
    await settle()
    expect(heard).toEqual(['1:1'])
    under.clock.advance(1)
    await until(() => heard.length === 2)
    await settle()
    under.clock.jump(-730 * DAY)
    under.clock.advance(2 * SECOND)
    await until(() => heard.length === 3)
    await settle()
    expect(under.events.filter(({ type }) => type === 'subscription-lost')).toEqual([])
    await under.log.prune()
    expect(under.log.stats()).toMatchObject({ messages: 1, subscriptions: [{ lag: 0, owner: 'here' }] })
  })

  test('[D17] a wait that an earlier owner noted is not made longer by a clock that was set back', async () => {
    const store = openStore({ path: ':memory:' })
    const clock = createFakeClock()
    const heard: number[] = []
    const handler = (_message: unknown, { attempt }: Delivery): void => {
      heard.push(attempt)
      if (attempt === 1) throw new Error('not now')
    }
    {
      await using first = openLog({ store, clock })
      first.log.subscribe({ name: 's', pattern: 'a', handler })
      await first.publish('a')
      await until(() => heard.length === 1)
      await settle()
    }
    clock.jump(-DAY)
    await using second = openLog({ store, clock })
    await second.log.subscribe({ name: 's', pattern: 'a', handler }).ready()
    await settle()
    clock.advance(999)
    await settle()
    expect(heard).toEqual([1])
    clock.advance(1)
    await until(() => heard.length === 2)
    expect(heard).toEqual([1, 2])
  })

  test('[D18] messages of a log that wakes nobody are found at the next poll, and at once with a wake', async () => {
    const store = openStore({ path: ':memory:' })
    const clock = createFakeClock()
    let announced = 0
    await using listener = openLog({ store, clock })
    await using publisher = openLog({ store, clock, announce: () => void announced++ })
    const heard: unknown[] = []
    await listener.log.subscribe({ name: 's', pattern: 'a', handler: ({ payload }) => heard.push(payload) }).ready()
    await publisher.publish('a', 1)
    await settle()
    expect([heard, announced]).toEqual([[], 1])
    clock.advance(250)
    await until(() => heard.length === 1)
    await publisher.publish('a', 2)
    listener.log.wake()
    await until(() => heard.length === 2)
    expect(heard).toEqual([1, 2])
  })

  test('[D6] two logs of one name: one is delivered to, the other takes over when it closes', async () => {
    const store = openStore({ path: ':memory:' })
    const clock = createFakeClock()
    await using first = openLog({ store, clock })
    await using second = openLog({ store, clock })
    const heard: string[] = []
    await first.log.subscribe({ name: 's', pattern: 'a', handler: ({ payload }) => heard.push(`first ${payload}`) }).ready()
    const standby = second.log.subscribe({ name: 's', pattern: 'a', handler: ({ payload }) => heard.push(`second ${payload}`) })
    for (let index = 0; index < 40; index++) {
      clock.advance(250)
      await settle()
    }
    await first.publish('a', 1)
    await second.publish('a', 2)
    clock.advance(250)
    await until(() => heard.length === 2)
    expect([standby.owner, first.log.stats().subscriptions[0]!.owner, second.log.stats().subscriptions[0]!.owner]).toEqual([
      false,
      'here',
      'elsewhere',
    ])
    await first.log.close()
    clock.advance(250)
    await standby.ready()
    await second.publish('a', 3)
    await until(() => heard.length === 3)
    expect(heard).toEqual(['first 1', 'first 2', 'second 3'])
  })

  test('[D6] [D7] an owner that shows no sign of life for the lease time is replaced, and can settle nothing any more', async () => {
    const store = openStore({ path: ':memory:' })
    const frozenClock = createFakeClock()
    const clock = createFakeClock()
    await using frozen = openLog({ store, clock: frozenClock })
    await using second = openLog({ store, clock })
    const frozenDeliveries: Delivery[] = []
    const heard: string[] = []
    const hold = (_message: unknown, delivery: Delivery): Promise<never> => {
      frozenDeliveries.push(delivery)
      return new Promise(() => {})
    }
    await frozen.log.subscribe({ name: 's', pattern: 'a', handler: hold }).ready()
    await frozen.publish('a', 1)
    await until(() => frozenDeliveries.length === 1)
    const { signal } = frozenDeliveries[0]!
    const standby = second.log.subscribe({
      name: 's',
      pattern: 'a',
      handler: ({ payload }, { attempt }) => heard.push(`${payload}:${attempt}`),
    })
    clock.jump(DAY)
    clock.advance(2_900)
    await settle()
    expect(standby.owner).toBe(false)
    clock.advance(350)
    await until(() => heard.length === 1)
    expect(heard).toEqual(['1:2'])
    expect(frozenDeliveries[0]!.ack()).toBe(true)
    await until(() => frozen.events.some(({ type }) => type === 'subscription-lost'))
    await frozen.publish('a', 2)
    await settle()
    expect(frozenDeliveries.length).toBe(1)
    expect(signal.aborted).toBe(false)
    clock.advance(250)
    await until(() => heard.length === 2)
    expect(heard).toEqual(['1:2', '2:1'])
  })

  test('[D10] a delivery cut short by its process counts as an attempt, so that a message that kills cannot kill for ever', async () => {
    const store = openStore({ path: ':memory:' })
    const clock = createFakeClock()
    const attempts: number[] = []
    await using publisher = openLog({ store, clock })
    await publisher.publish('a', 'deadly')
    for (let life = 1; life <= 3; life++) {
      // Never closed: it ends like a killed process, without a word.
      const victim = openLog({ store, clock: createFakeClock() })
      const handler = (_message: unknown, { attempt }: Delivery): Promise<never> => {
        attempts.push(attempt)
        return new Promise(() => {})
      }
      victim.log.subscribe({ name: 's', pattern: 'a', from: 'start', maxDeliveries: 2, handler })
      await settle()
      victim.clock.advance(10)
      for (let step = 0; step < 14; step++) {
        victim.clock.advance(250)
        await settle()
      }
      if (life === 3) {
        await until(() => victim.letters.length === 1)
        expect(victim.letters[0]).toMatchObject({ reason: 'MAX_DELIVERIES', error: { code: 'OWNER_LOST' } })
      }
    }
    expect(attempts).toEqual([1, 2])
  })

  test('[D27] while the store refuses, nothing is lost and nothing is delivered; then it goes on', async () => {
    const store = openStore({ path: ':memory:' })
    let isFull = false
    const full = new SwitchyardError('STORE_FULL', 'full')
    await using under = openLog({
      store: { ...store, commit: (work, options) => (isFull && !options?.durable ? Promise.reject(full) : store.commit(work, options)) },
    })
    const heard: unknown[] = []
    await under.log.subscribe({ name: 's', pattern: 'a', handler: ({ payload }) => heard.push(payload) }).ready()
    isFull = true
    await under.publish('a', 1)
    await settle()
    expect(heard).toEqual([])
    expect(under.events).toContainEqual({ type: 'store-failed', error: full })
    isFull = false
    under.clock.advance(250)
    await until(() => heard.length === 1)
    await under.publish('a', 2)
    await until(() => under.log.stats().subscriptions[0]!.lag === 0)
    expect(heard).toEqual([1, 2])
  })

  test.each([{ name: '' }, { pattern: 'a/b*' }, { concurrency: 0 }, { maxDeliveries: 1.5 }, { visibilityMs: 0 }])(
    'subscribe() refuses %o',
    async (wrong) => {
      await using under = openLog()
      expect(() => under.log.subscribe({ name: 's', pattern: 'a', handler: () => {}, ...wrong })).toThrow(RangeError)
      expect(under.log.stats().subscriptions).toEqual([])
    },
  )

  test('createDurableLog() refuses a rule without a pattern', () => {
    expect(() => openLog({ rules: [{ topics: 'a/*b' }] })).toThrow(RangeError)
  })

  test('a second subscription of a name in one log is refused until the first is closed', async () => {
    await using under = openLog()
    const options = { name: 's', pattern: 'a', handler: () => {} }
    const first = under.log.subscribe(options)
    expect(() => under.log.subscribe(options)).toThrowError(expect.objectContaining({ code: 'DUPLICATE_SUBSCRIPTION' }))
    await first.close()
    await under.log.subscribe(options).ready()
  })
})

describe('close', () => {
  test('[D26] lets handlers finish, takes nothing new, and leaves no timer', async () => {
    const under = openLog()
    const heard: unknown[] = []
    const gate = Promise.withResolvers<void>()
    under.log.subscribe({
      name: 's',
      pattern: '*',
      async handler({ payload }) {
        heard.push(payload)
        await gate.promise
      },
    })
    await under.publish('a', 1)
    await under.publish('a', 2)
    await until(() => heard.length === 1)
    const closed = under.log.close()
    await settle()
    expect(await codeOf(under.publish('a', 3))).toBe('BUS_CLOSED')
    gate.resolve()
    await closed
    expect([heard, under.clock.pending]).toEqual([[1], 0])
    expect(under.log.stats().subscriptions).toEqual([{ name: 's', pattern: '*', owner: 'none', lowWater: 1, lag: 1, oldestMs: 0 }])
  })

  test('[D26] aborts handlers that do not finish in time', async () => {
    const under = openLog()
    let signal: AbortSignal | undefined
    under.log.subscribe({
      name: 's',
      pattern: '*',
      handler: (_message, delivery) => {
        signal = delivery.signal
        return new Promise(() => {})
      },
    })
    await under.publish('a', 1)
    await until(() => signal !== undefined)
    const closed = under.log.close(SECOND)
    await settle()
    expect(signal!.aborted).toBe(false)
    under.clock.advance(SECOND)
    await closed
    expect([signal!.aborted, under.clock.pending]).toEqual([true, 0])
  })

  test('[D26] what was handed over before is still written', async () => {
    const under = openLog()
    const appended = under.publish('a', 1)
    await under.log.close()
    expect(await appended).toEqual({ position: 1, sequence: 1 })
  })
})
