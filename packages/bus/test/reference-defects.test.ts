import { type Bus, type BusClient, createBus } from '@switchyard/bus'
import { createFakeClock } from '@switchyard/contracts/testing'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'

/** The defects that were found in the bus this one replaces; each must stay impossible. */

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
    (value) => ({ resolved: value }),
    (error: { code?: string }) => error.code,
  )

describe('defects of the reference implementation', () => {
  it('[B1] delivers every message, also those that look alike', async () => {
    const heard: unknown[] = []
    deploy.subscribe('a/*', (payload, { topic }) => void heard.push([topic, payload]))
    await ops.publish('a/one', { x: 1 })
    await ops.publish('a/one', { x: 1 })
    await ops.publish('a/two', { x: 1 })
    await turn()
    expect(heard).toEqual([
      ['a/one', { x: 1 }],
      ['a/one', { x: 1 }],
      ['a/two', { x: 1 }],
    ])
  })

  it('[B2] calls each subscription once, and a method once', async () => {
    let exact = 0
    let everything = 0
    let ran = 0
    deploy.subscribe('a/b', () => void exact++)
    deploy.subscribe('**', () => void everything++)
    ops.serve('ops.add', () => ++ran)
    await ops.publish('a/b')
    await deploy.call('ops.add')
    await turn()
    expect({ exact, everything, ran }).toEqual({ exact: 1, everything: 1, ran: 1 })
  })

  it('[B3] matches ** anywhere, and no part of a segment', async () => {
    const heard: string[] = []
    deploy.subscribe('plugin/**', (_payload, { topic }) => void heard.push(topic))
    deploy.subscribe('**/change', (_payload, { topic }) => void heard.push(topic))
    for (const topic of ['plugin', 'plugin/a', 'plugin/a/b', 'pluginab', 'state/x/change', 'state/x/changed']) await ops.publish(topic)
    await turn()
    expect(heard).toEqual(['plugin', 'plugin/a', 'plugin/a/b', 'state/x/change'])
  })

  it('[B4] takes a dot literally and refuses long topics', async () => {
    const heard: string[] = []
    deploy.subscribe('system.x', (_payload, { topic }) => void heard.push(topic))
    await ops.publish('systemAx')
    await ops.publish('system.x')
    await turn()
    expect(heard).toEqual(['system.x'])
    expect(await codeOf(ops.publish('a'.repeat(1_001)))).toBe('VALIDATION')
    expect(() => deploy.subscribe('a'.repeat(1_001), () => {})).toThrow(/Cannot subscribe/)
    expect(() => deploy.subscribe('foo*', () => {})).toThrow(/Cannot subscribe/)
  })

  it('[B5] lets no rejection of a handler escape', async () => {
    const unhandled = vi.fn()
    process.on('unhandledRejection', unhandled)
    const failed: unknown[] = []
    bus.on('handler-failed', ({ error }) => void failed.push((error as Error).message))
    deploy.subscribe('a', async () => {
      throw new Error('later')
    })
    await ops.publish('a')
    await turn()
    await turn()
    process.off('unhandledRejection', unhandled)
    expect(unhandled).not.toHaveBeenCalled()
    expect(failed).toEqual(['later'])
  })

  it('[B6] treats a throw alike whatever the pattern: the others get the message and the publisher sees nothing', async () => {
    const heard: string[] = []
    for (const pattern of ['a', '*', '**']) {
      deploy.subscribe(pattern, () => {
        throw new Error('no')
      })
      deploy.subscribe(pattern, () => void heard.push(pattern))
    }
    await expect(ops.publish('a')).resolves.toBeUndefined()
    await turn()
    expect(heard.sort()).toEqual(['*', '**', 'a'])
    expect(bus.snapshot().handlersFailed).toBe(3)
  })

  it('[B7] settles a request whose answer is undefined', async () => {
    ops.respond('a', () => undefined)
    ops.serve('ops.nothing', async () => undefined)
    expect(await deploy.request('a')).toBeUndefined()
    expect(await deploy.call('ops.nothing')).toBeUndefined()
    expect(bus.snapshot().pending).toBe(0)
  })

  it('[B8] carries errors as errors, with code, data and stack, and an empty message as an error too', async () => {
    ops.serve('ops.fail', () => {
      throw new RangeError('')
    })
    ops.serve('ops.typed', async () => {
      throw Object.assign(new Error('full'), { name: 'SwitchyardError', code: 'QUEUE_FULL', data: { size: 3 }, retryable: true })
    })
    ops.serve('ops.status', () => ({ status: 'error', error: '' }))
    const error = (await deploy.call('ops.fail').catch((thrown: unknown) => thrown)) as Error & { code: string }
    expect(error).toMatchObject({ name: 'SwitchyardError', code: 'HANDLER_ERROR', message: '', cause: expect.any(RangeError) })
    expect(error.stack).toContain('reference-defects.test')
    expect(await deploy.call('ops.typed').catch((thrown: unknown) => thrown)).toMatchObject({
      code: 'QUEUE_FULL',
      data: { size: 3 },
      retryable: true,
    })
    expect(await deploy.call('ops.status')).toEqual({ status: 'error', error: '' })
  })

  it('[B9] orders by priority and refuses priority 0', async () => {
    const heard: unknown[] = []
    deploy.subscribe('a', (payload) => void heard.push(payload))
    await Promise.all([3, 9, 5, 10, 1].map((priority) => ops.publish('a', priority, { priority })))
    await turn()
    expect(heard).toEqual([10, 9, 5, 3, 1])
    expect(await codeOf(ops.publish('a', 0, { priority: 0 }))).toBe('VALIDATION')
  })

  it('[B10] delivers a directed message to the one it names, and to observers who may', async () => {
    const heard: string[] = []
    const watcher = bus.connect('watcher')
    const guest = bus.connect('guest', { grant: { publish: [], hear: ['**'], call: [] } })
    for (const client of [ops, deploy, guest]) client.subscribe('a', () => void heard.push(client.identity))
    watcher.subscribe('a', () => void heard.push('watcher'), { observe: true })
    expect(() => guest.subscribe('a', () => {}, { observe: true })).toThrow(/observe/)
    await ops.publish('a', 1, { destination: 'deploy' })
    await turn()
    expect(heard.sort()).toEqual(['deploy', 'watcher'])
  })

  it('[B11] delivers nothing that has expired, whichever way the clock jumps', async () => {
    const clock = createFakeClock()
    const timed = createBus({ clock })
    const client = timed.connect('ops')
    const heard: unknown[] = []
    const gate = Promise.withResolvers<void>()
    client.subscribe('a', (payload) => {
      heard.push(payload)
      return heard.length === 1 ? gate.promise : undefined
    })
    expect(await codeOf(client.publish('a', 'dead', { ttlMs: 0 }))).toBe('EXPIRED')
    await client.publish('a', 'first')
    await turn()
    await client.publish('a', 'short', { ttlMs: 1_000 })
    await client.publish('a', 'long', { ttlMs: 5_000 })
    clock.jump(3_600_000)
    clock.jump(-7_200_000)
    clock.advance(1_000)
    gate.resolve()
    await turn()
    expect(heard).toEqual(['first', 'long'])
    expect(timed.snapshot().expired).toBe(1)
    await timed.close()
  })

  it('[B12] keeps what it claims: order, back-pressure, a size limit', async () => {
    const heard: unknown[] = []
    const gate = Promise.withResolvers<void>()
    deploy.subscribe(
      'a',
      async (payload) => {
        heard.push(payload)
        await gate.promise
      },
      { queue: { maxCount: 2, overflow: 'block' } },
    )
    const published: number[] = []
    const all = [1, 2, 3, 4, 5].map((value) => ops.publish('a', value).then(() => void published.push(value)))
    await turn()
    // The handler has one, two wait for it.
    expect(published).toEqual([1, 2, 3])
    gate.resolve()
    await Promise.all(all)
    await turn()
    expect(heard).toEqual([1, 2, 3, 4, 5])
    expect(await codeOf(ops.publish('a', 'x'.repeat(1_048_577)))).toBe('PAYLOAD_TOO_LARGE')
  })

  it('[B13] gives each plugin an identity of its own, and several buses stay apart', async () => {
    const sources: string[] = []
    deploy.subscribe('a', (_payload, { source }) => void sources.push(source))
    await ops.publish('a')
    await deploy.publish('a')
    const other = createBus()
    await other.connect('ops').publish('a')
    await turn()
    await other.close()
    expect(sources).toEqual(['ops', 'deploy'])
  })

  it('[B14] lets only the server answer, and takes no word for who sends', async () => {
    const gate = Promise.withResolvers<string>()
    ops.respond('plugin/ops/request', () => gate.promise)
    const answers: unknown[] = []
    deploy.subscribe('plugin/ops/response', (payload) => void answers.push(payload))
    const asked = deploy.request('plugin/ops/request', {}, { correlationId: 'c1' })
    const forger = bus.connect('forger')
    await forger.publish('plugin/ops/response', 'forged', { correlationId: 'c1', headers: { source: 'ops' } })
    await turn()
    gate.resolve('real')
    expect(await asked).toBe('real')
    expect(() => forger.serve('ops.scan', () => 'forged')).toThrow(/grant/)
  })

  it('[B15] closes one handle without touching another', async () => {
    ops.serve('ops.add', () => 1)
    const heard: unknown[] = []
    deploy.subscribe('a', (payload) => void heard.push(payload))
    const third = bus.connect('third')
    third.subscribe('a', () => void heard.push('third'))
    await third.close()
    expect(await deploy.call('ops.add')).toBe(1)
    await ops.publish('a', 1)
    await turn()
    expect(heard).toEqual([1])
    expect(await codeOf(third.publish('a'))).toBe('BUS_CLOSED')
  })

  it('[B16] ends exactly the subscription that is closed, filter or not, twice or not', async () => {
    let heard = 0
    const handler = (): void => void heard++
    const one = deploy.subscribe('a', handler, { filter: () => true })
    const two = deploy.subscribe('a', handler)
    await one.close()
    await one.close()
    await ops.publish('a')
    await turn()
    expect(heard).toBe(1)
    await two.close()
    await ops.publish('a')
    await turn()
    expect(heard).toBe(1)
    expect(bus.snapshot().subscriptions).toEqual([])
  })

  it('[B17] carries topics named like parts of the machine, and messages without a payload', async () => {
    const heard: unknown[] = []
    deploy.subscribe('*', (payload, { topic }) => void heard.push([topic, payload]))
    for (const topic of ['error', '__proto__', 'constructor', 'hasOwnProperty']) await ops.publish(topic)
    await turn()
    expect(heard).toEqual([
      ['error', undefined],
      ['__proto__', undefined],
      ['constructor', undefined],
      ['hasOwnProperty', undefined],
    ])
    ops.serve('ops.__proto__', () => 'served')
    expect(await deploy.call('ops.__proto__')).toBe('served')
    expect(await codeOf(deploy.call('__proto__.toString'))).toBe('NO_RESPONDER')
  })

  it('[B18] says at once that nobody answers, takes a timeout of its own, and cancels', async () => {
    expect(await codeOf(deploy.request('nobody'))).toBe('NO_RESPONDER')
    expect(await codeOf(deploy.call('nobody.there'))).toBe('NO_RESPONDER')
    const clock = createFakeClock()
    const timed = createBus({ clock })
    timed.connect('ops').serve('ops.wait', () => new Promise(() => {}))
    const client = timed.connect('deploy')
    const short = codeOf(client.call('ops.wait', {}, { timeoutMs: 50 }))
    clock.advance(60)
    expect(await short).toBe('TIMEOUT')
    expect(await codeOf(client.call('ops.wait', {}, { timeoutMs: 0 }))).toBe('TIMEOUT')
    const controller = new AbortController()
    const cancelled = codeOf(client.call('ops.wait', {}, { signal: controller.signal }))
    controller.abort()
    expect(await cancelled).toBe('CANCELLED')
    await timed.close()
  })

  it("[B19] resolves with the method's own result, and refuses to replace a method silently", async () => {
    const stop = ops.serve('ops.sum', (input) => (input as number[]).reduce((a, b) => a + b))
    expect(await deploy.call('ops.sum', [5, 3])).toBe(8)
    expect(() => ops.serve('ops.sum', () => 0)).toThrow(/must not serve it already/)
    stop()
    expect(await codeOf(deploy.call('ops.sum', [1]))).toBe('NO_RESPONDER')
  })

  it('[B20] logs nothing, shares nothing that can be changed, delivers nothing inside publish, and carries one trace on', async () => {
    const log = vi.spyOn(console, 'log')
    const payload = { nested: { value: 1 } }
    const trace: string[] = []
    let isInside = false
    let wasInside = false
    deploy.subscribe('a', (heard, message, context) => {
      wasInside ||= isInside
      expect(() => ((heard as typeof payload).nested.value = 2)).toThrow(TypeError)
      expect(() => ((message as { topic: string }).topic = 'b')).toThrow(TypeError)
      expect(() => ((message as unknown as Record<string, number>).more = 1)).toThrow(TypeError)
      trace.push(message.headers.traceparent)
      return context.publish('b')
    })
    deploy.subscribe('b', (_payload, { headers, causationId }) => void trace.push(headers.traceparent, String(causationId)))
    isInside = true
    const published = ops.publish('a', payload, { headers: { traceparent: `00-${'a'.repeat(32)}-${'b'.repeat(16)}-01` } })
    isInside = false
    await published
    await turn()
    expect(wasInside).toBe(false)
    expect(trace).toHaveLength(3)
    expect(trace[0]).toMatch(/^00-a{32}-(?!b{16})[0-9a-f]{16}-01$/)
    expect(trace[1]).toMatch(/^00-a{32}-/)
    expect(trace[1]).not.toBe(trace[0])
    expect(log).not.toHaveBeenCalled()
    // What is expected inside a handler would fail there.
    expect(bus.snapshot().handlersFailed).toBe(0)
    log.mockRestore()
  })

  it('[B21] keeps a result for a key, shares it with those who come while it is made, but never a failure', async () => {
    let ran = 0
    const gate = Promise.withResolvers<void>()
    ops.serve('ops.charge', async (input) => {
      const run = ++ran
      await gate.promise
      if (input === 'fail') throw new Error('no')
      return run
    })
    const both = [1, 2].map(() => deploy.call('ops.charge', 'x', { idempotencyKey: 'k1' }))
    gate.resolve()
    expect(await Promise.all(both)).toEqual([1, 1])
    expect(await deploy.call('ops.charge', 'x', { idempotencyKey: 'k1' })).toBe(1)
    expect(await deploy.call('ops.charge', 'x', { idempotencyKey: 'k2' })).toBe(2)
    expect(await codeOf(deploy.call('ops.charge', 'fail', { idempotencyKey: 'k3' }))).toBe('HANDLER_ERROR')
    expect(await deploy.call('ops.charge', 'x', { idempotencyKey: 'k3' })).toBe(4)
  })
})
