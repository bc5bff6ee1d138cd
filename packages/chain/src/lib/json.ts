/** True for what JSON calls an object. */
export function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

/** As the journal keeps it. */
export function json(value: unknown): string | null {
  return value === null || value === undefined ? null : JSON.stringify(value)
}

/** What JSON makes of a value, so that it is the same before and after a crash. */
export const plain = <value>(value: value): value => JSON.parse(JSON.stringify(value)) as value

/** An object from entries whose keys others chose: `__proto__` becomes a key like any other. */
export function recordOf(entries: Iterable<readonly [string, unknown]>): Record<string, unknown> {
  return Object.fromEntries(entries)
}
