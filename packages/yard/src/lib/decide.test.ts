import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { systemClock } from '@switchyard/contracts'
import { command, definePlugin, on, type PayloadOf, type Plugin, routingDecision } from '@switchyard/plugin-kit'
import { describe, expect, it, onTestFinished } from 'vitest'
import { z } from 'zod'
import { openYard } from './open-yard.ts'
import type { Yard } from './yard.ts'

const look = command({
  summary: 'Look into the oven',
  examples: ['look into the oven', 'is the bread brown', 'check the oven'],
  effect: 'read',
  input: z.object({ oven: z.string().optional() }),
  output: z.object({ state: z.enum(['ready', 'raw']), loaves: z.int() }),
  run: () => ({ state: 'ready' as const, loaves: 2 }),
})
const bake = command({
  summary: 'Bake bread',
  examples: ['bake a loaf', 'bake some bread', 'make bread in the big oven'],
  effect: 'write',
  input: z.object({ oven: z.string(), minutes: z.int().default(40) }),
  output: z.object({ loaf: z.string() }),
  plan: ({ oven }) => ({ summary: `Bakes in ${oven}`, steps: [] }),
  undo: ({ loaf }) => ({ command: 'bakery.eat', input: { loaf } }),
  run: ({ oven }) => ({ loaf: `from ${oven}` }),
})
const eat = command({
  summary: 'Eat a loaf',
  examples: ['eat the bread', 'eat a loaf', 'finish the bread'],
  effect: 'write',
  input: z.object({ loaf: z.string() }),
  output: z.object({}),
  plan: () => ({ summary: 'Eats', steps: [] }),
  run: () => ({}),
})
const knead = command({ ...look, summary: 'Knead the dough', examples: ['knead the dough'], internal: true })
const bakery = definePlugin({ name: 'bakery', version: '1.0.0', summary: 'Bakes bread', commands: { look, bake, eat, knead } })

async function open(): Promise<Yard> {
  const folder = mkdtempSync(join(tmpdir(), 'decide-'))
  const yard = await openYard(folder, { plugins: [bakery] })
  onTestFinished(async () => {
    await yard.close()
    rmSync(folder, { recursive: true })
  })
  return yard
}

const commandsOf = (yard: Yard, request: string): readonly string[] => yard.decide(request).parts.map(({ command }) => command)

