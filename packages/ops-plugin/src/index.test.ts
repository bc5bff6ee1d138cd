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
  // The requests were worded without a look at the examples, and measure router and examples together: none of them may become an example.
  it('is what most of the requests kept for testing mean, and none of them means another', async () => {
    await using kit = await createTestYard({ plugins: [ops], files })
    const decided = requests.map(({ text, command }) => ({ command, got: kit.yard.decide(text).parts[0]?.command }))
    expect(decided.filter(({ command, got }) => got !== undefined && got !== command)).toEqual([])
    expect(decided.filter(({ command, got }) => got === command).length).toBeGreaterThan(requests.length / 2)
    const examples = new Set<string>(ops.commands['health.scan'].examples)
    expect(requests.filter(({ text }) => examples.has(text))).toEqual([])
  })

  it('reports on the workspace that it is asked in', async () => {
    await using kit = await createTestYard({ plugins: [ops], files })
    const { results } = await kit.request('check the health of this project')
    expect(results[0]).toMatchObject({ kinds: ['node'], files: { total: 2 } })
  })
})
