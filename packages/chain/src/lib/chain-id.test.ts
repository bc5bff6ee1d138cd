import { expect, it } from 'vitest'
import { createChainId, expectedNumberOf } from './chain-id.ts'

it('createChainId() makes ids that say their number and differ where that is the same', () => {
  for (const number of [1, 30, 31, 999, 123_456_789]) expect(expectedNumberOf(createChainId(number, Math.random))).toBe(number)
  const ids = new Set(Array.from({ length: 100 }, () => createChainId(7, Math.random)))
  expect(ids.size).toBe(100)
  expect([...ids].every((id) => /^c-[2-9a-z]{6}$/.test(id))).toBe(true)
})

it.each(['', 'c-', 'c-22222', 'c-22222O', 'c-22222222222222', 'nonsense that is long'])(
  'expectedNumberOf() finds no number in "%s"',
  (id) => {
    expect(expectedNumberOf(id)).toBeUndefined()
  },
)
