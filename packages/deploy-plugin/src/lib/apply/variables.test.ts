import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { createHider, differenceOf, hashVariables, parseVariables } from './variables.ts'

describe('parseVariables()', () => {
  it('reads what people write', () => {
    const text = `# the shop\nexport A=1\nB = two words # not this\nC="a \\"quoted\\" \\$HOME\\nline"\nD='as # it is $X'\nE=\nF="several\nlines"\r\nG=a=b\n`
    expect(parseVariables(text, '.env')).toEqual({
      A: '1',
      B: 'two words',
      C: 'a "quoted" $HOME\nline',
      D: 'as # it is $X',
      E: '',
      F: 'several\nlines',
      G: 'a=b',
    })
  })

  it('puts in what a value refers to, from this file and from those before it', () => {
    const text = "PW=abc\nURL=postgres://app:${PW}@${HOST:-db}/x\nPLAIN='${PW}'\n"
    expect(parseVariables(text, '.env', { HOST: 'db-2' })).toEqual({ PW: 'abc', URL: 'postgres://app:abc@db-2/x', PLAIN: '${PW}' })
  })

  it('names the line that is wrong, and nothing of what stands there', () => {
    for (const text of ['A=1\nhunter2 is my password\n', 'A=1\nB="hunter2\n'])
      expect(() => parseVariables(text, '.env')).toThrow(
        expect.objectContaining({
          code: 'ENV_FILE_INVALID',
          data: expect.objectContaining({ line: 2 }),
          message: expect.not.stringContaining('hunter2'),
        }),
      )
  })

  it('is given back any value that was put between single quotes', () => {
    fc.assert(
      fc.property(
        // As compose has it, a backslash before the quote would make it part of the value.
        fc.string().filter((text) => !/['\r]|\\$/.test(text)),
        (value) => {
          expect(parseVariables(`A='${value}'\nB=1`, '.env')).toEqual({ A: value, B: '1' })
        },
      ),
    )
  })
})

describe('hashVariables()', () => {
  it('tells which changed, by a key without which nothing can be guessed', () => {
    const before = hashVariables({ A: '1', B: '2', C: '3' }, 'key')
    const after = hashVariables({ A: '1', B: 'changed', D: '4' }, 'key')
    expect(differenceOf(before, after)).toEqual({ added: ['D'], removed: ['C'], changed: ['B'] })
    expect(hashVariables({ A: '1' }, 'other')).not.toEqual(hashVariables({ A: '1' }, 'key'))
  })
})

describe('createHider()', () => {
  it('takes values out, and what looks like a secret', () => {
    const url = `postgres://u:${'tulips'}@db/x`
    const hide = createHider({ DB_PASSWORD: 'abc', URL: url, PORT: '8080' })
    const line = `abc at 8080, ${url}, http://me:secret1@host, authorization: Bearer abcdefghij`
    expect(hide(line)).toBe('[DB_PASSWORD] at 8080, [URL], http://me:[redacted]@host, authorization: Bearer [redacted]')
    expect(hide(`sent sk_live_${'a'.repeat(24)} to --api-key 12345678`)).toBe('sent [redacted] to --api-key [redacted]')
  })
})
