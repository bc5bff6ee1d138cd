import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { PassThrough } from 'node:stream'
import { command, definePlugin } from '@switchyard/plugin-kit'
import type { Doubt } from '@switchyard/router'
import { type Decision, type DecisionPart, openYard, type Yard } from '@switchyard/yard'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { z } from 'zod'
import { settleWith } from './dialogue.ts'
import { EXIT } from './exit-code.ts'
import type { Host, Terminal } from './host.ts'
import { openSession } from './open-session.ts'
import { answerRequest, type RequestFlags, remember } from './request.ts'
import type { Session } from './session.ts'
import { settleAlone } from './settle.ts'

const done: string[] = []
const common = (name: string) => ({
  summary: `The ${name}`,
  examples: [`do the ${name}`],
  output: z.object({}),
  run() {
    done.push(name)
    return {}
  },
})
/** It is expected to cost ten cents, and its bill says this. */
const write = (name: string, usd = 0.1) =>
  command({
    ...common(name),
    effect: 'write',
    costUsd: 0.1,
    spentUsd: () => usd,
    input: z.object({ env: z.string().optional() }),
    plan: () => ({ summary: `Does the ${name}`, steps: [{ does: 'run', target: name }] }),
  })
const house = definePlugin({
  name: 'house',
  version: '1.0.0',
  summary: 'Keeps the house',
  commands: {
    wash: write('washing', 0.95),
    dust: write('dusting'),
    cook: command({ ...common('cooking'), effect: 'read', input: z.object({ dish: z.string().describe('What there is') }) }),
    look: command({ ...common('looking'), effect: 'read', input: z.object({}) }),
  },
})

let yard: Yard
let dir: string
beforeEach(async () => {
  done.length = 0
  dir = mkdtempSync(join(tmpdir(), 'cli-dialogue-'))
  yard = await openYard(dir, { plugins: [house], memory: true })
})
afterEach(async () => {
  await yard.close()
  rmSync(dir, { recursive: true, force: true })
})

const DOWN = '\u001b[B'

/** A person who types each answer once its question is on the screen; what was on it beside is kept. */
function personAt(...answers: (readonly [question: string, keys: string])[]): {
  terminal: Terminal
  screen: () => string
  left: () => number
} {
  const input = new PassThrough()
  const output = new PassThrough()
  const waiting = [...answers]
  let screen = ''
  let seen = 0
  output.setEncoding('utf8').on('data', (text: string) => {
    screen += text
    const [next] = waiting
    const at = next === undefined ? -1 : screen.indexOf(next[0], seen)
    if (next === undefined || at === -1) return
    waiting.shift()
    seen = screen.length
    setImmediate(() => input.write(next[1]))
  })
  return { terminal: { input, output }, screen: () => screen, left: () => waiting.length }
}

const part = (text: string, name: string, more: Partial<DecisionPart> = {}): DecisionPart => ({
  text,
  command: `house.${name}`,
  confidence: 0.5,
  args: {},
  missing: [],
  alternatives: [],
  after: [],
  ...more,
})

function decided(parts: readonly DecisionPart[], doubts: readonly Doubt[] = []): Decision {
  const [gravest] = doubts
  return {
    request: parts.map(({ text }) => text).join(', then '),
    outcome: gravest === undefined ? 'routed' : 'ask',
    ...(gravest !== undefined && { asks: gravest.asks, question: gravest.question, doubts }),
    parts,
    refused: [],
    strategy: parts.length > 1 ? 'sequential' : 'single',
  }
}

const settle = (decision: Decision, terminal: Terminal) =>
  settleWith(decision, { terminal, signal: new AbortController().signal, yard, env: undefined })

const either = { alternatives: [{ command: 'house.dust', confidence: 0.4 }] }

describe('settleAlone()', () => {
  it('gives what is missing by the environment beside the request, and settles nothing that is open beside it', () => {
    const missing = { asks: 'arguments', question: 'What is the env?', part: 0 } as const
    const parts = [part('do the wash', 'wash', { missing: ['env'] })]
    expect(settleAlone(yard, decided(parts, [missing]), 'attic')).toEqual([{ command: 'house.wash', input: { env: 'attic' } }])
    const unplaced = { asks: 'intent', question: 'Is all of that for house.wash, "the rest not" too?' } as const
    expect(settleAlone(yard, decided(parts, [missing, unplaced]), 'attic')).toBeUndefined()
  })
})