describe('the routing of a yard', () => {
  it('remembers at once what a person said a request means, and forgets it again', async () => {
    const yard = await open()
    expect(yard.decide('warm my buns').outcome).not.toBe('routed')
    expect(yard.routing.correct('warm my buns', 'bakery.look')).toEqual([])
    expect(yard.decide('Warm my buns!')).toMatchObject({ outcome: 'routed', parts: [{ command: 'bakery.look' }] })
    expect(yard.routing.forget('warm my buns')).toBe(true)
    expect(yard.routing.forget('warm my buns')).toBe(false)
    expect(yard.decide('warm my buns').outcome).not.toBe('routed')
  })

  it('remembers what a person answered as it does a correction, but nothing that may hold a secret', async () => {
    const yard = await open()
    expect(yard.routing.remember('warm my buns with token 9fA3kq01Zx77Yw20Pm56', 'bakery.look')).toBeUndefined()
    expect(yard.routing.remember('warm my buns', 'bakery.look')).toEqual([])
    expect(yard.decide('warm my buns')).toMatchObject({ outcome: 'routed', parts: [{ command: 'bakery.look' }] })
    expect(yard.routing.forget('warm my buns with token 9fA3kq01Zx77Yw20Pm56')).toBe(false)
  })

  it('shows which requests a correction makes read otherwise, a moved example among them', async () => {
    const yard = await open()
    const changed = yard.routing.correct('check the oven', 'bakery.eat')
    expect(changed).toContainEqual({ request: 'check the oven', before: ['bakery.look'], after: ['bakery.eat'] })
    expect(commandsOf(yard, 'check the oven')).toEqual(['bakery.eat'])
  })

  it('shows which requests are asked about by a correction that were done at once before', async () => {
    const job = (summary: string, examples: string[]) =>
      command({ summary, examples, effect: 'read', input: z.object({}), output: z.object({}), run: () => ({}) })
    const commands = {
      clean: job('Clean the oven', ['clean the oven', 'scrub the oven', 'wipe it out']),
      look: job('Look into the oven', ['look into the oven', 'is the bread brown', 'check the oven']),
    }
    const kitchen = definePlugin({ name: 'kitchen', version: '1.0.0', summary: 'Keeps ovens', commands })
    await using yard = await openYard(tmpdir(), { plugins: [kitchen], memory: true })
    expect(yard.decide('clean the oven').outcome).toBe('routed')
    const same = ['kitchen.clean']
    expect(yard.routing.correct('Clean the oven!', 'kitchen.look')).toContainEqual({
      request: 'clean the oven',
      before: same,
      after: same,
      outcomes: ['routed', 'ask'],
    })
    expect(yard.decide('clean the oven').outcome).toBe('ask')
  })

  it('offers nobody what only other commands call', async () => {
    const yard = await open()
    expect(commandsOf(yard, 'knead the dough')).not.toContain('bakery.knead')
    expect(await yard.call('bakery.knead', {})).toEqual({ state: 'ready', loaves: 2 })
  })

  it('refuses to learn a command that is not there', async () => {
    const yard = await open()
    expect(() => yard.routing.correct('warm my buns', 'bakery.fly')).toThrow(expect.objectContaining({ code: 'UNKNOWN_COMMAND' }))
    expect(yard.routing.replay()).toEqual({ decisions: 0, changed: [] })
  })

  it('decides anew what it was asked before, but for requests that may hold a secret', async () => {
    const yard = await open()
    yard.decide('warm my buns')
    yard.decide('bake with password hunter2')
    yard.decide('bake with 9fA3kq01Zx77Yw20Pm56')
    await expect.poll(() => yard.routing.replay().decisions).toBe(1)
    yard.routing.correct('warm my buns', 'bakery.look')
    expect(yard.routing.replay()).toEqual({
      decisions: 1,
      changed: [{ request: 'warm my buns', before: [], after: ['bakery.look'], outcomes: ['abstain', 'routed'] }],
    })
  })

  it('tells of a new version what is decided otherwise: not only the command, but what is done about it and with what', async () => {
    const dir = mkdtempSync(join(tmpdir(), 'switchyard-replay-'))
    onTestFinished(() => rmSync(dir, { recursive: true }))
    const lamp = (version: string, input: z.ZodType): Plugin =>
      definePlugin({
        name: 'lamp',
        version,
        summary: 'Paints lamps',
        commands: {
          paint: command({
            summary: 'Paint a lamp',
            examples: ['paint the lamp red', 'make the lamp blue', 'give the lamp a red coat', 'colour the lamp', 'paint it blue'],
            effect: 'read',
            input,
            output: z.object({}),
            run: () => ({}),
          }),
        },
      })
    const colour = z.enum(['red', 'blue'])
    {
      await using before = await openYard(dir, { plugins: [lamp('1.0.0', z.object({ colour: colour.optional() }))] })
      expect(before.decide('paint the lamp red')).toMatchObject({ outcome: 'routed', parts: [{ args: { colour: { value: 'red' } } }] })
      expect(before.decide('colour the lamp')).toMatchObject({ outcome: 'routed', parts: [{ args: {} }] })
      await expect.poll(() => before.routing.replay()).toEqual({ decisions: 2, changed: [] })
    }
    await using after = await openYard(dir, { plugins: [lamp('2.0.0', z.object({ shade: colour }))] })
    const commands = { before: ['lamp.paint'], after: ['lamp.paint'] }
    expect(after.routing.replay()).toEqual({
      decisions: 2,
      changed: [
        { request: 'colour the lamp', ...commands, outcomes: ['routed', 'ask'] },
        { request: 'paint the lamp red', ...commands, outcomes: ['routed', 'routed'], args: [[{ colour: 'red' }], [{ shade: 'red' }]] },
      ],
    })
  })

  it('decides anew as of the very moment it was asked, so that "for three days" is no change', async () => {
    const snooze = command({
      summary: 'Snooze the alarm',
      examples: [
        'snooze the alarm for two hours',
        'snooze it for a day',
        'snooze the alarm until tomorrow',
        'let the alarm rest for a week',
      ],
      effect: 'read',
      input: z.object({ until: z.iso.datetime() }),
      output: z.object({}),
      run: () => ({}),
    })
    const alarm = definePlugin({ name: 'alarm', version: '1.0.0', summary: 'Rings', commands: { snooze } })
    let ms = Date.parse('2026-11-21T22:00:00Z')
    const clock = { ...systemClock, now: () => ms++ }
    await using yard = await openYard(tmpdir(), { plugins: [alarm], memory: true, clock })
    expect(yard.decide('snooze the alarm for three days').parts).toMatchObject([
      { args: { until: { value: expect.stringMatching(/^2026-11-24T22:00:00/) } } },
    ])
    await expect.poll(() => yard.routing.replay().decisions).toBe(1)
    expect(yard.routing.replay().changed).toEqual([])
  })

  it('tells a plugin that listens what each request was taken for, and keeps secrets to itself', async () => {
    const heard: PayloadOf<typeof routingDecision>[] = []
    const ear = definePlugin({
      name: 'ear',
      version: '1.0.0',
      summary: 'Hears',
      listens: [on(routingDecision, (decision) => void heard.push(decision))],
      commands: {},
    })
    await using yard = await openYard(tmpdir(), { plugins: [bakery, ear], memory: true })
    // From the first call on its plugins hear.
    await yard.call('bakery.look', {})
    yard.decide('look into the oven')
    yard.decide('warm my buns, the password is hunter2')
    await expect.poll(() => heard).toHaveLength(2)
    expect(heard).toMatchObject([
      {
        request: 'look into the oven',
        outcome: 'routed',
        parts: [{ command: 'bakery.look', fallbacks: expect.any(Array) }],
        strategy: 'single',
      },
      { outcome: expect.stringMatching(/^(ask|abstain)$/) },
    ])
    expect(heard[1]).not.toHaveProperty('request')
  })

  it('makes one chain of several parts, whose steps refer to one another', async () => {
    const yard = await open()
    const { chainOf } = await import('./chain-of.ts')
    const decision = yard.decide('bake some bread in the north oven and then eat it')
    expect(decision.parts.map(({ args }) => Object.values(args).map(({ value }) => value))).toEqual([
      ['north'],
      ['${{ steps.part1.output.loaf }}'],
    ])
    const report = await (await yard.chains()).run(chainOf(decision))
    expect(report).toMatchObject({ state: 'done', done: ['part1', 'part2'], steps: [{}, { input: { loaf: 'from north' } }] })
  })
})
