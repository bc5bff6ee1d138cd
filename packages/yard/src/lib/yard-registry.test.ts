import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { command, definePlugin, type Plugin, SwitchyardError } from '@switchyard/plugin-kit'
import { readSource } from '@switchyard/registry'
import { afterEach, describe, expect, it } from 'vitest'
import { z } from 'zod'
import { openYard } from './open-yard.ts'
import type { Yard } from './yard.ts'

const folders: string[] = []
afterEach(() => {
  for (const folder of folders.splice(0)) rmSync(folder, { recursive: true, force: true })
})

function makeFolder(files: Readonly<Record<string, string>> = {}): string {
  const dir = mkdtempSync(join(tmpdir(), 'switchyard-yard-registry-'))
  folders.push(dir)
  mkdirSync(join(dir, 'agents'))
  for (const [path, text] of Object.entries(files)) writeFileSync(join(dir, path), text)
  return dir
}

const sheep = (): Plugin =>
  definePlugin({
    name: 'sheep',
    version: '1.0.0',
    summary: 'Counts sheep',
    commands: {
      count: command({
        summary: 'Count the sheep',
        examples: ['count the sheep', 'how many sheep are there', 'number of sheep in the field', 'tell me how many sheep we have'],
        effect: 'read',
        input: z.object({ fail: z.boolean().default(false) }),
        output: z.object({ sheep: z.number() }),
        run({ fail }) {
          if (fail) throw new SwitchyardError('WOLF', 'Cannot count as there must be no wolf')
          return { sheep: 12 }
        },
      }),
    },
  })

/** It fails, and nobody meant it to. */
const lost: Plugin = definePlugin({
  name: 'sheep',
  version: '1.0.0',
  summary: 'Counts sheep',
  guard: { breaker: { failures: 2 }, retry: { maxRetries: 1, delayMs: 1 } },
  commands: {
    count: command({
      summary: 'Count the sheep',
      examples: ['count the sheep', 'how many sheep are there', 'number of sheep in the field', 'tell me how many sheep we have'],
      effect: 'read',
      input: z.object({}),
      output: z.object({}),
      run() {
        throw new Error('the gate is open')
      },
    }),
  },
})

const AGENT = '---\nname: accessibility-auditor\ndescription: Audits React pages for accessibility\n---\n'

function addTo(yard: Yard, folder: string): void {
  yard.registry().addFolder({ id: 'acme', kind: 'folder', location: folder, folder }, readSource(folder))
}

