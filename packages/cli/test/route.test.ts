import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { copyOf, makeWorkspace, runHere as run } from './process.ts'

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

/** A workspace whose model is learned: that takes seconds, and each test has a copy of it. */
let learned: ReturnType<typeof makeWorkspace>
beforeAll(async () => {
  learned = makeWorkspace({ plugins: 'notes' })
  expect(await run(learned.dir, ['route', 'learn'])).toMatchObject({
    code: 0,
    stdout: expect.stringMatching(/^All \d+ commands are learned\n$/),
  })
}, 90_000)
afterAll(() => learned[Symbol.dispose]())

// A correction learns twice.
describe('switchyard route', { timeout: 180_000 }, () => {
  it('answers with parts, arguments and where they stand', async () => {
    using workspace = copyOf(learned)
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
    // Scripts rely on these names.
    expect(Object.keys(answer)).toEqual(['request', 'refused', 'outcome', 'parts', 'strategy', 'estimate', 'explanation'])
    for (const part of answer.parts)
      expect(Object.keys(part)).toEqual(['text', 'command', 'confidence', 'args', 'missing', 'alternatives', 'after'])
    const traces = await run(workspace.dir, ['trace', 'list', '--limit', '1', '--json'])
    expect(JSON.parse(traces.stdout)).toMatchObject([{ state: 'decided' }])
  })

  it('has one question where something is open, and all that is open beside it', async () => {
    using workspace = copyOf(learned)
    const { code, stdout } = await run(workspace.dir, ['route', 'write down a note, then throw the note away', '--json'])
    expect(code).toBe(4)
    const { outcome, question, asks, doubts, parts } = JSON.parse(stdout)
    expect({ outcome, question, asks }).toEqual({ outcome: 'ask', ...doubts[0], part: undefined })
    expect(doubts.map((doubt: { part: number }) => parts[doubt.part].command)).toEqual(['notes.note.add', 'notes.note.drop'])
  })

  it('says whether a request stays within a budget and a time, and does none that does not', async () => {
    using workspace = copyOf(learned)
    const request = 'list all my notes, then write down a note called "milk"'
    const over = ['--minutes', '0.05', '--budget', '1']
    const decided = await run(workspace.dir, ['route', request, ...over, '--json'])
    expect(decided.code).toBe(1)
    expect(JSON.parse(decided.stdout)).toMatchObject({ outcome: 'routed', fit: { isFeasible: false, leftOut: [1] } })
    const shown = await run(workspace.dir, ['route', request, ...over])
    expect(shown.stdout).toMatch(/Over the limit: about \S+ m?s, \$0\.00\nWhat stays within it:\n {2}list all my notes\n$/)
    expect(await run(workspace.dir, ['route', request, '--minutes', '5'])).toMatchObject({
      code: 0,
      stdout: expect.stringContaining('Within the limit'),
    })
    expect(await run(workspace.dir, [request, ...over, '--yes'])).toMatchObject({
      code: 1,
      stdout: '',
      stderr: expect.stringContaining('must cost no more than $1 and take no longer than 0.05 min'),
    })
    expect(await run(workspace.dir, [request, '--minutes', 'soon'])).toMatchObject({ code: 2, stderr: expect.stringContaining('a number') })
    expect((await run(workspace.dir, ['notes', 'note', 'list', '--json'])).stdout.trim()).toBe('[]')
    expect(await run(workspace.dir, [request, '--minutes', '5', '--yes'])).toMatchObject({ code: 0 })
  })

  it('answers a batch, a line for each', async () => {
    using workspace = copyOf(learned)
    writeFileSync(join(workspace.dir, 'batch.jsonl'), '{"text": "list all my notes"}\n\n{"text": "sing me a song"}\n')
    const { code, stdout } = await run(workspace.dir, ['route', '--batch', 'batch.jsonl', '--json'])
    expect(code).toBe(0)
    const answers = stdout
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line) as { outcome: string })
    expect(answers.map(({ outcome }) => outcome)).toEqual(['routed', 'abstain'])
    // Each of the very shape that one alone has.
    const { stdout: alone } = await run(workspace.dir, ['route', 'list all my notes', '--json'])
    expect(Object.keys(answers[0]!)).toEqual(Object.keys(JSON.parse(alone)))
    expect(answers).toMatchObject([
      { estimate: { durationMs: expect.any(Number) }, explanation: { parts: [{ command: 'notes.note.list' }] } },
      { estimate: { durationMs: 0 } },
    ])
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

  it('measures the workspace by the requests that its plugins bring along, and by others', async () => {
    using workspace = makeWorkspace()
    const { code, stdout } = await run(workspace.dir, ['route', 'eval', '--workspace', '--json'])
    expect(code).toBe(0)
    const measured = JSON.parse(stdout) as { n: number; counts: { single: number; compound: number; outOfScope: number } }
    expect(measured).toMatchObject({
      name: 'workspace',
      accuracy: expect.any(Number),
      top3: expect.any(Number),
      args: expect.any(Number),
      compound: expect.any(Number),
      acted: { share: expect.any(Number), precision: expect.any(Number) },
      oos: { notActed: expect.any(Number) },
      destroyedUnasked: 0,
    })
    expect(measured.n).toBeGreaterThanOrEqual(300)
    expect(measured.counts.compound).toBeGreaterThanOrEqual(40)
    expect(measured.counts.outOfScope / measured.n).toBeGreaterThan(0.3)
    expect((await run(workspace.dir, ['route', 'eval', '--workspace'])).stdout).toContain('acted on unasked')
    expect(await run(workspace.dir, ['route', 'eval'])).toMatchObject({ code: 2 })
  })

  it('remembers a correction in the workspace', async () => {
    using workspace = copyOf(learned)
    expect((await run(workspace.dir, ['route', 'whats in my pockets'])).code).toBe(4)
    expect(await run(workspace.dir, ['route', '--wrong', 'whats in my pockets', '--right', 'notes.note.list'])).toMatchObject({ code: 0 })
    expect((await run(workspace.dir, ['route', 'replay', '--json'])).stdout).toContain('"after": [')
    expect((await run(workspace.dir, ['route', 'whats in my pockets'])).code).toBe(0)
    expect(await run(workspace.dir, ['route', '--wrong', 'whats in my pockets'])).toMatchObject({ code: 2 })
  })
})

