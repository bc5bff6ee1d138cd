/** JSON that is the same for equal values, whatever the order of their properties; undefined for what JSON cannot say exactly. */
export function canonicalJson(value: unknown): string | undefined {
  try {
    return JSON.stringify(value, exactAndSorted)
  } catch {
    return undefined
  }
}

class Inexact extends Error {}

// What JSON drops or merges, two different requests could share.
function exactAndSorted(this: unknown, _key: string, value: unknown): unknown {
  if (value === undefined && !Array.isArray(this)) return value
  if (typeof value === 'number' && Number.isFinite(value)) return value
  if (typeof value === 'string' || typeof value === 'boolean' || value === null || Array.isArray(value)) return value
  if (typeof value !== 'object') throw new Inexact()
  const prototype: unknown = Object.getPrototypeOf(value)
  if (prototype !== Object.prototype && prototype !== null) throw new Inexact()
  return Object.fromEntries(Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1)))
}
