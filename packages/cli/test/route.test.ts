import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { makeWorkspace, run } from './process.ts'

const SET = {
  name: 'fruit',
  intents: [
    { id: 'eat', description: 'Eat fruit', examples: ['eat an apple', 'have a pear', 'bite into the plum'] },
    { id: 'buy', description: 'Buy fruit', examples: ['buy apples', 'get pears from the market', 'order some plums'] },
  ],
  test: [
    { text: 'buy some pears', intent: 'buy' },
    { text: 'eat the plum', intent: 'eat' },
    { text: 'paint the garage', intent: null },
  ],
}

// Learning takes seconds on a busy machine, and a correction learns twice.
describe('switchyard route', { timeout: 90_000 }, () => {
  it('answers with parts, arguments and where they stand', async () => {
    using workspace = makeWorkspace({ plugins: 'notes' })
    const request = 'write down a note called "buy milk", then list all my notes'
    const { code, stdout } = await run(workspace.dir, ['route', request, '--json'])
    expect(code).toBe(0)
    const answer = JSON.parse(stdout)
    expect(answer).toMatchObject({
      request,
      outcome: 'routed',
      strategy: 'sequential',
      parts: [
        {
          text: 'write down a note called "buy milk"',
          command: 'notes.note.add',
          args: { name: { value: 'buy milk' } },
          missing: [],
          after: [],
        },
        { command: 'notes.note.list', after: [0] },
      ],
    })
    expect(request.slice(...(answer.parts[0].args.name.from as [number, number]))).toBe('"buy milk"')
  })

  it('answers a batch, a line for each', async () => {
    using workspace = makeWorkspace({ plugins: 'notes' })
    writeFileSync(join(workspace.dir, 'batch.jsonl'), '{"text": "list all my notes"}\n\n{"text": "sing me a song"}\n')
    const { code, stdout } = await run(workspace.dir, ['route', '--batch', 'batch.jsonl', '--json'])
    expect(code).toBe(0)
    expect(
      stdout
        .trimEnd()
        .split('\n')
        .map((line) => JSON.parse(line).outcome),
    ).toEqual(['routed', 'abstain'])
    writeFileSync(join(workspace.dir, 'batch.jsonl'), '{"text": 5}\n')
    expect(await run(workspace.dir, ['route', '--batch', 'batch.jsonl'])).toMatchObject({
      code: 2,
      stdout: '',
      stderr: expect.stringContaining('line 1 of batch.jsonl'),
    })
  })

  it('measures a labelled set', async () => {
    using workspace = makeWorkspace()
    writeFileSync(join(workspace.dir, 'fruit.json'), JSON.stringify(SET))
    const { code, stdout } = await run(workspace.dir, ['route', 'eval', 'fruit.json', '--json'])
    expect(code).toBe(0)
    expect(JSON.parse(stdout)).toMatchObject({
      name: 'fruit',
      n: 3,
      accuracy: 1,
      top3: 1,
      oos: { auroc: 1, recallAt95InScope: expect.any(Number) },
      ece: expect.any(Number),
      trainMs: expect.any(Number),
      latencyUs: { p50: expect.any(Number), p95: expect.any(Number), p99: expect.any(Number) },
      confusions: [],
    })
    writeFileSync(join(workspace.dir, 'fruit.json'), JSON.stringify({ ...SET, test: [{ text: 'x' }] }))
    expect(await run(workspace.dir, ['route', 'eval', 'fruit.json'])).toMatchObject({
      code: 1,
      stderr: expect.stringContaining('test[0].intent'),
    })
  })

  it('remembers a correction in the workspace', async () => {
    using workspace = makeWorkspace({ plugins: 'notes' })
    expect((await run(workspace.dir, ['route', 'whats on my plate'])).code).toBe(4)
    expect(await run(workspace.dir, ['route', '--wrong', 'whats on my plate', '--right', 'notes.note.list'])).toMatchObject({ code: 0 })
    expect((await run(workspace.dir, ['route', 'replay', '--json'])).stdout).toContain('"after": [')
    expect((await run(workspace.dir, ['route', 'whats on my plate'])).code).toBe(0)
    expect(await run(workspace.dir, ['route', '--wrong', 'whats on my plate'])).toMatchObject({ code: 2 })
  })
})

describe('a request of several parts', { timeout: 90_000 }, () => {
  it('is asked for once, kept until it is approved, and done as one chain', async () => {
    using workspace = makeWorkspace({ plugins: 'notes' })
    const request = 'write down a note called "milk", then write down a note called "bread"'
    const asked = await run(workspace.dir, [request, '--json'])
    expect(asked.code).toBe(3)
    const { needsApproval } = JSON.parse(asked.stdout) as { needsApproval: { chain: string } }
    expect((await run(workspace.dir, ['notes', 'note', 'list', '--json'])).stdout.trim()).toBe('[]')
    expect(await run(workspace.dir, ['approve', needsApproval.chain])).toMatchObject({ code: 0 })
    expect((await run(workspace.dir, ['notes', 'note', 'list', '--json'])).stdout).toMatch(/milk[\s\S]*bread/)
  })

  it('does nothing where it is only rehearsed', async () => {
    using workspace = makeWorkspace({ plugins: 'notes' })
    const { code, stdout } = await run(workspace.dir, ['write down a note called "milk", then list all my notes', '--dry-run', '--json'])
    expect(code).toBe(0)
    expect(JSON.parse(stdout)).toMatchObject({ outcome: 'routed', steps: [{ plan: { summary: 'Write down "milk"' } }, {}] })
    expect((await run(workspace.dir, ['notes', 'note', 'list', '--json'])).stdout.trim()).toBe('[]')
  })
})
