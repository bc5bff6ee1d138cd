import { createTestYard, pluginContract } from '@switchyard/testkit'
import { describe, expect, it } from 'vitest'
import requests from '../test/requests.json' with { type: 'json' }
import ops from './index.ts'

const files = { 'README.md': 'Hello', 'package.json': '{ "name": "demo", "version": "1.0.0" }' }

describe('ops-plugin keeps what every plugin must', () => {
  const inputs = { 'health.scan': [{}, { project: '.', strict: true }] }
  const failing = { 'health.scan': [{ project: 'nowhere' }] }
  for (const { name, run } of pluginContract(ops, { files, inputs, failing })) it(name, run)
})

describe('ops.health.scan', () => {
  for (const { text, command } of requests) {
    it(`is what "${text}" means`, async () => {
      await using kit = await createTestYard({ plugins: [ops], files })
      const { parts } = kit.yard.decide(text)
      expect(parts[0]?.command).toBe(command)
    })
  }

  it('reports on the workspace that it is asked in', async () => {
    await using kit = await createTestYard({ plugins: [ops], files })
    const { results } = await kit.request('check the health of this project')
    expect(results[0]).toMatchObject({ kinds: ['node'], files: { total: 2 } })
  })
})
