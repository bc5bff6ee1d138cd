import { createHook } from 'node:async_hooks'
import { describe, expect, it } from 'vitest'
import { Circuit } from './circuit.ts'

function setUp(): { circuit: Circuit; counts: { calls: number; failures: number } } {
  const counts = {
    calls: 0,
    failures: 0,
    onCall: () => void counts.calls++,
    onFailure: () => void counts.failures++,
  }
  return { circuit: new Circuit({ failurePercent: 50, minCalls: 4, counts }), counts }
}

describe('Circuit', () => {
  it('has opossum judge each failure before judge returns, inclusive of the threshold', () => {
    const { circuit, counts } = setUp()
    counts.calls = 2
    circuit.judge(new Error('first'))
    expect([circuit.closed, counts]).toMatchObject([true, { calls: 3, failures: 1 }])
    circuit.judge(new Error('second'))
    expect([circuit.opened, counts]).toMatchObject([true, { calls: 4, failures: 2 }])
  })

  it('opens again at the first failure while half-open, whatever the counts', () => {
    const { circuit } = setUp()
    circuit.open()
    for (let round = 0; round < 3; round++) {
      circuit.probe()
      expect([circuit.closed, circuit.opened, circuit.halfOpen]).toEqual([false, false, true])
      circuit.judge(new Error('probe'))
      expect([circuit.closed, circuit.opened, circuit.halfOpen]).toEqual([false, true, false])
    }
    circuit.close()
    expect(circuit.closed).toBe(true)
  })

  it('counts nothing while it is open', () => {
    const { circuit, counts } = setUp()
    circuit.open()
    circuit.judge(new Error('late'))
    expect(counts.failures).toBe(0)
  })

  it('sets no timer, neither when it is made nor when it opens', () => {
    const made: string[] = []
    const hook = createHook({ init: (_id, type) => void (type === 'Timeout' && made.push(type)) }).enable()
    const { circuit } = setUp()
    for (let i = 0; i < 4; i++) circuit.judge(new Error('boom'))
    expect(circuit.opened).toBe(true)
    hook.disable()
    expect(made).toEqual([])
  })
})
