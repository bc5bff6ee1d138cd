import { mkdtempSync, rmSync } from 'node:fs'
import { SwitchyardError } from '@switchyard/contracts'
import { createFakeClock } from '@switchyard/contracts/testing'
import { openStore } from '@switchyard/store'
import { afterEach, describe, expect, it } from 'vitest'
import type { Bus, BusOptions, StreamOptions, SubscribeOptions } from '../src/index.ts'
import { createBus, createHubLink, createMemoryNetwork, type Link } from '../src/index.ts'

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
  it.each([undefined, () => ({})])('[C2] ends a call whose caller gives up while the handler has not returned yet', async (guard) => {
    const bus = start(guard === undefined ? {} : { guard })
    const giveUp = new AbortController()
    let isTold = false
    bus.connect('ops').serve('ops.wait', (_input, { signal }) => {
      signal.addEventListener('abort', () => (isTold = true))
      giveUp.abort()
      return new Promise(() => {})
    })
    expect(await codeOf(bus.connect('caller').call('ops.wait', {}, { signal: giveUp.signal }))).toBe('CANCELLED')
    expect(isTold).toBe(true)
    expect(bus.snapshot().pending).toBe(0)
  })

  it('[C18] takes no time limit that is not a number, and ends at once with one that is over', async () => {
    const bus = start()
    let runs = 0
    const ops = bus.connect('ops')
    ops.serve('ops.never', () => {
      runs++
      return new Promise(() => {})
    })
    ops.serve('ops.nested', (_input, context) => codeOf(context.call('ops.never', {}, { timeoutMs: -1 })))
    for (const timeoutMs of [Number.NaN, '50' as unknown as number]) {
      expect(await codeOf(ops.call('ops.never', {}, { timeoutMs }))).toBe('VALIDATION')
      expect(await codeOf(ops.request('a', {}, { timeoutMs }))).toBe('VALIDATION')
      expect(await codeOf(ops.stream('ops.never', {}, { timeoutMs }).next())).toBe('VALIDATION')
    }
    for (const timeoutMs of [0, -1, Number.NEGATIVE_INFINITY])
      expect(await codeOf(ops.call('ops.never', {}, { timeoutMs }))).toBe('TIMEOUT')
    expect(await ops.call('ops.nested')).toBe('TIMEOUT')
    expect(runs).toBe(0)
  })

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

  it('[C19] refuses a bad result for a key as without one, with a store and without, and parses a result once', async () => {
    for (const durable of [false, true]) {
      const store = openStore({ path: ':memory:' })
      const bus = createBus(durable ? { store, durable: [{ topics: 'kept/**' }] } : {})
      const ops = bus.connect('ops')
      ops.serve('ops.map', () => new Map([[1, 2]]))
      ops.serve('ops.values', async function* () {
        yield 1
      })
      ops.serve('ops.price', () => 5, { output: (value) => `${String(value)} EUR` })
      for (let again = 0; again < 2; again++) {
        expect(await codeOf(ops.call('ops.map', {}, { idempotencyKey: 'a' }))).toBe('HANDLER_ERROR')
        expect(await codeOf(ops.call('ops.values', {}, { idempotencyKey: 'b' }))).toBe('VALIDATION')
        expect(await ops.call('ops.price', {}, { idempotencyKey: 'c' })).toBe('5 EUR')
      }
      expect(bus.snapshot().serving).toBe(0)
      await bus.close()
      store.close()
    }
  })

  it('[C20] gives nobody the result that another caller’s key keeps', async () => {
    for (const durable of [false, true]) {
      const store = openStore({ path: ':memory:' })
      const bus = createBus(durable ? { store, durable: [{ topics: 'kept/**' }] } : {})
      const [ops, alice, mallory] = ['ops', 'alice', 'mallory'].map((name) => bus.connect(name))
      ops!.serve('ops.secret', (_input, { source }) => `for ${source}`)
      for (let again = 0; again < 2; again++) {
        expect(await alice!.call('ops.secret', {}, { idempotencyKey: 'k' })).toBe('for alice')
        expect(await mallory!.call('ops.secret', {}, { idempotencyKey: 'k' })).toBe('for mallory')
      }
      await bus.close()
      store.close()
    }
  })

  it('[C18] takes no idempotency key that is empty or no text, as all such calls would share one result', async () => {
    const ops = start().connect('ops')
    ops.serve('ops.one', () => 1)
    for (const idempotencyKey of ['', 5 as unknown as string]) {
      expect(await codeOf(ops.call('ops.one', {}, { idempotencyKey }))).toBe('VALIDATION')
      expect(await codeOf(ops.publish('a', {}, { idempotencyKey }))).toBe('VALIDATION')
    }
  })

  it('[C9] shows all progress before the end, however little time there was between', async () => {
    const folder = mkdtempSync('/tmp/switchyard-bus-')
    const here = start({ link: createHubLink({ folder }) })
    const there = start({ link: createHubLink({ folder }) })
    const ops = there.connect('ops')
    ops.serve('ops.steps', (_input, context) => {
      for (let step = 1; step <= 100; step++) context.progress(step)
      return 'done'
    })
    await Promise.all([here.ready(), there.ready()])
    for (const caller of [ops, here.connect('caller')]) {
      const seen: unknown[] = []
      seen.push(await caller.call('ops.steps', {}, { onProgress: (step) => void seen.push(step) }))
      expect(seen).toEqual([...Array.from({ length: 100 }, (_, index) => index + 1), 'done'])
    }
    await Promise.all([here.close(), there.close()])
    rmSync(folder, { recursive: true })
  })
})

