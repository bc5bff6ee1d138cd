import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { interpolate } from './interpolate.ts'

const put = (text: string, variables: Record<string, string> = {}) => interpolate(text, (name) => variables[name])

describe('interpolate()', () => {
  const rows: readonly (readonly [text: string, variables: Record<string, string>, result: string, hasHole: boolean])[] = [
    ['$A-${A}', { A: '1' }, '1-1', false],
    ['$$A $${A}', { A: '1' }, '$A ${A}', false],
    ['${A:-x}${B:-x}', { A: '', B: '1' }, 'x1', false],
    ['${A-x}${B-x}', { A: '' }, 'x', false],
    ['${A:+x}${B:+x}${C:+x}', { A: '', B: '1' }, 'x', false],
    ['${A+x}${B+x}', { A: '' }, 'x', false],
    ['${A:?say}', { A: '' }, '', true],
    ['${A?say}', { A: '' }, '', false],
    ['${A?say}', {}, '', true],
    ['$A', {}, '', true],
    ['${A:-${B:-${C-z}}}', {}, 'z', false],
    ['${A:-${B}}', {}, '', true],
    ['${A:-a}b}', {}, 'ab}', false],
    ['${A:+${B}}', { A: '1', B: '2' }, '2', false],
    ['$A.b ${A_B}', { A: '1', A_B: '2' }, '1.b 2', false],
  ]
  for (const [text, variables, result, hasHole] of rows) {
    it(`reads ${text} with ${JSON.stringify(variables)} as ${JSON.stringify(result)}${hasHole ? ', with a hole' : ''}`, () => {
      expect(put(text, variables)).toMatchObject({ text: result, hasHole, mistakes: [] })
    })
  }

  it('says where each variable stands, also inside of a default', () => {
    const { uses } = put('ab$A-${B:-${C}}')
    expect(uses.map(({ name, offset, length }) => [name, offset, length])).toEqual([
      ['A', 2, 2],
      ['B', 5, 10],
      ['C', 10, 4],
    ])
  })

  it('finds a $ that begins nothing, and goes on after it', () => {
    expect(put('5 $ ${} ${A', { A: '1' })).toMatchObject({
      text: '5 $ ${} ${A',
      mistakes: [{ offset: 2 }, { offset: 4 }, { offset: 8, note: '${ has no closing brace' }],
    })
  })

  it('gives back what has no dollar sign, and ends whatever it is given', () => {
    fc.assert(
      fc.property(fc.string(), fc.array(fc.constantFrom('$', '{', '}', 'A', ':', '-', '?', '+', '${A:-', '$$')), (plain, parts) => {
        const clean = plain.replaceAll('$', '')
        expect(put(clean).text).toBe(clean)
        const { text, uses } = put(parts.join(''), { A: 'B' })
        expect(text.length).toBeLessThanOrEqual(32_768 + parts.length * 5)
        for (const { offset, length } of uses) expect(parts.join('').slice(offset, offset + length)).toMatch(/^\$/)
      }),
    )
  })
})