describe('settleWith()', () => {
  const decision = decided(
    [part('do the wash', 'wash', either), part('make dinner', 'cook', { missing: ['dish'] }), part('have a look round', 'look', either)],
    [
      { asks: 'intent', question: 'Do you want house.wash to be done?', part: 0 },
      { asks: 'command', question: 'Which of these do you mean?', part: 0 },
      { asks: 'command', question: 'Which of these do you mean?', part: 2 },
      { asks: 'arguments', question: 'What is the dish?', part: 1 },
      { asks: 'intent', question: 'Are these the parts you mean? It is open where "soon" belongs.' },
    ],
  )

  it('asks about everything that is open, each by itself', async () => {
    const person = personAt(
      ['"do the wash": Do you want house.wash to be done?', 'y'],
      ['It is open where "soon" belongs.', 'y'],
      ['"do the wash": Which of these do you mean?', `${DOWN}\r`],
      ['"make dinner": What is the dish? (What there is)', '\r'],
      ['It is needed', 'soup\r'],
      ['"have a look round": Which of these do you mean?', '\r'],
    )
    expect(await settle(decision, person.terminal)).toEqual({
      settled: [
        { command: 'house.dust', input: {} },
        { command: 'house.cook', input: { dish: 'soup' } },
        { command: 'house.look', input: {} },
      ],
      said: [],
    })
    expect(person.left()).toBe(0)
  })

  it('asks no more once a no was said', async () => {
    const person = personAt(['"do the wash": Do you want house.wash to be done?', 'y'], ['It is open where "soon" belongs.', 'n'])
    expect(await settle(decision, person.terminal)).toBeUndefined()
    expect(person.screen()).not.toContain('Which of these')
  })

  it('asks for a yes where one command alone may be meant, unless that was said just now', async () => {
    const lone = [part('do the wash', 'wash'), part('do the dust', 'dust')]
    const person = personAt(['"do the wash": Do you want house.wash to be done?', 'y'], ['"do the dust": Do you mean house.dust?', 'y'])
    const open = decided(lone, [
      { asks: 'intent', question: 'Do you want house.wash to be done?', part: 0 },
      { asks: 'command', question: 'Which of these do you mean?', part: 0 },
      { asks: 'command', question: 'Which of these do you mean?', part: 1 },
    ])
    expect(await settle(open, person.terminal)).toMatchObject({ settled: [{ command: 'house.wash' }, { command: 'house.dust' }] })
    expect(person.screen()).not.toContain('Which of these')
  })

  it('asks once about what is said once of several things', async () => {
    const both = ['a', 'b'].map((env) => part('do both', 'wash', { ...either, args: { env: { value: env, from: [0, 1] } } }))
    const person = personAt(['Which of these do you mean?', '\r'])
    expect(
      await settle(decided(both, [{ asks: 'command', question: 'Which of these do you mean?', part: 1 }]), person.terminal),
    ).toMatchObject({
      settled: [{ input: { env: 'a' } }, { input: { env: 'b' } }],
    })
    expect(person.screen().match(/Which of these do you mean/g)?.length).toBeLessThan(4)
  })

  it('takes a yes for how a condition was read, and asks nothing where nobody can tell what one is about', async () => {
    const guess: Doubt = { asks: 'condition', question: 'Does "if it is dirty" mean that ready of 1 is false?', isGuess: true }
    const parts = [part('have a look', 'look'), part('do the wash', 'wash', { when: 'steps.part1.output.ready == false', after: [0] })]
    const person = personAt(['mean that ready of 1 is false?', 'y'])
    expect(await settle(decided(parts, [guess]), person.terminal)).toMatchObject({ settled: [{}, {}] })
    const lost: Doubt = { asks: 'condition', question: 'What tells whether "if in the mood"?' }
    const nobody = personAt()
    expect(await settle(decided(parts, [lost, guess]), nobody.terminal)).toBeUndefined()
    expect(nobody.screen()).toBe('')
  })
})

