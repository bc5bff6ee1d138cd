import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createFakeClock, type FakeClock } from '@switchyard/contracts/testing'
import { command, definePlugin } from '@switchyard/plugin-kit'
import type { Limits } from '@switchyard/router'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { z } from 'zod'
import { openYard } from './open-yard.ts'
import type { Answered, Yard, YardOptions } from './yard.ts'

const SECOND_MS = 1_000
const MINUTE_MS = 60 * SECOND_MS
const DAY_MS = 1_440 * MINUTE_MS

/** What came to pass on the farm, in order. */
let past: string[]
/** How long a job takes and what its bill says, whatever was expected. */
let takes: Readonly<Record<string, { readonly seconds?: number; readonly usd?: number; readonly asks?: string }>>

const job = (name: string, summary: string, examples: string[], costUsd = 0) =>
  command({
    summary,
    examples,
    effect: 'write',
    idempotent: true,
    costUsd,
    timeoutMs: DAY_MS,
    input: z.object({}),
    output: z.object({ usd: z.number() }),
    spentUsd: ({ usd }) => usd,
    plan: () => ({ summary, steps: [{ does: 'change', target: name }] }),
    undo: () => ({ command: 'farm.regret', input: { job: name } }),
    async run(_, ctx) {
      const { seconds = 0, usd = costUsd, asks } = takes[name] ?? {}
      if (asks !== undefined) past.push(await ctx.ask({ text: asks }))
      if (seconds > 0) await new Promise<void>((resolve) => ctx.clock.after(seconds * SECOND_MS, resolve))
      past.push(name)
      return { usd }
    },
  })

const farm = definePlugin({
  name: 'farm',
  version: '1.0.0',
  summary: 'Keeps sheep',
  commands: {
    shear: job('shear', 'Shear the sheep', ['shear the sheep', 'cut the wool off the sheep', 'shear all the sheep'], 0.2),
    wash: job('wash', 'Wash the wool', ['wash the wool', 'clean the wool', 'rinse the wool'], 0.2),
    spin: job('spin', 'Spin the yarn', ['spin the yarn', 'spin yarn on the wheel', 'make yarn'], 0.2),
    regret: command({
      summary: 'Take a job back',
      examples: ['take the job back'],
      effect: 'write',
      internal: true,
      input: z.object({ job: z.string() }),
      output: z.object({}),
      plan: ({ job: name }) => ({ summary: `Take ${name} back`, steps: [] }),
      run({ job: name }) {
        past.push(`no ${name}`)
        return {}
      },
    }),
    count: command({
      summary: 'Count the sheep',
      examples: ['count the sheep', 'how many sheep are there'],
      effect: 'read',
      timeoutMs: DAY_MS,
      input: z.object({}),
      output: z.object({ sheep: z.int() }),
      async run(_, { clock }) {
        const { seconds = 0 } = takes.count ?? {}
        if (seconds > 0) await new Promise<void>((resolve) => clock.after(seconds * SECOND_MS, resolve))
        return { sheep: 12 }
      },
    }),
    weigh: command({
      summary: 'Weigh the wool',
      examples: ['weigh the wool', 'how heavy is the wool'],
      effect: 'read',
      input: z.object({}),
      output: z.object({ kilos: z.number() }),
      run: () => ({ kilos: 40 }),
    }),
  },
})

const ALL = 'shear the sheep, then wash the wool, then spin the yarn'

let dir: string
const opened: { readonly yard: Yard; readonly clock: FakeClock }[] = []
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'yard-limits-'))
  past = []
  takes = {}
})
afterEach(async () => {
  for (const { yard, clock } of opened.splice(0)) await played(clock, yard.close())
  rmSync(dir, { recursive: true, force: true })
})

/** What another process would open. */
async function open(options: Partial<YardOptions> = {}): Promise<{ yard: Yard; clock: FakeClock }> {
  const clock = createFakeClock()
  const yard = await openYard(dir, { plugins: [farm], clock, ...options })
  // What is loaded at the first call takes real time, in which none is to be played.
  await yard.call('farm.weigh', {})
  await yard.chains()
  opened.push({ yard, clock })
  return { yard, clock }
}

