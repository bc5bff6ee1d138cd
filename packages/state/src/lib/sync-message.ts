import { createDecoder, hasContent, readVarString, readVarUint, readVarUint8Array } from 'lib0/decoding'
import { createEncoder, toUint8Array, writeVarString, writeVarUint } from 'lib0/encoding'
import { messageYjsSyncStep1, messageYjsSyncStep2, writeSyncStep1, writeSyncStep2 } from 'y-protocols/sync'
import type { StateDocument } from './document.ts'

/** The two steps of y-protocols, of several documents in one message. */
export interface SyncPart {
  readonly shard: number
  readonly epoch: string
  /** A state vector, or an update. */
  readonly bytes: Uint8Array
}

/** Step 1: what each document has. */
export function encodeStep1(documents: Iterable<StateDocument>): Uint8Array {
  const encoder = createEncoder()
  for (const { shard, epoch, doc } of documents) {
    writeVarUint(encoder, shard)
    writeVarString(encoder, epoch)
    writeSyncStep1(encoder, doc)
  }
  return toUint8Array(encoder)
}

/** Step 2: what whoever sent step 1 lacks; of documents that are unknown there, or in another epoch there, everything. */
export function encodeStep2(documents: Iterable<StateDocument>, asked: readonly SyncPart[]): Uint8Array {
  const encoder = createEncoder()
  for (const { shard, epoch, doc } of documents) {
    const theirs = asked.find((part) => part.shard === shard && part.epoch === epoch)
    writeVarUint(encoder, shard)
    writeVarString(encoder, epoch)
    writeSyncStep2(encoder, doc, theirs?.bytes)
  }
  return toUint8Array(encoder)
}

export const decodeStep1 = (bytes: Uint8Array): SyncPart[] => decode(bytes, messageYjsSyncStep1)

export const decodeStep2 = (bytes: Uint8Array): SyncPart[] => decode(bytes, messageYjsSyncStep2)

/** Bytes are only taken out here, and merged after they were looked through. */
function decode(bytes: Uint8Array, step: number): SyncPart[] {
  const decoder = createDecoder(bytes)
  const parts: SyncPart[] = []
  while (hasContent(decoder)) {
    const shard = readVarUint(decoder)
    const epoch = readVarString(decoder)
    if (readVarUint(decoder) !== step) throw new TypeError('another step of the sync protocol was expected')
    parts.push({ shard, epoch, bytes: readVarUint8Array(decoder) })
  }
  return parts
}
