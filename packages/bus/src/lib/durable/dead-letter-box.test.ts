import { isSwitchyardError } from '@switchyard/contracts'
import { expect, test } from 'vitest'
import { type LogUnderTest, openLog, settle, until } from '../../../test/fixtures/durable.ts'

const DAY = 24 * 3_600_000

/** Rejects everything on topics that end in `bad`. */
function subscribeRejecting(under: LogUnderTest, name: string, heard: unknown[] = []): void {
  under.log.subscribe({
    name,
    pattern: '**',
    handler: ({ payload, topic }, delivery) => {
      heard.push(payload)
      if (topic.endsWith('bad')) delivery.reject('no')
    },
  })
}

test('[D19] list() goes from the newest in pages, filtered by subscription, topic, reason and time', async () => {
  await using under = openLog()
  subscribeRejecting(under, 's')
  subscribeRejecting(under, 't')
  for (let count = 1; count <= 5; count++) {
    await under.publish(count === 3 ? 'special/bad' : 'a/bad', count)
    await until(() => under.letters.length === count * 2)
    under.clock.advance(1_000)
  }
  const { deadLetters } = under.log
  const first = deadLetters.list({ subscription: 's', limit: 2 })
  const second = deadLetters.list({ subscription: 's', limit: 2, cursor: first.next! })
  const third = deadLetters.list({ subscription: 's', limit: 2, cursor: second.next! })
  expect([first, second, third].map(({ letters }) => letters.map(({ message }) => message.payload))).toEqual([[5, 4], [3, 2], [1]])
  expect(third.next).toBeUndefined()
  expect(
    deadLetters
      .list({ topics: 'special/*' })
      .letters.map(({ subscription }) => subscription)
      .sort(),
  ).toEqual(['s', 't'])
  expect(deadLetters.list({ reason: 'EXPIRED' }).letters).toEqual([])
  expect(deadLetters.list({ sinceMs: under.clock.now() - 1_000 }).letters).toHaveLength(2)
  expect(under.log.stats().deadLetters).toBe(10)
})

test('[D20] replay() publishes under a new id, caused by the old one, to the subscription that failed alone', async () => {
  await using under = openLog()
  const good: unknown[] = []
  let isMended = false
  const seen: unknown[] = []
  under.log.subscribe({ name: 'good', pattern: '*', handler: ({ messageId }) => good.push(messageId) })
  under.log.subscribe({
    name: 'bad',
    pattern: '*',
    handler: ({ messageId, causationId, idempotencyKey, payload, sequence }, delivery) => {
      if (isMended) seen.push({ messageId, causationId, idempotencyKey, payload, sequence })
      else delivery.reject('no')
    },
  })
  await under.publish('a', { order: 1 }, { messageId: 'm', causationId: 'before' })
  await until(() => under.letters.length === 1 && good.length === 1)
  isMended = true
  const { id } = under.letters[0]!
  const replayed = await under.log.deadLetters.replay(id)
  await until(() => seen.length === 1)
  await settle()
  expect(replayed.messageId).not.toBe('m')
  expect(seen).toEqual([{ messageId: replayed.messageId, causationId: 'm', idempotencyKey: 'm', payload: { order: 1 }, sequence: 2 }])
  expect(good).toEqual(['m'])
  expect(under.log.deadLetters.inspect(id)).toBeUndefined()
  await expect(under.log.deadLetters.replay(id)).rejects.toMatchObject({ code: 'NOT_FOUND' })
})

test('[D20] replay() reaches every subscription when asked to', async () => {
  await using under = openLog()
  const heard: unknown[] = []
  subscribeRejecting(under, 'one', heard)
  subscribeRejecting(under, 'two', heard)
  await under.publish('bad', 1)
  await until(() => under.letters.length === 2)
  await under.log.deadLetters.replay(under.letters[0]!.id, { toAll: true })
  await until(() => heard.length === 4)
  expect(under.log.stats().deadLetters).toBeGreaterThanOrEqual(1)
})

test('[D15] [D20] replay() refuses what has expired, unless it is given a later end', async () => {
  await using under = openLog()
  const heard: unknown[] = []
  subscribeRejecting(under, 's', heard)
  await under.publish('bad', 1, { expiresAtMs: under.clock.now() + 1_000 })
  await until(() => under.letters.length === 1)
  under.clock.advance(1_000)
  const { id } = under.letters[0]!
  const error = await under.log.deadLetters.replay(id).catch((reason: unknown) => reason)
  expect(isSwitchyardError(error, 'EXPIRED')).toBe(true)
  expect(under.log.deadLetters.inspect(id)).toBeDefined()
  await under.log.deadLetters.replay(id, { expiresAtMs: under.clock.now() + 1_000 })
  await until(() => heard.length === 2)
})

test('[D19] discard() removes one letter, once', async () => {
  await using under = openLog()
  subscribeRejecting(under, 's')
  await under.publish('bad', 1)
  await until(() => under.letters.length === 1)
  const { id } = under.letters[0]!
  expect([await under.log.deadLetters.discard(id), await under.log.deadLetters.discard(id)]).toEqual([true, false])
  expect(under.log.deadLetters.list().letters).toEqual([])
})

test('[D21] the oldest letters go beyond the limits on count, bytes and age', async () => {
  await using under = openLog({ deadLetterLimits: { maxCount: 20, maxBytes: 8_000, maxAgeMs: DAY } })
  subscribeRejecting(under, 's')
  for (let count = 1; count <= 25; count++) await under.publish('bad', count)
  await until(() => under.letters.length === 25)
  expect(under.log.stats().deadLetters).toBe(20)
  expect(under.events).toContainEqual({ type: 'dead-letters-dropped', count: 1 })
  for (let count = 1; count <= 5; count++) await under.publish('bad', 'x'.repeat(1_500))
  await until(() => under.letters.length === 30)
  await under.log.prune()
  expect(under.log.deadLetters.list().letters.map(({ message }) => String(message.payload).length)).toEqual([1_500, 1_500, 1_500, 1_500])
  under.clock.advance(DAY + 1)
  await until(() => under.log.stats().deadLetters === 0)
})
