import { crc32 } from 'node:zlib'
import type { Calibration } from './calibrate.ts'
import type { SlotValues } from './candidate.ts'
import { modelInvalid } from './errors.ts'
import { createMaskTable } from './masks.ts'
import type { RouterModel } from './model.ts'
import { createSpace } from './space.ts'
import { createVocabulary } from './spelling.ts'

/** Changes whenever the same bytes would route differently: features, hashes, layout. File models under it too. */
export const MODEL_VERSION = 16
const MAGIC = 0x4d525753 // "SWRM"
const PREFIX_BYTES = 16
const CHECKSUM_AT = 12

interface Header {
  readonly ids: readonly string[]
  readonly slots: readonly SlotValues[]
  readonly vocabulary: string
  readonly ownWords: string
  readonly calibration: Calibration
  readonly taught: number
  readonly features: number
  readonly entries: number
  readonly views: number
}

/** The model as bytes: a prefix (magic, version, header length, checksum), a JSON header, then the arrays, widest first. */
export function serializeRouter(model: RouterModel): Uint8Array<ArrayBuffer> {
  const { space, scorer } = model
  const header: Header = {
    ids: model.ids,
    slots: model.slots,
    vocabulary: model.vocabulary.words.join(' '),
    ownWords: [...model.masks.ownWords].join(' '),
    calibration: model.calibration,
    taught: model.taught.keys.length,
    features: space.hashes.length,
    entries: scorer.weights.length,
    views: space.unseen.length,
  }
  const text = new TextEncoder().encode(JSON.stringify(header))
  const arrays = [
    space.hashes,
    space.rarity,
    space.unseen,
    scorer.rowStarts,
    scorer.rowScales,
    scorer.biases,
    model.taught.keys,
    scorer.classes,
    model.taught.commands,
    scorer.weights,
  ]
  const start = PREFIX_BYTES + roundUp(text.length)
  const bytes = new Uint8Array(roundUp(arrays.reduce((sum, { byteLength }) => sum + byteLength, start)))
  bytes.set(text, PREFIX_BYTES)
  let at = start
  for (const { buffer, byteOffset, byteLength } of arrays) {
    bytes.set(new Uint8Array(buffer, byteOffset, byteLength), at)
    at += byteLength
  }
  const prefix = new Uint32Array(bytes.buffer, 0, 4)
  prefix.set([MAGIC, MODEL_VERSION, text.length])
  prefix[CHECKSUM_AT / 4] = checksum(bytes)
  return bytes
}

/**
 * The model that was serialized; a few milliseconds, as the arrays are used where they lie. So the bytes must not change any more.
 * @throws ROUTER_MODEL_INVALID if the bytes are cut, changed, or of another version: train again then
 */
export function parseRouter(bytes: Uint8Array): RouterModel {
  if (bytes.length < PREFIX_BYTES || bytes.length % 4 !== 0) throw modelInvalid(`it has ${bytes.length} bytes`)
  // Used where they lie if a number may begin there; else a copy: `slice` of a Buffer is none.
  const own = bytes.byteOffset % 4 === 0 ? bytes : new Uint8Array(bytes)
  const [magic, version, length, sum] = new Uint32Array(own.buffer, own.byteOffset, 4)
  if (magic !== MAGIC) throw modelInvalid('it is another kind of file')
  if (version !== MODEL_VERSION) throw modelInvalid(`it is of version ${version}, this router reads ${MODEL_VERSION}`)
  if (sum !== checksum(own)) throw modelInvalid('its checksum is wrong')
  const header: Header = JSON.parse(new TextDecoder().decode(own.subarray(PREFIX_BYTES, PREFIX_BYTES + length!)))
  const { ids, slots, vocabulary, ownWords, calibration, taught, features, entries, views } = header
  let at = own.byteOffset + PREFIX_BYTES + roundUp(length!)
  const take = <array>(
    kind: { new (buffer: ArrayBufferLike, offset: number, length: number): array; BYTES_PER_ELEMENT: number },
    count: number,
  ): array => {
    const taken = new kind(own.buffer, at, count)
    at += count * kind.BYTES_PER_ELEMENT
    return taken
  }
  const hashes = take(Uint32Array, features)
  const rarity = take(Float32Array, features)
  const unseen = take(Float32Array, views)
  const rowStarts = take(Uint32Array, features + 1)
  const rowScales = take(Float32Array, features)
  const biases = take(Float32Array, ids.length + 1)
  const taughtKeys = take(Uint32Array, taught)
  const classes = take(Uint16Array, entries)
  const taughtCommands = take(Uint16Array, taught)
  const weights = take(Int8Array, entries)
  return {
    ids,
    slots,
    masks: createMaskTable(slots, new Set(ownWords.split(' '))),
    vocabulary: createVocabulary(vocabulary === '' ? [] : vocabulary.split(' ')),
    space: createSpace(hashes, rarity, unseen),
    scorer: { rowStarts, rowScales, classes, weights, biases },
    calibration,
    taught: { keys: taughtKeys, commands: taughtCommands },
  }
}

const roundUp = (bytes: number): number => Math.ceil(bytes / 4) * 4

/** Over everything but itself: a cache that was cut or touched is noticed, an attacker is not kept out. */
const checksum = (bytes: Uint8Array): number => crc32(bytes.subarray(PREFIX_BYTES), crc32(bytes.subarray(0, CHECKSUM_AT)))
