import { describe, expect, it } from 'vitest'
import { registryChanges } from './registry-changes.ts'

// What plugins listen to, as literals. Red means: deliberate? Then change it here, in the guide, and in the version.
describe('registryChanges', () => {
  it('are these topics, kept for listeners with a name or told to whoever is there', () => {
    expect(Object.values(registryChanges).map(({ name, durable }) => [name, durable])).toEqual([
      ['registry/registered', true],
      ['registry/updated', true],
      ['registry/unregistered', true],
      ['registry/health', false],
    ])
  })

  it('have these payloads', () => {
    const at = '2026-11-21T21:37:00.000Z'
    const added = { plugin: 'web', version: '1.2.0', origin: 'files', source: 'acme', offers: 3, at }
    expect(registryChanges.registered.schema.parse(added)).toEqual(added)
    expect(registryChanges.updated.schema).toBe(registryChanges.registered.schema)
    expect(registryChanges.unregistered.schema.parse({ plugin: 'web', at })).toEqual({ plugin: 'web', at })
    const health = { plugin: 'web', from: 'ready', to: 'down', reason: 'its breaker is open', at }
    expect(registryChanges.health.schema.parse(health)).toEqual(health)
    expect(registryChanges.health.schema.safeParse({ ...health, to: 'ill' }).success).toBe(false)
  })
})
