import { type BusClient, type BusOptions, createBus } from '@switchyard/bus'
import { createFakeClock } from '@switchyard/contracts/testing'
import { openStore } from '@switchyard/store'
import { afterEach, describe, expect, it } from 'vitest'
import { createTraceStore } from './create-trace-store.ts'
import type { Span } from './span.ts'
import { createTracer, type TracerOptions } from './tracer.ts'

const closers: (() => Promise<void>)[] = []
afterEach(async () => {
  for (const close of closers.splice(0)) await close()
})

function setUp(options: Partial<TracerOptions> = {}, busOptions: BusOptions = {}) {
  const store = createTraceStore({ path: ':memory:' })
  const tracer = createTracer({ store, ...options })
  const bus = createBus({ ...busOptions, hooks: tracer.hooks })
  bus.on('dead-letter', (letter) => tracer.buried(letter))
  closers.push(async () => {
    await bus.close()
    await store.close()
  })
  async function all(): Promise<readonly Span[]> {
    await store.flush()
    return store.runs({ limit: 1_000 }).runs.flatMap(({ traceId }) => store.spans(traceId))
  }
  return { store, tracer, bus, all, person: bus.connect('person'), ops: bus.connect('ops') }
}

/** Each span as its name and kind, below the one that it is a child of. */
function treeOf(spans: readonly Span[], parent?: string, depth = 0): string[] {
  return spans
    .filter(({ parentSpanId }) => parentSpanId === parent)
    .flatMap((span) => [
      `${'  '.repeat(depth)}${span.kind} ${span.name}${span.error ? ` !${span.error.type}` : ''}`,
      ...treeOf(spans, span.spanId, depth + 1),
    ])
}

const opOf = (spans: readonly Span[], op: string) => spans.filter(({ attributes }) => attributes['switchyard.op'] === op)

