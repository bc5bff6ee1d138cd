import { isSwitchyardError } from '@switchyard/contracts'
import { afterEach, describe, expect, it } from 'vitest'
import type { Bus, BusOptions } from './api.ts'
import { createBus } from './bus.ts'
import { createMemoryNetwork } from './link/memory.ts'

const open: Bus[] = []
afterEach(async () => {
  for (const bus of open.splice(0)) await bus.close()
})

async function pair(options: BusOptions = {}): Promise<{ here: Bus; there: Bus; network: ReturnType<typeof createMemoryNetwork> }> {
  const network = createMemoryNetwork()
  const here = createBus({ ...options, link: network.createLink() })
  const there = createBus({ ...options, link: network.createLink() })
  open.push(here, there)
  await Promise.all([here.ready(), there.ready()])
  return { here, there, network }
}

const codeOf = async (promise: Promise<unknown>): Promise<string | undefined> => {
  const error = await promise.then(
    () => undefined,
    (thrown: unknown) => thrown,
  )
  return isSwitchyardError(error) ? error.code : error === undefined ? undefined : String(error)
}

describe('createBus() with a link', () => {
  it('[R1] carries a message to those who listen in another process, with sender, trace, cause and sequence', async () => {
    const { here, there } = await pair()
    const ops = here.connect('ops')
    const deploy = there.connect('deploy')
    const heard = Promise.withResolvers<unknown>()
    deploy.subscribe('plugin/*/events', (payload, message) => heard.resolve({ payload, message: JSON.parse(JSON.stringify(message)) }))
    await there.ready()
    await ops.publish('plugin/ops/events', { done: true }, { headers: { userId: 'u1' }, priority: 7 })
    expect(await heard.promise).toMatchObject({
      payload: { done: true },
      message: { source: 'ops', sequence: 1, priority: 7, headers: { userId: 'u1', traceparent: expect.stringMatching(/^00-/) } },
    })
  })

  it('[R2] calls a method of another process: result, typed error with its stack and cause, progress in order', async () => {
    const { here, there } = await pair()
    const ops = there.connect('ops')
    ops.serve('ops.scan', async (input, context) => {
      context.progress(1)
      context.progress(2)
      return { input, askedBy: context.source, remaining: context.remainingMs() < 5_000 }
    })
    ops.serve('ops.fail', () => {
      throw new TypeError('broken', { cause: new Error('deep') })
    })
    await there.ready()
    const caller = here.connect('caller')
    const seen: unknown[] = []
    expect(await caller.call('ops.scan', { a: 1 }, { timeoutMs: 4_000, onProgress: (value) => void seen.push(value) })).toEqual({
      input: { a: 1 },
      askedBy: 'caller',
      remaining: true,
    })
    expect(seen).toEqual([1, 2])
    const error: unknown = await caller.call('ops.fail').catch((thrown: unknown) => thrown)
    expect(error).toMatchObject({ code: 'HANDLER_ERROR', message: 'broken', cause: { message: 'broken', cause: { message: 'deep' } } })
    expect((error as Error).stack).toContain('remote.test')
    expect(await codeOf(caller.call('ops.nothing'))).toBe('UNKNOWN_METHOD')
    expect(await codeOf(caller.call('nobody.nothing'))).toBe('NO_RESPONDER')
  })

  it('[R3] prefers a server in its own process and takes turns among those of others', async () => {
    const { here, there } = await pair()
    there.connect('ops').serve('ops.who', () => 'there')
    await there.ready()
    const caller = here.connect('caller')
    expect(await caller.call('ops.who')).toBe('there')
    const near = here.connect('ops')
    near.serve('ops.who', () => 'here')
    expect(await caller.call('ops.who')).toBe('here')
    await near.close()
    expect(await caller.call('ops.who')).toBe('there')
  })

  it('[R4] aborts the handler in the other process when the caller gives up', async () => {
    const { here, there } = await pair()
    const aborted = Promise.withResolvers<void>()
    const started = Promise.withResolvers<void>()
    there.connect('ops').serve('ops.wait', (_input, { signal }) => {
      signal.addEventListener('abort', () => aborted.resolve())
      started.resolve()
      return new Promise(() => {})
    })
    await there.ready()
    const controller = new AbortController()
    const call = codeOf(here.connect('caller').call('ops.wait', {}, { signal: controller.signal }))
    await started.promise
    controller.abort()
    expect(await call).toBe('CANCELLED')
    await aborted.promise
  })

  it('[R5] streams with back-pressure: the server is never more than the window ahead', async () => {
    const { here, there } = await pair()
    let made = 0
    const finished = Promise.withResolvers<void>()
    there.connect('ops').serve('ops.count', async function* () {
      try {
        for (;;) yield ++made
      } finally {
        finished.resolve()
      }
    })
    await there.ready()
    const read: unknown[] = []
    for await (const value of here.connect('caller').stream('ops.count', {}, { window: 4 })) {
      read.push(value)
      await new Promise((resolve) => setImmediate(resolve))
      expect(made).toBeLessThanOrEqual(read.length + 5)
      if (read.length === 20) break
    }
    await finished.promise
    expect(read).toEqual(Array.from({ length: 20 }, (_, index) => index + 1))
  })

  it('[R6] ends calls to a process that is gone with LINK_LOST, which may be tried again', async () => {
    const { here, there } = await pair()
    const started = Promise.withResolvers<void>()
    there.connect('ops').serve('ops.wait', () => {
      started.resolve()
      return new Promise(() => {})
    })
    await there.ready()
    const call = here
      .connect('caller')
      .call('ops.wait')
      .catch((error: unknown) => error)
    await started.promise
    await there.close()
    expect(await call).toMatchObject({ code: expect.stringMatching(/LINK_LOST|PLUGIN_DOWN|BUS_CLOSED/), retryable: true })
  })

  it('[R7] is back after the link was cut', async () => {
    const { here, there, network } = await pair()
    there.connect('ops').serve('ops.who', () => 'there')
    await there.ready()
    network.disrupt()
    await new Promise((resolve) => setImmediate(resolve))
    expect(await here.connect('caller').call('ops.who')).toBe('there')
  })

  it('[R8] describes what is served elsewhere', async () => {
    const { here, there } = await pair()
    there.connect('ops').serve('ops.scan', () => 1, { description: { summary: 'looks' } })
    await there.ready()
    expect(await here.connect('caller').describe('ops')).toEqual([{ method: 'ops.scan', servers: 1, description: { summary: 'looks' } }])
    expect(await here.connect('caller').describe('ops.scan')).toHaveLength(1)
    expect(await here.connect('caller').describe('nobody')).toEqual([])
  })

  it('[R9] asks responders of other processes', async () => {
    const { here, there } = await pair()
    there
      .connect('ops')
      .respond('plugin/ops/request', (payload, message, context) => ({ payload, type: message.messageType, by: context.source }))
    await there.ready()
    expect(await here.connect('caller').request('plugin/ops/request', { command: 'x' })).toEqual({
      payload: { command: 'x' },
      type: 'request',
      by: 'caller',
    })
    expect(await codeOf(here.connect('caller').request('plugin/nobody/request'))).toBe('NO_RESPONDER')
  })
})
