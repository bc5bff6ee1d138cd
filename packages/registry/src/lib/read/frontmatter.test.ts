import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { parseFrontmatter } from './frontmatter.ts'

describe('parseFrontmatter()', () => {
  it('[R1] reads what is right, and says nothing of it', () => {
    expect(parseFrontmatter('---\nname: a\ntags: [x, y]\n---\nbody')).toEqual({
      fields: { name: 'a', tags: ['x', 'y'] },
      body: '\nbody',
      mended: undefined,
    })
  })

  it.for([
    ['an unquoted colon', 'description: Use when: a person says "x"', { description: 'Use when: a person says "x"' }, /no valid YAML/],
    ['a tab', 'name: a\n\tdescription: B', { name: 'a', description: 'B' }, /no valid YAML \(line 3: tab/],
    ['a quote that stays open', 'name: "a\ndescription: B', { name: '"a', description: 'B' }, /no valid YAML/],
    ['an unquoted asterisk', 'name: *a', { name: '*a' }, /no valid YAML/],
    ['a key twice', 'name: a\nname: b', { name: 'b' }, /"name" twice, and the last counts/],
    ['a list', '- a\n- b', {}, /no list of fields/],
    ['nothing', '', {}, /is empty/],
    [
      'text that is folded by hand',
      'description: >\n  one\n  two: three: four\nname: [',
      { description: 'one two: three: four', name: '[' },
      /no valid/,
    ],
  ] as const)('[R1] reads %s line by line, and says so', ([, head, fields, mended]) => {
    const read = parseFrontmatter(`---\n${head}\n---\nbody`)
    expect(read.fields).toEqual(fields)
    expect(read.mended).toMatch(mended)
    expect(read.body.trim()).toBe('body')
  })

  it('[R1] reads to the first empty line where the closing dashes are missing', () => {
    expect(parseFrontmatter('---\nname: a\n\nbody')).toMatchObject({ fields: { name: 'a' }, mended: expect.stringContaining('closing') })
    expect(parseFrontmatter('no dashes')).toEqual({ fields: {}, body: 'no dashes', mended: 'it has no frontmatter' })
  })

  it('[R2] gives up on aliases that multiply', () => {
    const bomb = [
      'a: &a [x, x, x, x, x, x, x, x, x]',
      ...'bcdefghi'.split('').map((key, i) => `${key}: &${key} [${Array(9).fill(`*${'abcdefghi'[i]}`).join(', ')}]`),
    ]
    const { fields, mended } = parseFrontmatter(`---\nname: kept\n${bomb.join('\n')}\n---\n`)
    expect(mended).toMatch(/no valid YAML/)
    expect(fields.name).toBe('kept')
  })

  it('[R2] never throws, whatever it is given, and never touches what all objects share', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary', maxLength: 300 }), (text) => {
        for (const whole of [text, `---\n${text}\n---\n`, `---\n__proto__: ${text}\nconstructor: 1\n---`]) parseFrontmatter(whole)
        expect(({} as Record<string, unknown>).constructor).toBe(Object)
      }),
      { numRuns: 500 },
    )
  })
})
