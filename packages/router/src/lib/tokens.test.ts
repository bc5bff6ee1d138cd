import { describe, expect, test } from 'vitest'
import { MAX_CHARS, MAX_TOKENS, tokenize } from './tokens.ts'

const words = (text: string): string[] => tokenize(text).map(({ word }) => word)

describe('tokenize()', () => {
  test.each([
    ['Check the API, now!', ['check', 'the', 'api', 'now']],
    ['healthScan runHTTPServer', ['health', 'scan', 'run', 'http', 'server']],
    ['ops.health_scan deploy-status', ['ops', 'health', 'scan', 'deploy', 'status']],
    ["what's up, I don't know", ['what', 'is', 'up', 'i', 'do', 'not', 'know']],
    ["the user's café", ['the', 'user', 'cafe']],
    ['version 1.2.3 at 10:30 in 5 minutes', ['version', '<version>', 'at', '#', 'in', '#', 'minutes']],
    ['k8s v2', ['kubernetes', '<version>']],
    ['v2.8.0 2.0.0-rc.1 1.5 h2 and/or', ['<version>', '<version>', '#', 'h2', 'and', 'or']],
    ['is https://shop.example.com/a?b=c up', ['is', '<url>', 'up']],
    ['put ../site, ~/app and /srv/a.b on it', ['put', '<path>', '<path>', 'and', '<path>', 'on', 'it']],
    ['the PR of the db', ['the', 'pull', 'request', 'of', 'the', 'database']],
    ['разверни 部署', ['разверни', '部署']],
  ])('%s', (text, expected) => {
    expect(words(text)).toEqual(expected)
  })

  test('keeps where each word stood, also inside identifiers and contractions', () => {
    const text = "don't runTests"
    expect(tokenize(text).map(({ word, start, end }) => [word, text.slice(start, end)])).toEqual([
      ['do', "don't"],
      ['not', "don't"],
      ['run', 'run'],
      ['tests', 'Tests'],
    ])
  })

  test('finds no word in punctuation, emoji and control characters', () => {
    expect(words('?! 🙂🚀 \u0000\u0007\u001b[31m'.replace('31m', ''))).toEqual([])
  })

  test('reads no further than a bounded number of characters', () => {
    expect(tokenize(`${' '.repeat(MAX_CHARS)}word`)).toEqual([])
  })

  test('stops after a bounded number of words', () => {
    for (const words of ['a b ', '/a ', 'oneTwoThree ']) expect(tokenize(words.repeat(500_000))).toHaveLength(MAX_TOKENS)
  })
})
