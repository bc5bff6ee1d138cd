import { describe, expect, it } from 'vitest'
import { isTopic, isTopicPattern, MAX_TOPIC_LENGTH } from '../index.ts'

describe('isTopic()', () => {
  it('takes slash paths, whatever their characters', () => {
    for (const topic of ['a', 'plugin/a/request', 'error', '__proto__/constructor', 'system.x', 'größe/日本', 'a/b-c_d:e']) {
      expect(isTopic(topic), topic).toBe(true)
    }
  })

  it('refuses empty segments, white space, control characters, wildcards and what is too long', () => {
    const wrong = [
      '',
      '/',
      '/a',
      'a/',
      'a//b',
      'a b',
      'a\nb',
      'a\u0000',
      'a\u007f',
      '*',
      'a/*',
      'a/**',
      'foo*',
      'x'.repeat(MAX_TOPIC_LENGTH + 1),
    ]
    for (const topic of wrong) expect(isTopic(topic), JSON.stringify(topic)).toBe(false)
    expect(isTopic('x'.repeat(MAX_TOPIC_LENGTH))).toBe(true)
  })
})

describe('isTopicPattern()', () => {
  it('takes whole segments as wildcards only', () => {
    for (const pattern of ['*', '**', 'a/*', '*/b', 'a/**/b/*', 'a']) expect(isTopicPattern(pattern), pattern).toBe(true)
    for (const pattern of ['foo*', '*foo', 'a/b*', '***', 'a//**', '']) expect(isTopicPattern(pattern), pattern).toBe(false)
  })
})
