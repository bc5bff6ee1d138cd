import { checksum } from './frame.ts'

/** A message with bytes as it goes over the bus; one that is too large goes in several pieces. */
export interface Piece {
  readonly namespace: string
  /** The schema of the sender. */
  readonly version: number
  /** Of the sender's store and replica. */
  readonly store: string
  readonly node: string
  readonly head: Readonly<Record<string, unknown>>
  /** Base64. */
  readonly bytes: string
  /** Of all bytes. */
  readonly checksum: number
  readonly index: number
  readonly count: number
}

export type Envelope = Pick<Piece, 'namespace' | 'version' | 'store' | 'node' | 'head'>

/** Below what any bus takes, with base64 and the rest around it. */
const PIECE_BYTES = 384 * 1_024

export function toPieces(envelope: Envelope, bytes: Uint8Array): Piece[] {
  const count = Math.max(1, Math.ceil(bytes.length / PIECE_BYTES))
  const sum = checksum(bytes)
  return Array.from({ length: count }, (_, index) => ({
    ...envelope,
    bytes: Buffer.from(bytes.subarray(index * PIECE_BYTES, (index + 1) * PIECE_BYTES)).toString('base64'),
    checksum: sum,
    index,
    count,
  }))
}

/** Puts pieces of one sender and topic together again; they come in order, or the parcel is lost. */
export interface Assembly {
  /** The bytes once they are complete; undefined before. @throws TypeError when the checksum does not fit */
  add(key: string, piece: Piece): Uint8Array | undefined
}

export function createAssembly(): Assembly {
  const open = new Map<string, Buffer[]>()
  return {
    add(key, { index, count, bytes, checksum: expected }) {
      let pieces = index === 0 ? [] : open.get(key)
      if (pieces === undefined || pieces.length !== index) {
        open.delete(key)
        return undefined
      }
      pieces = [...pieces, Buffer.from(bytes, 'base64')]
      if (pieces.length < count) {
        open.set(key, pieces)
        return undefined
      }
      open.delete(key)
      const whole = pieces.length === 1 ? pieces[0]! : Buffer.concat(pieces)
      if (checksum(whole) !== expected) throw new TypeError('its checksum does not fit')
      return whole
    },
  }
}

export function isPiece(payload: unknown): payload is Piece {
  if (typeof payload !== 'object' || payload === null) return false
  const { namespace, version, store, node, head, bytes, checksum: sum, index, count } = payload as Record<string, unknown>
  const isText = [namespace, store, node, bytes].every((value) => typeof value === 'string')
  return isText && typeof head === 'object' && head !== null && [version, sum, index, count].every((value) => Number.isSafeInteger(value))
}
