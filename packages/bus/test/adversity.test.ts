import { createFakeClock } from '@switchyard/contracts/testing'
import { openStore } from '@switchyard/store'
import { afterEach, describe, expect, it } from 'vitest'
import type { Bus, BusOptions, SubscribeOptions } from '../src/index.ts'
import { createBus, createMemoryNetwork, type Link } from '../src/index.ts'

const open: Bus[] = []
afterEach(async () => {
  for (const bus of open.splice(0)) await bus.close()
})

function start(options: BusOptions = {}): Bus {
  const bus = createBus(options)
  open.push(bus)
  return bus
}

const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve))
const codeOf = (promise: Promise<unknown>): Promise<unknown> =>
  promise.then(
    (value) => value,
    (error: { code?: string }) => error.code ?? error,
  )
const revoked = (): object => {
  const { proxy, revoke } = Proxy.revocable({}, {})
  revoke()
  return proxy
}

describe('calls under adversity', () => {
  it('[F3] survives a handler that throws what cannot be looked at', async () => {
    const bus = start()
    const ops = bus.connect('ops')
    ops.serve('ops.async', async () => {
      throw revoked()
    })
    ops.serve('ops.sync', () => {
      throw revoked()
    })
    ops.serve('ops.value', () => revoked())
    for (const method of ['ops.async', 'ops.sync', 'ops.value']) expect(await codeOf(ops.call(method))).toBe('HANDLER_ERROR')
    expect(bus.snapshot()).toMatchObject({ serving: 0, pending: 0 })
  })

  it('a request says when it was made, however long no message was published', async () => {
    const clock = createFakeClock()
    const ops = start({ clock }).connect('ops')
    ops.respond('time', (_payload, message) => message.timestamp)
    const first = await ops.request('time')
    clock.advance(3_600_000)
    expect(Date.parse(String(await ops.request('time'))) - Date.parse(String(first))).toBe(3_600_000)
  })
})

describe('messages under adversity', () => {
  it.each<SubscribeOptions>([
    { concurrency: 0 },
    { concurrency: Number.NaN },
    { timeoutMs: Number.NaN },
    { timeoutMs: -1 },
    { priorityAgeingMs: 0 },
    { queue: { maxCount: 0 } },
    { queue: { maxBytes: Number.NaN } },
    { queue: { overflow: 'ignore' as 'reject' } },
    { filter: 'all' as unknown as () => boolean },
  ])('subscribe() refuses options under which nothing would be delivered as it should: %o', (options) => {
    const ops = start().connect('ops')
    expect(() => ops.subscribe('a', () => {}, options)).toThrow(expect.objectContaining({ code: 'VALIDATION' }))
  })

  it('[F1] lets go of publishers that wait for the event loop when the bus closes', async () => {
    const bus = createBus()
    const ops = bus.connect('ops')
    ops.subscribe('a', () => {})
    const usual = ops.publish('nobody/listens')
    let last = ops.publish('a')
    while (last === usual) {
      await last
      last = ops.publish('a')
    }
    await bus.close()
    expect(await codeOf(last)).toBe(undefined)
  })

  it('[P14] delivers to thousands of subscriptions while some close and others begin', async () => {
    const ops = start().connect('ops')
    const heard: number[] = []
    const subscriptions = Array.from({ length: 3_000 }, (_, index) =>
      ops.subscribe('a/**', () => {
        heard.push(index)
        if (index === 10) void subscriptions[2_000]!.close()
        if (index === 11) ops.subscribe('a/*', () => void heard.push(-1))
        if (index === 12) void subscriptions[12]!.close()
      }),
    )
    await ops.publish('a/b')
    await turn()
    expect(heard).toHaveLength(2_999)
    expect(heard).not.toContain(2_000)
    expect(heard).not.toContain(-1)
  })

  it('[B13] gives nobody the name in which the bus itself speaks', () => {
    expect(() => start().connect('bus')).toThrow(expect.objectContaining({ code: 'VALIDATION' }))
  })

  it('[P11] means the same to those who listen here and elsewhere, names of the machine included', async () => {
    const network = createMemoryNetwork()
    const here = start({ link: network.createLink() })
    const there = start({ link: network.createLink() })
    const heard: unknown[] = []
    here.connect('near').subscribe('a', (payload) => void heard.push(payload))
    there.connect('far').subscribe('a', (payload) => void heard.push(payload))
    await Promise.all([here.ready(), there.ready()])
    const payloads = [
      JSON.parse('{"__proto__":{"a":1},"constructor":{"b":2},"toString":3}'),
      '\ud800',
      [[], {}],
      Object.create(null),
      null,
      false,
    ]
    for (const payload of payloads) {
      await here.connect('ops').publish('a', payload)
      await turn()
      expect(heard.splice(0).map((value) => JSON.stringify(value))).toEqual([JSON.stringify(payload), JSON.stringify(payload)])
    }
    const refused = [
      1n,
      Symbol('a'),
      () => 1,
      Number.NaN,
      new Array(2),
      new Date(0),
      new Map(),
      Buffer.from('a'),
      Promise.resolve(1),
      new Error('a'),
    ]
    for (const payload of refused) expect(await codeOf(here.connect('ops').publish('a', { payload }))).toBe('VALIDATION')
  })

  it('[D14] buries a durable message whose handler throws what cannot be looked at', async () => {
    const store = openStore({ path: ':memory:' })
    const bus = createBus({ store, durable: [{ topics: 'kept/**' }] })
    const ops = bus.connect('ops')
    const buried = new Promise((resolve) => bus.on('dead-letter', resolve))
    ops.subscribe(
      'kept/*',
      async () => {
        throw revoked()
      },
      { name: 'a', from: 'start', maxDeliveries: 1 },
    )
    await ops.publish('kept/a', 1)
    expect(await buried).toMatchObject({ reason: 'MAX_DELIVERIES', error: { code: 'HANDLER_ERROR' } })
    await bus.close()
    store.close()
  })
})

describe('a link under adversity', () => {
  async function withPeer(answer: (link: Link, subject: string) => { kind: 'reply' | 'failure' | 'chunk'; payload: unknown }) {
    const network = createMemoryNetwork()
    const peer = network.createLink()
    const bus = start({ link: network.createLink() })
    await bus.ready()
    await peer.open({
      receive(frame) {
        if (frame.kind === 'request') peer.send({ ...frame, ...answer(peer, frame.subject), source: 'evil', subject: '', meta: undefined })
      },
      lost() {},
    })
    await peer.attach('evil', { publish: ['**'], hear: ['**'], call: ['*'] })
    return { bus, peer }
  }

  it('[R2] ends a call whose answer breaks the rules, and nothing else', async () => {
    let deep: unknown = 1
    for (let depth = 0; depth < 100; depth++) deep = [deep]
    const { bus, peer } = await withPeer((_link, subject) => ({
      kind: subject === 'evil.chunk' || subject === 'evil.chunks' ? 'chunk' : subject === 'evil.null' ? 'failure' : 'reply',
      payload: subject === 'evil.chunk' ? 1 : subject === 'evil.null' ? null : deep,
    }))
    for (const name of ['deep', 'null', 'chunk', 'chunks']) peer.listen('evil', 'request', `evil.${name}`)
    const caller = bus.connect('caller')
    for (const name of ['deep', 'null', 'chunk']) expect(await codeOf(caller.call(`evil.${name}`)), name).toBe('HANDLER_ERROR')
    expect(await codeOf(caller.stream('evil.chunks').next())).toBe('HANDLER_ERROR')
    expect(bus.snapshot().pending).toBe(0)
  })
})