describe('a request of several parts', { timeout: 90_000 }, () => {
  it('is asked for once, kept until it is approved, and done as one chain', async () => {
    using workspace = copyOf(learned)
    const request = 'write down a note called "milk", then write down a note called "bread"'
    const asked = await run(workspace.dir, [request, '--json'])
    expect(asked.code).toBe(3)
    const { needsApproval } = JSON.parse(asked.stdout) as { needsApproval: { chain: string } }
    expect((await run(workspace.dir, ['notes', 'note', 'list', '--json'])).stdout.trim()).toBe('[]')
    const { code, stdout, stderr } = await run(workspace.dir, ['approve', needsApproval.chain])
    expect(code).toBe(0)
    expect(stdout).toMatch(/notes\.note\.add\nname: milk[\s\S]*notes\.note\.add\nname: bread/)
    expect(stderr).toContain(`To take it back: switchyard undo ${needsApproval.chain}\n`)
    expect((await run(workspace.dir, ['notes', 'note', 'list', '--json'])).stdout).toMatch(/milk[\s\S]*bread/)
  })

  it('is taken back as one once it is done, last completed first, and once only', async () => {
    using workspace = copyOf(learned)
    const { dir } = workspace
    const request = 'write down a note called "milk", then write down a note called "bread"'
    const done = await run(dir, [request, '--yes', '--json'])
    const { id } = (JSON.parse(done.stdout) as { chain: { id: string } }).chain
    expect(JSON.parse((await run(dir, ['plans', '--json'])).stdout)).toMatchObject([{ id, state: 'done', undoable: true, did: request }])
    expect((await run(dir, ['plans'])).stdout).toMatch(new RegExp(`\n${id} +done, undoable `))
    const undone = await run(dir, ['undo', id, '--json'])
    expect(undone.code).toBe(0)
    expect(JSON.parse(undone.stdout)).toMatchObject({
      name: `undo-${id}`,
      steps: [{ input: { name: 'bread' } }, { input: { name: 'milk' } }],
    })
    expect((await run(dir, ['notes', 'note', 'list', '--json'])).stdout.trim()).toBe('[]')
    expect((await run(dir, ['plans', '--json'])).stdout.trim()).toBe('[]')
    expect(await run(dir, ['undo', id])).toMatchObject({ code: 2, stderr: expect.stringContaining('it was taken back') })
  })

  it('is taken back as a whole when a part in the middle fails', async () => {
    using workspace = copyOf(learned)
    const { dir } = workspace
    await run(dir, ['notes', 'note', 'add', '--name', 'milk', '--yes'])
    const request = ['bread', 'milk', 'eggs'].map((name) => `write down a note called "${name}"`).join(', then ')
    const { code, stdout } = await run(dir, [request, '--yes'])
    expect(code).toBe(1)
    expect(stdout).toMatch(/request {2}undone\n↶ ├─ part1: notes\.note\.add\n✗ ├─ part2: notes\.note\.add\n +Cannot[\s\S]*· └─ part3/)
    expect(stdout.match(/Cannot finish/g)).toHaveLength(1)
    expect(stdout).toMatch(/Undone: part1\nNever started: part3/)
    expect((await run(dir, ['notes', 'note', 'list', '--json'])).stdout).toMatch(/^\[\s*\{\s*"name": "milk",[^{}]*\}\s*\]\s*$/)
  })

  it('is among the plans while it waits, and is discarded as they are', async () => {
    using workspace = copyOf(learned)
    const { dir } = workspace
    const request = 'write down a note called "milk", then write down a note called "bread"'
    const asked = await run(dir, [request, '--json'])
    const { chain } = (JSON.parse(asked.stdout) as { needsApproval: { chain: string } }).needsApproval
    const waiting = { id: chain, chain: 'request', state: 'waiting', asks: `Do this: ${request}` }
    expect(JSON.parse((await run(dir, ['plans', '--json'])).stdout)).toMatchObject([waiting])
    expect((await run(dir, ['plans'])).stdout).toMatch(new RegExp(`\n${chain} +waiting .* request +Do this: write down`))
    expect(await run(dir, ['discard', chain])).toMatchObject({
      code: 0,
      stdout: expect.stringMatching(/undone[\s\S]*Never started: part1/),
    })
    expect(await run(dir, ['approve', chain])).toMatchObject({ code: 1, stderr: expect.stringContaining('one of its steps must wait') })
    expect(JSON.parse((await run(dir, ['plans', '--json'])).stdout)).toEqual([])
    expect((await run(dir, ['notes', 'note', 'list', '--json'])).stdout.trim()).toBe('[]')
  })

  it('is refused at once, and kept nowhere, where its first change cannot be made', async () => {
    using workspace = makeWorkspace()
    const refused = await run(workspace.dir, ['deploy to staging, then list the open issues'])
    expect(refused).toMatchObject({ code: 1, stdout: '', stderr: expect.stringContaining('switchyard.deploy.json must say') })
    expect((await run(workspace.dir, ['plans', '--json'])).stdout.trim()).toBe('[]')
  })

  it('does nothing where it is only rehearsed', async () => {
    using workspace = copyOf(learned)
    const { code, stdout } = await run(workspace.dir, ['write down a note called "milk", then list all my notes', '--dry-run', '--json'])
    expect(code).toBe(0)
    expect(JSON.parse(stdout)).toMatchObject({ outcome: 'routed', steps: [{ plan: { summary: 'Write down "milk"' } }, {}] })
    expect((await run(workspace.dir, ['notes', 'note', 'list', '--json'])).stdout.trim()).toBe('[]')
  })
})
