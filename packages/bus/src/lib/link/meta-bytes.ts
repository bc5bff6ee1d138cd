import type { LinkMeta } from '../link.ts'
import { readUint32, writeUint32 } from './wire.ts'

/*
 * The usual envelope fields in front of a payload, in numbers: every request carries them, and texts in their place cost more
 * than all the rest of a frame. What does not fit in goes as JSON. The origin of the numbers was told with the route.
 *
 *   0  u8   message type by number, and which of the following are there
 *   1  u48  number
 *   7  u48  number of the trace, or its 16 bytes
 *      u32  what is left of the deadline, in ms
 *      u48  wall time of sending, u48 sequence
 */
const TYPES: readonly (string | undefined)[] = [undefined, 'event', 'call', 'request', 'stream', 'command']
const TYPE = 0x07
const HAS_REMAINING = 0x08
const HAS_TRACE_BYTES = 0x10
const IS_MESSAGE = 0x20
const TRACE_BYTES = 16
const MAX_UINT48 = 2 ** 48 - 1
const MAX_UINT32 = 2 ** 32 - 1

export const MAX_META_BYTES = 1 + 6 + TRACE_BYTES + 4 + 12

/** The first byte, or -1 when the meta holds something that has no place here. */
export function metaShape(meta: LinkMeta, origin: string): number {
  if (meta.origin === undefined || meta.origin !== origin || meta.headers !== undefined || meta.messageId !== undefined) return -1
  if (meta.correlationId !== undefined || meta.causationId !== undefined || meta.idempotencyKey !== undefined) return -1
  if (meta.expiresAtMs !== undefined) return -1
  const { number, trace, remainingMs, sentAtMs, sequence } = meta
  let shape = typeOf(meta.messageType)
  if (shape < 0 || !isUint48(number)) return -1
  if (typeof trace === 'string') {
    if (trace.length !== TRACE_BYTES * 2) return -1
    shape |= HAS_TRACE_BYTES
  } else if (!isUint48(trace)) return -1
  if (remainingMs !== undefined) {
    if (!(remainingMs >= 0 && remainingMs <= MAX_UINT32)) return -1
    shape |= HAS_REMAINING
  }
  if (sentAtMs === undefined && sequence === undefined) return shape
  return isUint48(sentAtMs) && isUint48(sequence) ? shape | IS_MESSAGE : -1
}

function typeOf(messageType: string | undefined): number {
  switch (messageType) {
    case 'call':
      return 2
    case 'event':
      return 1
    default:
      return TYPES.indexOf(messageType)
  }
}

const isUint48 = (value: unknown): boolean => typeof value === 'number' && value >= 0 && value <= MAX_UINT48

/** Writes what `metaShape` found to fit, and returns where it ends. */
export function writeMeta(bytes: Buffer, start: number, meta: LinkMeta, shape: number): number {
  bytes[start] = shape
  writeUint48(bytes, start + 1, meta.number!)
  let at = start + 7
  if ((shape & HAS_TRACE_BYTES) !== 0) {
    bytes.write(meta.trace as string, at, TRACE_BYTES, 'hex')
    at += TRACE_BYTES
  } else {
    writeUint48(bytes, at, meta.trace as number)
    at += 6
  }
  if ((shape & HAS_REMAINING) !== 0) {
    // Rounded down, so that what is left of a deadline never grows.
    writeUint32(bytes, at, Math.floor(meta.remainingMs!))
    at += 4
  }
  if ((shape & IS_MESSAGE) === 0) return at
  writeUint48(bytes, at, Math.floor(meta.sentAtMs!))
  writeUint48(bytes, at + 6, meta.sequence!)
  return at + 12
}

/** How many bytes a meta of this shape takes. */
export function metaBytes(shape: number): number {
  return (
    7 +
    ((shape & HAS_TRACE_BYTES) !== 0 ? TRACE_BYTES : 6) +
    ((shape & HAS_REMAINING) !== 0 ? 4 : 0) +
    ((shape & IS_MESSAGE) !== 0 ? 12 : 0)
  )
}

export function readMeta(bytes: Buffer, start: number, origin: string): LinkMeta {
  const shape = bytes[start]!
  const hasTraceBytes = (shape & HAS_TRACE_BYTES) !== 0
  const hasRemaining = (shape & HAS_REMAINING) !== 0
  const afterTrace = start + 7 + (hasTraceBytes ? TRACE_BYTES : 6)
  const afterRemaining = hasRemaining ? afterTrace + 4 : afterTrace
  const isMessage = (shape & IS_MESSAGE) !== 0
  return {
    origin,
    number: readUint48(bytes, start + 1),
    trace: hasTraceBytes ? bytes.toString('hex', start + 7, afterTrace) : readUint48(bytes, start + 7),
    messageType: TYPES[shape & TYPE],
    remainingMs: hasRemaining ? readUint32(bytes, afterTrace) : undefined,
    sentAtMs: isMessage ? readUint48(bytes, afterRemaining) : undefined,
    sequence: isMessage ? readUint48(bytes, afterRemaining + 6) : undefined,
  }
}

function writeUint48(bytes: Uint8Array, at: number, value: number): void {
  const high = value > MAX_UINT32 ? Math.floor(value / 0x1_0000_0000) : 0
  writeUint32(bytes, at, value)
  bytes[at + 4] = high
  bytes[at + 5] = high >>> 8
}

function readUint48(bytes: Uint8Array, at: number): number {
  return readUint32(bytes, at) + (bytes[at + 4]! | (bytes[at + 5]! << 8)) * 0x1_0000_0000
}
