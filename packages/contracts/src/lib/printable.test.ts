import { describe, expect, it } from 'vitest'
import { printable } from './printable.ts'

describe('printable()', () => {
  it.each([
    ['a colour', 'a\u001b[31mb', 'a\\u001b[31mb'],
    ['a control sequence in one sign', '\u009b2J', '\\u009b2J'],
    ['breaks of a line', 'a\r\nb\u2028c', 'a\\u000d\\u000ab\\u2028c'],
    ['letters in another order', 'exe\u202etxt', 'exe\\u202etxt'],
    ['what is read without being seen', 'a\u{e0041}b', 'a\\udb40\\udc41b'],
    ['what is as it should be', '“日本語” 👩‍💻', '“日本語” 👩‍💻'],
  ])('writes out %s', (_, text, shown) => {
    expect(printable(text)).toBe(shown)
  })

  it('leaves alone what it made', () => {
    const all = String.fromCodePoint(...Array.from({ length: 0x3000 }, (_, code) => code))
    expect(printable(printable(all))).toBe(printable(all))
  })
})
