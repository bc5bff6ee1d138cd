import { createBus } from '@switchyard/bus'
import type { ChainSpan } from '@switchyard/chain'
import { SwitchyardError } from '@switchyard/contracts'
import { createFakeClock } from '@switchyard/contracts/testing'
import { openStore } from '@switchyard/store'
import { createMetrics, isHistogram, type Metrics } from '@switchyard/trace/metrics'
import { describe, expect, it } from 'vitest'
import { createMetering } from './metering.ts'

function amount(metrics: Metrics, name: string, labels: Readonly<Record<string, string>> = {}): number {
  return metrics
    .collect()
    .filter((point) => point.name === name && Object.entries(labels).every(([label, value]) => point.labels[label] === value))
    .reduce((sum, point) => sum + (isHistogram(point) ? point.count : point.value), 0)
}

const metered = () => {
  const metrics = createMetrics()
  return { metrics, metering: createMetering({ metrics, breakerOf: (method) => method.split('.')[0] }) }
}

describe('createMetering()', () => {
  it('counts answers out of a cache, and attempts after the first', async () => {
    const { metrics, metering } = metered()
    const bus = createBus({
      hooks: metering.hooks,
      guard: () => ({ effect: 'read', options: { cache: { freshMs: 60_000 }, retry: { maxRetries: 2, delayMs: 1 } } }),
    })
    metering.attach(bus)
    let calls = 0
    bus.connect('ops').serve('ops.look', () => {
      calls++
      if (calls < 3) throw new SwitchyardError('RATE_LIMITED', 'Cannot look as it must be quiet: not yet')
      return calls
    })
    const person = bus.connect('person')
    expect(await person.call('ops.look', { a: 1 })).toBe(3)
    expect(await person.call('ops.look', { a: 1 })).toBe(3)
    expect(amount(metrics, 'retry_attempts_total', { plugin: 'ops' })).toBe(2)
    expect(amount(metrics, 'cache_hits_total', { plugin: 'ops' })).toBe(1)
    await bus.close()
  })

  it('tells of what is kept and what waits how much it is and how old', async () => {
    const { metrics, metering } = metered()
    const clock = createFakeClock()
    const store = openStore({ path: ':memory:' })
    const bus = createBus({
      clock,
      store,
      durable: [{ topics: 'kept/*' }],
      guard: () => ({ effect: 'read', options: { cache: { freshMs: 60_000 } } }),
    })
    metering.attach(bus)
    const ops = bus.connect('ops')
    const person = bus.connect('person')
    const { promise: free, resolve: letGo } = Promise.withResolvers<void>()
    ops.serve('ops.look', () => 1)
    ops.subscribe('slow/*', () => free)
    ops.subscribe('kept/*', () => free, { name: 'kept' })
    await person.call('ops.look', { a: 1 })
    for (const topic of ['slow/one', 'slow/one', 'kept/one']) await person.publish(topic, {})
    clock.advance(3_000)
    await person.call('ops.look', { a: 2 })
    expect(amount(metrics, 'cache_entries', { cache: 'ops' })).toBe(2)
    expect(amount(metrics, 'cache_oldest_ms', { cache: 'ops' })).toBe(3_000)
    expect(amount(metrics, 'cache_newest_ms', { cache: 'ops' })).toBe(0)
    expect(amount(metrics, 'bus_queue_oldest_ms', { subscription: 'ops slow/*' })).toBe(3_000)
    expect(amount(metrics, 'bus_queue_oldest_ms', { subscription: 'ops/kept' })).toBe(3_000)
    letGo()
    await bus.close()
    store.close()
  })

  it('counts calls that got the result of an earlier one', async () => {
    const { metrics, metering } = metered()
    const bus = createBus()
    metering.attach(bus)
    let calls = 0
    bus.connect('ops').serve('ops.add', () => ++calls)
    const person = bus.connect('person')
    const add = (idempotencyKey?: string) => person.call('ops.add', {}, idempotencyKey === undefined ? {} : { idempotencyKey })
    expect([await add('a'), await add('a'), await add('b'), await add(), await Promise.all([add('c'), add('c')])]).toEqual([
      1,
      1,
      2,
      3,
      [4, 4],
    ])
    expect(amount(metrics, 'bus_deduplicated_total')).toBe(2)
    await bus.close()
  })

  it('measures how long a breaker was not closed', async () => {
    const { metrics, metering } = metered()
    const clock = createFakeClock()
    const options = { breaker: { failures: 1, openMs: 5_000, successes: 1 }, retry: { maxRetries: 0 } }
    const bus = createBus({ clock, hooks: metering.hooks, guard: () => ({ name: 'ops', options }) })
    metering.attach(bus)
    let isWell = false
    bus.connect('ops').serve('ops.look', () => {
      if (!isWell) throw new Error('down')
    })
    const person = bus.connect('person')
    await person.call('ops.look').catch(() => {})
    expect(amount(metrics, 'breaker_state', { breaker: 'ops' })).toBe(2)
    isWell = true
    clock.advance(10_000)
    expect(amount(metrics, 'breaker_state', { breaker: 'ops' })).toBe(1)
    await person.call('ops.look')
    expect(amount(metrics, 'breaker_state', { breaker: 'ops' })).toBe(0)
    expect(metrics.collect().find(({ name }) => name === 'breaker_recovery_ms')).toMatchObject({ count: 1, sum: 10_000 })
    await bus.close()
  })

  it('counts messages that were given up, and how much waits', async () => {
    const { metrics, metering } = metered()
    using store = openStore({ path: ':memory:' })
    const bus = createBus({ store, durable: [{ topics: 'shop/**' }], hooks: metering.hooks })
    metering.attach(bus)
    const given = Promise.withResolvers<void>()
    bus.on('dead-letter', () => given.resolve())
    const ops = bus.connect('ops')
    ops.subscribe('shop/**', () => Promise.reject(new Error('no')), { name: 'orders', maxDeliveries: 1 })
    ops.subscribe('slow/**', () => new Promise(() => {}), { queue: { maxCount: 10 } })
    await ops.publish('shop/sold', {})
    for (let number = 0; number < 10; number++) await ops.publish('slow/one', {})
    await given.promise
    expect(amount(metrics, 'bus_dead_letters_total', { subscription: 'ops/orders' })).toBe(1)
    await expect.poll(() => amount(metrics, 'bus_queue_fill_ratio', { subscription: 'ops slow/**' })).toBe(0.9)
    expect(amount(metrics, 'bus_queue_depth', { subscription: 'ops slow/**' })).toBe(9)
    await bus.close()
  })

  it('counts chains by how they ended, steps that were taken back, and their attempts', () => {
    const { metrics, metering } = metered()
    const told = (op: ChainSpan['op'], attributes: ChainSpan['attributes'], rest: Partial<ChainSpan> = {}): void =>
      metering.chain({
        op,
        traceId: 'a'.repeat(32),
        spanId: 'b'.repeat(16),
        flags: '01',
        name: op,
        startMs: 0,
        endMs: 40,
        attributes: { 'switchyard.chain.id': 'c-1', ...attributes },
        ...rest,
      })
    const { endMs: _, ...begins } = {
      endMs: 0,
      op: 'chain' as const,
      traceId: 'a'.repeat(32),
      spanId: 'b'.repeat(16),
      flags: '01',
      name: 'chain ship',
      startMs: 0,
    }
    metering.chain({ ...begins, attributes: { 'switchyard.chain.id': 'c-1', 'switchyard.chain.name': 'ship' } })
    told('chain.step', { 'switchyard.command': 'deploy.apply', 'switchyard.attempts': 3 })
    told('compensate', {})
    told('compensate', {}, { error: { code: 'TIMEOUT', message: 'too late' } })
    told('chain', { 'switchyard.chain.name': 'ship', 'switchyard.chain.state': 'compensation_failed' })
    expect(amount(metrics, 'chain_duration_ms', { chain: 'ship', state: 'compensation_failed' })).toBe(1)
    expect(amount(metrics, 'chain_compensations_total', { chain: 'ship', outcome: 'done' })).toBe(1)
    expect(amount(metrics, 'chain_compensations_total', { chain: 'ship', outcome: 'failed' })).toBe(1)
    expect(amount(metrics, 'retry_attempts_total', { plugin: 'deploy' })).toBe(2)
  })

  it('counts a model that was asked, and what it costs', () => {
    const { metrics, metering } = metered()
    metering.asked({ model: 'opus', costUsd: 0.02 }, 900)
    metering.asked({ model: 'opus', costUsd: 0.01, refused: 'it named no command' }, 500)
    expect(amount(metrics, 'agent_runs_total', { agent: 'router', outcome: 'ok' })).toBe(1)
    expect(amount(metrics, 'agent_runs_total', { agent: 'router', outcome: 'failed' })).toBe(1)
    expect(amount(metrics, 'budget_spent_usd')).toBeCloseTo(0.03)
  })
})
