import { crc32 } from 'node:zlib'
import { createDecoder, hasContent, readVarString, readVarUint, readVarUint8Array } from 'lib0/decoding'
import { createEncoder, toUint8Array, writeVarString, writeVarUint, writeVarUint8Array } from 'lib0/encoding'

/** yjs's own update of one document. */
export interface Part {
  readonly shard: number
  readonly epoch: string
  readonly update: Uint8Array
}

/** What one plugin changed in one turn at one node. */
export interface Frame {
  readonly node: string
  /** Counts the frames of the node in this namespace from 1. */
  readonly seq: number
  /** At least as large as every stamp in it. */
  readonly stamp: number
  readonly writer: string
  readonly atMs: number
  readonly correlationId: string | undefined
  readonly parts: readonly Part[]
}

export function encodeParts(parts: readonly Part[]): Uint8Array {
  const encoder = createEncoder()
  for (const { shard, epoch, update } of parts) {
    writeVarUint(encoder, shard)
    writeVarString(encoder, epoch)
    writeVarUint8Array(encoder, update)
  }
  return toUint8Array(encoder)
}

/** @throws Error when the bytes are no parts */
export function decodeParts(bytes: Uint8Array): Part[] {
  const decoder = createDecoder(bytes)
  const parts: Part[] = []
  while (hasContent(decoder)) {
    parts.push({ shard: readVarUint(decoder), epoch: readVarString(decoder), update: readVarUint8Array(decoder) })
  }
  return parts
}

export function checksum(bytes: Uint8Array): number {
  return crc32(bytes)
}
