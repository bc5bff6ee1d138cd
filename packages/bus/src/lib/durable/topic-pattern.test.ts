import fc from 'fast-check'
import { expect, test } from 'vitest'
import { createTopicMatcher } from './topic-pattern.ts'

test.each([
  ['plugin/*', 'plugin/a', true],
  ['plugin/*', 'plugin/a/request', false],
  ['plugin/*', 'plugin', false],
  ['plugin/*/request', 'plugin/a/request', true],
  ['plugin/*/request', 'plugin/a/b/request', false],
  ['plugin/**', 'plugin', true],
  ['plugin/**', 'plugin/a', true],
  ['plugin/**', 'plugin/a/b/c', true],
  ['plugin/**', 'plugins', false],
  ['**/change', 'change', true],
  ['**/change', 'state/x/change', true],
  ['**/change', 'state/x/changed', false],
  ['state/*/change', 'state/x/y/change', false],
  ['**', 'anything/at/all', true],
  ['system.x', 'systemAx', false],
  ['a/**/b/*', 'a/b/c', true],
  ['a/**/b/*', 'a/x/y/b/c', true],
  ['a/**/b/*', 'a/b', false],
  ['a/**', 'b/a', false],
])('createTopicMatcher() %s and %s: %s', (pattern, topic, expected) => {
  expect(createTopicMatcher(pattern)(topic)).toBe(expected)
})

function naive(pattern: readonly string[], topic: readonly string[]): boolean {
  const [want, ...wants] = pattern
  if (want === undefined) return topic.length === 0
  if (want === '**') return naive(wants, topic) || (topic.length > 0 && naive(pattern, topic.slice(1)))
  return topic.length > 0 && (want === '*' || want === topic[0]) && naive(wants, topic.slice(1))
}

test('createTopicMatcher() agrees with a definition that tries everything', () => {
  const segments = fc.array(fc.constantFrom('a', 'b', '*', '**'), { minLength: 1, maxLength: 6 })
  const topics = fc.array(fc.constantFrom('a', 'b'), { minLength: 1, maxLength: 6 })
  fc.assert(
    fc.property(segments, topics, (pattern, topic) => {
      expect(createTopicMatcher(pattern.join('/'))(topic.join('/'))).toBe(naive(pattern, topic))
    }),
    { numRuns: 5_000 },
  )
})
