import { inspect } from 'node:util'

/**
 * Where two values differ, one line a place, as `$.items[2].name: expected 'a', got 'b'`. Keys that hold undefined count as
 * absent, as they do in JSON.
 */
export function differences(expected: unknown, actual: unknown): readonly string[] {
  const found: string[] = []
  compare('$', expected, actual, found)
  return found
}

function compare(path: string, expected: unknown, actual: unknown, found: string[]): void {
  if (Object.is(expected, actual)) return
  if (Array.isArray(expected) && Array.isArray(actual)) {
    for (let index = 0; index < Math.max(expected.length, actual.length); index++) {
      if (index >= actual.length) found.push(`${path}[${index}]: expected ${show(expected[index])}, and it is not there`)
      else if (index >= expected.length) found.push(`${path}[${index}]: is there and was not expected: ${show(actual[index])}`)
      else compare(`${path}[${index}]`, expected[index], actual[index], found)
    }
  } else if (isPlain(expected) && isPlain(actual)) {
    for (const key of new Set([...Object.keys(expected), ...Object.keys(actual)])) {
      const [wanted, given] = [expected[key], actual[key]]
      const at = /^[A-Za-z_$][\w$]*$/.test(key) ? `${path}.${key}` : `${path}[${JSON.stringify(key)}]`
      if (wanted === undefined && given !== undefined) found.push(`${at}: is there and was not expected: ${show(given)}`)
      else if (given === undefined && wanted !== undefined) found.push(`${at}: expected ${show(wanted)}, and it is not there`)
      else compare(at, wanted, given, found)
    }
  } else found.push(`${path}: expected ${show(expected)}, got ${show(actual)}`)
}

function isPlain(value: unknown): value is Record<string, unknown> {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return false
  const prototype: unknown = Object.getPrototypeOf(value)
  return prototype === Object.prototype || prototype === null
}

const show = (value: unknown): string => inspect(value, { depth: 2, breakLength: Number.POSITIVE_INFINITY, maxStringLength: 80 })
