import { describe, expect, it } from 'vitest'
import { withoutSecrets } from './config-secret.ts'

describe('withoutSecrets()', () => {
  it.each(['passwd', 'api-key', 'privateKey', 'ACCESS_KEY', 'Authorization', 'set-cookie', 'authToken'])(
    'takes %s for a secret',
    (name) => {
      expect(withoutSecrets({ [name]: 'hunter2' })).toEqual({ [name]: '[hidden]' })
    },
  )

  it('hides what lies below a secret name', () => {
    const value = { tokens: ['a', 'b'], credentials: { user: 'ada', ports: [1] }, keyboard: 'qwerty' }
    expect(withoutSecrets(value)).toEqual({
      tokens: ['[hidden]', '[hidden]'],
      credentials: { user: '[hidden]', ports: [1] },
      keyboard: 'qwerty',
    })
  })

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
