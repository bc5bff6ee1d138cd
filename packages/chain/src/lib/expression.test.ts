import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { evaluate, type Scope } from './expression.ts'
import { ExpressionMistake, parseExpression } from './expression-parser.ts'
import { FUNCTIONS } from './functions.ts'
import { fill, parseTemplate } from './template.ts'

const scope: Scope = {
  value: (root) => (root === 'input' ? { env: 'prod', count: 2, list: ['a', 'b'], nothing: null, 'odd key': 1 } : null),
  step: (id) => (id === 'build' ? { output: { version: '1.2.0', tags: ['x'] }, state: 'done' } : null),
}
const read = (text: string): unknown => evaluate(parseExpression(`${text}}}`, 0).expression, scope)

describe('expressions', () => {
  it.for([
    ['input.env', 'prod'],
    ["input['odd key']", 1],
    ['input.list[1]', 'b'],
    ['input.list[input.count]', null],
    ['steps.build.output.version', '1.2.0'],
    ['steps.build.output.tags[0]', 'x'],
    ['steps.other.output.version.deep', null],
    ["input.env == 'prod' && input.count >= 2", true],
    ["input.env != 'prod' || !(input.count < 2)", true],
    ['input.count < "3"', false],
    ['input.list == input.list', true],
    ['-1.5', -1.5],
    ["'it''s'", "it's"],
    ['default(input.nothing, steps.none.output, 5)', 5],
    ['length(input.list)', 2],
    ["upper(trim('  a '))", 'A'],
    ["contains(input.list, 'a') && contains(input.env, 'ro')", true],
    ["startsWith(input.env, 'p') && endsWith(input.env, 'd')", true],
    ["join(input.list, '-')", 'a-b'],
    ["replace('a b c', ' ', '-')", 'a-b-c'],
    ['lower(5)', null],
  ] as const)('[X1] %s is %j', ([text, value]) => expect(read(text)).toEqual(value))

  it.for(['__proto__', 'constructor', 'toString', 'length'])('[X1] sees no %s that is not its own', (key) => {
    expect(read(`input.${key}`)).toBeNull()
    expect(read(`input.list['${key}']`)).toBeNull()
    expect(read(`input.env.${key}`)).toBeNull()
    expect(read(`steps.${key}`)).toBeNull()
  })

  it('[X1] stays small however it is nested', () => {
    const grow = (text: string): string => `replace(${text}, 'a', 'aaaaaaaaaaaaaaaaaaaa')`
    let text = "'aaaaaaaaaa'"
    for (let depth = 0; depth < 20; depth++) text = grow(text)
    expect(read(text)).toBeNull()
  })

  it.for([
    ['input.', 'a name must follow "."', 8],
    ['1 +', '"+" has no meaning here', 2],
    ['(1', '")" must be here', 4],
    ['input.env ==', 'a value must be here', 14],
    ["'open", '"\'" has no meaning here', 0],
    ['a b', 'an operator or "}}" must be here', 2],
  ] as const)('says where %j is wrong', ([text, message, at]) => {
    expect(() => read(text)).toThrow(expect.objectContaining({ message: expect.stringContaining(message), at: Math.min(at, text.length) }))
  })

  it('[X1] never fail in any other way, for any text', () => {
    const pieces = [
      'input',
      'steps',
      '.',
      '[',
      ']',
      '(',
      ')',
      'build',
      ',',
      ' ',
      '==',
      '&&',
      '||',
      '!',
      '<',
      "'",
      '"',
      '1',
      'null',
      'join',
      'default',
      '}}',
      '-',
      '💥',
    ]
    const text = fc.oneof(
      fc.string(),
      fc.array(fc.constantFrom(...pieces), { maxLength: 30 }).map((parts) => parts.join('')),
    )
    fc.assert(
      fc.property(text, (source) => {
        try {
          read(source)
        } catch (error) {
          expect(error).toBeInstanceOf(ExpressionMistake)
        }
      }),
      { numRuns: 2_000 },
    )
    expect(() => read('('.repeat(10_000))).toThrow(ExpressionMistake)
    expect(() => read('!'.repeat(10_000))).toThrow(ExpressionMistake)
  })

  it('[X1] functions take anything', () => {
    fc.assert(
      fc.property(fc.constantFrom(...Object.keys(FUNCTIONS)), fc.array(fc.jsonValue(), { maxLength: 4 }), (name, values) => {
        expect(() => FUNCTIONS[name]!.apply(values)).not.toThrow()
      }),
      { numRuns: 1_000 },
    )
  })
})

describe('templates', () => {
  const filled = (value: unknown): unknown => fill(parseTemplate(value), scope)

  it('[X2] keep the type of one expression and make text of several', () => {
    expect(filled('${{ input.list }}')).toEqual(['a', 'b'])
    expect(filled(' ${{ input.count }}')).toBe(' 2')
    expect(filled('${{ input.env }}-${{ input.count }}-${{ input.nothing }}-${{ input.list }}')).toBe('prod-2--["a","b"]')
    expect(filled({ a: ['${{ input.count }}', 1, null], b: 'plain', c: "${{ '$' }}{{ }}" })).toEqual({
      a: [2, 1, null],
      b: 'plain',
      c: '${{ }}',
    })
  })

  it('[X2] are null as a text that is too long, and refuse a value that is', () => {
    const long = { ...scope, value: () => 'x'.repeat(900_000) }
    expect(fill(parseTemplate('${{ input }}'.repeat(1_000)), long)).toBeNull()
    expect(() => fill(parseTemplate(Array.from({ length: 20 }, () => '${{ input }}')), long)).toThrow(/at most 16777216 characters/)
  })

  it('[X1] never fail in any other way, for any template and any value', () => {
    const part = fc.oneof(
      fc.constantFrom(
        '${{ input.a }}',
        '${{ input[0] }}',
        "${{ join(input, ',') }}",
        '${{ length(input) == 1 && input < input.b }}',
        'text',
      ),
      fc.string(),
    )
    fc.assert(
      fc.property(fc.jsonValue(), fc.oneof(part, fc.array(part), fc.dictionary(fc.string(), part)), (value, template) => {
        try {
          fill(parseTemplate(template), { value: () => value, step: () => ({ output: value }) })
        } catch (error) {
          expect(error).toBeInstanceOf(ExpressionMistake)
        }
      }),
      { numRuns: 1_000 },
    )
  })

  it('make keys of their own of names that mean something to JavaScript', () => {
    const value = filled(JSON.parse('{"__proto__": "${{ input.count }}"}'))
    expect(Object.keys(value as object)).toEqual(['__proto__'])
    expect(({} as Record<string, unknown>).polluted).toBeUndefined()
  })
})