async function settle(): Promise<void> {
  for (let turn = 0; turn < 60; turn++) await new Promise((resolve) => setImmediate(resolve))
}

/** Plays time, a second a step, until this has settled. */
async function played<result>(clock: FakeClock, work: Promise<result>): Promise<result> {
  let isOver = false
  work.then(over, over)
  while (!isOver) {
    await settle()
    await clock.advance(SECOND_MS)
  }
  return work

  function over(): void {
    isOver = true
  }
}

const rests = async ({ yard, clock }: (typeof opened)[number], id: string) => played(clock, (await yard.chains()).wait(id))

const planned = (answered: Answered) => (answered as Extract<Answered, { outcome: 'planned' }>).planned

/** Asked for, and left alone until it is approved. */
async function ask(yard: Yard, request: string, limits: Limits) {
  const answered = await yard.director.ask(request, { limits })
  await settle()
  return planned(answered)
}

describe('a request with limits', () => {
  it('is held to them by what its steps did take, however late and wherever it is approved', async () => {
    takes = { shear: { seconds: 40, usd: 0.9 } }
    const asked = await open()
    const { id, limits } = await ask(asked.yard, ALL, { budgetUsd: 1, maxMinutes: 10 })
    expect(limits).toEqual({ budgetUsd: 1, maxMinutes: 10 })
    const approved = await open()
    await approved.clock.advance(3 * DAY_MS)
    await (await approved.yard.chains()).answer(id, { value: true })
    const report = await rests(approved, id)
    expect(past).toEqual(['shear'])
    expect(report).toMatchObject({
      state: 'waiting',
      done: ['approval', 'part1'],
      undone: [],
      neverStarted: ['part2', 'part3'],
      spent: { costUsd: 0.9 },
      waitsFor: [{ path: 'part2', question: expect.stringContaining('no more than $1.00: $0.90 is spent') }],
    })
    expect(report.steps.find(({ path }) => path === 'part2')?.error).toMatchObject({ code: 'BUDGET_EXCEEDED' })
    expect(report.spent?.durationMs).toBeGreaterThanOrEqual(40 * SECOND_MS)
    expect(report.spent?.durationMs).toBeLessThan(MINUTE_MS)
    // Whoever approves is shown all that comes after it, also this step.
    expect((await approved.yard.talk.question(id)).plan.steps.map(({ target }) => target)).toEqual(['wash', 'spin'])
    const last = await open()
    await (await last.yard.chains()).answer(id, { value: true })
    expect(await rests(last, id)).toMatchObject({ state: 'done' })
    expect(past).toEqual(['shear', 'wash', 'spin'])
  })

  it('counts what a step is likely to have cost whose process died, and the one that repeats it', async () => {
    takes = { shear: { seconds: 40, usd: 0.9 } }
    const died = await open()
    const { id } = await ask(died.yard, ALL, { budgetUsd: 1.2, maxMinutes: 10 })
    await (await died.yard.chains()).answer(id, { value: true })
    await settle()
    await died.clock.advance(10 * SECOND_MS)
    expect((await died.yard.chains()).show(id)).toMatchObject({ state: 'running', spent: { costUsd: 0.2 } })
    const next = await open()
    await next.clock.advance(60 * MINUTE_MS)
    await (await next.yard.chains()).resume()
    expect(await rests(next, id)).toMatchObject({
      state: 'waiting',
      done: ['approval', 'part1'],
      waitsFor: [{ path: 'part2', question: expect.stringContaining('$1.10 is spent') }],
      spent: { costUsd: 1.1 },
    })
    expect(past).toEqual(['shear'])
  })

  it('is stopped before a step that would take too long, and taken back only by a no', async () => {
    takes = { shear: { seconds: 57 } }
    const here = await open()
    const { id } = await ask(here.yard, ALL, { maxMinutes: 1 })
    const chains = await here.yard.chains()
    await chains.answer(id, { value: true })
    expect(await rests(here, id)).toMatchObject({ state: 'waiting', done: ['approval', 'part1'], waitsFor: [{ path: 'part2' }] })
    await here.clock.advance(DAY_MS)
    expect(past).toEqual(['shear'])
    await chains.answer(id, { value: false })
    expect(await rests(here, id)).toMatchObject({ state: 'undone', error: { code: 'REFUSED' } })
    expect(past).toEqual(['shear', 'no shear'])
  })

  it('goes on to the very limit', async () => {
    takes = { shear: { usd: 0.8 } }
    const here = await open()
    const { id } = await ask(here.yard, 'shear the sheep, then wash the wool', { budgetUsd: 1 })
    await (await here.yard.chains()).answer(id, { value: true })
    expect(await rests(here, id)).toMatchObject({ state: 'done', spent: { costUsd: 1 } })
  })

  it('counts no time in which a person is asked something', async () => {
    takes = { shear: { seconds: 50, asks: 'All of them?' } }
    const answer = Promise.withResolvers<string>()
    const here = await open({ ask: () => answer.promise })
    const { id } = await ask(here.yard, 'shear the sheep, then wash the wool', { maxMinutes: 1 })
    await (await here.yard.chains()).answer(id, { value: true })
    await settle()
    await here.clock.advance(60 * MINUTE_MS)
    answer.resolve('all')
    const report = await rests(here, id)
    expect(report).toMatchObject({ state: 'done' })
    expect(report.spent?.durationMs).toBeLessThan(55 * SECOND_MS)
    expect(past).toEqual(['all', 'shear', 'wash'])
  })

  it('lets no parts side by side overrun together', async () => {
    takes = { shear: { seconds: 20, usd: 0.5 } }
    const here = await open()
    const chains = await here.yard.chains()
    const call = (name: string) => ({ id: name, call: `farm.${name}` })
    const both = { name: 'both', steps: [{ id: 'side', parallel: [call('shear'), call('wash')] }, call('spin')] }
    const id = await chains.start(both, {}, { limits: { budgetUsd: 0.35 } })
    await settle()
    // Both together are expected to cost more: the second waits for the bill of the first.
    expect(chains.show(id)).toMatchObject({ state: 'running', waitsFor: [], neverStarted: ['wash', 'spin'] })
    expect(await rests(here, id)).toMatchObject({ state: 'waiting', done: ['shear'], waitsFor: [{ path: 'wash' }] })
    takes = { shear: { seconds: 20, usd: 0.1 } }
    const cheap = await chains.start(both, {}, { limits: { budgetUsd: 0.5 } })
    expect(await rests(here, cheap)).toMatchObject({ state: 'done' })
  })

  it('is not begun where what is known by then is over them, and waits on', async () => {
    const here = await open()
    const { id, limits } = await ask(here.yard, 'shear the sheep', { budgetUsd: 0.5 })
    expect({ id, limits }).toEqual({ id: expect.stringMatching(/^p-/), limits: { budgetUsd: 0.5 } })
    takes = { shear: { usd: 2 } }
    for (let time = 0; time < 5; time++) await here.yard.call('farm.shear', {})
    await played(here.clock, here.yard.close())
    const other = await open()
    past = []
    await expect(other.yard.approve(id)).rejects.toMatchObject({ code: 'BUDGET_EXCEEDED' })
    expect(past).toEqual([])
    expect(other.yard.plans().find((one) => one.id === id)?.state).toBe('waiting')
    const free = await other.yard.plan('farm.shear', {})
    await other.yard.approve(free.id)
    expect(past).toEqual(['shear'])
  })

  it('tells what was read before its time was over', async () => {
    takes = { count: { seconds: 62 } }
    const here = await open()
    const answer = here.yard.director.ask('count the sheep, then weigh the wool', { limits: { maxMinutes: 1 } })
    expect(await played(here.clock, answer)).toMatchObject({
      outcome: 'done',
      results: [
        { state: 'done', result: { sheep: 12 } },
        { state: 'failed', error: { code: 'BUDGET_EXCEEDED' } },
      ],
    })
  })
})
