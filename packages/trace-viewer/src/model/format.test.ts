import { describe, expect, it } from 'vitest'
import { costText, deltaText, durationText } from './format.ts'

describe('durationText()', () => {
  it.each([
    [0, '0 µs'],
    [840.4, '840 µs'],
    [999.6, '1.00 ms'],
    [12_340, '12.3 ms'],
    [999_400, '999 ms'],
    [999_600, '1.00 s'],
    [59_940_000, '59.9 s'],
    [59_960_000, '1 min'],
    [200_000_000, '3 min 20 s'],
    [3_600_000_000, '1 h'],
    [7_500_000_000, '2 h 5 min'],
    [90_000_000_000, '1 d 1 h'],
  ])('of %d µs is %j', (us, text) => expect(durationText(us)).toBe(text))
})

it('deltaText() says in which direction', () => expect([deltaText(-1_500), deltaText(2_000_000)]).toEqual(['−1.50 ms', '+2.00 s']))

it('costText() shows the cents, and of less than those what there is', () =>
  expect([0, 0.0042, 0.1, 12].map(costText)).toEqual(['$0', '$0.0042', '$0.10', '$12.00']))
