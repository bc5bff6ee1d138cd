import { isSwitchyardError, SwitchyardError } from '@switchyard/contracts'
import { describe, expect, it } from 'vitest'
import { assertFails, assertHeard, assertSame } from './assertions.ts'
import { differences } from './differences.ts'

describe('differences()', () => {
  it('names each place once', () => {
    const expected = { name: 'a', items: [1, { deep: true }], gone: 1, 'odd key': 1 }
    const actual = { name: 'b', items: [1, { deep: false }, 3], 'odd key': 2 }
    expect(differences(expected, actual)).toEqual([
      "$.name: expected 'a', got 'b'",
      '$.items[1].deep: expected true, got false',
      '$.items[2]: is there and was not expected: 3',
      '$.gone: expected 1, and it is not there',
      '$["odd key"]: expected 1, got 2',
    ])
  })

  it('takes undefined for absent and tells a list from an object', () => {
    expect(differences({ a: undefined }, {})).toEqual([])
    expect(differences([], {})).toEqual(['$: expected [], got {}'])
    expect(differences(new Date(0), {})).toHaveLength(1)
  })
})

describe('assertions', () => {
  it('throw what differs, and nothing where nothing does', () => {
    assertSame({ a: [1] }, { a: [1] })
    expect(() => assertSame({ a: 1 }, { a: 2 }, 'the result')).toThrow(
      'Cannot accept the result as it must be what was expected:\n  $.a: expected 2, got 1',
    )
    expect(() => assertHeard({ messages: [] }, [['a/b', 1]])).toThrow("$[0]: expected [ 'a/b', 1 ], and it is not there")
  })

  it('assertFails() returns the error, and refuses success, another code and what has none', async () => {
    const error = await assertFails(Promise.reject(new SwitchyardError('GONE', 'Cannot find it')), 'GONE')
    expect(isSwitchyardError(error, 'GONE')).toBe(true)
    await expect(assertFails(Promise.resolve(3), 'GONE')).rejects.toThrow('it succeeded with 3')
    await expect(assertFails(Promise.reject(new SwitchyardError('LOST', 'Cannot find it')), 'GONE')).rejects.toThrow('got LOST')
    await expect(assertFails(Promise.reject(new TypeError('oh')), 'GONE')).rejects.toThrow('no SwitchyardError')
  })
})
