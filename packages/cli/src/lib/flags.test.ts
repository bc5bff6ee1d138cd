import { describe, expect, it } from 'vitest'
import { z } from 'zod'
import { commandLine, flagsOf, valueOfFlag } from './flags.ts'

describe('flagsOf()', () => {
  it('takes name, kind, choices, default and description from each field, required ones first', () => {
    const input = z.object({
      maxItems: z.int().default(5).describe('How many'),
      level: z.enum(['low', 'high']).optional(),
      paths: z.array(z.string()).optional(),
      ports: z.array(z.number()).optional(),
      strict: z.boolean().default(false),
      place: z.object({ page: z.number() }).optional(),
      target: z.string(),
    })
    expect(flagsOf({ input })).toEqual([
      { field: 'target', name: 'target', kind: 'text', description: '', required: true },
      { field: 'maxItems', name: 'max-items', kind: 'number', description: 'How many', required: false, default: 5 },
      { field: 'level', name: 'level', kind: 'text', choices: ['low', 'high'], description: '', required: false },
      { field: 'paths', name: 'paths', kind: 'list', entry: 'text', description: '', required: false },
      { field: 'ports', name: 'ports', kind: 'list', entry: 'number', description: '', required: false },
      { field: 'strict', name: 'strict', kind: 'boolean', description: '', required: false, default: false },
      { field: 'place', name: 'place', kind: 'json', description: '', required: false },
    ])
  })

  it('joins the branches of a union: what is in all of them is required', () => {
    const input = z.discriminatedUnion('by', [
      z.object({ by: z.literal('name'), name: z.string() }),
      z.object({ by: z.literal('id'), id: z.number() }),
    ])
    expect(flagsOf({ input }).map(({ name, kind, choices, required }) => ({ name, kind, choices, required }))).toEqual([
      { name: 'by', kind: 'text', choices: ['name', 'id'], required: true },
      { name: 'name', kind: 'text', choices: undefined, required: false },
      { name: 'id', kind: 'number', choices: undefined, required: false },
    ])
  })

  it('sees through null and optional, and takes a text where one of several shapes is one', () => {
    const input = z.object({ a: z.number().nullable(), b: z.union([z.number(), z.string()]) })
    expect(flagsOf({ input }).map(({ kind }) => kind)).toEqual(['number', 'text'])
  })

  it('leaves names that every command has to --input', () => {
    const input = z.object({ json: z.string(), yes: z.boolean(), dryRun: z.boolean(), noCache: z.boolean(), env: z.string() })
    expect(flagsOf({ input }).map(({ name }) => name)).toEqual(['env'])
  })

  it('takes schemas that have no fields', () => {
    expect(flagsOf({ input: z.void() })).toEqual([])
    expect(flagsOf({ input: z.string() })).toEqual([])
  })
})

describe('valueOfFlag()', () => {
  it.each([
    [{ kind: 'number' }, '4.5', 4.5],
    [{ kind: 'number' }, '-3', -3],
    [{ kind: 'number' }, 'many', 'many'],
    [{ kind: 'number' }, '', ''],
    [{ kind: 'text' }, '007', '007'],
    [{ kind: 'list', entry: 'number' }, ['1', 'x'], [1, 'x']],
    [{ kind: 'json' }, '{"a":1}', { a: 1 }],
    [{ kind: 'json' }, '{a', '{a'],
    [{ kind: 'boolean' }, false, false],
  ] as const)('reads %j %j as %j', (flag, given, value) => expect(valueOfFlag(flag, given)).toEqual(value))
})

describe('commandLine()', () => {
  it('can be pasted into a shell', () => {
    const input = { name: "it's $HOME", tags: ['a', 'b c'], dryMode: true, backup: false, place: { page: 1 }, gone: undefined }
    expect(commandLine('notes.note.add', input)).toBe(
      "switchyard notes note add --name 'it'\\''s $HOME' --tags a --tags 'b c' --dry-mode --no-backup --place '{\"page\":1}'",
    )
  })
})
