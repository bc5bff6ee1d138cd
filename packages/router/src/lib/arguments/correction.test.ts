import { describe, expect, it } from 'vitest'
import { withoutCorrected } from './correction.ts'

const squeezed = (text: string): string => withoutCorrected(text).replaceAll(/\s+/g, ' ')

const ROWS: readonly (readonly [string, string])[] = [
  ['paint it on wood, no wait, on glass', 'paint it on , on glass'],
  ['paint wood, sorry, glass', 'paint , glass'],
  ['make four copies of 12 pages, no sorry, 14, in red', 'make four copies of pages, 14, in red'],
  ['print 1.2.0 - i mean 1.3.0', 'print - 1.3.0'],
  ['bring 3 cups, make that 5', 'bring cups, 5'],
  // Nothing of the kind stands before it, or nothing is taken back.
  ['paint the wall, sorry, 14', 'paint the wall, sorry, 14'],
  ['paint the wall, make it shiny', 'paint the wall, make it shiny'],
  ['the paint ran out, sorry, order more', 'the paint ran out, sorry, order more'],
  ['no wait is too long', 'no wait is too long'],
]

describe('withoutCorrected()', () => {
  for (const [text, rest] of ROWS) it(`reads "${text}"`, () => expect(squeezed(text)).toBe(rest))

  it('leaves everything where it is', () => {
    const text = 'paint it on wood, no wait, on glass'
    expect(withoutCorrected(text)).toHaveLength(text.length)
    expect(withoutCorrected(text).indexOf('glass')).toBe(text.indexOf('glass'))
  })
})
