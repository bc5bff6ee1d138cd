import type { SpanTrace } from './hooks.ts'

/** Keys that make of one number two ids with nothing in common. */
const SPAN_KEY = 0x5bd1e995
const TRACE_KEY = 0x27d4eb2f

/**
 * How one process writes its numbers down as ids: a part drawn once, and the number. It is done only when somebody reads
 * them, and as others are told the part once, a number is all that travels. Unique over processes as far as 62 random bits go.
 */
export class Numbering {
  /** The drawn part: 20 digits in hex. */
  readonly origin: string
  readonly #uuidPrefix: string
  readonly #high: number
  readonly #low: number

  constructor(origin: string) {
    this.origin = origin
    this.#high = Number.parseInt(origin.slice(0, 8), 16)
    this.#low = Number.parseInt(origin.slice(13, 16) + origin.slice(17, 20), 16)
    this.#uuidPrefix = `${origin.slice(0, 8)}-${origin.slice(8, 12)}-${origin.slice(12, 16)}-${origin.slice(16)}-`
  }

  /** A version 4 UUID. */
  uuid(number: number): string {
    return this.#uuidPrefix + number.toString(16).padStart(12, '0')
  }

  /** 8 bytes in hex, another for each number. */
  span(number: number): string {
    return this.#mixed(number, SPAN_KEY)
  }

  /** 16 bytes in hex. Samplers of others decide by the last seven, so these look as if they were drawn. */
  trace(number: number): string {
    return this.origin.slice(0, 16) + this.#mixed(number, TRACE_KEY)
  }

  /** Four rounds of a Feistel network: no two numbers end up as one. */
  #mixed(number: number, key: number): string {
    let left = Math.floor(number / 2 ** 32) ^ this.#high
    let right = number ^ this.#low
    for (let round = 1; round <= 4; round++) {
      const next = left ^ scrambled(right ^ Math.imul(key, round))
      left = right
      right = next
    }
    return hex8(left) + hex8(right)
  }
}

/** A 32-bit number of which each bit depends on each bit of the given one. */
function scrambled(number: number): number {
  let bits = Math.imul(number ^ (number >>> 16), 0x7feb352d)
  bits = Math.imul(bits ^ (bits >>> 15), 0x846ca68b)
  return bits ^ (bits >>> 16)
}

const hex8 = (bits: number): string => (bits >>> 0).toString(16).padStart(8, '0')

/** The numbering of this process, with the counter. */
export class Ids extends Numbering {
  #last = 0
  readonly #sample: (() => boolean) | undefined

  constructor(origin: string, sample?: () => boolean) {
    super(origin)
    this.#sample = sample
  }

  next(): number {
    return ++this.#last
  }

  /** A trace that begins here; whether it is recorded is decided now and travels on with it. */
  root(number: number): TraceRoot {
    return new TraceRoot(this, number, this.#sample === undefined || this.#sample() ? RECORDED : UNRECORDED)
  }
}

export function createIds(random: () => number, sample?: () => boolean): Ids {
  const hex = (digits: number): string => Array.from({ length: digits }, () => Math.floor(random() * 16).toString(16)).join('')
  const variant = '89ab'.charAt(Math.floor(random() * 4))
  return new Ids(`${hex(12)}4${hex(3)}${variant}${hex(3)}`, sample)
}

/** Whether another process's word for its origin can be one. */
export const isOrigin = (origin: unknown): origin is string =>
  typeof origin === 'string' && /^[0-9a-f]{12}4[0-9a-f]{3}[89ab][0-9a-f]{3}$/.test(origin)

export const RECORDED = '01'
const UNRECORDED = '00'

/** What all spans of one trace share. */
export class TraceRoot {
  readonly #numbering: Numbering
  /** The number of what began it, or its id as somebody else wrote it. */
  readonly name: number | string
  /** The two digits at the end of a traceparent: 01 when it is recorded. */
  readonly flags: string
  readonly recorded: boolean

  constructor(numbering: Numbering, name: number | string, flags = RECORDED) {
    this.#numbering = numbering
    this.name = name
    this.flags = flags
    this.recorded = flags === RECORDED || (flags !== UNRECORDED && (Number.parseInt(flags, 16) & 1) === 1)
  }

  get id(): string {
    return typeof this.name === 'string' ? this.name : this.#numbering.trace(this.name)
  }

  /** What stands for it beside numbers of `numbering`. */
  nameFor(numbering: Numbering): number | string {
    return this.#numbering === numbering ? this.name : this.id
  }
}

/** A span's id: a number of ours, as another process wrote it, or what it can be read from. */
export type SpanId = number | string | { readonly span: string }

function writeSpan(ids: Numbering, span: SpanId): string {
  if (typeof span === 'number') return ids.span(span)
  return typeof span === 'string' ? span : span.span
}

export const writeTraceparent = (ids: Numbering, root: TraceRoot, span: SpanId): string =>
  `00-${root.id}-${writeSpan(ids, span)}-${root.flags}`

/** Later versions may be longer. */
const TRACEPARENT = /^(?:00-[0-9a-f]{32}-[0-9a-f]{16}-[0-9a-f]{2}|(?!ff|00)[0-9a-f]{2}-[0-9a-f]{32}-[0-9a-f]{16}-[0-9a-f]{2}(?:-.*)?)$/
const NO_TRACE = '0'.repeat(32)
const NO_SPAN = '0'.repeat(16)

/** The trace that a W3C traceparent names; undefined when it is none, as the standard wants a new one then. */
export function readTraceparent(ids: Numbering, text: string | undefined): { root: TraceRoot; span: string } | undefined {
  if (text === undefined || !TRACEPARENT.test(text)) return undefined
  const trace = text.slice(3, 35)
  const span = text.slice(36, 52)
  if (trace === NO_TRACE || span === NO_SPAN) return undefined
  return { root: new TraceRoot(ids, trace, text.slice(53, 55)), span }
}

/** The ids of one span, written when read. */
export class Trace implements SpanTrace {
  readonly #ids: Numbering
  readonly #root: TraceRoot
  readonly #span: SpanId
  readonly #parent: SpanId

  /** A parent of 0 is none. */
  constructor(ids: Numbering, root: TraceRoot, span: SpanId, parent: SpanId) {
    this.#ids = ids
    this.#root = root
    this.#span = span
    this.#parent = parent
  }

  get traceId(): string {
    return this.#root.id
  }

  get recorded(): boolean {
    return this.#root.recorded
  }

  get key(): number | string {
    return this.#root.nameFor(this.#ids)
  }

  get spanId(): string {
    return writeSpan(this.#ids, this.#span)
  }

  get parentSpanId(): string | undefined {
    return this.#parent === 0 ? undefined : writeSpan(this.#ids, this.#parent)
  }
}
