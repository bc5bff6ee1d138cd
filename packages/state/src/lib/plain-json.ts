/**
 * A frozen copy of plain JSON data; keys whose value is undefined are left out.
 * @throws TypeError for anything that JSON could not give back as it was
 */
export function frozenJson(value: unknown): unknown {
  switch (typeof value) {
    case 'boolean':
      return value
    case 'string':
      assertWellFormed(value)
      return value
    case 'number':
      if (Number.isFinite(value)) return value
      break
    case 'object':
      if (value === null) return value
      if (Array.isArray(value)) return Object.freeze(value.map((item) => frozenJson(item)))
      if (isPlain(value)) return frozenObject(value)
      break
  }
  throw new TypeError(`must be plain JSON data: current value is ${describe(value)}`)
}

function frozenObject(value: object): object {
  const copy: Record<string, unknown> = {}
  for (const [key, item] of Object.entries(value)) {
    if (item === undefined) continue
    assertWellFormed(key)
    if (key === '__proto__') throw new TypeError('must be plain JSON data: "__proto__" is no key')
    copy[key] = frozenJson(item)
  }
  return Object.freeze(copy)
}

/** Half a character would travel as another one, and replicas would no longer agree. @throws TypeError */
export function assertWellFormed(text: unknown): asserts text is string {
  if (typeof text === 'string' && text.isWellFormed()) return
  throw new TypeError(`must be well-formed text: current value is ${typeof text === 'string' ? JSON.stringify(text) : describe(text)}`)
}

function isPlain(value: object): boolean {
  const prototype = Object.getPrototypeOf(value)
  return prototype === Object.prototype || prototype === null
}

function describe(value: unknown): string {
  return typeof value === 'object' ? Object.prototype.toString.call(value) : String(value)
}

/** Freezes data that came out of a document, in place. */
export function freezeDeep<value>(value: value): value {
  if (typeof value === 'object' && value !== null && !Object.isFrozen(value)) {
    Object.freeze(value)
    for (const item of Object.values(value)) freezeDeep(item)
  }
  return value
}

/** The one text of data that is equal by structure: keys sorted, no spaces. */
export function canonicalJson(value: unknown): string {
  if (typeof value !== 'object' || value === null) return JSON.stringify(value)
  if (Array.isArray(value)) return `[${value.map((item) => canonicalJson(item)).join(',')}]`
  const parts = Object.entries(value)
    .filter(([, item]) => item !== undefined)
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([key, item]) => `${JSON.stringify(key)}:${canonicalJson(item)}`)
  return `{${parts.join(',')}}`
}
