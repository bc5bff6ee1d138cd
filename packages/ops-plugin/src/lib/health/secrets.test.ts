import { describe, expect, it } from 'vitest'
import { findSecrets } from './secrets.ts'

// Put together at run time, so that no scanner takes this file for a leak.
const random = 'q7Rk2Zp9Xw4Lm8Vt3Bn6Hc1Jd5Fs0Gy7Ua2Ie9'
const REAL: readonly (readonly [what: string, line: string])[] = [
  ['an AWS access key id', `key=${'AKIA'}Q7RK2ZP4XW5LM3VT`],
  ['a GitHub token', `${'ghp'}_${random.slice(0, 36)}`],
  ['a GitLab token', `${'glpat'}-${random.slice(0, 20)}`],
  ['a Slack token', `${'xoxb'}-123456789012-${random.slice(0, 24)}`],
  ['an Anthropic key', `${'sk-ant'}-api03-${random}${random}`],
  ['a Google API key', `${'AIza'}${random.slice(0, 35)}`],
  ['a Stripe live key', `${'sk_live'}_${random.slice(0, 24)}`],
  ['an npm token', `//registry.npmjs.org/:_authToken=${'npm'}_${random.slice(0, 36)}`],
  ['a private key', `-----BEGIN RSA ${'PRIVATE'} KEY-----\n${random}${random}\n`],
  ['a password in a database address', `postgres://app:${random.slice(0, 12)}@db.internal:5432/app`],
]

describe('findSecrets()', () => {
  for (const [what, line] of REAL) {
    it(`finds ${what}, by its line, and never returns it`, () => {
      const found = findSecrets(`first\n\n${line}\nlast`)
      expect(found).toEqual([{ line: 3, what }])
      expect(JSON.stringify(found)).not.toContain(line.slice(-12))
    })
  }

  it('leaves placeholders, samples and what a person has allowed', () => {
    const harmless = [
      `${'AKIA'}IOSFODNN7EXAMPLE`,
      `${'ghp'}_${'x'.repeat(36)}`,
      `${'ghp'}_${'gh'.repeat(18)}`,
      'postgres://user:password@db:5432/app',
      'postgres://app:$' + '{DB_PASSWORD}@db.internal/app',
      'mysql://root:hunter22@localhost/app',
      `token = "${'ghp'}_${random.slice(0, 36)}" # gitleaks:allow`,
      'the sha512-hf_ of a lock file, and task-ant-hill',
    ]
    expect(harmless.filter((line) => findSecrets(line).length > 0)).toEqual([])
  })

  it('takes time in proportion to the text, whatever it holds', () => {
    const hostile = [`postgres://${'a'.repeat(500_000)}`, `-----BEGIN ${'PRIVATE'} KEY-----${'\n'.repeat(500_000)}`, '://:'.repeat(200_000)]
    for (const text of hostile) {
      const begin = performance.now()
      findSecrets(text)
      expect(performance.now() - begin).toBeLessThan(5_000)
    }
  })
})
