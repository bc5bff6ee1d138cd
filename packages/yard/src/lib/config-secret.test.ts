import { describe, expect, it } from 'vitest'
import { withoutSecrets } from './config-secret.ts'

describe('withoutSecrets()', () => {
  it('hides texts under secret names, however deep, and nothing else', () => {
    const value = { name: 'ada', apiKey: 'hunter2', tokens: 1200, hosts: [{ password: 'x', port: 1 }], none: null }
    expect(withoutSecrets(value)).toEqual({
      name: 'ada',
      apiKey: '[hidden]',
      tokens: 1200,
      hosts: [{ password: '[hidden]', port: 1 }],
      none: null,
    })
  })
})
