import { command, definePlugin } from '@switchyard/plugin-kit'
import { describe, expect, it } from 'vitest'
import { z } from 'zod'
import { DIRECTOR_SOURCE } from './director/director.ts'
import { estimateTokens } from './tokens.ts'
import type { ToolCommand, ToolSource } from './tool-source.ts'
import { createToolSet, TOKEN_BUDGET } from './tools.ts'

const read = (more: Partial<ToolCommand> = {}): ToolCommand => ({
  summary: 'Look at something',
  effect: 'read',
  input: z.object({ project: z.string().min(1).default('.').describe('Where the project is') }),
  output: z.object({ lines: z.array(z.object({ text: z.string() })), count: z.int() }),
  ...more,
})
const source = (commands: ToolSource['commands'], more: Partial<ToolSource> = {}): ToolSource => ({
  name: 'demo',
  version: '1.0.0',
  summary: 'Shows things',
  commands,
  ...more,
})
const many = (count: number): ToolSource['commands'] =>
  Object.fromEntries(Array.from({ length: count }, (_, index) => [`noun${index % 6}.verb${Math.floor(index / 6)}`, read()]))

describe('createToolSet()', () => {
  it('[M2] [M3] says of each tool what it does to the world, and never leaves a hint out', () => {
    const commands = {
      look: read(),
      write: read({ effect: 'write', idempotent: true }),
      // With one key only: what a client calls twice comes under two.
      keyed: read({ effect: 'write', idempotent: 'key' }),
      wipe: read({ effect: 'destroy' }),
    }
    const { tools } = createToolSet(source(commands, { touches: { hosts: ['example.org'] } }))
    const hints = Object.fromEntries(tools.map(({ name, annotations, _meta }) => [name, { ...annotations, asks: _meta !== undefined }]))
    const open = { openWorldHint: true }
    expect(hints).toEqual({
      demo_look: { readOnlyHint: true, destructiveHint: false, idempotentHint: true, asks: false, ...open },
      demo_write: { readOnlyHint: false, destructiveHint: false, idempotentHint: true, asks: false, ...open },
      demo_keyed: { readOnlyHint: false, destructiveHint: false, idempotentHint: false, asks: false, ...open },
      demo_wipe: { readOnlyHint: false, destructiveHint: true, idempotentHint: false, asks: true, ...open },
      demo_apply: { readOnlyHint: false, destructiveHint: true, idempotentHint: true, asks: true, ...open },
    })
    expect(tools.find(({ name }) => name === 'demo_wipe')?._meta).toEqual({ 'anthropic/requiresUserInteraction': true })
  })

  it('[M1] keeps its own tools apart from commands of the same name', () => {
    const { names, routes } = createToolSet(
      source({ apply: read({ effect: 'write', undo: () => undefined }), undo: read(), more: read({ rare: true }) }),
    )
    expect(names).toEqual({ apply: 'demo_apply_plan', undo: 'demo_undo_plan', more: 'demo_more_commands' })
    expect([...routes].map(([name, { does }]) => `${name} ${does}`)).toEqual([
      'demo_apply command',
      'demo_undo command',
      'demo_more_commands more',
      'demo_apply_plan apply',
      'demo_undo_plan undo',
    ])
  })

  it('[M4] never costs more than the budget, however many commands there are, and tells of every noun and of what is left out', () => {
    for (const count of [1, 5, 12, 40, 150]) {
      const set = createToolSet(source(many(count)))
      expect(estimateTokens(set.tools), `${count} commands`).toBeLessThanOrEqual(TOKEN_BUDGET)
      const more = set.tools.find(({ name }) => name === 'demo_more')
      const listed = set.tools.filter((tool) => tool !== more)
      const route = set.routes.get('demo_more')
      const grouped = route?.does === 'more' ? [...route.commands.keys()] : []
      expect(listed.length + grouped.length).toBe(count)
      for (const id of grouped) expect(more?.description).toContain(id.slice('demo.'.length))
    }
    const nouns = new Set(createToolSet(source(many(40))).tools.map(({ name }) => name.split('_')[1]))
    expect([...nouns].filter((noun) => noun?.startsWith('noun'))).toHaveLength(6)
  })

  it('lists everything with whole schemas where that is wanted', () => {
    const set = createToolSet(source({ ...many(40), odd: read({ rare: true, description: 'More about it' }) }), { full: true })
    expect(set.tools).toHaveLength(41)
    const odd = set.tools.find(({ name }) => name === 'demo_odd')
    expect(odd?.description).toBe('Look at something. More about it')
    expect(odd?.inputSchema).toEqual({
      type: 'object',
      properties: { project: { type: 'string', minLength: 1, default: '.', description: 'Where the project is' } },
    })
    expect(odd?.outputSchema).toMatchObject({ properties: { lines: { items: { properties: { text: { type: 'string' } } } } } })
  })

  it('tells a field once, and the outline of a result', () => {
    const [first, second] = createToolSet(source({ one: read(), two: read() })).tools
    expect(first?.inputSchema).toEqual({
      type: 'object',
      properties: { project: { type: 'string', default: '.', description: 'Where the project is' } },
    })
    expect(second?.inputSchema).toEqual({ type: 'object', properties: { project: { type: 'string', default: '.' } } })
    expect(first?.outputSchema).toEqual({ type: 'object', properties: { lines: { type: 'array' }, count: { type: 'integer' } } })
  })

  it('cuts descriptions to what clients read', () => {
    const { tools } = createToolSet(source({ look: read({ description: 'long '.repeat(900) }) }), { full: true })
    expect(tools[0]?.description).toHaveLength(2_048)
  })

  it('takes a plugin and the director as they are', () => {
    const hello = command({ summary: 'Greet', examples: [], effect: 'read', input: z.object({}), output: z.object({}), run: () => ({}) })
    const plugin = definePlugin({ name: 'team-chat', version: '1.0.0', summary: 'Chats', commands: { 'room.say-hello': hello } })
    expect(createToolSet(plugin).tools).toMatchObject([
      { name: 'team-chat_room_say-hello', title: 'Room say hello', inputSchema: { type: 'object', additionalProperties: false } },
    ])
    expect(createToolSet(DIRECTOR_SOURCE).tools.map(({ name }) => name)).toContain('director_ask')
  })
})
