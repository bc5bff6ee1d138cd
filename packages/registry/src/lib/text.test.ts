import { describe, expect, it } from 'vitest'
import { cleanId, cleanName, cleanText } from './text.ts'

describe('cleanText()', () => {
  it('[R5] takes out what nobody sees, and leaves what scripts and emoji need', () => {
    // Bytes can be hidden behind a letter in variation selectors and tags, for a model to read.
    expect(cleanText('a\u{e0149}\u{e0073}\u{ad}\u{3164}\u{2063}\u{180e}b')).toBe('ab')
    for (const text of ['می‌خواهم', 'क्‍ष', '👩‍🚀 ❤️‍🔥', 'Việt Nam']) expect(cleanText(text)).toBe(text)
    expect(cleanText(`z${'\u0301'.repeat(50)}`)).toBe(`z${'\u0301'.repeat(4)}`)
  })

  it('[R5] leaves nothing that steers a terminal, also where one sequence hides another', () => {
    for (const text of ['\u001b\u001b[31m[31mred', '\u009b31mred', '\u001b]0;title\u0007red', '\u001b]8;;http://x\u001b\\red', '\rred\b\b'])
      expect([...cleanText(text)].filter((one) => /\p{Cc}/u.test(one))).toEqual([])
  })
})

describe('cleanName()', () => {
  it('[R5] makes a name that can be typed, and one that a command line takes as it is where it has to', () => {
    expect(cleanName('../Café: au lait@x')).toBe('Café-au-lait-x')
    expect(cleanId('$(reboot);`x` && --rf "a"')).toBe('reboot-x-rf-a')
    expect([cleanName('..'), cleanId('$;'), cleanName({})]).toEqual([undefined, undefined, undefined])
  })
})
