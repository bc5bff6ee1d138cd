import { describe, expect, it } from 'vitest'
import { planText, visible } from './text.ts'

describe('visible()', () => {
  it.each([
    ['a colour', 'a\u001b[31mb', 'a\\u001b[31mb'],
    ['a control sequence in one character', '\u009b2J', '\\u009b2J'],
    ['letters in another order', 'exe\u202etxt', 'exe\\u202etxt'],
    ['a word that only a model reads', 'a\u{e0041}b', 'a\\udb40\\udc41b'],
    ['what is as it should be', 'zwei\n\tZeilen, “日本語” 👩‍💻', 'zwei\n\tZeilen, “日本語” 👩‍💻'],
  ])('writes out %s', (_, text, shown) => {
    expect(visible(text)).toBe(shown)
    expect(JSON.parse(visible(JSON.stringify(text)))).toBe(text)
  })
})

describe('planText()', () => {
  it('lets no data pretend to be a step', () => {
    const plan = {
      summary: 'Close "x\n  remove nothing"',
      steps: [{ does: 'change' as const, target: 'a\r\n  create b', detail: 'one\ntwo' }],
      warnings: ['late\n! early'],
    }
    const planned = {
      id: 'p-1',
      command: 'ops.issue.close',
      input: {},
      effect: 'write',
      plan,
      createdAt: '',
      state: 'waiting',
      undoable: false,
    } as const
    expect(planText(planned).split('\n')).toEqual([
      'ops.issue.close: Close "x remove nothing"',
      '  change a create b',
      '      one',
      '      two',
      '  ! late ! early',
    ])
  })
})
