import { describe, expect, it } from 'vitest'
import { asSwitchyardError, fromWireError, isSwitchyardError, SwitchyardError, toWireError } from '../index.ts'

describe('isSwitchyardError()', () => {
  it('knows an error of another bundle by its name and code, not by its class', () => {
    const foreign = Object.assign(new Error('from elsewhere'), { name: 'SwitchyardError', code: 'TIMEOUT', data: {} })
    expect(isSwitchyardError(foreign)).toBe(true)
    expect(isSwitchyardError(foreign, 'TIMEOUT')).toBe(true)
    expect(isSwitchyardError(foreign, 'CANCELLED')).toBe(false)
  })

  it('takes nothing else for one', () => {
    for (const other of [new Error('plain'), { code: 'TIMEOUT' }, { name: 'SwitchyardError' }, null, undefined, 'TIMEOUT']) {
      expect(isSwitchyardError(other)).toBe(false)
    }
  })
})

describe('SwitchyardError', () => {
  it('is retryable by its code unless it says otherwise', () => {
    expect(new SwitchyardError('TIMEOUT', 'late').retryable).toBe(true)
    expect(new SwitchyardError('TIMEOUT', 'late', { retryable: false }).retryable).toBe(false)
    expect(new SwitchyardError('VALIDATION', 'wrong').retryable).toBe(false)
  })
})

describe('toWireError() and fromWireError()', () => {
  it('keep code, message, data, next step, stack and causes over JSON', () => {
    const cause = new SwitchyardError('LINK_LOST', 'Cannot reach the peer', { cause: new TypeError('socket hang up') })
    const error = new SwitchyardError('STEP_FAILED', 'Cannot deploy', { data: { step: 2 }, cause, next: 'switchyard chains' })
    const back = fromWireError(JSON.parse(JSON.stringify(toWireError(error))))
    expect(back).toMatchObject({
      code: 'STEP_FAILED',
      message: 'Cannot deploy',
      data: { step: 2 },
      next: 'switchyard chains',
      retryable: false,
    })
    expect(back.stack).toBe(error.stack)
    expect(back.cause).toMatchObject({ code: 'LINK_LOST', retryable: true, cause: { code: 'HANDLER_ERROR', message: 'socket hang up' } })
  })

  it('turn anything thrown into HANDLER_ERROR with words for it', () => {
    const cyclic: Record<string, unknown> = {}
    cyclic.self = cyclic
    const messages = ['text', 5, undefined, null, { a: 1 }, cyclic, 10n, Symbol('s')].map((thrown) => toWireError(thrown).message)
    expect(messages).toEqual(['text', '5', 'undefined was thrown', 'null', '{"a":1}', '[object Object]', '[object BigInt]', 'Symbol(s)'])
  })

  it('end a chain of causes that bites its own tail', () => {
    const error = new Error('first')
    error.cause = new Error('second', { cause: error })
    let depth = 0
    for (let wire = toWireError(error).cause; wire !== undefined; wire = wire.cause) depth++
    expect(depth).toBe(5)
  })
})

describe('asSwitchyardError()', () => {
  it('returns one that is one, and wraps the rest with its cause', () => {
    const error = new SwitchyardError('TIMEOUT', 'late')
    expect(asSwitchyardError(error)).toBe(error)
    const plain = new Error('broken')
    expect(asSwitchyardError(plain)).toMatchObject({ code: 'HANDLER_ERROR', message: 'broken', cause: plain })
  })
})
