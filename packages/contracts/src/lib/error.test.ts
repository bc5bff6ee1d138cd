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
    const named = { name: 'SwitchyardError', code: 'TIMEOUT', message: 'late' }
    const others = [new Error('plain'), { code: 'TIMEOUT' }, named, { ...named, data: 5 }, { ...named, data: {}, code: 7 }, null, 'TIMEOUT']
    for (const other of others) expect(isSwitchyardError(other)).toBe(false)
    for (const other of unreadable()) expect(isSwitchyardError(other)).toBe(false)
  })
})

/** What throws when it is looked at. */
function unreadable(): unknown[] {
  const { proxy, revoke } = Proxy.revocable({}, {})
  revoke()
  const read = () => {
    throw new Error('do not look')
  }
  return [proxy, Object.defineProperty({}, 'name', { get: read }), Object.defineProperty(new Error('x'), 'message', { get: read })]
}

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

  it('cut what was thrown to a line, and take what cannot be looked at', () => {
    expect(toWireError({ body: 'x'.repeat(1e6) }).message).toHaveLength(201)
    for (const thrown of unreadable()) expect(toWireError(thrown)).toMatchObject({ code: 'HANDLER_ERROR' })
    expect(toWireError(Object.assign(new Error('odd'), { name: 'SwitchyardError', code: 'X' })).message).toBe('odd')
  })

  it('drop what a hostile process sends instead of an error', () => {
    for (const nothing of [null, undefined, 'text', 5, [], {}])
      expect(fromWireError(nothing)).toMatchObject({ code: 'HANDLER_ERROR', data: {} })
    const wrong = fromWireError({ code: 5, message: {}, data: 'x', next: {}, retryable: 'yes', stack: 7, cause: 'boo' })
    expect(wrong).toMatchObject({ code: 'HANDLER_ERROR', data: {}, next: undefined, retryable: false })
    expect(wrong.cause).toBeUndefined()
    expect(wrong.stack).toBeTypeOf('string')
  })

  it('read a deep chain of causes without following it', () => {
    const deep = `${'{"code":"A","message":"m","cause":'.repeat(50_000)}{}${'}'.repeat(50_000)}`
    let depth = 0
    for (let error: unknown = fromWireError(JSON.parse(deep)); error instanceof Error; error = error.cause) depth++
    expect(depth).toBe(6)
  })

  it('let no key of theirs reach a prototype', () => {
    const error = fromWireError(JSON.parse('{"code":"A","message":"m","__proto__":{"next":"b"},"data":{"__proto__":{"polluted":true}}}'))
    expect(error.next).toBeUndefined()
    expect({}).not.toHaveProperty('polluted')
    expect(Object.getPrototypeOf(error.data)).toBe(Object.prototype)
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
