import { tmpdir } from 'node:os'
import { command, definePlugin, SwitchyardError } from '@switchyard/plugin-kit'
import type { Limits } from '@switchyard/router'
import { describe, expect, it } from 'vitest'
import { z } from 'zod'
import { openYard } from './open-yard.ts'
import type { Answered } from './yard.ts'

const done: string[] = []
const count = command({
  summary: 'Count the sheep',
  examples: ['count the sheep', 'how many sheep are there'],
  effect: 'read',
  input: z.object({}),
  output: z.object({ sheep: z.int() }),
  run: () => ({ sheep: 12 }),
})
const weigh = command({
  summary: 'Weigh the wool',
  examples: ['weigh the wool', 'how heavy is the wool'],
  effect: 'read',
  input: z.object({}),
  output: z.object({ kilos: z.number() }),
  run: () => ({ kilos: 40 }),
})
const find = command({
  summary: 'Find the lost lamb',
  examples: ['find the lost lamb', 'where is the lamb that got lost'],
  effect: 'read',
  input: z.object({}),
  output: z.object({}),
  run() {
    throw new SwitchyardError('LOST', 'Cannot find the lamb')
  },
})
const shear = command({
  summary: 'Shear the sheep',
  examples: ['shear the sheep', 'cut the wool'],
  effect: 'write',
  input: z.object({}),
  output: z.object({ wool: z.int() }),
  plan: () => ({ summary: 'Shears all', steps: [] }),
  run: () => ({ wool: done.push('sheared') }),
})
const survey = command({
  summary: 'Survey the pasture by drone',
  examples: ['survey the pasture', 'fly the drone over the pasture'],
  effect: 'read',
  costUsd: 1.5,
  input: z.object({}),
  output: z.object({}),
  run: () => ({}),
})
const farm = definePlugin({ name: 'farm', version: '1.0.0', summary: 'Keeps sheep', commands: { count, weigh, find, shear, survey } })

/** A plugin that asks the director in plain words. */
const asker = (touches: string[]) =>
  definePlugin({
    name: 'asker',
    version: '1.0.0',
    summary: 'Asks',
    touches: { plugins: touches },
    commands: {
      ask: command({
        summary: 'Ask in words',
        examples: ['pass it on'],
        effect: 'read',
        input: z.object({ words: z.string(), limits: z.record(z.string(), z.number()).default({}) }),
        output: z.unknown(),
        run: ({ words, limits }, ctx) => ctx.call('director.ask', { request: words, ...limits }),
      }),
    },
  })

async function ask(
  words: string,
  touches = ['director', 'farm'],
  limits: Limits = {},
): Promise<{ asked: Answered; approve: (id: string) => Promise<unknown> }> {
  const yard = await openYard(tmpdir(), { plugins: [farm, asker(touches)], memory: true })
  done.length = 0
  const asked = (await yard.call('asker.ask', { words, limits })) as Answered
  return {
    asked,
    async approve(id) {
      if (id.startsWith('p-')) return yard.approve(id)
      const chains = await yard.chains()
      await chains.answer(id, { value: true, by: 'person' })
      return chains.wait(id)
    },
  }
}

const idOf = (asked: Answered): string => (asked as Extract<Answered, { outcome: 'planned' }>).planned.id

describe('director.ask', () => {
  it('does at once what only reads, in the name of who asks', async () => {
    expect((await ask('count the sheep')).asked).toMatchObject({
      outcome: 'done',
      results: [{ command: 'farm.count', input: {}, result: { sheep: 12 } }],
    })
    await expect(ask('count the sheep', ['director'])).rejects.toMatchObject({ code: 'FORBIDDEN' })
    await expect(ask('count the sheep', ['farm'])).rejects.toMatchObject({ code: 'FORBIDDEN' })
  })

  it('keeps what changes something until a person approves it', async () => {
    const { asked, approve } = await ask('shear the sheep')
    expect(asked).toMatchObject({ outcome: 'planned', planned: { id: expect.stringMatching(/^p-/), plan: { summary: 'Shears all' } } })
    expect(done).toEqual([])
    await approve(idOf(asked))
    expect(done).toEqual(['sheared'])
  })

  it('keeps a request of several parts as one chain that begins with the question', async () => {
    const { asked, approve } = await ask('count the sheep, then shear the sheep')
    expect(asked).toMatchObject({ outcome: 'planned', planned: { id: expect.stringMatching(/^c-/), effect: 'write', state: 'waiting' } })
    expect(done).toEqual([])
    expect(await approve(idOf(asked))).toMatchObject({ state: 'done', done: ['approval', 'part1', 'part2'] })
  })

  it('reads one part after another where they wait for one another, and says of each what became of it', async () => {
    const { asked } = await ask('count the sheep, then weigh the wool')
    expect(asked).toMatchObject({
      outcome: 'done',
      results: [
        { command: 'farm.count', state: 'done', result: { sheep: 12 } },
        { command: 'farm.weigh', state: 'done', result: { kilos: 40 } },
      ],
    })
    await expect(ask('count the sheep, then weigh the wool', ['director'])).rejects.toMatchObject({ code: 'CHAIN_INVALID' })
    const { asked: split } = await ask('count the sheep; if that fails, weigh the wool')
    expect(split).toMatchObject({ outcome: 'done', results: [{ state: 'done' }, { command: 'farm.weigh', state: 'skipped' }] })
  })

  it('tells what was read though another part failed, and fails where all did', async () => {
    for (const joint of [' and ', ', then ']) {
      expect((await ask(`count the sheep${joint}find the lost lamb`)).asked).toMatchObject({
        outcome: 'done',
        results: [
          { state: 'done', result: { sheep: 12 } },
          { state: 'failed', error: { code: 'LOST' } },
        ],
      })
    }
    await expect(ask('find the lost lamb')).rejects.toMatchObject({ code: 'LOST' })
  })

  it('begins nothing that would be over a budget or a time, and says what would not be', async () => {
    await using yard = await openYard(tmpdir(), { plugins: [farm], memory: true })
    const request = 'count the sheep, then survey the pasture'
    const asked = (limits: Limits) => yard.director.ask(request, { limits })
    expect(await asked({ budgetUsd: 2, maxMinutes: 5 })).toMatchObject({ outcome: 'done', results: [{ state: 'done' }, { state: 'done' }] })
    await expect(asked({ budgetUsd: 1.2 })).rejects.toMatchObject({
      code: 'BUDGET_EXCEEDED',
      message: expect.stringContaining('must cost no more than $1.2: it is likely to cost $1.50'),
      data: { isFeasible: false, leftOut: [1], fits: ['count the sheep'] },
      next: 'leave something out: "count the sheep" fits',
    })
    await expect(asked({ maxMinutes: 1e-7 })).rejects.toMatchObject({ code: 'BUDGET_EXCEEDED', data: { leftOut: [0, 1] } })
    const service = await ask('count the sheep', ['director', 'farm'], { budgetUsd: 1, maxMinutes: 1 })
    expect(service.asked).toMatchObject({ outcome: 'done' })
    await expect(ask('survey the pasture', ['director', 'farm'], { budgetUsd: 1 })).rejects.toMatchObject({ code: 'BUDGET_EXCEEDED' })
    await expect(ask('count the sheep', ['director', 'farm'], { budgetUsd: -1 })).rejects.toMatchObject({ code: 'VALIDATION' })
  })

  it('says so where nothing fits', async () => {
    expect((await ask('paint a picture of the moon')).asked).toMatchObject({ outcome: 'abstain', decision: { parts: [] } })
  })
})
