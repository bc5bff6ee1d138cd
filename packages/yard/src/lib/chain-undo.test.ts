import type { ChainDefinition, Chains } from '@switchyard/chain'
import { command, definePlugin } from '@switchyard/plugin-kit'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { z } from 'zod'
import { isUndoable, leftByUndo, undoChain } from './chain-undo.ts'
import { openYard } from './open-yard.ts'
import type { Yard } from './yard.ts'

const told: string[] = []
let isBroken = false

const input = z.object({ say: z.string() })
const common = (name: string) => ({
  summary: name,
  examples: [`${name} it`],
  input,
  output: z.object({}),
  plan: () => ({ summary: name, steps: [] }),
})
const box = definePlugin({
  name: 'box',
  version: '1.0.0',
  summary: 'A box',
  commands: {
    put: command({
      ...common('put'),
      effect: 'write',
      undo: (_, { say }) => ({ command: 'box.take', input: { say } }),
      run({ say }) {
        told.push(`put ${say}`)
        return {}
      },
    }),
    take: command({
      ...common('take'),
      effect: 'write',
      idempotent: true,
      run({ say }) {
        if (isBroken) throw new Error('the box is shut')
        told.push(`take ${say}`)
        return {}
      },
    }),
    look: command({ summary: 'look', examples: ['look at it'], input, output: z.object({}), effect: 'read', run: () => ({}) }),
  },
})

let yard: Yard
let chains: Chains
beforeEach(async () => {
  told.length = 0
  isBroken = false
  yard = await openYard('/nowhere', { plugins: [box], memory: true })
  chains = await yard.chains()
})
afterEach(() => yard.close())

const step = (id: string, call: string, say = id, more: object = {}): object => ({ id, call: `box.${call}`, input: { say }, ...more })

async function done(...steps: readonly object[]): Promise<string> {
  const { id, state } = await chains.run({ name: 'fill', steps } as unknown as ChainDefinition)
  expect(state).toBe('done')
  return id
}

describe('undoChain()', () => {
  it('takes back what a done chain did, last completed first, with texts that look like expressions as they are', async () => {
    const id = await done(step('one', 'put'), step('two', 'look'), step('three', 'put', "a ${{ '$' }}{{ input.x }}"))
    told.length = 0
    expect(await chains.wait(await undoChain(chains, id))).toMatchObject({ name: `undo-${id}`, state: 'done' })
    expect(told).toEqual(['take a ${{ input.x }}', 'take one'])
  })

  it('does so once, and goes on with one that failed', async () => {
    const id = await done(step('one', 'put'))
    isBroken = true
    const undo = await undoChain(chains, id)
    expect(await chains.wait(undo)).toMatchObject({ state: 'failed' })
    isBroken = false
    expect(await undoChain(chains, id)).toBe(undo)
    expect(await chains.wait(undo)).toMatchObject({ state: 'done' })
    expect(told).toEqual(['put one', 'take one'])
    await expect(undoChain(chains, id)).rejects.toMatchObject({
      code: 'NOT_UNDOABLE',
      message: expect.stringContaining('it was taken back'),
    })
    await expect(undoChain(chains, undo)).rejects.toMatchObject({ code: 'NOT_UNDOABLE' })
  })

  it('refuses what has no way back, and names what to do with one that is under way', async () => {
    const read = await done(step('one', 'look'))
    expect(isUndoable(chains.show(read))).toBe(false)
    await expect(undoChain(chains, read)).rejects.toMatchObject({ code: 'NOT_UNDOABLE', message: expect.stringContaining('none did') })
    const passed = await done(step('one', 'put'), step('two', 'put', 'two', { pivot: true }))
    await expect(undoChain(chains, passed)).rejects.toMatchObject({ message: expect.stringContaining('there is none behind "two"') })
    const waiting = await chains.start({ name: 'fill', steps: [{ id: 'sure', ask: 'Sure?' }, step('one', 'put')] } as ChainDefinition)
    await chains.wait(waiting)
    await expect(undoChain(chains, waiting)).rejects.toMatchObject({ next: `switchyard chain cancel ${waiting}` })
    expect(told).toEqual(['put one', 'put two'])
  })
})

it('leftByUndo() names what changed something and says no way back', async () => {
  const id = await done(step('one', 'put'), step('two', 'take'), step('three', 'look'))
  expect(leftByUndo(chains.show(id), yard.commands)).toEqual(['two'])
})
