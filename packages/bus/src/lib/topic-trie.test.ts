import { isTopicPattern } from '@switchyard/contracts'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { createTopicTrie } from './topic-trie.ts'

const TRUTH: [pattern: string, topic: string, matches: boolean][] = [
  ['plugin/*', 'plugin/a', true],
  ['plugin/*', 'plugin/a/request', false],
  ['plugin/*', 'plugin', false],
  ['plugin/*/request', 'plugin/a/request', true],
  ['plugin/*/request', 'plugin/a/b/request', false],
  ['plugin/**', 'plugin', true],
  ['plugin/**', 'plugin/a', true],
  ['plugin/**', 'plugin/a/b/c', true],
  ['**/change', 'change', true],
  ['**/change', 'state/x/change', true],
  ['**/change', 'state/x/changed', false],
  ['state/*/change', 'state/x/change', true],
  ['state/*/change', 'state/x/y/change', false],
  ['**', 'anything', true],
  ['**', 'anything/at/all', true],
  ['system.x', 'systemAx', false],
  ['system.x', 'system.x', true],
  ['a/**/b/*', 'a/b/c', true],
  ['a/**/b/*', 'a/x/y/b/c', true],
  ['a/**/b/*', 'a/b', false],
  ['Plugin/a', 'plugin/a', false],
  ['error', 'error', true],
  ['*', '__proto__', true],
  ['constructor', 'constructor', true],
  ['constructor', 'toString', false],
]

/** The definition, written down as it reads. */
function naiveMatch(pattern: readonly string[], topic: readonly string[]): boolean {
  const [first, ...rest] = pattern
  if (first === undefined) return topic.length === 0
  if (first === '**') return naiveMatch(rest, topic) || (topic.length > 0 && naiveMatch(pattern, topic.slice(1)))
  return topic.length > 0 && (first === '*' || first === topic[0]) && naiveMatch(rest, topic.slice(1))
}

const segment = fc.constantFrom('a', 'b', 'c', '__proto__')
const topics = fc.array(segment, { minLength: 1, maxLength: 6 }).map((parts) => parts.join('/'))
const patterns = fc.array(fc.oneof(segment, fc.constantFrom('*', '**')), { minLength: 1, maxLength: 6 }).map((parts) => parts.join('/'))

describe('createTopicTrie()', () => {
  it.each(TRUTH)('[T1] "%s" against "%s": %s', (pattern, topic, matches) => {
    const trie = createTopicTrie<string>()
    trie.add(pattern, 'hit')
    expect(trie.match(topic)).toEqual(matches ? ['hit'] : [])
  })

  it('[T2] agrees with the definition for any set of patterns that comes and goes', () => {
    fc.assert(
      fc.property(
        fc.array(patterns, { maxLength: 12 }),
        fc.array(fc.nat(), { maxLength: 6 }),
        fc.array(topics, { maxLength: 5 }),
        (all, gone, asked) => {
          const trie = createTopicTrie<number>()
          const standing = new Map<number, string>()
          all.forEach((pattern, index) => {
            trie.add(pattern, index)
            standing.set(index, pattern)
          })
          for (const pick of gone) {
            const index = pick % (all.length + 1)
            expect(trie.remove(standing.get(index) ?? 'a', index)).toBe(standing.delete(index))
          }
          expect(trie.size).toBe(standing.size)
          for (const topic of asked) {
            const naive = [...standing].filter(([, pattern]) => naiveMatch(pattern.split('/'), topic.split('/'))).map(([index]) => index)
            expect([...trie.match(topic)].sort((a, b) => a - b)).toEqual(naive)
          }
        },
      ),
      { numRuns: 3_000 },
    )
  })

  it('[T3] gives an item once, however many ways its pattern matches', () => {
    const trie = createTopicTrie<string>()
    trie.add('**/a/**', 'hit')
    expect(trie.match('a/a/a/a')).toEqual(['hit'])
  })

  it('[T4] walks a hostile pattern in time that grows with its length only', () => {
    const trie = createTopicTrie<string>()
    const hostile = Array.from({ length: 60 }, () => '**/a').join('/')
    expect(isTopicPattern(hostile)).toBe(true)
    trie.add(hostile, 'hit')
    expect(trie.match(Array.from({ length: 250 }, () => 'a').join('/'))).toEqual(['hit'])
    expect(trie.match(`${Array.from({ length: 250 }, () => 'a').join('/')}/b`)).toEqual([])
  })
})
