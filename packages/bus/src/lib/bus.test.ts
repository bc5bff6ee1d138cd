import { describe, expect, it } from 'vitest'
import { createBus } from './bus.ts'

describe('createBus()', () => {
  it('carries a message and a call', async () => {
    const bus = createBus()
    const ops = bus.connect('ops')
    const heard: unknown[] = []
    ops.subscribe('plugin/*/events', (payload, message) => void heard.push([payload, message.source, message.topic, message.sequence]))
    await bus.connect('deploy').publish('plugin/x/events', { a: 1 })
    expect(heard).toEqual([[{ a: 1 }, 'deploy', 'plugin/x/events', 1]])
    ops.serve('ops.add', (input) => (input as { a: number }).a + 1)
    expect(await bus.connect('x').call('ops.add', { a: 1 })).toBe(2)
    ops.serve('ops.count', async function* () {
      yield 1
      yield 2
    })
    const counted: unknown[] = []
    for await (const value of ops.stream('ops.count')) counted.push(value)
    expect(counted).toEqual([1, 2])
    await bus.close()
  })
})
