import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { headersOf, newId, parseTraceContext, parseTraceState } from './trace-context.ts'

const trace = 'ab'.repeat(16)
const span = 'cd'.repeat(8)

describe('parseTraceContext()', () => {
  it('[C1] reads what it writes, with the state of others', () => {
    const hex = (length: number) => fc.stringMatching(new RegExp(`^[0-9a-f]{${length}}$`)).filter((id) => !/^0+$/.test(id))
    fc.assert(
      fc.property(hex(32), hex(16), fc.boolean(), (traceId, spanId, recorded) => {
        const context = { traceId, spanId, recorded, traceState: 'vendor=a:1,other@sys=x' }
        expect(parseTraceContext(headersOf(context))).toEqual(context)
      }),
    )
  })

  it.each([
    [`00-${trace}-${span}-01`, true],
    [`00-${trace}-${span}-00`, false],
    [`00-${trace}-${span}-03`, true],
    [`cc-${trace}-${span}-01-what.comes.later`, true],
    [` 00-${trace}-${span}-01 `, true],
  ])('[C2] takes %j', (traceparent, recorded) => {
    expect(parseTraceContext({ traceparent })).toEqual({ traceId: trace, spanId: span, recorded })
  })

  it.each([
    undefined,
    42,
    '',
    `ff-${trace}-${span}-01`,
    `00-${'0'.repeat(32)}-${span}-01`,
    `00-${trace}-${'0'.repeat(16)}-01`,
    `00-${trace.toUpperCase()}-${span}-01`,
    `00-${trace}-${span}-01-more`,
    `00-${trace}-${span}`,
    `00-${trace}-${span}-1`,
    `00-${trace}-${span}-01\n00`,
  ])('[C2] begins a new trace instead of %j', (traceparent) => {
    expect(parseTraceContext({ traceparent, tracestate: 'a=1' })).toBeUndefined()
  })
})

describe('parseTraceState()', () => {
  it.each([
    ['a=1, b=2 ,,c=3', 'a=1,b=2,c=3'],
    ['tenant@vendor=x', 'tenant@vendor=x'],
    ['a=1,a=2', undefined],
    ['A=1', undefined],
    ['a=1,b', undefined],
    ['', undefined],
    [Array.from({ length: 33 }, (_, i) => `k${i}=1`).join(), undefined],
    [7, undefined],
  ])('[C3] makes of %j %j', (given, kept) => {
    expect(parseTraceState(given)).toBe(kept)
  })

  it('[C3] keeps the first of what is longer than 512 characters', () => {
    const members = Array.from({ length: 5 }, (_, i) => `k${i}=${'v'.repeat(150)}`)
    expect(parseTraceState(members.join())).toBe(members.slice(0, 3).join())
  })
})

describe('newId()', () => {
  it('never writes an id of zeros', () => {
    expect(newId(8, () => 0)).toBe('0000000000000001')
    expect(newId(16, () => 0.999999)).toMatch(/^[0-9a-f]{32}$/)
  })
})
