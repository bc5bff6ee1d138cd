import { tmpdir } from 'node:os'
import type { ChainReport } from '@switchyard/chain'
import { command, definePlugin } from '@switchyard/plugin-kit'
import type { DecidedPart } from '@switchyard/router'
import { describe, expect, it } from 'vitest'
import { z } from 'zod'
import { chainOf } from './chain-of.ts'
import { withApproval } from './director.ts'
import { openYard } from './open-yard.ts'

const said = z.object({ say: z.string().default('ok'), tags: z.array(z.string()).default([]) })
const say = command({
  summary: 'Says what it is given',
  examples: [],
  effect: 'read',
  input: said,
  output: said,
  run: (input) => input,
})
const fail = command({
  ...say,
  run() {
    throw new Error('no voice today')
  },
})
const plugin = definePlugin({ name: 'crier', version: '1.0.0', summary: 'Cries', commands: { say, fail } })

type Given = Partial<Pick<DecidedPart, 'after' | 'when'>> & { readonly args?: Readonly<Record<string, unknown>> }

function part(name: 'say' | 'fail', { args = {}, ...rest }: Given = {}): DecidedPart {
  const from = [0, 1] as const
  const filled = Object.fromEntries(Object.entries(args).map(([field, value]) => [field, { value, from }])) as DecidedPart['args']
  return { text: 'x', command: `crier.${name}`, confidence: 1, args: filled, missing: [], alternatives: [], after: [], ...rest }
}

async function run(...parts: DecidedPart[]): Promise<ChainReport> {
  await using yard = await openYard(tmpdir(), { plugins: [plugin], memory: true })
  const chains = await yard.chains()
  return await chains.run(chainOf({ request: 'x', parts }))
}

const outputsOf = ({ steps }: ChainReport): unknown[] => steps.map(({ output }) => (output as { say: string } | undefined)?.say)

describe('chainOf()', () => {
  it('runs side by side what waits for nothing, and the rest behind what it waits for', () => {
    const when = "steps.part1.state == 'failed'"
    const parts = [part('say'), part('say', { after: [0], when }), part('say', { after: [0], when }), part('say', { after: [2], when })]
    const { steps } = chainOf({ request: 'x', parts })
    expect(steps.map((step) => ('parallel' in step ? step.parallel.map(({ id }) => id) : step.id))).toEqual([
      'part1',
      ['part2', 'part3'],
      'part4',
    ])
  })

  it('gives a part what an earlier one returned', async () => {
    const second = part('say', { after: [0], args: { say: '${{ steps.part1.output.say }}' } })
    expect(outputsOf(await run(part('say', { args: { say: 'ahoy' } }), second))).toEqual(['ahoy', 'ahoy'])
  })

  it('takes what somebody said for nothing but a text, expressions and their pieces too', async () => {
    for (const text of ['${{ steps.part1.output.say }}', '${{', "a ${{ '}}' b", '${{ input.x }} and ${{ nonsense', '}} ${ {{'])
      expect(outputsOf(await run(part('say', { args: { say: 'secret' } }), part('say', { args: { say: text } })))).toContain(text)
    const { steps } = await run(part('say'), part('say', { after: [0], args: { tags: ['${{ steps.part1.output.say }}'] } }))
    expect(steps[1]?.output).toMatchObject({ tags: ['${{ steps.part1.output.say }}'] })
  })

  it('asks whether to do a request in its own words', async () => {
    await using yard = await openYard(tmpdir(), { plugins: [plugin], memory: true })
    const request = "say ${{ steps.part1.output.say }}, then ${{ 'that'"
    const chains = await yard.chains()
    const { waitsFor } = await chains.run(
      withApproval({ request, outcome: 'routed', parts: [part('say')], refused: [], strategy: 'single' }),
    )
    expect(waitsFor).toMatchObject([{ question: `Do this: ${request}`, answer: 'approval' }])
  })

  it('goes on after a failure only to what is asked for in that case', async () => {
    const done = { after: [0], when: "steps.part1.state == 'done'" }
    const failed = { after: [0], when: "steps.part1.state == 'failed'" }
    // "Check it, and say so if that went well": it did not, and nobody is told that all is well.
    expect(await run(part('fail'), part('say', done))).toMatchObject({ state: 'undone', failed: ['part1'], neverStarted: ['part2'] })
    expect(await run(part('fail'), part('say', failed))).toMatchObject({ state: 'done', failed: ['part1'], done: ['part2'] })
    expect(await run(part('fail'), part('say', done), part('say', failed))).toMatchObject({ state: 'done', done: ['part3'] })
  })
})
