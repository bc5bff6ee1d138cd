import fc from 'fast-check'
import { expect, it } from 'vitest'
import type { LinkMeta } from '../link.ts'
import { MAX_META_BYTES, metaBytes, metaShape, readMeta, writeMeta } from './meta-bytes.ts'

const ORIGIN = '0123456789ab4def8abc'
const uint48 = fc.oneof(fc.integer({ min: 0, max: 255 }), fc.integer({ min: 0, max: 2 ** 48 - 1 }))
const metas = fc
  .record({
    number: uint48,
    trace: fc.oneof(uint48, fc.stringMatching(/^[0-9a-f]{32}$/)),
    messageType: fc.constantFrom(undefined, 'event', 'call', 'request', 'stream', 'command'),
    remainingMs: fc.option(fc.integer({ min: 0, max: 2 ** 32 - 1 }), { nil: undefined }),
    message: fc.option(fc.record({ sentAtMs: uint48, sequence: uint48 }), { nil: undefined }),
  })
  .map(({ message, ...rest }): LinkMeta => ({ ...rest, ...message, origin: ORIGIN }))

it('writeMeta() carries every field there and back, beside whatever else is in the buffer', () => {
  fc.assert(
    fc.property(metas, fc.nat(40), (meta, at) => {
      const bytes = Buffer.alloc(at + MAX_META_BYTES + 1, 0xee)
      const shape = metaShape(meta, ORIGIN)
      const end = writeMeta(bytes, at, meta, shape)
      expect(end).toBe(at + metaBytes(bytes[at]!))
      expect(bytes.subarray(0, at).every((byte) => byte === 0xee) && bytes[end] === 0xee).toBe(true)
      expect(readMeta(bytes, at, ORIGIN)).toEqual(meta)
    }),
  )
})

it('writeMeta() rounds what is left of a deadline down', () => {
  const bytes = Buffer.alloc(MAX_META_BYTES)
  const meta = { origin: ORIGIN, number: 1, trace: 1, remainingMs: 12.9 }
  writeMeta(bytes, 0, meta, metaShape(meta, ORIGIN))
  expect(readMeta(bytes, 0, ORIGIN).remainingMs).toBe(12)
})

it.each([
  ['another origin', { origin: 'fedcba98765443210abc' }],
  ['no origin', { origin: undefined }],
  ['headers', { headers: { userId: 'u' } }],
  ['an idempotency key', { idempotencyKey: 'k' }],
  ['a correlation id', { correlationId: 'c' }],
  ['a cause', { causationId: 'c' }],
  ['an expiry', { expiresAtMs: 1 }],
  ['a number too large', { number: 2 ** 48 }],
  ['a deadline too far', { remainingMs: 2 ** 32 }],
  ['an unknown type', { messageType: 'song' }],
  ['half of what a message has', { sequence: 1 }],
])('metaShape() leaves %s to JSON', (_, other) => {
  expect(metaShape({ origin: ORIGIN, number: 1, trace: 1, messageType: 'call', ...other }, ORIGIN)).toBe(-1)
})