/** A session at this terminal, in which requests mean what is given here. */
function sessionAt(terminal: Terminal | undefined, decision: Decision): { session: Session; notes: string[]; kept: string[] } {
  const notes: string[] = []
  const kept: string[] = []
  const output = { write: (text: string) => void notes.push(text), columns: 80, color: false }
  const host = { out: output, err: output, env: {}, platform: 'linux', homeDir: dir, cwd: dir, terminal } as unknown as Host
  const { session } = openSession(host, { word: undefined, json: false, dir }, new AbortController().signal)
  const routing: Yard['routing'] = {
    ...yard.routing,
    consult: async (given) => given,
    remember(text, command) {
      kept.push(`${text} = ${command}`)
      return []
    },
  }
  const asked: Yard = { ...yard, decide: () => decision, routing }
  return { session: { ...session, yard: async () => asked }, notes, kept }
}

async function request(decision: Decision, terminal: Terminal | undefined, flags: RequestFlags = {}) {
  const { session, kept, notes } = sessionAt(terminal, decision)
  const { said = [], ...reply } = await answerRequest(session, decision.request, flags)
  await remember(session, said)
  return { reply, kept, notes }
}

describe('what a person chose', () => {
  const decision = decided([part('get it clean', 'wash', either)], [{ asks: 'command', question: 'Which of these do you mean?', part: 0 }])
  const choice = ['Which of these do you mean?', `${DOWN}\r`] as const

  it('is remembered once it is done', async () => {
    const { kept } = await request(decision, personAt(choice, ['Do this?', 'y']).terminal)
    expect(kept).toEqual(['get it clean = house.dust'])
    expect(done).toEqual(['dusting'])
  })

  it('is not remembered where the plan is declined, or only rehearsed', async () => {
    const declined = await request(decision, personAt(choice, ['Do this?', 'n']).terminal)
    expect(declined).toMatchObject({ kept: [], reply: { exit: EXIT.needsApproval } })
    expect((await request(decision, personAt(choice).terminal, { dryRun: true })).kept).toEqual([])
    expect(done).toEqual([])
  })
})

describe('--budget', () => {
  it('stops a request before the part that would overrun, says what is spent, and how to go on', async () => {
    const { reply } = await request(decided([part('do the wash', 'wash'), part('do the dust', 'dust', { after: [0] })]), undefined, {
      budget: 1,
      yes: true,
    })
    expect(done).toEqual(['washing'])
    expect(reply.exit).toBe(EXIT.needsApproval)
    expect(reply.data).toMatchObject({
      chain: {
        state: 'waiting',
        done: ['part1'],
        limits: { budgetUsd: 1 },
        spent: { costUsd: 0.95 },
        steps: [{ path: 'part1' }, { path: 'part2', error: { code: 'BUDGET_EXCEEDED' } }],
      },
    })
    const text = (reply.text as (look: { columns: number; color: boolean }) => string)({ columns: 200, color: false })
    expect(text).toMatch(
      /Spent: \$0\.95 of \$1\.00\n\npart2 waits: .*Go on, with as much again\?.*\n {2}switchyard chain approve c-\w+ --step part2$/,
    )
    const { id } = (reply.data as { chain: { id: string } }).chain
    const chains = await yard.chains()
    await chains.answer(id, { value: true })
    expect(await chains.wait(id)).toMatchObject({ state: 'done' })
    expect(done).toEqual(['washing', 'dusting'])
  })
})

describe('--env', () => {
  const said = (env: string, text = env): Decision => {
    const words = `do the wash in ${text}`
    return { ...decided([part(words, 'wash', { args: { env: { value: env, from: [15, 15 + text.length] } } })]), request: words }
  }

  it('is refused where the request says another, and both are named', async () => {
    await expect(request(said('production'), undefined, { env: 'staging', yes: true })).rejects.toMatchObject({
      code: 'USAGE',
      message: 'Cannot use --env staging as the request must mean the same: it says "production"',
    })
    const parts = [
      part('do the wash in staging', 'wash', { args: { env: { value: 'staging', from: [15, 22] } } }),
      ...said('production').parts,
    ]
    await expect(request(decided(parts), undefined, { env: 'staging', yes: true })).rejects.toMatchObject({ code: 'USAGE' })
    expect(done).toEqual([])
  })

  it('says what the request leaves open, and may say the same in other words', async () => {
    await request(said('production', 'prod'), undefined, { env: 'prod', yes: true })
    await request(said('production'), undefined, { env: 'production', yes: true })
    await request(decided([part('do the wash', 'wash')]), undefined, { env: 'staging', yes: true })
    expect(yard.plans().map(({ input }) => input)).toEqual(
      expect.arrayContaining([{ env: 'production' }, { env: 'production' }, { env: 'staging' }]),
    )
    expect(done).toHaveLength(3)
  })
})