describe('createTracer()', () => {
  it('[T1] makes one tree of a request, its calls and its messages', async () => {
    const { tracer, bus, ops, person, all } = setUp()
    const deploy = bus.connect('deploy')
    ops.serve('ops.check', () => ({ ok: true }))
    deploy.serve('deploy.apply', async (_, context) => {
      await context.call('ops.check', { service: 'api' })
      await context.publish('deploy/finished', { env: 'test' })
      return 'done'
    })
    const { promise, resolve } = Promise.withResolvers<unknown>()
    ops.subscribe('deploy/*', async (_, __, context) => resolve(await context.call('ops.check', {})))
    const request = tracer.start('deploy the shop', { op: 'request', kind: 'server', attributes: { 'switchyard.from': 'cli' } })
    await person.call('deploy.apply', { env: 'test' }, { headers: { ...request.headers } })
    await promise
    await bus.drain()
    request.end()
    const spans = await all()
    expect(new Set(spans.map(({ traceId }) => traceId))).toEqual(new Set([request.context.traceId]))
    expect(treeOf(spans)).toEqual([
      'server deploy the shop',
      '  client deploy.apply',
      '    server deploy.apply',
      '      client ops.check',
      '        server ops.check',
      '      producer publish deploy/finished',
      '        consumer process deploy/finished',
      '          client ops.check',
      '            server ops.check',
    ])
    const [served] = opOf(spans, 'rpc.server')
    expect(served).toMatchObject({
      lane: 'deploy',
      attributes: {
        'rpc.system': 'switchyard',
        'rpc.method': 'deploy.apply',
        'switchyard.source': 'person',
        'switchyard.input': '{"env":"test"}',
        'switchyard.output': '"done"',
      },
    })
    const [processed] = opOf(spans, 'bus.deliver')
    expect(processed).toMatchObject({
      lane: 'ops',
      attributes: {
        'messaging.system': 'switchyard',
        'messaging.operation.type': 'process',
        'messaging.destination.name': 'deploy/finished',
        'messaging.destination.subscription.name': 'deploy/*',
      },
    })
  })

  it('[T2] tells of failures by their codes, of retries by their number, and of what nobody got', async () => {
    const clock = createFakeClock()
    const { tracer, person, ops, all, bus } = setUp(
      {},
      { clock, guard: () => ({ idempotent: true, options: { retry: { maxRetries: 1, delayMs: 1 } } }) },
    )
    ops.serve('ops.fail', () =>
      Promise.reject(Object.assign(new Error('no'), { name: 'SwitchyardError', code: 'TIMEOUT', data: {}, retryable: true })),
    )
    const { promise: stuck, resolve: free } = Promise.withResolvers<void>()
    ops.subscribe('slow/one', () => stuck, { queue: { maxCount: 1, overflow: 'reject' } })
    const request = tracer.start('all goes wrong')
    const headers = { ...request.headers }
    const called = person.call('ops.fail', {}, { headers })
    called.catch(() => {})
    for (let turn = 0; turn < 50; turn++) {
      clock.advance(100)
      await new Promise((resolve) => setImmediate(resolve))
    }
    await expect(called).rejects.toMatchObject({ code: 'TIMEOUT' })
    await person.publish('slow/one', 1, { headers })
    await person.publish('slow/one', 2, { headers, ttlMs: 10 })
    await person.publish('slow/one', 3, { headers }).catch(() => {})
    clock.advance(20)
    free()
    for (let turn = 0; turn < 10; turn++) await new Promise((resolve) => setImmediate(resolve))
    request.end()
    await bus.drain()
    const spans = await all()
    expect(opOf(spans, 'rpc.client')).toMatchObject([{ error: { type: 'TIMEOUT' }, attributes: { 'switchyard.attempts': 2 } }])
    expect(opOf(spans, 'rpc.server').map(({ error }) => error?.type)).toEqual(['TIMEOUT', 'TIMEOUT'])
    expect(opOf(spans, 'bus.expired')).toMatchObject([{ name: 'expire slow/one', error: { type: 'EXPIRED' } }])
    expect(opOf(spans, 'bus.dropped')).toMatchObject([{ name: 'drop slow/one', error: { type: 'QUEUE_FULL' } }])
  })

  it('[T3] puts what was delivered from the log, and what was buried, into the trace of who published it', async () => {
    const store = openStore({ path: ':memory:' })
    const { tracer, person, ops, bus, all } = setUp({}, { store, durable: [{ topics: 'orders/**' }] })
    const buried = new Promise((resolve) => bus.on('dead-letter', resolve))
    ops.subscribe('orders/*', () => Promise.reject(new Error('cannot')), { name: 'orders', maxDeliveries: 1 })
    const request = tracer.start('order')
    await person.publish('orders/new', { id: 1 }, { headers: { ...request.headers } })
    await buried
    request.end()
    const spans = await all()
    expect(new Set(spans.map(({ traceId }) => traceId)).size).toBe(1)
    expect(treeOf(spans)).toEqual([
      'internal order',
      '  producer publish orders/new',
      '    consumer process orders/new !HANDLER_ERROR',
      '    consumer bury orders/new !HANDLER_ERROR',
    ])
    store.close()
  })

  it('[T4] records the part of all traces that it is told to, whole, and goes by who began them', async () => {
    let drawn = 0
    const { person, ops, all, tracer } = setUp({ sample: 0.25, random: () => (drawn++ % 100) / 100 })
    ops.serve('ops.check', (_, context) => (context.source === 'ops' ? 1 : context.call('ops.check', {})))
    const call = (client: BusClient, headers?: Record<string, string>) =>
      client.call('ops.check', {}, headers === undefined ? {} : { headers })
    for (let i = 0; i < 100; i++) await call(person)
    const spans = await all()
    expect(new Set(spans.map(({ traceId }) => traceId)).size).toBe(25)
    expect(spans.length).toBe(100)
    const { traceId } = tracer.start('x').context
    await call(person, { traceparent: `00-${traceId}-${'b'.repeat(16)}-00` })
    expect((await all()).length).toBe(100)
    await call(person, { traceparent: `00-${traceId}-${'b'.repeat(16)}-01` })
    expect((await all()).filter((span) => span.traceId === traceId).length).toBe(4)
  })

  it('[T5] keeps of a trace that is not recorded what fails, the way to it, what led to it but for calls, and what comes after', async () => {
    const { tracer, person, ops, bus, all } = setUp({ sample: 0 })
    ops.serve('ops.check', () => 'fine')
    ops.serve('ops.break', () => Promise.reject(new Error('broken')))
    ops.serve('ops.undo', () => 'undone')
    // Whoever calls what fails has not ended by then, and may end well.
    ops.serve('ops.try', (_, context) => context.call('ops.break', {}).catch(() => 'tried'))
    const fine = tracer.start('fine')
    await person.call('ops.check', {}, { headers: { ...fine.headers } })
    fine.end()
    const request = tracer.start('goes wrong')
    const headers = { ...request.headers }
    tracer.start('step one', { parent: request.context }).end()
    await person.call('ops.check', {}, { headers })
    await person.call('ops.try', {}, { headers })
    await person.call('ops.undo', {}, { headers })
    request.end()
    await bus.drain()
    const spans = await all()
    expect(new Set(spans.map(({ traceId }) => traceId))).toEqual(new Set([request.context.traceId]))
    // What the bus times it times finer, so that of the same millisecond either may come first.
    expect(treeOf(spans).toSorted()).toEqual(
      [
        'internal goes wrong',
        '  internal step one',
        '  client ops.try',
        '    server ops.try',
        '      client ops.break !HANDLER_ERROR',
        '        server ops.break !HANDLER_ERROR',
        '  client ops.undo',
        '    server ops.undo',
      ].toSorted(),
    )
  })

  it('[T8] keeps what takes a second or longer, with all that waits for it, though its trace is not recorded', async () => {
    const clock = createFakeClock()
    const { person, ops, all } = setUp({ sample: 0, clock }, { clock })
    ops.serve('ops.wait', (ms) => void clock.advance(Number(ms)))
    ops.serve('ops.ask', (ms, context) => context.call('ops.wait', ms))
    await person.call('ops.ask', 999)
    expect(await all()).toEqual([])
    await person.call('ops.ask', 1_000)
    expect(treeOf(await all())).toEqual(['client ops.ask', '  server ops.ask', '    client ops.wait', '      server ops.wait'])
  })

  it('[T5] holds on to the last 512 spans of all traces together', async () => {
    const { person, ops, all, tracer } = setUp({ sample: 0 })
    ops.serve('ops.break', () => Promise.reject(new Error('broken')))
    const failing = (digit: string): Record<string, string> => ({ traceparent: `00-${digit.repeat(32)}-${'b'.repeat(16)}-00` })
    for (const digit of ['1', '2']) {
      tracer.start('first', { parent: failing(digit) }).end()
      for (let other = 0; other < (digit === '1' ? 512 : 511); other++) tracer.start('other').end()
      await person.call('ops.break', {}, { headers: failing(digit) }).catch(() => {})
    }
    const names = Map.groupBy(await all(), ({ traceId }) => traceId[0])
    expect(names.get('1')?.map(({ name }) => name)).toEqual(['ops.break', 'ops.break'])
    expect(names.get('2')?.map(({ name }) => name)).toEqual(['first', 'ops.break', 'ops.break'])
  })

  it.each([0, 1])('[T5] holds on to no large input, output or message, with %i of all traces recorded', async (sample) => {
    const waiting: unknown[] = []
    const store = { add: () => {}, isPressed: false, addLater: (record: unknown) => void waiting.push(record) }
    const { hooks } = createTracer({ store, sample })
    const bus = createBus({ hooks })
    const [person, ops] = [bus.connect('person'), bus.connect('ops')]
    const large = { text: 'x'.repeat(100_000) }
    const headers = { traceparent: `00-${'a'.repeat(32)}-${'b'.repeat(16)}-0${sample}` }
    const { promise: heard, resolve } = Promise.withResolvers<void>()
    ops.serve('ops.echo', (input) => input)
    ops.serve('ops.break', () => Promise.reject(new Error('broken')))
    ops.subscribe('large/*', () => void setImmediate(resolve))
    await person.call('ops.echo', large, { headers })
    await person.publish('large/one', large, { headers })
    await heard
    await person.call('ops.break', {}, { headers }).catch(() => {})
    await bus.close()
    // Calls that went well are not even looked at where their trace is not recorded.
    expect(waiting.length).toBe(sample === 1 ? 6 : 4)
    for (const record of waiting) expect(JSON.stringify(record).length).toBeLessThan(20_000)
  })

  it('[T6] begins no trace while more comes than can be kept, and keeps what fails', async () => {
    const kept: string[] = []
    const state = { isPressed: true }
    const store = {
      ...state,
      add: (span: Span) => void kept.push(span.name),
      addLater: <record>(record: record, write: (record: record) => Span) => void kept.push(write(record).name),
    }
    const { hooks } = createTracer({ store })
    const bus = createBus({ hooks })
    const ops = bus.connect('ops')
    ops.serve('ops.check', () => 1)
    ops.serve('ops.break', () => Promise.reject(new Error('broken')))
    await ops.call('ops.check')
    expect(kept).toEqual([])
    await ops.call('ops.break').catch(() => {})
    expect(kept).toEqual(['ops.break', 'ops.break'])
    await bus.close()
  })

  it('[T7] shows no secret of any input, output, message, error or attribute, and cuts what is long', async () => {
    const secrets = [
      `ghp_${'a1B2'.repeat(9)}`,
      'hunter2-hunter2',
      `AKIA${'ABCDEFGHIJKLMNOP'}`,
      'correct horse battery',
      'p4ssw0rd-in-url',
      'cookie-value-9',
    ] as const
    const [token, password, aws, phrase, url, cookie] = secrets
    const planted = {
      password,
      nested: [{ apiKey: phrase, note: `use ${token} please` }],
      address: `postgres://admin:${url}@db.internal/shop`,
      text: `export AWS_ACCESS_KEY_ID=${aws}`,
      headers: { Cookie: cookie },
      long: `${'x'.repeat(100_000)} password=${password}`,
    }
    const { tracer, person, ops, bus, all } = setUp()
    ops.serve('ops.echo', (input) => input)
    ops.serve('ops.break', () => {
      throw new Error(`cannot log in with password=${password}`)
    })
    ops.subscribe('secrets/**', () => {})
    const request = tracer.start('plant', { op: 'request' })
    request.content('input', planted)
    const headers = { ...request.headers }
    await person.call('ops.echo', planted, { headers })
    await person.call('ops.break', planted, { headers }).catch(() => {})
    await person.publish('secrets/new', planted, { headers })
    await bus.drain()
    request.end()
    const spans = await all()
    expect(opOf(spans, 'rpc.server').length).toBe(2)
    const text = JSON.stringify(spans)
    for (const secret of secrets) expect(text).not.toContain(secret)
    expect(text).toContain('[redacted]')
    for (const span of spans) for (const value of Object.values(span.attributes)) expect(String(value).length).toBeLessThan(9_000)
  })
})
