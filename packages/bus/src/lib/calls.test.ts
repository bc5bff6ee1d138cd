import { createFakeClock } from '@switchyard/contracts/testing'
import { openStore } from '@switchyard/store'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { z } from 'zod'
import type { Bus, BusClient } from './api.ts'
import { createBus } from './bus.ts'
import { type BusHooks, joinHooks } from './hooks.ts'
import { createRecorder } from './recorder.ts'

let bus: Bus
let ops: BusClient
let caller: BusClient
beforeEach(() => {
  bus = createBus()
  ops = bus.connect('ops')
  caller = bus.connect('caller')
})
afterEach(() => bus.close())

const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve))
const codeOf = (promise: Promise<unknown>): Promise<unknown> =>
  promise.then(
    () => 'resolved',
    (error: { code?: string }) => error.code,
  )

describe('call() and request()', () => {
  it('[C1] shortens the deadline as calls nest, and tells which limit was hit', async () => {
    const clock = createFakeClock()
    const timed = createBus({ clock })
    const remaining: number[] = []
    const server = timed.connect('ops')
    server.serve('ops.outer', async (_input, context) => {
      remaining.push(context.remainingMs())
      clock.advance(400)
      return context.call('ops.inner', {}, { timeoutMs: 60_000 })
    })
    server.serve('ops.inner', (_input, context) => {
      remaining.push(context.remainingMs())
      return context.call('ops.stuck')
    })
    let stuck: AbortSignal | undefined
    server.serve('ops.stuck', (_input, context) => {
      stuck = context.signal
      return new Promise(() => {})
    })
    const inner: unknown[] = []
    timed.on('reply-dropped', (event) => void inner.push(event))
    const outcome = codeOf(timed.connect('caller').call('ops.outer', {}, { timeoutMs: 1_000 }))
    clock.advance(604)
    expect(remaining).toEqual([1_000, 600])
    expect(await outcome).toBe('TIMEOUT')
    expect(stuck?.aborted).toBe(true)
    expect(stuck?.reason).toMatchObject({ code: 'DEADLINE_EXCEEDED' })
    await timed.close()
  })

  it('[C2] carries a cancellation from the caller to the last handler', async () => {
    const signals: AbortSignal[] = []
    ops.serve('ops.first', (_input, context) => {
      signals.push(context.signal)
      return context.call('ops.second', {}, { signal: context.signal })
    })
    ops.serve('ops.second', (_input, context) => {
      signals.push(context.signal)
      return new Promise(() => {})
    })
    const controller = new AbortController()
    const outcome = codeOf(caller.call('ops.first', {}, { signal: controller.signal }))
    controller.abort(new Error('enough'))
    expect(await outcome).toBe('CANCELLED')
    await turn()
    expect(signals.map(({ aborted }) => aborted)).toEqual([true, true])
    expect(await codeOf(caller.call('ops.first', {}, { signal: AbortSignal.abort() }))).toBe('CANCELLED')
  })

  it('[C3] drops what comes too late, counts it, and never settles a call twice', async () => {
    const gate = Promise.withResolvers<number>()
    ops.serve('ops.slow', () => gate.promise)
    const dropped: unknown[] = []
    bus.on('reply-dropped', (event) => void dropped.push(event))
    const controller = new AbortController()
    const outcome = codeOf(caller.call('ops.slow', {}, { signal: controller.signal }))
    controller.abort()
    gate.resolve(1)
    expect(await outcome).toBe('CANCELLED')
    await turn()
    expect(dropped).toEqual([{ reason: 'late', subject: 'ops.slow', source: 'ops' }])
    expect(bus.snapshot()).toMatchObject({ repliesDropped: 1, pending: 0, serving: 0 })
  })

  it('[C4] bounds what is pending', async () => {
    const small = createBus({ maxPending: 2 })
    small.connect('ops').serve('ops.wait', () => new Promise(() => {}))
    const client = small.connect('caller')
    const waiting = [codeOf(client.call('ops.wait')), codeOf(client.call('ops.wait'))]
    expect(await codeOf(client.call('ops.wait'))).toBe('QUEUE_FULL')
    await small.close()
    expect(await Promise.all(waiting)).toEqual(['BUS_CLOSED', 'BUS_CLOSED'])
  })

  it('[C5] takes turns among the handles that serve a method, and responders of a topic', async () => {
    const second = bus.connect('ops')
    ops.serve('ops.who', () => 1)
    second.serve('ops.who', () => 2)
    ops.respond('who', () => 1)
    second.respond('*', () => 2)
    const served: unknown[] = []
    const responded: unknown[] = []
    for (let call = 0; call < 6; call++) {
      served.push(await caller.call('ops.who'))
      responded.push(await caller.request('who'))
    }
    expect(served.sort()).toEqual([1, 1, 1, 2, 2, 2])
    expect(responded.sort()).toEqual([1, 1, 1, 2, 2, 2])
    await second.close()
    expect(await caller.call('ops.who')).toBe(1)
  })

  it('[C6] lets a handle that closes finish what it serves, and ends what takes longer', async () => {
    const clock = createFakeClock()
    const timed = createBus({ clock })
    const server = timed.connect('ops')
    const client = timed.connect('caller')
    const gate = Promise.withResolvers<string>()
    server.serve('ops.slow', () => gate.promise)
    const call = client.call('ops.slow')
    const closed = server.close()
    expect(await codeOf(client.call('ops.slow'))).toBe('NO_RESPONDER')
    gate.resolve('finished')
    expect(await call).toBe('finished')
    clock.advance(10)
    await closed
    const other = timed.connect('ops')
    let signal: AbortSignal | undefined
    other.serve('ops.stuck', (_input, context) => {
      signal = context.signal
      return new Promise(() => {})
    })
    const stuck = codeOf(client.call('ops.stuck'))
    const closing = other.close({ drainMs: 100 })
    for (let step = 0; step < 30; step++) clock.advance(5)
    await closing
    expect(await stuck).toBe('PLUGIN_DOWN')
    expect(signal?.aborted).toBe(true)
    await timed.close()
  })

  it('[C7] checks input and result by the parsers of the method', async () => {
    const input = z.object({ city: z.string().default('Bern') })
    const output = z.object({ degrees: z.number() })
    ops.serve('ops.weather', (value) => ({ degrees: (value as { city: string }).city === 'Bern' ? 20 : 'hot' }), {
      input: (value) => input.parse(value),
      output: (value) => output.parse(value),
      description: { summary: 'How warm it is' },
    })
    expect(await caller.call('ops.weather', {})).toEqual({ degrees: 20 })
    expect(await codeOf(caller.call('ops.weather', { city: 1 }))).toBe('VALIDATION')
    expect(await codeOf(caller.call('ops.weather', { city: 'Rome' }))).toBe('HANDLER_ERROR')
    expect(await caller.describe('ops')).toEqual([{ method: 'ops.weather', servers: 1, description: { summary: 'How warm it is' } }])
  })

  it('[C8] refuses results that are no plain data, and freezes the others', async () => {
    ops.serve('ops.map', () => new Map())
    ops.serve('ops.list', () => [{ a: 1 }])
    expect(await codeOf(caller.call('ops.map'))).toBe('HANDLER_ERROR')
    const list = (await caller.call('ops.list')) as { a: number }[]
    expect(() => {
      list[0]!.a = 2
    }).toThrow(TypeError)
  })

  it('[C9] shows progress in order and never after the end', async () => {
    const seen: unknown[] = []
    let late = (): void => {}
    ops.serve('ops.work', async (_input, context) => {
      for (const done of [1, 2, 3]) {
        context.progress({ done })
        await turn()
      }
      late = () => context.progress({ done: 4 })
      return 'done'
    })
    const result = await caller.call(
      'ops.work',
      {},
      {
        onProgress(value) {
          seen.push(value)
          throw new Error('a viewer that breaks')
        },
      },
    )
    late()
    await turn()
    expect(result).toBe('done')
    expect(seen).toEqual([{ done: 1 }, { done: 2 }, { done: 3 }])
  })

  it('[C10] streams values as they are read, runs the `finally` of a reader that leaves, and carries a failure', async () => {
    let made = 0
    let isFinished = false
    ops.serve('ops.count', async function* () {
      try {
        while (made < 10) yield ++made
      } finally {
        isFinished = true
      }
    })
    ops.serve('ops.break', async function* () {
      yield 1
      throw new Error('in the middle')
    })
    const read: unknown[] = []
    for await (const value of caller.stream('ops.count')) {
      read.push(value)
      expect(made).toBe(read.length)
      if (read.length === 3) break
    }
    await turn()
    expect({ read, isFinished }).toEqual({ read: [1, 2, 3], isFinished: true })
    const broken = caller.stream('ops.break')
    expect(await broken.next()).toEqual({ done: false, value: 1 })
    expect(await codeOf(broken.next())).toBe('HANDLER_ERROR')
    expect((await broken.next()).done).toBe(true)
    expect(await codeOf(caller.call('ops.count'))).toBe('VALIDATION')
    expect(bus.snapshot().serving).toBe(0)
  })

  it('[C11] ends a stream by its signal, by the time a value may take, and with the bus', async () => {
    const clock = createFakeClock()
    const timed = createBus({ clock })
    let aborted = 0
    timed.connect('ops').serve('ops.stuck', async function* (_input, { signal }) {
      signal.addEventListener('abort', () => aborted++)
      yield 1
      await new Promise((resolve) => signal.addEventListener('abort', resolve))
    })
    const client = timed.connect('caller')
    const controller = new AbortController()
    const streams = [
      client.stream('ops.stuck', {}, { signal: controller.signal }),
      client.stream('ops.stuck', {}, { timeoutMs: 100 }),
      client.stream('ops.stuck'),
    ]
    for (const stream of streams) await stream.next()
    const ends = streams.map((stream) => codeOf(stream.next()))
    await turn()
    controller.abort()
    clock.advance(104)
    await turn()
    await timed.close()
    expect(await Promise.all(ends)).toEqual(['CANCELLED', 'TIMEOUT', 'BUS_CLOSED'])
    expect(aborted).toBe(3)
  })

  it('[C12] carries trace, user, session and cause on, through calls and messages', async () => {
    const seen: Record<string, unknown>[] = []
    ops.serve('ops.first', async (_input, context) => {
      seen.push({ ...context.headers })
      await context.call('ops.second')
      await context.publish('done')
    })
    ops.serve('ops.second', (_input, context) => void seen.push({ ...context.headers, source: context.source }))
    caller.subscribe('done', (_payload, { headers, causationId }) => void seen.push({ ...headers, causationId }))
    const traceparent = `00-${'a'.repeat(32)}-${'b'.repeat(16)}-01`
    await caller.call('ops.first', {}, { headers: { traceparent, userId: 'u', sessionId: 's', other: 'stays' } })
    await turn()
    expect(seen).toMatchObject([
      { userId: 'u', sessionId: 's', other: 'stays' },
      { userId: 'u', sessionId: 's', source: 'ops' },
      { userId: 'u', sessionId: 's', causationId: expect.stringMatching(/^[0-9a-f-]{36}$/) },
    ])
    expect(seen[1]).not.toHaveProperty('other')
    expect(new Set(seen.map(({ traceparent: parent }) => String(parent).slice(3, 35)))).toEqual(new Set(['a'.repeat(32)]))
    expect(new Set(seen.map(({ traceparent: parent }) => String(parent).slice(36, 52))).size).toBe(3)
  })

  it('[C13] retries what may be repeated, answers in place of what failed, and says so', async () => {
    const clock = createFakeClock()
    let tries = 0
    const guarded = createBus({
      clock,
      random: () => 0,
      guard: (method) =>
        method.startsWith('ops.') ? { effect: 'read', options: { retry: { maxRetries: 2 } }, alternatives: ['spare.look'] } : undefined,
    })
    const server = guarded.connect('ops')
    server.serve('ops.flaky', () => {
      if (++tries < 2) throw Object.assign(new Error('later'), { name: 'SwitchyardError', code: 'RATE_LIMITED', data: {}, retryable: true })
      return 'live'
    })
    server.serve('ops.dead', () => {
      throw new Error('never')
    })
    guarded.connect('spare').serve('spare.look', () => 'spare')
    const client = guarded.connect('caller')
    const flaky = client.callDetailed('ops.flaky')
    await turn()
    clock.advance(2_000)
    expect(await flaky).toMatchObject({ value: 'live', source: 'live', degraded: false, attempts: 2 })
    const dead = client.callDetailed('ops.dead')
    for (let round = 0; round < 5; round++) {
      await turn()
      clock.advance(10_000)
    }
    expect(await dead).toMatchObject({ value: 'spare', source: 'fallback', degraded: true, message: expect.any(String) })
    expect(await client.callDetailed('spare.look')).toEqual({ value: 'spare', source: 'live', degraded: false, attempts: 1 })
    await guarded.close()
  })

  it('[C14] keeps an open breaker open over a restart, and lets it be reset by hand', async () => {
    using store = openStore({ path: ':memory:' })
    const options = { store, guard: () => ({ options: { breaker: { failures: 1 }, retry: { maxRetries: 0 } } }) }
    const first = createBus(options)
    first.connect('ops').serve('ops.fail', () => {
      throw new Error('no')
    })
    expect(await codeOf(first.connect('caller').call('ops.fail'))).toBe('HANDLER_ERROR')
    expect(first.breaker('ops')?.state).toBe('open')
    await first.close()
    const second = createBus(options)
    second.connect('ops').serve('ops.fail', () => 'well again')
    const client = second.connect('caller')
    expect(await codeOf(client.call('ops.fail'))).toBe('CIRCUIT_OPEN')
    const changes: unknown[] = []
    second.on('breaker', ({ from, to, reason }) => void changes.push([from, to, reason]))
    second.breaker('ops')?.reset()
    expect(await client.call('ops.fail')).toBe('well again')
    second.breaker('ops')?.forceOpen()
    expect(changes).toEqual([
      ['open', 'closed', 'reset'],
      ['closed', 'open', 'forced'],
    ])
    await second.close()
    const third = createBus(options)
    expect(third.breakers()).toMatchObject([
      {
        name: 'ops',
        snapshot: { state: 'open', forced: true },
        changes: [
          { to: 'open', errorCode: 'HANDLER_ERROR' },
          { to: 'closed', reason: 'reset' },
          { to: 'open', reason: 'forced' },
        ],
      },
    ])
    await third.close()
  })

  it('[C15] records spans of calls, their servers and deliveries, in one trace, and survives a hook that throws', async () => {
    const recorder = createRecorder()
    const traced = createBus({ hooks: recorder.hooks })
    traced.connect('ops').serve('ops.look', (_input, context) => context.publish('seen'))
    const client = traced.connect('caller')
    client.subscribe('seen', async () => {})
    await client.call('ops.look')
    await turn()
    const spans = recorder.spans()
    expect(spans.map((span) => ('kind' in span ? span.subject : span.pattern)).sort()).toEqual(['ops.look', 'ops.look', 'seen'])
    expect(new Set(spans.map(({ trace }) => trace.traceId)).size).toBe(1)
    const ids = spans.map(({ trace }) => trace.spanId)
    expect(new Set(ids).size).toBe(3)
    expect(spans.filter(({ trace }) => trace.parentSpanId === undefined)).toHaveLength(1)
    expect(recorder.counts()).toContainEqual(expect.objectContaining({ subject: 'ops.look', code: undefined, count: 1 }))
    await traced.close()
    const broken = createBus({
      hooks: {
        called() {
          throw new Error('hook')
        },
      },
    })
    broken.connect('ops').serve('ops.look', () => 1)
    expect(await broken.connect('caller').call('ops.look')).toBe(1)
    await broken.close()
  })

  const broken = (): never => {
    throw new Error('hook')
  }
  it.each<[what: string, given: { sample: boolean; minds: () => boolean; beside?: boolean }, told: number]>([
    ['nothing of what went well in a trace that is not recorded, where it does not mind', { sample: false, minds: () => false }, 0],
    ['all of a trace that is recorded', { sample: true, minds: () => false }, 2],
    ['what it minds', { sample: false, minds: () => true }, 2],
    ['what another one wants', { sample: false, minds: () => false, beside: true }, 2],
    ['all, where it cannot say', { sample: false, minds: broken }, 2],
  ])('[C15] tells a hook %s, and of what failed', async (_, { sample, minds, beside = false }, told) => {
    let calls = 0
    const count = (): void => void calls++
    const hooks: BusHooks = { sample: () => sample, minds, called: count, served: count }
    const traced = createBus({ hooks: joinHooks(hooks, beside ? { called() {} } : {}) })
    traced.connect('ops').serve('ops.look', (fails) => (fails === true ? Promise.reject(new Error('no')) : 1))
    const client = traced.connect('caller')
    await client.call('ops.look')
    expect(calls).toBe(told)
    await client.call('ops.look', true).catch(() => {})
    expect(calls).toBe(told + 2)
    await traced.close()
  })

  it('[C16] asks only the plugin that a request names', async () => {
    ops.respond('*', () => 'ops')
    bus.connect('deploy').respond('*', () => 'deploy')
    expect(await caller.request('who', {}, { destination: 'deploy' })).toBe('deploy')
    expect(await codeOf(caller.request('who', {}, { destination: 'nobody' }))).toBe('NO_RESPONDER')
  })

  it('[C17] holds its timeouts whichever way the wall clock jumps', async () => {
    const clock = createFakeClock()
    const timed = createBus({ clock })
    timed.connect('ops').serve('ops.wait', () => new Promise(() => {}))
    let code: unknown
    void codeOf(timed.connect('caller').call('ops.wait', {}, { timeoutMs: 1_000 })).then((ended) => {
      code = ended
    })
    clock.jump(86_400_000)
    clock.advance(900)
    clock.jump(-2 * 86_400_000)
    await turn()
    expect(code).toBeUndefined()
    clock.advance(104)
    await turn()
    expect(code).toBe('TIMEOUT')
    await timed.close()
  })
})
