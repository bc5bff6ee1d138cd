import { describe, expect, it } from 'vitest'
import { createRedactor, isSecretName, redact, withoutSecrets } from './redact.ts'

// Put together here, so that no scan takes them for leaks.
const AWS = `${'AKIA'}ABCDEFGHIJKLMNOP`
const JWT = `${'eyJ'}hbGciOiJIUzI1NiJ9.${'eyJ'}zdWIiOiIxMjM0NSJ9.c2lnbmF0dXJlIGhlcmU`

describe('redact()', () => {
  it.each([
    ['login failed password=hunter22 for bob', 'login failed password=[redacted] for bob'],
    ['{"user":"bob","password":"hunter22"}', '{"user":"bob","password":"[redacted]"}'],
    ['{\\"user\\":\\"bob\\",\\"password\\":\\"hunter22\\"}', '{\\"user\\":\\"bob\\",\\"password\\":\\"[redacted]\\"}'],
    ['Authorization: Bearer abc.def-123456', 'Authorization: Bearer [redacted]'],
    [`connect ${'postgres:'}//app:s3cr3tpw@db:5432/x`, 'connect postgres://app:[redacted]@db:5432/x'],
    ['GET /login?api_key=12345678&x=1', 'GET /login?api_key=[redacted]&x=1'],
    ['Cookie: session=abcdef; theme=dark', 'Cookie: [redacted]'],
    [`key ${AWS} used`, 'key [redacted] used'],
    [`got ${JWT} back`, 'got [redacted] back'],
    ['npx tool --token abc123 --verbose', 'npx tool --token [redacted] --verbose'],
    ["curl -u ada:hunter22 'http://api'", "curl -u ada:[redacted] 'http://api'"],
    ['nothing to hide: the monkey sat on a token ring', 'nothing to hide: the monkey sat on a token ring'],
    ['--dry-run --user ada', '--dry-run --user ada'],
  ])('%s', (line, clean) => {
    expect(redact(line)).toBe(clean)
    expect(redact(clean)).toBe(clean)
  })

  it('takes out a private key whole', () => {
    const key = `${'-----BEGIN'} PRIVATE KEY-----\nMIIEvQIBADANBg\nkqhkiG9w0BAQ\n-----END PRIVATE KEY-----`
    expect(redact(`loaded ${key} ok`)).not.toMatch(/MIIE|kqhk/)
    expect(redact(JSON.stringify({ key }))).not.toMatch(/MIIE|kqhk/)
  })

  it('ends soon for a line made to be slow', () => {
    const started = performance.now()
    redact('password'.repeat(20_000))
    redact(`authorization:${' '.repeat(100_000)}`)
    redact(`a://${'b'.repeat(100_000)}`)
    redact(`--${'a-'.repeat(50_000)}`)
    expect(performance.now() - started).toBeLessThan(10_000)
  })
})

describe('isSecretName()', () => {
  it.each([
    'passwd',
    'api-key',
    'privateKey',
    'ACCESS_KEY',
    'Authorization',
    'set-cookie',
    'authToken',
    'x-api-key',
    'dbPwd',
    'auth',
    'otp',
  ])('takes %s for a secret', (name) => expect(isSecretName(name)).toBe(true))

  it.each(['keyboard', 'author', 'passed', 'spin', 'sessionId', 'idempotencyKey', 'path'])('lets %s be', (name) =>
    expect(isSecretName(name)).toBe(false),
  )
})

describe('withoutSecrets()', () => {
  it('hides what lies below a secret name, however deep, and nothing else', () => {
    const value = {
      name: 'ada',
      apiKey: 'hunter2',
      pin: 1234,
      hosts: [{ password: 'x', port: 1 }],
      credentials: { user: 'ada', ports: [1], live: true },
      none: null,
    }
    expect(withoutSecrets(value)).toEqual({
      name: 'ada',
      apiKey: '[redacted]',
      pin: '[redacted]',
      hosts: [{ password: '[redacted]', port: 1 }],
      credentials: { user: '[redacted]', ports: ['[redacted]'], live: true },
      none: null,
    })
  })

  it('leaves numbers that count tokens', () => {
    const usage = { tokens: { input: 1_200, output: 30 }, 'gen_ai.usage.input_tokens': 5, tokenCount: 7 }
    expect(withoutSecrets(usage)).toEqual(usage)
  })

  it('looks into texts, keys, errors and their causes, maps and sets', () => {
    const error = Object.assign(new Error(`refused ${AWS}`, { cause: new Error('password=hunter22') }), { token: 'abc' })
    error.stack = `Error: refused ${AWS}\n at x`
    const shown = JSON.stringify(withoutSecrets({ error, [AWS]: 1, map: new Map([['secret', 'abc']]), set: new Set([JWT]) }))
    for (const secret of [AWS, 'hunter22', '"abc"', JWT]) expect(shown).not.toContain(secret)
    expect(shown).toContain('refused [redacted]')
  })

  it('never throws, and gives what JSON can hold', () => {
    const loop: Record<string, unknown> = { url: new URL('http://a/b'), at: new Date(0), bytes: new Uint8Array(3) }
    loop.self = loop
    const { proxy, revoke } = Proxy.revocable({}, {})
    revoke()
    const value = {
      loop,
      proxy,
      get broken(): never {
        throw new Error('no')
      },
    }
    expect(withoutSecrets({ proxy })).toEqual({ proxy: '[unreadable]' })
    expect(withoutSecrets(value)).toBe('[unreadable]')
    expect(withoutSecrets(loop)).toEqual({ url: 'http://a/b', at: '1970-01-01T00:00:00.000Z', bytes: '[3 bytes]', self: '[cut]' })
  })
})

describe('createRedactor()', () => {
  it('takes out what is known to be a secret, however it is written', () => {
    const secret = 'correct "horse" & battery'
    const { text, value } = createRedactor({ known: [secret, 'dev'] })
    const writings = [secret, JSON.stringify(secret), encodeURIComponent(secret), Buffer.from(secret).toString('base64'), 'dev']
    expect(text(writings.join(' | '))).toBe('[redacted] | "[redacted]" | [redacted] | [redacted]== | dev')
    expect(value({ note: `it is ${secret}`, list: [secret] })).toEqual({ note: 'it is [redacted]', list: ['[redacted]'] })
  })
})
