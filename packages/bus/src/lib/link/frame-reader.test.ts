import fc from 'fast-check'
import { expect, it } from 'vitest'
import { FrameReader } from './frame-reader.ts'
import { HEADER_BYTES, writeHeader, writeUint32 } from './wire.ts'

const MAX_BODY_BYTES = 1_000

function frameOf(body: Uint8Array, kind = 1): Buffer {
  const frame = Buffer.alloc(HEADER_BYTES + body.length)
  writeUint32(frame, 0, body.length)
  writeHeader(frame, 0, kind, 5, 0, 0, 0)
  frame.set(body, HEADER_BYTES)
  return frame
}

function read(chunks: readonly Buffer[]): { frames: string[]; broken: string[]; partial: boolean } {
  const frames: string[] = []
  const broken: string[] = []
  const reader = new FrameReader(
    {
      frame: (bytes, start, end) => frames.push(bytes.toString('hex', start, end)),
      broken: (reason) => broken.push(reason),
    },
    MAX_BODY_BYTES,
  )
  for (const chunk of chunks) reader.read(chunk, chunk.length)
  return { frames, broken, partial: reader.partial }
}

/** The bytes cut at the given places. */
function cut(bytes: Buffer, places: readonly number[]): Buffer[] {
  const sorted = [0, ...places.map((place) => place % (bytes.length + 1)).sort((a, b) => a - b), bytes.length]
  return sorted.slice(1).map((end, index) => Buffer.from(bytes.subarray(sorted[index], end)))
}

const bodies = fc.array(fc.uint8Array({ maxLength: 120 }), { maxLength: 12 })
const places = fc.array(fc.nat(), { maxLength: 30 })

it('FrameReader gives the same frames however the bytes are cut', () => {
  fc.assert(
    fc.property(bodies, places, (all, at) => {
      const frames = all.map((body) => frameOf(body))
      const { frames: seen, partial } = read(cut(Buffer.concat(frames), at))
      expect(seen).toEqual(frames.map((frame) => frame.toString('hex')))
      expect(partial).toBe(false)
    }),
  )
})

it('FrameReader gives what came before a broken frame, says once that it is broken, and nothing after it', () => {
  fc.assert(
    fc.property(bodies, places, fc.boolean(), (all, at, oversized) => {
      const good = all.map((body) => frameOf(body))
      const bad = oversized ? frameOf(new Uint8Array(MAX_BODY_BYTES + 1)) : frameOf(new Uint8Array(3), 99)
      const { frames, broken } = read(cut(Buffer.concat([...good, bad, ...good]), at))
      expect(frames).toEqual(good.map((frame) => frame.toString('hex')))
      expect(broken).toHaveLength(1)
    }),
  )
})

it('FrameReader says that a frame has begun', () => {
  expect(read([frameOf(new Uint8Array(9)).subarray(0, 3)]).partial).toBe(true)
  expect(read([frameOf(new Uint8Array(9)).subarray(0, HEADER_BYTES + 8)]).partial).toBe(true)
})