describe('streams under adversity', () => {
  it('[C10] ends a stream that yields nothing', async () => {
    const bus = start()
    const ops = bus.connect('ops')
    ops.serve('ops.none', async function* () {
      yield* []
    })
    expect(await ops.stream('ops.none').next()).toEqual({ done: true, value: undefined })
    expect(bus.snapshot()).toMatchObject({ serving: 0, pending: 0 })
  })

  it('[C10] runs the `finally` of a generator that was given up before its first value, or whose first value is refused', async () => {
    const bus = start()
    const ops = bus.connect('ops')
    const gate = Promise.withResolvers<void>()
    let finished = 0
    ops.serve('ops.late', async function* () {
      try {
        await gate.promise
        yield 1
      } finally {
        finished++
      }
    })
    ops.serve('ops.none', async function* () {
      await gate.promise
      yield* []
    })
    ops.serve('ops.bad', async function* () {
      try {
        yield new Map()
      } finally {
        finished++
      }
    })
    const giveUp = new AbortController()
    const ends = ['ops.late', 'ops.none'].map((method) => codeOf(ops.stream(method, {}, { signal: giveUp.signal }).next()))
    await turn()
    giveUp.abort()
    expect(await Promise.all(ends)).toEqual(['CANCELLED', 'CANCELLED'])
    gate.resolve()
    expect(await codeOf(ops.stream('ops.bad').next())).toBe('HANDLER_ERROR')
    await turn()
    expect(finished).toBe(2)
    expect(bus.snapshot().serving).toBe(0)
  })

  it('[C10] ends at once when its reader leaves before the first value, and tells the server', async () => {
    const bus = start()
    const ops = bus.connect('ops')
    let isTold = false
    ops.serve('ops.late', async function* (_input, { signal }) {
      await new Promise((resolve) => signal.addEventListener('abort', resolve))
      isTold = true
    })
    const stream = ops.stream('ops.late')
    const first = codeOf(stream.next())
    await turn()
    await stream.return?.()
    expect(await first).toBe('CANCELLED')
    await turn()
    expect(isTold).toBe(true)
    expect(bus.snapshot()).toMatchObject({ serving: 0, pending: 0 })
  })

  it('[C6] ends streams with PLUGIN_DOWN when their server closes, here and elsewhere, and runs their `finally`', async () => {
    const network = createMemoryNetwork()
    const here = start({ link: network.createLink() })
    const there = start({ link: network.createLink() })
    const ops = there.connect('ops')
    let finished = 0
    ops.serve('ops.count', async function* () {
      try {
        for (let count = 0; ; count++) yield count
      } finally {
        finished++
      }
    })
    await Promise.all([here.ready(), there.ready()])
    const streams = [there.connect('near').stream('ops.count'), here.connect('far').stream('ops.count', {}, { window: 1 })]
    for (const stream of streams) await stream.next()
    await turn()
    await ops.close({ drainMs: 0 })
    for (const stream of streams) {
      // What was on its way already is still read.
      const steps: unknown[] = []
      for (let step = 0; step < 4; step++) steps.push(await codeOf(stream.next()))
      expect(steps).toContain('PLUGIN_DOWN')
    }
    await turn()
    expect(finished).toBe(2)
  })

  it('[F3] survives an iterator whose return throws', async () => {
    const bus = createBus()
    const ops = bus.connect('ops')
    ops.serve('ops.values', () => ({
      [Symbol.asyncIterator]: () => ({
        next: async () => ({ done: false, value: 1 }),
        return(): never {
          throw new Error('not now')
        },
      }),
    }))
    const streams = [ops.stream('ops.values'), ops.stream('ops.values')]
    for (const stream of streams) await stream.next()
    expect(await streams[0]!.return?.()).toMatchObject({ done: true })
    await bus.close()
    expect(bus.snapshot().serving).toBe(0)
  })

  it.each<StreamOptions>([{ window: Number.NaN }, { window: 0 }, { window: Number.POSITIVE_INFINITY }])(
    '[C18] takes no window that is not a whole number from 1: %o',
    async (options) => {
      const ops = start().connect('ops')
      ops.serve('ops.values', async function* () {
        yield 1
      })
      expect(await codeOf(ops.stream('ops.values', {}, options).next())).toBe('VALIDATION')
    },
  )
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
  ])('[P17] subscribe() refuses options under which nothing would be delivered as it should: %o', (options) => {
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

  it('[F2] drains what handlers publish to each other, and says when that has no end', async () => {
    const bus = start()
    const ops = bus.connect('ops')
    let rounds = 0
    ops.subscribe('a', (_payload, _message, context) => {
      if (rounds++ < 5_000) void context.publish('a')
    })
    void ops.publish('a')
    expect(await bus.drain()).toBe(true)
    expect(rounds).toBe(5_001)
    const endless = start()
    const other = endless.connect('other')
    other.subscribe('a', (_payload, _message, context) => void context.publish('a').catch(() => {}))
    void other.publish('a')
    expect(await endless.drain({ timeoutMs: 20 })).toBe(false)
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

  it('[B11] does not deliver what expires while it waits in another process', async () => {
    const clock = createFakeClock()
    const network = createMemoryNetwork()
    const here = start({ clock, link: network.createLink() })
    const there = start({ clock, link: network.createLink() })
    const heard: unknown[] = []
    const gate = Promise.withResolvers<void>()
    there.connect('slow').subscribe('a', async (payload) => {
      heard.push(payload)
      await gate.promise
    })
    await Promise.all([here.ready(), there.ready()])
    const ops = here.connect('ops')
    await ops.publish('a', 'first')
    await ops.publish('a', 'short', { ttlMs: 100 })
    await ops.publish('a', 'long', { ttlMs: 1_000 })
    await turn()
    clock.advance(500)
    gate.resolve()
    await turn()
    expect(heard).toEqual(['first', 'long'])
    expect(there.snapshot().expired).toBe(1)
  })

  it('[P13] gives nobody the name in which the bus itself speaks', () => {
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

  it('[R10] ends a call whose answer breaks the rules, and nothing else', async () => {
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

  it('[R10] drops a message whose priority breaks the rules, and delivers those behind it', async () => {
    const { bus, peer } = await withPeer(() => ({ kind: 'reply', payload: 1 }))
    const heard: unknown[] = []
    const gates: (() => void)[] = []
    bus.connect('ops').subscribe('a', async (payload) => {
      heard.push(payload)
      await new Promise<void>((resolve) => gates.push(resolve))
    })
    await bus.ready()
    for (const priority of [5, 15, 0, 11, 1.5, 3]) {
      peer.send({
        kind: 'publish',
        source: 'evil',
        destination: '*',
        subject: 'a',
        peer: '',
        call: 0,
        priority,
        meta: undefined,
        payload: priority,
      })
    }
    for (let round = 0; round < 6; round++) {
      await turn()
      gates.shift()?.()
    }
    expect(heard).toEqual([5, 3])
  })

  it('[R10] carries an error whose data cannot be written, without it', async () => {
    const network = createMemoryNetwork()
    const here = start({ link: network.createLink() })
    const there = start({ link: network.createLink() })
    there.connect('ops').serve('ops.fail', () => {
      throw new SwitchyardError('RATE_LIMITED', 'too fast', { data: { at: 1n } })
    })
    await Promise.all([here.ready(), there.ready()])
    await expect(here.connect('caller').call('ops.fail')).rejects.toMatchObject({
      code: 'RATE_LIMITED',
      message: 'too fast',
      retryable: true,
    })
  })

  it('[R6] ends a stream with LINK_LOST when the link is cut, after all that had arrived, and runs its `finally`', async () => {
    const network = createMemoryNetwork()
    const here = start({ link: network.createLink() })
    const there = start({ link: network.createLink() })
    let finished = 0
    there.connect('ops').serve('ops.count', async function* () {
      try {
        for (let count = 0; ; count++) yield count
      } finally {
        finished++
      }
    })
    await Promise.all([here.ready(), there.ready()])
    const stream = here.connect('caller').stream('ops.count', {}, { window: 4 })
    const seen: unknown[] = [(await stream.next()).value]
    await turn()
    network.disrupt()
    const end = await codeOf(
      (async () => {
        for await (const value of stream) seen.push(value)
      })(),
    )
    expect(end).toBe('LINK_LOST')
    expect(seen).toEqual(Array.from({ length: seen.length }, (_, index) => index))
    expect(seen.length).toBeGreaterThan(1)
    await turn()
    expect(finished).toBe(1)
    expect(await here.connect('again').stream('ops.count').next()).toEqual({ done: false, value: 0 })
  })

  it('[R7] keeps a handle that came as another of its name left, before the link was open', async () => {
    const network = createMemoryNetwork()
    const link = network.createLink()
    const gate = Promise.withResolvers<void>()
    const here = start({
      link: {
        ...link,
        async open(inbox) {
          await gate.promise
          await link.open(inbox)
        },
      },
    })
    const there = start({ link: network.createLink() })
    await here.connect('ops').close()
    here.connect('ops').serve('ops.one', () => 1)
    gate.resolve()
    await Promise.all([here.ready(), there.ready()])
    expect(await there.connect('caller').call('ops.one')).toBe(1)
  })

  it('[L7] ends a call of an identity that the link refuses, at once', async () => {
    const network = createMemoryNetwork()
    const link = network.createLink()
    const here = start({
      link: {
        ...link,
        async attach(identity, grant) {
          if (identity === 'evil') throw new SwitchyardError('FORBIDDEN', 'Cannot attach "evil"')
          await link.attach(identity, grant)
        },
      },
    })
    const there = start({ link: network.createLink() })
    there.connect('ops').serve('ops.one', () => 1)
    await Promise.all([here.ready(), there.ready()])
    const evil = here.connect('evil')
    expect(await codeOf(evil.call('ops.one'))).toBe('FORBIDDEN')
    expect(here.snapshot().pending).toBe(0)
  })

  it('[F1] closes while its link is still opening', async () => {
    const network = createMemoryNetwork()
    const link = network.createLink()
    const opening = Promise.withResolvers<void>()
    const bus = createBus({
      link: {
        ...link,
        open: () => opening.promise,
        async close() {
          opening.reject(new SwitchyardError('BUS_CLOSED', 'closed'))
        },
      },
    })
    await bus.close()
    expect(bus.snapshot().state).toBe('closed')
  })
})
