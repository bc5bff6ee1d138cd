import { isTopic } from '@switchyard/contracts'
import { createFakeClock } from '@switchyard/contracts/testing'
import fc from 'fast-check'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { Bus, BusClient } from './api.ts'
import { createBus } from './bus.ts'
import { hashTopic } from './route.ts'

let bus: Bus
let ops: BusClient
let deploy: BusClient
beforeEach(() => {
  bus = createBus()
  ops = bus.connect('ops')
  deploy = bus.connect('deploy')
})
afterEach(() => bus.close())

const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve))
const codeOf = (promise: Promise<unknown>): Promise<unknown> =>
  promise.then(
    () => 'resolved',
    (error: { code?: string }) => error.code,
  )

describe('publish() and subscribe()', () => {
  it('[P1] keeps the order of one source, topic and priority for every subscriber, fast or slow, many at once or one by one', async () => {
    const plan = fc.array(
      fc.record({
        source: fc.constantFrom('ops', 'deploy'),
        topic: fc.constantFrom('a', 'b'),
        priority: fc.constantFrom(3, 5, 9),
        waits: fc.boolean(),
      }),
      { maxLength: 40 },
    )
    await fc.assert(
      fc.asyncProperty(plan, fc.constantFrom<1 | 3>(1, 3), async (messages, maxCount) => {
        const own = createBus()
        const heard: Record<string, Record<string, number[]>> = { slow: {}, fast: {}, small: {} }
        const note = (who: string, source: string, topic: string, priority: number, sequence: number): void => {
          const line = heard[who]!
          const key = `${source} ${topic} ${priority}`
          line[key] ??= []
          line[key].push(sequence)
        }
        const listener = own.connect('listener')
        listener.subscribe('*', async (_payload, { source, topic, priority, sequence }) => {
          note('slow', source, topic, priority, sequence)
          await Promise.resolve()
        })
        listener.subscribe('*', (_payload, { source, topic, priority, sequence }) => note('fast', source, topic, priority, sequence))
        listener.subscribe(
          '*',
          async (_payload, { source, topic, priority, sequence }) => {
            note('small', source, topic, priority, sequence)
            await Promise.resolve()
          },
          { queue: { maxCount } },
        )
        const clients = { ops: own.connect('ops'), deploy: own.connect('deploy') }
        const sent: Promise<void>[] = []
        for (const { source, topic, priority, waits } of messages) {
          const published = clients[source as 'ops' | 'deploy'].publish(topic, null, { priority })
          sent.push(published)
          if (waits) await Promise.resolve()
        }
        await Promise.all(sent)
        await turn()
        for (const line of Object.values(heard)) {
          let total = 0
          for (const sequences of Object.values(line)) {
            total += sequences.length
            expect(sequences).toEqual([...sequences].sort((a, b) => a - b))
          }
          expect(total).toBe(messages.length)
        }
        await own.close()
      }),
      { numRuns: 150 },
    )
  })

  it('[P2] numbers the messages of a source on a topic from 1', async () => {
    const heard: unknown[] = []
    deploy.subscribe('*', (_payload, { source, topic, sequence }) => void heard.push([source, topic, sequence]))
    for (const topic of ['a', 'b', 'a']) await ops.publish(topic)
    await deploy.publish('a')
    const second = bus.connect('ops')
    await second.publish('a')
    await turn()
    expect(heard).toEqual([
      ['ops', 'a', 1],
      ['ops', 'b', 1],
      ['ops', 'a', 2],
      ['deploy', 'a', 1],
      ['ops', 'a', 3],
    ])
  })

  it('[P3] never numbers two messages alike, however many topics there are', async () => {
    const heard: number[] = []
    deploy.subscribe('again', (_payload, { sequence }) => void heard.push(sequence))
    for (let round = 0; round < 4; round++) {
      await ops.publish('again')
      for (let index = 0; index < 3_000; index++) await ops.publish(`topic/${round}/${index}`)
    }
    expect(heard).toEqual([...new Set(heard)].sort((a, b) => a - b))
    expect(heard).toHaveLength(4)
  })

  it('[P4] drops the oldest of the lowest priority when told to, and counts it', async () => {
    const heard: unknown[] = []
    const gate = Promise.withResolvers<void>()
    const dropped: unknown[] = []
    bus.on('dropped', (event) => void dropped.push(event))
    const subscription = deploy.subscribe(
      'a',
      (payload) => {
        heard.push(payload)
        return heard.length === 1 ? gate.promise : undefined
      },
      { queue: { maxCount: 2, overflow: 'drop-oldest' } },
    )
    await ops.publish('a', 'running')
    await turn()
    for (const [payload, priority] of [
      ['old', 5],
      ['urgent', 9],
      ['new', 5],
      ['newest', 5],
    ] as const) {
      await ops.publish('a', payload, { priority })
    }
    gate.resolve()
    await turn()
    expect(heard).toEqual(['running', 'urgent', 'newest'])
    expect(subscription.stats()).toMatchObject({ delivered: 3, dropped: 2 })
    expect(dropped).toEqual([
      { reason: 'overflow', topic: 'a', source: 'ops', identity: 'deploy' },
      { reason: 'overflow', topic: 'a', source: 'ops', identity: 'deploy' },
    ])
  })

  it('[P5] tells the publisher of a refusal, and delivers to those who had room', async () => {
    const heard: unknown[] = []
    deploy.subscribe('a', () => new Promise(() => {}), { queue: { maxCount: 1, overflow: 'reject' } })
    deploy.subscribe('a', (payload) => void heard.push(payload))
    await ops.publish('a', 1)
    await turn()
    await ops.publish('a', 2)
    expect(await codeOf(ops.publish('a', 3))).toBe('QUEUE_FULL')
    await turn()
    expect(heard).toEqual([1, 2, 3])
  })

  it('[P6] bounds a queue by bytes too', async () => {
    deploy.subscribe('a', () => new Promise(() => {}), { queue: { maxBytes: 1_000, overflow: 'reject' } })
    await ops.publish('a', 'x'.repeat(600))
    await turn()
    expect(await codeOf(ops.publish('a', 'x'.repeat(600)))).toBe('resolved')
    expect(await codeOf(ops.publish('a', 'x'.repeat(600)))).toBe('QUEUE_FULL')
    expect(await codeOf(ops.publish('a', 'x'))).toBe('resolved')
  })

  it('[P7] lets a publisher wait for room at most 30 seconds, and a message no longer than its time to live', async () => {
    const clock = createFakeClock()
    const timed = createBus({ clock })
    const client = timed.connect('ops')
    client.subscribe('a', () => new Promise(() => {}), { queue: { maxCount: 1 }, timeoutMs: Number.POSITIVE_INFINITY })
    for (const payload of [1, 2]) {
      await client.publish('a', payload)
      await turn()
    }
    const patient = codeOf(client.publish('a', 3))
    const hasty = codeOf(client.publish('a', 4, { ttlMs: 500 }))
    clock.advance(600)
    expect(await hasty).toBe('QUEUE_FULL')
    clock.advance(29_000)
    expect(timed.snapshot().subscriptions[0]).toMatchObject({ waiting: 3 })
    clock.advance(1_000)
    expect(await patient).toBe('QUEUE_FULL')
    await timed.close()
  })

  it('[P8] gives up on a handler that never settles, aborts its signal, and goes on with the next message', async () => {
    const clock = createFakeClock()
    const timed = createBus({ clock })
    const client = timed.connect('ops')
    const heard: unknown[] = []
    let signal: AbortSignal | undefined
    client.subscribe(
      'a',
      (payload, _message, context) => {
        heard.push(payload)
        if (payload === 1) {
          signal = context.signal
          return new Promise(() => {})
        }
        return undefined
      },
      { timeoutMs: 1_000 },
    )
    await client.publish('a', 1)
    await client.publish('a', 2)
    await turn()
    expect(heard).toEqual([1])
    clock.advance(1_004)
    await turn()
    expect(heard).toEqual([1, 2])
    expect(signal?.aborted).toBe(true)
    expect(timed.snapshot().handlersFailed).toBe(1)
    await timed.close()
  })

  it('[P9] runs as many handlers at once as it is told', async () => {
    let running = 0
    let most = 0
    deploy.subscribe(
      'a',
      async () => {
        most = Math.max(most, ++running)
        await turn()
        running--
      },
      { concurrency: 3 },
    )
    for (let index = 0; index < 10; index++) await ops.publish('a')
    for (let round = 0; round < 10; round++) await turn()
    expect(most).toBe(3)
    expect(bus.snapshot().delivered).toBe(10)
  })

  it('[P10] gives the event loop its turn while handlers publish without end', async () => {
    let published = 0
    let isOver = false
    deploy.subscribe('again', (_payload, _message, context) => {
      published++
      if (!isOver) void context.publish('again')
    })
    await ops.publish('again')
    await turn()
    await turn()
    isOver = true
    expect(published).toBeGreaterThan(100)
    await turn()
  })

  it('[P11] refuses what JSON cannot carry, cycles and depth, and freezes the rest all through', async () => {
    const cyclic: Record<string, unknown> = { name: 'x' }
    cyclic.self = cyclic
    let deep: unknown = 1
    for (let level = 0; level < 65; level++) deep = [deep]
    class Money {}
    const refused = [
      cyclic,
      deep,
      new Money(),
      new Map(),
      new Date(),
      () => 1,
      1n,
      Symbol('x'),
      Number.NaN,
      [undefined],
      { a: { b: new Set() } },
    ]
    for (const payload of refused) expect(await codeOf(ops.publish('a', payload))).toBe('VALIDATION')
    const shared = [1]
    const doubled = Array.from({ length: 40 }).reduce<unknown>((inner) => [inner, inner], 1)
    expect(await codeOf(ops.publish('a', { one: shared, two: shared, none: undefined, nothing: null }))).toBe('resolved')
    expect(Object.isFrozen(shared)).toBe(true)
    expect(await codeOf(ops.publish('a', doubled))).toBe('PAYLOAD_TOO_LARGE')
    expect(await codeOf(ops.publish('a', JSON.parse('{"__proto__": {"polluted": true}, "constructor": 1}')))).toBe('resolved')
    expect(({} as { polluted?: boolean }).polluted).toBeUndefined()
  })

  it('[P12] measures what may be too large exactly', async () => {
    const small = createBus({ maxMessageBytes: 100 })
    const client = small.connect('ops')
    expect(await codeOf(client.publish('a', 'x'.repeat(98)))).toBe('resolved')
    expect(await codeOf(client.publish('a', 'x'.repeat(99)))).toBe('PAYLOAD_TOO_LARGE')
    expect(await codeOf(client.publish('a', 'ü'.repeat(49)))).toBe('resolved')
    expect(await codeOf(client.publish('a', 'ü'.repeat(50)))).toBe('PAYLOAD_TOO_LARGE')
    await small.close()
  })

  it('[P13] holds a grant, and leaves what it refuses without effect', async () => {
    const guest = bus.connect('guest', { grant: { publish: ['guest/**'], hear: ['news/*'], call: ['ops.look', 'deploy.*'] } })
    ops.serve('ops.look', () => 1)
    ops.serve('ops.break', () => 1)
    ops.respond('guest/ask', () => 2)
    ops.respond('ops/ask', () => 3)
    expect(await codeOf(guest.publish('guest/a'))).toBe('resolved')
    expect(await codeOf(guest.publish('news/a'))).toBe('FORBIDDEN')
    expect(() => guest.subscribe('news/*', () => {})).not.toThrow()
    expect(() => guest.subscribe('**', () => {})).toThrow(/grant/)
    expect(() => guest.respond('ops/ask', () => 1)).toThrow(/grant/)
    expect(() => guest.serve('ops.other', () => 1)).toThrow(/grant/)
    expect(await guest.call('ops.look')).toBe(1)
    expect(await codeOf(guest.call('ops.break'))).toBe('FORBIDDEN')
    expect(await codeOf(guest.stream('ops.break').next())).toBe('FORBIDDEN')
    expect(await guest.request('guest/ask')).toBe(2)
    expect(await codeOf(guest.request('ops/ask'))).toBe('FORBIDDEN')
  })

  it('[P14] does not deliver what was published before a subscription, nor after its end', async () => {
    const heard: unknown[] = []
    void ops.publish('a', 'before')
    const subscription = deploy.subscribe('a', (payload) => void heard.push(payload))
    void ops.publish('a', 'between')
    await turn()
    void ops.publish('a', 'after')
    await subscription.close()
    await turn()
    expect(heard).toEqual(['between'])
  })

  it('[P15] knows a topic by the same rule as everybody', () => {
    fc.assert(
      fc.property(fc.string({ unit: fc.constantFrom('a', '/', '*', ' ', 'é', '\u007f'), maxLength: 8 }), (text) => {
        expect(hashTopic(text) >= 0).toBe(isTopic(text))
      }),
      { numRuns: 1_000 },
    )
    expect(hashTopic('a'.repeat(512)) >= 0).toBe(true)
    expect(hashTopic('a'.repeat(513))).toBe(-1)
  })

  it('[P16] ages what waits, so that a flood of urgent messages starves nobody', async () => {
    const clock = createFakeClock()
    const timed = createBus({ clock })
    const client = timed.connect('ops')
    const heard: string[] = []
    let release = (): void => {}
    client.subscribe('a', (payload) => {
      heard.push(String(payload))
      return new Promise<void>((resolve) => {
        release = resolve
      })
    })
    await client.publish('a', 'first')
    await turn()
    await client.publish('a', 'patient', { priority: 1 })
    for (let second = 0; second < 12; second++) {
      await client.publish('a', `urgent ${second}`, { priority: 10 })
      await client.publish('a', `urgent ${second}`, { priority: 10 })
      clock.advance(1_000)
      release()
      await turn()
    }
    expect(heard.indexOf('patient')).toBeGreaterThan(5)
    await timed.close()
  })
})
