import { invalid, tooLarge } from './errors.ts'

/** Deeper nesting is refused, and with it every cycle. */
const MAX_DEPTH = 64
/** One UTF-16 unit takes at most this many bytes of JSON, as \u0000 does. */
const MAX_BYTES_A_UNIT = 6

/**
 * Freezes plain JSON data all through and returns about how many bytes of JSON it is, without writing any.
 * Frozen, not copied: whoever hands something to the bus lets go of it. What JSON cannot carry is refused, so that a
 * message means the same in one process and between two.
 * @throws VALIDATION, PAYLOAD_TOO_LARGE
 */
export function sealPayload(payload: unknown, maxBytes: number, subject: string): number {
  if (payload === undefined) return 0
  const bytes = typeof payload === 'object' && payload !== null ? sealObject(payload, 0, maxBytes, subject) : leafBytes(payload, subject)
  if (bytes > maxBytes) throw tooLarge(subject, maxBytes)
  // Only what may be too large is written out to know.
  if (bytes * MAX_BYTES_A_UNIT <= maxBytes) return bytes
  const exactBytes = Buffer.byteLength(JSON.stringify(payload))
  if (exactBytes > maxBytes) throw tooLarge(subject, maxBytes)
  return exactBytes
}

function sealObject(value: object, depth: number, maxBytes: number, subject: string): number {
  if (depth === MAX_DEPTH) throw refused(subject, `must be nested at most ${MAX_DEPTH} levels and without cycles`)
  let bytes = 2
  if (Array.isArray(value)) {
    for (let index = 0; index < value.length; index++) {
      const child: unknown = value[index]
      if (child === undefined) throw refused(subject, 'must be plain JSON data: found undefined in an array')
      bytes +=
        1 + (typeof child === 'object' && child !== null ? sealObject(child, depth + 1, maxBytes, subject) : leafBytes(child, subject))
      if (bytes > maxBytes) throw tooLarge(subject, maxBytes)
    }
  } else {
    // Looking at the constructor costs less, and answers for nearly all.
    if (value.constructor !== Object && !isPlain(value))
      throw refused(subject, `must be plain JSON data: found a ${value.constructor?.name ?? 'class instance'}`)
    for (const key in value) {
      const child = (value as Record<string, unknown>)[key]
      bytes += key.length + 4
      bytes += typeof child === 'object' && child !== null ? sealObject(child, depth + 1, maxBytes, subject) : leafBytes(child, subject)
      if (bytes > maxBytes) throw tooLarge(subject, maxBytes)
    }
  }
  // After the children, so that a refused payload is not left frozen at the top.
  Object.freeze(value)
  return bytes
}

/** A plain object of another realm has another Object.prototype, but one without a prototype of its own too. */
function isPlain(value: object): boolean {
  const prototype: unknown = Object.getPrototypeOf(value)
  return prototype === Object.prototype || prototype === null || Object.getPrototypeOf(prototype) === null
}

function leafBytes(value: unknown, subject: string): number {
  switch (typeof value) {
    case 'string':
      return value.length + 2
    case 'number':
      if (!Number.isFinite(value)) throw refused(subject, `must be plain JSON data: found ${value}`)
      return 8
    case 'boolean':
    case 'undefined':
      return 5
    case 'object':
      return 4
    default:
      throw refused(subject, `must be plain JSON data: found a ${typeof value}`)
  }
}

const refused = (subject: string, rule: string): Error => invalid(`send "${subject}"`, `its payload ${rule}`)
