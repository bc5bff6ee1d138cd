import { describe, expect, it } from 'vitest'
import { createShortId } from '../index.ts'

describe('createShortId()', () => {
  it('uses each letter that cannot be mistaken, from the first to the last, and follows its source', () => {
    const of = (value: number): string => createShortId('p', () => value)
    expect(of(0)).toBe('p-2222222')
    expect(of(1 - 2 ** -53)).toBe('p-zzzzzzz')
    const letters = new Set(Array.from({ length: 310 }, (_, at) => of(at / 310).at(-1)))
    expect([...letters].join('')).toBe('23456789abcdefghjkmnpqrstuvwxyz')
  })

  it('asks anew for every letter', () => {
    let at = 0
    expect(createShortId('c', () => at++ / 31 + 1e-9)).toBe('c-2345678')
  })
})
