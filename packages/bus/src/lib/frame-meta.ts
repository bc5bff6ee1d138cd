import type { Call } from './call.ts'
import type { Core } from './core.ts'
import { type Envelope, type ExtraHeaders, type Foreign, ForeignNumber, rootOf, wireHeaders } from './envelope.ts'
import { splitHeaders } from './headers.ts'
import { isOrigin, Numbering, RECORDED, readTraceparent, TraceRoot } from './ids.ts'
import type { LinkMeta } from './link.ts'

const MAX_NUMBER = 2 ** 48 - 1
const TRACE_ID = /^(?!0{32})[0-9a-f]{32}$/

/** Where a frame of another process comes from, as far as it tells. */
export interface Origin {
  readonly foreign: Foreign
  readonly root: TraceRoot | undefined
  readonly extra: ExtraHeaders | undefined
}

/** What goes between processes beside a payload: written from, and read into, what the bus works with. */
export class FrameMeta {
  readonly #core: Core
  /** Of the process that was heard last; there are few of them. */
  #numbering: Numbering | undefined

  constructor(core: Core) {
    this.#core = core
  }

  ofMessage(envelope: Envelope): LinkMeta {
    const { sentAtMs, sequence, causationId, extra } = envelope
    const { correlationId, idempotencyKey, messageType, expiresAtMs, expiresAtWallMs } = envelope.terms
    const remainingMs = expiresAtMs === undefined ? undefined : this.#remainingMs(expiresAtMs)
    const isOurs = envelope.foreign === undefined && rootOf(envelope).flags === RECORDED
    return {
      ...(isOurs ? this.#numbersOf(envelope) : { messageId: envelope.messageId }),
      headers: isOurs ? extra : wireHeaders(envelope),
      messageType,
      remainingMs,
      sentAtMs,
      sequence,
      correlationId,
      causationId,
      idempotencyKey,
      expiresAtMs: expiresAtWallMs,
    }
  }

  /** Of one attempt at a call, which may have less time than the call. */
  ofCall(call: Call, deadlineAtMs: number): LinkMeta {
    const { kind: messageType, extra, idempotencyKey, number, ids } = call
    const remainingMs = deadlineAtMs === Number.POSITIVE_INFINITY ? undefined : this.#remainingMs(deadlineAtMs)
    if (call.envelope !== undefined) return { ...this.ofMessage(call.envelope), messageType, remainingMs }
    const root = rootOf(call)
    if (root.flags !== RECORDED) {
      return { messageId: ids.uuid(number), headers: wireHeaders(call), messageType, remainingMs, idempotencyKey }
    }
    return { origin: ids.origin, number, trace: root.nameFor(ids), headers: extra, messageType, remainingMs, idempotencyKey }
  }

  #numbersOf({ ids, number, root }: Envelope): LinkMeta {
    return { origin: ids.origin, number, trace: root!.nameFor(ids) }
  }

  #remainingMs(deadlineAtMs: number): number {
    return Math.max(0, deadlineAtMs - this.#core.clock.monotonicMs())
  }

  /** What another process wrote, believed as far as it makes sense. */
  originOf(meta: LinkMeta): Origin {
    const { origin, number, trace } = meta
    if (origin !== undefined && isNumber(number)) {
      const numbering = this.#numberingOf(origin)
      if (numbering !== undefined) {
        const isTrace = isNumber(trace) || (typeof trace === 'string' && TRACE_ID.test(trace))
        return {
          foreign: new ForeignNumber(numbering, number),
          root: isTrace ? new TraceRoot(numbering, trace, RECORDED) : undefined,
          extra: meta.headers === undefined ? undefined : splitHeaders(meta.headers).extra,
        }
      }
    }
    const { traceparent, extra } = splitHeaders(meta.headers)
    const parent = readTraceparent(this.#core.ids, traceparent)
    return { foreign: { id: meta.messageId ?? '', span: parent?.span ?? '' }, root: parent?.root, extra }
  }

  #numberingOf(origin: string): Numbering | undefined {
    if (this.#numbering?.origin !== origin) this.#numbering = isOrigin(origin) ? new Numbering(origin) : undefined
    return this.#numbering
  }
}

const isNumber = (value: unknown): value is number =>
  typeof value === 'number' && Number.isInteger(value) && value >= 0 && value <= MAX_NUMBER
