import { describe, expect, it } from 'vitest'
import { redact } from './redact.ts'

describe('redact()', () => {
  it.each([
    ['login failed password=hunter22 for bob', 'login failed password=[redacted] for bob'],
    ['{"user":"bob","password":"hunter22"}', '{"user":"bob","password":"[redacted]"}'],
    ['Authorization: Bearer abc.def-123456', 'Authorization: Bearer [redacted]'],
    [`connect ${'postgres:'}//app:s3cr3tpw@db:5432/x`, 'connect postgres://app:[redacted]@db:5432/x'],
    ['GET /login?api_key=12345678&x=1', 'GET /login?api_key=[redacted]&x=1'],
    ['Cookie: session=abcdef; theme=dark', 'Cookie: [redacted]'],
    [`key ${'AKIA'}ABCDEFGHIJKLMNOP used`, 'key [redacted] used'],
    ['nothing to hide: the monkey sat on a token ring', 'nothing to hide: the monkey sat on a token ring'],
  ])('%s', (line, clean) => {
    expect(redact(line)).toBe(clean)
  })

  it('takes out a private key whole', () => {
    const key = `${'-----BEGIN'} PRIVATE KEY-----\nMIIEvQIBADANBg\nkqhkiG9w0BAQ\n-----END PRIVATE KEY-----`
    expect(redact(`loaded ${key} ok`)).not.toMatch(/MIIE|kqhk/)
  })

  it('ends soon for a line made to be slow', () => {
    const started = performance.now()
    redact('password'.repeat(20_000))
    redact(`authorization:${' '.repeat(100_000)}`)
    redact(`a://${'b'.repeat(100_000)}`)
    expect(performance.now() - started).toBeLessThan(1_000)
  })
})
