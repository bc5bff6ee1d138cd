import { createTestYard, pluginContract } from '@switchyard/testkit'
import { describe, expect, it } from 'vitest'
import ops from './index.ts'
import requests from './requests.json' with { type: 'json' }

const files = { 'README.md': 'Hello', 'package.json': '{ "name": "demo", "version": "1.0.0" }' }

// What each command does is held to the rest of the contract in its own room.
describe('ops-plugin, all rooms together, keeps what every definition must', () => {
  for (const { name, run } of pluginContract(ops, { files })) if (/^\[D[123]\]/.test(name)) it(name, run)
})

describe('the requests kept for testing', () => {
  // They were worded without a look at the examples, and measure router and examples together.
  it('are none of the examples, and name commands and inputs that exist', () => {
    const commands: Readonly<Record<string, (typeof ops.commands)[keyof typeof ops.commands]>> = ops.commands
    const examples = new Set(Object.values(ops.commands).flatMap((command) => command.examples.map((text) => text.toLowerCase())))
    expect(requests.filter(({ text }) => examples.has(text.toLowerCase()))).toEqual([])
    const unfit = requests.filter(({ command, args = {} }) => {
      const given = commands[command.replace(/^ops\./, '')]
      if (given === undefined) return true
      const parsed = given.input.safeParse(args)
      // What a text leaves out may be needed all the same; what it says must fit.
      return !parsed.success && parsed.error.issues.some(({ path }) => path[0] !== undefined && path[0] in args)
    })
    expect(unfit).toEqual([])
  })

  // Learning what all of ops means takes seconds, and many on a busy machine.
  it('mean their command rather than another', { timeout: 120_000 }, async () => {
    await using kit = await createTestYard({ plugins: [ops], files })
    const { results } = await kit.request('check the health of this project')
    expect(results[0]).toMatchObject({ kinds: ['node'], files: { total: 2 } })
    const decided = requests.map(({ text, command }) => ({ text, command, got: kit.yard.decide(text).parts[0]?.command }))
    const right = decided.filter(({ command, got }) => got === command)
    const wrong = decided.filter(({ command, got }) => got !== undefined && got !== command)
    const told = wrong.map(({ text, command, got }) => `${text}: ${got}, not ${command}`).join('\n')
    expect(right.length, told).toBeGreaterThan(requests.length / 2)
    expect(wrong.length / requests.length, told).toBeLessThan(0.25)
  })
})