describe('the registry of a yard', () => {
  it('counts what runs, and remembers it for the next process', async () => {
    const dir = makeFolder()
    {
      await using yard = await openYard(dir, { plugins: [sheep()] })
      await yard.call('sheep.count', {})
      await expect(yard.call('sheep.count', { fail: true })).rejects.toMatchObject({ code: 'WOLF' })
      await expect(yard.call('sheep.count', { fail: 'maybe' })).rejects.toMatchObject({ code: 'VALIDATION' })
    }
    await using yard = await openYard(dir, { plugins: [sheep()] })
    expect(yard.registry().figures('sheep.count')).toMatchObject({ runs: 2, failures: 1, success: 10 / 12 })
    expect(yard.registry().health('sheep')).toEqual({ state: 'ready' })
  })

  it.each([false, true])('asks before a command of a plugin is tried whose breaker is open (registry opened before: %s)', async (first) => {
    await using yard = await openYard(makeFolder(), { plugins: [lost], memory: true })
    if (first) yard.registry()
    expect(yard.decide('count the sheep')).toMatchObject({ outcome: 'routed' })
    for (let i = 0; i < 2; i++) await expect(yard.call('sheep.count', {})).rejects.toThrow()
    expect(yard.decide('count the sheep')).toMatchObject({
      outcome: 'ask',
      asks: 'intent',
      question: expect.stringContaining('its breaker is open'),
    })
  })

  it('lets what ran before weigh in at once: in search, in what is offered first, in the estimate, and in who would do a task', async () => {
    const bell = (name: string): Plugin =>
      definePlugin({
        name,
        version: '1.0.0',
        summary: 'Rings the bell of the deployment',
        capabilities: { domains: ['devops'] },
        commands: {
          ring: command({
            summary: 'Ring the bell',
            // What is asked below word for word, as a word that none of them has may tell two that are alike apart by chance.
            examples: ['ring the bell', 'let the bell ring', 'sound the bell of the deployment', 'ring it'],
            effect: 'read',
            input: z.object({ broken: z.boolean().default(false) }),
            output: z.object({}),
            run({ broken }) {
              if (broken) throw new SwitchyardError('CRACKED', 'Cannot ring as the bell must be whole')
              return {}
            },
          }),
        },
      })
    await using yard = await openYard(makeFolder(), { plugins: [bell('eastern'), bell('western')], memory: true })
    const first = () => {
      const decision = yard.decide('sound the bell of the deployment')
      const { estimate, explanation } = yard.routing.explain(decision)
      return {
        asks: decision.asks,
        offered: decision.parts[0]?.command,
        success: estimate.success,
        primary: explanation.collaboration?.primary,
        found: yard
          .registry()
          .search({ text: 'ring the bell', kinds: ['command'] })
          .map(({ entry }) => entry.id),
      }
    }
    const fail = (id: string): Promise<void> => expect(yard.call(id, { broken: true })).rejects.toMatchObject({ code: 'CRACKED' })
    const [east, west] = ['eastern.ring', 'western.ring'] as const
    // Two that are alike are offered in either order; what fails gives way to the other.
    const offered = first().offered === east ? east : west
    const other = offered === east ? west : east
    const pluginOf = (id: string): string => id.replace('.ring', '')
    expect(first()).toEqual({ asks: 'command', offered, success: 0.9, primary: 'eastern', found: [east, west] })
    for (let run = 0; run < 20; run++) await fail(offered)
    expect(first()).toMatchObject({ offered: other, success: 0.9, primary: pluginOf(other), found: [other, offered] })
    for (let run = 0; run < 21; run++) await fail(other)
    expect(first()).toMatchObject({ offered, success: 9 / 30, primary: pluginOf(offered), found: [offered, other] })
    // What is proven stands before what ran once, and nothing begins at 100 %.
    for (let run = 0; run < 80; run++) await yard.call(other, {})
    expect(first()).toMatchObject({ offered: other, success: 89 / 111, primary: pluginOf(other), found: [other, offered] })
  })

  it('estimates by what runs took and cost, and by what a command says of itself before its first', async () => {
    const oracle = definePlugin({
      name: 'oracle',
      version: '1.0.0',
      summary: 'Answers for money',
      commands: {
        ask: command({
          summary: 'Ask the oracle',
          examples: ['ask the oracle', 'consult the oracle', 'what does the oracle say', 'put it to the oracle'],
          effect: 'read',
          costUsd: 1,
          input: z.object({}),
          output: z.object({ usage: z.object({ usd: z.number() }) }),
          run: () => ({ usage: { usd: 0.25 } }),
          spentUsd: ({ usage }) => usage.usd,
        }),
      },
    })
    await using yard = await openYard(makeFolder(), { plugins: [oracle], memory: true })
    const estimate = () => yard.routing.explain(yard.decide('ask the oracle')).estimate
    expect(estimate()).toMatchObject({ costUsd: 1, durationMs: 1_000, success: 0.9 })
    await yard.call('oracle.ask', {})
    expect(estimate()).toMatchObject({ costUsd: 0.25, success: 10 / 11 })
    expect(estimate().durationMs).toBeLessThan(1_000)
  })

  it('says what others offer where nothing here fits, and never in place of what does', async () => {
    await using yard = await openYard(makeFolder(), { plugins: [sheep()], memory: true })
    const folder = makeFolder({
      'agents/a11y.md': AGENT,
      'agents/counter.md': '---\nname: sheep-counter\ndescription: Count the sheep\n---\n',
    })
    const request = 'audit our pages for accessibility'
    expect(yard.decide(request)).toMatchObject({ outcome: 'abstain', parts: [] })
    expect(yard.decide(request)).not.toHaveProperty('elsewhere')
    addTo(yard, folder)
    const id = expect.stringMatching(/::accessibility-auditor$/)
    const invoke = expect.stringContaining('In Claude Code: use the')
    expect(yard.decide(request)).toMatchObject({
      outcome: 'ask',
      asks: 'elsewhere',
      question: expect.stringContaining('In Claude Code: use the'),
      parts: [{ text: request, command: id, invoke, args: {}, missing: [], alternatives: [], after: [] }],
      elsewhere: [
        {
          id,
          kind: 'agent',
          invoke,
        },
      ],
    })
    // As a part among others it is named in its place, and nothing of the whole is done.
    expect(yard.decide(`count the sheep, then ${request}`)).toMatchObject({
      outcome: 'ask',
      parts: [{ command: 'sheep.count' }, { command: id, invoke, after: [0] }],
    })
    const explained = yard.routing.explain(yard.decide(request))
    expect(explained).toMatchObject({
      estimate: { durationMs: 0, costUsd: 0 },
      explanation: { parts: [{ wouldChange: 'a plugin here that does it' }] },
    })
    const own = yard.decide('count the sheep')
    expect(own).toMatchObject({ outcome: 'routed', parts: [{ command: 'sheep.count' }] })
    expect(own).not.toHaveProperty('elsewhere')
    expect(yard.decide('paint the garage green')).not.toHaveProperty('elsewhere')
  })

  it('asks one question about the closest of both, where nothing here surely does what others may', async () => {
    await using yard = await openYard(makeFolder(), { plugins: [sheep()], memory: true })
    const request = 'paint the sheep green'
    const own = yard.decide(request)
    expect(own).toMatchObject({ outcome: 'ask', asks: 'command', parts: [{ command: 'sheep.count', alternatives: [] }] })
    addTo(yard, makeFolder({ 'agents/painter.md': '---\nname: sheep-painter\ndescription: Paints the sheep green\n---\n' }))
    const invoke = expect.stringMatching(/^In Claude Code: use the .*:sheep-painter agent$/)
    const painter = { command: expect.stringMatching(/::sheep-painter$/), invoke, confidence: 1 }
    const both = yard.decide(request)
    expect(both).toMatchObject({ ...own, parts: [{ ...own.parts[0]!, alternatives: [painter] }], elsewhere: [{ invoke }] })
  })

  it('proposes nobody whose files are gone since', async () => {
    await using yard = await openYard(makeFolder(), { plugins: [], memory: true })
    const folder = makeFolder({ 'agents/a11y.md': AGENT })
    addTo(yard, folder)
    expect(yard.team('make our react pages accessible')?.specialists).toMatchObject([{ name: 'accessibility-auditor' }])
    rmSync(folder, { recursive: true })
    yard.registry().remove('acme')
    expect(yard.team('make our react pages accessible')).toBeUndefined()
  })

  it('keeps its name for itself, and two plugins of one name apart', async () => {
    const named = definePlugin({ name: 'registry', version: '1.0.0', summary: 'Takes a name', commands: {} })
    await expect(openYard(makeFolder(), { plugins: [named], memory: true })).rejects.toThrow(/registry/)
    await expect(openYard(makeFolder(), { plugins: [sheep(), sheep()], memory: true })).rejects.toThrow(/sheep/)
  })
})
