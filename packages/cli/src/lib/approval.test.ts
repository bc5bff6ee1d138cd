import { command, definePlugin } from '@switchyard/plugin-kit'
import { openYard } from '@switchyard/yard'
import { describe, expect, it } from 'vitest'
import { z } from 'zod'
import { runSteps, type Step } from './approval.ts'
import type { Host } from './host.ts'
import { openSession } from './open-session.ts'

const input = z.object({ fails: z.boolean().default(false) })
const move = command({
  summary: 'Move one on',
  examples: [],
  effect: 'write',
  input,
  output: z.object({ moved: z.boolean() }),
  plan: () => ({ summary: 'Move', steps: [{ does: 'run', target: 'it' }] }),
  undo: () => ({ command: 'steps.back', input: {} }),
  run({ fails }) {
    if (fails) throw new RangeError('no way on')
    return { moved: true }
  },
})
const back = command({ ...move, summary: 'Move one back', undo: () => undefined })
const steps = definePlugin({ name: 'steps', version: '1.0.0', summary: 'Moves', commands: { move, back } })

const step = (fails: boolean): Step => ({ command: 'steps.move', definition: move, input: { fails } })

describe('runSteps() of several parts', () => {
  it('says what was done before a part failed, and how to take it back', async () => {
    await using yard = await openYard(import.meta.dirname, { plugins: [steps], memory: true })
    const notes: string[] = []
    const output = { write: (text: string) => void notes.push(text), columns: 80, color: false }
    const host = { out: output, err: output, env: {}, platform: 'linux', homeDir: yard.dir } as unknown as Host
    const { session } = openSession(host, { word: undefined, json: true, dir: yard.dir }, new AbortController().signal)
    const approved = { yes: true, dryRun: false }
    const running = runSteps({ ...session, yard: async () => yard }, [step(false), step(true), step(false)], approved)
    await expect(running).rejects.toThrow('no way on')
    const [waiting, failed, done] = ['waiting', 'failed', 'done'].map((state) => yard.plans().find((plan) => plan.state === state))
    expect([waiting, failed]).not.toContain(undefined)
    expect(notes).toEqual(['moved: true\n', `To take it back: switchyard undo ${done?.id}\n`])
  })
})
