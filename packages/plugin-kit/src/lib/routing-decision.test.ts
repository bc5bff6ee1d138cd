import { expect, it } from 'vitest'
import { routingDecision } from './routing-decision.ts'

it('routingDecision is told on this topic, to whoever is there, with this', () => {
  expect(routingDecision).toMatchObject({ name: 'routing/decision', durable: false })
  const part = { command: 'ops.health.scan', confidence: 0.9, fallbacks: ['ops.health.get'] }
  const decision = { request: 'check the health', outcome: 'routed', parts: [part], strategy: 'single', at: '2026-11-21T21:37:00.000Z' }
  expect(routingDecision.schema.parse(decision)).toEqual(decision)
})
