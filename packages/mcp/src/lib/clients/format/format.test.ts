import fc from 'fast-check'
import { stringify } from 'smol-toml'
import { describe, expect, it } from 'vitest'
import type { ConfigFormat } from '../format.ts'
import { json } from './json.ts'
import { toml } from './toml.ts'

const FIELDS = { command: '/a [ b/node', args: ['x "y"', '--dir', '#'] }

/** Strings that a reader in a hurry takes for something else. */
const awkward = fc.oneof(
  fc.string(),
  fc.constantFrom('# no', '[m.ours]', '"""', "'''", '}', '{', ',', '\\', '\n[m.ours]\n', '// no', '/* no'),
)
const name = awkward.filter((text) => text !== 'ours' && text !== '__proto__')
const table = fc.dictionary(name, fc.oneof(awkward, fc.array(awkward), fc.boolean(), fc.integer()))

const jsonText = fc
  .record({
    before: table,
    servers: fc.dictionary(name, table, { minKeys: 1 }),
    after: table,
    indent: fc.constantFrom('', ' ', '    ', '\t'),
    eol: fc.constantFrom('\n', '\r\n'),
  })
  .map(({ before, servers, after, indent, eol }) => JSON.stringify({ before, m: servers, after }, null, indent).replaceAll('\n', eol))

const tomlText = fc
  .record({ before: table, servers: fc.dictionary(name, table), after: fc.dictionary(name, table), eol: fc.constantFrom('\n', '\r\n') })
  .map(({ before, servers, after, eol }) => `${stringify({ before, m: servers, ...after, m2: {} }).trimEnd()}\n`.replaceAll('\n', eol))

describe.for<[string, ConfigFormat, fc.Arbitrary<string>]>([
  ['json', json, jsonText],
  ['toml', toml, tomlText],
])('%s', ([, format, texts]) => {
  it('sets an entry, the same again without a change, and gives back every byte when it is removed', () => {
    fc.assert(
      fc.property(texts, (text) => {
        const changed = format.set(text, 'm', 'ours', FIELDS)
        const read = format.parse(changed) as { m: Record<string, unknown> }
        const { ours, ...others } = read.m
        expect({ ...(ours as object) }).toEqual(FIELDS)
        expect({ ...read, m: others }).toEqual({ m: {}, ...(format.parse(text) as object) })
        expect(format.set(changed, 'm', 'ours', FIELDS)).toBe(changed)
        expect(format.remove(changed, 'm', 'ours')).toBe(text)
      }),
      { numRuns: 500 },
    )
  })

  it('changes one field of an entry in its place', () => {
    fc.assert(
      fc.property(texts, awkward, (text, command) => {
        const changed = format.set(text, 'm', 'ours', FIELDS)
        expect(format.set(changed, 'm', 'ours', { command })).toBe(format.set(text, 'm', 'ours', { ...FIELDS, command }))
      }),
      { numRuns: 200 },
    )
  })
})

describe('json', () => {
  it.for([
    ['', '{\n  "m": {\n    "ours": {}\n  }\n}\n', '{\n  "m": {}\n}\n'],
    ['{}', '{\n  "m": {\n    "ours": {}\n  }\n}', '{\n  "m": {}\n}'],
    ['{ "m": { /* none */ } }', '{ "m": {\n  "ours": {} /* none */ } }', '{ "m": { /* none */ } }'],
    [
      '{\n "m": { // mine\n  "a": 1 // one\n }\n}',
      '{\n "m": { // mine\n  "a": 1, // one\n  "ours": {}\n }\n}',
      '{\n "m": { // mine\n  "a": 1 // one\n }\n}',
    ],
    ['{"m":{"a":1,}}', '{"m":{"a":1, "ours": {},}}', '{"m":{"a":1,}}'],
  ] as const)('writes %j as %j and back', ([text, changed, back]) => {
    expect(json.set(text, 'm', 'ours', {})).toBe(changed)
    expect(json.remove(changed, 'm', 'ours')).toBe(back)
  })
})
