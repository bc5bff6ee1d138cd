import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { parseDotenv, valuesOf, writeValue } from './dotenv.ts'

const read = (text: string, outside: Record<string, string> = {}): Record<string, string> =>
  Object.fromEntries(valuesOf(parseDotenv(text), (name) => outside[name]).values)
const faults = (text: string): unknown[] => parseDotenv(text).problems.map(({ fault, line, column }) => [fault, line, column])

describe('parseDotenv()', () => {
  it('[E1] reads bare, single-quoted and double-quoted values', () => {
    expect(read('A=1\nB = two words \nC=\'lit $A "x"\'\nD="say \\"hi\\"\\n\\$5 $A"\nE=\nF=""')).toEqual({
      A: '1',
      B: 'two words',
      C: 'lit $A "x"',
      D: 'say "hi"\n$5 1',
      E: '',
      F: '',
    })
  })

  it('[E2] takes "#" for a comment after a space or a closing quote, and nowhere else', () => {
    expect(read('# no\n  # no\nA=a # c\nB=a#b\nC="a # b" # c\nD=\'x\'#c\nE= # v')).toEqual({
      A: 'a',
      B: 'a#b',
      C: 'a # b',
      D: 'x',
      E: '# v',
    })
  })

  it('[E3] reads values over several lines, "export", "NAME: value" and a byte order mark', () => {
    expect(read('\uFEFFexport A="one\ntwo"\nB: three\r\nexported=4')).toEqual({ A: 'one\ntwo', B: 'three', exported: '4' })
  })

  it('[E4] takes a variable that is only named from outside', () => {
    expect(read('A\nB\n', { A: 'from outside' })).toEqual({ A: 'from outside' })
  })

  it('[E5] expands from what stands above, and from outside first', () => {
    expect(read('A=1\nB=${A}${C:-3}${D-}$A$$A\nC=${A:+yes}\nE=${A?must}\nF=${NO:-${A}x}')).toEqual({
      A: '1',
      B: '131$A',
      C: 'yes',
      E: '1',
      F: '1x',
    })
    expect(read('A=1\nB=$A', { A: '2' })).toEqual({ A: '1', B: '2' })
  })

  it('says where everything stands', () => {
    const text = '\n# c\n  export A = "x\ny"  # c\nB=2'
    const [a, b] = parseDotenv(text).entries
    expect(a).toMatchObject({ name: 'A', line: 3, column: 10, endLine: 4, exported: true, quote: '"' })
    expect(text.slice(a?.start, a?.end)).toBe('export A = "x\ny"')
    expect(text.slice(a?.valueStart, a?.valueEnd)).toBe('"x\ny"')
    expect(b).toMatchObject({ name: 'B', line: 5, column: 1 })
  })

  it('[E6] tells what is wrong without the value, and reads on', () => {
    const text = '=oops-hunter2\nA B=hunter2\nC="hunter2\nD=1\nD=2\nE="hunter2" hunter2\nF=3'
    expect(faults(text)).toEqual([
      ['name', 1, 1],
      ['separator', 2, 3],
      ['trailing', 3, 3],
      ['duplicate', 5, 1],
      ['trailing', 6, 3],
    ])
    expect(faults('A="never closed')).toEqual([['unterminated', 1, 3]])
    expect(JSON.stringify(parseDotenv(text).problems)).not.toContain('hunter2')
    expect(read(text)).toEqual({ D: '2', F: '3' })
  })

  it('[E7] stops values that grow by one another', () => {
    const lines = ['A0=xxxxxxxxxx', ...Array.from({ length: 40 }, (_, index) => `A${index + 1}=$A${index}$A${index}`)]
    const { values, problems } = valuesOf(parseDotenv(lines.join('\n')))
    expect(problems[0]?.message).toMatch(/longer than/)
    expect([...values.values()].every((value) => value.length <= 1_000_000)).toBe(true)
  })

  it('[E7] stops values that are referred to over and over', { timeout: 60_000 }, () => {
    const long = 'x'.repeat(900_000)
    const { values, problems } = valuesOf(
      parseDotenv(`A=${long}\n${Array.from({ length: 2_000 }, (_, index) => `B${index}=-$A\n`).join('')}`),
    )
    expect(problems.map(({ message }) => message)).toEqual([expect.stringMatching(/^B17: .* adds up to more than/)])
    expect(values.size).toBe(18)
  })

  it('reads 10 MB in a moment', { timeout: 60_000 }, () => {
    const text = 'KEY_OF_MANY="some value that is quoted" # and a comment\n'.repeat(180_000)
    expect(text.length).toBeGreaterThan(10_000_000)
    expect(parseDotenv(text).entries).toHaveLength(180_000)
  })

  it('never throws, and finds each entry where it says it is', () => {
    const alphabet = fc.constantFrom(
      'A',
      'b',
      '=',
      ':',
      '"',
      "'",
      '\\',
      '$',
      '{',
      '}',
      '#',
      ' ',
      '\t',
      '\n',
      '\r\n',
      '-',
      '1',
      'export ',
      'ü',
    )
    fc.assert(
      fc.property(fc.array(alphabet, { maxLength: 40 }), (parts) => {
        const text = parts.join('')
        const { entries } = parseDotenv(text)
        valuesOf(parseDotenv(text))
        const lines = text.split('\n')
        let last = 0
        for (const { name, line, column, start, end, valueStart, valueEnd, endLine } of entries) {
          expect(lines[line - 1]?.slice(column - 1)).toMatch(new RegExp(`^${name.replace(/[[\].-]/g, '\\$&')}`))
          expect([last <= start, start <= valueStart, valueStart <= valueEnd, valueEnd <= end, line <= endLine]).not.toContain(false)
          last = end
        }
      }),
      { numRuns: 500 },
    )
  })
})

describe('writeValue()', () => {
  it('writes plainly what is plain, and quotes the rest', () => {
    expect(['', 'a/b:8080', 'two words', "it's $5", 'a\\\\b', 'a b\\'].map(writeValue)).toEqual([
      '',
      'a/b:8080',
      "'two words'",
      '"it\'s \\$5"',
      '"a\\\\\\\\b"',
      'a b\\',
    ])
  })

  it('is read back as it was, whatever it was', () => {
    const hard = fc.array(
      fc.constantFrom('a', '$', '{', '}', '"', "'", '\\', '\n', '\r', '\t', '#', ' ', '=', 'ü', '🦀', '\u00a0', '\uFEFF'),
      { maxLength: 12 },
    )
    fc.assert(
      fc.property(
        fc.oneof(
          hard.map((parts) => parts.join('')),
          fc.string({ unit: 'binary' }),
        ),
        fc.string(),
        (value, other) => {
          expect(read(`A=${writeValue(value)}\nB=${writeValue(other)}\n`, { a: 'wrong' })).toEqual({ A: value, B: other })
        },
      ),
      { numRuns: 1000 },
    )
  })
})
