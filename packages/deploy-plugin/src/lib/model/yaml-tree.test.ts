import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { parse } from 'yaml'
import { createSource, placeOf } from './source.ts'
import { get, itemsOf, parseYaml, plainOf } from './yaml-tree.ts'

const read = (text: string) => parseYaml(createSource('a.yaml', text))
const notes = (text: string) => read(text).problems.map(({ note, spot }) => `${placeOf(spot).line}:${placeOf(spot).column} ${note}`)

describe('parseYaml()', () => {
  it('takes merge keys in, the own key first, then the first of several', () => {
    const { tree } = read('a: &a { x: 1, y: 1 }\nb: &b { y: 2, z: 2 }\nc:\n  <<: [*a, *b]\n  x: 0\n')
    expect(plainOf(get(tree, 'c')!)).toEqual({ x: 0, y: 1, z: 2 })
  })

  it('knows where values stand that an alias names', () => {
    const { tree } = read('a: &a\n  - one\nb: *a\n')
    expect(placeOf(itemsOf(get(tree, 'b'))[0]!.spot)).toEqual({ file: 'a.yaml', line: 2, column: 5 })
  })

  it('says what is wrong, and where', () => {
    expect(notes('a: 1\nb: [1\n')).toEqual([expect.stringMatching(/^3:1 Flow sequence/)])
    expect(notes('a: 1\n"a": 2\n')).toEqual(['2:1 the key "a" stands twice in one map'])
    expect(notes('a: *b\n')).toEqual(['1:4 no anchor &b comes before'])
    expect(notes('a: &a [*a]\n')).toEqual(['1:8 the alias *a stands inside of what it names'])
    expect(notes('<<: 1\n')).toEqual(['1:5 what << takes in must be a map'])
    expect(notes('? [a]\n: 1\n')).toEqual(['1:1 a key must be plain text'])
    expect(notes('a: 1\n---\nb: 2\n')).toEqual(['2:1 a second document begins here'])
  })

  it('reads no bomb: neither of aliases, nor of brackets', () => {
    const bomb = ['a0: &a0 [x, x, x, x, x, x, x, x, x]']
    for (let level = 1; level < 12; level++)
      bomb.push(
        `a${level}: &a${level} [${Array(9)
          .fill(`*a${level - 1}`)
          .join(', ')}]`,
      )
    expect(notes(bomb.join('\n'))).toEqual(['1:1 its aliases unfold to more than 200000 values, so it was not read'])
    expect(notes(`a: ${'['.repeat(50_000)}`).length).toBeGreaterThan(0)
    expect(notes(`a: ${'['.repeat(200)}${']'.repeat(200)}`)).toEqual(['1:1 is nested deeper than 100'])
  })

  it('keeps a key that would change what objects are', () => {
    const plain = plainOf(read('__proto__: { x: 1 }\nb: 2\n').tree!) as Record<string, unknown>
    expect(Object.keys(plain)).toEqual(['__proto__', 'b'])
    expect('x' in plain).toBe(false)
  })

  it('reads the same data as the library does', () => {
    fc.assert(
      fc.property(fc.dictionary(fc.stringMatching(/^[a-z]{1,5}$/), fc.jsonValue({ maxDepth: 3 }), { minKeys: 1 }), (value) => {
        const text = JSON.stringify(value)
        expect(plainOf(read(text).tree!)).toEqual(parse(text))
      }),
    )
  })
})
