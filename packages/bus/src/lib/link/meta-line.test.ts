import fc from 'fast-check'
import { expect, it } from 'vitest'
import { metaLine, readMetaLine } from './meta-line.ts'

const text = fc.string({ minLength: 1, maxLength: 12 }).filter((value) => !/[\t\n]/.test(value))
const whole = fc.integer({ min: 0, max: 2 ** 52 })
const metas = fc.record(
  {
    messageType: text,
    messageId: text,
    correlationId: text,
    causationId: text,
    idempotencyKey: text,
    sentAtMs: whole,
    sequence: whole,
    remainingMs: whole,
    expiresAtMs: whole,
    headers: fc.record({ traceparent: text }),
  },
  { requiredKeys: [] },
)

it('metaLine() carries every field there and back', () => {
  fc.assert(
    fc.property(metas, (meta) => {
      const line = metaLine(meta)
      expect(line).not.toContain('\n')
      expect(readMetaLine(line!)).toEqual(meta)
    }),
  )
})

it.each([
  ['a header beside the trace', { headers: { traceparent: 't', userId: 'u' } }],
  ['other headers alone', { headers: { userId: 'u' } }],
  ['a tab', { messageId: 'a\tb' }],
  ['a line feed', { idempotencyKey: 'a\nb' }],
  ['an empty text', { correlationId: '' }],
])('metaLine() does not carry %s', (_, meta) => {
  expect(metaLine(meta)).toBeUndefined()
})

it('metaLine() rounds what is left of a deadline down', () => {
  expect(readMetaLine(metaLine({ remainingMs: 12.9 })!).remainingMs).toBe(12)
})
