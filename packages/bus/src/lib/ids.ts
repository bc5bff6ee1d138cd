import type { SpanTrace } from './hooks.ts'

/**
 * Makes ids from one counter and a random part drawn once, and writes them down only when somebody reads them:
 * a number is kept until then. Unique over processes as far as 62 random bits go.
 */
export interface Ids {
  next(): number
  /** A version 4 UUID. */
  uuid(number: number): string
  /** 8 bytes in hex, never all zero. */
  span(number: number): string
  /** 16 bytes in hex, new at each call, half of them random. */
  trace(): string
}

export function createIds(random: () => number): Ids {
  const hex = (digits: number): string => {
    let text = ''
    while (text.length < digits)
      text += Math.floor(random() * 0x10000)
        .toString(16)
        .padStart(4, '0')
    return text.slice(0, digits)
  }
  const variant = '89ab'.charAt(Math.floor(random() * 4))
  const uuidPrefix = `${hex(8)}-${hex(4)}-4${hex(3)}-${variant}${hex(3)}-`
  const spanPrefix = hex(5)
  const tracePrefix = hex(16)
  let last = 0
  let lastTrace = 0
  return {
    next: () => ++last,
    uuid: (number) => uuidPrefix + number.toString(16).padStart(12, '0'),
    span: (number) => spanPrefix + number.toString(16).padStart(11, '0'),
    trace: () => tracePrefix + (++lastTrace).toString(16).padStart(16, '0'),
  }
}

/** What all spans of one trace share; its id is drawn when first read. */
export class TraceRoot {
  readonly #ids: Ids
  #id: string | undefined
  /** The two digits at the end of a traceparent: 01 when it is recorded. */
  readonly flags: string

  constructor(ids: Ids, id?: string, flags = '01') {
    this.#ids = ids
    this.#id = id
    this.flags = flags
  }

  get id(): string {
    this.#id ??= this.#ids.trace()
    return this.#id
  }
}

/** A span's id: a number of ours, or as another process wrote it. */
export type SpanId = number | string

const writeSpan = (ids: Ids, span: SpanId): string => (typeof span === 'string' ? span : ids.span(span))

export const writeTraceparent = (ids: Ids, root: TraceRoot, span: SpanId): string => `00-${root.id}-${writeSpan(ids, span)}-${root.flags}`

/** Later versions may be longer. */
const TRACEPARENT = /^(?:00-[0-9a-f]{32}-[0-9a-f]{16}-[0-9a-f]{2}|(?!ff|00)[0-9a-f]{2}-[0-9a-f]{32}-[0-9a-f]{16}-[0-9a-f]{2}(?:-.*)?)$/
const NO_TRACE = '0'.repeat(32)
const NO_SPAN = '0'.repeat(16)

/** The trace that a W3C traceparent names; undefined when it is none, as the standard wants a new one then. */
export function readTraceparent(ids: Ids, text: string | undefined): { root: TraceRoot; span: string } | undefined {
  if (text === undefined || !TRACEPARENT.test(text)) return undefined
  const trace = text.slice(3, 35)
  const span = text.slice(36, 52)
  if (trace === NO_TRACE || span === NO_SPAN) return undefined
  return { root: new TraceRoot(ids, trace, text.slice(53, 55)), span }
}

/** The ids of one span, written when read. */
export class Trace implements SpanTrace {
  readonly #ids: Ids
  readonly #root: TraceRoot
  readonly #span: SpanId
  readonly #parent: SpanId

  /** A parent of 0 is none. */
  constructor(ids: Ids, root: TraceRoot, span: SpanId, parent: SpanId) {
    this.#ids = ids
    this.#root = root
    this.#span = span
    this.#parent = parent
  }

  get traceId(): string {
    return this.#root.id
  }

  get spanId(): string {
    return writeSpan(this.#ids, this.#span)
  }

  get parentSpanId(): string | undefined {
    return this.#parent === 0 ? undefined : writeSpan(this.#ids, this.#parent)
  }
}
