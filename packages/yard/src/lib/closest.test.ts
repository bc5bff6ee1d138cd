import { describe, expect, it } from 'vitest'
import { closest } from './closest.ts'

describe('closest()', () => {
  it.each([
    ['deplyo', 'deploy'],
    ['OPS', 'ops'],
    ['opps', 'ops'],
    ['helth', 'health'],
    ['xyz', undefined],
    ['', undefined],
  ])('finds what %j means: %j', (typed, meant) => {
    expect(closest(typed, ['deploy', 'ops', 'health', 'release'])).toBe(meant)
  })
})
