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
  if (typeof payload !== 'object' || payload === null) return sizeOfLeaf(payload, maxBytes, subject)
  const walk = new Walk(maxBytes, subject)
  walk.visit(payload, 0)
  if (walk.bytes * MAX_BYTES_A_UNIT > maxBytes) return exactSize(payload, maxBytes, subject)
  return walk.bytes
}

function sizeOfLeaf(payload: unknown, maxBytes: number, subject: string): number {
  if (payload === undefined) return 0
  const walk = new Walk(maxBytes, subject)
  walk.leaf(payload)
  if (walk.bytes * MAX_BYTES_A_UNIT > maxBytes) return exactSize(payload, maxBytes, subject)
  return walk.bytes
}

function exactSize(payload: unknown, maxBytes: number, subject: string): number {
  const bytes = Buffer.byteLength(JSON.stringify(payload))
  if (bytes > maxBytes) throw tooLarge(subject, maxBytes)
  return bytes
}

class Walk {
  bytes = 0
  readonly #maxBytes: number
  readonly #subject: string

  constructor(maxBytes: number, subject: string) {
    this.#maxBytes = maxBytes
    this.#subject = subject
  }

  visit(value: object, depth: number): void {
    if (depth === MAX_DEPTH) throw this.#refuse(`must be nested at most ${MAX_DEPTH} levels and without cycles`)
    if (Array.isArray(value)) {
      this.bytes += 2 + value.length
      for (let index = 0; index < value.length; index++) this.#child(value[index], depth, true)
    } else {
      const prototype: unknown = Object.getPrototypeOf(value)
      // A plain object of another realm has another Object.prototype, but one without a prototype of its own too.
      if (prototype !== Object.prototype && prototype !== null && Object.getPrototypeOf(prototype) !== null) {
        throw this.#refuse(`must be plain JSON data: found a ${value.constructor?.name ?? 'class instance'}`)
      }
      this.bytes += 2
      for (const key in value) {
        this.bytes += key.length + 4
        this.#child((value as Record<string, unknown>)[key], depth, false)
      }
    }
    // After the children, so that a refused payload is not left frozen at the top.
    Object.freeze(value)
  }

  #child(child: unknown, depth: number, inArray: boolean): void {
    if (typeof child === 'object' && child !== null) this.visit(child, depth + 1)
    else if (child === undefined && inArray) throw this.#refuse('must be plain JSON data: found undefined in an array')
    else this.leaf(child)
    if (this.bytes > this.#maxBytes) throw tooLarge(this.#subject, this.#maxBytes)
  }

  leaf(value: unknown): void {
    switch (typeof value) {
      case 'string':
        this.bytes += value.length + 2
        return
      case 'number':
        if (!Number.isFinite(value)) throw this.#refuse(`must be plain JSON data: found ${value}`)
        this.bytes += 8
        return
      case 'boolean':
      case 'undefined':
        this.bytes += 5
        return
      case 'object':
        this.bytes += 4
        return
      default:
        throw this.#refuse(`must be plain JSON data: found a ${typeof value}`)
    }
  }

  #refuse(rule: string): Error {
    return invalid(`send "${this.#subject}"`, `its payload ${rule}`)
  }
}
