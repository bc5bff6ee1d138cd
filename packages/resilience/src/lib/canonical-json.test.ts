import fc from 'fast-check'
import { expect, it } from 'vitest'
import { canonicalJson } from './canonical-json.ts'

function reversed(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(reversed)
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(
    Object.entries(value)
      .reverse()
      .map(([key, inner]) => [key, reversed(inner)]),
  )
}

it('canonicalJson() depends on the value and not on the order of its properties', () => {
  fc.assert(
    fc.property(fc.jsonValue(), fc.jsonValue(), (value, other) => {
      expect(canonicalJson(reversed(value))).toBe(canonicalJson(value))
      expect(JSON.parse(canonicalJson(value)!)).toEqual(JSON.parse(JSON.stringify(value)))
      const isSame = JSON.stringify(value) === JSON.stringify(other)
      if (isSame) expect(canonicalJson(other)).toBe(canonicalJson(value))
    }),
  )
})

it.each([
  ['undefined', undefined],
  ['a hole', [undefined]],
  ['NaN', { a: Number.NaN }],
  ['a map', new Map([[1, 2]])],
  ['a function', { a: () => 1 }],
  ['a bigint', 1n],
  ['an instance', { a: new (class A {})() }],
])('canonicalJson() has no words for %s', (_name, value) => {
  expect(canonicalJson(value)).toBeUndefined()
})

it('canonicalJson() has none for a circle, takes an absent and an undefined property for the same, and dates as JSON does', () => {
  const circle: Record<string, unknown> = {}
  circle.self = circle
  expect(canonicalJson(circle)).toBeUndefined()
  expect(canonicalJson({ a: 1, b: undefined })).toBe('{"a":1}')
  expect(canonicalJson(new Date(0))).toBe('"1970-01-01T00:00:00.000Z"')
})
