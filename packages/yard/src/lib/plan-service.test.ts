import { tmpdir } from 'node:os'
import { command, definePlugin, plans } from '@switchyard/plugin-kit'
import { describe, expect, it } from 'vitest'
import { z } from 'zod'
import { openYard } from './open-yard.ts'

const write = (does: () => void) =>
  command({
    summary: 'Change something',
    examples: ['change something'],
    effect: 'write',
    input: z.object({ name: z.string() }),
    output: z.object({ changed: z.string() }),
    plan: ({ name }) => ({ summary: `Change ${name}`, steps: [{ does: 'change', target: name }] }),
    run({ name }) {
      does()
      return { changed: name }
    },
  })

async function opened(touches: readonly string[]) {
  const changes: string[] = []
  const ask = (effect: 'read' | 'write') => ({
    summary: 'Propose a change',
    examples: [`propose a change (${effect})`],
    input: z.object({ command: z.string(), input: z.unknown() }),
    output: z.unknown(),
  })
  const proposer = definePlugin({
    name: 'proposer',
    version: '1.0.0',
    summary: 'Proposes changes',
    touches: { plugins: touches },
    commands: {
      change: write(() => changes.push('own')),
      propose: command({
        ...ask('write'),
        effect: 'write',
        plan: () => ({ summary: 'Propose', steps: [{ does: 'run', target: 'plan.propose' }] }),
        run: ({ command: id, input }, ctx) => ctx.call(plans.propose, { command: id, input }),
      }),
      look: command({
        ...ask('read'),
        effect: 'read',
        run: ({ command: id, input }, ctx) => ctx.call(plans.propose, { command: id, input }),
      }),
      show: command({
        summary: 'Show a plan',
        examples: ['show a plan of mine'],
        effect: 'read',
        input: z.object({ id: z.string() }),
        output: z.unknown(),
        run: ({ id }, ctx) => ctx.call(plans.show, { id }),
      }),
    },
  })
  const other = definePlugin({
    name: 'other',
    version: '1.0.0',
    summary: 'Is changed',
    commands: { change: write(() => changes.push('other')) },
  })
  const yard = await openYard(tmpdir(), { plugins: [proposer, other], memory: true })
  return { yard, changes, [Symbol.asyncDispose]: () => yard.close() }
}

const proposed = { command: 'proposer.change', input: { name: 'tea' } }

describe('plan.propose', () => {
  it('keeps a plan that a person approves, and does nothing before', async () => {
    await using opening = await opened(['plan'])
    const { yard, changes } = opening
    const plan = (await yard.call('proposer.propose', proposed)) as { id: string }
    expect(plan).toEqual({ id: plan.id, command: 'proposer.change', effect: 'write', summary: 'Change tea', state: 'waiting' })
    expect(yard.plans()).toMatchObject([{ id: plan.id, input: { name: 'tea' }, state: 'waiting' }])
    expect(changes).toEqual([])
    expect(await yard.approve(plan.id)).toEqual({ changed: 'tea' })
    expect(changes).toEqual(['own'])
    expect(await yard.call('proposer.show', { id: plan.id })).toMatchObject({ state: 'done' })
  })

  it('refuses what the plugin may not itself call, and what nobody could approve', async () => {
    await using opening = await opened(['plan'])
    const { yard } = opening
    await expect(yard.call('proposer.propose', { ...proposed, command: 'other.change' })).rejects.toMatchObject({ code: 'FORBIDDEN' })
    await expect(yard.call('proposer.propose', { ...proposed, input: { name: 5 } })).rejects.toMatchObject({ code: 'VALIDATION' })
    await expect(yard.call('proposer.propose', { ...proposed, command: 'proposer.look' })).rejects.toMatchObject({
      code: 'NOTHING_TO_PLAN',
    })
    expect(yard.plans()).toEqual([])
    await using friend = await opened(['plan', 'other'])
    expect(await friend.yard.call('proposer.propose', { ...proposed, command: 'other.change' })).toMatchObject({ state: 'waiting' })
  })

  it('refuses those who do not name it, and those who only read', async () => {
    await using stranger = await opened([])
    await expect(stranger.yard.call('proposer.propose', proposed)).rejects.toMatchObject({ code: 'FORBIDDEN' })
    await using reader = await opened(['plan'])
    await expect(reader.yard.call('proposer.look', proposed)).rejects.toMatchObject({ code: 'READ_ONLY' })
    expect(reader.yard.plans()).toEqual([])
  })

  it('shows no plan of what the plugin may not call', async () => {
    await using opening = await opened(['plan'])
    const { id } = await opening.yard.plan('other.change', { name: 'milk' })
    await expect(opening.yard.call('proposer.show', { id })).rejects.toMatchObject({ code: 'PLAN_UNKNOWN' })
  })
})
