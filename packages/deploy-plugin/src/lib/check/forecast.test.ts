import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { type DiskLook, forecastDisk } from './forecast.ts'

const DAY_MS = 86_400_000
const looks = (...usedKb: number[]): readonly DiskLook[] => usedKb.map((used, day) => ({ atMs: day * DAY_MS, usedKb: used }))

describe('forecastDisk()', () => {
  it('[C14] says when a disk that grows steadily reaches the limit', () => {
    expect(forecastDisk('/', looks(100, 110, 120, 130), 230)).toEqual({
      mount: '/',
      growthKbPerDay: 10,
      looks: 4,
      spanDays: 3,
      fullInDays: 10,
    })
  })

  it('[C14] is not led astray by one odd look, as a least-squares line would be', () => {
    expect(forecastDisk('/', looks(100, 110, 9_000, 130, 140, 150, 160), 260)).toMatchObject({ growthKbPerDay: 10, fullInDays: 10 })
  })

  it('[C14] says nothing by too few looks, or by looks of one day alone', () => {
    expect(forecastDisk('/', looks(1, 2), 10)).toBeUndefined()
    expect(
      forecastDisk(
        '/',
        [0, 1, 2].map((hour) => ({ atMs: hour * 3_600_000, usedKb: hour })),
        10,
      ),
    ).toBeUndefined()
    expect(forecastDisk('/', [], 10)).toBeUndefined()
  })

  it('sees no end where a disk does not grow, and 0 days where it is full already', () => {
    expect(forecastDisk('/', looks(5, 5, 5), 10)).toMatchObject({ growthKbPerDay: 0, fullInDays: undefined })
    expect(forecastDisk('/', looks(9, 8, 7), 10)).toMatchObject({ growthKbPerDay: -1, fullInDays: undefined })
    expect(forecastDisk('/', looks(10, 20, 30), 20)).toMatchObject({ fullInDays: 0 })
  })

  it('finds the slope of any straight line, however many looks there are', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 3, max: 600 }),
        fc.integer({ min: -50, max: 50 }),
        fc.integer({ min: 0, max: 1e9 }),
        (count, slope, start) => {
          const straight = Array.from({ length: count }, (_, day) => ({ atMs: day * DAY_MS, usedKb: start + day * slope }))
          return forecastDisk('/', straight, 1e12)?.growthKbPerDay === slope
        },
      ),
      { numRuns: 50 },
    )
  })
})
