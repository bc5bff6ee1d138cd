import { isTopicPattern } from '@switchyard/contracts'
import fc from 'fast-check'
import { expect, it } from 'vitest'
import { covers, mayCall, mayHear, mayPublish, mayServe } from './grant.ts'

it.each([
  ['a/b', 'a/b', true],
  ['a/*', 'a/b', true],
  ['a/*', 'a/b/c', false],
  ['a/*', 'a/*', true],
  ['a/*', 'a/**', false],
  ['a/**', 'a', true],
  ['a/**', 'a/*/c/**', true],
  ['a/b', 'a/*', false],
  ['**/change', 'state/*/change', true],
  ['**/change', '**', false],
  ['**/*', '*/**', true],
  ['*/**', '**', false],
  ['a/**/b/*', 'a/x/b/**/y', false],
  ['a/**/b/**', 'a/x/b/**/y', true],
  ['system.x', 'systemAx', false],
])('covers() with %s and %s says %s', (allowed, pattern, expected) => {
  expect(covers(allowed, pattern)).toBe(expected)
})

const SEGMENTS = ['a', 'b', '*', '**']
const patterns = fc.array(fc.constantFrom(...SEGMENTS), { minLength: 1, maxLength: 5 }).map((segments) => segments.join('/'))

/** All topics over three letters up to this length: enough to tell short patterns apart. */
const TOPICS = allTopics(6)

it('covers() never says yes when one topic of the pattern is not allowed', () => {
  fc.assert(
    fc.property(patterns, patterns, (allowed, pattern) => {
      fc.pre(isTopicPattern(allowed) && isTopicPattern(pattern))
      if (!covers(allowed, pattern)) return
      for (const topic of TOPICS) {
        if (matches(pattern.split('/'), topic)) expect(matches(allowed.split('/'), topic), `${allowed} ${pattern} ${topic}`).toBe(true)
      }
    }),
    { numRuns: 500 },
  )
})

it('covers() of a topic without wildcards is whether the pattern matches it', () => {
  fc.assert(
    fc.property(patterns, fc.constantFrom(...TOPICS), (allowed, topic) => {
      expect(covers(allowed, topic.join('/'))).toBe(matches(allowed.split('/'), topic))
    }),
    { numRuns: 2_000 },
  )
})

it('a grant with empty lists allows nothing but the own commands', () => {
  const nothing = { publish: [], hear: [], call: [] }
  expect([mayPublish(nothing, 'a'), mayHear(nothing, 'a'), mayCall(nothing, 'a.b'), mayServe('a', nothing, 'b.c')]).not.toContain(true)
  expect(mayServe('a', nothing, 'a.run')).toBe(true)
  expect(mayServe('a', nothing, 'ab.run')).toBe(false)
})

it('mayCall() takes a subject with a slash as a topic and any other as a command', () => {
  const grant = { publish: ['ask/**'], hear: [], call: ['deploy.*', 'ops.health.scan'] }
  expect(mayCall(grant, 'ask/him')).toBe(true)
  expect(mayCall(grant, 'other/him')).toBe(false)
  expect(mayCall(grant, 'deploy.check')).toBe(true)
  expect(mayCall(grant, 'deployer.check')).toBe(false)
  expect(mayCall(grant, 'ops.health.fix')).toBe(false)
})

function matches(pattern: readonly string[], topic: readonly string[]): boolean {
  const [first, ...rest] = pattern
  if (first === undefined) return topic.length === 0
  if (first === '**') return matches(rest, topic) || (topic.length > 0 && matches(pattern, topic.slice(1)))
  return topic.length > 0 && (first === '*' || first === topic[0]) && matches(rest, topic.slice(1))
}

function allTopics(maxLength: number): string[][] {
  const topics: string[][] = []
  let level: string[][] = [[]]
  for (let length = 1; length <= maxLength; length++) {
    level = level.flatMap((topic) => ['a', 'b', 'c'].map((letter) => [...topic, letter]))
    topics.push(...level)
  }
  return topics
}
