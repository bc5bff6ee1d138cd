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
