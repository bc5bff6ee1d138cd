import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { Finding } from './check.ts'
import { fingerprints } from './fingerprint.ts'

const word = fc.stringMatching(/^[a-z]{1,8}$/)
const finding: fc.Arbitrary<Finding> = fc.record({
  status: fc.constantFrom('warn' as const, 'fail' as const),
  note: fc.array(word, { minLength: 1, maxLength: 4 }).map((words) => words.join(' ')),
  file: fc.option(word, { nil: undefined }),
  line: fc.option(fc.nat(500), { nil: undefined }),
})
const findings = fc.array(finding, { maxLength: 20 })

describe('fingerprints()', () => {
  it('stay the same while lines move and numbers change', () => {
    fc.assert(
      fc.property(findings, fc.nat(999), fc.nat(999), (found, line, count) => {
        const at = (number: string) => found.map((one) => ({ ...one, note: `${one.note} in ${number} MB`, line: (one.line ?? 0) + line }))
        expect(fingerprints('a.b', at(`${count}.5`))).toEqual(fingerprints('a.b', at('7')))
      }),
    )
  })

  it('stay the same while findings of other files come and go, wherever in the order', () => {
    fc.assert(
      fc.property(findings, findings, (found, others) => {
        const elsewhere = others.map((one) => ({ ...one, file: `else/${one.file}` }))
        const mixed = [...elsewhere.slice(0, 3), ...found, ...elsewhere.slice(3)]
        const marks = new Set(fingerprints('a.b', mixed))
        expect(fingerprints('a.b', found).every((mark) => marks.has(mark))).toBe(true)
      }),
    )
  })

  it('tell every two findings apart, those that read the same too, and those of two checks', () => {
    fc.assert(
      fc.property(findings, (found) => {
        expect(new Set([...fingerprints('a.b', found), ...fingerprints('a.c', found)]).size).toBe(2 * found.length)
      }),
    )
  })
})
